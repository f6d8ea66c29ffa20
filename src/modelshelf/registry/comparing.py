"""Comparing versions: what is recorded about them, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Invalid, NotFound
from modelshelf.domain.names import parse_reference
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection
    from modelshelf.catalog.reader import Found
    from modelshelf.domain.comparison import CommitRange, Comparison
    from modelshelf.domain.comparison.ancestry import Ancestry
    from modelshelf.domain.models import VersionDetail
    from modelshelf.registry.context import Context

COMPARED_MOST = 8
UPSTREAM_MOST = 2_000
"""Things upstream of the versions that are walked for the section ``lineage``."""
_COMMIT_SHOWN = 12


def check_compared(references: Sequence[str], baseline: str | None) -> int:
    """Return the place of the baseline among references that are compared, as they are written.

    Raises:
        Invalid: Fewer than two versions or more than eight, or a baseline that is none of them.
    """
    _check_count(references)
    if baseline is None:
        return 0
    if baseline not in references:
        raise _no_baseline(references, baseline)
    return list(references).index(baseline)


def place_of_baseline(
    context: Context, references: Sequence[str], ids: Sequence[int], baseline: str | None
) -> int:
    """Return the place of the version that ``baseline`` names among those that are compared.

    Args:
        context: The registry.
        references: As the caller wrote them.
        ids: Of their versions, in the same order.
        baseline: Any reference of one of them; ``None`` for the first.

    Raises:
        Invalid: It names none of them.
    """
    if baseline is None or baseline in references:
        return 0 if baseline is None else list(references).index(baseline)
    try:
        wanted = _found(context, baseline).id
    except (Invalid, NotFound, Conflict) as exc:  # what else there is, is no answer to this
        raise _no_baseline(references, baseline) from exc
    if wanted not in ids:
        raise _no_baseline(references, baseline)
    return list(ids).index(wanted)


def check_sections(only: Sequence[str]) -> None:
    """Check that there are sections of these names.

    Raises:
        Invalid: Names the first that is none.
    """
    from modelshelf.domain.comparison import SECTIONS

    given = (only,) if isinstance(only, str) else only
    unknown = next((name for name in given if name not in SECTIONS), None)
    if unknown is None:
        return
    from difflib import get_close_matches

    near = get_close_matches(str(unknown)[:200], SECTIONS, n=1)
    raise Invalid(
        f"a comparison has no section {safe(unknown, 60)!r}",
        observed=safe(unknown, 60),
        required=", ".join(SECTIONS),
        hint=f"Did you mean {near[0]}?" if near else f"There are {', '.join(SECTIONS)}.",
    )


def compare(
    context: Context,
    references: Sequence[str],
    *,
    baseline: str | None = None,
    only: Sequence[str] = (),
    repository: str | Path | None = None,
) -> Comparison:
    """Lay versions side by side; see ``Comparisons.compare``."""
    from modelshelf.domain.comparison import compare as lay

    _check_count(references)
    check_sections(only)
    wanted = frozenset((only,) if isinstance(only, str) else only)
    found = [_found(context, reference) for reference in references]
    ids = [one.id for one in found]
    place = place_of_baseline(context, references, ids, baseline)
    connection = _connection(context, found)
    details = _details(context, connection, ids, tensors=not wanted or "weights" in wanted)
    ancestry = None
    if not wanted or "lineage" in wanted:
        ancestry = _ancestry(context, connection, ids)
    asks_git = repository is not None and (not wanted or "code" in wanted)
    ranges, notes = _ranges(details, place, Path(repository or ".")) if asks_git else ({}, ())
    return lay(
        details, baseline=place, only=wanted, ranges=ranges, code_notes=notes, ancestry=ancestry
    )


def _check_count(references: Sequence[str]) -> None:
    count = 1 if isinstance(references, str) else len(references)
    if isinstance(references, str) or not 2 <= len(references) <= COMPARED_MOST:  # noqa: PLR2004 - two make a comparison
        raise Invalid(
            f"{'one' if count == 1 else count} "
            f"version{'s' if count != 1 else ''} cannot be compared",
            required=f"2 to {COMPARED_MOST}",
            hint="modelshelf compare churn:v1 churn:v2",
        )


def _no_baseline(references: Sequence[str], baseline: object) -> Invalid:
    named = ", ".join(safe(reference, 60) for reference in references)
    return Invalid(
        f"the baseline {safe(baseline, 120)!r} is not one of the versions that are compared",
        observed=safe(baseline, 120),
        required=named,
        hint=f"Name one of {named}.",
    )


def _found(context: Context, reference: str) -> Found:
    parsed = parse_reference(reference)
    return context.versions(parsed.model).one(parsed)


def _connection(context: Context, found: Sequence[Found]) -> Connection:
    """Return a connection for everything about these versions, at present or as it was."""
    if context.seq is None:
        return context.connection()
    from modelshelf.catalog.compared import models_of
    from modelshelf.catalog.detail import relatives
    from modelshelf.catalog.graph import reached

    live = context.database.reader()
    kin = [relatives(live, one.id, context.seq) for one in found]
    if None in kin:
        return context.connection()
    # What was upstream then and is not now, because somebody took the link away, is left out.
    above = models_of(live, reached(live, [one.id for one in found], "up"))
    return context.connection(above.union(*(some for some in kin if some is not None)))


def _details(
    context: Context, connection: Connection, ids: Sequence[int], *, tensors: bool
) -> list[VersionDetail]:
    from modelshelf.catalog.details import read_details
    from modelshelf.catalog.reader import Reader

    distinct = list(dict.fromkeys(ids))
    versions = Reader(connection, context.policy.assignable).versions(distinct)
    details = read_details(connection, versions)
    if tensors:
        from modelshelf.catalog.compared import tensors_of

        for ident, entries in tensors_of(connection, distinct).items():
            seen = details[ident].inspection
            if seen.weights is not None:
                whole = replace(seen, weights=replace(seen.weights, tensors=entries))
                details[ident] = replace(details[ident], inspection=whole)
    return [details[ident] for ident in ids]


def _ancestry(context: Context, connection: Connection, ids: Sequence[int]) -> Ancestry:
    """Return everything upstream of the versions, walked for all of them at once."""
    from modelshelf.catalog.graph import nodes, steps
    from modelshelf.domain.comparison.ancestry import Ancestry

    seen, level = set(ids), list(dict.fromkeys(ids))
    found: set[tuple[int, int, str, str]] = set()
    while level and len(seen) <= UPSTREAM_MOST:
        new = steps(connection, level, "up")
        found.update(new)
        level = list(dict.fromkeys(parent for parent, *_ in new if parent not in seen))
        seen.update(level)
    known = nodes(connection, seen, context.policy.names) if found else {}
    return Ancestry(tuple(ids), frozenset(found), known, cut=bool(level))


def _ranges(
    details: Sequence[VersionDetail], baseline: int, repository: Path
) -> tuple[dict[int, CommitRange], tuple[str, ...]]:
    """Return what lies between the commit of the baseline and those of the others, by place."""
    from modelshelf.surroundings.git_log import commits_between, find_commits

    told = [detail.code.commit if detail.code else None for detail in details]
    commits = [commit if isinstance(commit, str) else None for commit in told]
    first = commits[baseline]
    others = {commit for commit in commits if commit and commit != first}
    if not first or not others:
        return {}, ()
    asked = sorted({first, *others})
    known, why = find_commits(repository, asked)
    if why:
        return {}, (f"The repository at hand was not asked: {safe(why, 200)}.",)
    missing = [commit[:_COMMIT_SHOWN] for commit in asked if commit not in known]
    notes = [f"The repository at hand does not hold {', '.join(missing)}."] if missing else []
    ranges = {
        place: commits_between(repository, known[first], known[commit])
        for place, commit in enumerate(commits)
        if place != baseline and commit in known and first in known
    }
    notes += [f"git: {safe(found.why, 200)}." for found in ranges.values() if found.why]
    return ranges, tuple(dict.fromkeys(notes))
