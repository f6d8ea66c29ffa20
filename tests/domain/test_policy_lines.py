"""Lines of settings in TOML: those of a text that is written line by line, and of any text."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.policy.lines import find_lines
from modelshelf.domain.policy.problem import Place
from modelshelf.domain.policy.toml import key_text, value_text

TEXT = '''# a comment with [brackets] and = signs
ladder = ["dev",   # first
  # second
  "live",
]
"a b".'c' = 1

[stages.live]
gates = ["scan"] ; what is this
message = """
[stages.dev]
x = 1
"""
inner = { a = 1, b = [
  2,
  { c = 3 } ] }

[[models]]
match = "a#b"
[models.stages.live]
approvals = 1
[[models]]
match = 'c"d'
[models.stages.live]
approvals = 2
  [ "q\\u0041" . z ]
y = \'\'\'
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("ladder",), 2),
        (("ladder", 0), 2),
        (("ladder", 1), 4),
        (("ladder", 7), 2),
        (("a b", "c"), 6),
        (("stages",), 8),
        (("stages", "live"), 8),
        (("stages", "live", "gates", 0), 9),
        (("stages", "live", "nothing"), 8),
        (("stages", "dev", "x"), 8),
        (("stages", "live", "inner", "a"), 14),
        (("stages", "live", "inner", "b", 0), 15),
        (("stages", "live", "inner", "b", 1, "c"), 16),
        (("models", 0, "match"), 19),
        (("models", 0, "stages", "live", "approvals"), 21),
        (("models", 1), 22),
        (("models", 1, "stages", "live", "approvals"), 25),
        (("models", 2), 18),
        (("qA", "z"), 26),
        (("qA", "z", "y"), 27),
        (("nowhere",), 0),
        ((), 0),
    ],
)
def test_each_place_has_its_line(place: Place, line: int) -> None:
    """Comments, long strings, quoted keys, tables in lists and in lines, and what is not there."""
    assert find_lines(TEXT, [place]) == [line]


@given(st.text(alphabet="[]{}=.,\"'\\\n# \taé1", max_size=60) | st.text(max_size=60))
def test_any_text_has_lines_within_it(text: str) -> None:
    """Nothing crashes or runs on, and no line lies outside the text."""
    places: list[Place] = [("a",), ("a", 0), ("", "a"), ("1", "a", 1)]
    assert all(0 <= line <= text.count("\n") + 1 for line in find_lines(text, places))


def test_a_deep_or_long_text_is_walked_through() -> None:
    """Depth is cut off and length is only time."""
    deep = "a = " + "[" * 5_000 + "\nb = 1\n"
    assert find_lines(deep, [("a",)]) == [1]
    assert find_lines("a = 1\n" * 50_000 + "b = 2", [("b",)]) == [50_001]


keys = st.text(min_size=1, max_size=4) | st.sampled_from(["a", "b-c", "é", 'q"', "d.e"])
keys = keys.filter(lambda key: all(not 0xD800 <= ord(char) < 0xE000 for char in key))
values = st.recursive(
    st.booleans() | st.integers() | keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


class Writer:
    """Writes TOML, and keeps on which line it wrote what."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.wrote: dict[Place, int] = {}

    def put(self, line: str, place: Place) -> None:
        """Write a line, which is the first with this place."""
        self.lines.append(line)
        self.wrote[place] = len(self.lines)

    def value(self, key: str, place: Place, value: object) -> None:
        """Write a value, a list over several lines."""
        if not isinstance(value, list):
            self.put(f"{key_text(key)} = {value_text(value)}", place)
            return
        self.put(f"{key_text(key)} = [", place)
        for n, each in enumerate(value):
            self.put(f"  {value_text(each)}, # {n}", (*place, n))
        self.lines.append("]")


@given(
    st.dictionaries(keys, values, max_size=3),
    st.dictionaries(keys, st.dictionaries(keys, values, max_size=3), max_size=3),
    st.lists(st.dictionaries(keys, values, max_size=2), max_size=3),
)
def test_the_lines_are_those_on_which_it_was_written(
    top: dict[str, Any], tables: dict[str, dict[str, Any]], entries: list[dict[str, Any]]
) -> None:
    """A text is written with a note of every line, and each is found again."""
    to = Writer()
    for key, value in top.items():
        to.value(f"x{key}", (f"x{key}",), value)
    for name, table in tables.items():
        to.put(f"[t.{key_text(name)}]", ("t", name))
        for key, value in table.items():
            to.value(key, ("t", name, key), value)
    for n, entry in enumerate(entries):
        to.put("[[e]]", ("e", n))
        for key, value in entry.items():
            to.value(key, ("e", n, key), value)
    text = "\n".join(to.lines)
    tomllib.loads(text)
    assert find_lines(text, list(to.wrote)) == list(to.wrote.values())
