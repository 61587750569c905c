# Firestore knows rights on a project only; the condition narrows them to one database.

resource "google_project_iam_member" "database_user" {
  for_each = {
    api    = google_service_account.api.member
    worker = google_service_account.worker.member
  }

  project = var.project_id
  role    = "roles/datastore.user"
  member  = each.value

  condition {
    title       = "one-database"
    description = "Documents of ${var.firestore_database} and of no other database"
    expression  = "resource.name == \"projects/${var.project_id}/databases/${var.firestore_database}\""
  }
}
