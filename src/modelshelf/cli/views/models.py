"""Models and versions, as lists and one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen, Tone
from modelshelf.cli.table import Cell, Column, facts, table
from modelshelf.cli.views import weights
from modelshelf.domain.origins import arrival_line, made_from, origin_lines, scan_words
from modelshelf.domain.origins import facts as described
from modelshelf.domain.stages import holders_in_words
from modelshelf.domain.text import safe, safe_block, size_text

if TYPE_CHECKING:
    from modelshelf.domain.consumers import Consumer
    from modelshelf.domain.inspection import TensorSpec
    from modelshelf.domain.lineage import SameWeights
    from modelshelf.domain.models import ModelVersion, RegisteredModel, VersionDetail
    from modelshelf.domain.stages import Assignment, Holder

Naming = Callable[["ModelVersion"], str]
_LONG = 10_000
_SHORT_DIGEST = 12
_FILES_SHOWN = 20
_CARD_LINES = 12
_TONES: dict[str, Tone] = {"production": "accent", "archived": "dim", "draft": ""}


def line(_screen: Screen, text: str) -> Iterator[str]:
    """Yield one harmless line."""
    yield safe(text, _LONG)


def models(
    screen: Screen, found: Sequence[RegisteredModel], ladder: Sequence[str]
) -> Iterator[str]:
    """Yield a table of models; the stages of ``ladder``, lowest first, are shown highest first."""
    if not found:
        return
    columns = (
        Column("model"),
        Column("versions", right=True, keep=True),
        Column("stages", begins=True),
        Column("owner", spare=2),
        Column("tags", begins=True, spare=3),
        Column("changed (UTC)", keep=True, spare=1),
    )
    yield from table(screen, columns, (_model_row(model, ladder) for model in found))


def _model_row(model: RegisteredModel, ladder: Sequence[str]) -> Sequence[str | Cell]:
    held = "; ".join(f"{s} {holders_in_words(h)}" for s, h in _held(model, ladder))
    return (
        Cell(model.name, "dim" if model.retired else "bold"),
        str(model.versions),
        "retired" if model.retired else Cell(held, "accent" if "production" in held else ""),
        model.owner,
        wording.tags(model.tags),
        wording.when(model.changed_at),
    )


def _held(model: RegisteredModel, ladder: Sequence[str]) -> list[tuple[str, tuple[Holder, ...]]]:
    ranks = {stage: rank for rank, stage in enumerate(ladder)}
    return sorted(model.stages.items(), key=lambda held: -ranks.get(held[0], -1))


def versions(screen: Screen, found: Sequence[ModelVersion]) -> Iterator[str]:
    """Yield a table of versions of one model."""
    if found:
        yield from _version_table(screen, found, ("version", lambda v: f"v{v.number}"))


def found(screen: Screen, versions_found: Sequence[ModelVersion]) -> Iterator[str]:
    """Yield a table of versions of any model."""
    if versions_found:
        yield from _version_table(screen, versions_found, ("version", lambda v: v.reference))


def _version_table(
    screen: Screen, found_: Sequence[ModelVersion], first: tuple[str, Naming]
) -> Iterator[str]:
    title, name = first
    columns = (
        Column(title),
        Column("stage"),
        Column("aliases", spare=1),
        Column("metrics", begins=True),
        Column("format", spare=3),
        Column("size", right=True, keep=True, spare=5),
        Column("scan", spare=4),
        Column("by", spare=6),
        Column("created (UTC)", keep=True, spare=2),
    )
    rows = (
        (
            Cell(name(v), "bold"),
            Cell(wording.stage(v), _TONES.get(v.stage, "")),
            ", ".join(v.aliases),
            wording.few(v.metrics),
            v.format,
            size_text(v.size),
            v.verdict,
            v.created_by,
            wording.when(v.created_at),
        )
        for v in found_
    )
    yield from table(screen, columns, rows)


def assignments(screen: Screen, serving: Sequence[Assignment]) -> Iterator[str]:
    """Yield a table of who holds a stage, by model."""
    if not serving:
        return
    columns = (
        Column("model"),
        Column("stage"),
        Column("holders"),
        Column("since (UTC)", keep=True),
        Column("by", spare=2),
        Column("reason", begins=True, spare=1),
        Column("entry", right=True, keep=True),
    )
    rows = (
        (
            Cell(a.model, "bold"),
            a.stage,
            Cell(holders_in_words(a.holders), "accent"),
            wording.when(a.at),
            a.actor,
            _why(a),
            str(a.id),
        )
        for a in serving
    )
    yield from table(screen, columns, rows)


def _why(given: Assignment) -> str:
    """Return the reason of an assignment; a bypass and a request stand before it for ever."""
    marks = [f"BYPASS of {given.bypass}"] if given.bypass is not None else []
    marks += [f"request {given.request}"] if given.request is not None else []
    return ": ".join([", ".join(marks), given.reason]) if marks else given.reason


def holders(screen: Screen, held: Iterable[Holder]) -> Iterator[str]:
    """Yield one line for each holder, with its weight."""
    columns = (Column("version"), Column("weight", right=True, keep=True))
    yield from table(screen, columns, ((Cell(h.reference, "bold"), f"{h.weight} %") for h in held))


def model(
    screen: Screen,
    shown: RegisteredModel,
    named: Mapping[str, str] | None = None,
    past: Sequence[Assignment] = (),
    ladder: Sequence[str] = (),
) -> Iterator[str]:
    """Yield everything about one model."""
    pairs: list[tuple[str, str | Cell]] = [
        ("model", Cell(shown.name, "bold")),
        ("", "retired" if shown.retired else ""),
        ("formerly", ", ".join(shown.former_names)),
        ("owner", shown.owner),
        ("tags", wording.tags(shown.tags)),
        ("versions", f"{shown.versions}, latest v{shown.latest}" if shown.latest else "none"),
    ]
    pairs += [(s, Cell(holders_in_words(h), "accent")) for s, h in _held(shown, ladder)]
    pairs += [(f"@{name}", reference) for name, reference in (named or {}).items()]
    pairs += [
        ("created", f"{wording.when(shown.created_at)} UTC by {shown.created_by}"),
        ("changed", f"{wording.when(shown.changed_at)} UTC"),
    ]
    yield from facts(screen, pairs)
    yield from _block(screen, "description", shown.description)
    if past:
        yield ""
        yield from assignments(screen, past)


def aliases(screen: Screen, named: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each alias."""
    if named:
        columns = (Column("alias"), Column("version"))
        yield from table(screen, columns, ((Cell(a, "bold"), r) for a, r in named.items()))


