"""What opens over the screens, as pictures and as text, at both sizes, dark and light."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.tui import governed
from tests.tui.drops import fill_inbox
from tests.tui.governed import ask, govern, measured
from tests.tui.scene import Scene
from tests.tui.test_snapshots import CHURN, SIZES, Look, look

__all__ = ["look"]  # a fixture, found by its name


@pytest.fixture
def asked(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Return the scene with a request that ravi said yes to, and gates that need no interpreter."""
    smoke = '[gates.smoke]\nwhen = "metrics.f1 >= 0.8"\n'
    begin, end = governed.POLICY.index("[gates.smoke]"), governed.POLICY.index("[roles]")
    policy = governed.POLICY[:begin] + smoke + "\n" + governed.POLICY[end:]
    monkeypatch.setattr(governed, "POLICY", policy)
    govern(scene)
    number = ask(scene)
    measured(scene)
    with scene.acting("ravi", timedelta(minutes=20)) as registry:
        registry.requests.approve(number, comment="seen")
    return scene


@SIZES
@pytest.mark.parametrize("key", list("axwp"), ids=["approve", "reject", "withdraw", "apply"])
async def test_answers(look: Look, asked: Scene, size: tuple[int, int], key: str) -> None:
    """The reviews of what can be said to a request."""
    await look(size, key, start="reviews", on=asked)


@SIZES
async def test_discard(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """The review of closing what is in quarantine."""
    fill_inbox(scene)
    await look(size, "x", start="inbox", on=scene)


@SIZES
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("s", ""), ("o", ""), ("t", ""), ("question_mark", ""), ("ctrl+o", ""),
        ("ctrl+p", "chur"), ("T", "2026-04-20"),
    ],
    ids=["order", "columns", "tags", "keys", "jump", "palette", "moment"],
)  # fmt: skip
async def test_over_the_models(look: Look, size: tuple[int, int], key: str, text: str) -> None:
    """What opens over the models screen."""
    await look(size, key, model=CHURN, text=text)


@SIZES
async def test_adding_a_version_to_a_comparison(look: Look, size: tuple[int, int]) -> None:
    """What is offered beside what is compared."""
    await look(size, "space", "space", "c", "a", model=CHURN)
