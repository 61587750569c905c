#!/usr/bin/env bash
# Prepare a Google Cloud project, once; run it again to change the foundation or to add a secret.
#
#   ORACLE_DSN=db.example.com:1521/ORCL ORACLE_USERNAME=ETL infra/prepare.sh PROJECT [REGION]
#
# It enables APIs and makes accounts, the registry, the bucket of state and sources, and the places
# of secrets; it asks for Oracle's password (or takes ORACLE_PASSWORD_FILE), makes an API key, and
# writes infra/settings.auto.tfvars for the build. ORACLE_TNS_NAME with ORACLE_WALLET_ZIP (and
# ORACLE_WALLET_PASSWORD_FILE) instead of ORACLE_DSN for an Autonomous Database. CONFIG_FILE names a
# config.yaml with further sources and settings; it becomes a secret whole, with its passwords.
# MASK_KEY_FILE holds the key of hash masks, BEARER_SECRET_FILE the secret of bearer tokens.
# What the foundation can be told besides stands in infra/foundation/variables.tf: write it into
# infra/foundation/settings.auto.tfvars. Secrets are never arguments, output or state.
#
# A second system in the same project: another copy of this folder, and ORACLE_ETL_NAME=another-name.
set -euo pipefail
called_from="$PWD"
cd "$(dirname "$0")"

# Prints what infra/settings.auto.tfvars says of a variable; nothing while there is none.
said() {
  if [ -e settings.auto.tfvars ]; then
    sed -n "s/^$1 *= *\"\([^\"]*\)\".*/\1/p" settings.auto.tfvars
  fi
}

# Another project, region or name would have Terraform replace what was made: registry, secrets.
stop_where_it_says_otherwise() {
  local before
  before="$(said "$1")"
  if [ -n "$before" ] && [ "$before" != "$2" ]; then
    echo "infra/settings.auto.tfvars is of $1 = \"${before}\", not \"$2\": take another copy of this folder" >&2
    exit 2
  fi
}

project="${1:?usage: infra/prepare.sh PROJECT [REGION]}"
region="${2:-$(said region)}"
region="${region:-asia-northeast3}"
name="${ORACLE_ETL_NAME:-$(said name)}"
name="${name:-oracle-etl}"
bucket="${project}-${name}-build"

stop_where_it_says_otherwise project_id "$project"
stop_where_it_says_otherwise region "$region"
stop_where_it_says_otherwise name "$name"
if [ ! -e settings.auto.tfvars ]; then
  places="${ORACLE_DSN:+dsn}${ORACLE_TNS_NAME:+tns}"
  if [ -z "${ORACLE_USERNAME:-}" ] || { [ "$places" != dsn ] && [ "$places" != tns ]; }; then
    echo "set ORACLE_USERNAME, and either ORACLE_DSN or ORACLE_TNS_NAME, or write infra/settings.auto.tfvars first" >&2
    exit 2
  fi
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
path_of() {
  if [ "${1#/}" = "$1" ]; then echo "${called_from}/$1"; else echo "$1"; fi
}

add_file() {
  if [ -n "$2" ]; then add_value "$1" < "$(path_of "$2")"; fi
}

# A password ends where its line does: editors end files with a newline, which no password has.
add_line() {
  local line
  if [ -z "$2" ]; then return; fi
  line="$(< "$(path_of "$2")")"
  printf %s "$line" | add_value "$1"
}

add_oracle_password() {
  if [ -n "${ORACLE_PASSWORD_FILE:-}" ]; then
    add_line oracle-password "$ORACLE_PASSWORD_FILE"
  elif ! has_value oracle-password; then
    local password
    read -rsp "Oracle password of ${ORACLE_USERNAME:-the source}: " password || true
    echo
    if [ -z "$password" ]; then
      echo "no password was given: run this again in a terminal, or with ORACLE_PASSWORD_FILE" >&2
      exit 2
    fi
    printf %s "$password" | add_value oracle-password
  fi
}

add_api_key() {
  if ! has_value api-keys; then
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' | add_value api-keys
  fi
}

secrets_with_value() {
  local secret
  for secret in oracle-password oracle-wallet oracle-wallet-password config api-keys bearer-secret mask-key; do
    if has_value "$secret"; then echo "\"$secret\""; fi
  done
}

write_settings() {
  local secrets
  secrets="$(secrets_with_value | paste -sd, - | sed 's/,/, /g')"
  cat > settings.auto.tfvars << SETTINGS
project_id   = "${project}"
region       = "${region}"
name         = "${name}"
state_bucket = "${bucket}"
oracle       = { dsn = "${ORACLE_DSN:-}", tns_name = "${ORACLE_TNS_NAME:-}", username = "${ORACLE_USERNAME}" }
secrets      = [${secrets}]
callers      = ["user:$(gcloud config get-value account 2> /dev/null)"]
SETTINGS
  echo "written: infra/settings.auto.tfvars; read it, and settings.auto.tfvars.example for more"
}

# The file is its owner's once it is there: it is told of, and not changed.
tell_of_secrets_that_settings_leave_out() {
  local secret
  for secret in $(secrets_with_value); do
    if ! sed 's/#.*//' settings.auto.tfvars | grep -qF "$secret"; then
      echo "add ${secret} to secrets in infra/settings.auto.tfvars: it has a value, which nothing reads yet"
    fi
  done
}

# A new project has few APIs on; these are what the next lines and Terraform itself call.
gcloud services enable cloudresourcemanager.googleapis.com serviceusage.googleapis.com \
  iam.googleapis.com storage.googleapis.com --project="$project"

if ! gcloud storage buckets describe "gs://${bucket}" --project="$project" > /dev/null 2>&1; then
  gcloud storage buckets create "gs://${bucket}" --project="$project" --location="$region" \
    --uniform-bucket-level-access --public-access-prevention
fi
gcloud storage buckets update "gs://${bucket}" --versioning

terraform -chdir=foundation init -input=false -reconfigure -backend-config="bucket=${bucket}"
# It shows what it will do and asks.
terraform -chdir=foundation apply \
  -var="project_id=${project}" -var="region=${region}" -var="name=${name}" \
  -var="state_bucket=${bucket}"

# Pub/Sub's own account moves dead letters; a new project may not have it yet.
gcloud beta services identity create --service=pubsub.googleapis.com --project="$project" \
  --quiet > /dev/null

add_oracle_password
add_file oracle-wallet "${ORACLE_WALLET_ZIP:-}"
add_line oracle-wallet-password "${ORACLE_WALLET_PASSWORD_FILE:-}"
add_file config "${CONFIG_FILE:-}"
add_line mask-key "${MASK_KEY_FILE:-}"
add_line bearer-secret "${BEARER_SECRET_FILE:-}"
add_api_key
if [ -e settings.auto.tfvars ]; then tell_of_secrets_that_settings_leave_out; else write_settings; fi

substitutions="_REGION=${region}"
if [ "$name" != oracle-etl ]; then substitutions="${substitutions},_NAME=${name}"; fi

cat << NEXT

Now deploy, from the project's folder:

  gcloud builds submit --config=cloudbuild.yaml --project=${project} \\
    --substitutions=${substitutions} --gcs-source-staging-dir=gs://${bucket}/source .

The API key: gcloud secrets versions access latest --secret=${name}-api-keys --project=${project}
NEXT
