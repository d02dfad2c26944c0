from tests.terraform.planting import ACCOUNTS, APIS, PAGE, mistake

MISTAKES = [
    mistake(
        "an account's name that is too short", "names_are_taken_by_google", "account_id 'build'",
        (ACCOUNTS, '"functions-build"', '"build"'),
    ),
    mistake(
        "a bucket's name with capitals", "names_are_taken_by_google", "Oprina-page",
        (PAGE, "${var.project}-oprina-page", "${var.project}-Oprina-page"),
    ),
    mistake(
        "an API that is misspelt", "apis_are_known_and_on",
        "there is no API cloudtask.googleapis.com",
        (APIS, "cloudtasks.googleapis.com", "cloudtask.googleapis.com"),
    ),
    mistake(
        "an API that is not turned on", "apis_are_known_and_on", "texttospeech is used",
        (APIS, '    "texttospeech.googleapis.com",\n', ""),
    ),
    mistake(
        "an API that Terraform itself asks", "apis_are_known_and_on",
        "cloudresourcemanager is used",
        (APIS, '    "cloudresourcemanager.googleapis.com",\n', ""),
    ),
    mistake(
        "APIs that go from others too", "apis_are_known_and_on", "goes from others in the project",
        (APIS, "disable_on_destroy = false", "disable_on_destroy = true"),
    ),
]  # fmt: skip
