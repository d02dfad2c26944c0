"""Each language is one file: it is found by its name, and loaded when it is first used."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common import text
from common.text import languages
from common.text.languages import WRITTEN_IN, find
from common.text.loading import sentences, speakable

FOLDER = Path(languages.__file__).parent
CODES = sorted(path.stem for path in FOLDER.glob("[a-z]*"))
NEW = """
introduces = "zz"
starters = "Ama"
own = "(?<=a)!  =>  ␣ay!"
phrases = "{}||||||pum"
full_stop = " |"
"""
USE = """
from common.text.loading import sentences, speakable

splitter = sentences("qx")
pieces = splitter.feed("Ko zz. Ali ta. Mo!") + splitter.end()
assert pieces == ["Ko zz. Ali ta.", "Mo!"], pieces
spoken = speakable("qx-QX")
assert spoken.say("www.ab.org") == "ab pum org"
assert spoken.say("Wa!") == "Wa ay!"
"""


@pytest.mark.parametrize("code", CODES)
def test_record_has_the_code_of_its_file(code: str) -> None:
    assert find(code).code == code


@pytest.mark.parametrize("language", [*CODES, "be", "yue", "xx", "x", "", "_european", "en-GB"])
def test_any_language_can_be_spoken(language: str) -> None:
    assert speakable(language).say("3")
    assert sentences(language).feed("So!\n") == ["So!"]


def test_languages_of_a_script_use_it() -> None:
    for script, codes in WRITTEN_IN.items():
        assert all(script in find(code).scripts.split() for code in codes.split())


def run(code: str, root: Path) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=60)


def test_new_language_is_one_new_file(tmp_path: Path) -> None:
    copy = tmp_path / "common" / "text"
    shutil.copytree(Path(text.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "common" / "__init__.py").touch()
    (copy / "languages" / "qx.py").write_text(NEW, encoding="utf-8")
    run(USE, tmp_path)
    (copy / "languages" / "qx.py").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        run(USE, tmp_path)


def test_language_is_loaded_when_it_is_first_used() -> None:
    code = """
import sys
from common.text.loading import sentences, speakable

def loaded(start):
    return {name for name in sys.modules if name.startswith("common.text.languages." + start)}

sentences("fr").feed("Bon. Oui")
assert len(loaded("fr")) == 1
assert not loaded("en") | loaded("de")
sentences("en").feed("Good. Yes")
assert loaded("en") == {"common.text.languages.en"}, loaded("en")
speakable("en")
assert "common.text.languages.en.rules" in loaded("en")
"""
    run(code, Path(text.__file__).parents[2])


def test_no_code_outside_a_language_compares_with_its_name() -> None:
    """A condition on a language belongs into its record."""
    for path in Path(text.__file__).parent.rglob("*.py"):
        if FOLDER not in path.parents:
            tree = ast.parse(path.read_text("utf-8"))
            compared = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
            values = {
                each.value
                for node in compared
                for each in ast.walk(node)
                if isinstance(each, ast.Constant)
            }
            assert not values & set(CODES), path
