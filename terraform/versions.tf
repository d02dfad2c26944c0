terraform {
  required_version = ">= 1.9, < 2"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 8"
    }
  }

  # Which bucket, and where in it, is said at `terraform init -backend-config=...`: one set of files
  # serves any number of environments, each with a project and a state of its own.
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.region

  # Budgets and Firebase's rules are charged to a project's quota, and a person's login has none.
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
