"""Recording what arrived as versions: one, or many in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from modelshelf.catalog.model_reader import Line
from modelshelf.domain import events
from modelshelf.domain.content import Content
from modelshelf.domain.errors import Conflict, Refused
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.names import check_model_name, parse_reference
from modelshelf.domain.plain import compact
from modelshelf.domain.provenance import Details
from modelshelf.registry.basing import check_kept
from modelshelf.registry.models import check_free

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.reader import Found
    from modelshelf.registry.context import Context


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that is ready to be recorded: its bytes are stored and looked at.

    Attributes:
        model: The model's name.
        content: The stored content.
        inspection: What looking found.
        details: What it was made from.
        source: Where it was taken from, in words.
    """

    model: str
    content: Content
    inspection: Inspection
    details: Details = field(default_factory=Details)
    source: str = ""


class Recorder:
    """Records drafts inside one transaction; remembers ids, so that many cost no question each."""

    def __init__(self, context: Context, transaction: Transaction) -> None:
        """Record in ``transaction``."""
        self._context = context
        self._transaction = transaction
        self._ids: dict[str, int] = {}
        self._lines: dict[int, Line] = {}
        self._model_id, self._version_id = context.inside(transaction)[1].newest_ids()

    def existing(self, draft: Draft) -> int | None:
        """Return the id of the version of that model that has this content already."""
        versions = self._context.inside(self._transaction)[0]
        same = versions.same_content(self._line(draft.model).id, draft.content.digest)
        return None if same is None else same.id

    def moved(self, content: Content) -> int | None:
        """Find adopted versions of this content that are not where they were, and say where now.

        Returns:
            The id of the newest of them; ``None`` when there is none, or it was not adopted.
        """
        from modelshelf.catalog.locations import adopted

        if not content.place:
            return None
        gone = [
            version
            for version in adopted(self._transaction.raw, content.digest)
            if not self._context.resolve(version.place).exists()
        ]
        for version in gone:
            event = events.ContentRelocated(
                version.version_id,
                version.model_id,
                version.model,
                version.number,
                place=content.place,
                former=version.place,
            )
            self._transaction.record(event, version.reference)
        return gone[0].version_id if gone else None

    def record(self, draft: Draft) -> int:
        """Record ``draft`` as the next version of its model and return its id.

        Raises:
            NotFound, Invalid: Its base is no version.
            Conflict: The model's name clashes with another.
        """
        line = self._line(draft.model)
        number = line.latest + 1
        details = draft.details
        base = None if details.base is None else self._base(details.base)
        if base is not None:  # what is recorded does not move as "churn:latest" does
            details = replace(details, base=base.reference)
        details, base_ids = self._bases(details)
        check_kept(self._context, details.code)
        self._version_id += 1
        event = events.VersionRegistered(
            version_id=self._version_id,
            model_id=line.id,
            model=line.name,
            number=number,
            content=compact(draft.content),
            inspection=compact(draft.inspection),
            details=compact(details),
            source=draft.source,
            base_id=None if base is None else base.id,
            base_ids=base_ids or None,
        )
        self._transaction.record(event, f"{line.name}:v{number}")
        self._lines[line.id] = Line(line.id, line.name, number)
        return self._version_id

    def _bases(self, details: Details) -> tuple[Details, dict[str, int]]:
        """Return the details with further bases as they are recorded, and ids of the versions."""
        if not details.bases:
            return details, {}
        from modelshelf.registry.basing import settle_bases

        names, ids = settle_bases(self._context.inside(self._transaction)[0], details)
        return replace(details, bases=names), ids

    def _base(self, reference: str) -> Found:
        return self._context.inside(self._transaction)[0].one(parse_reference(reference))

    def _line(self, name: str) -> Line:
        if name not in self._ids:
            line = self._find(name) or self._create(name)
            self._ids[name] = line.id  # a former name leads to the line of the present one
            self._lines.setdefault(line.id, line)
        return self._lines[self._ids[name]]

    def _find(self, name: str) -> Line | None:
        line = self._context.inside(self._transaction)[1].line(name)
        if line is not None and line.retired:
            raise Refused(
                f"{line.name} is retired",
                hint=f'Take it into use again: modelshelf restore {line.name} --reason "…"',
                subject=line.name,
            )
        return line

    def _create(self, name: str) -> Line:
        check_model_name(name)
        check_free(self._context.inside(self._transaction)[1], name)
        self._model_id += 1
        self._transaction.record(events.ModelCreated(self._model_id, name), name)
        return Line(self._model_id, name, 0)


def check_stored(context: Context, content: Content) -> None:
    """Check, inside the write lock, that nobody collected the bytes since they were stored.

    Raises:
        Conflict: A blob is gone.
    """
    stored = set() if content.place else {f.digest for f in content.files}
    for digest in stored | ({content.digest} if content.kind == "folder" else set()):
        if not context.blobs.has(digest):
            raise Conflict(
                f"the bytes of {content.name} were collected before they were recorded",
                observed=digest,
                hint="Register it again.",
            )


def record_one(context: Context, draft: Draft, *, force_new: bool) -> tuple[int, bool]:
    """Record a draft; return the id of the version that has its content, and whether it is new.

    Args:
        context: The registry.
        draft: What is to be recorded; its bytes are stored.
        force_new: Make a new version even of known content.
    """
    with context.write(f"register {draft.model}") as transaction:
        check_stored(context, draft.content)
        recorder = Recorder(context, transaction)
        existing = None if force_new else recorder.moved(draft.content)
        if existing is None and not force_new:
            existing = recorder.existing(draft)
        version_id = recorder.record(draft) if existing is None else existing
    return version_id, existing is None


def record_many(context: Context, drafts: Iterable[Draft]) -> int:
    """Record many drafts in one transaction; return how many."""
    count = 0
    with context.write("register many versions") as transaction:
        recorder = Recorder(context, transaction)
        for draft in drafts:
            recorder.record(draft)
            count += 1
    return count
