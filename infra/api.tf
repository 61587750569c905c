# The HTTP API: a function under functions-framework, from the one image.

locals {
  api_threads = 64
  api_seconds = 300

  # Cloud Run gives every service this address besides a random one. It is known before the
  # service exists, so the service can be told for whom the tick's tokens are made.
  api_address = "https://${var.name}-api-${data.google_project.this.number}.${var.region}.run.app"
}

resource "google_cloud_run_v2_service" "api" {
  name                = "${var.name}-api"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = var.deletion_protection

  template {
    service_account                  = local.foundation.accounts.api
    timeout                          = "${local.api_seconds}s"
    max_instance_request_concurrency = local.api_threads
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"

    scaling {
      min_instance_count = var.api_instances.least
      max_instance_count = var.api_instances.most
    }

    containers {
      # It asks every source for its tables, so it needs the client that any of them needs.
      image = var.thick_image == "" ? var.image : var.thick_image

      ports {
        container_port = 8080
      }

      dynamic "env" {
        for_each = local.told_api
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.api_secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }

      resources {
        limits            = { cpu = "1", memory = "1Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 30

        http_get {
          path = "/api/health/live"
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 3

        http_get {
          path = "/api/health/live"
        }
      }

      dynamic "volume_mounts" {
        for_each = local.secret_files
        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value.folder
        }
      }
    }

    dynamic "volumes" {
      for_each = local.secret_files
      content {
        name = volumes.key
        secret {
          secret = volumes.value.secret
          items {
            path    = volumes.value.name
            version = "latest"
            mode    = 292 # 0444: the image does not run as root
          }
        }
      }
    }

    dynamic "vpc_access" {
      for_each = local.foundation.network
      content {
        egress = local.foundation.routes_everything ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
        }
      }
    }
  }
}

# Nobody reaches the API without an identity that Google knows; an API key is asked for besides.
resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = var.callers

  name     = google_cloud_run_v2_service.api.name
  location = google_cloud_run_v2_service.api.location
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_cloud_run_v2_service_iam_member" "tick" {
  name     = google_cloud_run_v2_service.api.name
  location = google_cloud_run_v2_service.api.location
  role     = "roles/run.invoker"
  member   = local.members.tick
}

resource "google_cloud_run_v2_service_iam_member" "smoke_test" {
  name     = google_cloud_run_v2_service.api.name
  location = google_cloud_run_v2_service.api.location
  role     = "roles/run.invoker"
  member   = local.members.build
}
