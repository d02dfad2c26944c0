"""What Google would refuse, or should not be given, and terraform does not see.

A check takes a plan and what the code says, and gives a sentence for each thing that is wrong.
"""

from collections.abc import Callable, Iterator

from tests.terraform.checks import (
    access,
    alerts,
    callers,
    functions,
    keeping,
    metrics,
    names,
    page,
    spending,
    timing,
    watching,
)
from tests.terraform.facts import Code
from tests.terraform.plan import Plan

Check = Callable[[Plan, Code], Iterator[str]]

CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        access.roles_are_known,
        access.roles_are_narrow,
        access.own_roles_hold_what_is_used,
        access.conditions_name_what_is_there,
        access.accounts_are_their_own,
        access.functions_may_do_what_they_do_and_no_more,
        access.no_value_is_a_secret,
        access.no_name_is_a_secrets,
        alerts.alerts_are_complete,
        alerts.alerts_ring_for_what_they_are_named_for,
        metrics.metrics_exist,
        metrics.filters_find_something,
        callers.only_what_browsers_call_is_public,
        callers.the_sweep_is_called_by_the_scheduler_and_the_tasks,
        callers.the_sweep_is_asked_as_it_wants_to_be,
        functions.every_function_is_deployed_and_no_other,
        functions.settings_are_those_of_the_code,
        functions.settings_name_what_is_there,
        functions.functions_outlast_their_work,
        functions.functions_serve_many,
        functions.packages_carry_their_hash,
        keeping.documents_are_kept,
        keeping.nobody_comes_at_the_documents,
        keeping.nothing_but_garbage_expires,
        keeping.images_are_kept_to_go_back_to,
        keeping.buckets_keep_what_was_replaced,
        names.names_are_taken_by_google,
        names.apis_are_known_and_on,
        page.the_page_is_guarded,
        page.the_page_runs_nobody_elses_scripts,
        page.the_page_can_do_its_work,
        page.the_page_comes_over_https,
        spending.a_budget_is_heard_of,
        timing.schedules_are_cron,
        timing.the_sweep_comes_often,
        timing.tasks_are_brought_again,
        timing.jobs_have_one_target,
        timing.durations_are_seconds,
        watching.health_is_asked_from_outside,
    )
}
