"""Scans of what is stored: looking again when the scanner has changed, and vouching for code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, Refused
from modelshelf.domain.plain import compact
from modelshelf.domain.scans import Rescan, ScanReport
from modelshelf.registry.naming import check_reason, find_inside, find_one
from modelshelf.registry.rights import right

if TYPE_CHECKING:
    from modelshelf.domain.inspection import Inspection
    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry.context import Context

Progress = Callable[[int, int, str], object]
_PAGE = 200
_MORE = "inspection.more"


class Scans:
    """The scans of a registry."""

    def __init__(self, context: Context) -> None:
        """Work in ``context``."""
        self._context = context

    @right("viewer")
    def outdated(self, limit: int = 1_000) -> tuple[str, ...]:
        """Return references of versions that an older scanner looked into, at most ``limit``."""
        from modelshelf.catalog.scans import outdated
        from modelshelf.formats import scanners

        found = outdated(self._context.connection(), scanners(), limit=limit)
        return tuple(version.reference for version in self._context.versions().versions(found))

    @right("contributor", of="references", doing="scan")
    def run(
        self,
        references: Sequence[str] = (),
        *,
        everything: bool = False,
        dry: bool = False,
        progress: Progress | None = None,
    ) -> ScanReport:
        """Look again into stored versions and record what is known of them now.

        Args:
            references: Versions; without any, those that an older scanner looked into.
            everything: All versions whose bytes are kept.
            dry: Record nothing.
            progress: Is told how many versions are done, 0 because nobody counts them first, and
                the one that is next.

        Raises:
            NotFound, Conflict: A reference names no version, or several.
            Refused: This is the past.
        """
        self._context.check_present()
        changed: list[Rescan] = []
        unreadable: list[str] = []
        scanned = 0
        for version in self._chosen(references, everything=everything):
            if progress is not None:
                progress(scanned, 0, version.reference)
            try:
                found = self._again(version, dry=dry)
            except ModelshelfError as error:
                unreadable.append(f"{version.reference}: {error}")
                continue
            scanned += 1
            if found.changed:
                changed.append(found)
        return ScanReport(scanned, tuple(changed), tuple(unreadable), recorded=not dry)

    def _chosen(self, references: Sequence[str], *, everything: bool) -> Iterator[ModelVersion]:
        from modelshelf.catalog import scans
        from modelshelf.formats import scanners

        reader = self._context.versions()
        if references:
            ids = [find_one(self._context, reference).id for reference in references]
            yield from reader.versions(ids)
            return
        after = 0
        while True:
            live = self._context.database.reader()
            if everything:
                page = scans.with_bytes(live, after=after, limit=_PAGE)
            else:
                page = scans.outdated(live, scanners(), after=after, limit=_PAGE)
            if not page:
                return
            yield from self._context.versions().versions(page)
            after = page[-1]

    def _again(self, version: ModelVersion, *, dry: bool) -> Rescan:
        from modelshelf.catalog.detail import read_detail
        from modelshelf.registry.arrival.arriving import look_into, stored_source
        from modelshelf.registry.contents import check_there, content_of

        before = read_detail(self._context.connection(), version).inspection
        content = content_of(self._context, version)
        check_there(self._context, content, version.reference)
        source = stored_source(self._context, content)
        after = replace(look_into(content, source).inspection, weights=before.weights)
        changed = replace(before, scanner=after.scanner) != after
        if not dry and before != after:
            self._record(version.reference, before, after)
        return Rescan(version.reference, before.verdict, after.verdict, _reason(after), changed)

    def _record(self, reference: str, before: Inspection, after: Inspection) -> None:
        from modelshelf.catalog.detail import read_detail
        from modelshelf.domain.events import VersionScanned

        with self._context.write(f"scan {reference}") as transaction:
            found = find_inside(self._context, transaction, reference)
            reader = self._context.inside(transaction)[0]
            (version,) = reader.versions([found.id])
            if read_detail(transaction.raw, version).inspection != before:
                raise Conflict(f"somebody else scanned {reference} at the same time")
            event = VersionScanned(
                found.id, found.model_id, found.model, found.number, compact(after)
            )
            transaction.record(event, found.reference)

    @right("reviewer", of="reference", doing="vouch for")
    def vouch(self, reference: str, *, reason: str) -> tuple[str, ...]:
        """Say that the unknown globals in a version's pickles may be used, for its model.

        A later version with exactly the same list needs no further word; one with another does.

        Returns:
            The globals, sorted.

        Raises:
            Invalid: It has none, or no reason is given.
            Conflict: Somebody vouched for this list already.
            Refused: There are more of them than are listed, or this is the past.
        """
        from modelshelf.catalog.detail import read_detail
        from modelshelf.catalog.scans import is_approved
        from modelshelf.domain.events import GlobalsApproved

        why = check_reason(reason)
        with self._context.write(f"vouch for {reference}") as transaction:
            found = find_inside(self._context, transaction, reference)
            (version,) = self._context.inside(transaction)[0].versions([found.id])
            seen = read_detail(transaction.raw, version).inspection
            names = seen.unknown_globals
            _check_list(found.reference, seen)
            if is_approved(transaction.raw, found.model_id, names):
                raise Conflict(
                    f"somebody vouched for the globals of {found.reference} already",
                    subject=found.reference,
                )
            event = GlobalsApproved(found.model_id, found.model, found.number, names, why)
            transaction.record(event, found.reference)
        return names


def _check_list(reference: str, seen: Inspection) -> None:
    if any(finding.rule == _MORE for finding in seen.findings):
        raise Refused(
            f"nobody can vouch for all globals of {reference}",
            why="there are more of them than the scan lists",
            hint="Save the model in a format that holds no code, such as safetensors or ONNX.",
            subject=reference,
        )
    if not seen.unknown_globals:
        raise Invalid(
            f"{reference} uses no globals that anybody has to vouch for",
            why=f"its scan says {seen.verdict}",
            subject=reference,
        )


def _reason(seen: Inspection) -> str:
    for severity in ("dangerous", "warning"):
        for finding in seen.findings:
            if finding.severity == severity:
                return f"{finding.detail} ({finding.rule})"
    return ""
