"""A registry in which every table has rows, for tests that look at all of them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from modelshelf.domain import events
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.registry import Registry, create_registry

START = datetime(2026, 3, 1, tzinfo=UTC)
SAID = b"it failed\n"
DATA = Dataset("churn-2026", version="3", digest="sha256:" + "d" * 64, rows=1_000)


def ticking() -> Callable[[], datetime]:
    """Return a clock that goes on by a second at each look."""
    looks = iter(range(1_000_000_000))
    return lambda: START + timedelta(seconds=next(looks))


def weights(seed: int) -> bytes:
    """Return a small safetensors file; another seed, other bytes."""
    data = struct.pack("<Q", seed) + b"\0" * 8
    head = json.dumps({"weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}})
    return struct.pack("<Q", len(head)) + head.encode() + data


def model_file(folder: Path, seed: int, name: str = "model.safetensors") -> Path:
    """Write a model file of its own content into ``folder``."""
    file = folder / str(seed) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(weights(seed))
    return file


def model_folder(folder: Path, seed: int) -> Path:
    """Write a folder that is one model into ``folder``."""
    inside = folder / f"folder-{seed}"
    (inside / "tokenizer").mkdir(parents=True, exist_ok=True)
    (inside / "model.safetensors").write_bytes(weights(seed))
    (inside / "config.json").write_text('{"hidden": 4}', "utf-8")
    (inside / "tokenizer" / "vocab.txt").write_text("a\nb\n", "utf-8")
    return inside


def furnish(registry: Registry, folder: Path) -> None:
    """Let a small story happen: afterwards no table is empty and most events were recorded."""
    versions, models, promotions = registry.versions, registry.models, registry.promotions
    versions.register(
        "risk/churn",
        model_file(folder, 1),
        metrics={"auc": 0.91, "loss": 0.3},
        params={"lr": 0.1, "kind": "tree"},
        tags={"team": "risk"},
        description="first",
        card="# Churn\n",
        run=Run("r1", "https://runs/1", 12.5),
        code=Code("git@host:churn", "abcdef123456", dirty=False, entry="train.py"),
        datasets=[DATA, Dataset("holdout", "evaluated_on")],
        environment=Environment("3.11", "linux", {"numpy": "2.0"}),
    )
    versions.register(
        "risk/churn", model_file(folder, 2), metrics={"auc": 0.92}, base="risk/churn:1"
    )
    versions.register("risk/churn", model_file(folder, 3), tags={"team": "risk", "odd": "yes"})
    versions.register("text/encoder", model_folder(folder, 4), base="risk/churn:latest")
    models.describe("risk/churn", description="who leaves", owner="ravi")
    models.tag("risk/churn", set={"tier": "gold", "old": "x"})
    models.tag("risk/churn", unset=["old"])
    versions.alias("risk/churn:2", "champion", reason="best so far")
    versions.tag("risk/churn:3", set={"seen": "1"}, unset=["odd"])
    versions.amend("risk/churn:3", params={"depth": 7}, card="# Three\n", datasets=[DATA])
    promotions.promote("risk/churn:1", "staging", reason="try it")
    promotions.promote("risk/churn:1", "production", reason="go")
    promotions.promote("risk/churn:2", "production", weight=20, reason="an A/B test")
    promotions.promote("risk/churn:2", "production", reason="it won")
    promotions.rollback("risk/churn", "production", reason="errors up")
    versions.yank("risk/churn:3", reason="wrong data")
    versions.archive("text/encoder:1", reason="put away")
    models.rename("text/encoder", "text/encoder-small")


def furnish_arrivals(registry: Registry) -> None:
    """Record what fills the tables of arrivals, about the model and versions of `furnish`."""
    registry._context.blobs.put_bytes(SAID)
    with registry._context.write("furnish") as transaction:
        for event in _arrivals():
            transaction.record(event, "arrivals")


def _arrivals() -> tuple[events.Event, ...]:
    """Return events of a kind that no short story comes to by itself."""
    about: dict[str, Any] = {"model_id": 1, "model": "risk/churn", "number": 2}
    tensor = {"name": "w", "dtype": "float32", "shape": [2, 2], "digest": "a" * 64}
    seen = {
        "format": "safetensors",
        "scanner": "modelshelf 2",
        "weights": {"digest": "b" * 64, "count": 1, "tensors": [tensor]},
    }
    kept: dict[str, Any] = {
        "path": "inbox/risk/bad.pkl", "kind": "file", "size": 9, "digest": "c" * 64,
        "model": "risk", "rule": "pickle.global.dangerous", "reason": "os.system",
        "owner": "ana", "inspection": {"format": "pickle", "verdict": "dangerous"},
    }  # fmt: skip
    adopted = {
        "kind": "file", "name": "m.bin", "digest": "d" * 64, "size": 1, "place": "/models/m.bin",
        "files": [{"path": "m.bin", "size": 1, "digest": "d" * 64}],
    }  # fmt: skip
    return (
        events.VersionScanned(2, inspection=seen, **about),
        events.GlobalsApproved(globals=("a.B", "c.D"), reason="ours", **about),
        events.VersionRegistered(
            5, 1, "risk/churn", 4, adopted, {"format": "unknown"}, {}, "drop folder: models/m.bin"
        ),
        events.BytesFreed((5,), 0, 1),
        events.ContentRelocated(
            5, 1, "risk/churn", 4, place="/models/new/m.bin", former="/models/m.bin"
        ),
        events.ArtifactQuarantined(1, place="quarantine/1", **kept),
        events.ArtifactQuarantined(2, place="quarantine/2", **kept),
        events.ArtifactQuarantined(3, place="quarantine/3", **kept),
        events.ArtifactReleased(
            2, version_id=3, model_id=1, model="risk/churn", number=3, reason="seen"
        ),
        events.ArtifactDiscarded(3, place="quarantine/3", reason="junk"),
        *_decisions(),
        *_lineage(),
    )


def _decisions() -> tuple[events.Event, ...]:
    """Return events of a request that was rejected and of a gate that was measured."""
    about: dict[str, Any] = {"model_id": 1, "model": "risk/churn"}
    asked: dict[str, Any] = {**about, "stage": "staging"}
    opened = events.RequestOpened(
        **asked, version_id=2, holders=((2, 2, 100),), reason="better", seen=14, expires_us=9
    )
    number = 34  # of the entry that opens the request, in a furnished registry
    return (
        events.GateRan(
            2, **about, number=2, gate="smoke", definition="e" * 64, outcome="fail",
            observed="exit 1", required="exit 0", message="it failed", milliseconds=12,
            exit_code=1, output=sha256(SAID).hexdigest(),
        ),
        opened,
        events.RequestApproved(**asked, request_id=number, comment="fine"),
        events.RequestRejected(**asked, request_id=number, comment="not yet"),
    )  # fmt: skip


def _lineage() -> tuple[events.Event, ...]:
    """Return events of edges by hand, of a rejected one, and of what was tried with a version."""
    about: dict[str, Any] = {"version_id": 2, "model_id": 1, "model": "risk/churn", "number": 2}
    second = {"kind": "version", "id": 2, "label": "risk/churn:v2"}
    base = {"kind": "outside", "key": "hf:a/b@c", "name": "hf:a/b", "label": "hf:a/b@c"}
    api = {"kind": "consumer", "key": "api", "name": "api", "label": "api"}
    return (
        events.LineageLinked("derived_from", second, base, **about, reason="by hand"),
        events.LineageLinked("consumed_by", api, second, **about),
        events.LineageUnlinked("consumed_by", api, second, **about, reason="gone"),
        events.LineageRejected("produced_by", second, {**base, "key": "hf:x/y"}, **about),
        events.VersionReproduced(
            **about, outcome="identical", report={"why": "same bytes"},
            output=sha256(SAID).hexdigest(),
        ),
        events.VersionProbed(
            **about, probe="holdout", definition="e" * 64, data="d" * 64, rows=3, milliseconds=4,
            output=sha256(SAID).hexdigest(),
        ),
    )  # fmt: skip


def furnished(root: Path) -> Registry:
    """Make a furnished registry in ``root/registry``."""
    registry = create_registry(
        root / "registry", actor="ana", clock=ticking(), registry_id="0123456789abcdef" * 2
    )
    furnish(registry, root / "files")
    return registry
