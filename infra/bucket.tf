# Where extracts lie. The product can create and read objects; it can delete only attempts, so
# whatever goes wrong in it, a finished object stays.

locals {
  targets = merge(
    { main = google_storage_bucket.extracts.name },
    { for bucket in var.other_buckets : bucket => bucket },
  )

  bucket_users = merge([
    for target in keys(local.targets) : {
      for who in ["api", "worker"] : "${target}/${who}" => { target = target, who = who }
    }
  ]...)

  attempt_removers = merge([
    for use, each_use in local.bucket_users : {
      for prefix in var.attempt_prefixes : "${use}/${prefix}" => merge(each_use, { prefix = prefix })
    }
  ]...)
}

resource "google_storage_bucket" "extracts" {
  name                        = var.bucket_name == "" ? "${var.project_id}-${var.name}" : var.bucket_name
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  soft_delete_policy {
    retention_duration_seconds = var.soft_delete_days * 86400
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = var.retention_days
    }
  }

  # The closer removes attempts, but for what was read of tables that are not complete: a retry goes
  # on from there. This ends what nobody retries within a week, and what a closer could not remove.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 7
      matches_prefix = var.attempt_prefixes
    }
  }
}

# Not objectUser: without the right to delete, nothing can be overwritten either. The API writes
# too, because the tick finishes jobs whose last worker died.
resource "google_storage_bucket_iam_member" "creates" {
  for_each = local.bucket_users

  bucket = local.targets[each.value.target]
  role   = "roles/storage.objectCreator"
  member = local.members[each.value.who]
}

resource "google_storage_bucket_iam_member" "reads" {
  for_each = local.bucket_users

  bucket = local.targets[each.value.target]
  role   = "roles/storage.objectViewer"
  member = local.members[each.value.who]
}

resource "google_storage_bucket_iam_member" "removes_attempts" {
  for_each = local.attempt_removers

  bucket = local.targets[each.value.target]
  role   = local.foundation.attempt_remover_role
  member = local.members[each.value.who]

  condition {
    title       = "attempts-only"
    description = "Objects under ${each.value.prefix}"
    expression  = "resource.name.startsWith(\"projects/_/buckets/${local.targets[each.value.target]}/objects/${each.value.prefix}\")"
  }
}
