"""Letting versions answer pinned examples, and comparing what they answered.

The command is run as one of a gate is: on a read-only checkout in a folder of its own, without a
shell, within limits. Nothing here holds the write lock meanwhile.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from modelshelf.catalog.probe_results import probed
from modelshelf.domain.errors import (
    Corrupt,
    Invalid,
    ModelshelfError,
    NotFound,
    Refused,
    Unavailable,
)
from modelshelf.domain.gates.standing import scanned
from modelshelf.domain.plain import moment
from modelshelf.domain.policy.probes import NAME_MOST, PLACEHOLDERS, find_probe
from modelshelf.domain.probe_answers import LINE_MOST, kept_lines, read_answers, read_kept
from modelshelf.domain.probes import ProbeAnswers, compare_answers
from modelshelf.domain.text import accept, safe, size_text
from modelshelf.registry.naming import check_path, find_one

if TYPE_CHECKING:
    from io import BufferedReader

    from modelshelf.catalog.probe_results import Probed
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.policy.probes import Probe
    from modelshelf.domain.probes import Answers, BehaviourComparison
    from modelshelf.registry.context import Context

OUTPUT_MOST = 128 * 1024 * 1024
"""Bytes of answers that are kept of one version."""
_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
_LAST_LINE_MOST = 200
_SHORT = 12


@dataclass(frozen=True, slots=True)
class _Asked:
    """A probe as it is now: what the policy says, where its examples are, and their SHA-256."""

    probe: Probe
    place: Path
    data: str


def probe(context: Context, reference: str, probe: str, *, force: bool = False) -> ProbeAnswers:
    """Let a version answer a probe; see ``Comparisons.probe``."""
    context.check_present()
    context.follow_policy()
    asked = _asked(context, probe)
    found = find_one(context, reference)
    version = context.versions(found.model).versions([found.id])[0]
    known = probed(context.connection(), [found.id], asked.probe.name).get(found.id)
    if known is not None and not force and _stands(context, known, asked):
        told = (known.definition, known.data, known.rows, known.output)
        return ProbeAnswers(
            version.reference, asked.probe.name, *told, moment(known.at_us), known.actor, known.id
        )
    _check_safe(version)
    begun = time.monotonic()
    answers = _run(context, version, asked)
    if _digest(asked.place) != asked.data:
        raise Refused(
            f"the probe set {safe(asked.probe.data, 80)} changed while {version.reference} answered"
        )
    return _record(context, version, asked, answers, seconds=time.monotonic() - begun)


def behaviour(
    context: Context, references: Sequence[str], probe: str, *, baseline: str | None = None
) -> tuple[BehaviourComparison, ...]:
    """Compare what versions answered to a probe; see ``Comparisons.behaviour``."""
    name = accept("name of a probe", probe, most=NAME_MOST, empty=False)
    wanted = _wanted(context, name)
    known: dict[str, Probed] = {}
    for reference in references:
        found = find_one(context, reference)
        newest = probed(context.about(found.model), [found.id], name).get(found.id)
        wanted = _check_answered(found.reference, name, newest, wanted)
        if newest is not None:
            known[found.reference] = newest
    if len(known) < 2:  # noqa: PLR2004 - a comparison has two sides
        raise Invalid("at least two versions are compared", observed=", ".join(known) or "none")
    first = _first(context, tuple(known), references, baseline)
    before = _read(context, known[first])
    return tuple(
        compare_answers(name, (first, before), (reference, _read(context, newest)))
        for reference, newest in known.items()
        if reference != first
    )


def _first(
    context: Context, known: Sequence[str], references: Sequence[str], baseline: str | None
) -> str:
    if baseline is None:
        return find_one(context, references[0]).reference
    found = find_one(context, baseline).reference
    if found not in known:
        raise Invalid(f"the baseline {found} is none of the versions", required=", ".join(known))
    return found


def _wanted(context: Context, name: str) -> tuple[str, str] | None:
    """Return which definition and data answers must be of; in the past, any that all have."""
    if context.seq is not None:
        return None
    context.follow_policy()
    asked = _asked(context, name)
    return asked.probe.definition, asked.data


def _check_answered(
    reference: str, name: str, newest: Probed | None, wanted: tuple[str, str] | None
) -> tuple[str, str]:
    """Return what the answers are of, if they are there and of what is wanted.

    Raises:
        NotFound: They are not.
    """
    if newest is not None and wanted in (None, (newest.definition, newest.data)):
        return newest.definition, newest.data
    why = ""
    if newest is not None and wanted is not None:
        changed = "the probe" if newest.definition != wanted[0] else "the probe set"
        why = f"{changed} was another one when it answered"
    raise NotFound(
        f"{reference} has not answered the probe {safe(name, NAME_MOST)}",
        why=why,
        hint=f"modelshelf probe {reference} --probe {safe(name, NAME_MOST)}",
        subject=reference,
    )


def _asked(context: Context, name: str) -> _Asked:
    """Return a probe of the policy with the digest of its examples, which must fit the pin."""
    found = find_probe(context.policy.probes, accept("name of a probe", name, most=NAME_MOST))
    place = context.root / check_path(found.data)
    data = _digest(place)
    if found.digest and found.digest != f"sha256:{data}":
        raise Refused(
            f"the probe set {safe(found.data, 80)} is not the one that the policy pins",
            observed=f"sha256:{data}",
            required=found.digest,
            hint="Put the right file back, or pin this one.",
            subject=found.data,
        )
    return _Asked(found, place, data)


def _digest(place: Path) -> str:
    """Return the SHA-256 of a file; nothing that waits for a writer is opened."""
    try:
        with _open(place) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as exc:
        hint = "The path in the policy is relative to the registry's folder."
        raise NotFound(f"there is no probe set {safe(place)}", hint=hint) from exc
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
        raise Unavailable(f"the probe set {safe(place)} cannot be read", why=why) from exc


def _open(place: Path) -> BufferedReader:
    descriptor = os.open(
        place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Invalid(f"the probe set {safe(place)} is no file", hint="Name one file.")
    return os.fdopen(descriptor, "rb")


def _check_safe(version: ModelVersion) -> None:
    answer = scanned(version)
    if answer.outcome != "pass":
        raise Refused(
            f"no probe is run on {version.reference}",
            why=answer.said,
            observed=answer.observed,
            required=answer.required,
            subject=version.reference,
        )


def _stands(context: Context, known: Probed, asked: _Asked) -> bool:
    """Whether answers are of the probe as it is now, and still kept."""
    same = (known.definition, known.data) == (asked.probe.definition, asked.data)
    return same and context.blobs.has(known.output)


def _run(context: Context, version: ModelVersion, asked: _Asked) -> Answers:
    from modelshelf.registry.measuring import checked_out
    from modelshelf.registry.policing import record_policy

    record_policy(context)
    with (
        checked_out(context, version) as path,
        # What it says aside goes to standard error, and answers stand apart from that.
        tempfile.TemporaryFile(prefix="modelshelf-probe-") as output,
    ):
        _command(context, version, asked, path, output)
        output.seek(0)
        return read_answers(_lines(output))


def _command(
    context: Context, version: ModelVersion, asked: _Asked, path: Path, output: IO[bytes]
) -> None:
    """Run the command, what it prints going to ``output``.

    Raises:
        Refused: It failed, took too long or printed too much.
    """
    from modelshelf.hooks.command import run_command

    told = {
        "path": str(path),
        "data": str(asked.place),
        "reference": version.reference,
        "model": version.model,
        "version": str(version.number),
    }
    argv = [_PLACEHOLDER.sub(lambda found: told[found[1]], word) for word in asked.probe.run]
    named = {name: os.environ[name] for name in asked.probe.env if name in os.environ}
    env = {f"MODELSHELF_{name.upper()}": told[name] for name in ("reference", "path", "data")}
    ran = run_command(
        argv,
        timeout=asked.probe.timeout,
        env={**named, **env},
        cwd=context.root,
        stdout=output,
        stopping=lambda: _size(output) > OUTPUT_MOST,
    )
    what = f"the probe {safe(asked.probe.name, NAME_MOST)} failed on {version.reference}"
    if _size(output) > OUTPUT_MOST:
        required = f"{size_text(OUTPUT_MOST)} at most"
        raise Refused(what, why="it answered too much", required=required)
    if not ran.passed:
        said = _last_line(ran.output)
        ended = ran.why or f"exit {ran.exit_code}"
        why = f"{ended}, {said}" if said else ended
        raise Refused(what, why=why, observed=ended, required="exit 0", subject=version.reference)


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "backslashreplace").splitlines()
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return safe(said, _LAST_LINE_MOST)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(LINE_MOST + 1):
        yield line


def _record(
    context: Context, version: ModelVersion, asked: _Asked, answers: Answers, *, seconds: float
) -> ProbeAnswers:
    from modelshelf.domain.events import VersionProbed

    data = b"".join(kept_lines(answers))
    output = context.blobs.put_bytes(data)
    with context.write(f"record what {version.reference} answered") as transaction:
        if not context.blobs.has(output):
            context.blobs.put_bytes(data)  # collected in between
        event = VersionProbed(
            version_id=version.id,
            model_id=context.inside(transaction)[1].model_id(version.model),
            model=version.model,
            number=version.number,
            probe=asked.probe.name,
            definition=asked.probe.definition,
            data=asked.data,
            rows=len(answers),
            milliseconds=round(seconds * 1_000),
            output=output,
        )
        recorded = transaction.record(event, version.reference)
    told = (event.definition, event.data, event.rows, output)
    return ProbeAnswers(
        version.reference, event.probe, *told, recorded.at, context.actor, recorded.seq
    )


def _read(context: Context, known: Probed) -> Answers:
    """Return the answers that are kept.

    Raises:
        Corrupt: They are gone, damaged, or no answers.
    """
    try:
        context.blobs.verify(known.output, context.blobs.size(known.output))
        with context.blobs.open(known.output) as stream:
            return read_kept(stream)
    except (NotFound, Invalid, ValueError, RecursionError) as exc:
        raise Corrupt(
            f"the answers {safe(known.output, _SHORT)} that entry {known.id} names are damaged",
            why=exc.what if isinstance(exc, ModelshelfError) else safe(exc),
            hint="Restore the blob from a backup; where it is gone, ask again.",
        ) from exc
