"""Remove from a reply what is not for people, while it is being written.

Models write reasoning between tags, tool calls as text, control marks of their templates, and marks
that cite a source. A person must neither see nor hear them. Code is left as it is.
"""

import json
import re
from functools import lru_cache, partial
from typing import Final

_REACH: Final = 80  # characters in which a mark ends: longer text after "<" or "[" is prose
_KEPT: Final = 32  # characters of the output that tell where a mark stands
_LONGEST_CALL: Final = 2_000  # characters of a tool call in JSON: a longer object is shown
_NAMES: Final = (  # of tags whose content is hidden
    r"(?:\w+:)?(?:(?:ant)?think(?:ing)?(?:[_-]process)?|reflection|rationale|analysis|scratch[_-]?pad|cot|invoke"
    r"|(?:[\w-]+[_-]|inner|internal|chainof)?(?:monologue|thoughts?(?:[_-]process)?|reasoning(?:[_-]content)?)"
    r"|(?:tool|function)(?:s|_?(?:calls?|code|uses?|outputs?|results?|responses?))"
    r"|(?:execute_?|use_mcp_)tool|search_results?)"
)
_TAG: Final = rf"<({_NAMES})(?:\s+[\w:.-]+\s?=[^<>]*)?(?<!/)>(?! (?:tag|element|token|mark)s?\b)"
_HIDDEN: Final = (
    (_TAG, r"(<{0}>(?=[a-z\n]))|</\s?{0}\s*>"),  # the group begins a passage inside
    (r"<(function)(?:=|\sname=)[^<>]*>", "</{}>"),
    (r"(?:\[|◁\s?)(think|tool_results)\s?[\]▷]", r"[\[◁]\s?/\s?{}\s?[\]▷]"),
    (r"<start_(function_\w+)>", "<end_{}>"),
    (rf"(?:<\s|&lt;\s?)({_NAMES})\s?(?:>|&gt;)", r"(?:<|&lt;)\s?/\s?{}\s?(?:>|&gt;)"),
    (r"\[tool_calls\]", "(?=\n)"),
    (r"\[(?=[\w.]*[_.])[a-z][\w.]*\(\w+\s?=|\[[a-z]\w*\(\w+\s?=\s?[\"']", r"\)\]|(?=\n)"),
    (r"```(?:tool_\w+|think(?:ing)?|thoughts?|reasoning)[ \t]*\n", "\n```(?!`)"),
    # Control marks of the templates of gpt-oss, Gemma, Kimi and DeepSeek, Llama, Qwen.
    (r"<\|channel\|>(?:analysis|comm)", r"<\|channel\|>final|<\|return\|>"),
    (r"<(?:unused|ctrl)94>|<\|python_tag\|>", r"<(?:unused|ctrl)95>|<\|eo[mt]_id\|>"),
    (r"<<(SYS)>>", "<</{}>>"),
    (r"<\|(?:begin_of_)?(channel(?!\|)|thought|thinking)\|?>", r"<[|/\w]*{}\|>"),
    (r"<\|(tool_\w+?)(?:_start|_begin)?\|?>", r"<[|/\w]*{}(?:_end)?\|>"),
    (r"<[|｜](tool[^<>|｜\n]*?[_▁])begin[|｜]>", "<[|｜]{}end[|｜]>"),
    (r"<\|start_header_id\|>", r"<\|end_header_id\|>\s*"),
    (r"<\|im_start\|>|<start_of_turn>", "\n"),
    (r"<\|start\|>|<\|(?:call|end)\|>(?=[a-z]+<\|)", r"(?=<\|)"),
)
"""The beginning and the end of each hidden passage; `{}` is its name. Without an end all is hidden."""
_DROPPED: Final = (
    rf"</\s?{_NAMES}\s*(?:>|\Z)|<{_NAMES}\s*(?:/>|\Z)|<\|channel\|>final",  # without their other half
    r"[\[◁]\s?/\s?think\s?(?:[\]▷]|\Z)",
    r"<[|｜][^<>|｜\n]+[|｜]>|<(?:\w+\||\|\w+)>",  # control marks: <|im_end|>
    r"</?s>|<(?:bos|eos|pad|unk|end_of_turn|(?:unused|ctrl)\d+)>|\[/?INST\]",
    # Citations are last: they are no links and no formulas.
    r"\ue200[^\ue200\ue201\n]*\ue201|:contentReference\[[^\[\]\n]*\]\{[^{}\n]*\}",  # of ChatGPT
    r"【(?:[^【】\n]*†[^【】\n]*|\d+)】|\[[^\[\]\n]*†[^\[\]\n]*\]",  # 【4†source】
    r"\[cit(?:e|ation)[^\[\]\n]*\]|\{\{cite[^{}\n]*\}\}|\[\[\d{1,3}\]\](?!\()",
    r"\[(?:web|post|news|turn|sources?|src|refs?|docs?|note)[\s:_-]{0,2}\d[\d,\s:_-]{0,40}\](?!\()",
    (  # [1], [2–4]
        r"[\[［]\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,10}[\]］](?:[–-](?=\[\d{1,3}\]))?"
        r"(?![(\]]|\[[^\d^]|\s?[=+*/])"
    ),
)
_REMOVED: Final = (  # the beginning fails fast
    r"(?=<<?[^<>]*(?:>|\Z)|&l|◁|\[/|\[\[?[^\[\]]*\]|\[[\w.]+\(\w|［|【[^【】]*】|\ue200|`|:c|\{\{)(?:"
    f"{'|'.join([*(opener for opener, _ in _HIDDEN), *_DROPPED])})"
)
_VALUE: Final = (  # after these, "[1]" is a value or an index
    r"(?:[=:(∈≈→\[]|\],\s|\]\s(?:and|or|to)|\\sqrt"
    r"|\b(?:[a-z]\sin|returns?|prints?|is|are|was|were|be|equals|between|press"
    r"|ist|sind|zwischen|es|son|entre|est|sont|è|sono|é|são|zijn"
    r"|arr|nums|lst|vec|dp|args?|argv|row|col|grid|dict"
    r"|(?-i:Step|Item|Option|Question|Row|Column|Line|Figure|Table|Section|Chapter|Page|Type|Enter)"
    r"|(?:(?:to|in|see|of|from|for|at|and|or)\s|[.;:,(]\s?|^)(?:step|item|option|question)))[^\S\n]*$"
    r"|(?:\]|\w\([\w.]+|_\w+"
    r"|(?<![\w°'’])(?<!\d\s)(?<!(?:amin|type|plan|itis|roup|rade|lass|tion)\s)[A-Z])$"
)
_LIST: Final = (  # and after these, "[1, 5]" is a list
    r"(?:,|配列|集合|数组|列表|向量|区间|\b(?:list|array|interval|range|vector|tuple|set"
    r"|from|of|to|into|with|like|as|on|over|at|for|than|sort|reverse|add|merge|append|use|given|take|try"
    r"|input|output|has|have|contains?|gives?|yields?|becomes?|von|aus|de|di|da|van|uit|tra|fra))\s*$"
)
_MARK: Final = re.compile(  # what most letters fail is first, to make the search fast
    r"[<\[［【◁\ue200`{:&fFtT](?:(?=[uUoO]|\Z)(?:(?<![A-Za-z].)(?<=[fF])(?![oO])|(?<![^\n].)(?<=[tT])(?=[oO]{0,2}\Z|[oO]{2}))"
    r"|(?<![fFtT])(?:(?<=`)|(?<=[【◁\ue200])(?=[^【】◁▷\ue200\n]|\Z)"
    r"|(?<=<)(?!/?(?:[a-rt-z]\w?|div)>)(?=[A-Za-z/|｜]|<[sS]|<?\Z|(?<![^\n].) ?(?:[a-z]|\Z))"
    r"|(?<=[\[［])(?=[\w/\s{]|\[?\Z|\[[^\[])|(?<=&)(?<![^\n].)(?=lt;|l?t?\Z)"
    r"|(?<=\{)(?=\{(?:[cC]|\Z)|\s*(?:\"|\Z))|(?<=:)(?=con|c?o?\Z)))"
)
_CALLED: Final = r"(?:function|tool)[\s_]?calls?\s{0,3}[:=]\s{0,3}"
_UNFINISHED: Final = (  # more text may make this a mark
    rf"<<?(?![\s=\d-])[^<>\n]*>?|<{_NAMES}[^<>\n]*>\s?[a-z]{{0,8}}|< [a-z_ ]{{0,24}}"  # a tag
    r"|&l?t?;?[^\n]{0,24}|<\|(?:channel|call|end)\|>[a-z]{0,9}<?|`+|```\w*\s?"
    r"|【[^【】\n]*|◁[^◁▷\n]*|\ue200[^\ue200\ue201\n]*|\{\{[^{}\n]*\}?|\[\[\d*\]{0,2}"  # a citation
    r"|[\[［][^\[\]［］\n]*|[\[［][\d\s,;–-]*[\]］](?:[\s[]|[–-]\[?\d{0,3})?"
    r"|:c?[a-z]*(?:\[[^\[\]\n]*(?:\](?:\{[^{}\n]*)?)?)?"
    rf'|(?:{_CALLED})?\[?\s*(?:\{{\s*(?:"\w*(?:"\s*:?\s*(?:"\w*)?)?)?)?'  # a tool call
    r"|fu?|fun|func|funct|functio?|functions(?:\.[\w:]*\s?)?"
    r"|t|too?|(?:function|tool)[\s_]?(?:c|ca|cal|calls?\s{0,3})?"
)
_CALL: Final = (
    rf'functions\.\w+(?::\d+)?\s?(?=\{{)|(?:{_CALLED})?\[?\s*\{{\s*"(?:(?:name|function|tool|tool_name|arguments|parameters|action'
    r'|recipient_name|(?:tool|function)_(?:calls?|uses?))"[ \t]*:[ \t]*[\["{]'
    r'|type"[ \t]*:[ \t]*"(?:function|tool_use|tool_call)")'
)
_ARGUMENTS: Final = r'"(?:tool_|action_)?(?:arguments|parameters|args|input)"\s*:'
_OBJECT: Final = r'"(?:arguments|parameters)"\s*:\s*[{"]'  # in the middle of a line
_IN_PROSE: Final = r"\b(?:is|are|be|like|as|expects?|returns?|sends?|body|object|json|format)\W*$"
_CLOSING: Final = ".,;:!?…)]}»”。，、；：！？）」』"
_compiled = lru_cache(maxsize=128)(partial(re.compile, flags=re.IGNORECASE))


