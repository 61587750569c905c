variable "project_id" {
  type        = string
  description = "Google Cloud project that everything is made in; one of its own is best."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id, such as my-project-123, not its name or number."
  }
}

variable "region" {
  type        = string
  description = "Region of everything."
  default     = "asia-northeast3"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region such as asia-northeast3, not a zone."
  }
}

variable "name" {
  type        = string
  description = "What the names of all resources start with."
  default     = "oracle-etl"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,16}[a-z0-9]$", var.name))
    error_message = "name must be 4 to 18 lower-case letters, digits and hyphens."
  }
}

variable "state_bucket" {
  type        = string
  description = "Bucket of Terraform's state and of the sources of builds; infra/prepare.sh makes it."
}

variable "firestore_database" {
  type        = string
  description = "Firestore database that the accounts may use; only one database of a project has the free quota."
  default     = "(default)"
}

variable "network" {
  type = object({
    cidr                = optional(string, "")
    existing            = optional(string, "")
    existing_subnetwork = optional(string, "")
    static_address      = optional(bool, false)
  })
  description = "Direct VPC egress to a private Oracle: null for none; `cidr` of a subnetwork to make, or the names of an `existing` network and its `existing_subnetwork`; `static_address` adds Cloud NAT with one address for an allow-list."
  default     = null

  validation {
    # try() because Terraform evaluates both sides of ||, also for null.
    condition = (
      try(var.network.existing, "") != ""
      || try(tonumber(split("/", var.network.cidr)[1]) <= 26, var.network == null)
    )
    error_message = "network.cidr must be a range of /26 or larger, such as 10.8.0.0/26: every Cloud Run instance takes addresses from it."
  }

  validation {
    condition     = (try(var.network.existing, "") == "") == (try(var.network.existing_subnetwork, "") == "")
    error_message = "network.existing and network.existing_subnetwork go together."
  }
}

variable "watcher_origins" {
  type        = list(string)
  description = "Hosts of web pages that may sign watchers in, such as etl.example.com; none switches the sign-in off."
  default     = []

  validation {
    condition     = alltrue([for host in var.watcher_origins : can(regex("^[a-z0-9.-]+$", host))])
    error_message = "watcher_origins holds host names, without https:// and without paths."
  }
}
