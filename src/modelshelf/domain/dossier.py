"""A decision as a Markdown page for an auditor; nobody's text can break the page or lead elsewhere.

Short texts are escaped, long ones stand in a fence that is longer than any run of marks in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelshelf.domain.origins import features_words, source_words
from modelshelf.domain.plain import moment_text
from modelshelf.domain.text import safe, safe_block, size_text

if TYPE_CHECKING:
    from modelshelf.domain.decision import Decision
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.provenance import Code
    from modelshelf.domain.stages import Holder

_FILES_SHOWN = 50
_LONG = 2_000
_MARKS = re.compile(r"([\\`*_\[\]<>|&~#$])")
_PLAIN = re.compile(r"[0-9A-Za-z:.+/=-]+")
_LINK = re.compile(r"://|www\.|@")
Row = tuple[object, ...]


def escaped(value: object, limit: int = _LONG) -> str:
    """Return ``value`` as one line that Markdown shows as it is: no mark-up, link or picture."""
    text = _MARKS.sub(r"\\\1", safe(value, limit))
    # A reader may make links of bare addresses; without these marks there is none.
    return _LINK.sub(
        lambda m: m[0].replace(":", "\\:").replace(".", "\\.").replace("@", "\\@"), text
    )


def code(value: object) -> str:
    """Return ``value`` as code, which cannot be escaped; what is no digest or time, as text."""
    text = safe(value)
    return f"`{text}`" if _PLAIN.fullmatch(text) else escaped(text)


def fenced(text: str) -> Iterator[str]:
    """Yield a block of text of many lines, in a fence that nothing in it can close."""
    body = safe_block(text)
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from body.splitlines()
    yield fence


def dossier(decision: Decision) -> Iterator[str]:
    """Yield the lines of the page about one decision."""
    d = decision
    yield f"# Why {escaped(d.reference)} holds {escaped(d.stage)}"
    yield ""
    verb = "rolled back to it" if d.event == "stage.rolled_back" else "gave it"
    yield f"{escaped(d.actor)} {verb} on {_at(d.at)}: {escaped(d.reason)}"
    for title, lines in (
        ("The decision", _entry(d)),
        ("Set aside", _bypass(d)),
        ("Gates", _gates(d)),
        ("People", _people(d)),
        ("The version", _version(d)),
        ("Files", _files(d)),
        ("Metrics", _table(("metric", "value", "measured"), _metrics(d))),
        ("Made again", _reproductions(d)),
        ("What differed from the holder of then", _comparison(d)),
        ("Before it", _story(d)),
        ("The policy", _policy(d)),
    ):
        kept = list(lines)
        if kept:
            yield ""
            yield f"## {title}"
            yield ""
            yield from kept


def _entry(d: Decision) -> Iterator[str]:
    seal = "right, computed again" if d.seal_holds else "**not what the entry says: edited**"
    yield f"- entry: {d.entry} of the audit log ({escaped(d.event)})"
    yield f"- seal: {code(d.seal)}, {seal}; `modelshelf verify` checks the whole chain"
    if d.checkpoint is None:
        yield "- checkpoint: none covers it yet"
    else:
        holds = "holds" if d.checkpoint.holds else "**does not hold: the log was cut or edited**"
        told = f"entry {d.checkpoint.entry} on {escaped(d.checkpoint.at)}"
        yield f"- checkpoint: {told} {code(d.checkpoint.seal)}, {holds}"
    yield f"- holds: {_holders(d.assignment.holders)}"
    if d.assignment.restores is not None:
        yield f"- rolled back to: entry {d.assignment.restores}; no gate was asked again"
    if d.judged_in != d.entry:
        yield f"- gates and people below: those of entry {d.judged_in}"
    before = "nobody"
    if d.before is not None:
        before = f"{_holders(d.before.holders)} (entry {d.before.id}, {_at(d.before.at)})"
    yield f"- before: {before}"
    for reference, digest in d.artifacts.items():
        yield f"- content of {escaped(reference)}: {code(f'sha256:{digest}')}"


def _holders(holders: Sequence[Holder]) -> str:
    return ", ".join(f"{escaped(h.reference)} {h.weight} %" for h in holders) or "nobody"


def _bypass(d: Decision) -> Iterator[str]:
    if d.bypass is not None:
        yield f"**This was a bypass.** Set aside: {escaped(d.bypass)}"


def _gates(d: Decision) -> Iterator[str]:
    rows = ((v.gate, v.outcome, v.observed, v.required, v.message) for v in d.verdicts)
    yield from _table(("gate", "answer", "observed", "required", "in words"), rows)
    if d.evidence:
        yield ""
    for kept in d.evidence:
        said = f"; output {code(f'sha256:{kept.output}')}" if kept.output else ""
        yield (
            f"- {escaped(kept.gate)} was run on {escaped(kept.reference)} in entry {kept.entry}"
            f" on {escaped(kept.at)}: {escaped(kept.outcome)}; gate {code(kept.definition)}"
            f"{said}"
        )


def _people(d: Decision) -> Iterator[str]:
    if d.request is not None:
        asked = d.request
        yield (
            f"- request {asked.id}: asked for by {escaped(asked.actor)} on {_at(asked.at)}:"
            f" {escaped(asked.reason)}"
        )
    if d.needed:
        yield f"- approvals needed: {d.needed}, counted: {len(d.approvals)}"
    for answer in d.approvals:
        said = f": {escaped(answer.comment)}" if answer.comment else ""
        yield f"- approved by {escaped(answer.actor)} on {_at(answer.at)}{said}"
    for why in d.ignored:
        yield f"- not counted: {escaped(why)}"


def _version(d: Decision) -> Iterator[str]:
    detail, version = d.version, d.version.version
    yield f"- content: {code(f'sha256:{version.digest}')}, {size_text(version.size)}"
    yield f"- format: {escaped(version.format)}, scan {escaped(version.verdict)}"
    yield f"- registered: {_at(version.created_at)} by {escaped(version.created_by)}"
    if detail.source:
        yield f"- source: {escaped(detail.source)}"
    if detail.place:
        yield f"- its bytes lie at: {escaped(detail.place)}"
    yield from _made_from(detail)


def _made_from(detail: VersionDetail) -> Iterator[str]:
    if detail.base or detail.bases:
        bases = ", ".join(map(escaped, filter(None, (detail.base, *detail.bases))))
        yield f"- made from: {bases}"
    for view in detail.features:
        yield f"- features: {escaped(features_words(view))}"
    if detail.code is not None:
        yield from _code(detail.code)
    if detail.run is not None:
        yield f"- run: {_fields(detail.run, ('id', 'url'))}"
    for data in detail.datasets:
        words = _fields(data, ("name", "version", "digest", "split", "uri", "license"))
        yield f"- {escaped(data.role.replace('_', ' '))}: {words}"
    if detail.environment is not None:
        made, count = detail.environment, len(detail.environment.packages)
        words = _fields(made, ("python", "platform"))
        yield f"- environment: {words}, {count} packages"


def _code(made: Code) -> Iterator[str]:
    yield f"- code: {_fields(made, ('repository', 'commit', 'entry'))}"
    if made.dirty:
        kept = f", kept as {code(f'sha256:{made.patch}')}" if made.patch else ""
        yield f"- code: **with changes that were not committed**{kept}"
    if made.snapshot:
        yield f"- code: its files, kept as {code(f'sha256:{made.snapshot}')}"


def _fields(thing: object, names: Iterable[str]) -> str:
    values = (getattr(thing, name, None) for name in names)
    return ", ".join(escaped(value) for value in values if value)


def _files(d: Decision) -> Iterator[str]:
    files = d.version.files
    rows = ((f.path, f.size, f.digest) for f in files[:_FILES_SHOWN])
    yield from _table(("path", "bytes", "sha256"), rows)
    if len(files) > _FILES_SHOWN:
        yield ""
        yield f"… and {len(files) - _FILES_SHOWN:,} more; the content's digest covers all of them."


def _metrics(d: Decision) -> Iterator[Row]:
    for name, value in d.version.version.metrics.items():
        known = name in d.version.metric_sources
        yield name, repr(value), source_words(d.version, name) if known else ""


def _reproductions(d: Decision) -> Iterator[str]:
    for one in d.reproductions:
        said = f"; output {code(f'sha256:{one.output}')}" if one.output else ""
        yield (
            f"- entry {one.id}, {_at(one.at)}, {escaped(one.actor)}:"
            f" {escaped(one.report.outcome)}, {escaped(one.report.why)}{said}"
        )


def _comparison(d: Decision) -> Iterator[str]:
    found = d.comparison or {}
    references = found.get("references") or ()
    rows = list(_compared(found))
    yield from _table(("what", *map(str, references)), rows)
    if found.get("left_out"):
        yield ""
        yield f"… and {escaped(found['left_out'])} more."


def _compared(found: Mapping[str, Any]) -> Iterator[Row]:
    for section in found.get("sections", ()):
        for row in section.get("rows", ()):
            values = ("–" if v is None else v for v in row.get("values", ()))
            yield f"{section.get('name')}: {row.get('key')}", *values


def _story(d: Decision) -> Iterator[str]:
    for one in d.story:
        yield f"- entry {one.entry}, {_at(one.at)}: {escaped(one.actor)} {escaped(one.sentence)}"


def _policy(d: Decision) -> Iterator[str]:
    if not d.policy_digest:
        yield "It was not recorded which policy decided."
        return
    yield f"{code(f'sha256:{d.policy_digest}')}"
    if d.policy_text.strip():
        yield ""
        yield from fenced(d.policy_text)


def _table(head: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    kept = list(rows)
    if not kept:
        return
    yield f"| {' | '.join(map(escaped, head))} |"
    yield f"|{'---|' * len(head)}"
    for row in kept:
        yield f"| {' | '.join(map(escaped, row))} |"


def _at(at: datetime) -> str:
    return moment_text(at)[:19] + "Z"
