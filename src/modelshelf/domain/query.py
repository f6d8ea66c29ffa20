r"""The search language: terms joined by spaces, read into a :class:`Query` and written back.

    stage:production format:onnx model:risk/* owner:ana by:ravi alias:champion
    tag.team:risk tag.team:* metrics.auc>=0.9 params.solver=lbfgs params.lr<0.01
    dataset:customers digest:ab12cd34 verdict:warning is:yanked -is:archived
    churn "two words" sort:-metrics.auc

All terms must hold. A ``-`` in front turns one round. ``*`` stands at the end of a value, or at
both ends; between double quotes every character stands for itself (``\"`` and ``\\`` for the two
that cannot). ``field:*`` asks whether there is a value at all. Letter case counts, except in words
without a field, which look into model names and tag values. ``!=`` on a metric, parameter or tag
asks for a version that has it with another value; ``-tag.team:risk`` also finds those without one.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from modelshelf.domain.errors import Invalid
from modelshelf.domain.inspection import Verdict
from modelshelf.domain.names import check_key
from modelshelf.domain.plain import read_number
from modelshelf.domain.text import accept, safe

Field = Literal[
    "stage", "format", "model", "owner", "by", "alias", "tag", "metrics", "params",
    "dataset", "digest", "verdict", "is", "text",
]  # fmt: skip
Operator = Literal["=", "!=", "<", "<=", ">", ">="]
Pattern = Literal["exact", "prefix", "contains", "any"]
State = Literal["yanked", "archived", "draft", "freed", "latest"]
Order = Literal["newest", "oldest", "name", "size", "metrics"]

TEXT_MOST = 2_000
TERMS_MOST = 32

FIELDS: dict[str, str] = {
    "stage": "versions that hold a stage; draft and archived for those that hold none",
    "format": "the kind of model file",
    "model": "the model's name, also written name:",
    "owner": "the model's owner",
    "by": "who registered the version",
    "alias": "versions with an alias",
    "tag.": "a tag of the version, as in tag.team:risk",
    "metrics.": "a metric, as in metrics.auc>=0.9",
    "params.": "a parameter, as in params.lr<0.01",
    "dataset": "a data set it was trained or evaluated on",
    "digest": "the first digits of the content's digest, or of one of its files'",
    "verdict": "what the scan said: " + ", ".join(get_args(Verdict)),
    "is": ", ".join(get_args(State)),
    "sort": "newest, oldest, name, size or metrics.auc; a - in front for the largest first",
}
"""Every field and what it finds, for help and completion; those that end in a dot take a name."""

_SPELLINGS = {"name": "model", "metric": "metrics", "param": "params", "tags": "tag"}
_KEYED = ("tag", "metrics", "params")
_CHOICES: dict[str, tuple[str, ...]] = {"is": get_args(State), "verdict": get_args(Verdict)}

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_TOKEN = re.compile(rf'(?:{_QUOTED}|[^\s"])+', re.DOTALL)
_TERM = re.compile(r'([^\s":=<>!*]+)(:|!=|<=|>=|=|<|>)(.*)', re.DOTALL)
_VALUE = re.compile(rf'(\*?)(?:{_QUOTED}|([^"*]*))(\*?)', re.DOTALL)
_HEX = re.compile(r"[0-9a-f]{1,64}")
_BARE_PUNCTUATION = frozenset("_-./@%+,#~$&;?")
_INTEGER_SHOWN = 1e15


@dataclass(frozen=True, slots=True)
class Term:
    """One condition.

    Attributes:
        field: What it looks at; ``text`` is a word without a field.
        key: The name of the tag, metric or parameter; else empty.
        operator: How it compares; only metrics and parameters have an order.
        value: The text compared with, without quotes and stars; lower-case for a digest.
        number: The value as a number: always for a metric, for a parameter when it was written as
            one and without quotes.
        pattern: Whether ``value`` is the whole, the beginning, a part, or "any value at all".
        negated: Whether the condition is turned round.
    """

    field: Field
    key: str = ""
    operator: Operator = "="
    value: str = ""
    number: float | None = None
    pattern: Pattern = "exact"
    negated: bool = False

    def __str__(self) -> str:
        """Return the term as it would be typed; it is read back as an equal term."""
        sign = "-" if self.negated else ""
        if self.field == "text":
            return sign + _quote(self.value, word=True)
        name = f"{self.field}.{self.key}" if self.key else self.field
        operator = ":" if self.operator == "=" and self.number is None else self.operator
        return f"{sign}{name}{operator}{self._shown_value()}"

    def _shown_value(self) -> str:
        if self.pattern == "any":
            return "*"
        if self.number is not None or self.field == "digest":
            return self.value
        shown = _quote(self.value)
        if self.field == "params" and self.pattern == "exact" and read_number(shown) is not None:
            shown = f'"{shown}"'
        ends = {"prefix": ("", "*"), "contains": ("*", "*")}.get(self.pattern, ("", ""))
        return f"{ends[0]}{shown}{ends[1]}"


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of the answer.

    Attributes:
        by: ``newest``, ``oldest``, ``name`` (of the model, its newest version first), ``size``
            or ``metrics``. Versions that lack the metric come last.
        key: The metric's name.
        descending: Largest first, or Z to A.
    """

    by: Order = "newest"
    key: str = ""
    descending: bool = False

    def __str__(self) -> str:
        """Return the order as it would be typed."""
        return ("-" if self.descending else "") + (f"{self.by}.{self.key}" if self.key else self.by)


