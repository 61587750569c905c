# Sign-in for people who watch jobs in a browser: the API mints a custom token, Identity Platform
# exchanges it, and firestore.rules let its bearer read documents of one tenant.

locals {
  watchers = length(var.watcher_origins) > 0
}

resource "google_identity_platform_config" "watchers" {
  count = local.watchers ? 1 : 0

  authorized_domains = var.watcher_origins

  # Custom tokens are the only way in. Sign-up itself stays allowed: the first token of a watcher
  # makes the user.
  sign_in {
    anonymous {
      enabled = false
    }

    email {
      enabled = false
    }
  }

  depends_on = [google_project_service.used]
}

# Not a secret: it stands in the page. It opens the sign-in and nothing else, from these pages.
resource "google_apikeys_key" "web" {
  count = local.watchers ? 1 : 0

  name         = "${var.name}-web"
  display_name = "Watchers' sign-in"

  restrictions {
    api_targets {
      service = "identitytoolkit.googleapis.com"
    }

    api_targets {
      service = "securetoken.googleapis.com"
    }

    api_targets {
      service = "firestore.googleapis.com"
    }

    browser_key_restrictions {
      allowed_referrers = [for host in var.watcher_origins : "https://${host}/*"]
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_project_iam_custom_role" "token_signer" {
  role_id     = "${replace(var.name, "-", "_")}_token_signer"
  title       = "Sign watchers' tokens"
  description = "signBlob alone: the predefined role would also hand out access tokens of the account"
  permissions = ["iam.serviceAccounts.signBlob"]

  depends_on = [google_project_service.used]
}

resource "google_service_account_iam_member" "api_signs_as_itself" {
  service_account_id = google_service_account.api.name
  role               = google_project_iam_custom_role.token_signer.name
  member             = google_service_account.api.member
}
