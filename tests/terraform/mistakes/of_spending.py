from tests.terraform.planting import BUDGET, mistake

MISTAKES = [
    mistake(
        "a budget in percent", "a_budget_is_heard_of", "is not heard of before it is spent",
        (BUDGET, "[0.5, 0.9, 1]", "[50, 90, 100]"),
    ),
    mistake(
        "a budget that is heard of when it is gone", "a_budget_is_heard_of", "is not heard of before",
        (BUDGET, "[0.5, 0.9, 1]", "[]"),
    ),
    mistake(
        "a budget of every project", "a_budget_is_heard_of", "is not of this project alone",
        (BUDGET, '    projects        = ["projects/${data.google_project.this.number}"]\n', ""),
    ),
]  # fmt: skip
