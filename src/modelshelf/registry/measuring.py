"""Gates that must be measured: a command is run, bytes are hashed, other people's code is asked.

What a measurement says is recorded, and what a command wrote is kept as a blob before that. Nothing
here holds the write lock while it measures.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Corrupt, Invalid, NotFound
from modelshelf.domain.gates.measuring import required_of
from modelshelf.domain.text import safe, size_text
from modelshelf.registry.contents import content_of
from modelshelf.registry.gate_metrics import VARIABLE, read_metrics, record_metrics

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Recorded
    from modelshelf.domain.content import Content
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.policy import Gate
    from modelshelf.registry.context import Context
    from modelshelf.registry.planning import Move

Progress = Callable[[int, int, str], None]
_PLACEHOLDER = re.compile(r"\{(path|reference|model|version|stage)\}")
_LAST_LINE_MOST = 200
_TEXT_MOST = 4_000  # characters of what other people's gates say


@dataclass(frozen=True, slots=True)
class Reading:
    """What a measurement came to, before it is recorded.

    Attributes:
        passed: Whether the gate agrees.
        observed: What was found.
        message: A clause for people.
        required: What was asked for; empty where the policy says it.
        output: What a command wrote.
        exit_code: What it ended with.
        metrics: What it measured besides.
    """

    passed: bool
    observed: str
    message: str
    required: str = ""
    output: bytes = b""
    exit_code: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


def measure_gates(
    context: Context, move: Move, *, again: bool = False, progress: Progress | None = None
) -> None:
    """Measure the gates of a move that are measured and do not agree yet.

    No command and no other package is given what the scan says no to: they may load it.

    Args:
        context: The registry.
        move: What would change, judged; only versions that were judged are measured.
        again: Measure also what has a measurement that stands and agrees.
        progress: As for :func:`measure`.

    Raises:
        NotFound, Corrupt, Unavailable: As :func:`measure`.
    """
    from modelshelf.registry.gating import gates_of
    from modelshelf.registry.policing import record_policy

    gates = [gate for gate in gates_of(context.policy, move.stage) if gate.measured]
    if not gates:
        return
    record_policy(context)
    agreed = {(v.gate, v.reference) for v in move.verdicts if v.outcome == "pass"}
    unsafe = {v.reference for v in move.verdicts if (v.gate, v.outcome) == ("scan", "fail")}
    for version in context.versions().versions(move.judged):
        harmless = unsafe.isdisjoint(("", version.reference))
        for gate in gates if harmless else [g for g in gates if g.kind == "builtin"]:
            known = {(gate.name, ""), (gate.name, version.reference)}
            if not version.freed and (again or agreed.isdisjoint(known)):
                measure(context, version, gate, move.stage.name, progress=progress)


def measure(
    context: Context,
    version: ModelVersion,
    gate: Gate,
    stage: str,
    *,
    progress: Progress | None = None,
) -> Recorded:
    """Measure ``gate`` on ``version`` and record what came of it.

    Args:
        context: The registry.
        version: The version; its bytes must be there.
        gate: A gate that is measured.
        stage: The stage it is measured for, told to commands.
        progress: Called with bytes done, bytes in all and the file's name.

    Raises:
        NotFound: The bytes were freed, or are gone.
        Corrupt: They are damaged, and the gate is another than ``verified``.
        Unavailable: There is no room to check them out.
    """
    begun = time.monotonic()
    if gate.kind == "run":
        reading = _run(context, version, gate, stage)
    elif gate.kind == "plugin":
        reading = _ask(context, version, gate, stage)
    else:
        reading = _verify(context, version, progress)
    seconds = time.monotonic() - begun
    return _record(context, version, gate, reading, stage=stage, seconds=seconds)


def _record(
    context: Context,
    version: ModelVersion,
    gate: Gate,
    reading: Reading,
    *,
    stage: str,
    seconds: float,
) -> Recorded:
    from modelshelf.domain.events import GateRan

    output = context.blobs.put_bytes(reading.output) if reading.output else None
    with context.write(f"record what {gate.name} said") as transaction:
        if output is not None and not context.blobs.has(output):
            context.blobs.put_bytes(reading.output)  # collected in between
        model_id = context.inside(transaction)[1].model_id(version.model)
        if reading.metrics:  # before the measurement, which may be judged by them
            record_metrics(transaction, version, model_id, gate.name, reading.metrics)
        event = GateRan(
            version_id=version.id,
            model_id=model_id,
            model=version.model,
            number=version.number,
            gate=gate.name,
            definition=gate.definition_for(stage),
            outcome="pass" if reading.passed else "fail",
            observed=reading.observed,
            required=reading.required or required_of(gate),
            message=reading.message,
            milliseconds=round(seconds * 1_000),
            exit_code=reading.exit_code,
            output=output,
        )
        return transaction.record(event, version.reference)


def _run(context: Context, version: ModelVersion, gate: Gate, stage: str) -> Reading:
    from modelshelf.hooks.command import run_command

    with checked_out(context, version) as path, tempfile.TemporaryDirectory() as beside:
        told = {
            "path": str(path),
            "reference": version.reference,
            "model": version.model,
            "version": str(version.number),
            "stage": stage,
        }
        argv = [_PLACEHOLDER.sub(lambda found: told[found[1]], word) for word in gate.run]
        named = {name: os.environ[name] for name in gate.env if name in os.environ}
        env = {f"MODELSHELF_{name.upper()}": told[name] for name in ("reference", "path", "stage")}
        file = Path(beside, "metrics.json")
        env[VARIABLE] = str(file)
        ran = run_command(argv, timeout=gate.timeout, env={**named, **env}, cwd=context.root)
        metrics, unusable = _metrics(file)
    observed = ran.why or f"exit {ran.exit_code}"
    last = "" if ran.passed else _last_line(ran.output)
    message = f"the command passed: {observed}"
    if not ran.passed:
        message = f"the command failed: {observed}{f', {last}' if last else ''}"
    if unusable:
        message = f"{message}; {unusable}"
    passed = ran.passed and not unusable
    return Reading(
        passed, observed, message, output=ran.output, exit_code=ran.exit_code, metrics=metrics
    )


def _metrics(file: Path) -> tuple[dict[str, float], str]:
    """Return the metrics that a command wrote, and why they cannot be used."""
    try:
        return read_metrics(file), ""
    except Invalid as unusable:
        return {}, str(unusable).removesuffix(".")


def _ask(context: Context, version: ModelVersion, gate: Gate, stage: str) -> Reading:
    """Ask another package's gate; nothing limits its time, for it runs in this process."""
    from modelshelf.catalog.detail import read_detail
    from modelshelf.plugins.gates import ask, find_gate, question
    from modelshelf.registry.gating import heaviest

    find_gate(gate.use)  # before the bytes are copied for nobody
    connection = context.database.reader()
    model = context.live_models().get(version.model)
    chosen = heaviest(model.stages.get(stage, ()), (version.id,))
    held = () if chosen is None else context.versions().versions([chosen])
    baseline = read_detail(connection, held[0]) if held else None
    with checked_out(context, version) as path:
        detail = read_detail(connection, version)
        asked = question(stage, detail, baseline, settings=gate.settings, path=path)
        answer = ask(gate.use, asked)
    outcome = "agrees" if answer.passed else "does not agree"
    message = answer.message or f"the gate {safe(gate.use, 80)} {outcome}"
    return Reading(answer.passed, answer.observed or outcome, message, answer.required)


