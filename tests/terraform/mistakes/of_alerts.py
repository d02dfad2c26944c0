from tests.terraform.planting import ALERTS, mistake

MISTAKES = [
    mistake(
        "an alert that does not say what to do", "alerts_are_complete",
        "does not say what to do first",
        (ALERTS, "First buy credits; then see", "See"),
    ),
    mistake(
        "alerts that nobody hears", "alerts_are_complete", "alert_policy.bound: nobody hears of it",
        (ALERTS, "  notification_channels = local.channels\n", ""),
    ),
    mistake(
        "an alert that is gone", "alerts_are_complete", "nobody is called for orphans",
        (ALERTS, "    orphans = {", "    orphans_old = {"),
    ),
    mistake(
        "an alert that is turned off", "alerts_are_complete", "is turned off",
        (ALERTS, '  combiner              = "OR"\n',
         '  combiner              = "OR"\n  enabled               = false\n'),
    ),
    mistake(
        "an alert on many credits", "alerts_ring_for_what_they_are_named_for",
        'bound["credits"]: rings for',
        (ALERTS, "      under    = var.alerts.credits_left",
         "      over     = var.alerts.credits_left"),
    ),
    mistake(
        "an alert on a rate and not on a share", "alerts_ring_for_what_they_are_named_for",
        'bound["error_ratio"]: rings for',
        (ALERTS, "      of       = local.requests\n", ""),
    ),
    mistake(
        "an alert on the middle and not on the slowest", "alerts_ring_for_what_they_are_named_for",
        'bound["first_speech_lag"]: rings for',
        (ALERTS, '"REDUCE_PERCENTILE_95"', '"REDUCE_PERCENTILE_50"'),
    ),
    mistake(
        "an alert an hour too late", "alerts_ring_for_what_they_are_named_for",
        "not heard of before 3600s",
        (ALERTS, 'duration = "600s"', 'duration = "3600s"'),
    ),
]  # fmt: skip
