"""What may drive a search: the index of one term, and how many versions it leads to.

A source that yields ids in order is walked until a page is full. Any source that leads to few
versions is gathered: all its versions are tested, and the few that are left are sorted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from modelshelf.catalog.search_terms import (
    FULL_TEXT_LEAST,
    Bound,
    begins,
    contains_word,
    dataset_edges,
    full_text,
    matches,
    model_named,
    value_matches,
)
from modelshelf.domain.plain import read_number
from modelshelf.domain.query import Term

VERSIONS = "version AS v"
_LEAST_DIGEST = 4  # digits; fewer lead to too many versions to gather


@dataclass(frozen=True, slots=True)
class Source:
    """The first table of a search.

    Attributes:
        tables: What stands behind FROM.
        where: The condition that uses its index.
        row: The name of the version's id.
        order: ``id`` when it yields versions by id, ``number`` when by number, else empty.
        sample: A query that yields a row for each version, ``{most}`` of them at most, where
            counting ``tables`` itself would do more work than that.
    """

    tables: str
    where: str = "TRUE"
    row: str = "v.id"
    order: str = ""
    sample: str = ""

    def count(self, most: str) -> str:
        """Return the query that counts the versions, up to the number bound to ``most``."""
        rows = self.sample.format(most=most) or f"SELECT 1 FROM {self.tables} WHERE {self.where}"
        return f"SELECT count(*) FROM ({rows} LIMIT {most})"


EVERYTHING = Source(VERSIONS, order="id")


def source(term: Term, bind: Bound) -> Source | None:
    """Return what ``term`` can drive a search with, or ``None``."""
    if term.negated:
        return None
    make = _SOURCES.get(term.field)
    return None if make is None else make(term, bind)


def _gathered(rows: str) -> Source:
    return Source(f"({rows}) AS d", row="d.version_id")


def _keyed(table: str, where: str, *, ordered: bool) -> Source:
    return Source(f"{table} AS d", where, "d.version_id", "id" if ordered else "")


def _tag(term: Term, bind: Bound) -> Source | None:
    if term.operator == "!=" or term.pattern == "contains":
        return None
    where = f"d.key = {bind(term.key)} AND {matches('d.value', term, bind)}"
    return _keyed("tag", where, ordered=term.pattern == "exact")


def _metric(term: Term, bind: Bound) -> Source | None:
    if term.operator == "!=":
        return None
    where = f"d.key = {bind(term.key)} AND {value_matches('d.value', 'd.number', term, bind)}"
    return _keyed("metric", where, ordered=term.operator == "=" and term.pattern == "exact")


def _param(term: Term, bind: Bound) -> Source | None:
    if term.operator == "!=" or term.pattern in ("prefix", "contains"):
        return None
    where = f"d.key = {bind(term.key)} AND {value_matches('d.value', 'd.number', term, bind)}"
    if term.pattern == "any" or term.number is not None:
        return _keyed("param", where, ordered=False)
    # The index holds the numeric reading before the text.
    number = read_number(term.value)
    reading = "d.number IS NULL" if number is None else f"d.number = {bind(number)}"
    return _keyed("param", f"{where} AND {reading}", ordered=True)


def _stage(term: Term, bind: Bound) -> Source | None:
    if term.pattern == "contains" or (
        term.pattern == "exact" and term.value in ("draft", "archived")
    ):
        return None
    where = matches("d.stage", term, bind)
    if term.pattern == "exact":
        return _keyed("stage_holder", where, ordered=True)
    return _gathered(f"SELECT DISTINCT d.version_id FROM stage_holder AS d WHERE {where}")


def _format(term: Term, bind: Bound) -> Source | None:
    if term.pattern == "exact":
        return Source(VERSIONS, matches("v.format", term, bind), order="id")
    return None


def _model(term: Term, bind: Bound) -> Source | None:
    if term.pattern == "exact":
        return Source(VERSIONS, model_named("v.model_id", term, bind), order="number")
    if term.pattern == "prefix":
        return _of_models(matches("m.name", term, bind))
    return None


def _owner(term: Term, bind: Bound) -> Source | None:
    if term.pattern in ("exact", "prefix"):
        return _of_models(matches("m.owner", term, bind))
    return None


def _of_models(where: str) -> Source:
    return Source(f"model AS m CROSS JOIN {VERSIONS} ON v.model_id = m.id", where)


def _alias(term: Term, bind: Bound) -> Source | None:
    if term.pattern == "exact":
        return _keyed("alias", matches("d.alias", term, bind), ordered=False)
    return None


def _digest(term: Term, bind: Bound) -> Source | None:
    if term.pattern == "any" or len(term.value) < _LEAST_DIGEST:
        return None
    return _gathered(
        f"SELECT id AS version_id FROM version WHERE {begins('digest', term.value, bind)}"
        f" UNION SELECT version_id FROM version_file WHERE {begins('digest', term.value, bind)}"
    )


def _dataset(term: Term, bind: Bound) -> Source | None:
    if term.pattern not in ("exact", "prefix"):
        return None
    # A version may know one data set in two roles or under two digests.
    tests = [f"SELECT DISTINCT e.child AS version_id {test}" for test in dataset_edges(term, bind)]
    rows = _gathered(" UNION ".join(tests))
    return replace(rows, sample=" UNION ALL ".join(tests).replace("DISTINCT ", ""))


def _words(term: Term, bind: Bound) -> Source:
    if len(term.value) >= FULL_TEXT_LEAST:
        phrase = bind(full_text(term.value))
        models = f"SELECT rowid AS id FROM model_text WHERE model_text MATCH {phrase}"
        tags = f"SELECT rowid AS id FROM tag_text WHERE tag_text MATCH {phrase}"
    else:
        pattern = bind(contains_word(term.value))
        models = f"SELECT id FROM model WHERE name LIKE {pattern} ESCAPE '!'"
        tags = f"SELECT id FROM tag_term WHERE value LIKE {pattern} ESCAPE '!'"
    of_models = (
        "SELECT o.id AS version_id FROM ({}) AS w CROSS JOIN version AS o ON o.model_id = w.id"
    )
    of_tags = (
        "SELECT g.version_id FROM ({}) AS w CROSS JOIN tag_term AS n ON n.id = w.id"
        " CROSS JOIN tag AS g ON g.key = n.key AND g.value = n.value"
    )
    limit = " LIMIT {most}"
    return Source(
        f"({of_models.format(models)} UNION {of_tags.format(tags)}) AS d",
        row="d.version_id",
        sample=f"SELECT 1 FROM ({of_models.format(models + limit)}"
        f" UNION ALL {of_tags.format(tags + limit)})",
    )


_SOURCES: dict[str, Callable[[Term, Bound], Source | None]] = {
    "stage": _stage,
    "format": _format,
    "model": _model,
    "owner": _owner,
    "alias": _alias,
    "tag": _tag,
    "metrics": _metric,
    "params": _param,
    "dataset": _dataset,
    "digest": _digest,
    "text": _words,
}
