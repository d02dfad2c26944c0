from tests.terraform.planting import EXPIRY, VARIABLES, mistake

MISTAKES = [
    mistake(
        "a schedule that is none", "schedules_are_cron", "has no such minute: 61",
        (VARIABLES, 'default     = "* * * * *"', 'default     = "61 * * * *"'),
    ),
    mistake(
        "two targets in a job", "jobs_have_one_target", "2 targets, and a job has one",
        (EXPIRY, "  http_target {", '  pubsub_target {\n    topic_name = "t"\n  }\n\n  http_target {'),
    ),
    mistake(
        "a duration without its unit", "durations_are_seconds", "'60' is not seconds",
        (EXPIRY, 'max_backoff        = "60s"', 'max_backoff        = "60"'),
    ),
    mistake(
        "a sweep each quarter of an hour", "the_sweep_comes_often", "leaves what crashed for too long",
        (VARIABLES, 'default     = "* * * * *"', 'default     = "*/15 * * * *"'),
    ),
    mistake(
        "a sweep at somebody's local time", "the_sweep_comes_often", "Europe/Berlin is not the time",
        (EXPIRY, '"Etc/UTC"', '"Europe/Berlin"'),
    ),
    mistake(
        "a sweep that is paused", "the_sweep_comes_often", "never comes",
        (EXPIRY, "  time_zone        =", "  paused           = true\n  time_zone        ="),
    ),
    mistake(
        "a queue that brings a task once", "tasks_are_brought_again", "gives up soon",
        (EXPIRY, "max_attempts       = 20", "max_attempts       = 1"),
    ),
    mistake(
        "a queue that gives up in half a minute", "tasks_are_brought_again", "gives up soon",
        (EXPIRY, '"1800s"', '"30s"'),
    ),
    mistake(
        "a queue that waits the wrong way round", "tasks_are_brought_again",
        "longer at least than at most",
        (EXPIRY, '"2s"', '"120s"'),
    ),
    mistake(
        "a queue that brings one at a time", "tasks_are_brought_again",
        "fewer at once than in a second",
        (EXPIRY, "max_concurrent_dispatches = 100", "max_concurrent_dispatches = 1"),
    ),
]  # fmt: skip
