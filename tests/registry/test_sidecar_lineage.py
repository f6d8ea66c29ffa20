"""What a sidecar says of lineage: bases, features, where metrics come from, how it was made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.checking import check_details
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.registry.arrival.sidecar import parse_sidecar
from tests.registry.drops import Shelf, weights

CHANGES, FILES = b"a patch", b"a tar"
PATCH, SNAPSHOT = (hashlib.sha256(data).hexdigest() for data in (CHANGES, FILES))
AS_YAML = f"""
metrics: {{auc: 0.5}}
bases: [churn:v1, "hf:org/base@main"]
features:
- {{name: customer, store: feast, version: 2}}
- name: calls
metric_sources:
  auc: {{dataset: customers, slice: country = DE, direction: higher, by: eval.py}}
code:
  repository: https://example.org/churn.git
  commit: ab12cd34
  dirty: true
  entry: train.py
  patch: {PATCH}
  snapshot: {SNAPSHOT}
  command: [python, train.py, --out, "{{out}}", --lr, 0.10]
  directory: src
datasets:
- name: customers
  role: eval
  uri: lakefs://repo/main/c.csv
  license: mit
  path: data/c.csv
environment: {{gpu: "A100, driver 550", container: "x@sha256:{"d" * 64}"}}
run: {{id: 42, tracker: mlflow}}
"""
AS_JSON = {
    "metrics": {"auc": 0.5},
    "bases": ["churn:v1", "hf:org/base@main"],
    "features": [{"name": "customer", "store": "feast", "version": "2"}, {"name": "calls"}],
    "metric_sources": {
        "auc": {
            "dataset": "customers", "slice": "country = DE", "direction": "higher", "by": "eval.py"
        }
    },
    "code": {
        "repository": "https://example.org/churn.git", "commit": "ab12cd34", "dirty": True,
        "entry": "train.py", "patch": PATCH, "snapshot": SNAPSHOT, "directory": "src",
        "command": ["python", "train.py", "--out", "{out}", "--lr", "0.10"],
    },
    "datasets": [
        {
            "name": "customers", "role": "eval", "uri": "lakefs://repo/main/c.csv",
            "license": "mit", "path": "data/c.csv",
        }
    ],
    "environment": {"gpu": "A100, driver 550", "container": f"x@sha256:{'d' * 64}"},
    "run": {"id": "42", "tracker": "mlflow"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data"),
    [("m.yaml", AS_YAML.encode()), ("m.json", json.dumps(AS_JSON).encode())],
)
def test_everything_of_lineage_is_read(name: str, data: bytes) -> None:
    """JSON and YAML say the same, and all of it passes the check."""
    details = check_details(**parse_sidecar(name, data))
    assert details.bases == ("churn:v1", "hf:org/base@main")
    assert details.features == (FeatureView("customer", "feast", "2"), FeatureView("calls"))
    assert details.metric_sources == {
        "auc": MetricSource("customers", "country = DE", "higher", "eval.py")
    }
    assert details.code == Code(
        "https://example.org/churn.git", "ab12cd34", dirty=True, entry="train.py", patch=PATCH,
        snapshot=SNAPSHOT, command=("python", "train.py", "--out", "{out}", "--lr", "0.10"),
        directory="src",
    )  # fmt: skip
    assert details.datasets == (
        Dataset(
            "customers", "evaluated_on", uri="lakefs://repo/main/c.csv", split="eval",
            license="mit", path="data/c.csv",
        ),
    )  # fmt: skip
    assert details.environment == Environment(
        gpu="A100, driver 550", container=f"x@sha256:{'d' * 64}"
    )
    assert details.run == Run("42", tracker="mlflow")


@pytest.mark.parametrize(
    "text",
    [
        "bases: churn:v1",
        "bases: [1, [2]]",
        "features: {name: x}",
        "features: [{store: feast}]",
        "features: [{name: x, colour: red}]",
        "features: [feast/x]",
        "metric_sources: [auc]",
        "metric_sources: {auc: higher}",
        "metric_sources: {auc: {direction: up}}",
        "code: {patch: abc}",
        "code: {command: python train.py}",
        "code: {command: [[python]]}",
        "datasets: [{name: x, role: unheard-of}]",
        "run: {tracker: mlflow}",
        f"bases: [{', '.join(f'hf:a/b{n}' for n in range(1001))}]",
    ],
)
def test_what_is_not_of_that_form_is_refused(text: str) -> None:
    """Each is a sentence, and none is taken for something else."""
    with pytest.raises(Invalid):
        check_details(**parse_sidecar("m.yaml", text.encode()))


def test_a_dropped_model_brings_its_lineage(tmp_path: Path) -> None:
    """A sidecar beside a dropped file is recorded with it, once the code it names is kept here."""
    shelf = Shelf(tmp_path / "registry")
    shelf.drop("churn/m.safetensors")
    shelf.settle()
    shelf.drop("risk/m.safetensors", weights(2))
    sidecar = shelf.drop("risk/m.safetensors.json", json.dumps(AS_JSON))
    shelf.settle()
    (refused,) = shelf.registry.intake.ledger(state="refused")
    assert "is not kept in this registry" in refused.reason
    for data in (CHANGES, FILES):
        shelf.registry.reproductions.keep(data)
    sidecar.write_text(json.dumps(AS_JSON, indent=1), "utf-8")
    shelf.settle()
    detail = shelf.registry.versions.detail("risk:v1")
    shelf.registry.close()
    assert detail.features == (FeatureView("customer", "feast", "2"), FeatureView("calls"))
    assert {detail.base, *detail.bases} - {None} == {"churn:v1", "hf:org/base@main"}
    assert detail.metric_sources["auc"].by == "eval.py"
    assert detail.code is not None
    assert detail.code.command[0] == "python"
