"""Checkpoints: heads of the log written beside the catalog, so that a cut tail shows.

One line each: ``modelshelf-checkpoint-v1 <registry id> <seq> <seal> <time>``. Whoever keeps a copy
elsewhere holds the log to it, whatever happens to this folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from modelshelf.domain.audit import Problem

FILE = "checkpoints.log"
EVERY = 100
_WORD = "modelshelf-checkpoint-v1"
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of the log as it was."""

    registry_id: str
    seq: int
    seal: str
    at: str


def due(before: int, after: int, names: tuple[str, ...]) -> bool:
    """Whether a head is worth writing down: a stage moved, or a hundred entries went by."""
    return before // EVERY != after // EVERY or any(n.startswith("stage.") for n in names)


def append(folder: Path, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint`` at the end of the file in ``folder``, durably.

    Raises:
        OSError: It cannot be written.
    """
    c = checkpoint
    line = f"{_WORD} {c.registry_id} {c.seq} {c.seal} {c.at}\n"
    descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(folder: Path) -> list[Checkpoint]:
    """Return the checkpoints in ``folder``; a line that was cut short is passed over."""
    try:
        lines = (folder / FILE).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    parts = (line.split() for line in lines)
    return [
        Checkpoint(p[1], int(p[2]), p[3], p[4])
        for p in parts
        if len(p) == _FIELDS and p[0] == _WORD and p[2].isdigit()
    ]


def against(seals: dict[int, str], head_seq: int, kept: list[Checkpoint]) -> list[Problem]:
    """Return where a log differs from its checkpoints.

    Args:
        seals: Seals by number, of the entries the checkpoints name that the log still has.
        head_seq: The newest entry of the log.
        kept: The checkpoints.
    """
    problems = []
    for checkpoint in kept:
        if checkpoint.seq > head_seq:
            what = f"is missing: the checkpoint of {checkpoint.at} remembers it"
            problems.append(Problem(f"entry {checkpoint.seq}", what))
        elif seals.get(checkpoint.seq) != checkpoint.seal:
            what = f"is not the entry that the checkpoint of {checkpoint.at} remembers"
            problems.append(Problem(f"entry {checkpoint.seq}", what))
    return problems
