"""What a search must answer, worked out by a plain filter over plain values."""

from __future__ import annotations

import operator
import string
from collections.abc import Callable, Sequence

from modelshelf.domain.plain import read_number
from modelshelf.domain.query import Query, Sort, Term
from tests.catalog.search_catalogs import Shelved

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def answer(versions: Sequence[Shelved], query: Query, sort: Sort) -> list[int]:
    """Return the ids of all versions that meet every term, in order."""
    latest = {v.model: v.number for v in versions}
    kept = [v for v in versions if all(holds(term, v, latest) for term in query.terms)]
    return ordered(kept, sort)


def holds(term: Term, v: Shelved, latest: dict[str, int]) -> bool:
    """Say whether a version meets a term, in the plainest way."""
    return asked(term, v, latest) is not term.negated


def asked(term: Term, v: Shelved, latest: dict[str, int]) -> bool:
    """Say whether a version meets a term before it is turned round."""
    match term.field:
        case "text":
            return any(found(term.value, text) for text in (v.model, *v.tags.values()))
        case "metrics" | "params" | "tag":
            return keyed(term, v)
        case "is" | "stage" if term.pattern == "exact":
            return term.value in (*v.stages, *states(v, latest))
        case "dataset":
            return any(of_data(term, *dataset) for dataset in v.datasets)
        case _:
            return any(like(term, text) for text in texts(term, v))


def texts(term: Term, v: Shelved) -> Sequence[str]:
    """Return the texts that a term without a key looks at."""
    several = {"stage": v.stages, "alias": v.aliases, "digest": (v.digest, *v.files)}
    if term.field in several:
        return several[term.field]
    text = str(getattr(v, term.field))
    return (text,) if text or term.field != "owner" else ()


def states(v: Shelved, latest: dict[str, int]) -> list[str]:
    """Return the words for the state of a version."""
    label = "stage" if v.stages else "archived" if v.archived else "draft"
    said = {"yanked": v.yanked is not None, "freed": v.freed, "latest": v.number == latest[v.model]}
    return [label, *(word for word, true in said.items() if true)]


def like(term: Term, text: str) -> bool:
    """Say whether a text is what a term asks for."""
    return {
        "exact": text == term.value,
        "prefix": text.startswith(term.value),
        "contains": term.value in text,
        "any": True,
    }[term.pattern]


def of_data(term: Term, text: str, digest: str | None) -> bool:
    """Say whether a data set's label or digest is what a term asks for."""
    if term.pattern != "exact":
        by_digest = term.pattern == "prefix" and term.value.startswith("sha256:")
        return like(term, text) or (by_digest and (digest or text).startswith(term.value))
    named = (term.value, term.value.replace("@", " ", 1))
    return text in named or digest == term.value or text.startswith(f"{term.value} ")


def found(word: str, text: str) -> bool:
    """Say whether a word stands in a text; short words fold only ASCII letters."""
    if word.isascii() or len(word) < 3:
        fold = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
        return word.translate(fold) in text.translate(fold)
    return word.lower() in text.lower()


def keyed(term: Term, v: Shelved) -> bool:
    """Say whether a metric, parameter or tag is what a term asks for."""
    values = {"metrics": v.metrics, "params": v.params, "tag": v.tags}[term.field]
    if term.key not in values:
        return False
    value = values[term.key]
    if term.number is None:
        return like(term, str(value)) is not (term.operator == "!=")
    number = value if isinstance(value, float) else read_number(str(value))
    return term.operator == "!=" if number is None else COMPARE[term.operator](number, term.number)


def ordered(versions: list[Shelved], sort: Sort) -> list[int]:
    """Return the ids in an order."""
    newest = sorted(versions, key=lambda v: -v.id)
    up = sorted(versions, key=lambda v: v.id)
    match sort.by:
        case "newest":
            chosen = newest
        case "oldest":
            chosen = up
        case "name":
            chosen = sorted(newest, key=lambda v: v.model, reverse=sort.descending)
        case "size":
            chosen = sorted(up, key=lambda v: (v.size, v.id), reverse=sort.descending)
        case _:
            having = [v for v in up if sort.key in v.metrics]
            having.sort(key=lambda v: (v.metrics[sort.key], v.id), reverse=sort.descending)
            chosen = [*having, *(v for v in newest if sort.key not in v.metrics)]
    return [v.id for v in chosen]
