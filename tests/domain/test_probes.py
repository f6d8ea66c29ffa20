"""Answers to probes: their two forms, what is refused, and flips against plain counting."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelshelf.domain import probe_answers
from modelshelf.domain.errors import Refused
from modelshelf.domain.probe_answers import LINE_MOST, kept_lines, read_answers, read_kept
from modelshelf.domain.probes import Answer, Flip, compare_answers, number, same
from tests.sentences import check_sentence

WORDS = st.sampled_from(["yes", "no", "1", "1.0", "1e0", "01", "0.1", "0.10", "nan", "", "-0", "0"])
IDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(
    lambda text: text.strip() and "\t" not in text
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
ANSWERS = st.dictionaries(IDS, st.builds(Answer, TEXTS, TEXTS), min_size=1, max_size=8)


def read(text: str) -> dict[str, Answer]:
    """Read lines of answers."""
    return read_answers(line.encode() for line in text.splitlines(keepends=True))


def refused(lines: list[bytes]) -> str:
    """Return why answers are refused."""
    with pytest.raises(Refused) as caught:
        read_answers(lines)
    check_sentence(caught.value)
    return str(caught.value)


def test_both_forms_say_the_same() -> None:
    """Fields between tabs and objects of JSON come to equal answers, and to equal kept bytes."""
    fields = read("a\tyes\tno\r\nb\t0.50\n\nc\ttrue\n")
    objects = read(
        '{"id": "a", "answer": "yes", "truth": "no"}\n{"id": "b", "answer": 0.50, "truth": null}\n'
        '{"answer": true, "id": "c", "score": [1]}\n'
    )
    assert fields == objects == {"a": ("yes", "no"), "b": ("0.50", ""), "c": ("true", "")}
    assert b"".join(kept_lines(fields)) == b"".join(kept_lines(objects))


@given(ANSWERS)
def test_what_is_kept_is_read_again(answers: dict[str, Answer]) -> None:
    """Any answers survive being kept, in their order."""
    again = read_kept(kept_lines(answers))
    assert list(again.items()) == list(answers.items())


@pytest.mark.parametrize("line", [b"a\tyes\tno", b'{"id": "a", "answer": "yes", "truth": "no"}'])
def test_a_mark_of_the_encoding_is_no_part_of_the_first_id(line: bytes) -> None:
    """As PowerShell writes it, with its ends of lines."""
    assert read_answers([b"\xef\xbb\xbf" + line + b"\r\n"]) == {"a": Answer("yes", "no")}


def test_answers_of_many_lines_and_the_longest_ones_are_kept() -> None:
    """A text answer may hold newlines, and quotation marks may double what is kept."""
    quotes = '"' * (LINE_MOST - 10)
    found = read('{"id": 1, "answer": "one\\ntwo"}\n')
    assert found == {"1": ("one\ntwo", "")}
    wide = read(f"a\t{quotes}\n")
    assert read_kept(kept_lines(wide)) == wide


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([b"a\tb\n", b"a\tb\tc\td\n"], "line 2 "),
        ([b"a\tb\n", b"warning: nothing\n"], "line 2 "),
        ([b"\n", b"alone\n"], "line 2 "),
        ([b"a\tb\n", b"\n", b"a\tc\n"], "line 3 "),
        ([b"\tb\n"], "line 1 "),
        ([b"a\t\xff\n"], "not UTF-8"),
        ([b"a\t\x1b[2J\n"], "\\x1b"),
        ([b"a\t\x00\n"], "\\x00"),
        ([b"a\t" + b"x" * LINE_MOST + b"\n"], "too long"),
        ([b"i" * 1_001 + b"\tb\n"], "too long"),
        ([b'{"id": "a"}\n'], "line 1 "),
        ([b'{"id": "a", "answer": [1]}\n'], "line 1 "),
        ([b'{"id": "a", "answer": null}\n'], "line 1 "),
        ([b'{"id": "a", "id": "b", "answer": 1}\n'], "line 1 "),
        ([b'{"id": "a", "answer": "\\ud800"}\n'], "line 1 "),
        ([b'{"id": "a", "answer": 1}\n', b"b\t1\n"], "line 2 "),
        ([b'{"id":' + b"[" * 60_000 + b"\n"], "line 1 "),
        ([b'{"id": "a", "answer": 1} trailing\n'], "line 1 "),
        ([], "answered nothing"),
        ([b"\n"], "answered nothing"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_line(lines: list[bytes], says: str) -> None:
    """Each is a sentence with the number of the line, and none a traceback."""
    assert says in refused(lines)


def test_there_is_an_end_to_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row after the last that is kept is refused, and not read to its end."""
    monkeypatch.setattr(probe_answers, "ROWS_MOST", 3)
    assert "line 4 " in refused([b"%d\tx\n" % n for n in range(5)])
    assert len(read_answers([b"%d\tx\n" % n for n in range(3)])) == 3


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("1", "1.0", True),
        ("1", "1e0", True),
        ("+1", "01", True),
        ("-0", "0", True),
        ("0.1", "0.10000000000000001", False),
        ("9007199254740993", "9007199254740992", False),
        ("nan", "nan", True),
        ("nan", "NaN", False),
        ("inf", "Infinity", False),
        ("1_000", "1000", False),
        ("\u0661", "1", False),
        ("yes", "Yes", False),
        ("", "0", False),
        ("1e999", "1e998", False),
    ],
)
def test_numbers_are_compared_as_numbers_and_exactly(one: str, other: str, *, equal: bool) -> None:
    """What reads as a plain number is compared as one, whatever the floating point thinks."""
    assert same(one, other) is equal
    assert same(other, one) is equal


