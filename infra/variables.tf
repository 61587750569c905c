variable "project_id" {
  type        = string
  description = "Google Cloud project."

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
  description = "What the names of all resources start with; the same as in infra/foundation."
  default     = "oracle-etl"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,16}[a-z0-9]$", var.name))
    error_message = "name must be 4 to 18 lower-case letters, digits and hyphens."
  }
}

variable "state_bucket" {
  type        = string
  description = "Bucket of Terraform's state; infra/prepare.sh makes it."
}

variable "image" {
  type        = string
  description = "The image, by digest, so that what was tested is what runs."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must end in @sha256: and the digest; a tag can come to mean another image."
  }
}

variable "thick_image" {
  type        = string
  description = "The image with Instant Client, by digest; empty while every source is Oracle 12.1 or later."
  default     = ""

  validation {
    condition     = var.thick_image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.thick_image))
    error_message = "thick_image must end in @sha256: and the digest."
  }
}

variable "oracle" {
  type = object({
    dsn      = optional(string, "")
    tns_name = optional(string, "")
    username = string
    mode     = optional(string, "thin")
    sessions = optional(number, 20)
  })
  description = "The source: `dsn` (host:port/service) or `tns_name` (of the wallet), `username`, `mode` (thin, or thick for 11.2), and how many `sessions` all workers may hold."

  validation {
    condition     = (var.oracle.dsn == "") != (var.oracle.tns_name == "")
    error_message = "oracle needs either dsn or tns_name."
  }

  validation {
    condition     = var.oracle.mode == "thin" || (var.oracle.mode == "thick" && var.thick_image != "")
    error_message = "oracle.mode must be thin or thick, and thick needs thick_image (see docs/thick-mode.md)."
  }

  validation {
    condition     = var.oracle.sessions >= 1 && var.oracle.sessions == floor(var.oracle.sessions)
    error_message = "oracle.sessions must be a whole number from 1."
  }
}

variable "secrets" {
  type        = set(string)
  description = "Which secrets have a value: oracle-password, oracle-wallet, oracle-wallet-password, config (a config.yaml with further sources), api-keys, bearer-secret, mask-key."
  default     = ["oracle-password", "api-keys"]

  validation {
    condition = length(setsubtract(var.secrets, [
      "oracle-password", "oracle-wallet", "oracle-wallet-password", "config", "api-keys", "bearer-secret", "mask-key",
    ])) == 0
    error_message = "secrets holds a name that no setting reads; see the variable's description."
  }

  validation {
    condition     = contains(var.secrets, "api-keys") || contains(var.secrets, "bearer-secret")
    error_message = "secrets must hold api-keys or bearer-secret: the API asks its callers for one of them."
  }
}

variable "callers" {
  type        = set(string)
  description = "Who may reach the API at all, such as group:data@example.com; they show an API key besides."
  default     = []

  validation {
    condition     = alltrue([for caller in var.callers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+", caller))])
    error_message = "callers must be user:, group:, serviceAccount:, domain:, principal: or principalSet: members; everybody is nobody's caller."
  }
}

variable "cors_origins" {
  type        = list(string)
  description = "Origins whose pages may call the API, such as https://etl.example.com."
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https://[a-z0-9._-]+(:[0-9]{1,5})?$", origin))])
    error_message = "cors_origins holds origins such as https://etl.example.com: one whole host, in small letters, without a path."
  }
}

variable "bucket_name" {
  type        = string
  description = "Bucket of transports that name none; empty makes one called PROJECT-NAME."
  default     = ""
}

variable "other_buckets" {
  type        = set(string)
  description = "Buckets that exist already and that transports may name as their target."
  default     = []
}

variable "attempt_prefixes" {
  type        = set(string)
  description = "Where attempts under way lie; add PREFIX/_attempts/ for each prefix that a transport sets."
  default     = ["_attempts/"]

  validation {
    condition     = alltrue([for prefix in var.attempt_prefixes : endswith(prefix, "_attempts/")])
    error_message = "attempt_prefixes must end in _attempts/: what lies under them is deleted after a week."
  }
}

variable "retention_days" {
  type        = number
  description = "Days after which objects are deleted; jobs are kept as long."
  default     = 90

  validation {
    condition     = var.retention_days >= 3
    error_message = "retention_days must be at least 3."
  }
}

variable "soft_delete_days" {
  type        = number
  description = "Days that a deleted object can be brought back, and is paid for; 0, or 7 to 90."
  default     = 7

  validation {
    condition     = var.soft_delete_days == 0 || (var.soft_delete_days >= 7 && var.soft_delete_days <= 90)
    error_message = "soft_delete_days must be 0, or 7 to 90."
  }
}

variable "running_jobs" {
  type        = number
  description = "Jobs that run at once; others wait."
  default     = 1

  validation {
    condition     = var.running_jobs >= 1 && var.running_jobs == floor(var.running_jobs)
    error_message = "running_jobs must be a whole number from 1."
  }
}

variable "workers" {
  type        = number
  description = "Worker tasks of one job at most."
  default     = 10

  validation {
    condition     = var.workers >= 1 && var.workers <= 1000
    error_message = "workers must be 1 to 1000."
  }
}

variable "worker_size" {
  type = object({
    cpu     = optional(string, "2")
    memory  = optional(string, "2Gi")
    timeout = optional(string, "86400s")
  })
  description = "CPU, memory and time of one worker task; unfinished work goes on in the next task. The time has to exceed ETL_TASK_FLOOR (600s)."
  default     = {}
}

variable "api_instances" {
  type = object({
    least = optional(number, 0)
    most  = optional(number, 5)
  })
  description = "Instances of the API: `least` above 0 avoids cold starts and costs when idle, `most` caps the bill."
  default     = {}

  validation {
    condition     = var.api_instances.least >= 0 && var.api_instances.most >= max(1, var.api_instances.least)
    error_message = "api_instances.most must be at least 1 and at least api_instances.least."
  }
}

variable "alert_emails" {
  type        = set(string)
  description = "Who is written to when something needs a person."
  default     = []
}

variable "log_level" {
  type        = string
  description = "DEBUG, INFO, WARNING or ERROR."
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether `terraform destroy` is refused for the API, the workers and the database."
  default     = true
}
