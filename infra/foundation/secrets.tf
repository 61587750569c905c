# The places of secrets. Their values are added by infra/prepare.sh or by hand and never pass
# through Terraform, so that they are in no state and in no plan.

locals {
  secret_readers = {
    "oracle-password"        = ["api", "worker"]
    "oracle-wallet"          = ["api", "worker"]
    "oracle-wallet-password" = ["api", "worker"]
    "config"                 = ["api", "worker"]
    "mask-key"               = ["worker"]
    "api-keys"               = ["api"]
    "bearer-secret"          = ["api"]
  }

  secret_grants = merge([
    for secret, readers in local.secret_readers : {
      for reader in readers : "${secret}/${reader}" => { secret = secret, reader = reader }
    }
  ]...)
}

resource "google_secret_manager_secret" "value" {
  for_each = local.secret_readers

  secret_id = "${var.name}-${each.key}"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = local.secret_grants

  secret_id = google_secret_manager_secret.value[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value.reader == "api" ? google_service_account.api.member : google_service_account.worker.member
}