@given(st.text(max_size=40))
@example("1e-999")
@example("9" * 60 + "e999")
def test_a_number_is_finite_and_can_be_subtracted(text: str) -> None:
    """Whatever is taken for a number fits a float, so that a difference can be shown."""
    found = number(text)
    assert found is None or (found == Decimal(text) and abs(float(found)) <= 1e300)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.builds(Answer, WORDS, WORDS)),
    st.dictionaries(st.sampled_from("abcdef"), st.builds(Answer, WORDS, WORDS)),
)
def test_flips_are_what_plain_counting_finds(
    before: dict[str, Answer], after: dict[str, Answer]
) -> None:
    """Flips, mended and broken ones, examples and the largest difference, against an oracle."""
    found = compare_answers("p", ("a:v1", before), ("a:v2", after))

    def value(text: str) -> object:
        try:
            read = Decimal(text)
        except ArithmeticError:
            return text
        return text if read.is_nan() else read

    both = [name for name in before if name in after]
    differing = [n for n in both if value(before[n].answer) != value(after[n].answer)]
    assert [flip.example for flip in found.flips] == differing
    assert found.examples == len(both)
    assert found.only_one == len(before.keys() ^ after.keys())
    mended = broken = 0
    for name in differing:
        truths = [t for t in (before[name].truth, after[name].truth) if t]
        if truths and value(truths[0]) == value(truths[-1]):
            was, now = (value(x[name].answer) == value(truths[0]) for x in (before, after))
            mended += now and not was
            broken += was and not now
    assert (found.mended, found.broken) == (mended, broken)
    numbers = [(value(before[n].answer), value(after[n].answer)) for n in both]
    if numbers and all(isinstance(v, Decimal) for pair in numbers for v in pair):
        assert found.largest == max(float(abs(a - b)) for a, b in numbers)  # type: ignore[operator]
    else:
        assert found.largest is None


def test_a_flip_whose_truth_is_a_number_is_judged_as_one() -> None:
    """1.0 is right where the truth is 1; without a truth nothing is mended or broken."""
    assert Flip("e", "0", "1.0", "1").mended
    assert Flip("e", "1.00", "2", "1").broken
    assert not Flip("e", "0", "2", "1").mended
    assert not Flip("e", "0", "1").mended
    assert not Flip("e", "0", "1").broken