@dataclass(frozen=True, slots=True)
class Query:
    """A search: conditions that must all hold, and an order if one was typed with them."""

    terms: tuple[Term, ...] = ()
    sort: Sort | None = None

    def __str__(self) -> str:
        """Return the search as it would be typed; it is read back as an equal search."""
        shown = [str(term) for term in self.terms]
        return " ".join(shown if self.sort is None else [*shown, f"sort:{self.sort}"])


def parse_query(text: object) -> Query:
    """Read a search.

    Raises:
        Invalid: It is too long, or a term cannot be read; the sentence names the term.
    """
    given = accept("search", text, most=TEXT_MOST, lines=True)
    tokens = _tokens(given)
    if len(tokens) > TERMS_MOST:
        raise Invalid(
            f"a search of {len(tokens)} terms is too long",
            observed=len(tokens),
            required=f"{TERMS_MOST} terms at most",
        )
    terms: list[Term] = []
    sort: Sort | None = None
    for token in tokens:
        if token.startswith(("sort:", "sort=")):
            sort = parse_sort(token[len("sort:") :])
        else:
            terms.append(_term(token))
    return Query(tuple(terms), sort)


def parse_sort(text: object) -> Sort:
    """Read an order: ``newest``, ``oldest``, ``name``, ``size``, ``metrics.auc``, or ``-`` and one.

    Nothing at all is ``newest``.

    Raises:
        Invalid: It is none of these.
    """
    given = accept("sort", text, most=TEXT_MOST).strip()
    bare = given.removeprefix("-")
    descending = bare != given
    field, dot, key = bare.partition(".")
    if dot and _SPELLINGS.get(field, field) == "metrics":
        return Sort("metrics", check_key("metric", key), descending)
    if bare in ("name", "size"):
        return Sort(cast("Order", bare), "", descending)
    if given in ("newest", "oldest", ""):
        return Sort(cast("Order", given or "newest"))
    orders = ("newest", "oldest", "name", "-name", "size", "-size")
    raise Invalid(
        f"cannot sort by {safe(given, 60)!r}",
        observed=given,
        required=f"{', '.join(orders)}, metrics.auc or -metrics.auc",
        hint=_nearest(given, orders) or "Write newest, name, size or -metrics.auc.",
    )


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    place = 0
    while (place := _skip_spaces(text, place)) < len(text):
        match = _TOKEN.match(text, place)
        end = match.end() if match else place
        if end < len(text) and text[end] == '"':
            raise Invalid(
                f"the quote in {safe(text[place:], 60)!r} is never closed",
                observed=text[place:],
                hint='End it with " or write \\" for the character itself.',
            )
        tokens.append(text[place:end])
        place = end
    return tokens


