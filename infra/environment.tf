# What the API and the workers are told. The names are those of oracle_etl/settings.py, and
# nothing else; tests/infra compares them.

locals {
  told = {
    ORACLE_ETL_HOME       = "google"
    GCS_PROJECT_ID        = var.project_id
    GCS_BUCKET_NAME       = google_storage_bucket.extracts.name
    GOOGLE_REGION         = var.region
    FIRESTORE_DATABASE    = google_firestore_database.book.name
    PUBSUB_TOPIC          = google_pubsub_topic.tables.name
    PUBSUB_SUBSCRIPTION   = google_pubsub_subscription.tables.name
    PUBSUB_DEAD_LETTERS   = google_pubsub_subscription.dead_letters.name
    ORACLE_DSN            = var.oracle.dsn
    ORACLE_TNS_NAME       = var.oracle.tns_name
    ORACLE_USERNAME       = var.oracle.username
    ORACLE_SESSIONS       = tostring(var.oracle.sessions)
    ORACLE_WALLET_PATH    = contains(var.secrets, "oracle-wallet") ? "${local.wallet_folder}/wallet.zip" : ""
    ETL_RUNNING_JOBS      = tostring(var.running_jobs)
    ETL_WORKERS           = tostring(var.workers)
    ETL_HISTORY_DAYS      = tostring(var.retention_days)
    ETL_PROGRESS_INTERVAL = "5s"
    ETL_IDLE              = "30s"
    LOG_LEVEL             = var.log_level
  }

  told_api = merge(local.told, {
    ORACLE_MODE          = var.oracle.mode
    WORKER_JOB           = google_cloud_run_v2_job.worker[var.oracle.mode].name
    AUTH_ENABLED         = "true"
    AUTH_BEHIND_IAM      = "true" # api.tf lets invokers in alone
    CORS_ORIGINS         = join(",", var.cors_origins)
    TICK_SERVICE_ACCOUNT = local.foundation.accounts.tick
    TICK_AUDIENCE        = local.api_address
    WATCHER_ACCOUNT      = local.foundation.accounts.api
    SERVER_THREADS       = tostring(local.api_threads)
    # functions-framework's own: as many threads as Cloud Run sends requests at once, since every
    # event stream holds one.
    THREADS = tostring(local.api_threads)
  })

  # Variable and secret; a value is read when an instance starts and is in no state and no plan.
  secret_variables = {
    ORACLE_PASSWORD        = "oracle-password"
    ORACLE_WALLET_PASSWORD = "oracle-wallet-password"
    ETL_MASK_KEY           = "mask-key"
    AUTH_API_KEYS          = "api-keys"
    AUTH_BEARER_SECRET     = "bearer-secret"
  }

  worker_secrets = {
    for variable, secret in local.secret_variables : variable => "${var.name}-${secret}"
    if contains(var.secrets, secret) && contains(["oracle-password", "oracle-wallet-password", "mask-key"], secret)
  }

  api_secrets = {
    for variable, secret in local.secret_variables : variable => "${var.name}-${secret}"
    if contains(var.secrets, secret) && secret != "mask-key"
  }

  # A secret volume holds one secret, so the wallet is one zip; the product unpacks it.
  wallet_folder = "/secrets/wallet"
  wallets       = contains(var.secrets, "oracle-wallet") ? ["${var.name}-oracle-wallet"] : []
}