class VisibleText:
    """A stream of text in, the text that people may see out.

    Text that may become a mark is held back until that is decided, or until the end. Spaces before
    a mark are removed with it, and so spaces at the end of the text are held back, too. Then the
    output does not depend on how the text is cut. Without `holds_spaces` they are shown at once.
    """

    def __init__(self, *, holds_spaces: bool = True) -> None:
        self._holds_spaces = holds_spaces
        self.held = ""  # text that is not shown yet
        self._before = ""  # the last characters of the output
        self._gap: str | None = None  # the spaces before something that was removed at last
        self._until = self._code = ""  # the pattern that ends a hidden passage, or code
        self._depth = 0  # hidden passages inside the hidden one
        self._busy = False  # whether any of these is set, or more than spaces are held

    def feed(self, delta: str) -> str:
        """Add text. Return what can be shown now."""
        text = self.held + delta
        if self._busy or _MARK.search(text):
            return self._read(text, final=False)
        shown = _without(text, " ") if text[-1:] == " " and self._holds_spaces else text
        self.held = text[len(shown) :]
        self._before = shown if len(shown) >= _KEPT else self._before[-_KEPT:] + shown
        return shown

    def end(self) -> str:
        """Return what was held back. No text may follow."""
        return self._read(self.held, final=True) if self._busy or self.held else ""

    def _read(self, text: str, *, final: bool) -> str:
        shown: list[str] = []
        at, more = 0, True
        while more:  # a reader returns where it stopped, what is shown, and whether to go on
            read = self._hidden if self._until else self._in_code if self._code else self._plain
            at, part, more = read(text, at, final=final)
            shown.append(self._joined(part) if part else "")
        self.held = text[at:]
        self._busy = bool(self._until or self._code or self._gap is not None or self.held.strip())
        return "".join(shown)

    def _joined(self, part: str) -> str:
        """Put the spaces back that stood before a passage, where they are needed."""
        if self._gap is not None:
            closed = part[0].isspace() or part[0] in _CLOSING
            after_space = not self._before or self._before[-1] == " "
            part = part.lstrip() if after_space else part if closed else self._gap + part
            self._gap = None if part or self._before else ""
        self._before = (self._before + part)[-_KEPT:]
        return part

    def _hidden(self, text: str, at: int, *, final: bool) -> tuple[int, str, bool]:
        for mark in _compiled(self._until).finditer(text, at):
            at = mark.end()
            self._depth += 1 if mark.lastindex else -1
            if self._depth < 0:
                self._until, self._depth = "", 0
                return at, "", True
        return len(text) if final else max(at, len(text) - _REACH), "", False

    def _in_code(self, text: str, at: int, *, final: bool) -> tuple[int, str, bool]:
        end = _compiled(self._code).search(text, at)
        if end and (final or end.end() < len(text) or end[0] == "\n"):
            self._code = ""
            return end.end(), text[at : end.end()], True
        part = text[at:] if final else _without(text[at:], "`")
        return at + len(part), part, False

    def _plain(self, text: str, at: int, *, final: bool) -> tuple[int, str, bool]:
        start = at
        while mark := _MARK.search(text, start):
            start = mark.start()
            before = text[max(at, start - _KEPT) : start]
            if self._gap is not None and self._before[-1:] in {"", " "} and start - at < _KEPT:
                before = before.lstrip()
            before = (self._before + before)[-_KEPT:]
            end = self._removable(text, start, before, final=final)
            if end != start:
                if prose := _without(text[at:start], " "):
                    self._until = ""  # the mark is read again, after this prose
                    return at + len(prose), prose, end is not None
                if end is None:
                    return at, "", False
                self._gap = text[at:start] if self._gap is None else self._gap
                return end, "", True
            if text[start] == "`":  # code begins
                ticks = len(text) - start - len(text[start:].lstrip("`"))
                fenced = ticks >= len("```")
                self._code = f"`{{{ticks},}}" if fenced else rf"(?<!`)`{{{ticks}}}(?!`)|\n"
                return start + ticks, text[at : start + ticks], True
            start += 1
        prose = text[at:] if final or not self._holds_spaces else _without(text[at:], " ")
        return at + len(prose), prose, False

    def _removable(self, text: str, at: int, before: str, *, final: bool) -> int | None:
        """Return where the mark at `at` ends that is removed; `at` for prose; None if undecided."""
        sign, first_in_line = text[at], before[-1:] in {"", "\n"}
        if sign.isalpha() and (before[-1:].isalpha() or not (first_in_line or sign in "fF")):
            return at
        if not final and len(text) - at < _REACH and _compiled(_UNFINISHED).fullmatch(text, at):
            return None
        removed = _compiled(_REMOVED).match(text, at)
        for opener, closer in _HIDDEN if removed and not removed[0][1:2].isdigit() else ():
            if hidden := _compiled(opener).match(text, at):
                self._until = closer.format(*map(re.escape, hidden.groups()))
                return hidden.end()
        if removed:
            end = removed.end()
            return at if _is_value(before, removed[0], text[end : end + 2]) else end
        called = _compiled(_CALL).match(text, at)
        if not called or (not first_in_line and _compiled(_IN_PROSE).search(before)):
            return at
        keys = _ARGUMENTS if first_in_line or sign.isalpha() else _OBJECT
        keys = "" if text.startswith("functions.", at) else keys
        return _end_of_call(text, at, keys, final=final)


