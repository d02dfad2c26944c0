"""Checks for mistakes that Google would refuse, or that are unsafe, and that Terraform does not
find.

A check takes a plan and the facts about the code. It yields one sentence for each problem.
"""

from collections.abc import Callable, Iterator

from tests.terraform.checks import (
    access,
    alerts,
    budget,
    callers,
    firewall,
    functions,
    identity,
    load_balancer,
    metrics,
    names,
    order,
    retention,
    scheduling,
    uptime,
)
from tests.terraform.facts import Code
from tests.terraform.plan import Plan

Check = Callable[[Plan, Code], Iterator[str]]

CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        access.check_roles_exist,
        access.check_roles_are_narrow,
        access.check_custom_roles,
        access.check_build_account,
        access.check_conditions_match_resources,
        access.check_accounts_are_separate,
        access.check_functions_hold_needed_roles_only,
        access.check_values_hold_no_secret,
        access.check_names_promise_no_secret,
        alerts.check_alerts_are_complete,
        alerts.check_alerts_reach_an_operator,
        alerts.check_alerts_match_their_names,
        alerts.check_objectives_are_watched,
        alerts.check_objectives_match_their_names,
        metrics.check_dashboard_is_complete,
        metrics.check_metrics_exist,
        metrics.check_metrics_are_of_their_kind,
        metrics.check_filters_match_metrics,
        metrics.check_requests_are_ours,
        callers.check_public_functions,
        callers.check_members_are_ours,
        callers.check_ingress,
        callers.check_sweep_callers,
        callers.check_budget_callers,
        callers.check_sweep_request,
        functions.check_all_functions_are_deployed,
        functions.check_settings_are_valid,
        functions.check_settings_name_resources,
        functions.check_settings_have_their_values,
        functions.check_settings_of_the_page,
        functions.check_time_limits,
        functions.check_sizes,
        functions.check_package_names,
        retention.check_documents_are_kept,
        retention.check_rules_refuse_clients,
        retention.check_ttl_fields,
        retention.check_images_are_kept,
        retention.check_buckets_keep_versions,
        names.check_name_patterns,
        names.check_apis_are_enabled,
        names.check_places,
        names.check_quota_project,
        order.check_apis_are_waited_for,
        order.check_roles_are_waited_for,
        load_balancer.check_https,
        load_balancer.check_paths,
        load_balancer.check_paths_lead_to_their_functions,
        load_balancer.check_front,
        load_balancer.check_redirects,
        load_balancer.check_backends,
        load_balancer.check_backends_reach_their_functions,
        load_balancer.check_page_is_cached_by_its_headers,
        firewall.check_requests_are_limited,
        firewall.check_limits,
        firewall.check_bodies,
        firewall.check_words_pass,
        identity.check_sign_in,
        budget.check_budget_warns_early,
        scheduling.check_schedules_are_cron,
        scheduling.check_sweep_runs_often,
        scheduling.check_tasks_are_retried,
        scheduling.check_jobs_have_one_target,
        scheduling.check_durations_are_seconds,
        uptime.check_health_is_called_from_outside,
    )
}
