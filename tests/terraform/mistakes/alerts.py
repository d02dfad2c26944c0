from tests.terraform.mistake import ALERTS, OBJECTIVES, SMALL, mistake

MISTAKES = [
    mistake(
        "alert without a first step", "check_alerts_are_complete",
        "the text must say what to do first",
        (ALERTS, "First buy credits; then look", "Look"),
    ),
    mistake(
        "alerts without a channel", "check_alerts_reach_an_operator",
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
        "alert without its section of the runbook", "check_alerts_reach_an_operator",
        "policy.sweep: has no link to its section",
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
    mistake(
        "link to the beginning of the runbook", "check_alerts_reach_an_operator",
        '["orphans"]: has no link to its section',
        (ALERTS, "= local.runbook_sections[each.key]", "= var.runbook"),
    ),
    mistake(
        "link to another alert's section", "check_alerts_reach_an_operator",
        'burn["starts"]: has no link to its section',
        (OBJECTIVES, 'local.runbook_sections["burn_${each.key}"]', "local.runbook_sections.sweep"),
    ),
    mistake(
        "burn alert without a channel", "check_alerts_reach_an_operator",
        "alert_policy.burn: has no notification channel",
        (OBJECTIVES, "  notification_channels = local.channels\n", ""),
    ),
    mistake(
        "sweep's alert that needs both conditions", "check_alerts_match_their_names",
        "does not fire both without data and at zero",
        (ALERTS, """  enabled               = !contains(var.muted_alerts, "sweep")
  combiner              = "OR\"""", """  enabled               = !contains(var.muted_alerts, "sweep")
  combiner              = "AND\""""),
    ),
    mistake(
        "sweep's alert on missing starts", "check_alerts_match_their_names",
        "the sweep's alert watches logging.googleapis.com/user/oprina/starts",
        (ALERTS, "filter   = local.logged.sweeps\n      duration",
         "filter   = local.logged.starts\n      duration"),
    ),
    mistake(
        "half a minute", "check_alerts_match_their_names", "Google takes whole minutes only",
        (ALERTS, "${each.value.seconds}s", "30s"),
    ),
    mistake(
        "slow speech that counts as good", "check_objectives_match_their_names", "at_most=20",
        (OBJECTIVES, "at_most  = 2\n", "at_most  = 20\n"),
    ),
    mistake(
        "failures that count as good", "check_objectives_match_their_names",
        "good='/failed_starts'",
        (OBJECTIVES, """good     = local.logged.starts
      bad      = local.logged.failed_starts""", """good     = local.logged.failed_starts
      bad      = local.logged.starts"""),
    ),
    mistake(
        "objective of a day", "check_objectives_are_watched", "is not over 28 days",
        (OBJECTIVES, "rolling_period_days = 28", "rolling_period_days = 1"),
    ),
    mistake(
        "burn rate that no failure reaches", "check_objectives_are_watched", "at another rate",
        (OBJECTIVES, "burn_rate = 14.4", "burn_rate = 1440"),
    ),
    mistake(
        "burn alerts of one objective", "check_objectives_are_watched",
        'this["orphans"]: no alert watches it',
        (OBJECTIVES, "google_monitoring_slo.this[each.key].id",
         'google_monitoring_slo.this["starts"].id'),
    ),
    mistake(
        "ratio of other requests", "check_alerts_match_their_names",
        "compares with requests that are not the same ones",
        (ALERTS, "denominator = local.requests", "denominator = local.logged.requests"),
    ),
]  # fmt: skip
