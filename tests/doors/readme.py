"""The console blocks of a document: commands with the output they promise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Step:
    """A command line and what it prints, with ``…`` for whatever differs between machines."""

    command: str
    output: str


def steps_in(document: Path) -> list[Step]:
    """Return the steps of all console blocks, in order."""
    steps: list[Step] = []
    for block in _BLOCK.findall(document.read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = command[:-1] + more.removeprefix("> ").strip()
            steps.append(Step(command, output.rstrip("\n")))
    return steps


def fits(promised: str, printed: str) -> bool:
    """Whether what was printed is what was promised."""
    parts = [re.escape(part) for part in promised.split(ANYTHING)]
    return re.fullmatch(".*?".join(parts), printed.rstrip("\n"), re.DOTALL) is not None
