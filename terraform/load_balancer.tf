# One host for the page and the API, made only with var.domain: a load balancer with one path rule and one
# serverless network endpoint group (NEG) for each function that browsers call. A NEG with a URL mask would
# reach every service of the region, also those of other software.
#
# Without a domain each function answers at its own address on run.app.

locals {
  balanced = { for name, function in local.functions : name => function if var.domain != null && function.callers != "internal" }

  # Both spellings of a name lead to its function, with underscores and with hyphens.
  api_paths = {
    for name, function in local.balanced : name => flatten([
      for spelling in distinct([name, local.service_names[name]]) : ["/api/${spelling}", "/api/${spelling}/*"]
    ]) if name != local.page_function
  }
}

resource "google_compute_region_network_endpoint_group" "function" {
  for_each = local.balanced

  name                  = "oprina-${local.service_names[each.key]}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloudfunctions2_function.this[each.key].name
  }
}

# The time-out of a serverless backend is not configurable: the function's own one applies.
resource "google_compute_backend_service" "function" {
  for_each = local.balanced

  name                  = "oprina-${local.service_names[each.key]}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  enable_cdn            = each.key == local.page_function
  security_policy       = google_compute_security_policy.this[local.deployed[each.key].free_text ? "free_text" : "identifiers"].id

  backend {
    group = google_compute_region_network_endpoint_group.function[each.key].id
  }

  # The Cache-Control header of each file decides: no-cache for index.html, one year for hashed names.
  dynamic "cdn_policy" {
    for_each = each.key == local.page_function ? [1] : []
    content {
      cache_mode = "USE_ORIGIN_HEADERS"
    }
  }

  # The rules in preview (firewall.tf) are visible in these logs only.
  log_config {
    enable      = true
    sample_rate = 0.1
  }
}

resource "google_compute_url_map" "site" {
  count = var.domain == null ? 0 : 1

  name = "oprina"

  # A request for another host, such as the bare IP address.
  default_url_redirect {
    host_redirect          = var.domain
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  host_rule {
    hosts        = [var.domain]
    path_matcher = "site"
  }

  path_matcher {
    name            = "site"
    default_service = google_compute_backend_service.function[local.page_function].id

    dynamic "path_rule" {
      for_each = local.api_paths
      content {
        paths   = path_rule.value
        service = google_compute_backend_service.function[path_rule.key].id

        route_action {
          url_rewrite {
            path_prefix_rewrite = "/"
          }
        }
      }
    }

    # Any other path of the API is a 404 of the API, in JSON. Without this rule the page would answer it.
    path_rule {
      paths   = ["/api", "/api/*"]
      service = google_compute_backend_service.function[local.health_function].id
    }
  }
}

resource "google_compute_url_map" "to_https" {
  count = var.domain == null ? 0 : 1

  name = "oprina-to-https"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [time_sleep.apis]
}

resource "google_compute_managed_ssl_certificate" "site" {
  count = var.domain == null ? 0 : 1

  # A new domain needs a new certificate before the old one is deleted.
  name = "oprina-${substr(sha256(var.domain), 0, 8)}"

  managed {
    domains = [var.domain]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.apis]
}

resource "google_compute_ssl_policy" "site" {
  count = var.domain == null ? 0 : 1

  name            = "oprina"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [time_sleep.apis]
}

resource "google_compute_target_https_proxy" "site" {
  count = var.domain == null ? 0 : 1

  name             = "oprina"
  url_map          = google_compute_url_map.site[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.site[0].id]
  ssl_policy       = google_compute_ssl_policy.site[0].id
}

resource "google_compute_target_http_proxy" "to_https" {
  count = var.domain == null ? 0 : 1

  name    = "oprina-to-https"
  url_map = google_compute_url_map.to_https[0].id
}

resource "google_compute_global_address" "site" {
  count = var.domain == null ? 0 : 1

  name       = "oprina"
  depends_on = [time_sleep.apis]
}

resource "google_compute_global_forwarding_rule" "site" {
  count = var.domain == null ? 0 : 1

  name                  = "oprina"
  target                = google_compute_target_https_proxy.site[0].id
  ip_address            = google_compute_global_address.site[0].id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

resource "google_compute_global_forwarding_rule" "to_https" {
  count = var.domain == null ? 0 : 1

  name                  = "oprina-to-https"
  target                = google_compute_target_http_proxy.to_https[0].id
  ip_address            = google_compute_global_address.site[0].id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}
