"""What takes the room on the disk, and what a collection of garbage would free; only looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.domain.text import plural, safe, size_text
from modelshelf.tui.items import Item, Listing
from modelshelf.tui.show import Cell, ago, line, styled
from modelshelf.tui.widgets.grid import Column

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.overview import Stored
    from modelshelf.registry import Registry
    from modelshelf.registry.storing import AdoptedFolder, ModelBytes, Storage
    from modelshelf.registry.upkeep import CollectPlan
    from modelshelf.tui.tasks import Task
    from modelshelf.tui.widgets.paragraphs import Paragraph

LOW = 256 * 1024 * 1024
"""Bytes free below which the disk counts as full, as the doctor has it."""
_SHARE = 24
_SHOWN = 200
COLLECT = "modelshelf gc"


@dataclass(frozen=True, slots=True)
class Room:
    """What takes the room: the sums, and by model."""

    stored: Stored
    storage: Storage

    @property
    def missing(self) -> int:
        """How many adopted files are not where they were."""
        return sum(folder.missing for folder in self.storage.folders)


@dataclass(frozen=True, slots=True)
class Garbage:
    """What a collection would free: the plan, its versions, and when it was made."""

    plan: CollectPlan
    versions: tuple[ModelVersion, ...]
    at: datetime


def room(registry: Registry) -> Room:
    """Look at what takes the room."""
    return Room(registry.overview.stored(), registry.upkeep.storage())


def garbage(registry: Registry, task: Task, at: datetime) -> Garbage:
    """Plan a collection; nothing is freed."""
    plan = registry.upkeep.gc_plan(progress=task.progress)
    return Garbage(plan, registry.versions.by_ids(plan.version_ids[:_SHOWN]), at)


# --- storage --------------------------------------------------------------------------------------


def storage(found: Room | None) -> Listing:
    """Return models by their bytes, after what does not lie where it did."""
    if found is None:
        return Listing(told=(("", line("looking at what takes the room …")),))
    columns = (
        Column("", 1),
        Column("model or place", 24, grow=True, most=60),
        Column("files", 7, right=True, rank=1),
        Column("bytes", 10, right=True),
        Column("of the largest", _SHARE, rank=2),
    )
    lost = [one for one in found.storage.folders if one.missing]
    largest = max((one.size for one in found.storage.models), default=0)
    items = [_folder(one) for one in lost]
    items += [_model(one, largest, found) for one in found.storage.models]
    return Listing(columns, tuple(items), tuple(sums(found)), note=_sum(found))


def _sum(found: Room) -> str:
    return f"{size_text(found.stored.stored)} stored, {size_text(found.storage.free)} free"


def sums(found: Room) -> list[Paragraph]:
    """Return the sums."""
    stored, rest = found.stored, found.storage
    adopted = sum(folder.files for folder in rest.folders)
    looked = plural(adopted, "file")
    missing = f", {found.missing:,} not where they were" if found.missing else ""
    rows: list[Paragraph] = [
        ("stored", line(size_text(stored.stored))),
        ("saved", line(f"{size_text(stored.shared)} by keeping once what versions share")),
        ("in place", line(f"{size_text(stored.in_place)}, {looked} looked for{missing}")),
        ("quarantine", line(size_text(rest.quarantine))),
        ("free", line(f"{size_text(rest.free)} on the disk")),
    ]
    return rows if stored.in_place or adopted else [r for r in rows if r[0] != "in place"]


def _model(one: ModelBytes, largest: int, found: Room) -> Item:
    full = round(_SHARE * one.size / largest) if largest > 0 else 0
    bar = "█" * full or ("▏" if one.size else "")
    cells = (
        Cell(""),
        Cell(safe(one.model), "strong"),
        Cell(f"{one.files:,}"),
        Cell(size_text(one.size)),
        Cell(bar, "accent"),
    )
    own: list[Paragraph] = [
        ("model", styled((one.model, "strong"))),
        ("bytes", line(f"{one.size:,} in {one.files:,} different files, of all its versions")),
        ("", line("")),
        ("", styled(("the registry", "strong"))),
    ]
    return Item(("model", one.model), cells, lambda: [*own, *sums(found)], one.model, one)


def _folder(one: AdoptedFolder) -> Item:
    cells = (
        Cell("✗", "warn"),
        Cell(safe(one.folder)),
        Cell(f"{one.missing:,}", "warn"),
        Cell("missing", "warn"),
        Cell(""),
    )
    what = f"{one.missing:,} of {one.files:,} adopted files are not there, or cannot be reached"
    about = (
        ("place", line(one.folder)),
        ("what", styled((what, "warn"))),
        ("do", line("Bring the disk or the folder back; what was moved is adopted again by it.")),
    )
    return Item(("folder", one.folder), cells, lambda: about, one.folder, one)


# --- what a collection would free -----------------------------------------------------------------

_TEACHING = (
    "p looks at what a collection of garbage would free:",
    "the bytes of versions that were yanked thirty days ago and hold nothing,",
    "and what broken registrations left behind.",
    f"Nothing is ever freed from the app; the command for it is {COLLECT}, which asks first.",
)


def collection(found: Garbage | None, now: datetime) -> Listing:
    """Return what a collection would free, version by version."""
    if found is None:
        return Listing(told=tuple(("", line(text, 600)) for text in _TEACHING))
    items = tuple(_version(one, found, now) for one in found.versions)
    columns = (
        Column("version", 24, grow=True, most=60),
        Column("bytes", 10, right=True),
        Column("yanked because", 24, grow=True, begins=True),
    )
    return Listing(columns, items, tuple(_plan(found, now)), note=freeable(found))


def freeable(found: Garbage) -> str:
    """Return how much could be freed, in a few words."""
    plan = found.plan
    if not plan.size and not plan.versions:
        return "nothing to free"
    return f"{size_text(plan.size)} can be freed, {plural(plan.blobs, 'blob')}"


def _version(one: ModelVersion, found: Garbage, now: datetime) -> Item:
    cells = (
        Cell(safe(one.reference), "strong"),
        Cell(size_text(one.size)),
        Cell(safe(one.yanked or "", 300)),
    )
    used = [c for c in found.plan.consumers if c.reference == one.reference]

    def about() -> list[Paragraph]:
        rows: list[Paragraph] = [
            ("version", styled((one.reference, "strong"))),
            ("bytes", line(f"{one.size:,}; less is freed where other versions share files")),
            ("yanked", styled((one.yanked or "", "warn"))),
            ("grace", line(f"{found.plan.grace_days:g} days, which are over")),
        ]
        rows += [("used by", styled((safe(c.name), "warn"))) for c in used[:5]]
        return [*rows, ("", line("")), *_plan(found, now)]

    return Item(one.id, cells, about, one.reference, one)


def _plan(found: Garbage, now: datetime) -> list[Paragraph]:
    plan = found.plan
    rows: list[Paragraph] = [
        ("in all", styled((freeable(found), "strong"), (f"  as of {ago(now, found.at)}", "dim"))),
    ]
    if plan.versions:
        rows.append(("versions", line(f"{len(plan.versions):,} whose grace is over")))
    elif plan.size:
        rows.append(("why", line("no version names these bytes: a registration was broken off")))
    if plan.foreign:
        many = plural(len(plan.foreign), "name is", "names are")
        told = f"{many} not the store's, never touched: {plan.foreign[0]}"
        rows.append(("foreign", line(told)))
    if plan.size or plan.versions:
        rows.append(("to free it", styled((COLLECT, "accent"), "  in a shell; y copies it")))
    return rows
