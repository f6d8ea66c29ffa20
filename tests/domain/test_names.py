"""Model names, aliases, keys and references: what is refused, and that writing reads back."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import (
    ALIAS_MOST,
    KEY_MOST,
    MODEL_NAME_MOST,
    Reference,
    check_alias,
    check_key,
    check_model_name,
    parse_reference,
)
from tests.sentences import check_sentence

STAGES = ("draft", "staging", "production", "archived")

_segments = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,12}[A-Za-z0-9_-])?", fullmatch=True)


def _allowed(name: str) -> bool:
    try:
        check_model_name(name)
    except Invalid:
        return False
    return True


names = st.lists(_segments, min_size=1, max_size=3).map("/".join).filter(_allowed)
labels = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,30}", fullmatch=True)
references = st.one_of(
    st.builds(lambda m: Reference("model", m), names),
    st.builds(lambda m: Reference("latest", m), names),
    st.builds(lambda m, n: Reference("number", m, number=n), names, st.integers(1, 10**12 - 1)),
    st.builds(lambda m, a: Reference("label", m, label=a), names, labels),
    st.builds(
        lambda d: Reference("digest", digest=d),
        st.text(alphabet="0123456789abcdef", min_size=8, max_size=64),
    ),
)


@given(references)
def test_a_reference_reads_back_as_it_is_written(reference: Reference) -> None:
    """Every reference, written as text and read again, is the same reference."""
    assert parse_reference(str(reference)) == reference


@given(st.text(max_size=300))
def test_any_text_is_a_reference_or_refused_with_a_sentence(text: str) -> None:
    """Reading a reference either gives one that survives writing, or refuses with a sentence."""
    try:
        reference = parse_reference(text)
    except Invalid as error:
        check_sentence(error)
    else:
        assert parse_reference(str(reference)) == reference


@given(names)
def test_a_model_name_is_returned_as_it_is(name: str) -> None:
    """What may be a model's name is neither folded nor trimmed."""
    assert check_model_name(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("/churn", "empty part"),
        ("risk//churn", "empty part"),
        ("churn/", "empty part"),
        ("..", "not made of"),
        ("risk/../churn", "not made of"),
        (".hidden", "not made of"),
        ("churn.", "not made of"),
        ("-churn", "not made of"),
        ("chürn", "not made of"),
        ("churn v2", "not made of"),
        ("churn:v2", "not made of"),
        ("churn@staging", "not made of"),
        ("churn\n", "cannot be kept"),
        ("\x1b[31mchurn", "cannot be kept"),
        ("con", "device name"),
        ("risk/NUL.txt", "device name"),
        ("lpt9", "device name"),
        ("sha256", "digest"),
        ("c" * (MODEL_NAME_MOST + 1), "too long"),
        (None, "not text"),
        (7, "not text"),
    ],
)
def test_a_bad_model_name_is_refused_with_its_rule(name: object, why: str) -> None:
    """A name that could not be a folder or a reference is refused, and the rule is said."""
    with pytest.raises(Invalid, match=why) as caught:
        check_model_name(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("alias", "why"),
    [
        ("latest", "means a version"),
        ("LATEST", "means a version"),
        ("v3", "means a version"),
        ("V12", "means a version"),
        ("production", "is a stage"),
        ("Archived", "is a stage"),
        ("3", "letter followed"),
        ("-champion", "letter followed"),
        ("a b", "letter followed"),
        ("chämpion", "letter followed"),
        ("", "empty"),
        ("a" * (ALIAS_MOST + 1), "too long"),
    ],
)
def test_a_bad_alias_is_refused_with_its_rule(alias: str, why: str) -> None:
    """An alias that already means something, or is no word, is refused with the rule."""
    with pytest.raises(Invalid, match=why):
        check_alias(alias, STAGES)


@given(labels)
def test_an_alias_that_is_allowed_can_be_referenced(alias: str) -> None:
    """Whatever may be an alias can be written after an @."""
    try:
        allowed = check_alias(alias, STAGES)
    except Invalid:
        return
    assert parse_reference(f"churn@{allowed}").label == allowed


@pytest.mark.parametrize("key", ["auc", "val/auc", "top-5", "recall@10", "p99%", "größe", "a.b_c"])
def test_a_usual_key_is_kept(key: str) -> None:
    """Letters of any script, digits and the usual punctuation make a key."""
    assert check_key("metric", key) == key


@pytest.mark.parametrize("wrong", [*" :\"=,;<>()[]{}|\\'`~!#$^&*?+", "\t", "\x00", "\u202e", "é́́"])
def test_a_key_with_any_other_sign_is_refused(wrong: str) -> None:
    """A sign that searching or quoting would trip over cannot be in a key."""
    with pytest.raises(Invalid) as caught:
        check_key("tag", f"a{wrong}b")
    assert str(caught.value).isprintable()


def test_a_key_is_neither_empty_nor_endless() -> None:
    """A key has at least one character and at most two hundred."""
    for key in ("", " ", "k" * (KEY_MOST + 1)):
        with pytest.raises(Invalid):
            check_key("param", key)


def test_two_spellings_of_a_letter_are_one_key() -> None:
    """A key typed in decomposed Unicode is the key typed in composed Unicode."""
    assert check_key("tag", "gro\u0308\u00dfe") == check_key("tag", "größe")


@pytest.mark.parametrize(
    "text",
    [
        "churn:",
        "churn:v",
        "churn:v0",
        "churn:03",
        "churn:vv1",
        "churn:v1:v2",
        "churn:v1234567890123",
        "churn:-1",
        "churn:latest ly",
        "churn@",
        "churn@a@b",
        "churn@3",
        "@champion",
        ":v1",
        "sha256:",
        "sha256:ab12cd3",
        "sha256:" + "a" * 65,
        "sha256:ghijklmn",
        "sha256:v3",
    ],
)
def test_a_bad_reference_is_refused_with_the_forms_there_are(text: str) -> None:
    """A reference of no known form is refused, and the forms are shown."""
    with pytest.raises(Invalid):
        parse_reference(text)


def test_a_reference_may_have_spaces_around_it() -> None:
    """A reference pasted with spaces around it is still read."""
    assert parse_reference("  churn:3 ") == Reference("number", "churn", number=3)


def test_digests_are_read_in_either_case() -> None:
    """Upper-case digits of a digest mean the same content."""
    assert parse_reference("sha256:ABCDEF0123").digest == "abcdef0123"


def test_no_ascii_sign_but_those_named_gets_into_a_model_name() -> None:
    """Of all ASCII signs only letters, digits and - _ . / can be inside a name."""
    inside = {c for c in map(chr, range(128)) if _allowed(f"a{c}b")}
    assert inside == {*string.ascii_letters, *string.digits, *"-_./"}
