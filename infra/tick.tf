# One clock for all: every minute the API repairs what stopped half way and starts due schedules.
# A tick that comes twice does no harm.

resource "google_cloud_scheduler_job" "tick" {
  name             = "${var.name}-tick"
  region           = var.region
  description      = "Repairs jobs and starts due schedules"
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "180s"

  retry_config {
    retry_count = 1
  }

  http_target {
    uri         = "${local.api_address}/internal/tick"
    http_method = "POST"

    oidc_token {
      service_account_email = local.foundation.accounts.tick
      audience              = local.api_address
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.tick]
}
