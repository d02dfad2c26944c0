"""Rules that settings must keep together. Each raises ValueError, and names the settings."""

from collections.abc import Mapping, Sequence

from common.domain.errors import Invalid
from common.domain.quota import Amounts, Meter
from common.domain.voices import choose_voice, is_language

LONGEST_RECORDING = 60
"""The longest recording in seconds, as Google's `recognize` takes it."""

Needs = Mapping[Meter, tuple[str, int]]
"""The setting, or the kind of request, and the amount that it needs, by meter."""


def check_allowances(allowances: Amounts, needs: Needs) -> None:
    """Raise ValueError unless a user has enough for one session and one turn.

    A plan may have less of one meter: a plan without avatars has 1 second.
    """
    for meter, (setting, least) in needs.items():
        if allowances[meter] < least:
            what = "avatar" if meter == "avatar_seconds" else "turn"
            msg = f"{setting} is above OPRINA_ALLOWANCE_{meter.upper()}: no {what} could start"
            raise ValueError(msg)


def check_ceilings(ceilings: Amounts, shards: int, needs: Needs) -> None:
    """Raise ValueError unless each shard has room for what one request may reserve."""
    for meter, (what, least) in needs.items():
        if ceilings[meter] // shards < least:
            msg = f"OPRINA_CEILING_{meter.upper()}, divided by the shards, is below one {what}"
            raise ValueError(msg)


def check_languages(language: str, others: Sequence[str]) -> None:
    """Raise ValueError for a language that Google does not speak."""
    for name, languages in (("LANGUAGE", [language]), ("OTHER_LANGUAGES", others)):
        if not all(map(is_language, languages)):
            msg = f"OPRINA_{name} is not a language that Google speaks, such as en-US"
            raise ValueError(msg)


def check_voice(voice: str, language: str, offered: Sequence[str]) -> None:
    """Raise ValueError unless the default voice is one of the default language."""
    try:
        choose_voice(voice, language, (voice, language), offered)
    except Invalid:
        msg = "OPRINA_VOICE is no voice of OPRINA_LANGUAGE: en-US-Neural2-F is one of en-US"
        raise ValueError(msg) from None
