from tests.terraform.planting import ALERTS, DASHBOARD, mistake

MISTAKES = [
    mistake(
        "an alert on no metric", "metrics_exist", "there is no metric cloudtasks.googleapis.com/depth",
        (ALERTS, "cloudtasks.googleapis.com/queue/depth", "cloudtasks.googleapis.com/depth"),
    ),
    mistake(
        "a chart of no metric", "metrics_exist", "the dashboard: there is no metric",
        (DASHBOARD, "user/oprina/start_time", "user/oprina/start_times"),
    ),
    mistake(
        "an alert on the functions of the first generation", "filters_find_something",
        "the metric is of cloud_run_revision",
        (ALERTS, 'name => "resource.type=\\"cloud_run_revision',
         'name => "resource.type=\\"cloud_function'),
    ),
    mistake(
        "an alert on a label that is misspelt", "filters_find_something",
        "there is no metric label response_class",
        (ALERTS, "metric.labels.response_code_class", "metric.labels.response_class"),
    ),
    mistake(
        "an alert on an answer that never is", "filters_find_something",
        "no response_code_class is ever 500",
        (ALERTS, 'response_code_class=\\"5xx', 'response_code_class=\\"500'),
    ),
    mistake(
        "an alert on another queue", "filters_find_something", "no queue_id is ever expiries",
        (ALERTS, "${google_cloud_tasks_queue.expiry.name}", "expiries"),
    ),
    mistake(
        "a chart by what is not there", "filters_find_something",
        "the dashboard: there is no resource label function_name",
        (DASHBOARD, "resource.label.service_name", "resource.label.function_name"),
    ),
]  # fmt: skip
