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
]  # fmt: skip
