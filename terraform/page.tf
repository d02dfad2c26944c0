# The web page: a bucket behind a load balancer with Cloud CDN. docs/adr/0009 explains why it is not on
# Firebase Hosting.

locals {
  # Origins that the page needs: the functions, Firebase sign-in in a pop-up, and LiveKit for the avatar.
  functions_origins = [for name, function in local.functions : "https://${local.hosts[name]}" if function.callers != "internal"]
  sign_in_origins   = ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"]
  sign_in_frame     = "https://${var.project}.firebaseapp.com"

  content_security_policy = {
    default-src = ["'self'"]
    script-src  = ["'self'", "https://apis.google.com"]
    connect-src = concat(
      ["'self'"], local.functions_origins, local.sign_in_origins,
      flatten([for host in var.media_hosts : ["https://${host}", "wss://${host}"]]),
    )
    media-src                 = ["'self'", "blob:", "mediastream:"]
    img-src                   = ["'self'", "data:", "blob:"]
    style-src                 = ["'self'"]
    worker-src                = ["'self'", "blob:"]
    frame-src                 = [local.sign_in_frame]
    frame-ancestors           = ["'none'"]
    form-action               = ["'self'"]
    base-uri                  = ["'none'"]
    object-src                = ["'none'"]
    upgrade-insecure-requests = []
  }

  page_headers = {
    Content-Security-Policy    = join("; ", [for name, sources in local.content_security_policy : trimspace("${name} ${join(" ", sources)}")])
    Permissions-Policy         = "microphone=(self), camera=(), geolocation=(), payment=(), usb=(), display-capture=()"
    Strict-Transport-Security  = "max-age=63072000; includeSubDomains"
    X-Content-Type-Options     = "nosniff"
    Referrer-Policy            = "strict-origin-when-cross-origin"
    Cross-Origin-Opener-Policy = "same-origin-allow-popups"
  }
}

resource "google_storage_bucket" "page" {
  name                        = "${var.project}-oprina-page"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "inherited" # the page is public

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 30
    }
  }

  website {
    main_page_suffix = "index.html"
  }

  depends_on = [google_project_service.this]
}

resource "google_storage_bucket_iam_member" "readers" {
  bucket = google_storage_bucket.page.name
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}

resource "google_compute_backend_bucket" "page" {
  name             = "oprina-page"
  bucket_name      = google_storage_bucket.page.name
  enable_cdn       = true
  compression_mode = "AUTOMATIC"

  custom_response_headers = [for name, value in local.page_headers : "${name}: ${value}"]

  # The Cache-Control header of each uploaded file decides: no-cache for index.html, one year for others.
  cdn_policy {
    cache_mode = "USE_ORIGIN_HEADERS"
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_url_map" "page" {
  name            = "oprina-page"
  default_service = google_compute_backend_bucket.page.id

  # The page has its own routes, so it answers every path that is not a file.
  default_custom_error_response_policy {
    error_service = google_compute_backend_bucket.page.id

    error_response_rule {
      match_response_codes   = ["404"]
      path                   = "/index.html"
      override_response_code = 200
    }
  }
}

resource "google_compute_url_map" "to_https" {
  name = "oprina-page-to-https"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_managed_ssl_certificate" "page" {
  # A new domain needs a new certificate before the old one is deleted.
  name = "oprina-page-${substr(sha256(var.page_domain), 0, 8)}"

  managed {
    domains = [var.page_domain]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.this]
}

resource "google_compute_ssl_policy" "page" {
  name            = "oprina-page"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.this]
}

resource "google_compute_target_https_proxy" "page" {
  name             = "oprina-page"
  url_map          = google_compute_url_map.page.id
  ssl_certificates = [google_compute_managed_ssl_certificate.page.id]
  ssl_policy       = google_compute_ssl_policy.page.id
}

resource "google_compute_target_http_proxy" "to_https" {
  name    = "oprina-page-to-https"
  url_map = google_compute_url_map.to_https.id
}

resource "google_compute_global_address" "page" {
  name       = "oprina-page"
  depends_on = [google_project_service.this]
}

resource "google_compute_global_forwarding_rule" "page" {
  name                  = "oprina-page"
  target                = google_compute_target_https_proxy.page.id
  ip_address            = google_compute_global_address.page.id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

resource "google_compute_global_forwarding_rule" "to_https" {
  name                  = "oprina-page-to-https"
  target                = google_compute_target_http_proxy.to_https.id
  ip_address            = google_compute_global_address.page.id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}
