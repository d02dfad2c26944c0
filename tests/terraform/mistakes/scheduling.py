from tests.terraform.mistake import EXPIRY, VARIABLES, mistake

MISTAKES = [
    mistake(
        "invalid schedule", "check_schedules_are_cron", "has an invalid minute: 61",
        (VARIABLES, 'default     = "* * * * *"', 'default     = "61 * * * *"'),
    ),
    mistake(
        "job with two targets", "check_jobs_have_one_target", "has 2 targets instead of one",
        (EXPIRY, "  http_target {", '  pubsub_target {\n    topic_name = "t"\n  }\n\n  http_target {'),
    ),
    mistake(
        "duration without a unit", "check_durations_are_seconds", "'60' is not a duration",
        (EXPIRY, 'max_backoff        = "60s"', 'max_backoff        = "60"'),
    ),
    mistake(
        "sweep every 15 minutes", "check_sweep_runs_often", "runs too seldom",
        (VARIABLES, 'default     = "* * * * *"', 'default     = "*/15 * * * *"'),
    ),
    mistake(
        "sweep in a local time zone", "check_sweep_runs_often", "Europe/Berlin is not UTC",
        (EXPIRY, '"Etc/UTC"', '"Europe/Berlin"'),
    ),
    mistake(
        "paused sweep", "check_sweep_runs_often", "is paused",
        (EXPIRY, "  time_zone        =", "  paused           = true\n  time_zone        ="),
    ),
    mistake(
        "queue without retries", "check_tasks_are_retried", "gives up too early",
        (EXPIRY, "max_attempts       = 20", "max_attempts       = 1"),
    ),
    mistake(
        "queue that gives up after 30 seconds", "check_tasks_are_retried", "gives up too early",
        (EXPIRY, '"1800s"', '"30s"'),
    ),
    mistake(
        "queue with swapped backoffs", "check_tasks_are_retried",
        "min_backoff is longer than max_backoff",
        (EXPIRY, '"2s"', '"120s"'),
    ),
    mistake(
        "queue that sends one task at a time", "check_tasks_are_retried",
        "fewer tasks at a time than per second",
        (EXPIRY, "max_concurrent_dispatches = 100", "max_concurrent_dispatches = 1"),
    ),
]  # fmt: skip
