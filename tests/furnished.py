"""A registry in which every table has rows, for tests that look at all of them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.registry import Registry, create_registry

START = datetime(2026, 3, 1, tzinfo=UTC)
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


def furnished(root: Path) -> Registry:
    """Make a furnished registry in ``root/registry``."""
    registry = create_registry(
        root / "registry", actor="ana", clock=ticking(), registry_id="0123456789abcdef" * 2
    )
    furnish(registry, root / "files")
    return registry
