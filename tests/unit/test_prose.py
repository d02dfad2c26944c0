"""The language rules of CONTRIBUTING.md, checked over everything that the repository says."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDERS = (
    "common/",
    "functions/",
    "infra/",
    "clients/",
    "terraform/",
    "bench/",
    "docs/",
    "examples/",
    "tests/",
)
"""Folders that are checked, besides every file of the root."""
SAYINGS = (
    "bench/replies.py",
    "bench/results/",
    "common/text/languages/",
    "infra/agent/assistant/instruction.py",
    "infra/agent/evals/",
    "infra/local/simulators/agent_engine/assistant/",
    "clients/python/tests/",
    "tests/",
)
"""Paths whose strings and texts are material, such as speech, stories and the words of a language."""


def phrases(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern of whole words, in small or capital letters."""
    return re.compile(rf"(?:\b|_)(?:{'|'.join(alternatives)})(?:\b|_)", re.IGNORECASE)


FIRST_WORDS = re.compile(
    r"\W*(?:(?:about|at|by|for|from|in|on|to|with) (?=wh))?"
    r"(?:what|where|who|whom|whether|of|which|none)\b",
    re.IGNORECASE,
)
"""The beginning of a noun clause. It has neither subject nor verb: the reader has to guess both."""
PEOPLE = phrases("nobody", "somebody", "whoever", "anybody")
"""People who stand for callers, machines and processes."""
METAPHORS = phrases(
    "couriers?",
    "deaf",
    "doors?",
    "ears?",
    r"floors?(?!\()",
    "h[au]ngs? up",
    "houses?",
    "mouse",
    "mouths?",
    "rivals?",
    "strangers?",
    "weather",
    "worlds?",
)
"""Images of a technical thing that has a name of its own."""
RIDDLES = phrases(
    "a query for nothing",
    "all that was",
    "among what",
    "an update of nothing",
    "and so it is",
    "as it should be",
    "broke off",
    "certainly does not",
    "did not come back",
    "has been noted",
    "no harm",
    "no such thing",
    "none says",
    "none the worse",
    "none where",
    "sentences to sound",
    "slot is taken",
    "stands there twice",
    "the line says",
    "will have been",
)
"""Phrases of sentences that readers had to decode."""

TEXT = re.compile(r"(?:^|/)Makefile$|\.(?:md|hcl|in|rules|sh|tf|tfvars|toml|ya?ml)$|^\.")
DESCRIPTION = re.compile(
    r'(?m)^\s*(?:description|error_message)\s*=\s*"(.*)"$|^[a-z-]+:.*?## (.*)$'
)


@dataclass(frozen=True)
class Passage:
    """One comment, docstring, string, name or paragraph."""

    path: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {' '.join(self.text.split())[:100]}"


def faults(passage: Passage) -> list[str]:
    """Return the names of the rules that the passage breaks. Code in backticks is no prose."""
    prose = " ".join(re.sub(r"`[^`]*`", "`", passage.text).split())
    rules = {"people": PEOPLE, "metaphor": METAPHORS, "riddle": RIDDLES}
    broken = [name for name, rule in rules.items() if rule.search(prose)]
    if passage.kind in {"docstring", "description"} and FIRST_WORDS.match(passage.text):
        broken.append("first word")
    return broken


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def files() -> list[str]:
    """Return the paths to check, relative to the root."""
    found = [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    paths = [path.relative_to(ROOT).as_posix() for path in found if path.is_file()]
    return sorted(
        path
        for path in paths
        if (path.endswith(".py") or TEXT.search(path))
        and path != "tests/unit/test_prose.py"
        and "/." not in path
    )


def passages(path: str, source: str) -> Iterator[Passage]:
    """Yield every passage of a file whose type is known."""
    if path.endswith(".py"):
        yield from comments(path, source)
        yield from strings(path, ast.parse(source))
    elif TEXT.search(path) and not path.startswith(SAYINGS):
        for found in re.finditer(r"(?:^.*\S.*\n?)+", source, re.MULTILINE):
            yield Passage(path, source.count("\n", 0, found.start()) + 1, "text", found[0])
        for found in DESCRIPTION.finditer(source):
            line = source.count("\n", 0, found.start()) + 1
            yield Passage(path, line, "description", found[1] or found[2])


def comments(path: str, source: str) -> Iterator[Passage]:
    """Yield the comments. Lines that follow each other are one comment."""
    if "#" not in source:
        return
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if block and token.start[0] != last + 1:
                yield Passage(path, first, "comment", "\n".join(block))
                block = []
            first, last = first if block else token.start[0], token.start[0]
            block.append(token.string.lstrip("#: "))
    if block:
        yield Passage(path, first, "comment", "\n".join(block))


def strings(path: str, tree: ast.AST) -> Iterator[Passage]:
    """Yield docstrings (of attributes, too), messages, and the names of tests."""
    nodes = list(ast.walk(tree))
    docstrings = {
        node.value for node in nodes if isinstance(node, ast.Expr) and is_text(node.value)
    }
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node in docstrings:
                yield Passage(path, node.lineno, "docstring", node.value)
            elif " " in node.value and not path.startswith(SAYINGS):
                yield Passage(path, node.lineno, "string", node.value)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Passage(path, node.lineno, "name", node.name)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


# ── checking ─────────────────────────────────────────────────────────────────────────────────────


def test_prose_follows_the_rules() -> None:
    found = [
        f"{rule}: {passage}"
        for path in files()
        for passage in passages(path, (ROOT / path).read_text(encoding="utf-8"))
        for rule in faults(passage)
    ]
    assert found == []


DECODED = (Path(__file__).parent / "decoded_sentences.txt").read_text(encoding="utf-8").splitlines()
"""Docstrings and messages of this repository up to November 2026."""


@pytest.mark.parametrize("sentence", DECODED)
def test_sentences_that_had_to_be_decoded_fail(sentence: str) -> None:
    [docstring] = strings("common/example.py", ast.parse(repr(sentence)))
    assert faults(docstring)


def test_plain_sentences_pass() -> None:
    plain = '"""Request interruption. The first reason wins. No-op once `floor` is finished."""'
    assert [faults(each) for each in passages("common/example.py", plain)] == [[]]


def test_comments_messages_names_and_descriptions_are_read() -> None:
    python = "# a comment\n# in two lines\ndef name():\n    raise ValueError('a message')\n"
    assert [(each.kind, each.line) for each in passages("common/example.py", python)] == [
        ("comment", 1),
        ("name", 3),
        ("string", 4),
    ]
    terraform = '  description = "Where it is."\n'
    assert [each.kind for each in passages("a.tf", terraform)] == ["text", "description"]
    assert [faults(each) for each in passages("Makefile", "run: a ## what runs\n")][1]
