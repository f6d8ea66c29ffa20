"""Hooks and their deliveries: asked for, and how they look; no secret is ever among it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.domain.deliveries import Delivery, DeliveryReport, HookStanding
from modelshelf.domain.text import plural, safe
from modelshelf.tui.items import Item, Listing
from modelshelf.tui.show import Cell, Look, age, ago, line, moment, styled
from modelshelf.tui.widgets.grid import Column

if TYPE_CHECKING:
    from modelshelf.registry import Registry
    from modelshelf.tui.tasks import Task
    from modelshelf.tui.widgets.paragraphs import Paragraph

STATES = ("", "failed", "pending", "delivered", "skipped")
"""What can be asked for; the empty one is all."""
PAGE = 128
_LONG = 600
_SIGNS: dict[str, tuple[str, Look]] = {
    "delivered": ("✓", "plain"),
    "pending": ("○", "accent"),
    "failed": ("✗", "warn"),
    "skipped": ("–", "dim"),
}
LINES = """\
[[hooks]]
name = "deploy"
on = ["stage.assigned", "stage.rolled_back"]
run = ["./deploy.sh"]     # gets the event on stdin; or url = "https://..."
"""
_TEACHING = (
    "Nobody outside is told of anything yet.",
    "A hook runs a command or posts to an address whenever something happens.",
    "These lines in modelshelf.toml add one; y copies them:",
    "",
    *LINES.splitlines(),
    "",
    "The app sees it within a second. docs/hooks.md says what is told, and how it is signed.",
)


@dataclass(frozen=True, slots=True)
class Told:
    """The hooks, the deliveries of one state and hook, and whether there are more of those."""

    hooks: tuple[HookStanding, ...]
    deliveries: tuple[Delivery, ...]
    more: bool = False

    def hook(self, key: str) -> HookStanding | None:
        """Return a hook of the policy."""
        return next((one for one in self.hooks if one.key == key), None)

    @property
    def waiting(self) -> int:
        """How many deliveries wait."""
        return sum(one.pending for one in self.hooks)

    @property
    def failed(self) -> int:
        """How many were given up."""
        return sum(one.failed for one in self.hooks)


def told(registry: Registry, hook: str, state: str, limit: int) -> Told:
    """Return the hooks and the newest deliveries of one state and hook, or of all."""
    found = registry.hooks.deliveries(hook=hook or None, state=state or None, limit=limit)
    return Told(registry.hooks.list(), found, more=len(found) == limit)


def deliver(registry: Registry, task: Task) -> DeliveryReport:
    """Tell the hooks what is due, as long as nobody stops it."""
    tried = 0

    def progress(delivery: Delivery) -> None:
        nonlocal tried
        tried += 1
        at = f"{safe(delivery.hook, 40)}: {safe(delivery.event, 40)}"
        task.note(tried, max(tried, task.whole), at)

    return registry.hooks.deliver(stop=lambda: task.stopped, progress=progress)


def report(done: DeliveryReport, *, stopped: bool) -> str:
    """Return what a run did, as a sentence."""
    if done.note:
        return f"Nothing was done: {done.note}."
    begun = "Stopped: " if stopped else ""
    next_one = f", the next at {done.next_due:%H:%M:%S} UTC" if done.next_due else ""
    counted = f"{done.delivered:,} told, {done.failed:,} given up, {done.waiting:,} waiting"
    return f"{begun}{counted}{next_one}."


# --- hooks ----------------------------------------------------------------------------------------


def hooks(found: Told, now: datetime) -> Listing:
    """Return the hooks of the policy, or how to add one."""
    if not found.hooks:
        return Listing(told=tuple(("", line(text, _LONG)) for text in _TEACHING))
    columns = (
        Column("", 1),
        Column("hook", 14, grow=True, most=30),
        Column("told of", 18, grow=True, rank=2, begins=True),
        Column("models", 10, grow=True, rank=4, begins=True),
        Column("how", 20, grow=True, rank=3, begins=True),
        Column("waiting", 7, right=True),
        Column("given up", 8, right=True),
        Column("last told", 9, right=True, rank=1),
    )
    return Listing(columns, tuple(_hook(one, now) for one in found.hooks))


def sign(hook: HookStanding) -> tuple[str, Look]:
    """Return the sign of a hook and how it looks."""
    if hook.failed:
        return "✗", "warn"
    if hook.pending and hook.said:
        return "⚠", "warn"
    return "✓", "plain"


def _hook(hook: HookStanding, now: datetime) -> Item:
    mark, look = sign(hook)
    cells = (
        Cell(mark, look),
        Cell(safe(hook.key, 120), "strong"),
        Cell(safe(", ".join(hook.on))),
        Cell(safe(", ".join(hook.models))),
        Cell(safe(hook.told)),
        Cell(f"{hook.pending:,}" if hook.pending else "–", "accent" if hook.pending else "dim"),
        Cell(f"{hook.failed:,}" if hook.failed else "–", "warn" if hook.failed else "dim"),
        Cell("never" if hook.last is None else age(now, hook.last), "dim"),
    )
    return Item(hook.key, cells, lambda: about_hook(hook, now), hook.key, hook)


def about_hook(hook: HookStanding, now: datetime) -> Sequence[Paragraph]:
    """Return everything that may be told about a hook."""
    last = "never" if hook.last is None else f"{ago(now, hook.last)} · {moment(hook.last)} UTC"
    counted = f"{hook.delivered:,} told, {hook.pending:,} waiting, {hook.failed:,} given up"
    rows: list[Paragraph] = [
        ("runs" if hook.kind == "command" else "posts to", line(hook.told)),
        ("told of", line(", ".join(hook.on))),
        ("models", line(", ".join(hook.models))),
        ("so far", line(counted)),
        ("last told", line(last)),
    ]
    if hook.said:
        rows.append(("said last", styled((hook.said, "warn" if sign(hook)[0] != "✓" else "plain"))))
    if hook.next_due is not None:
        rows.append(("next try", line(_due(hook.next_due, now))))
    if hook.failed:
        rows.append(
            ("do", line("Enter shows its deliveries; R has one that was given up told again."))
        )
    elif hook.pending:
        rows.append(("do", line("d tells what is due now.")))
    return rows


def _due(due: datetime, now: datetime) -> str:
    """Return when something is due: now, or in how long."""
    if due <= now:
        return "now"
    return f"in {age(due, now)} · {due:%Y-%m-%d %H:%M:%S} UTC".replace(
        "in now", "in less than 1 min"
    )


# --- deliveries -----------------------------------------------------------------------------------


def deliveries(found: Told, hook: str, state: str, now: datetime) -> Listing:
    """Return the deliveries that were asked for."""
    of = f"  of {safe(hook, 60)}" if hook else ""
    note = f"{state or 'all'}{of}"
    if not found.deliveries:
        said = "No delivery is like that: s shows another state, esc all."
        if not state and not hook:
            said = "Nothing was told yet, and nothing waits to be told."
        return Listing(told=(("", line(said)),), note=note)
    columns = (
        Column("no.", 5, right=True, rank=3),
        Column("hook", 12, grow=True, most=24),
        Column("entry", 6, right=True, rank=2),
        Column("event", 16, begins=True, grow=True, most=24),
        Column("about", 14, grow=True, rank=4),
        Column("state", 11),
        Column("tried", 5, right=True),
        Column("age", 6, right=True, rank=1),
        Column("said", 16, grow=True, begins=True, rank=5),
    )
    items = tuple(_delivery(one, found.hook(one.hook), now) for one in found.deliveries)
    return Listing(columns, items, note=note, more=found.more)


def _delivery(each: Delivery, hook: HookStanding | None, now: datetime) -> Item:
    mark, look = _SIGNS.get(each.state, ("?", "dim"))
    cells = (
        Cell(str(each.id), "dim"),
        Cell(safe(each.hook, 120)),
        Cell(str(each.seq), "dim"),
        Cell(safe(each.event)),
        Cell(safe(each.subject)),
        Cell(f"{mark} {safe(each.state, 20)}", look),
        Cell(str(each.attempts or "–"), "plain" if each.attempts else "dim"),
        Cell(age(now, each.done) if each.done else "–", "dim"),
        Cell(safe(each.said), "warn" if each.state == "failed" else "dim"),
    )
    return Item(each.id, cells, lambda: about(each, hook, now), f"delivery {each.id}", each)


def about(each: Delivery, hook: HookStanding | None, now: datetime) -> Sequence[Paragraph]:
    """Return everything that may be told about a delivery."""
    mark, look = _SIGNS.get(each.state, ("?", "dim"))
    where = hook.told if hook is not None else "the policy has no such hook any more"
    tried = plural(each.attempts, "time") if each.attempts else "never"
    rows: list[Paragraph] = [
        ("state", styled((f"{mark} {each.state}", look))),
        ("hook", styled((each.hook, "strong"), "  ", (where, "dim"))),
        ("entry", line(f"{each.seq}  {each.event}")),
        ("about", line(each.subject)),
        ("tried", line(tried)),
    ]
    if each.said:
        rows.append(
            ("said", styled((safe(each.said, _LONG), "warn" if look == "warn" else "plain")))
        )
    if each.done is not None:
        rows.append((each.state, line(f"{ago(now, each.done)} · {moment(each.done)} UTC")))
    elif each.state == "pending":
        rows.append(("next try", line(_due(each.due, now))))
    if each.state == "failed":
        rows.append(("do", line("Mend what it says, then R has it told again.")))
    return rows
