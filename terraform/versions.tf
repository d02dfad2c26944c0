# Terraform, its provider and the place of the state.

terraform {
  required_version = ">= 1.9, < 2"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50" # the version whose schema the tests know
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }

  # `terraform init -backend-config=...` sets bucket and prefix. Each environment has its own project
  # and its own state.
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.region

  # The APIs of budgets and of Firebase rules need a project for their quota. A user's credentials name
  # none.
  billing_project       = var.project
  user_project_override = true

  default_labels = {
    app         = "oprina"
    environment = var.environment
  }
}

data "google_project" "this" {
  project_id = var.project
}