def _last_line(output: bytes) -> str:
    """Return the last line that says something, harmless to show."""
    lines = output[-_TEXT_MOST:].decode("utf-8", "backslashreplace").splitlines()
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return safe(said, _LAST_LINE_MOST)


@contextmanager
def checked_out(context: Context, version: ModelVersion) -> Iterator[Path]:
    """Return a block in which the artifact lies read-only in a folder of its own, then removed.

    Raises:
        NotFound, Corrupt, Unavailable: As ``Versions.checkout``.
    """
    from modelshelf.artifacts import checkout

    content = content_of(context, version)
    folder = Path(tempfile.mkdtemp(prefix="modelshelf-gate-"))
    try:
        inside = folder / content.name if content.kind == "folder" else folder
        path = checkout(content, context.blobs, inside)
        _make_read_only(folder)
        yield path
    finally:
        _remove(folder)


def _make_read_only(top: Path) -> None:
    for parent, _, files in os.walk(top, topdown=False):
        with suppress(OSError):  # a disk without rights takes none
            for name in files:
                Path(parent, name).chmod(0o400)
            Path(parent).chmod(0o500)


def _remove(top: Path) -> None:
    """Remove a folder, whatever a command has made of it; what cannot be removed stays.

    Only folders are given other rights: a link leads elsewhere, and a file may have another name
    elsewhere. Folders are emptied beside one another, so that no depth is too much.
    """
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError):
            if not _opened(folder):
                _unlink(folder)
                continue
            for inside in list(folder.iterdir()):
                with suppress(OSError):
                    if not _opened(inside):
                        _unlink(inside)
                        continue
                    beside = top / f"{len(waiting)}-{token_hex(8)}"
                    inside.rename(beside)
                    waiting.append(beside)
            if folder != top:
                folder.rmdir()
    with suppress(OSError):
        top.rmdir()


def _opened(path: Path) -> bool:
    """Whether this is a folder; then its owner may look into it and empty it."""
    status = path.lstat()
    # On Windows a junction looks like a folder, and leads elsewhere.
    is_folder = stat.S_ISDIR(status.st_mode) and not getattr(status, "st_reparse_tag", 0)
    if is_folder:
        path.chmod(0o700)
    return is_folder


def _unlink(path: Path) -> None:
    if os.name == "nt":  # where what is read-only cannot be removed
        path.chmod(0o600)
    path.unlink()


def _verify(context: Context, version: ModelVersion, progress: Progress | None) -> Reading:
    """Hash every byte of a version; what is wrong is the answer and no failure."""
    content, done = content_of(context, version), 0
    try:
        for entry in content.files:
            if progress is not None:
                progress(done, content.size, entry.path)
            context.blobs.verify(entry.digest, entry.size)
            done += entry.size
        _check_list(content)
    except (Corrupt, NotFound) as error:
        return Reading(passed=False, observed=safe(error.what), message=safe(error, _TEXT_MOST))
    if progress is not None:
        progress(content.size, content.size, "")
    count = len(content.files)
    files = "1 file" if count == 1 else f"{count:,} files"
    hashed = f"{files}, {size_text(content.size)} hashed"
    return Reading(passed=True, observed=hashed, message="every byte is what was registered")


def _check_list(content: Content) -> None:
    """Check that a folder's files are those that its digest names."""
    from modelshelf.domain.content import folder_content

    if content.kind == "folder":
        listed = folder_content(content.name, content.files).digest
        if listed != content.digest:
            raise Corrupt("the list of files is not what was registered", observed=listed)
