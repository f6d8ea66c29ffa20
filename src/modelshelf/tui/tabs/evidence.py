"""The tab with what supports a version: decisions, measurements, requests, reproductions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.tui import verdicts
from modelshelf.tui.show import Look, ago, moment, sentence, styled
from modelshelf.tui.tabs import Telling, Told, heading, plainly

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content

    from modelshelf.domain.decision import Decision
    from modelshelf.domain.gates.case import Measured
    from modelshelf.domain.reproduction import Reproduction
    from modelshelf.domain.requests import Request
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_LOOKED_AT = 200
_SHOWN = 20
_TO_THE_MINUTE = len("2026-01-01 00:00")
_NONE = (
    "Nothing speaks for it yet: giving it a stage records the decision, p then f measures its "
    "gates, and modelshelf reproduce --run tries to make it again."
)


@dataclass(frozen=True, slots=True)
class _Supports:
    """Everything that was decided, measured, asked and tried about a version."""

    decisions: Sequence[Decision | str]
    measured: Mapping[str, Measured]
    requests: Sequence[Request]
    reproductions: Sequence[Reproduction]


def look(registry: Registry, reference: str) -> Telling:
    """Return what supports the stages of a version, and what else was found out about it."""
    version = registry.versions.get(reference)
    asked = registry.requests.list(state=None, model=version.model, limit=_LOOKED_AT)
    held = [stage for stage in registry.policy.assignable if stage in version.stages]
    found = _Supports(
        [_decision(registry, reference, stage) for stage in reversed(held)],
        registry.gates.results(reference),
        [one for one in asked if one.reference == version.reference],
        registry.reproductions.list(reference),
    )
    return partial(_tell, found)


def _decision(registry: Registry, reference: str, stage: str) -> Decision | str:
    try:
        return registry.promotions.decision(reference, stage)
    except ModelshelfError as error:
        return f"{safe(stage, 80)}: {sentence(error)}"


def _tell(found: _Supports, now: datetime) -> Told:
    rows: list[Paragraph] = []
    for decision in found.decisions:
        rows += [*_decided(decision, now), plainly("")]
    for title, told in (
        ("measured", list(_measured(found.measured, now))),
        ("requests", [_request(one, now) for one in found.requests[:_SHOWN]]),
        ("made again", [_reproduced(one, now) for one in found.reproductions[:_SHOWN]]),
    ):
        if told:
            rows += [heading(title), *told, plainly("")]
    return Told(rows[:-1] or [plainly(_NONE)])


def _decided(decision: Decision | str, now: datetime) -> Iterator[Paragraph]:
    if isinstance(decision, str):
        yield "", styled((decision, "warn"))
        return
    when = f"{moment(decision.at)} UTC, {ago(now, decision.at)}"
    yield heading(f"holds {decision.stage}", f"entry {decision.entry}, {when}")
    yield "by", styled((decision.actor, "strong"), f": “{safe(decision.reason, 500)}”")
    if decision.bypass is not None:
        yield "bypass", styled((f"⚠ set aside: {decision.bypass or 'every rule'}", "warn"))
    if not decision.seal_holds:
        yield "seal", styled(("⚠ the entry is not as it was sealed: modelshelf verify", "warn"))
    yield from verdicts.rows(decision.verdicts)
    if decision.needed:
        yield "approvals", styled(f"{len(decision.approvals)} of {decision.needed}")
    for one in verdicts.answers(decision.approvals, now):
        yield " ", one
    if decision.request is not None:
        yield (
            "asked",
            styled(f"request {decision.request.id} by {safe(decision.request.actor, 60)}"),
        )
    yield "witness", _witness(decision)


def _witness(decision: Decision) -> Content:
    known = decision.checkpoint
    if known is None:
        return styled(("no checkpoint outside the catalog covers it yet", "dim"))
    at = safe(known.at.replace("T", " ")[:_TO_THE_MINUTE])
    if not known.holds:
        return styled((f"⚠ the checkpoint of {at} is of another log: modelshelf verify", "warn"))
    return styled((f"the checkpoint of {at} UTC covers it", "dim"))


def _measured(found: Mapping[str, Measured], now: datetime) -> Iterator[Paragraph]:
    for gate in sorted(found)[:_SHOWN]:
        one = found[gate]
        passed = one.outcome == "pass"
        look_: Look = "plain" if passed else "warn"
        shown = styled((safe(one.message, 500), look_), (f"  {_by(one, now)}", "dim"))
        yield f"{'✓' if passed else '✗'} {safe(gate, 40)}", shown


def _by(one: Measured | Reproduction, now: datetime) -> str:
    return f"{safe(one.actor, 60)}, {ago(now, one.at)}, entry {one.id}"


def _request(one: Request, now: datetime) -> Paragraph:
    who = f"{safe(one.actor, 60)}, {ago(now, one.at)}"
    look_: Look = "warn" if one.state == "rejected" else "plain"
    said = styled(
        f"{safe(one.stage, 80)} ", (one.state, look_), f": “{safe(one.reason, 500)}”",
        (f"  {who}", "dim"),
    )  # fmt: skip
    return f"request {one.id}", said


def _reproduced(one: Reproduction, now: datetime) -> Paragraph:
    look_: Look = "warn" if one.report.outcome in ("different", "failed") else "plain"
    return one.report.outcome, styled(
        (safe(one.report.why, 500), look_), (f"  {_by(one, now)}", "dim")
    )
