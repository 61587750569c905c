# The workers: one job definition per mode, since thin and thick never share a process. A job that
# is never run costs nothing.

locals {
  worker_names = { thin = "${var.name}-worker", thick = "${var.name}-worker-thick" }
  queue_names  = { thin = "${var.name}-tables", thick = "${var.name}-tables-thick" }

  worker_jobs = merge(
    { thin = { name = local.worker_names.thin, image = var.image } },
    var.thick_image == "" ? {} : { thick = { name = local.worker_names.thick, image = var.thick_image } },
  )

  # Both the API and a worker whose planning finds more work publish messages and launch workers.
  launches = merge([
    for mode in keys(local.worker_jobs) : {
      for who in ["api", "worker"] : "${mode}/${who}" => { mode = mode, who = who }
    }
  ]...)
}

resource "google_cloud_run_v2_job" "worker" {
  for_each = local.worker_jobs

  name                = each.value.name
  location            = var.region
  deletion_protection = var.deletion_protection

  template {
    task_count  = 1
    parallelism = 0 # all tasks of an execution at once; Oracle's sessions are capped by seats in Firestore

    template {
      service_account       = local.foundation.accounts.worker
      timeout               = var.worker_size.timeout
      max_retries           = 3
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"

      containers {
        image   = each.value.image
        command = ["python", "-m", "table_worker"]

        # It carries the tables of the sources that have its mode, and of no others.
        dynamic "env" {
          for_each = merge(local.told, {
            WORKER_MODE      = each.key
            ETL_TASK_TIMEOUT = var.worker_size.timeout
          })
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = local.worker_secrets
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
          limits = { cpu = var.worker_size.cpu, memory = var.worker_size.memory }
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
}

# run.invoker would not do: the task count is an override.
resource "google_cloud_run_v2_job_iam_member" "launches" {
  for_each = local.launches

  name     = google_cloud_run_v2_job.worker[each.value.mode].name
  location = var.region
  role     = "roles/run.jobsExecutorWithOverrides"
  member   = local.members[each.value.who]
}

# To see how many executions are alive.
resource "google_cloud_run_v2_job_iam_member" "looks" {
  for_each = local.launches

  name     = google_cloud_run_v2_job.worker[each.value.mode].name
  location = var.region
  role     = "roles/run.viewer"
  member   = local.members[each.value.who]
}
