"""What a failure looks like at this door: one sentence, an exit code, and never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from typing import IO

import click

from modelshelf.domain.errors import Invalid, ModelshelfError, Unavailable
from modelshelf.domain.text import safe

EXIT_CODES: Mapping[str, int] = {
    "invalid": 2,
    "not_found": 3,
    "conflict": 4,
    "refused": 5,
    "corrupt": 6,
    "unavailable": 7,
}
BUG = 1
INTERRUPTED = 130  # as shells say of a program that SIGINT ended
CLOSED_PIPE = 141  # the same for SIGPIPE
_SENTENCE_MOST = 4_000


def end(exc: BaseException, command: str, *, as_json: bool) -> int:
    """Say on stderr what ended a call of ``command``, and return the exit code."""
    try:
        return _end(exc, command, as_json=as_json)
    except BrokenPipeError:  # nobody reads stderr either
        silence(sys.stdout, sys.stderr)
        return CLOSED_PIPE


def _end(exc: BaseException, command: str, *, as_json: bool) -> int:
    if isinstance(exc, BrokenPipeError):
        silence(sys.stdout)
        return CLOSED_PIPE
    if isinstance(exc, KeyboardInterrupt | click.Abort):
        undone = f"; {exc.args[0]}" if exc.args else ""
        sys.stderr.write(f"\nmodelshelf: stopped{undone}.\n")
        return INTERRUPTED
    ours = _as_ours(exc)
    if ours is None:
        return tell_bug(exc, command, sys.stderr, as_json=as_json)
    return tell(ours, sys.stderr, as_json=as_json)


def _as_ours(exc: BaseException) -> ModelshelfError | None:
    match exc:
        case ModelshelfError():
            return exc
        case click.ClickException():
            return of_the_command_line(exc)
        case UnicodeEncodeError():
            return of_broken_text(exc)
        case OSError():
            return of_the_machine(exc)
    return None


def tell(error: ModelshelfError, stream: IO[str], *, as_json: bool) -> int:
    """Write what went wrong to ``stream`` and return the exit code of its family."""
    if as_json:
        _write_json(_fields(error), stream)
    else:
        stream.write(f"modelshelf: {safe(error, _SENTENCE_MOST)}\n")
        if line := _measured(error):
            stream.write(f"  {line}\n")
    stream.flush()
    return EXIT_CODES.get(error.family, BUG)


def tell_bug(exc: BaseException, command: str, stream: IO[str], *, as_json: bool) -> int:
    """Write a crash report to a file, say in one sentence where it is, and return the exit code."""
    place = _write_report(exc, command)
    kept = f"A report is in {safe(place)}." if place else "No report could be written."
    what = f"this is a bug in Modelshelf ({type(exc).__name__})"
    if as_json:
        empty = dict.fromkeys(("why", "subject"), "") | dict.fromkeys(("observed", "required"))
        _write_json({"family": "bug", "what": what, "hint": kept, **empty}, stream)
    else:
        stream.write(f"modelshelf: {what}. {kept}\n")
    stream.flush()
    return BUG


def of_the_command_line(exc: click.ClickException) -> Invalid:
    """Return why a command line cannot be read, as one of our errors."""
    context = getattr(exc, "ctx", None)
    path = context.command_path if context is not None else "modelshelf"
    said = " ".join(exc.format_message().split())  # click lists choices on lines of their own
    return Invalid(safe(said, _SENTENCE_MOST), hint=f"See {path} --help.")


def of_the_machine(exc: OSError) -> Unavailable:
    """Return what the operating system refused, as one of our errors."""
    named = exc.filename if isinstance(exc.filename, str) else ""
    what = f"{safe(named)} cannot be used" if named else "the machine cannot do it now"
    hint = "Free some space and try again." if exc.errno == errno.ENOSPC else ""
    return Unavailable(what, why=exc.strerror or type(exc).__name__, subject=named, hint=hint)


def of_broken_text(exc: UnicodeEncodeError) -> Invalid:
    """Return what can be typed but kept in no file name and no catalog, as one of our errors."""
    return Invalid(
        f"{safe(exc.object, 80)!r} cannot be used",
        why=f"{safe(exc.object[exc.start : exc.start + 1])} is half a character",
        observed=safe(exc.object, 80),
    )


def _fields(error: ModelshelfError) -> dict[str, object]:
    from modelshelf.domain.plain import plain

    names = ("what", "why", "observed", "required", "hint", "subject")
    shown: dict[str, object] = {"family": error.family}
    for name in names:
        value = getattr(error, name)
        try:
            shown[name] = plain(value)
        except TypeError:  # data of an error that has no plain form is still worth its text
            shown[name] = safe(value)
    return shown


def _measured(error: ModelshelfError) -> str:
    """Return what was observed and required, where the sentence does not say it already."""
    said = str(error)
    named = (("observed", error.observed), ("required", error.required))
    shown = [(name, safe(value)) for name, value in named if value not in (None, "", (), [])]
    return ", ".join(f"{name} {value}" for name, value in shown if value not in said)


def _write_json(fields: Mapping[str, object], stream: IO[str]) -> None:
    import json

    stream.write(json.dumps({"error": fields}) + "\n")


def _write_report(exc: BaseException, command: str) -> str:
    """Keep the calls that led to a bug, but no local variables: they may be secret."""
    import platform
    import tempfile
    import traceback

    from modelshelf._version import __version__
    from modelshelf.settings import state_folder

    trace = "".join(traceback.format_exception(exc, chain=True))
    text = (
        f"Modelshelf {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"Command: {command or '-'}\n\n{trace}"
    )
    for folder in (state_folder, lambda: tempfile.gettempdir()):  # noqa: PLW0108 - asked for late
        try:
            target = os.path.join(folder(), "crashes")  # noqa: PTH118 - may be text
            os.makedirs(target, mode=0o700, exist_ok=True)  # noqa: PTH103
            handle, place = tempfile.mkstemp(".txt", "crash-", target)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except (OSError, ModelshelfError):
            continue
        return place
    return ""


def silence(*streams: IO[str]) -> None:
    """Lead closed streams nowhere, so that the interpreter's last flush has nothing to say."""
    for stream in streams:
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            continue  # a stream without a descriptor is not flushed at the end either
