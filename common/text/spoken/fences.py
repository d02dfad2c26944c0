"""The lines that begin and end a code block."""

import re
from typing import Final

from common.text.spoken.rules import table

_OPENING: Final = re.compile(
    r"(?:>\s?|[-*+] )*(?:(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*|[^`]*(`{3,})([\w+#]*)[ \t]*)"
)
_LANGUAGES: Final = table(
    "py Python|python Python|python3 Python|js JavaScript|javascript JavaScript|jsx JavaScript"
    "|ts TypeScript|tsx TypeScript|typescript TypeScript|sh shell|bash shell|zsh shell|shell shell"
    "|console shell|powershell PowerShell|json JSON|yaml YAML|yml YAML|toml TOML|xml XML|html HTML"
    "|css CSS|scss CSS|sql SQL|c C|cpp C plus plus|c++ C plus plus|cs C sharp|csharp C sharp|c# C sharp"
    "|f# F sharp|java Java|kotlin Kotlin|go Go|golang Go|rust Rust|rs Rust|rb Ruby|ruby Ruby|php PHP"
    "|swift Swift|r R|scala Scala|lua Lua|perl Perl|tf Terraform|hcl Terraform|terraform Terraform"
    "|dockerfile Docker|graphql GraphQL|haskell Haskell|matlab Matlab|dart Dart|elixir Elixir"
)


def opening(line: str) -> tuple[str, str, int] | None:
    """Return the fence that a line opens, the programming language, and where the fence stands."""
    found = _OPENING.fullmatch(line) if "```" in line or "~~~" in line else None
    if not found:
        return None
    fence = 1 if found[1] else 3
    language = _LANGUAGES.get(found[fence + 1].lower().strip("{}."), "")
    return found[fence], language, found.start(fence)


def closes(line: str, fence: str) -> bool:
    """Return whether a line ends the block that `fence` opened.

    Where line breaks were lost, other text may stand before the fence, or after it and a space.
    """
    after = line.lstrip(fence[0])[:1] if line.startswith(fence) else "x"
    return not after.strip() or line.endswith(fence)
