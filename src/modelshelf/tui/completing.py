"""What may come next in a search that is being typed: fields, then what the catalog knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.inspection import Verdict
from modelshelf.domain.plain import read_number
from modelshelf.domain.query import FIELDS, Field, State, Term
from modelshelf.tui.widgets.suggesting import typeable

if TYPE_CHECKING:
    from modelshelf.registry import Registry

MOST = 20
_MODELS = 6
_SHOWN = 80  # characters of a suggestion; what is longer is not read while typing
_TERM = re.compile(r'([^\s":=<>!*]+)(:|!=|<=|>=|=|<|>)(.*)', re.DOTALL)
_NAME = re.compile(r'[^\s":=<>!*]+')
_AFTER = {"tag": ":", "metrics": ">=", "params": "="}
_ORDERS = ("newest", "oldest", "name", "-name", "size", "-size")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may stand in place of the word that is being typed.

    Attributes:
        text: The whole word.
        about: What it finds; may be empty.
        whole: Whether the word is finished with it, so that another may follow.
    """

    text: str
    about: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Completions:
    """What may stand in place of a word of a text.

    Attributes:
        text: The text.
        start: Where the word begins.
        end: Where it ends, which is where the cursor is.
        offers: What may stand there; none when nothing is known.
    """

    text: str
    start: int
    end: int
    offers: tuple[Suggestion, ...] = ()

    def taken(self, offer: Suggestion) -> tuple[str, int]:
        """Return the text with the word in place, and where the cursor stands then."""
        rest = self.text[self.end :]
        space = " " if offer.whole and not rest.startswith(" ") else ""
        begun = self.text[: self.start] + offer.text + space
        return begun + rest, len(begun)


def completions(registry: Registry, text: str, cursor: int, *, all_of: bool = False) -> Completions:
    """Return what may come at the cursor; never an error, for somebody is typing.

    Args:
        registry: The registry.
        text: A search, perhaps half written.
        cursor: A place in it.
        all_of: Whether all fields are wanted where no word has begun.
    """
    start = _begin(text, cursor)
    word = text[start:cursor]
    inside = cursor < len(text) and not text[cursor].isspace()
    if inside or not (word or all_of):
        return Completions(text, start, cursor)
    try:
        found = list(_offers(registry, word))
    except ModelshelfError:
        found = []
    offers = dict.fromkeys(offer for offer in found if _fits(offer, word))
    return Completions(text, start, cursor, tuple(offers)[:MOST])


def _begin(text: str, cursor: int) -> int:
    """Return where the word at the cursor begins; between quotes a space does not end one."""
    start, quoted, escaped = 0, False, False
    for place, char in enumerate(text[:cursor]):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char.isspace() and not quoted:
            start = place + 1
    return start


def _fits(offer: Suggestion, word: str) -> bool:
    """Tell whether a field may hold a suggestion as it is, and it says more than what is there."""
    return offer.text != word and len(offer.text) <= _SHOWN and bool(typeable(offer.text))


def _offers(registry: Registry, word: str) -> Iterator[Suggestion]:
    bare = word.removeprefix("-")
    sign = word[: len(word) - len(bare)]
    match = _TERM.fullmatch(bare)
    if match is not None:
        name, operator, begun = match.groups()
        yield from _values(registry, f"{sign}{name}{operator}", name, begun)
        return
    field, dot, part = bare.partition(".")
    if dot and field in _AFTER:
        for key in registry.models.words(f"{field}.", part, limit=MOST):
            if _NAME.fullmatch(key):
                yield Suggestion(f"{sign}{field}.{key}{_AFTER[field]}", whole=False)
        return
    if '"' in bare:
        return
    yield from _fields(sign, bare)
    if bare:
        for model in registry.models.names(bare, _MODELS):
            yield Suggestion(f"{sign}model:{_written('model', '', model)}", "a model")


def _fields(sign: str, begun: str) -> Iterator[Suggestion]:
    for field, about in FIELDS.items():
        if field.startswith(begun) and not (sign and field == "sort"):
            text = field if field.endswith(".") else f"{field}:"
            yield Suggestion(sign + text, about, whole=False)


# --- values ---------------------------------------------------------------------------------------


def _values(registry: Registry, before: str, name: str, given: str) -> Iterator[Suggestion]:
    begun = re.sub(r"\\(.)", r"\1", given[1:]) if given.startswith('"') else given
    field, _, key = name.partition(".")
    if field == "sort":
        yield from _orders(registry, before, begun)
        return
    ask = _ASKED.get(field)
    if ask is None or (field in _AFTER) != bool(key):
        return
    for value in ask(registry, key, begun):
        if value.startswith(begun):
            yield Suggestion(before + _written(field, key, value))


def _orders(registry: Registry, before: str, begun: str) -> Iterator[Suggestion]:
    for order in _ORDERS:
        if order.startswith(begun):
            yield Suggestion(before + order)
    bare = begun.removeprefix("-")
    sign = begun[: len(begun) - len(bare)]
    part = bare.removeprefix("metrics.") if bare.startswith("metrics.") else ""
    if part or "metrics.".startswith(bare):
        for key in registry.models.words("metrics.", part, limit=MOST):
            yield Suggestion(f"{before}{sign}metrics.{key}")


def _written(field: str, key: str, value: str) -> str:
    """Return a value as the search language writes it: between quotes where it must be."""
    if field == "params" and read_number(value) is not None:
        return value
    known: dict[str, Field] = {name: name for name in get_args(Field)}
    return str(Term(known[field], key, value=value)).partition(":")[2]


def _stages(registry: Registry, _key: str, _begun: str) -> Iterable[str]:
    return registry.policy.names


def _models(registry: Registry, _key: str, begun: str) -> Iterable[str]:
    return registry.models.names(begun, MOST)


def _people(registry: Registry, begun: str, field: str) -> Sequence[str]:
    """Return who registered or owns something; of those with a role also whoever did not yet."""
    found = registry.models.words(field, begun, limit=MOST)
    granted = sorted({grant.person for grant in registry.policy.grants})
    return tuple(dict.fromkeys((*found, *granted)))


def _words(field: str) -> Callable[[Registry, str, str], Iterable[str]]:
    return lambda registry, key, begun: registry.models.words(field, begun, key=key, limit=MOST)


_ASKED: dict[str, Callable[[Registry, str, str], Iterable[str]]] = {
    "stage": _stages,
    "model": _models,
    "owner": lambda registry, _, begun: _people(registry, begun, "owner"),
    "by": lambda registry, _, begun: _people(registry, begun, "by"),
    "format": _words("format"),
    "alias": _words("alias"),
    "dataset": _words("dataset"),
    "tag": _words("tag"),
    "params": _words("params"),
    "verdict": lambda *_: get_args(Verdict),
    "is": lambda *_: get_args(State),
}
