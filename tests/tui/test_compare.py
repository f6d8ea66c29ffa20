"""The compare screen: any baseline, and tensors value by value."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from modelshelf.tui import tensors
from modelshelf.tui.screens.compare import CompareScreen
from modelshelf.tui.tasks import Task
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, until
from tests.tui.scene import Scene

WIDE = (120, 40)


def weights(file: Path, *values: float) -> Path:
    """Write a safetensors file of one layer."""
    head = {"layer.0.weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    head["layer.1.weight"] = {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}
    text = json.dumps(head).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + struct.pack("<4f", *values))
    return file


def three(scene: Scene) -> tuple[str, ...]:
    """Register three versions: the second changes a layer, the third nothing but its metrics."""
    folder = scene.folder.parent
    with scene.open() as registry:
        for number, values in enumerate(((1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 3, 4)), 1):
            registry.versions.register(
                "net",
                weights(folder / f"{number}.safetensors", *values),
                force_new=True,
                metrics={"auc": 0.5 + number / 10},
            )
    return ("net:v1", "net:v2", "net:v3")


async def test_tensors_are_compared_on_demand(make_app: MakeApp, scene: Scene) -> None:
    """A row for each layer that differs, all layers with d; against another baseline anew."""
    references = three(scene)
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(references)
        await settle(pilot)
        assert "tensor values" not in text_of(app)
        await press(pilot, "t")
        await until(pilot, lambda: "tensor values" in text_of(app))
        shown = text_of(app)
        assert "layer.1" in shown
        assert "L2 2.0e-01" in shown
        assert "layer.0" not in shown
        await press(pilot, "d", "G")
        assert "layer.0" in text_of(app)
        await press(pilot, "d", "b")
        assert "baseline net:v2" in text_of(app)
        assert "tensor values" not in text_of(app)
        await press(pilot, "y")
        assert app.clipboard == "modelshelf compare net:v1 net:v2 net:v3 --baseline net:v2"
        await press(pilot, "escape")
        assert not shows(app, CompareScreen)


async def test_what_has_no_tensors_says_so(make_app: MakeApp) -> None:
    """A refusal is a sentence, and the screen goes on."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_compare(("risk/churn:v6", "nlp/reviews-tiny:v1"))
        await settle(pilot)
        await press(pilot, "t")
        await settle(pilot)
        assert shows(app, CompareScreen)
        await press(pilot, "escape")
        await settle(pilot)
        assert not shows(app, CompareScreen)


def test_a_stopped_reading_tells_what_it_has(scene: Scene) -> None:
    """Whoever stops it gets rows that say they are not the whole."""
    references = three(scene)
    with scene.open() as registry:
        task = Task("comparing tensors", unit="bytes", stopped=True)
        found = tensors.compared(registry, references, references[0], task)
    assert found.words.startswith("Stopped: not everything was compared.")
    assert found.section.name == "tensors, in part"


def test_how_far_it_is_is_said(scene: Scene) -> None:
    """The task hears of bytes while tensors are read, and the whole is compared."""
    references = three(scene)
    with scene.open() as registry:
        task = Task("comparing tensors", unit="bytes")
        found = tensors.compared(registry, references, references[0], task)
    assert task.done == task.whole > 0
    assert found.section.name == "tensor values"
    assert found.words == ""
