"""A recipe as lines for a shell, to be read by people and copied."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry.reproducing.data import placed
from modelshelf.registry.reproducing.git import HARDENED, local_place
from modelshelf.registry.reproducing.packages import pins

if TYPE_CHECKING:
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.provenance import Code, Dataset, Environment
    from modelshelf.registry.context import Context

OUT = "{out}"
"""What stands in a command for the folder into which it writes."""

PYTHONS = re.compile(r"python(?:3(?:\.[0-9]+)?)?(?:\.exe)?")
"""The names of programs that stand for the interpreter of the fresh environment."""

_PYTHON = "venv/bin/python"


def steps(context: Context, detail: VersionDetail) -> tuple[str, ...]:
    """Return what to do to make a version again, a line each."""
    code = detail.code
    where = directory(code)
    return (
        _line("mkdir", "reproduced", "reproduced/out"),
        _line("cd", "reproduced"),
        *_get_code(context, code),
        *_get_data(detail.datasets, where),
        *_get_environment(detail.environment),
        *_run(code, where),
    )


def directory(code: Code | None) -> PurePosixPath:
    """Return where the command runs, relative to the fresh folder; the top if that leads out."""
    if code is None or not code.directory or leads_out(code):
        return PurePosixPath("code")
    return PurePosixPath("code", code.directory)


def leads_out(code: Code) -> bool:
    """Whether the recorded place of the command is outside the code."""
    named = PurePosixPath(code.directory or "")
    return named.is_absolute() or ".." in named.parts


def word(text: str) -> str:
    """Return ``text`` as one word that a shell understands and a terminal shows harmlessly."""
    if text.isprintable():
        return shlex.quote(text)
    shown = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return "$'" + "".join(c if c.isascii() and c.isprintable() and c not in "\\'"
                          else f"\\x{ord(c):02x}" for c in shown) + "'"  # fmt: skip


def _line(*words: str) -> str:
    return " ".join(word(each) for each in words)


def _get_code(context: Context, code: Code | None) -> Iterator[str]:
    if code is None:
        return
    if code.snapshot is not None:
        yield _line("mkdir", "code")
        yield _line("tar", "-xf", _blob(context, code.snapshot), "-C", "code")
        return
    if code.repository is None or code.commit is None:
        return
    yield _line("git", *HARDENED, "clone", "--no-checkout", "--", code.repository, "code")
    yield _line("git", "-C", "code", *HARDENED, "checkout", "--detach", code.commit)
    if code.patch is not None:
        yield _line("git", "-C", "code", "apply", _blob(context, code.patch))


def _blob(context: Context, digest: str) -> str:
    try:
        return str(context.blobs.path(digest))
    except ModelshelfError:  # edited by another hand; it is listed as missing
        return digest


def _get_data(datasets: Iterable[Dataset], where: PurePosixPath) -> Iterator[str]:
    for dataset in datasets:
        try:
            path = placed(dataset)
        except ModelshelfError:  # it is listed as missing
            continue
        source = local_place(dataset.uri or "")
        if path is not None and source is not None:
            target = where / path
            yield _line("mkdir", "-p", str(target.parent))
            yield _line("cp", "-R", "--", str(source), str(target))


def _get_environment(environment: Environment | None) -> Iterator[str]:
    minor = minor_of(environment)
    wanted = pins(environment)
    yield _line(f"python{minor}" if minor else "python3", "-m", "venv", "venv")
    if wanted:
        yield _line(_PYTHON, "-m", "pip", "install", *wanted)


def minor_of(environment: Environment | None) -> str:
    """Return the minor version of Python that was recorded, ``3.12``; empty without one."""
    found = re.match(r"\d+\.\d+", environment.python or "") if environment is not None else None
    return found[0] if found else ""


def _run(code: Code | None, where: PurePosixPath) -> Iterator[str]:
    if code is None or not code.command:
        return
    out = posixpath.relpath("out", where)
    words = [each.replace(OUT, out) for each in code.command]
    if PYTHONS.fullmatch(words[0]):
        words[0] = posixpath.relpath(_PYTHON, where)
    yield _line("cd", str(where))
    yield _line(*words)
