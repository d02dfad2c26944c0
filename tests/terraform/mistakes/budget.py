from tests.terraform.mistake import BUDGET, mistake

MISTAKES = [
    mistake(
        "thresholds in percent", "check_budget_warns_early", "must be below 1, and 1",
        (BUDGET, "[0.5, 0.9, 1]", "[50, 90, 100]"),
    ),
    mistake(
        "warning only when all is spent", "check_budget_warns_early", "must be below 1, and 1",
        (BUDGET, "[0.5, 0.9, 1]", "[]"),
    ),
    mistake(
        "budget of all projects", "check_budget_warns_early", "costs of other projects",
        (BUDGET, '    projects        = ["projects/${data.google_project.this.number}"]\n', ""),
    ),
    mistake(
        "budget without its topic", "check_budget_callers", "publishes to no topic",
        (BUDGET, "    pubsub_topic                     = google_pubsub_topic.budget.id\n", ""),
    ),
    mistake(
        "subscription that expires", "check_budget_callers", "when the budget is silent",
        (BUDGET, """  expiration_policy {
    ttl = "" # never: a budget may be silent for months
  }
""", ""),
    ),
    mistake(
        "message that comes again at once", "check_budget_callers", "while the function works",
        (BUDGET, "ack_deadline_seconds       = 60", "ack_deadline_seconds       = 10"),
    ),
    mistake(
        "budget of a year", "check_budget_warns_early", "is not for a month",
        (BUDGET, '"MONTH"', '"YEAR"'),
    ),
    mistake(
        "budget that tells no administrator", "check_budget_warns_early",
        "does not tell the administrators",
        (BUDGET, "disable_default_iam_recipients   = false",
         "disable_default_iam_recipients   = true"),
    ),
    mistake(
        "budget that no variable sets", "check_budget_warns_early", "is {'amount': 500000",
        (BUDGET, "units         = tostring(var.budget.amount)", 'units         = "500000"'),
    ),
]  # fmt: skip
