"""Text from outside: what is accepted, and that whatever is shown cannot drive a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import accept, safe, safe_block
from tests.sentences import check_sentence, is_harmless

# Everything Python can hold in a string, the halves of surrogate pairs included.
anything = st.text(alphabet=st.characters(), max_size=400)


@given(anything)
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    """No control, bidi, zero-width, private or broken character is left in what is shown."""
    shown = safe(text)
    assert is_harmless(shown)
    shown.encode()


@given(anything)
def test_showing_what_is_shown_changes_nothing(text: str) -> None:
    """What is safe already stays as it is, so it may pass through twice."""
    once = safe(text, 100_000)
    assert safe(once, 100_000) == once


@given(anything)
def test_a_block_keeps_its_lines_and_nothing_worse(text: str) -> None:
    """A text of many lines is shown line by line, and each line is harmless."""
    assert all(is_harmless(line) for line in safe_block(text).split("\n"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("\ue000", "\\ue000"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("one\ntwo\r\tthree", "one⏎two␍→three"),
        ("plain [bold]text[/]", "plain [bold]text[/]"),
        ("größe 模型 🙂", "größe 模型 🙂"),
    ],
)
def test_each_kind_of_sign_has_its_visible_form(text: str, shown: str) -> None:
    """A dangerous sign becomes a visible escape, and ordinary text of any script stays."""
    assert safe(text) == shown


def test_piled_up_marks_stop_after_four() -> None:
    """A letter under a tower of combining marks keeps four of them."""
    assert safe("e" + "\u0301" * 50) == "e" + "\u0301" * 4


def test_a_long_text_ends_in_an_ellipsis() -> None:
    """More than the limit is cut, visibly, and the limit is kept."""
    shown = safe("x" * 10_000, 40)
    assert len(shown) == 40
    assert shown.endswith("…")
    assert safe("x" * 40, 40) == "x" * 40


class _Broken:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_any_value_at_all_can_be_shown() -> None:
    """Numbers too long to print and objects that refuse to be printed are still shown."""
    for value in (None, 7, 10**5000, float("nan"), b"\x1b", object(), _Broken()):
        assert is_harmless(safe(value))


@given(anything)
def test_what_is_accepted_can_be_stored_and_is_normal(text: str) -> None:
    """Accepted text is UTF-8, in one Unicode form, and holds no control character."""
    try:
        kept = accept("note", text, most=1_000)
    except Invalid as error:
        check_sentence(error)
    else:
        assert kept.encode().decode() == kept
        assert kept == unicodedata.normalize("NFC", kept)
        assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in kept)


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[0m", "\x7f", "\x85", "\ud800", "a\nb"])
def test_controls_and_half_characters_are_refused_with_the_culprit(text: str) -> None:
    """What no text needs is refused, and the sentence names it harmlessly."""
    with pytest.raises(Invalid, match="control or broken") as caught:
        accept("note", text, most=10)
    assert str(caught.value).isprintable()


def test_lines_are_accepted_only_where_lines_may_be() -> None:
    """Newlines and tabs are kept in long texts and refused in short ones."""
    assert accept("card", "a\n\tb\r\n", most=10, lines=True) == "a\n\tb\r\n"
    with pytest.raises(Invalid):
        accept("name", "a\tb", most=10)


@pytest.mark.parametrize("value", [None, 3, b"bytes", ["a"], 0.5])
def test_what_is_not_text_is_refused(value: object) -> None:
    """A value of another type is refused by name, not turned into text."""
    with pytest.raises(Invalid, match="not text"):
        accept("note", value, most=10)


def test_the_length_is_counted_before_anything_else() -> None:
    """A text over the limit is refused with both numbers."""
    with pytest.raises(Invalid) as caught:
        accept("note", "x" * 11, most=10)
    assert (caught.value.observed, caught.value.required) == (11, 10)


@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_nothing_but_space_is_empty(text: str) -> None:
    """Where something must be said, spaces of any script do not say it."""
    with pytest.raises(Invalid, match="is empty"):
        accept("reason", text, most=10, empty=False)
