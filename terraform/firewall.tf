# Cloud Armor in front of the load balancer: rate limits per address, and Google's rules against attacks.
#
# A rule that is new is in preview: it writes to the logs of the load balancer and blocks nothing. Look at
# the logs for a week (docs/maintain.md), then name the rule in var.enforced_rules.

locals {
  # Rules that read bodies block ordinary sentences ("select all from the list"). Functions that take free
  # text (key `free_text` in functions.tf) get only rules that read headers.
  rule_sets = {
    free_text   = ["scannerdetection-v33-stable"]
    identifiers = ["scannerdetection-v33-stable", "sqli-v33-stable", "xss-v33-stable", "lfi-v33-stable", "rce-v33-stable"]
  }
  firewalls = { for kind, sets in local.rule_sets : kind => sets if var.domain != null }
}

resource "google_compute_security_policy" "this" {
  for_each = local.firewalls

  name        = "oprina-${replace(each.key, "_", "-")}"
  description = "Oprina: functions whose bodies hold ${replace(each.key, "_", " ")}"
  type        = "CLOUD_ARMOR"

  advanced_options_config {
    json_parsing = "STANDARD" # without it a JSON body is one string, and each quote looks like an attack
    log_level    = "NORMAL"
  }

  rule {
    priority    = 1000
    description = "Requests of one address"
    action      = "throttle"

    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.requests_per_minute
        interval_sec = 60
      }
    }
  }

  dynamic "rule" {
    for_each = each.value
    content {
      priority    = 2000 + 10 * rule.key
      description = rule.value
      action      = "deny(403)"
      preview     = !contains(var.enforced_rules, rule.value)

      match {
        expr {
          expression = "evaluatePreconfiguredWaf('${rule.value}', {'sensitivity': 1})"
        }
      }
    }
  }

  rule {
    priority    = 2147483647
    description = "Everything else"
    action      = "allow"

    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  depends_on = [time_sleep.apis]
}
