# What the API and the workers are told. The names are those of oracle_etl/settings.py, and
# nothing else; tests/infra compares them.

locals {
  told = {
    ORACLE_ETL_HOME       = "google"
    GCS_PROJECT_ID        = var.project_id
    GCS_BUCKET_NAME       = google_storage_bucket.extracts.name
    GOOGLE_REGION         = var.region
    FIRESTORE_DATABASE    = google_firestore_database.book.name
    PUBSUB_DEAD_LETTERS   = google_pubsub_subscription.dead_letters.name
    ORACLE_DSN            = var.oracle.dsn
    ORACLE_TNS_NAME       = var.oracle.tns_name
    ORACLE_USERNAME       = var.oracle.username
    ORACLE_SESSIONS       = tostring(var.oracle.sessions)
    ORACLE_MODE           = var.oracle.mode
    ORACLE_WALLET_PATH    = contains(var.secrets, "oracle-wallet") ? local.wallet_file : ""
    ETL_RUNNING_JOBS      = tostring(var.running_jobs)
    ETL_WORKERS           = tostring(var.workers)
    ETL_HISTORY_DAYS      = tostring(var.retention_days)
    ETL_PROGRESS_INTERVAL = "5s"
    ETL_IDLE              = "30s"
    LOG_LEVEL             = var.log_level
    CONFIG_PATH           = contains(var.secrets, "config") ? local.config_file : ""

    # By name, not by resource: without a thick image there is no lane for thick mode.
    WORKER_JOB                = local.worker_names.thin
    WORKER_JOB_THICK          = local.worker_names.thick
    PUBSUB_TOPIC              = local.queue_names.thin
    PUBSUB_TOPIC_THICK        = local.queue_names.thick
    PUBSUB_SUBSCRIPTION       = local.queue_names.thin
    PUBSUB_SUBSCRIPTION_THICK = local.queue_names.thick
  }

  told_api = merge(local.told, {
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
  wallet_file = "/secrets/wallet/wallet.zip"
  config_file = "/secrets/config/config.yaml"

  secret_files = {
    for volume, file in { wallet = ["oracle-wallet", local.wallet_file], config = ["config", local.config_file] } :
    volume => { secret = "${var.name}-${file[0]}", folder = dirname(file[1]), name = basename(file[1]) }
    if contains(var.secrets, file[0])
  }
}
