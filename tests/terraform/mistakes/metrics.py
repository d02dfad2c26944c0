from tests.terraform.mistake import ALERTS, DASHBOARD, MONITORING, mistake

MISTAKES = [
    mistake(
        "dashboard without the live sessions", "check_dashboard_is_complete",
        "does not show live_sessions",
        (DASHBOARD, "user/oprina/live_sessions", "user/oprina/requests"),
    ),
    mistake(
        "dashboard without a ceiling", "check_dashboard_is_complete",
        "does not show ceiling_agent_tokens",
        (DASHBOARD, "user/oprina/ceiling_agent_tokens", "user/oprina/ceiling_most"),
    ),
    mistake(
        "dashboard without a burn rate", "check_dashboard_is_complete",
        "does not show the burn_rate of orphans",
        (DASHBOARD, "serviceLevelObjectives/orphans", "serviceLevelObjectives/orphan"),
    ),
    mistake(
        "dashboard of another project", "check_dashboard_is_complete",
        "does not show the burn_rate of starts",
        (MONITORING, "{ project = var.project }", '{ project = "oprina" }'),
    ),
    mistake(
        "alert on an unknown metric", "check_metrics_exist",
        "unknown metric cloudtasks.googleapis.com/depth",
        (ALERTS, "cloudtasks.googleapis.com/queue/depth", "cloudtasks.googleapis.com/depth"),
    ),
    mistake(
        "chart of an unknown metric", "check_metrics_exist", "the dashboard: unknown metric",
        (DASHBOARD, "user/oprina/start_time", "user/oprina/start_times"),
    ),
    mistake(
        "alert on functions of the first generation", "check_filters_match_metrics",
        "the metric belongs to cloud_run_revision",
        (ALERTS, 'name => "resource.type=\\"cloud_run_revision',
         'name => "resource.type=\\"cloud_function'),
    ),
    mistake(
        "alert on a misspelt label", "check_filters_match_metrics",
        "unknown metric label response_class",
        (ALERTS, "metric.labels.response_code_class", "metric.labels.response_class"),
    ),
    mistake(
        "alert on an impossible value", "check_filters_match_metrics",
        "response_code_class never has the value 500",
        (ALERTS, 'response_code_class=\\"5xx', 'response_code_class=\\"500'),
    ),
    mistake(
        "alert on another queue", "check_filters_match_metrics",
        "queue_id never has the value expiries",
        (ALERTS, "${google_cloud_tasks_queue.expiry.name}", "expiries"),
    ),
    mistake(
        "chart grouped by an unknown label", "check_filters_match_metrics",
        "the dashboard: unknown resource label function_name",
        (DASHBOARD, "resource.label.service_name", "resource.label.function_name"),
    ),
    mistake(
        "distribution of whole numbers", "check_metrics_are_of_their_kind",
        "is no DELTA DISTRIBUTION",
        (MONITORING, '"DISTRIBUTION"', '"INT64"'),
    ),
    mistake(
        "buckets that begin at a thousand", "check_metrics_are_of_their_kind", "buckets are from 1000",
        (MONITORING, "scale              = each.value.first", "scale              = 1000"),
    ),
    mistake(
        "chart with an unknown aligner", "check_metrics_are_of_their_kind", "ALIGN_COUNTS is unknown",
        (DASHBOARD, '"ALIGN_DELTA"', '"ALIGN_COUNTS"'),
    ),
    mistake(
        "alert on every service of the project", "check_requests_are_ours",
        "counts requests of other services",
        (ALERTS, " AND resource.labels.service_name=${local.own_services}", ""),
    ),
]  # fmt: skip
