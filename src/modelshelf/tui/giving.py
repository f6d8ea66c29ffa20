"""What is said where a stage is given or given back: shares, users, what changes, the way back."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelshelf.domain.stages import WHOLE, holders_in_words
from modelshelf.domain.text import safe
from modelshelf.tui import differences
from modelshelf.tui.show import Cell, ago, fit, lines, moment, styled
from modelshelf.tui.widgets.grid import Column, Layout

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content

    from modelshelf.domain.comparison import Comparison, Section
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.promotion import PromotionPlan
    from modelshelf.domain.stages import Assignment, Holder
    from modelshelf.tui.columns import Clock
    from modelshelf.tui.widgets.paragraphs import Paragraph

_BAR = 20
_USERS_SHOWN = 20
_ASKED = {
    "signature": "signature", "datasets": "data", "code": "code", "environment": "packages",
    "params": "params", "weights": "tensors", "bases": "bases",
}  # fmt: skip
"""The sections of which people ask whether they are the same, and their words for them."""


# --- commands -------------------------------------------------------------------------------------


def promoting(
    reference: str,
    stage: str,
    *,
    weight: int | None = None,
    reason: str = "",
    aside: bool = False,
    asking: bool = False,
) -> str:
    """Return the command that gives a stage, or asks for it, just as the screen would.

    Args:
        reference: The version.
        stage: The stage.
        weight: Its share in percent; ``None`` for all of it.
        reason: Why; an ellipsis stands for it while there is none.
        aside: Whether gates and approvals are set aside.
        asking: Whether it is only asked for.
    """
    words = ["modelshelf", *(("request", "open") if asking else ("promote",))]
    words += [shlex.quote(reference), shlex.quote(stage)]
    if weight not in (None, WHOLE):
        words.append(f"--weight {weight}")
    if aside:
        words.append("--bypass")
    return " ".join([*words, because(reason), *([] if asking else ["--yes"])])


def rolling_back(model: str, stage: str, to: int | None, reason: str) -> str:
    """Return the command that gives a stage back to an earlier assignment."""
    which = f" --to {to}" if to is not None else ""
    where = f"{shlex.quote(model)} --stage {shlex.quote(stage)}{which}"
    return f"modelshelf rollback {where} {because(reason)} --yes"


def because(reason: str, option: str = "--reason") -> str:
    """Return the option that says why; an ellipsis stands for what is not written yet."""
    return f"{option} {shlex.quote(reason) if reason else '…'}"


# --- who holds it, and who uses them --------------------------------------------------------------


def shares(now: Sequence[Holder], after: Sequence[Holder]) -> list[Content]:
    """Return how the shares of the traffic fall, a line for each version; none without a split."""
    before = {holder.version_id: holder for holder in now}
    then = {holder.version_id: holder for holder in after}
    if max(len(before), len(then)) < 2:  # noqa: PLR2004 - a split is of two or more
        return []
    return [_share(before.get(ident), then.get(ident)) for ident in dict.fromkeys([*before, *then])]


def _share(before: Holder | None, then: Holder | None) -> Content:
    one = then or before
    name = safe(one.reference).rpartition(":")[2] if one is not None else ""
    was, will = (holder.weight if holder is not None else 0 for holder in (before, then))
    full = round(_BAR * max(0, min(WHOLE, will)) / WHOLE)
    told = f"{will} %" if was == will else f"{was} % → {will} %"
    bar = "█" * full + "░" * (_BAR - full)
    return styled((fit(name, 6), "strong"), (bar, "accent"), f" {told}")


def users(found: Sequence[Consumer], now: datetime) -> Iterator[Content]:
    """Yield a line for each consumer of the present holders: who, of what, when last seen."""
    for one in found[:_USERS_SHOWN]:
        yield styled(
            (one.name, "strong"), f" · {safe(one.reference)} · ", (ago(now, one.seen), "dim")
        )
    if len(found) > _USERS_SHOWN:
        yield styled((f"and {len(found) - _USERS_SHOWN:,} more", "dim"))


def below(name: str, values: Iterable[Content]) -> Iterator[Paragraph]:
    """Yield values below each other beside one name."""
    for value in values:
        yield name, value
        name = " "


def asked(plan: PromotionPlan, now: datetime) -> Iterator[Content]:
    """Yield who has asked for the approvals a stage takes, or that nobody has."""
    request = plan.request
    if request is None:
        yield styled(("asked: nobody yet", "dim"))
    else:
        yield styled(
            "asked by ", (request.actor, "strong"), f", {ago(now, request.at)}",
            (f" as request {request.id}", "dim"),
        )  # fmt: skip


# --- what changes ---------------------------------------------------------------------------------


def changes(comparison: Comparison) -> Content:
    """Return what differs from the holder, what is said of it, and what is the same."""
    body = [differences.brief(comparison)]
    for section in comparison.sections:
        if section.differs:
            body += [styled((f"{section.name}: ", "dim"), told) for told in _said(section)]
    if same := [_ASKED[s.name] for s in comparison.sections if _is_same(s)]:
        body.append(styled(("the same: ", "dim"), ", ".join(same)))
    return lines(body)


def _said(section: Section) -> Iterator[str]:
    yield from (safe(text.title, 200) for text in section.texts)
    yield from (safe(note, 300) for note in section.notes)


def _is_same(section: Section) -> bool:
    return section.name in _ASKED and bool(section.rows) and not section.differs


# --- what was before ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier assignment, and what became of it.

    Attributes:
        made: The assignment.
        left: The one that took over from it; ``None`` when that is not known.
        trouble: Why its versions cannot take over again, such as ``v5 is yanked``; else empty.
    """

    made: Assignment
    left: Assignment | None = None
    trouble: str = ""

    @property
    def id(self) -> int:
        """The number of its entry."""
        return self.made.id


