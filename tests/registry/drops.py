"""A registry with an inbox, and a clock that stands until somebody waits, to test the intake."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelshelf.domain.intake import SweepReport
from modelshelf.registry import Registry, create_registry
from modelshelf.registry.inbox import Inbox

BAD = b"cos\nsystem\n(S'true'\ntR."
"""A pickle that calls something harmless which has no place in a model."""

START = datetime(2026, 3, 1, tzinfo=UTC)


def weights(seed: int = 1) -> bytes:
    """Return a small safetensors file; another seed, other bytes."""
    data = struct.pack("<4f", seed, 0.25, 0.5, 0.75)
    head = json.dumps({"weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}})
    return struct.pack("<Q", len(head)) + head.encode() + data


class Clock:
    """A clock that goes on when somebody waits."""

    def __init__(self) -> None:
        """Begin on 2026-03-01."""
        self.now = START

    def __call__(self) -> datetime:
        """Return the present moment."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Shelf:
    """A registry and its inbox."""

    def __init__(self, folder: Path, policy: str = "") -> None:
        """Make the registry in ``folder``, with this text as its policy."""
        folder.mkdir(parents=True)
        (folder / "modelshelf.toml").write_text(policy, "utf-8")
        self.clock = Clock()
        self.registry: Registry = create_registry(folder, actor="ana", clock=self.clock)
        self.root = folder
        self.inbox = folder / "inbox"

    def drop(self, path: str, data: bytes | str | None = None) -> Path:
        """Write a file below the inbox, with its folders; by default a small model."""
        file = self.inbox / path
        file.parent.mkdir(parents=True, exist_ok=True)
        content = weights() if data is None else data
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def sweep(self, wait: float = 0.0) -> SweepReport:
        """Let ``wait`` seconds pass, then look once."""
        self.clock.wait(wait)
        return self.registry.intake.sweep(pause=self.clock.wait)

    def settle(self, wait: float = 11.0) -> SweepReport:
        """Look, let everything settle, and look again; return the second report."""
        self.sweep()
        return self.sweep(wait)

    def reopen(self) -> None:
        """Open the registry again, as after a crash."""
        from modelshelf.registry import open_registry

        self.registry.close()
        self.registry = open_registry(self.root, actor="ana", clock=self.clock)

    def states(self) -> dict[str, str]:
        """Return the ledger: state by path."""
        return {seen.path: seen.state for seen in self.registry.intake.ledger()}

    def references(self, model: str = "churn") -> list[str]:
        """Return the versions of a model, oldest first."""
        return [version.reference for version in reversed(self.registry.versions.list(model))]

    def lying(self) -> set[str]:
        """Return the files in the inbox, relative to it, without the watcher's own."""
        files = (file.relative_to(self.inbox).as_posix() for file in self.inbox.rglob("*"))
        return {f for f in files if (self.inbox / f).is_file() and ".modelshelf-watch" not in f}


MakeShelf = Callable[..., Shelf]


def quarantine_bad(shelf: Shelf) -> Inbox:
    """Quarantine a file with a sidecar, and return the inbox."""
    shelf.drop("churn/m.pkl", BAD)
    shelf.drop("churn/m.pkl.json", '{"metrics": {"auc": 0.5}}')
    shelf.settle()
    return shelf.registry.inbox


def whole(shelf: Shelf) -> bool:
    """Whether the log replays to what the tables say, before and after a rebuild."""
    before = shelf.registry.inbox.quarantined(None)
    fine = shelf.registry.audit.verify(deep=True).whole
    shelf.registry.upkeep.rebuild()
    return fine and shelf.registry.inbox.quarantined(None) == before


def events(registry: Registry) -> list[str]:
    """Return the names of the entries, newest first."""
    return [entry.event for entry in registry.audit.entries(limit=500)]
