#!/usr/bin/env bash
# Prepare a Google Cloud project, once; run it again to change the foundation or to add a secret.
#
#   ORACLE_DSN=db.example.com:1521/ORCL ORACLE_USERNAME=ETL infra/prepare.sh PROJECT [REGION]
#
# It enables APIs and makes accounts, the registry, the bucket of state and sources, and the places
# of secrets; it asks for Oracle's password (or takes ORACLE_PASSWORD_FILE), makes an API key, and
# writes infra/settings.auto.tfvars for the build. ORACLE_TNS_NAME with ORACLE_WALLET_ZIP (and
# ORACLE_WALLET_PASSWORD_FILE) instead of ORACLE_DSN for an Autonomous Database. CONFIG_FILE names a
# config.yaml with further sources; it becomes a secret whole, with their passwords.
# What the foundation can be told besides stands in infra/foundation/variables.tf: write it into
# infra/foundation/settings.auto.tfvars. Secrets are never arguments, output or state.
set -euo pipefail
called_from="$PWD"
cd "$(dirname "$0")"

name="oracle-etl"
project="${1:?usage: infra/prepare.sh PROJECT [REGION]}"
region="${2:-asia-northeast3}"
bucket="${project}-${name}-build"

if [ ! -e settings.auto.tfvars ] && [ -z "${ORACLE_USERNAME:-}" ]; then
  echo "set ORACLE_USERNAME, and ORACLE_DSN or ORACLE_TNS_NAME, or write infra/settings.auto.tfvars first" >&2
  exit 2
fi

has_value() {
  local versions
  versions="$(gcloud secrets versions list "${name}-$1" --project="$project" \
    --filter=state=enabled --limit=1 --format='value(name)')"
  [ -n "$versions" ]
}

# Reads the value from stdin, so that it is on no command line.
add_value() {
  gcloud secrets versions add "${name}-$1" --project="$project" --data-file=- --quiet > /dev/null
  echo "secret ${name}-$1: value added"
}

# Files are named as they are seen from where this was called.
add_file() {
  local path="$2"
  if [ -z "$path" ]; then return; fi
  if [ "${path#/}" = "$path" ]; then path="${called_from}/${path}"; fi
  add_value "$1" < "$path"
}

add_oracle_password() {
  if [ -n "${ORACLE_PASSWORD_FILE:-}" ]; then
    add_file oracle-password "$ORACLE_PASSWORD_FILE"
  elif ! has_value oracle-password; then
    local password
    read -rsp "Oracle password of ${ORACLE_USERNAME:-the source}: " password
    echo
    printf %s "$password" | add_value oracle-password
  fi
}

add_api_key() {
  if ! has_value api-keys; then
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' | add_value api-keys
  fi
}

write_settings() {
  local secret secrets=""
  for secret in oracle-password oracle-wallet oracle-wallet-password config api-keys bearer-secret mask-key; do
    if has_value "$secret"; then secrets="${secrets:+$secrets, }\"$secret\""; fi
  done
  cat > settings.auto.tfvars << SETTINGS
project_id   = "${project}"
region       = "${region}"
state_bucket = "${bucket}"
oracle       = { dsn = "${ORACLE_DSN:-}", tns_name = "${ORACLE_TNS_NAME:-}", username = "${ORACLE_USERNAME}" }
secrets      = [${secrets}]
callers      = ["user:$(gcloud config get-value account 2> /dev/null)"]
SETTINGS
  echo "written: infra/settings.auto.tfvars; read it, and settings.auto.tfvars.example for more"
}

if ! gcloud storage buckets describe "gs://${bucket}" --project="$project" > /dev/null 2>&1; then
  gcloud storage buckets create "gs://${bucket}" --project="$project" --location="$region" \
    --uniform-bucket-level-access --public-access-prevention
  gcloud storage buckets update "gs://${bucket}" --versioning
fi
gcloud services enable cloudresourcemanager.googleapis.com serviceusage.googleapis.com \
  iam.googleapis.com --project="$project"

terraform -chdir=foundation init -input=false -reconfigure -backend-config="bucket=${bucket}"
# It shows what it will do and asks.
terraform -chdir=foundation apply \
  -var="project_id=${project}" -var="region=${region}" -var="state_bucket=${bucket}"

# Pub/Sub's own account moves dead letters; a new project may not have it yet.
gcloud beta services identity create --service=pubsub.googleapis.com --project="$project" \
  --quiet > /dev/null

add_oracle_password
add_file oracle-wallet "${ORACLE_WALLET_ZIP:-}"
add_file oracle-wallet-password "${ORACLE_WALLET_PASSWORD_FILE:-}"
add_file config "${CONFIG_FILE:-}"
add_api_key
if [ ! -e settings.auto.tfvars ]; then write_settings; fi

cat << NEXT

Now deploy, from the project's folder:

  gcloud builds submit --config=cloudbuild.yaml --project=${project} --region=${region} \\
    --substitutions=_REGION=${region} --gcs-source-staging-dir=gs://${bucket}/source .

The API key: gcloud secrets versions access latest --secret=${name}-api-keys --project=${project}
NEXT
