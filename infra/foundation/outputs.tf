output "accounts" {
  description = "E-mail addresses of the accounts, by what runs as them."
  value = {
    api    = google_service_account.api.email
    worker = google_service_account.worker.email
    tick   = google_service_account.tick.email
    build  = google_service_account.build.email
  }
}

output "attempt_remover_role" {
  description = "Role to be bound on buckets with a condition on the object's name."
  value       = google_project_iam_custom_role.attempt_remover.name
}

output "firestore_database" {
  description = "Database that the accounts may use."
  value       = var.firestore_database
}

output "images" {
  description = "Repository that images are pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "network" {
  description = "Network and subnetwork for direct VPC egress; empty where there is none."
  value       = local.network == "" ? [] : [{ network = local.network, subnetwork = local.subnetwork }]
}

output "egress_address" {
  description = "Address that Oracle sees, for its allow-list; null without Cloud NAT."
  value       = one(google_compute_address.egress[*].address)
}

output "routes_everything" {
  description = "Whether all traffic leaves through the network, as the static address needs."
  value       = local.makes_address
}

output "web_api_key" {
  description = "Key for the page that watches; null while the sign-in is off."
  value       = one(google_apikeys_key.web[*].key_string)
  sensitive   = true
}
