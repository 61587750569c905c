# The account of Cloud Build: it applies the system (infra/*.tf), but neither makes accounts nor
# changes its own rights, since that needs this folder, which a person applies.

resource "google_service_account" "build" {
  account_id   = "${var.name}-build"
  display_name = "Cloud Build: tests, builds and deploys ${var.name}"

  depends_on = [google_project_service.used]
}

resource "google_project_iam_member" "build" {
  for_each = toset([
    "roles/cloudscheduler.admin",
    "roles/datastore.owner",
    "roles/firebaserules.admin",
    "roles/logging.configWriter",
    "roles/logging.logWriter",
    "roles/monitoring.alertPolicyEditor",
    "roles/monitoring.notificationChannelEditor",
    "roles/pubsub.admin",
    "roles/run.admin",
    "roles/storage.admin",
  ])

  project = var.project_id
  role    = each.value
  member  = google_service_account.build.member
}

# Whoever deploys a thing that runs as an account must be allowed to act as it.
resource "google_service_account_iam_member" "build_acts_as" {
  for_each = {
    api    = google_service_account.api.name
    worker = google_service_account.worker.name
    tick   = google_service_account.tick.name
  }

  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.build.member
}

# For the smoke test, which calls the service as the build's own account.
resource "google_service_account_iam_member" "build_identifies_itself" {
  service_account_id = google_service_account.build.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build_keeps_state" {
  bucket = var.state_bucket
  role   = "roles/storage.objectUser"
  member = google_service_account.build.member
}
