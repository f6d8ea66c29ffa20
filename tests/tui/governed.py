"""The scene under a policy with gates, approvals and roles, and how its highest stage is given."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from tests.tui.conftest import press, settle, text_of, write
from tests.tui.scene import Scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from modelshelf.tui.app import ModelshelfApp

POLICY = f"""\
[stages.production]
holders = "many"
gates = ["better", "smoke"]
approvals = 1
approvers = ["role:reviewer"]
four_eyes = true
bypass = ["mei"]

[gates.better]
when = "metrics.auc >= baseline.metrics.auc - 0.005"
message = "AUC must not fall by more than 0.005"
[gates.smoke]
run = {json.dumps([sys.executable, "-c", "print('fine')"])}

[roles]
reviewer = ["ravi", "mei"]
"""


def govern(scene: Scene) -> None:
    """Put the policy into force, and register a version that nobody holds a stage with yet."""
    with scene.acting("ci", timedelta(hours=2)) as registry:
        scene.add(registry, "risk/churn", metrics={"auc": 0.921, "f1": 0.815, "latency_ms": 8.4})
    (scene.folder / "modelshelf.toml").write_text(POLICY, "utf-8")


def ask(scene: Scene, reference: str = "risk/churn:v8", *, actor: str = "ana") -> int:
    """Ask for production, an hour ago; return the number of the request."""
    with scene.acting(actor, timedelta(hours=1)) as registry:
        return registry.requests.open(reference, "production", reason="won the test").id


def measured(scene: Scene, reference: str = "risk/churn:v8") -> None:
    """Run the gates that must be measured."""
    with scene.acting("ci", timedelta(minutes=30)) as registry:
        registry.gates.check(reference, "production", run=True)


async def promoting(pilot: Pilot[None], reference: str) -> None:
    """Open the review of a promotion, wherever the models screen has its cursor."""
    app = cast("ModelshelfApp", pilot.app)
    version = await asyncio.to_thread(
        lambda: app.store.registry().versions.detail(reference).version
    )
    app.push_screen(PromoteScreen(version))
    await settle(pilot)


async def rolling_back(pilot: Pilot[None], model: str) -> None:
    """Open the review of a rollback."""
    pilot.app.push_screen(RollbackScreen(model))
    await settle(pilot)


async def confirm(pilot: Pilot[None], model: str) -> None:
    """Press ctrl+s where the highest stage is given: it asks for the model's name, typed."""
    app = cast("ModelshelfApp", pilot.app)
    await press(pilot, "ctrl+s")
    assert f"Type {model} to confirm" in " ".join(text_of(app).split())
    await write(pilot, model)
    await press(pilot, "ctrl+s")
