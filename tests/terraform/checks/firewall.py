"""Checks of Cloud Armor: rate limits, and rules that read bodies."""

import re
from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, Values

RULE_SET = re.compile(r"evaluatePreconfiguredWaf\('([a-z]+)-v33-stable'")
HEADERS_ONLY = {"scannerdetection"}
LAST_PRIORITY = 2147483647


def check_requests_are_limited(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each policy limits an address, and ends with a rule that admits the others."""
    for each in plan.resources("google_compute_security_policy"):
        rules = {rule["priority"]: rule for rule in each.values["rule"]}
        limits = [rule for rule in rules.values() if rule["action"] == "throttle"]
        keys = [
            option["enforce_on_key"] for rule in limits for option in rule["rate_limit_options"]
        ]
        if keys != ["IP"] or any(rule["preview"] for rule in limits):
            yield f"{each.address}: does not limit the requests of one address"
        if rules.get(LAST_PRIORITY, {}).get("action") != "allow":
            yield f"{each.address}: refuses what no rule names"
        for options in each.values["advanced_options_config"]:
            if options["json_parsing"] != "STANDARD":
                yield f"{each.address}: reads a JSON body as one string"
    policies = plan.references("google_compute_backend_service", "security_policy")
    for address, references in policies.items():
        if plan.resources("google_compute_backend_service") and not references:
            yield f"{address}: has no firewall"


def check_limits(plan: Plan, _: Code) -> Iterator[str]:
    """Check what a limit counts, and what a client that is too fast is told."""
    for each in plan.resources("google_compute_security_policy"):
        for rule in (rule for rule in each.values["rule"] if rule["action"] == "throttle"):
            (option,) = rule["rate_limit_options"]
            (threshold,) = option["rate_limit_threshold"]
            limit = (threshold["count"], threshold["interval_sec"])
            if limit != (plan.variables["requests_per_minute"], 60):
                yield f"{each.address}: admits {limit[0]} requests in {limit[1]} seconds"
            if (option["conform_action"], option["exceed_action"]) != ("allow", "deny(429)"):
                yield f"{each.address}: a client does not learn that it is too fast"
            if [config["src_ip_ranges"] for config in _configs(rule)] != [["*"]]:
                yield f"{each.address}: limits some addresses only"


def check_bodies(plan: Plan, _: Code) -> Iterator[str]:
    """Check that no rule reads what people write, and that only named rules block."""
    enforced = set(plan.variables["enforced_rules"])
    for each in plan.resources("google_compute_security_policy"):
        for rule in each.values["rule"]:
            for name in RULE_SET.findall(str(rule["match"])):
                if each.key == "free_text" and name not in HEADERS_ONLY:
                    yield f"{each.address}: {name} reads what people write"
                if not rule["preview"] and f"{name}-v33-stable" not in enforced:
                    yield f"{each.address}: {name} blocks, and was not in preview before"


def check_words_pass(plan: Plan, code: Code) -> Iterator[str]:
    """Check that each function whose requests have words is behind the policy that reads no bodies."""
    policies = {
        each.values["id"]: each.key for each in plan.resources("google_compute_security_policy")
    }
    for each in plan.resources("google_compute_backend_service"):
        policy = policies.get(each.values["security_policy"])
        if each.key in code.writes and policy != "free_text":
            yield f"{each.key}: the firewall reads what people write"
        if each.key not in code.writes and policy != "identifiers":
            yield f"{each.key}: the firewall could read its requests, and does not"


def _configs(rule: Values) -> list[Values]:
    return [config for match in rule["match"] for config in match["config"]]
