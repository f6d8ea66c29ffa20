"""Making a version again: its code in a fresh folder, its command run, what came out compared.

Nothing is registered. What the command does, it does with the rights of whoever calls this.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid, ModelshelfError, Refused
from modelshelf.domain.reproduction import Report, Reproduction, compare_metrics, judge
from modelshelf.domain.text import safe
from modelshelf.registry.reproducing.data import put_in_place
from modelshelf.registry.reproducing.fetching import fetch_code
from modelshelf.registry.reproducing.fresh import Say, Transcript, fresh_folder
from modelshelf.registry.reproducing.interpreters import Interpreter, fresh, given, surroundings
from modelshelf.registry.reproducing.made import check_made, start
from modelshelf.registry.reproducing.outputs import Came, Weighed, find_output, weigh_output
from modelshelf.registry.reproducing.packages import differences
from modelshelf.registry.reproducing.recipes import read
from modelshelf.registry.reproducing.steps import OUT, PYTHONS

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion, VersionDetail
    from modelshelf.domain.reproduction import Recipe
    from modelshelf.hooks.command import Ran
    from modelshelf.registry.context import Context

_CARD_HEAD = ", model-index"
_NAMED_MOST = 5
_LAST_LINE_MOST = 200


def run(
    context: Context,
    reference: str,
    *,
    tolerance: float,
    python: str | Path | None,
    keep: str | Path | None,
    timeout: float | None,
    say: Say | None,
) -> Reproduction:
    """Make a version again and record what came of it; see ``Reproductions.run``.

    Raises:
        Invalid: Tolerance or timeout is no number that makes sense.
        Refused: Something that it takes is missing; lists what.
        Conflict: The folder to keep it in is there already.
        NotFound: There is no such interpreter.
        Corrupt: Kept code cannot be used.
        Unavailable: Code or environment cannot be had.
    """
    context.check_present()
    allowed = _positive("tolerance", tolerance, zero=True)
    limit = math.inf if timeout is None else _positive("timeout", timeout)
    detail, found = read(context, reference)
    _check_complete(found)
    transcript = Transcript(say)
    with fresh_folder(None if keep is None else Path(keep)) as folder:
        report = _attempt(context, detail, folder, python, limit, allowed, transcript)
    return _record(context, detail.version, report, transcript.bytes())


def _positive(kind: str, value: float, *, zero: bool = False) -> float:
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise Invalid(f"{safe(value, 40)} is no {kind}", required="a positive number")
    return float(value)


def _check_complete(found: Recipe) -> None:
    missing = found.missing
    if missing:
        said = "; ".join(f"{k.what} ({k.state})" for k in missing[:_NAMED_MOST])
        more = len(missing) - _NAMED_MOST
        raise Refused(
            f"{found.reference} cannot be made again",
            why=said + (f"; {more} more" if more > 0 else ""),
            observed=[k.what for k in missing],
            hint=f"modelshelf reproduce {found.reference} says what to do.",
            subject=found.reference,
        )


def _attempt(
    context: Context,
    detail: VersionDetail,
    folder: Path,
    python: str | Path | None,
    limit: float,
    tolerance: float,
    transcript: Transcript,
) -> Report:
    code, environment = detail.code, detail.environment
    if code is None:  # complete, so there is code
        raise Refused(f"no code of {detail.version.reference} was recorded")
    where = fetch_code(context, code, folder, transcript)
    for dataset in detail.datasets:
        put_in_place(context, dataset, where)
    interpreter = (
        fresh(environment, folder, transcript) if python is None else given(python, folder)
    )
    top, since = folder.resolve(), start(folder)
    ran = _run(code.command, where, folder, interpreter, limit, transcript)
    transcript.say("comparing what came out")
    came = check_made(find_output(folder / "out", where, detail.version.model), top, since)
    report = replace(
        _judged(context, detail, ran, came, tolerance),
        tolerance=tolerance,
        python=interpreter.python,
        seconds=round(ran.seconds, 3),
    )
    other = differences(environment, interpreter.python, interpreter.packages)
    return replace(report, differences=(*other, *report.differences))


def _run(
    command: tuple[str, ...],
    where: Path,
    folder: Path,
    interpreter: Interpreter,
    limit: float,
    transcript: Transcript,
) -> Ran:
    from modelshelf.hooks.command import run_command

    argv = [each.replace(OUT, str(folder / "out")) for each in command]
    if PYTHONS.fullmatch(argv[0]):
        argv[0] = str(interpreter.path)
    transcript.say(f"running {safe(' '.join(command), 200)}")
    env = surroundings(interpreter, folder)
    ran = run_command(argv, timeout=limit, env=env, cwd=where)
    transcript.add(argv, ran)
    return ran


def _judged(
    context: Context, detail: VersionDetail, ran: Ran, came: Came, tolerance: float
) -> Report:
    recorded = _expected(detail, came.metrics)
    if not ran.passed:
        last = _last_line(ran.output)
        why = (
            f"the command failed: {ran.why or f'exit {ran.exit_code}'}{f', {last}' if last else ''}"
        )
        return Report("failed", why, compare_metrics(recorded, came.metrics, tolerance))
    if came.path is None:
        return Report("failed", came.why, compare_metrics(recorded, came.metrics, tolerance))
    try:
        weighed = weigh_output(context, detail, came, came.path)
    except ModelshelfError as error:
        why = f"what came out could not be registered: {safe(str(error), 500)}"
        return Report("failed", why, compare_metrics(recorded, came.metrics, tolerance))
    return _compared(detail, weighed, tolerance)


def _compared(detail: VersionDetail, weighed: Weighed, tolerance: float) -> Report:
    recorded = _expected(detail, weighed.metrics)
    metrics = compare_metrics(recorded, weighed.metrics, tolerance)
    known = detail.inspection.weights
    outcome, why = judge(
        same_bytes=weighed.same_bytes,
        same_weights=known is not None and known.digest != "" and known.digest == weighed.weights,
        metrics=metrics,
        tolerance=tolerance,
    )
    unusable = (weighed.why,) if weighed.why else ()
    return Report(
        outcome, why, metrics, digest=weighed.digest, weights=weighed.weights, differences=unusable
    )


def _expected(detail: VersionDetail, measured: Mapping[str, object]) -> dict[str, float]:
    """Return the recorded metrics that the code can be asked for.

    What was only read in the head of a model card is what somebody wrote there, often under another
    name, and what no training measures.
    """
    return {
        name: value
        for name, value in detail.version.metrics.items()
        if name in measured or _CARD_HEAD not in detail.origins.get(f"metrics.{name}", "")
    }


def _last_line(output: bytes) -> str:
    lines = output[-4_000:].decode("utf-8", "backslashreplace").splitlines()
    return safe(next((x.strip() for x in reversed(lines) if x.strip()), ""), _LAST_LINE_MOST)


def _record(
    context: Context, version: ModelVersion, report: Report, transcript: bytes
) -> Reproduction:
    from modelshelf.domain.events import VersionReproduced
    from modelshelf.domain.plain import compact

    output = context.blobs.put_bytes(transcript) if transcript else None
    with context.write("record that a version was made again") as transaction:
        if output is not None and not context.blobs.has(output):
            context.blobs.put_bytes(transcript)  # collected in between
        current = context.inside(transaction)[0].versions([version.id])[0]
        event = VersionReproduced(
            version_id=version.id,
            model_id=context.inside(transaction)[1].model_id(current.model),
            model=current.model,
            number=current.number,
            outcome=report.outcome,
            report=compact(report),
            output=output,
        )
        done = transaction.record(event, current.reference)
    return Reproduction(done.seq, current.reference, report, done.at, context.actor, output)
