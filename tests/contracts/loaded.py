"""What a piece of work loads, asked of a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Each costs more at start than everything a read needs together.
HEAVY = frozenset({"pydantic", "sqlalchemy", "sqlmodel", "textual", "watchdog"})

# The list leaves by a file, because both streams belong to the work. It is written whichever way
# the work ends; a command ends by SystemExit.
_RUNNER = """\
import atexit, json, sys
target, work = sys.argv[1:3]
del sys.argv[1:3]
sys.argv[0] = "modelshelf"
def tell():
    with open(target, "w", encoding="utf-8") as file:
        json.dump(sorted(sys.modules), file)
atexit.register(tell)
exec(work)
"""

# Where a person's own settings and state may lie, on any system.
_HOMES = (
    "HOME",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
)

_COMMAND = "from modelshelf.__main__ import main; sys.exit(main())"


@dataclass(frozen=True)
class Outcome:
    """How the work ended, what it said, and the modules that were loaded then."""

    code: int
    stdout: str
    stderr: str
    modules: frozenset[str]

    @property
    def heavy(self) -> set[str]:
        """The slow packages among the loaded ones."""
        return {name.partition(".")[0] for name in self.modules} & HEAVY


def run(
    work: str, *arguments: str, scratch: Path, environment: Mapping[str, str] | None = None
) -> Outcome:
    """Run Python text in a fresh interpreter, with these arguments as a command line.

    The settings and state of the person who runs the tests stay out of it: every place where they
    could lie is below `scratch`.
    """
    listing = scratch / "modules.json"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MODELSHELF_", "_MODELSHELF"))}
    done = subprocess.run(
        [sys.executable, "-c", _RUNNER, str(listing), work, *arguments],
        cwd=scratch,
        env=kept | dict.fromkeys(_HOMES, str(scratch)) | dict(environment or {}),
        capture_output=True,
        check=False,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    modules = json.loads(listing.read_text(encoding="utf-8"))
    return Outcome(done.returncode, done.stdout, done.stderr, frozenset(modules))


def command(
    *arguments: str, scratch: Path, environment: Mapping[str, str] | None = None
) -> Outcome:
    """Run `modelshelf` with these arguments in a fresh interpreter."""
    return run(_COMMAND, *arguments, scratch=scratch, environment=environment)
