"""A person's own signs stay, and hidden passages go, wherever the tokens are cut."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable
from common.text.visible import VisibleText, visible

STAYS = [  # the text, the words that are heard
    ("So if a<b and c>d then stop.", "a is less than b and c is greater than d then"),
    ("If i<n and n>5, loop.", "i is less than n and n is greater than five"),
    ("Is it a<b? Yes.", "a is less than b"),
    ("It holds if x<y>z.", "x is less than y is greater than z"),
    ("Note i<j, j<k and k>0.", "i is less than j, j is less than k and k is greater than zero"),
    ("Use `a<b and c>d` here.", "a is less than b and c is greater than d here"),
    ("If (i<len and len>m) go.", "(i is less than len and len greater than m)"),
    ("A vector<int> is no List<String>.", "A vector int is no List String"),
    ("A Promise<void> waits.", "A Promise void waits"),
    ("Use `Map<String, List<Integer>>` here.", "Use Map String, List Integer here"),
    ("The <div> tag holds a <b> tag.", "The div tag holds a b tag"),
    ("Its 3 <think about it> 5 steps. Go on.", "think about it five steps. Go on"),
    ("Well, <thinking out loud> is fine. Yes.", "thinking out loud is fine. Yes"),
    ("The <think> tag opens a thought. Yes.", "The think tag opens a thought. Yes"),
    ("The vector is [1, 0, 2], so go.", "is one, zero, two, so go"),
    ("Pick from [1, 2, 3].", "from one, two, three"),
    ("It lies between [1, 5] here.", "between one, five here"),
    ("Merge [1, 3] and [2, 4] now.", "one, three and two, four now"),
    ("Sort [3, 1, 2] first.", "Sort three, one, two first"),
    ("[1, 2, 3] is a list.", "one, two, three is a list"),
    ("The norm of [3, 4] is 5.", "of three, four is five"),
    ("Die Zahlen sind [1, 2, 3].", "Zahlen sind one, two, three"),
    ("arr[0] is first, a[1] second.", "arr zero is first, a one second"),
    ("Set y = nums[i] + nums[2] now.", "nums two now"),
    ("A cell is x[2][3] here.", "x two three here"),
    ("See print(nums[1]) there.", "(nums one) there"),
    ("Then my_list[4] is last.", "list four is last"),
    ("Step [1] is done; item [2] isn't.", "Step one is done; item two isn't"),
    ("Press [1] or [2] to go.", "Press one or two to go"),
    ('The body is {"name": "a", "arguments": {"b": 1}} here.', "arguments"),
    ('Ann is {"name": "Ann", "age": 5} there.', "there"),
    ('Then {"name": "Ann", "input": 3} is hers.', "is hers"),
    ("Thought: I like it. So go.", "Thought: I like it. So go."),
    ("Thought: I like it.\nThen go.", "like it. Then go."),
    ("Action: run.\nThen rest.", "Action: run. Then rest."),
    ("[thinking] Hmm, yes. So it is.\nGo on.", "Hmm, yes. So it is. Go on."),
    ("{thinking} is a name.", "is a name."),
    ("print(math.sqrt(4))\nis two.", "is two."),
    ("&lt;name&gt; is it.", "name is it."),
    ("< x is small.", "x is small."),
    ("Its cell is row[2] here.", "row two here"),
    ("Sum the array [1, 5] here.", "array one, five here"),
    ("Take (source 2) there.", "(source two) there"),
]
GOES = [  # the text, what is seen
    ("Salt melts it.[1] So does sun [2, 3].", "Salt melts it. So does sun."),
    ("At 0 °C[1] and 5 m[2] it is so.", "At 0 °C and 5 m it is so."),
    ("Points: [1] Salt melts it. Strong, [3] and so.", "Points: Salt melts it. Strong, and so."),
    ("He won the set [1] in range [3]. Option C[7] too.", "He won the set in range. Option C too."),
    ("Smith et al. [12, 15] and Jones [3] say so.", "Smith et al. and Jones say so."),
    ("Vitamin C[1] is good,[2] too.", "Vitamin C is good, too."),
    ("See it [web:4][web:12]. Or [post:3].", "See it. Or."),
    ("Open [Source 1] now [note 3], so [doc1].", "Open now, so."),
    ("Up [1†source] and :contentReference[oaicite:0]{index=0} down.", "Up and down."),
    ("It grew {{cite|1}} and fell [[2]].", "It grew and fell."),
    ("次に進みます［4］。", "次に進みます。"),
    ('Look. {"name": "f", "arguments": {"c": "P"}} Sunny.', "Look. Sunny."),
    ('Now {"name": "f", "parameters": {"c": "P"}} Sunny.', "Now Sunny."),
    ('[get_weather(city="Paris", days=[1])] Sunny.', "Sunny."),
    ('So [add(a="1")] is it.', "So is it."),
    ('functions.get_weather:0{"city": "Paris"}Sunny.', "Sunny."),
    ('<|python_tag|>weather.call(q="a")<|eom_id|>Sunny.', "Sunny."),
    ('<|tool_call_start|>[f(x="1")]<|tool_call_end|>Sunny.', "Sunny."),
    ("<start_function_call>call:f{a:1}<end_function_call>Sunny.", "Sunny."),
    ("<use_mcp_tool><name>a</name></use_mcp_tool>Sunny.", "Sunny."),
    ("<|call|>assistant<|channel|>final<|message|>Sunny.", "Sunny."),
    ("<thinking>a <thinking>b</thinking> c</thinking>Sunny.", "Sunny."),
    ("<think>Is <think> a tag?</think>Sunny.", "Sunny."),
    ('<think effort="high">a</think>Sunny.', "Sunny."),
    ("<cot>a</cot><search_results>b</search_results>Sunny.", "Sunny."),
    ("<<SYS>>a<</SYS>>Sunny.", "Sunny."),
    ("```thinking\na\n```\nSunny.", "Sunny."),
    ("<ctrl94>a<ctrl95>Sunny.<ctrl97>", "Sunny."),
    ("< think >\na\n</ think >\nSunny.", "Sunny."),
    ("&lt;think&gt;a&lt;/think&gt;\nSunny.", "Sunny."),
    ("<tools>a</tools>Sunny.", "Sunny."),
]  # fmt: skip


def shown(*tokens: str) -> str:
    stream = VisibleText()
    return "".join([*map(stream.feed, tokens), stream.end()])


def said(*tokens: str) -> str:
    splitter, voice = Sentences("en"), Speakable("en")
    pieces = [piece for token in tokens for piece in splitter.feed(token)]
    return " ".join(filter(None, map(voice.say, [*pieces, *splitter.end()])))


def in_two(text: str) -> list[tuple[str, str]]:
    return [(text[:at], text[at:]) for at in range(1, len(text))]


@pytest.mark.parametrize(("text", "heard"), STAYS)
def test_what_a_person_may_mean_is_seen_and_heard(text: str, heard: str) -> None:
    assert heard in said(text)
    for tokens in [(text,), tuple(text), *in_two(text)]:
        assert shown(*tokens) == text
        assert said(*tokens) == said(text)


@pytest.mark.parametrize(("text", "seen"), GOES)
def test_what_is_not_for_people_is_neither_seen_nor_heard(text: str, seen: str) -> None:
    for tokens in [(text,), tuple(text), *in_two(text)]:
        assert shown(*tokens).strip() == seen
        assert said(*tokens) == said(seen)


@pytest.mark.parametrize("wrapper", ["response", "answer", "output", "final_answer", "reply"])
def test_a_tag_around_the_answer_is_not_spoken(wrapper: str) -> None:
    assert said(f"<{wrapper}>\nIt is open.\n</{wrapper}>") == "It is open."


@pytest.mark.parametrize("act", ["laugh", "sigh", "chuckle", "giggle", "clears"])
def test_a_tag_of_an_act_is_not_spoken(act: str) -> None:
    assert said(f"<{act}> Okay, go.") == "Okay, go."


@pytest.mark.parametrize("marks", ["²,³", "¹", "²–⁴", "¹²", "³,⁴,⁵"])
def test_raised_notes_are_not_spoken(marks: str) -> None:
    assert said(f"It is so.{marks} And this,{marks} too.") == "It is so. And this, too."


LETTERS = st.sampled_from("abcijkmnpqrvwxyz")
FIGURES = st.integers(0, 999)
LISTS = st.lists(FIGURES, min_size=2, max_size=6).map(str)
COMPARED = st.builds("{}{}{}".format, LETTERS, st.sampled_from("<>"), LETTERS | FIGURES)
MEANT = st.one_of(
    COMPARED,
    st.builds("is {}".format, LISTS),
    st.builds("from {}".format, LISTS),
    st.builds("= {}".format, LISTS),
    st.builds("{}[{}]".format, st.sampled_from(["nums", "arr", "my_list"]) | LETTERS, FIGURES),
    st.builds("<{} it>".format, st.sampled_from(["think about", "reasoning on", "thought of"])),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["so", "then", "where"]), MEANT), max_size=5))
def test_no_word_and_no_figure_of_prose_is_lost(parts: list[tuple[str, str]]) -> None:
    text = " ".join(f"{word} {meant}" for word, meant in parts) + " holds."
    assert shown(*text) == visible(text) == text
    heard = said(text)
    for word in re.findall(r"[^\W\d_]+", text):
        assert word in heard
    assert said(*text) == heard
