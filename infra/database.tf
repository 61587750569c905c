# Firestore: the job book, and the documents that watchers listen to.

locals {
  book_file = jsondecode(file("${path.module}/firestore.indexes.json"))

  # One name per index, from what it covers, so that adding one does not renumber the others.
  book_indexes = {
    for index in local.book_file.indexes :
    join(" ", concat(
      [index.collectionGroup, index.queryScope],
      [for field in index.fields : "${field.fieldPath}:${try(field.order, field.arrayConfig)}"],
    )) => index
  }

  # Single fields: what expires, and what changes too often or is too large to be indexed.
  book_fields = {
    for field in local.book_file.fieldOverrides : "${field.collectionGroup}/${field.fieldPath}" => field
  }
}

resource "google_firestore_database" "book" {
  name                    = local.foundation.firestore_database
  location_id             = var.region
  type                    = "FIRESTORE_NATIVE"
  delete_protection_state = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy         = var.deletion_protection ? "ABANDON" : "DELETE"
}

resource "google_firestore_index" "query" {
  for_each = local.book_indexes

  database    = google_firestore_database.book.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }
}

resource "google_firestore_field" "override" {
  for_each = local.book_fields

  database   = google_firestore_database.book.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes
      content {
        order        = try(indexes.value.order, null)
        array_config = try(indexes.value.arrayConfig, null)
        query_scope  = try(indexes.value.queryScope, "COLLECTION")
      }
    }
  }

  # Documents go within a day of their time. Removing one leaves its subcollections, so every
  # collection group has a policy of its own.
  dynamic "ttl_config" {
    for_each = each.value.ttl ? ["expires"] : []
    content {}
  }
}

# Signed-in readers of their own tenant, and no writers: see firestore.rules.
resource "google_firebaserules_ruleset" "readers" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }

  depends_on = [google_firestore_database.book]

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_firebaserules_release" "readers" {
  name = (
    google_firestore_database.book.name == "(default)"
    ? "cloud.firestore"
    : "cloud.firestore/${google_firestore_database.book.name}"
  )
  ruleset_name = google_firebaserules_ruleset.readers.name

  lifecycle {
    replace_triggered_by = [google_firebaserules_ruleset.readers]
  }
}
