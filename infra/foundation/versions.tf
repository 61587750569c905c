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

  default_labels = {
    application = var.name
  }
}
