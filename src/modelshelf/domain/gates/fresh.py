"""The gate ``fresh``: the evidence for a version is not older than the policy allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from modelshelf.domain.gates.saying import Answer, age, span, told, worst
from modelshelf.domain.plain import read_moment

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate, Case, Tools
    from modelshelf.domain.policy import Gate

TAGS = {"evaluated": "evaluated_at", "data": "data_until"}
"""The tags that say when: a date, or a moment in ISO 8601."""
_WHAT = {"registered": "registered", "evaluated": "evaluated", "data": "trained on data from"}
_SILENT = {
    "evaluated": f"when it was evaluated: it has no tag {TAGS['evaluated']},"
    " and no command or other gate of this stage was measured on it",
    "data": f"when its data is from: it has no tag {TAGS['data']},"
    " and no data set it was trained on has a date as its version",
}
_AHEAD = timedelta(days=1)  # a date of today may lie ahead in another zone
_MOMENT_MOST = 40


def fresh(gate: Gate, candidate: Candidate, case: Case, _tools: Tools) -> Answer:
    """Say whether each time that ``of`` names lies at most ``within`` seconds back.

    ``registered`` is when the version was registered. ``evaluated`` is its tag ``evaluated_at``
    or the newest measurement of a command or another's gate of this stage, whichever is later.
    ``data`` is its tag ``data_until`` or the latest date that stands as the version of a data set
    it was trained on.
    """
    within = float(told(gate, "within"))
    of = [each for each in dict.fromkeys(told(gate, "of")) if each in _WHAT]
    return worst(
        [_one(each, within, candidate, case) for each in of],
        Answer("pass", "nothing", "nothing", "nothing was asked for"),
    )


def _one(of: str, within: float, candidate: Candidate, case: Case) -> Answer:
    name = candidate.detail.version.reference
    required = f"{of} within {span(within)}"
    found = max(_times(of, candidate, case), default=None)
    if found is None:
        return Answer("fail", f"{of}: no time", required, f"{name} does not say {_SILENT[of]}")
    elapsed = case.now - found
    observed = f"{of} {found:%Y-%m-%d %H:%M} UTC"
    if elapsed < -_AHEAD:
        said = f"{name} says it was {_WHAT[of]} {found:%Y-%m-%d}, which is still to come"
        return Answer("fail", observed, required, said)
    said = f"{name} was {_WHAT[of]} {age(elapsed)}"
    if elapsed.total_seconds() > within:
        return Answer("fail", observed, required, f"{said}, {span(within)} allowed")
    return Answer("pass", observed, required, said)


def _times(of: str, candidate: Candidate, case: Case) -> Iterator[datetime]:
    version = candidate.detail.version
    if of == "registered":
        yield version.created_at
        return
    yield from _read(version.tags.get(TAGS[of]))
    if of == "evaluated":
        for gate in case.gates:
            measured = candidate.measured.get(gate.name)
            own = gate.kind in ("run", "plugin")
            rules = gate.definition_for(case.stage.name)
            if own and measured is not None and measured.definition == rules:
                yield measured.at
    else:
        for dataset in candidate.detail.datasets:
            if dataset.role == "trained_on":
                yield from _read(dataset.version)


def _read(text: str | None) -> Iterator[datetime]:
    if text is None or len(text) > _MOMENT_MOST:
        return
    try:
        yield read_moment(text)
    except (ValueError, OverflowError):  # a word, or an end of the calendar in another zone
        return
