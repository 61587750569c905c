# What a person must hear of: work that nobody will do any more, jobs that failed, a clock that
# stands still, workers that die again and again.

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  display_name = "${var.name}: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
}

locals {
  alerted = [for channel in google_monitoring_notification_channel.email : channel.id]
}

resource "google_monitoring_alert_policy" "dead_letters" {
  display_name          = "${var.name}: messages are given up"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.alerted

  documentation {
    subject   = "${var.name}: a table message came back 50 times"
    mime_type = "text/markdown"
    content   = "The tick fails the table that the message names. Look for it with `oracle-etl jobs list`, find the cause in the worker's log, then `oracle-etl jobs retry JOB`."
  }

  dynamic "conditions" {
    for_each = google_pubsub_subscription.tables
    content {
      display_name = "a message of ${conditions.value.name} was moved to the dead letters"

      condition_threshold {
        filter          = "metric.type=\"pubsub.googleapis.com/subscription/dead_letter_message_count\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${conditions.value.name}\""
        comparison      = "COMPARISON_GT"
        threshold_value = 0
        duration        = "0s"

        aggregations {
          alignment_period   = "300s"
          per_series_aligner = "ALIGN_SUM"
        }
      }
    }
  }

  conditions {
    display_name = "${google_pubsub_subscription.dead_letters.name} is not drained"

    condition_threshold {
      filter          = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${google_pubsub_subscription.dead_letters.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "900s"

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MIN"
      }
    }
  }
}

resource "google_monitoring_alert_policy" "failed_jobs" {
  display_name          = "${var.name}: a job failed"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.alerted

  documentation {
    subject   = "${var.name}: a job ended failed"
    mime_type = "text/markdown"
    content   = "`oracle-etl jobs show JOB` names the tables and says what to do; the job's id is in the log line."
  }

  conditions {
    display_name = "a job ended failed"

    condition_matched_log {
      filter = "(resource.type=\"cloud_run_job\" OR resource.type=\"cloud_run_revision\") AND jsonPayload.event=\"job_ended\" AND jsonPayload.status=\"failed\""

      label_extractors = {
        job_id = "EXTRACT(jsonPayload.job_id)"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "300s"
    }
  }
}

# A worker task that ends with an error met something that is not a table's fault.
resource "google_monitoring_alert_policy" "failed_workers" {
  display_name          = "${var.name}: workers fail"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.alerted

  documentation {
    subject   = "${var.name}: an execution of workers failed"
    mime_type = "text/markdown"
    content   = "Its tasks ended with an error three times over. Read the execution's log; out of memory asks for a larger `worker_size`."
  }

  dynamic "conditions" {
    for_each = google_cloud_run_v2_job.worker
    content {
      display_name = "an execution of ${conditions.value.name} failed"

      condition_threshold {
        filter          = "metric.type=\"run.googleapis.com/job/completed_execution_count\" AND metric.labels.result=\"failed\" AND resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"${conditions.value.name}\""
        comparison      = "COMPARISON_GT"
        threshold_value = 0
        duration        = "0s"

        aggregations {
          alignment_period   = "300s"
          per_series_aligner = "ALIGN_SUM"
        }
      }
    }
  }
}

# Alerts that read a metric of our own are refused until Monitoring knows it, which takes a minute or
# two after it was made, and ten at most.
resource "time_sleep" "until_metrics_are_known" {
  create_duration = "150s"

  triggers = {
    ticks         = google_logging_metric.ticks.id
    lapsed_leases = google_logging_metric.lapsed_leases.id
  }
}

# Counted from Cloud Run's own request log: a tick that is refused, or fails, is no tick.
resource "google_logging_metric" "ticks" {
  name        = "${var.name}/ticks"
  description = "Ticks that the API answered well"
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${google_cloud_run_v2_service.api.name}\" AND log_id(\"run.googleapis.com/requests\") AND httpRequest.requestUrl=~\"/internal/tick$\" AND httpRequest.status=200"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_monitoring_alert_policy" "missing_tick" {
  display_name          = "${var.name}: the clock stands still"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.alerted

  depends_on = [time_sleep.until_metrics_are_known]

  documentation {
    subject   = "${var.name}: no tick for ten minutes"
    mime_type = "text/markdown"
    content   = "Schedules do not start and broken jobs are not repaired. Look at the Cloud Scheduler job ${google_cloud_scheduler_job.tick.name} and at the API's log; 403 means that the tick's account lost roles/run.invoker."
  }

  conditions {
    display_name = "no tick was answered well for ten minutes"

    condition_absent {
      filter   = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.ticks.name}\" AND resource.type=\"cloud_run_revision\""
      duration = "600s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}

# A tick goes on past a defect and is answered well, so the clock goes on too.
resource "google_monitoring_alert_policy" "defective_ticks" {
  display_name          = "${var.name}: a tick met a defect"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.alerted

  documentation {
    subject   = "${var.name}: a step of the tick failed of a defect"
    mime_type = "text/markdown"
    content   = "The other steps were done, and each tick tries that one again. The API's log names the step and has the stack."
  }

  conditions {
    display_name = "a step of the tick failed of a defect"

    condition_matched_log {
      filter = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"tick_failed\""
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }
}

# One lapse is a worker that died, and the work is done again. Many are a disease.
resource "google_logging_metric" "lapsed_leases" {
  name        = "${var.name}/lapsed-leases"
  description = "Leases that their workers let lapse"
  filter      = "(resource.type=\"cloud_run_job\" OR resource.type=\"cloud_run_revision\") AND jsonPayload.event=\"lease_lapsed\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_monitoring_alert_policy" "stale_leases" {
  display_name          = "${var.name}: workers let their leases lapse"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.alerted

  depends_on = [time_sleep.until_metrics_are_known]

  documentation {
    subject   = "${var.name}: five leases lapsed within 15 minutes"
    mime_type = "text/markdown"
    content   = "Workers die or hang. Usual causes: too little memory (`worker_size`), connections cut by a firewall, an Oracle that does not answer."
  }

  dynamic "conditions" {
    for_each = toset(["cloud_run_job", "cloud_run_revision"])
    content {
      display_name = "leases found lapsed by a ${conditions.value}"

      condition_threshold {
        filter          = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.lapsed_leases.name}\" AND resource.type=\"${conditions.value}\""
        comparison      = "COMPARISON_GT"
        threshold_value = 4
        duration        = "0s"

        aggregations {
          alignment_period     = "900s"
          per_series_aligner   = "ALIGN_SUM"
          cross_series_reducer = "REDUCE_SUM"
        }
      }
    }
  }
}
