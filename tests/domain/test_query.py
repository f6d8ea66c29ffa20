"""The search language: what is read, what is refused, and that a search is written back."""

from __future__ import annotations

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.plain import read_number
from modelshelf.domain.query import (
    FIELDS,
    TERMS_MOST,
    TEXT_MOST,
    Query,
    Sort,
    Term,
    parse_query,
    parse_sort,
)

READ = [
    ("stage:production", Term("stage", value="production")),
    ("stage=production", Term("stage", value="production")),
    ("-stage:production", Term("stage", value="production", negated=True)),
    ("stage!=production", Term("stage", value="production", negated=True)),
    ("-stage!=production", Term("stage", value="production")),
    ("model:risk/*", Term("model", value="risk/", pattern="prefix")),
    ("name:churn", Term("model", value="churn")),
    ("model:*churn*", Term("model", value="churn", pattern="contains")),
    ('by:"Ana Bo"', Term("by", value="Ana Bo")),
    ('by:"Ana B"*', Term("by", value="Ana B", pattern="prefix")),
    (r'by:"a \"b\" \\ c"', Term("by", value=r'a "b" \ c')),
    ("alias:*", Term("alias", pattern="any")),
    ("tag.team:risk", Term("tag", "team", value="risk")),
    ("tags.team=risk", Term("tag", "team", value="risk")),
    ("tag.team!=risk", Term("tag", "team", "!=", "risk")),
    ("tag.team:*", Term("tag", "team", pattern="any")),
    ("-tag.team:*", Term("tag", "team", pattern="any", negated=True)),
    ("tag.team!=*", Term("tag", "team", pattern="any", negated=True)),
    ('tag.team:""', Term("tag", "team")),
    ('tag.team:"*"', Term("tag", "team", value="*")),
    ("metrics.auc>=.90", Term("metrics", "auc", ">=", "0.9", 0.9)),
    ("metric.auc:0.9", Term("metrics", "auc", "=", "0.9", 0.9)),
    ("metrics.auc!=1e3", Term("metrics", "auc", "!=", "1000", 1000.0)),
    ("metrics.val.auc<-2", Term("metrics", "val.auc", "<", "-2", -2.0)),
    ("metrics.auc:*", Term("metrics", "auc", pattern="any")),
    ("params.lr<0.01", Term("params", "lr", "<", "0.01", 0.01)),
    ("param.n=10", Term("params", "n", "=", "10", 10.0)),
    ('params.n="10"', Term("params", "n", value="10")),
    ("params.solver=lb*", Term("params", "solver", value="lb", pattern="prefix")),
    ("dataset:s3://bucket/rows", Term("dataset", value="s3://bucket/rows")),
    ("digest:sha256:AB12cd34", Term("digest", value="ab12cd34", pattern="prefix")),
    ("digest:*", Term("digest", pattern="any")),
    ("verdict:warning", Term("verdict", value="warning")),
    ("-is:yanked", Term("is", value="yanked", negated=True)),
    ("churn", Term("text", value="churn")),
    ("chur*", Term("text", value="chur")),
    ('-"two words"', Term("text", value="two words", negated=True)),
    ('"-x"', Term("text", value="-x")),
    ('"stage:x"', Term("text", value="stage:x")),
    ("hello!", Term("text", value="hello!")),
]


@pytest.mark.parametrize(("text", "term"), READ, ids=[text for text, _ in READ])
def test_a_term_is_read(text: str, term: Term) -> None:
    """Every form of a term means what the module says."""
    assert parse_query(text) == Query((term,))


@pytest.mark.parametrize(("_text", "term"), READ, ids=[text for text, _ in READ])
def test_a_term_is_written_back(_text: str, term: Term) -> None:
    """A term written as text is read as the same term."""
    assert parse_query(str(term)).terms == (term,)


def test_terms_are_joined_by_any_spaces() -> None:
    """Spaces, tabs and newlines separate terms, but not inside quotes."""
    query = parse_query('  churn\tstage:staging\n"a\tb"  ')
    assert [t.value for t in query.terms] == ["churn", "staging", "a\tb"]
    assert parse_query("") == parse_query("  ") == Query()


