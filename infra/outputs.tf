output "api_address" {
  description = "Where the API answers."
  value       = local.api_address
}

output "bucket" {
  description = "Bucket of transports that name none."
  value       = google_storage_bucket.extracts.name
}

output "worker_job" {
  description = "Cloud Run job that the API launches."
  value       = google_cloud_run_v2_job.worker[var.oracle.mode].name
}
