# Messages that hint at work, one per table or part. Firestore is the truth: a lost message is
# published again by the tick, a repeated one finds its work claimed. Workers of each mode have a
# topic and a subscription of their own, so that none pulls what it may not work on.

resource "google_pubsub_topic" "tables" {
  for_each = local.worker_jobs

  name = local.queue_names[each.key]

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_subscription" "tables" {
  for_each = local.worker_jobs

  name                       = local.queue_names[each.key]
  topic                      = google_pubsub_topic.tables[each.key].id
  ack_deadline_seconds       = 60 # a worker takes ETL_LEASE at once; this is for who pulled and heard nothing
  message_retention_duration = "604800s"

  # Without this a subscription that rests for 31 days is deleted.
  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  # A backstop far above ETL_ATTEMPTS: the job book counts failures and ends the table long before.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 50
  }
}

resource "google_pubsub_topic" "dead_letters" {
  name = "${var.name}-dead-letters"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

# Read by the tick, which fails the tables that the messages name.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "${var.name}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = local.launches

  topic  = google_pubsub_topic.tables[each.value.mode].id
  role   = "roles/pubsub.publisher"
  member = local.members[each.value.who]
}

# The API tells in its health whether the topic is there.
resource "google_pubsub_topic_iam_member" "looks" {
  for_each = local.worker_jobs

  topic  = google_pubsub_topic.tables[each.key].id
  role   = "roles/pubsub.viewer"
  member = local.members.api
}

resource "google_pubsub_subscription_iam_member" "pulls" {
  for_each = local.worker_jobs

  subscription = google_pubsub_subscription.tables[each.key].id
  role         = "roles/pubsub.subscriber"
  member       = local.members.worker
}

resource "google_pubsub_subscription_iam_member" "drains_dead_letters" {
  subscription = google_pubsub_subscription.dead_letters.id
  role         = "roles/pubsub.subscriber"
  member       = local.members.api
}

# Pub/Sub itself moves dead letters: its agent needs both rights, or messages come back for ever.
locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic_iam_member" "agent_publishes_dead_letters" {
  topic  = google_pubsub_topic.dead_letters.id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "agent_takes_dead_letters" {
  for_each = local.worker_jobs

  subscription = google_pubsub_subscription.tables[each.key].id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
