from tests.terraform.mistake import ALERTS, OBJECTIVES, SMALL, mistake

MISTAKES = [
    mistake(
        "alert without a first step", "check_alerts_are_complete",
        "the text must say what to do first",
        (ALERTS, "First buy credits; then look", "Look"),
    ),
    mistake(
        "alerts without a channel", "check_alerts_are_complete",
        "alert_policy.threshold: has no notification channel",
        (ALERTS, "  notification_channels = local.channels\n", ""),
    ),
    mistake(
        "missing alert", "check_alerts_are_complete", "no alert for orphans",
        (ALERTS, "    orphans = {", "    orphans_old = {"),
    ),
    mistake(
        "alerts that are off", "check_alerts_are_complete", '["orphans"]: is off',
        (ALERTS, "!contains(var.muted_alerts, each.key)", "false"),
    ),
    mistake(
        "environment with a muted alert", "check_alerts_are_complete", '["failed_stops"]: is off',
        (SMALL, "function_defaults", 'muted_alerts = ["failed_stops"]\nfunction_defaults'),
    ),
    mistake(
        "alert without its section of the runbook", "check_alerts_are_complete",
        "has no link to the runbook",
        (ALERTS, """
    links {
      display_name = "Runbook"
      url          = local.runbook_sections.sweep
    }
""", ""),
    ),
    mistake(
        "objective that cannot be missed", "check_objectives_are_watched", "cannot be missed",
        (OBJECTIVES, "goal     = 0.99\n", "goal     = 1\n"),
    ),
    mistake(
        "objective that nothing watches", "check_objectives_are_watched", "no alert watches it",
        (OBJECTIVES, '{ "one hour" = "3600s", "five minutes" = "300s" }',
         '{ "five minutes" = "300s" }'),
    ),
    mistake(
        "burn alert on either window", "check_objectives_are_watched", "no alert watches it",
        (OBJECTIVES, '"AND"', '"OR"'),
    ),
    mistake(
        "alert on many credits", "check_alerts_match_their_names",
        'threshold["credits"]: fires on',
        (ALERTS, "      under    = var.alerts.credits_left",
         "      over     = var.alerts.credits_left"),
    ),
    mistake(
        "alert on one ceiling only", "check_alerts_match_their_names",
        'threshold["ceilings"]: fires on',
        (ALERTS, "local.logged.ceiling_most", "local.logged.ceiling_agent_tokens"),
    ),
    mistake(
        "alert on a ceiling that is hardly used", "check_alerts_match_their_names",
        'threshold["ceilings"]: fires on',
        (ALERTS, "      over     = var.alerts.ceiling_part",
         "      under    = var.alerts.ceiling_part"),
    ),
    mistake(
        "alert on a rate instead of a ratio", "check_alerts_match_their_names",
        'threshold["error_ratio"]: fires on',
        (ALERTS, "      denominator = local.requests\n", ""),
    ),
    mistake(
        "alert on the median", "check_alerts_match_their_names",
        'threshold["first_speech_lag"]: fires on',
        (ALERTS, '"REDUCE_PERCENTILE_95"', '"REDUCE_PERCENTILE_50"'),
    ),
    mistake(
        "alert that fires an hour late", "check_alerts_match_their_names",
        "fires only after 3600s",
        (ALERTS, 'duration = "600s"', 'duration = "3600s"'),
    ),
]  # fmt: skip
