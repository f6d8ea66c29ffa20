"""Commands and policies for the tests of gates."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.promotion import PromotionPlan, Verdict
from modelshelf.registry import Registry
from tests.furnished import model_file
from tests.registry.asking import Bench
from tests.sentences import check_sentence

AS_WRITTEN = """
[stages.staging]
gates = ["scan", "complete"]
[stages.production]
holders = "many"                       # A/B split allowed
gates = ["scan", "complete", "better", "fresh-data"]
approvals = 1
approvers = ["role:reviewer"]
four_eyes = true                       # never your own request
on_replaced = "archive"

[gates.better]
when = "metrics.auc >= baseline.metrics.auc - 0.005"       # CEL; baseline = the present holder
message = "AUC must not fall by more than 0.005"
[gates.fresh-data]
when = "datasets.exists(d, d.kind == 'trained_on')"
[gates.smoke]
run = ["python", "checks/smoke.py", "{path}"]              # exit 0 passes; output is kept
timeout = 120

[roles]
reviewer = ["ana", "ravi"]

[[drop_folders]]
path = "inbox"
model = "{folder}"                                          # inbox/<model>/<file or folder>
settle = 2.0
keep = "move"                                               # move | copy | adopt

[[hooks]]
on = ["stage.assigned", "stage.rolled_back"]
models = ["churn*"]
run = ["./deploy.sh"]                                       # or url = "https://..."
"""
SMOKE = """
[stages.production]
holders = "many"
gates = ["smoke"]
[gates.smoke]
run = ["python", "checks/smoke.py", "{path}", "{reference}", "{stage}"]
timeout = 60
"""


def smoke(at: Bench, code: str) -> None:
    """Write the command that the policy runs."""
    checks = at.path / "checks"
    checks.mkdir(exist_ok=True)
    (checks / "smoke.py").write_text(code, "utf-8")


def ran(registry: Registry, gate: str = "smoke") -> int:
    """Return how often a gate was measured."""
    entries = registry.audit.entries(event="gate.ran", limit=10_000)
    return sum(entry.body["gate"] == gate for entry in entries)


def adopted(registry: Registry, folder: Path, seed: int) -> str:
    """Register a file that stays where it lies; return the version's reference."""
    file = model_file(folder / "elsewhere", seed)
    return registry.versions.register("adopted", file, in_place=True).version.reference


@contextmanager
def statements(registry: Registry) -> Iterator[list[str]]:
    """Return a block in which every question to the catalog is noted."""
    noted: list[str] = []
    connection: sqlite3.Connection = registry._context.database.reader()
    connection.set_trace_callback(noted.append)
    try:
        yield noted
    finally:
        connection.set_trace_callback(None)


def verdict(plan: PromotionPlan | tuple[Verdict, ...], gate: str) -> Verdict:
    """Return what one gate says."""
    verdicts = plan if isinstance(plan, tuple) else plan.verdicts
    return next(v for v in verdicts if v.gate == gate)


def refused(work: Callable[[], object], kind: type[ModelshelfError]) -> str:
    """Return the sentence of a failure that must come."""
    with pytest.raises(kind) as caught:
        work()
    check_sentence(caught.value)
    return str(caught.value)
