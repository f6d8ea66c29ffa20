"""Asking git about a repository that may be anybody's: nothing that it says of itself is run.

A repository can name programs in its configuration: hooks, monitors, filters, viewers, transports.
All of them are switched off for each call, and no call writes to the index or the work tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelshelf.domain.text import safe

TIMEOUT = 30.0
"""Seconds that one call may take."""
ANSWER_MOST = 1024 * 1024

_SAID_MOST = 2_000
_SETTINGS = (
    "core.fsmonitor=", "core.hooksPath=/dev/null", "core.untrackedCache=false",
    "core.splitIndex=false", "core.safecrlf=false", "core.quotePath=false", "core.pager=cat",
    "core.sshCommand=false", "core.askPass=", "credential.helper=", "protocol.allow=never",
    "gc.auto=0", "maintenance.auto=false",
)  # fmt: skip
_FIXED = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # no program that would fetch what a partial clone lacks
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said.

    Attributes:
        good: Whether it ended by itself with 0.
        output: What it wrote; cut where it was more than was asked for.
        cut: Whether there was more.
        why: Why it did not end well, as a clause.
    """

    good: bool
    output: bytes = b""
    cut: bool = False
    why: str = ""

    @property
    def text(self) -> str:
        """The output as text without the newline at its end; bytes that are no UTF-8 stay."""
        return os.fsdecode(self.output).removesuffix("\n")


def ask(
    folder: Path,
    words: Sequence[str],
    *,
    settings: Sequence[str] = (),
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    most: int = ANSWER_MOST,
    timeout: float = TIMEOUT,
) -> Answer:
    """Run one git command in a folder, without a shell; whatever goes wrong is in the answer.

    Args:
        folder: Where it runs.
        words: The command and its arguments.
        settings: More settings, ``name=value``, besides those that switch programs off.
        stdin: What it reads.
        env: Variables besides our own; what the environment says to git is not passed on.
        most: The most bytes of its output; it is stopped when it writes more.
        timeout: Seconds after which it is stopped.
    """
    git = shutil.which("git")
    if git is None:
        return Answer(good=False, why="git is not installed")
    given = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    command = [git, "--no-pager", *given, *words]
    own = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    with tempfile.TemporaryFile() as reads, tempfile.TemporaryFile() as says:
        reads.write(stdin)
        reads.seek(0)
        try:
            child = subprocess.Popen(  # noqa: S603 - our own words; no shell
                command, cwd=folder, stdin=reads, stdout=subprocess.PIPE, stderr=says,
                env=own | _FIXED | dict(env or {}),
            )  # fmt: skip
        except (OSError, ValueError) as exc:
            if not folder.is_dir():
                return Answer(good=False, why=f"there is no folder {safe(folder, 120)}")
            return Answer(good=False, why=f"git cannot be run: {safe(exc, 120)}")
        return _heard(child, says, most, timeout)


def _heard(child: subprocess.Popen[bytes], says: IO[bytes], most: int, timeout: float) -> Answer:
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    clock = threading.Timer(timeout, stop)
    clock.daemon = True
    clock.start()
    try:
        output = b"" if child.stdout is None else child.stdout.read(most + 1)
        if len(output) > most:
            child.kill()
        code = child.wait()
    finally:
        clock.cancel()
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
    if late.is_set():
        return Answer(good=False, output=b"", why=f"git did not answer within {timeout:g} s")
    if len(output) > most:
        return Answer(good=False, output=output[:most], cut=True, why="git had more to say")
    if code == 0:
        return Answer(good=True, output=output)
    says.seek(0)
    said = says.read(_SAID_MOST).decode("utf-8", "replace").strip().splitlines()
    return Answer(
        good=False, output=output, why=safe(said[0] if said else f"git ended with {code}")
    )
