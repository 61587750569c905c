terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }
  }

  backend "gcs" {
    prefix = "foundation"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  # A person applies this. Some APIs (apikeys, identitytoolkit) ask whose quota a person's call takes.
  user_project_override = true
  billing_project       = var.project_id

  default_labels = {
    application = var.name
  }
}
