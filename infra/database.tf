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

  # Removing a document leaves its subcollections, so every collection group expires by itself.
  expiring = toset(["jobs", "tables", "parts", "plan", "receipts", "slots"])

  # What changes with every progress, or is large, and what nobody asks for.
  unindexed = {
    jobs   = ["counts", "totals", "totals_hold", "closing", "transport", "request", "warnings"]
    tables = ["progress", "stages", "hold", "choice", "extract", "objects", "warnings"]
    parts  = ["progress", "hold", "extract", "rows_of"]
    plan   = ["packed"]
  }

  unindexed_fields = merge([
    for collection, fields in local.unindexed : {
      for field in fields : "${collection}/${field}" => { collection = collection, field = field }
    }
  ]...)
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

# Documents go within a day of their expire_at. The field itself needs no index: nobody asks for
# it, and an index over times that only grow is a hot spot.
resource "google_firestore_field" "expires" {
  for_each = local.expiring

  database   = google_firestore_database.book.name
  collection = each.value
  field      = "expire_at"

  ttl_config {}
  index_config {}
}

resource "google_firestore_field" "unindexed" {
  for_each = local.unindexed_fields

  database   = google_firestore_database.book.name
  collection = each.value.collection
  field      = each.value.field

  index_config {}
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
