# Who acts, one account per thing that runs. What each may do on a resource stands beside that
# resource; here are only the accounts, because the build that changes the system must not be able
# to make accounts or to give itself rights.

resource "google_service_account" "api" {
  account_id   = "${var.name}-api"
  display_name = "HTTP API: writes jobs down, publishes tables, launches workers"

  depends_on = [google_project_service.used]
}

resource "google_service_account" "worker" {
  account_id   = "${var.name}-worker"
  display_name = "Workers: read Oracle, write objects"

  depends_on = [google_project_service.used]
}

resource "google_service_account" "tick" {
  account_id   = "${var.name}-tick"
  display_name = "Cloud Scheduler: calls /internal/tick and nothing else"

  depends_on = [google_project_service.used]
}

# Deleting is allowed where an attempt's objects lie, by a condition beside each bucket.
resource "google_project_iam_custom_role" "attempt_remover" {
  role_id     = "${replace(var.name, "-", "_")}_attempt_remover"
  title       = "Remove objects of attempts"
  description = "What the closer of a table needs to clear up; bound with a condition on the object's name"
  permissions = ["storage.objects.delete"]

  depends_on = [google_project_service.used]
}
