# Direct VPC egress to an Oracle with a private address, where variable "network" asks for it.

locals {
  makes_network = var.network != null && try(var.network.existing, "") == ""
  makes_address = try(var.network.static_address, false)

  network    = local.makes_network ? google_compute_network.private[0].name : try(var.network.existing, "")
  subnetwork = local.makes_network ? google_compute_subnetwork.private[0].name : try(var.network.existing_subnetwork, "")
}

resource "google_compute_network" "private" {
  count = local.makes_network ? 1 : 0

  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.used]
}

resource "google_compute_subnetwork" "private" {
  count = local.makes_network ? 1 : 0

  name                     = var.name
  region                   = var.region
  network                  = google_compute_network.private[0].id
  ip_cidr_range            = var.network.cidr
  private_ip_google_access = true
}

# One address to the outside, for the allow-list of an Autonomous Database or of a firewall.
resource "google_compute_address" "egress" {
  count = local.makes_address ? 1 : 0

  name   = "${var.name}-egress"
  region = var.region

  depends_on = [google_project_service.used]
}

resource "google_compute_router" "egress" {
  count = local.makes_address ? 1 : 0

  name    = var.name
  region  = var.region
  network = local.network
}

resource "google_compute_router_nat" "egress" {
  count = local.makes_address ? 1 : 0

  name                               = var.name
  region                             = var.region
  router                             = google_compute_router.egress[0].name
  nat_ip_allocate_option             = "MANUAL_ONLY"
  nat_ips                            = [google_compute_address.egress[0].self_link]
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = "projects/${var.project_id}/regions/${var.region}/subnetworks/${local.subnetwork}"
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Whoever deploys onto a subnetwork must be allowed to use it.
resource "google_compute_subnetwork_iam_member" "build_uses" {
  count = var.network == null ? 0 : 1

  subnetwork = local.subnetwork
  region     = var.region
  role       = "roles/compute.networkUser"
  member     = google_service_account.build.member
}
