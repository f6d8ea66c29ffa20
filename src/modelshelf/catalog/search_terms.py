"""The terms of a search as SQL conditions on one version; every value is bound, never written in.

Conditions speak of ``v`` (the version's row) and ``m`` (its model's row); the version's id is named
by the caller, because the table that drives the search may hold it as well.
"""

from __future__ import annotations

from collections.abc import Callable

from modelshelf.domain.query import Term

FULL_TEXT_LEAST = 3  # characters; a trigram index cannot find shorter words
_LAST_POINT = 0x10FFFF
_SURROGATES = (0xD800, 0xE000)


class Bound:
    """The values of one statement and the names they are bound by."""

    def __init__(self) -> None:
        """Start without values."""
        self.values: dict[str, object] = {}

    def __call__(self, value: object) -> str:
        """Keep ``value``; return the name that stands for it in the statement."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def condition(term: Term, row: str, bind: Bound) -> str:
    """Return the SQL that is true when the version ``row`` meets ``term``."""
    positive = _CONDITIONS[term.field](term, row, bind)
    return f"({positive}) IS NOT TRUE" if term.negated else f"({positive})"


def matches(column: str, term: Term, bind: Bound) -> str:
    """Return the SQL that is true when the text in ``column`` is what ``term`` asks for."""
    if term.pattern == "any":
        return "TRUE"
    if term.pattern == "contains":
        return f"instr({column}, {bind(term.value)}) > 0"
    if term.pattern == "prefix":
        return begins(column, term.value, bind)
    return f"{column} = {bind(term.value)}"


def begins(column: str, prefix: str, bind: Bound) -> str:
    """Return the SQL, a range that an index can serve, of texts that begin with ``prefix``."""
    low = f"{column} >= {bind(prefix)}"
    end = _after(prefix)
    return f"{low} AND {column} < {bind(end)}" if end else low


def _after(prefix: str) -> str:
    """Return the least text, by code points, above all that begin with ``prefix``; or nothing."""
    kept = prefix.rstrip(chr(_LAST_POINT))
    if not kept:
        return ""
    point = ord(kept[-1]) + 1
    first, end = _SURROGATES
    return kept[:-1] + chr(end if first <= point < end else point)


def contains_word(word: str) -> str:
    """Return the LIKE pattern, escaped by ``!``, of texts that hold ``word``."""
    escaped = "".join(f"!{c}" if c in "!%_" else c for c in word)
    return f"%{escaped}%"


def full_text(word: str) -> str:
    """Return the full-text phrase that stands for ``word`` and nothing else."""
    return '"' + word.replace('"', '""') + '"'


def _keyed(term: Term, row: str, bind: Bound) -> str:
    table = {"metrics": "metric", "params": "param"}.get(term.field, term.field)
    # The comparison stands in the SELECT list, so that no index but the primary key can tempt the
    # planner; a version without the key gives NULL, which is not true.
    test, key = value_matches("value", "number", term, bind), bind(term.key)
    return f"(SELECT {test} FROM {table} WHERE version_id = {row} AND key = {key})"


def value_matches(value: str, number: str, term: Term, bind: Bound) -> str:
    """Return the SQL that compares the value of a tag, metric or parameter.

    Args:
        value: The column of the value.
        number: The column of a parameter's numeric reading.
        term: What is asked for.
        bind: Takes the values.
    """
    if term.number is None:
        text = matches(value, term, bind)
        return f"NOT ({text})" if term.operator == "!=" else text
    operator = "<>" if term.operator == "!=" else term.operator
    if term.field == "metrics":
        return f"{value} {operator} {bind(term.number)}"
    compared = f"{number} {operator} {bind(term.number)}"
    # A parameter that is text differs from every number.
    return f"({number} IS NULL OR {compared})" if operator == "<>" else compared


_DIGEST = "sha256:"
_OF_DATASETS = "e.kind IN ('trained_on', 'evaluated_on')"


def dataset_edges(term: Term, bind: Bound) -> tuple[str, ...]:
    """Return SQL that begins at FROM and finds the edges ``e`` from versions to a data set.

    An edge's label is the data set's name, followed by a space and the version where there is one;
    the key of its node is the digest, when it is known.
    """
    by_label = [f"FROM edge AS e WHERE {_OF_DATASETS} AND {t}" for t in _labels(term, bind)]
    if not _may_be_key(term):
        return tuple(by_label)
    by_key = (
        "FROM node AS n CROSS JOIN edge AS e ON e.parent = n.id WHERE n.kind = 'dataset'"
        f" AND {matches('n.key', term, bind)} AND e.child > 0 AND {_OF_DATASETS}"
    )
    return (*by_label, by_key)


def _labels(term: Term, bind: Bound) -> tuple[str, ...]:
    if term.pattern != "exact":
        return (matches("e.label", term, bind),)
    versions = begins("e.label", f"{term.value} ", bind)
    spaced = term.value.replace("@", " ", 1)
    one = () if spaced == term.value else (f"e.label = {bind(spaced)}",)  # as a lineage has it
    return (matches("e.label", term, bind), *one, f"({versions})")


def _may_be_key(term: Term) -> bool:
    return term.pattern == "exact" or (term.pattern == "prefix" and term.value.startswith(_DIGEST))


def _some(table: str, row: str, test: str) -> str:
    """Return the SQL that is true when one of the rows of a version passes ``test``.

    Not EXISTS: the planner turns that into a join and may then begin at an index of what is tested.
    """
    best = f"max(CASE WHEN {test} THEN 1 ELSE 0 END)"
    return f"(SELECT {best} FROM {table} WHERE version_id = {row}) = 1"


def _stage(term: Term, row: str, bind: Bound) -> str:
    held = f"EXISTS (SELECT 1 FROM stage_holder WHERE version_id = {row})"
    if term.pattern == "exact" and term.value in ("draft", "archived"):
        return f"v.archived = {1 if term.value == 'archived' else 0} AND NOT {held}"
    return _some("stage_holder", row, matches("stage", term, bind))


def _model(term: Term, _row: str, bind: Bound) -> str:
    if term.pattern == "exact":
        return model_named("v.model_id", term, bind)
    return matches("m.name", term, bind)


def model_named(column: str, term: Term, bind: Bound) -> str:
    """Return the SQL that is true when ``column`` is the model of that present or former name."""
    return f"{column} = (SELECT model_id FROM model_name WHERE name = {bind(term.value)})"


def _owner(term: Term, _row: str, bind: Bound) -> str:
    return "m.owner <> ''" if term.pattern == "any" else matches("m.owner", term, bind)


def _dataset(term: Term, row: str, bind: Bound) -> str:
    tests = list(_labels(term, bind))
    if _may_be_key(term):
        key = matches("n.key", term, bind)
        tests.append(f"(SELECT {key} FROM node AS n WHERE n.id = e.parent)")
    best = f"max(CASE WHEN {_OF_DATASETS} AND ({' OR '.join(tests)}) THEN 1 ELSE 0 END)"
    return f"(SELECT {best} FROM edge AS e WHERE e.child = {row}) = 1"


def _digest(term: Term, row: str, bind: Bound) -> str:
    if term.pattern == "any":
        return "TRUE"
    of_file = _some("version_file", row, begins("digest", term.value, bind))
    return f"({begins('v.digest', term.value, bind)}) OR {of_file}"


def _state(term: Term, row: str, bind: Bound) -> str:
    match term.value:
        case "yanked":
            return "v.yanked IS NOT NULL"
        case "freed":
            return "v.freed = 1"
        case "latest":
            return "v.number = m.latest"
        case _:
            return _stage(term, row, bind)


def _word(term: Term, row: str, bind: Bound) -> str:
    if term.value.isascii() or len(term.value) < FULL_TEXT_LEAST:
        # Cheap for each row, and LIKE folds the case of ASCII letters as the full text does.
        name = f"{bind(contains_word(term.value))} ESCAPE '!'"
        return f"m.name LIKE {name} OR {_some('tag', row, f'value LIKE {name}')}"
    # Names of models are ASCII, so only tags can hold the word.
    found = f"SELECT rowid FROM tag_text WHERE tag_text MATCH {bind(full_text(term.value))}"
    term_id = "SELECT id FROM tag_term AS n WHERE n.key = tag.key AND n.value = tag.value"
    return _some("tag", row, f"({term_id}) IN ({found})")


_CONDITIONS: dict[str, Callable[[Term, str, Bound], str]] = {
    "stage": _stage,
    "format": lambda term, _row, bind: matches("v.format", term, bind),
    "model": _model,
    "owner": _owner,
    "by": lambda term, _row, bind: matches("v.created_by", term, bind),
    "alias": lambda term, row, bind: _some("alias", row, matches("alias", term, bind)),
    "tag": _keyed,
    "metrics": _keyed,
    "params": _keyed,
    "dataset": _dataset,
    "digest": _digest,
    "verdict": lambda term, _row, bind: matches("v.verdict", term, bind),
    "is": _state,
    "text": _word,
}
