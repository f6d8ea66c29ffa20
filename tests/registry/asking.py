"""A registry where several people ask and answer, for the tests of requests and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modelshelf.domain.errors import ModelshelfError
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import model_file
from tests.sentences import check_sentence

START = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = """
[stages.production]
holders = "many"
approvals = 2
approvers = ["role:reviewer"]
four_eyes = true
bypass = ["oncall"]
[stages.solo]
approvals = 1
cooling_off = 3600
[stages.quick]
approvals = 1
expires = 60
[roles]
reviewer = ["ana", "ravi", "bo"]
"""


class Bench:
    """A registry's folder, a clock that goes on by a second at each look, and whoever comes by.

    Attributes:
        now: What the clock tells next.
        path: The registry's folder.
    """

    def __init__(self, folder: Path, policy: str, versions: int) -> None:
        """Make the registry with some versions of churn."""
        self.now = START
        self.path = folder / "registry"
        self._opened = ExitStack()
        self._people: dict[str, Registry] = {}
        self.path.mkdir()
        self.rule(policy)
        with create_registry(self.path, actor="ana", clock=self.clock) as registry:
            for seed in range(1, versions + 1):
                registry.versions.register(
                    "churn",
                    model_file(folder / "files", seed),
                    metrics={"auc": seed / 10},
                    tags={"seed": str(seed)},
                )

    def clock(self) -> datetime:
        """Tell the time."""
        self.now += timedelta(seconds=1)
        return self.now

    def wait(self, **spans: float) -> None:
        """Let time go by."""
        self.now += timedelta(**spans)

    def rule(self, policy: str) -> None:
        """Change the policy; whoever comes by from now on goes by it."""
        (self.path / "modelshelf.toml").write_text(policy, "utf-8")
        self._people.clear()

    def __call__(self, who: str = "ana") -> Registry:
        """Return the registry as opened by somebody."""
        if who not in self._people:
            opened = open_registry(self.path, actor=who, clock=self.clock)
            self._people[who] = self._opened.enter_context(opened)
        return self._people[who]

    def close(self) -> None:
        """Close what was opened."""
        self._opened.close()

    def held(self, stage: str = "production", model: str = "churn") -> dict[str, int]:
        """Return who holds a stage, by reference."""
        holders = self().models.get(model).stages.get(stage, ())
        return {h.reference: h.weight for h in holders}

    def events(self, last: int) -> list[str]:
        """Return the names of the last entries, oldest first."""
        return [e.event for e in reversed(self().audit.entries(limit=last))]


@contextmanager
def bench(folder: Path, policy: str = POLICY, versions: int = 3) -> Iterator[Bench]:
    """Make a registry under a policy of its own, and close it at the end."""
    made = Bench(folder, policy, versions)
    try:
        yield made
    finally:
        made.close()


def refused(work: Callable[[], object], kind: type[ModelshelfError]) -> str:
    """Return the sentence of a failure that must come."""
    with pytest.raises(kind) as caught:
        work()
    check_sentence(caught.value)
    return str(caught.value)


def approved(at: Bench, reference: str = "churn:3", **shares: int) -> int:
    """Ask for production and approve twice; return the number of the request."""
    number = at().requests.open(reference, "production", reason="better", **shares).id  # type: ignore[arg-type]
    at("ravi").requests.approve(number, comment="fine")
    at("bo").requests.approve(number)
    return number