def earlier(history: Sequence[Assignment], known: Sequence[ModelVersion]) -> tuple[Earlier, ...]:
    """Return the assignments of one stage before the present one, newest first.

    Args:
        history: All assignments of the stage, newest first.
        known: The versions that held it.
    """
    versions = {version.id: version for version in known}
    after = dict(zip([one.id for one in history[1:]], history, strict=False))
    return tuple(
        Earlier(one, after[one.id], _trouble(one, versions))
        for one in history[1:]
        if one.holders != history[0].holders
    )


def _trouble(one: Assignment, versions: dict[int, ModelVersion]) -> str:
    for holder in one.holders:
        version, name = versions.get(holder.version_id), safe(holder.reference).rpartition(":")[2]
        if version is not None and version.yanked is not None:
            return f"{name} is yanked"
        if version is not None and version.freed:
            return f"the bytes of {name} are gone"
    return ""


def layout(clock: Clock) -> Layout[Earlier]:
    """Return how earlier assignments are listed."""

    def cells(one: Earlier) -> tuple[Cell, ...]:
        made, left = one.made, one.left
        why = f"{holders_in_words(left.holders)}: {safe(left.reason)}" if left is not None else ""
        return (
            Cell(ago(clock(), made.at)),
            Cell(holders_in_words(made.holders), "strong"),
            Cell(safe(made.reason)),
            Cell(why, "dim"),
            Cell(safe(made.actor, 40), "dim"),
            Cell(one.trouble or "kept", "warn" if one.trouble else "dim"),
        )

    return Layout(
        (
            Column("when", 9),
            Column("served", 14, grow=True, most=24),
            Column("given because", 14, grow=True, begins=True),
            Column("left for", 14, grow=True, begins=True, rank=1),
            Column("by", 8, rank=2),
            Column("bytes", 10, grow=True, most=28),
        ),
        cells,
        lambda one: one.id,
    )


def about(one: Earlier, now: datetime) -> Content:
    """Return an earlier assignment in two lines: how long it held, and its bytes."""
    made, left = one.made, one.left
    until = f" until {moment(left.at)}, left for {holders_in_words(left.holders)}" if left else ""
    who = f" by {safe(left.actor, 40)}: {safe(left.reason, 200)}" if left else ""
    told = one.trouble or "its bytes are kept; they are verified before the stage moves"
    return lines(
        [
            styled(
                (f"entry {made.id}", "dim"), f"  {moment(made.at)} UTC{until}{who}",
                (f"  {ago(now, made.at)}", "dim"),
            ),
            styled((told, "warn" if one.trouble else "dim")),
        ]
    )  # fmt: skip