def tags(screen: Screen, values: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each tag."""
    yield from facts(screen, values.items())


def card(_screen: Screen, shown: VersionDetail) -> Iterator[str]:
    """Yield a version's model card."""
    if shown.card:
        yield safe_block(shown.card)


def detail(
    screen: Screen,
    shown: VersionDetail,
    same: Sequence[SameWeights] = (),
    used: Sequence[Consumer] = (),
) -> Iterator[str]:
    """Yield everything about one version, with those that hold its weights too and who uses it."""
    version, looked = shown.version, shown.inspection
    about = [*_identity(shown), ("same weights as", weights.same(same))]
    yield from facts(screen, [*about, ("used by", wording.users(used))])
    if looked.inputs or looked.outputs:
        yield from _heading(screen, "signature")
        specs = [("input", s) for s in looked.inputs] + [("output", s) for s in looked.outputs]
        columns = (Column("way"), Column("name"), Column("dtype"), Column("shape"))
        yield from table(screen, columns, ((way, s.name, s.dtype, _shape(s)) for way, s in specs))
    if looked.findings:
        yield from _heading(screen, f"scan: {looked.verdict}")
        columns = (Column("severity"), Column("rule"), Column("where"), Column("detail"))
        rows = ((f.severity, f.rule, f.where, f.detail) for f in looked.findings)
        yield from table(screen, columns, rows)
    metrics = {name: wording.number(value) for name, value in version.metrics.items()}
    for title, values in (("metrics", metrics), ("parameters", version.params)):
        if values:
            yield from _heading(screen, title)
            yield from facts(screen, values.items())
    if len(shown.files) > 1:
        yield from _files(screen, shown)
    yield from _block(screen, "description", shown.description)
    yield from _card_beginning(screen, shown)


def _identity(shown: VersionDetail) -> Iterator[tuple[str, str | Cell]]:
    version, looked = shown.version, shown.inspection
    yield "version", Cell(version.reference, "bold")
    yield "stage", Cell(wording.stage(version), _TONES.get(version.stage, ""))
    yield "yanked", version.yanked or ""
    yield "aliases", ", ".join(version.aliases)
    yield "tags", wording.tags(version.tags)
    yield "format", f"{version.format} ({looked.framework})" if looked.framework else version.format
    yield from described(looked)
    yield "warning", looked.mismatch
    yield "scan", scan_words(version)
    yield "size", f"{size_text(version.size)}, {wording.plural(len(shown.files), 'file')}"
    yield "parameters", f"{looked.parameters:,}" if looked.parameters is not None else ""
    yield "name", version.name
    yield "digest", f"sha256:{version.digest}"
    yield "created", f"{wording.when(version.created_at)} UTC by {version.created_by}"
    yield "source", shown.source
    yield "in place", shown.place
    yield "arrived as", arrival_line(shown.arrival)
    yield from made_from(shown)
    yield "led to", ", ".join(shown.derived)
    for read in origin_lines(shown.origins):
        yield "read from", read


def _shape(spec: TensorSpec) -> str:
    return " × ".join("?" if size is None else str(size) for size in spec.shape) or "scalar"


def _files(screen: Screen, shown: VersionDetail) -> Iterator[str]:
    yield from _heading(screen, wording.plural(len(shown.files), "file"))
    columns = (Column("path"), Column("size", right=True, keep=True), Column("digest", keep=True))
    few = shown.files[:_FILES_SHOWN]
    rows = ((f.path, size_text(f.size), f.digest[:_SHORT_DIGEST]) for f in few)
    yield from table(screen, columns, rows)
    if len(shown.files) > len(few):
        yield f"… and {len(shown.files) - len(few):,} more; --json has them all"


def _card_beginning(screen: Screen, shown: VersionDetail) -> Iterator[str]:
    """Yield the first lines of the card, without its YAML head, which tells what stands above."""
    lines = shown.card.splitlines()
    if lines[:1] == ["---"] and "---" in lines[1:]:
        lines = lines[lines.index("---", 1) + 1 :]
    text = "\n".join(lines).strip()
    few = text.splitlines()[:_CARD_LINES]
    yield from _block(screen, "model card", "\n".join(few))
    if len(few) < len(text.splitlines()):
        yield safe(f"… all of it: modelshelf show {shown.version.reference} --card")


def _heading(screen: Screen, title: str) -> Iterator[str]:
    yield ""
    yield screen.tone(safe(title), "bold")


def _block(screen: Screen, title: str, text: str) -> Iterator[str]:
    if text:
        yield from _heading(screen, title)
        yield safe_block(text)
