"""What was dropped in the scene: a line of every state, written as the intake would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from modelshelf.artifacts import ingest
from modelshelf.catalog import ledger
from modelshelf.catalog.ledger import Remembered
from modelshelf.domain import events
from modelshelf.domain.inspection import Finding, Inspection
from modelshelf.domain.intake import TAKING, Seen, Sighting, State
from modelshelf.domain.plain import compact
from modelshelf.domain.quarantine import PREFIX
from modelshelf.registry import Registry
from tests.tui.scene import NOW, Scene

EVIL = b"cos\nsystem\n(S'true'\ntR."
UNSAFE = (
    "evil.pkl is not safe: os.system (pickle.global.dangerous). Save the model in a format that"
    " holds no code, such as safetensors or ONNX."
)
DANGEROUS = Inspection(
    "pickle",
    verdict="dangerous",
    findings=(
        Finding("pickle.global.dangerous", "dangerous", "evil.pkl at byte 11", "os.system"),
        Finding("pickle.can_execute", "warning", "evil.pkl", "a pickle can run code when loaded"),
    ),
)


def line(path: str, state: State, ago: timedelta = timedelta(), **given: Any) -> Remembered:  # noqa: ANN401 - as Sighting
    """Return a line about a file below the inbox."""
    size = given.pop("size", 1_200_000)
    given = {"reason": "", "reference": ""} | given
    sighting = Sighting(f"inbox/{path}", state, at=NOW - ago, size=size, **given)
    return Remembered(sighting, Seen(False, size, 0, 0, 0, 0))  # noqa: FBT003


def put(scene: Scene, *lines: Remembered) -> None:
    """Write lines as another process would."""
    with scene.open() as registry:
        write(registry, *lines)


def write(registry: Registry, *lines: Remembered) -> None:
    """Write lines through an open registry."""
    with registry._context.write("look into the drop folders") as transaction:
        ledger.put(transaction, lines)


def taking(done: int, size: int = 12_300_000_000) -> Remembered:
    """Return the line of something that is being read."""
    return line("nlp/llama.gguf", "waiting", reason=TAKING, done=done, size=size)


def quarantine(scene: Scene, path: str = "risk/churn/evil.pkl", **given: str) -> str:
    """Keep a harmless pickle apart that looks dangerous; return what it is called."""
    with scene.open("ci") as registry:
        number = len(registry.inbox.quarantined(None)) + 1
        file = scene.folder / f"quarantine/{number:06d}/evil.pkl"
        file.parent.mkdir(parents=True)
        file.write_bytes(EVIL)
        content = ingest(file, registry._context.blobs)
        event = events.ArtifactQuarantined(
            quarantine_id=number,
            path=f"inbox/{path}",
            place=file.relative_to(scene.folder).as_posix(),
            kind="file",
            size=len(EVIL),
            digest=content.digest,
            model=given.get("model", "risk/churn"),
            rule=given.get("rule", "pickle.global.dangerous"),
            reason=given.get("reason", UNSAFE),
            owner=given.get("owner", "mallory"),
            inspection=compact(DANGEROUS),
        )
        told = given.get("reason", f"{UNSAFE} It goes to quarantine/{number:06d}.")
        reference = f"{PREFIX}{number}"
        kept = line(path, "refused", reason=told, reference=reference, size=len(EVIL))
        with registry._context.write(f"quarantine {path}") as transaction:
            transaction.record(event, reference)
            ledger.put(transaction, [kept])
    return reference


def fill_inbox(scene: Scene) -> None:
    """Drop one file of each kind; the newest is kept in quarantine."""
    hour = timedelta(hours=1)
    put(
        scene,
        line("notes.txt", "ignored", 60 * hour, reason="it belongs to no model", size=0),
        line("risk/fraud/m.onnx", "taken", 41 * 24 * hour, reference="risk/fraud:v3"),
        line("vision/digits/d.onnx", "taken", 31 * 24 * hour, reference="vision/digits:v3"),
        line(
            "risk/churn/again.onnx",
            "same",
            3 * hour,
            reason="its content is risk/churn:v6 already",
            reference="risk/churn:v6",
        ),
        line(
            "bad name!/m.onnx",
            "refused",
            2 * hour,
            reason="'bad name!' cannot be a model name: Try a name like churn or risk/churn-eu.",
        ),
        line("nlp/tiny.onnx", "waiting", hour, reason="it must lie still for 2 s"),
        line(
            "nlp/llama.gguf",
            "waiting",
            hour / 2,
            reason=TAKING,
            done=5_200_000_000,
            size=12_300_000_000,
        ),
    )
    quarantine(scene)