REFUSED = [
    ("stge:production", "there is no field 'stge'", "Did you mean stage?"),
    ("metrcs.auc>1", "there is no field 'metrcs.auc'", "Did you mean metrics.auc?"),
    ("churn:v3", "there is no field 'churn'", "in quotes"),
    ("tag:risk", "tag needs a name", "tag.name"),
    ("metric>3", "metrics needs a name", "metrics.name"),
    ("tag.:x", "the tag name is empty", ""),
    ("tag.a,b:x", "cannot be a tag name", ""),
    ("metrics.auc>=high", "high is not a finite number", "metrics.auc>=0.9"),
    ("metrics.auc>=nan", "nan is not a finite number", ""),
    ("metrics.auc<inf", "inf is not a finite number", ""),
    ("metrics.auc=1e999", "1e999 is not a finite number", ""),
    ("metrics.auc>*", "* is no number", ""),
    ("metrics.auc>", "there is nothing after >", ""),
    ("params.solver<lbfgs", "lbfgs is not a finite number", ""),
    ("tag.team<5", "a tag is text", "tag.team:"),
    ("owner<ana", "owner has no order", "owner:ana"),
    ("model:a*b", "* stands at the end", "quotes"),
    ("model:*b", "a * in front needs another", "*b*"),
    ("model:", "there is nothing after :", ""),
    ("digest:xyz", "hexadecimal", ""),
    ("verdict:warn", "the field verdict takes", "Did you mean warning?"),
    ("is:yankd", "the field is takes", "Did you mean yanked?"),
    ("is:yanked*", "the field is takes", "Did you mean yanked?"),
    ('"never closed', "is never closed", ""),
    ('mod"el', "is never closed", ""),
    ('model:"a"b', "must open and close", ""),
    ("-", "nothing after the -", ""),
    ('""', "empty text", ""),
    ("*", "empty text", ""),
    ("sort:best", "cannot sort by 'best'", ""),
    ("sort:newst", "cannot sort by 'newst'", "Did you mean newest?"),
    ("-sort:name", "it is no order", "sort:newest"),
    ("sort:metrics.", "metric name is empty", ""),
    ("\x1b[31m", "control", ""),
]


@pytest.mark.parametrize(
    ("text", "what", "hint"), REFUSED, ids=[repr(text) for text, *_ in REFUSED]
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text: str, what: str, hint: str) -> None:
    """The sentence names what is wrong, and the nearest right thing where there is one."""
    with pytest.raises(Invalid) as caught:
        parse_query(text)
    assert what in str(caught.value)
    assert hint in caught.value.hint


def test_a_search_has_a_longest_length() -> None:
    """2,000 characters and 32 terms are allowed, one more is not."""
    assert len(parse_query(" ".join(["a"] * TERMS_MOST)).terms) == TERMS_MOST
    assert parse_query("a" * TEXT_MOST).terms[0].value == "a" * TEXT_MOST
    with pytest.raises(Invalid, match="33 terms"):
        parse_query(" ".join(["a"] * (TERMS_MOST + 1)))
    with pytest.raises(Invalid, match="too long"):
        parse_query("a" * (TEXT_MOST + 1))


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("", Sort("newest")),
        ("newest", Sort("newest")),
        ("oldest", Sort("oldest")),
        ("name", Sort("name")),
        ("-name", Sort("name", descending=True)),
        ("size", Sort("size")),
        ("-size", Sort("size", descending=True)),
        ("metrics.auc", Sort("metrics", "auc")),
        ("-metric.auc", Sort("metrics", "auc", descending=True)),
    ],
)
def test_an_order_is_read_and_written_back(text: str, sort: Sort) -> None:
    """Each order is read, and its text is read as the same order."""
    assert parse_sort(text) == sort
    assert parse_sort(str(sort)) == sort
    assert parse_query(f"churn sort:{sort}").sort == sort


def test_an_order_typed_twice_is_the_last() -> None:
    """A person who types a second order means that one."""
    assert parse_query("sort:name sort:-size").sort == Sort("size", descending=True)


def test_every_field_is_explained() -> None:
    """A field that can be searched stands in the table that help and completion show."""
    fields = {term.field for _, term in READ} - {"text"}
    assert fields | {"sort"} <= {name.rstrip(".") for name in FIELDS}


VALUES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30)
PIECES = [
    *'abz019 .:=!<>*-"\\/é\u0338\u1100\u1161\t\n',
    "tag.",
    "metrics.a",
    "is:",
    "sort:",
    "model",
]
SOUP = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=40).map("".join)


@given(SOUP)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text ends in anything but a search that can be written back, or a sentence."""
    try:
        query = parse_query(text)
    except Invalid as refusal:
        told = str(refusal)
        query = Query()
        note(told)
    assert parse_query(str(query)) == query


@given(VALUES, st.sampled_from(["model", "tag.a", "params.b", "by", "dataset"]), st.booleans())
def test_any_value_can_be_asked_for_in_quotes(value: str, field: str, negated: bool) -> None:  # noqa: FBT001
    """Between quotes every character stands for itself."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    query = parse_query(f'{"-" if negated else ""}{field}:"{escaped}"')
    (term,) = query.terms
    assert (term.pattern, term.negated, term.number) == ("exact", negated, None)
    assert parse_query(str(query)) == query


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value(number: float) -> None:
    """A finite number is read and written back without loss."""
    query = parse_query(f"metrics.auc>={number!r}")
    assert query.terms[0].number == number
    assert parse_query(str(query)) == query


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "0x10", "", "1.2.3", "1,5"])
def test_what_is_no_finite_number_is_text(text: str) -> None:
    """Only finite decimal numbers count as numbers."""
    assert read_number(text) is None