def _skip_spaces(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _term(token: str) -> Term:
    rest = token.removeprefix("-")
    negated = rest != token
    if not rest:
        raise _unreadable(token, "there is nothing after the -")
    match = _TERM.fullmatch(rest)
    if match is None:
        return _word(token, rest, negated=negated)
    name, operator, value = match.groups()
    field, dot, key = name.partition(".")
    field = _SPELLINGS.get(field, field)
    if f"{field}{dot}" not in FIELDS or field == "sort":
        raise _unknown_field(token, name)
    sign = cast("Operator", "=" if operator == ":" else operator)
    if not value:
        raise _unreadable(token, f"there is nothing after {operator}")
    if field in _KEYED:
        kind = {"metrics": "metric", "params": "parameter"}.get(field, field)
        term = _keyed(token, cast("Field", field), check_key(kind, key), sign, value)
    else:
        term = _single(token, cast("Field", field), sign, value)
    return _turned(term) if negated else term


def _word(token: str, rest: str, *, negated: bool) -> Term:
    value, pattern, _ = _value(token, rest)
    if not value or pattern == "any":
        raise _unreadable(token, "it is empty text")
    # A word is looked for anywhere in a name, so stars at its ends add nothing.
    return Term("text", value=value, negated=negated)


def _single(token: str, field: Field, operator: Operator, given: str) -> Term:
    if operator not in ("=", "!="):
        raise _unreadable(token, f"{field} has no order", f"Write {field}:{safe(given, 60)}.")
    value, pattern, _ = _value(token, given)
    if field == "digest" and pattern != "any":
        value, pattern = _digest(token, value), "prefix"
    choices = _CHOICES.get(field, ())
    if choices and (value not in choices or pattern != "exact"):
        raise Invalid(
            f"cannot read {safe(token, 80)!r}",
            why=f"the field {field} takes {', '.join(choices)}",
            observed=safe(given, 60),
            required=choices,
            hint=_nearest(given, choices),
        )
    term = Term(field, value=value, pattern=pattern)
    return _turned(term) if operator == "!=" else term


def _keyed(token: str, field: Field, key: str, operator: Operator, given: str) -> Term:
    value, pattern, quoted = _value(token, given)
    if pattern == "any":
        if operator not in ("=", "!="):
            raise _unreadable(token, f"* is no number to compare {field}.{key} with")
        term = Term(field, key, pattern="any")
        return _turned(term) if operator == "!=" else term
    number = None if quoted or pattern != "exact" or field == "tag" else read_number(value)
    ordered = operator not in ("=", "!=")
    if ordered and field == "tag":
        raise _unreadable(token, "a tag is text and has no order", f"Write tag.{key}:value.")
    if number is None and (field == "metrics" or ordered):
        raise _unreadable(
            token,
            f"{safe(given, 60)} is not a finite number",
            f"Write a number, as in {field}.{key}>=0.9.",
        )
    shown = value if number is None else _number_text(number)
    return Term(field, key, operator, shown, number, pattern)


def _digest(token: str, value: str) -> str:
    digits = value.lower().removeprefix("sha256:")
    if not _HEX.fullmatch(digits):
        raise _unreadable(token, "a digest is made of up to 64 hexadecimal digits")
    return digits


def _value(token: str, given: str) -> tuple[str, Pattern, bool]:
    """Split a value as typed into its text, where stars stand, and whether it was quoted."""
    if given in ("*", "**"):
        return "", "any", False
    match = _VALUE.fullmatch(given)
    if match is None:
        if '"' in given:
            raise _unreadable(token, "a quote must open and close the whole value")
        raise _unreadable(
            token,
            "* stands at the end of a value or at both ends",
            "Put it in quotes to mean a star.",
        )
    first, quoted, bare, last = match.groups()
    if first and not last:
        raise _unreadable(
            token, "a * in front needs another at the end", f"Write {safe(given, 60)}*."
        )
    # Taking the backslashes out can bring characters together that Unicode writes as one.
    plain = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else bare
    text = unicodedata.normalize("NFC", plain)
    pattern: Pattern = "contains" if first else "prefix" if last else "exact"
    if not text and pattern != "exact":
        return "", "any", False
    return text, pattern, quoted is not None


def _turned(term: Term) -> Term:
    return Term(
        term.field, term.key, term.operator, term.value, term.number, term.pattern, not term.negated
    )


def _quote(value: str, *, word: bool = False) -> str:
    # A colon or a leading minus would make a word into something else.
    plain = all(c.isalnum() or c in _BARE_PUNCTUATION or (c == ":" and not word) for c in value)
    if value and plain and not (word and value.startswith("-")):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number_text(number: float) -> str:
    if number.is_integer() and abs(number) < _INTEGER_SHOWN:
        return str(int(number))
    return repr(number)


def _unknown_field(token: str, name: str) -> Invalid:
    field, dot, key = name.partition(".")
    field = _SPELLINGS.get(field, field)
    if not dot and field in _KEYED:
        return _unreadable(token, f"{field} needs a name", f"Write {field}.name and a value.")
    if field == "sort":
        return _unreadable(token, "it is no order", "Write sort:newest or sort:-metrics.auc.")
    near = difflib.get_close_matches(field, [*FIELDS, *_SPELLINGS], n=1, cutoff=0.5)
    if near:
        hint = f"Did you mean {near[0]}{key if near[0].endswith('.') else ''}?"
    else:
        hint = (
            f"Fields are {', '.join(FIELDS)}; put the text in quotes to look for it as it stands."
        )
    return Invalid(
        f"there is no field {safe(name, 60)!r} to search",
        observed=safe(name, 60),
        required=tuple(FIELDS),
        hint=hint,
        subject=safe(token, 80),
    )


def _nearest(given: str, choices: Iterable[str]) -> str:
    near = difflib.get_close_matches(given, list(choices), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else ""


def _unreadable(token: str, why: str, hint: str = "") -> Invalid:
    return Invalid(f"cannot read {safe(token, 80)!r}", why=why, observed=safe(token), hint=hint)
