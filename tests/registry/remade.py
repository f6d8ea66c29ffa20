"""A version that can be made again: a script of the standard library alone, and its data."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelshelf.domain.provenance import Code, Dataset, Environment
from modelshelf.domain.reproduction import Reproduction
from modelshelf.registry import Registry
from modelshelf.surroundings.snapshot import pack
from tests.furnished import model_file

SCRIPT = """
import json, struct, sys
from pathlib import Path
seed = int(Path("data/seed.txt").read_text())
head = json.dumps({"weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}})
body = struct.pack("<Q", len(head)) + head.encode() + struct.pack("<Q", seed) + b"\\0" * 8
out = Path(sys.argv[1])
(out / "model.safetensors").write_bytes(body)
(out / "model.safetensors.json").write_text(json.dumps({"metrics": {"auc": 0.9}}))
print("trained on", seed)
"""
SEED = 7
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"
ENVIRONMENT = Environment(PYTHON)
COMMAND = ("python", "train.py", "{out}")


def data_file(folder: Path, seed: int = SEED) -> Path:
    """Write the data that the script reads."""
    file = folder / "data" / "seed.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{seed}\n", "utf-8")
    return file


def dataset(file: Path, **changes: Any) -> Dataset:  # noqa: ANN401 - fields of the data set
    """Return the data set at ``file``, to be put where the script reads it."""
    digest = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    whole = Dataset("seeds", digest=digest, uri=file.as_uri(), path="data/seed.txt")
    return replace(whole, **changes)


def snapshot(registry: Registry, folder: Path, script: str = SCRIPT) -> Code:
    """Keep a snapshot of the script and return code that names it."""
    code = folder / "code"
    code.mkdir(parents=True, exist_ok=True)
    (code / "train.py").write_text(script, "utf-8")
    return Code(snapshot=registry.reproductions.keep(pack(code)), command=COMMAND)


def register(
    registry: Registry,
    folder: Path,
    script: str = SCRIPT,
    **details: Any,  # noqa: ANN401 - any keyword of registering
) -> str:
    """Register what the script makes, with all that making it again takes; return its reference."""
    told: dict[str, Any] = {
        "metrics": {"auc": 0.9},
        "datasets": [dataset(data_file(folder))],
        "environment": ENVIRONMENT,
        "code": snapshot(registry, folder, script) if "code" not in details else None,
    }
    told.update(details)
    made = registry.versions.register("churn", model_file(folder, SEED), **told)
    return made.version.reference


def remake(registry: Registry, reference: str, **settings: Any) -> Reproduction:  # noqa: ANN401
    """Make a version again with the interpreter of the tests."""
    return registry.reproductions.run(reference, **{"python": sys.executable, **settings})
