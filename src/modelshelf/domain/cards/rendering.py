"""The body of a card that is made from what the registry knows: nothing in it is invented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelshelf.domain.cards.making import made_from
from modelshelf.domain.cards.markdown import UNKNOWN, code, items, line, paragraphs, table, text
from modelshelf.domain.comparison.measures import direction
from modelshelf.domain.text import safe, size_text

if TYPE_CHECKING:
    from modelshelf.domain.cards.facts import CardFacts
    from modelshelf.domain.inspection import TensorSpec
    from modelshelf.domain.lineage_answers import Obligation
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.provenance.measured import MetricSource
    from modelshelf.domain.reproduction import Reproduction

ROWS_MOST = 200
_HISTORY_MOST = 20
_DESCRIPTION_MOST = 20_000
_DIGEST_SHOWN = 16
_NOBODY = "Unknown: the registry does not record it, and nobody has written it down."


def body(facts: CardFacts) -> str:
    """Return the Markdown of a card, without its head."""
    return "\n".join(_lines(facts)) + "\n"


def _lines(facts: CardFacts) -> Iterator[str]:
    version = facts.detail.version
    yield f"# {text(version.reference)}"
    yield ""
    yield "Made by Modelshelf from what the registry knows. What is unknown is not recorded there."
    sections = (
        ("What it is", _about(facts)),
        ("Intended use and limits", iter([_NOBODY])),
        ("Made from", made_from(facts)),
        ("Measured", _measured(facts)),
        ("Signature", _signature(facts)),
        ("Files and format", _files(facts)),
        ("Stages and history", _history(facts)),
        ("Licences", _licences(facts)),
        ("Reproducibility", _reproduced(facts.reproduction)),
    )
    for title, lines in sections:
        yield ""
        yield f"## {title}"
        yield ""
        yield from lines


def _about(facts: CardFacts) -> Iterator[str]:
    detail, looked = facts.detail, facts.detail.inspection
    told = [each for each in (facts.model.description, detail.description) if each.strip()]
    for each in told:
        yield from paragraphs(each, _DESCRIPTION_MOST)
        yield ""
    owner = text(facts.model.owner)
    counted = "" if looked.parameters is None else f"{looked.parameters:,}"
    pairs = [
        ("Model", text(detail.version.model)),
        ("Version", str(detail.version.number)),
        ("Owner", owner),
        ("Licence", ", ".join(text(each) for each in facts.licences)),
        ("Architecture", text(looked.architecture)),
        ("Weights", counted),
        ("Quantization", text(looked.quantization) or "none is stated"),
        ("Tags", _tags(detail.version.tags)),
    ]
    yield from items(pairs if told else [("Description", ""), *pairs])


def _tags(tags: Mapping[str, str]) -> str:
    shown = [f"{text(name)}: {text(value)}" for name, value in sorted(tags.items())[:ROWS_MOST]]
    return ", ".join(shown) or "none"


def _measured(facts: CardFacts) -> Iterator[str]:
    metrics = sorted(facts.detail.version.metrics.items())
    if not metrics:
        yield "Unknown: no metric is recorded."
        return
    sources = facts.detail.metric_sources
    rows = [
        (code(name), repr(float(value)), *_source(name, sources.get(name)))
        for name, value in metrics
    ]
    titles = ("Metric", "Value", "Better", "Measured on", "Slice", "Measured by")
    yield from table(titles, rows, ROWS_MOST)


def _source(name: str, source: MetricSource | None) -> tuple[str, str, str, str]:
    better = (source and source.direction) or _by_name(name)
    if source is None:
        return better, UNKNOWN, "-", "stated, not measured here"
    where = text(source.dataset) if source.dataset else UNKNOWN
    by = text(source.by) if source.by else "stated, not measured here"
    return better, where, text(source.slice) if source.slice else "-", by


def _by_name(metric: str) -> str:
    """Return which way is better where nobody recorded it."""
    guessed = direction(metric)
    return f"{guessed} (by its name)" if guessed else UNKNOWN


def _signature(facts: CardFacts) -> Iterator[str]:
    looked = facts.detail.inspection
    specs = [("input", each) for each in looked.inputs]
    specs += [("output", each) for each in looked.outputs]
    if not specs:
        yield "Unknown: the file declares no inputs and outputs."
        return
    rows = [(way, code(s.name), text(s.dtype) or UNKNOWN, _shape(s)) for way, s in specs]
    yield from table(("", "Name", "Type", "Shape"), rows, ROWS_MOST)


def _shape(spec: TensorSpec) -> str:
    sizes = ["?" if size is None else str(size) for size in spec.shape]
    return text(f"({', '.join(sizes)})")


def _files(facts: CardFacts) -> Iterator[str]:
    version, looked = facts.detail.version, facts.detail.inspection
    scan = text(version.verdict) + (", released with a reason" if version.released else "")
    yield from items(
        [
            ("Format", text(" ".join(filter(None, (looked.format, looked.version))))),
            ("Framework", text(looked.framework)),
            ("Written by", text(looked.producer)),
            ("Size", size_text(version.size)),
            ("SHA-256", code(version.digest)),
            ("Scan", scan),
        ]
    )
    if version.freed:
        yield "- **Bytes:** given up; the registry has them no more"
    yield ""
    rows = [(code(f.path), size_text(f.size), code(f.digest)) for f in facts.detail.files]
    yield from table(("File", "Size", "SHA-256"), rows, ROWS_MOST)


def _history(facts: CardFacts) -> Iterator[str]:
    version = facts.detail.version
    yield f"- {_when(version.created_at)}: registered by {text(version.created_by)}"
    held = [(each, _weight(each.holders, version.id)) for each in facts.assignments]
    for assignment, weight in reversed(held[:_HISTORY_MOST]):
        share = "" if weight == 100 else f" with {weight} %"  # noqa: PLR2004 - percent
        why = f": {text(assignment.reason)}" if assignment.reason else ""
        who = f"{text(assignment.stage)} by {text(assignment.actor)}"
        yield f"- {_when(assignment.at)}: {who}{share}{why}"
    if len(held) > _HISTORY_MOST:
        yield f"- {len(held) - _HISTORY_MOST:,} earlier ones are not shown"
    yield ""
    yield line(f"Now: {_now(version)}.")


def _weight(holders: object, version_id: int) -> int:
    found = [h.weight for h in holders if h.version_id == version_id]  # type: ignore[attr-defined]
    return found[0] if found else 0


def _now(version: ModelVersion) -> str:
    held = [f"{stage} {weight} %" for stage, weight in sorted(version.stages.items())]
    said = ", ".join(held) or ("archived" if version.archived else "it holds no stage")
    if version.yanked is not None:
        said += f"; it must not be used: {safe(version.yanked)}"
    return said


def _when(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _licences(facts: CardFacts) -> Iterator[str]:
    if not facts.obligations:
        yield "Unknown: no licence is stated, of this version or of what it was made from."
        return
    rows = [
        (text(each.label), text(each.licence) or UNKNOWN, str(each.distance), _terms(each))
        for each in facts.obligations
    ]
    yield from table(("Of", "Licence", "Steps away", "Asks"), rows, ROWS_MOST)


def _terms(each: Obligation) -> str:
    if not each.known:
        return UNKNOWN
    return ", ".join(map(text, each.terms)) or "nothing"


def _reproduced(newest: Reproduction | None) -> Iterator[str]:
    if newest is None:
        yield "Unknown: nobody has made it again."
        return
    report = newest.report
    who = f"by {text(newest.actor)} (entry {newest.id})"
    why = line(report.why, 1_000)
    yield f"Made again on {_when(newest.at)} {who}: {text(report.outcome)}."
    if why:
        yield ""
        yield why
    if report.metrics:
        yield ""
        rows = [
            (code(m.name), repr(m.recorded), _again(m.measured), "yes" if m.within else "no")
            for m in report.metrics
        ]
        titles = ("Metric", "Recorded", "Made again", "Within tolerance")
        yield from table(titles, rows, ROWS_MOST)


def _again(value: float | None) -> str:
    return UNKNOWN if value is None else repr(value)