def visible(text: str) -> str:
    """Return the part of a whole text that people may see."""
    stream = VisibleText()
    return stream.feed(text) + stream.end()


@lru_cache(maxsize=256)  # a text that cites much does so behind the same words
def _is_value(before: str, figures: str, after: str) -> bool:
    """Return whether figures in brackets are an index or a list of values, and no citation."""
    numbers = [*map(int, re.findall(r"\d+", figures))]
    item = before[-1:] == "," or (before[-2:] == ": " and after[:1] == " " and after[1:].isupper())
    cites = "†" in figures or (len(numbers) == 1 and item)
    if cites or not figures[1].isdigit() or figures[-1] in ">】":
        return False
    first_in_line = before[-1:] in {"", "\n"}
    value = _compiled(_VALUE).search(before, max(0, len(before) - 18))
    known = value or 0 in numbers or (first_in_line and after[:1] == ":")
    if known or len(numbers) == 1:
        return bool(known)
    disordered = len(numbers) > 2 and numbers != sorted({*numbers})  # noqa: PLR2004 - "[4, 2]" cites
    begins = first_in_line or re.search(r"(?:[\n!?]|[^\W\d_]{3}\.)\s*$", before)
    follows = re.match(r"\s[a-z]", after) if begins else _compiled(_LIST).search(before)
    alone = first_in_line and after[:1] in {"", "\n"}
    return bool(disordered or follows or alone)


def _end_of_call(text: str, at: int, keys: str, *, final: bool) -> int | None:
    """Return where a tool call in JSON ends. An unfinished one is removed at the end."""
    start = min(place for place in (text.find("{", at), text.find("[", at)) if place >= 0)
    call = text[start : start + _LONGEST_CALL]
    undecided = not final and len(call) < _LONGEST_CALL
    if undecided and "}" not in call:
        return None
    try:
        _, length = json.JSONDecoder().raw_decode(call)
    except (ValueError, RecursionError) as error:
        if undecided and (str(error).startswith("Unterm") or f"char {len(call)}" in str(error)):
            return None
        return len(text) if final and _compiled(keys).search(call) else at
    return start + length if _compiled(keys).search(call, 0, length) else at


def _without(text: str, sign: str) -> str:
    """Return the text without the signs at its end, unless these are many."""
    start = text.rstrip(sign)
    return start if len(text) - len(start) < _REACH else text
