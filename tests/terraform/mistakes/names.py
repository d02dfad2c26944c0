from tests.terraform.mistake import ACCOUNTS, APIS, STORAGE, mistake

MISTAKES = [
    mistake(
        "account name that is too short", "check_name_patterns", "account_id 'build'",
        (ACCOUNTS, '"functions-build"', '"build"'),
    ),
    mistake(
        "bucket name with capitals", "check_name_patterns", "Oprina-packages",
        (STORAGE, "${var.project}-oprina-packages", "${var.project}-Oprina-packages"),
    ),
    mistake(
        "misspelt API", "check_apis_are_enabled",
        "unknown API cloudtask.googleapis.com",
        (APIS, "cloudtasks.googleapis.com", "cloudtask.googleapis.com"),
    ),
    mistake(
        "API of the code that is not enabled", "check_apis_are_enabled", "texttospeech is used",
        (APIS, '    "texttospeech.googleapis.com",\n', ""),
    ),
    mistake(
        "API of Terraform that is not enabled", "check_apis_are_enabled",
        "cloudresourcemanager is used",
        (APIS, '    "cloudresourcemanager.googleapis.com",\n', ""),
    ),
    mistake(
        "APIs that destroy disables", "check_apis_are_enabled", "disabled for other software",
        (APIS, "disable_on_destroy = false", "disable_on_destroy = true"),
    ),
]  # fmt: skip
