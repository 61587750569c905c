terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }

    time = {
      source  = "hashicorp/time"
      version = "~> 0.12"
    }
  }

  backend "gcs" {
    prefix = "system"
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  default_labels = {
    application = var.name
  }
}

data "google_project" "this" {}

# What a person made once: accounts, secrets' places, network, registry.
data "terraform_remote_state" "foundation" {
  backend = "gcs"

  config = {
    bucket = var.state_bucket
    prefix = "foundation"
  }
}

locals {
  foundation = data.terraform_remote_state.foundation.outputs
  members    = { for what, email in local.foundation.accounts : what => "serviceAccount:${email}" }
}
