"""A world outside that hooks are told to, and a registry with two of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from modelshelf.domain.deliveries import Outcome
from modelshelf.domain.policy import Hook
from modelshelf.registry import Registry, open_registry

START = datetime(2026, 3, 1, tzinfo=UTC)
ALL = '[[hooks]]\nname = "all"\nrun = ["all"]\n'
STAGES = '[[hooks]]\nname = "stages"\non = ["stage.*"]\nmodels = ["risk/*"]\nrun = ["stages"]\n'


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass
class World:
    """The outside: what each hook was told, and which say no.

    Attributes:
        told: Hook and entry of every attempt.
        fails: Whether an attempt fails.
    """

    told: list[tuple[str, int]] = field(default_factory=list)
    fails: Callable[[str, int], bool] = lambda _hook, _seq: False
    wait: float = 0.0
    on_tell: Callable[[], object] = lambda: None

    def tell(self, hook: Hook, ident: str, body: bytes, **_rules: Any) -> Outcome:  # noqa: ANN401
        """Be told."""
        seq = json.loads(body)["data"].get("seq", 0)
        assert ident.endswith(f"/{seq}") or not seq
        self.told.append((hook.key, seq))
        self.on_tell()
        failed = self.fails(hook.key, seq)
        return Outcome(not failed, "no" if failed else "yes", self.wait)

    def of(self, hook: str) -> list[int]:
        """Return what one hook was told."""
        return [seq for key, seq in self.told if key == hook]


def again(shelf: Registry, policy: str) -> Registry:
    """Open the registry again under another policy."""
    (shelf.path / "modelshelf.toml").write_text(policy, "utf-8")
    opened = open_registry(shelf.path, actor="ana", clock=shelf._context.clock)
    opened.hooks._luck = lambda: 0.5
    return opened


def seqs(shelf: Registry, event: str = "*") -> list[int]:
    """Return the numbers of entries, oldest first, that came after the policy."""
    found = [e.seq for e in shelf.audit.entries(event=event, limit=1_000)][::-1]
    return [seq for seq in found if seq > 2]
