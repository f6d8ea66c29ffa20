"""Diffs of lines: the hunks lead from one text to the other and stand where they say."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.comparison.hunks import ends, hunks

LINES = st.lists(st.sampled_from(["a", "b", "", "@@ -1 +1 @@", "-"]), max_size=30)
_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def applied(old: Sequence[str], diff: Sequence[str], context: int) -> list[str]:
    """Return what the hunks make of ``old``; each must fit at its very place, as for ``patch``."""
    made: list[str] = []
    at = n = 0
    while n < len(diff):
        head = _HEAD.fullmatch(diff[n])
        assert head
        gone, come = (int(head[k] or 1) for k in (2, 4))
        start = int(head[1]) - (1 if gone else 0)
        made += old[at:start]
        assert len(made) == int(head[3]) - (1 if come else 0)
        at, n = start, n + 1
        body = []
        while gone or come:
            sign, line = diff[n][0], diff[n][1:]
            if sign != "+":
                assert old[at] == line
                at, gone = at + 1, gone - 1
            if sign != "-":
                made.append(line)
                come -= 1
            body.append(sign)
            n += 1
        while n < len(diff) and not diff[n].startswith("@@") and diff[n][0] in "+-":
            pytest.fail("a line beyond what its head counts")
        # Fewer equal lines than asked for stand only at the ends of the text.
        signs = "".join(body)
        assert len(signs) - len(signs.lstrip()) == context or start == 0
        assert len(signs) - len(signs.rstrip()) == context or at == len(old)
    return made + list(old[at:])


@given(LINES, LINES, LINES, LINES, st.sampled_from([1, 3]), st.sampled_from([0, 2, 1_000]))
def test_hunks_lead_from_one_text_to_the_other(
    begin: list[str], old: list[str], new: list[str], end: list[str], context: int, most: int
) -> None:
    """Also where the middle is like the ends, and where too much differs to be searched."""
    one, other = [*begin, *old, *end], [*begin, *new, *end]
    diff = list(hunks(one, other, context=context, most=most))
    assert applied(one, diff, context) == other
    assert (diff == []) == (one == other)
    assert sum(ends(one, other)) <= min(len(one), len(other))


def test_what_is_too_much_is_one_change() -> None:
    """The lines between the ends are not searched, so the largest texts take no time."""
    old = [f"{n}" for n in range(50_000)]
    new = ["first", *(f"{n ^ 1}" for n in range(50_000)), "last"]
    diff = list(hunks(old, new, context=3, most=2_000))
    assert len(diff) == 1 + len(old) + len(new)
