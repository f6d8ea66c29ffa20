"""What it costs to judge every version of a registry by a policy with many gates."""

from __future__ import annotations

import random
import resource
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import model, store
from benchmarks.timing import Work, interleaved, times
from modelshelf import open_registry
from modelshelf.domain.content import Content, FileEntry
from modelshelf.domain.events import GateRan
from modelshelf.domain.inspection import Inspection, TensorSpec
from modelshelf.domain.provenance import Code, Dataset, Details
from modelshelf.plugins.expressions import evaluate
from modelshelf.registry import Registry
from modelshelf.registry.registering import Draft

VERSIONS = 10_000
_MODELS = 500
_ROUNDS = 3
_MOST_S = 30.0
_WHENS = {
    "better": "metrics.auc >= baseline.metrics.auc - 0.005",
    "fresh-data": "datasets.exists(d, d.kind == 'trained_on')",
    "small": "version.size < 1000000000",
    "tested": "metrics.loss < 0.9 && 'team' in tags",
    "slow": "double(params.lr) <= 1.0",
    "clean-code": "!has(code.dirty) || !code.dirty",
}
_BUILT_IN = ("scan", "complete", "signature", "fresh", "licence", "smoke")


def main() -> list[Row]:
    """Judge 10,000 versions by twelve gates, against listing them and against the expressions."""
    with (
        tempfile.TemporaryDirectory(prefix="modelshelf-bench-") as folder,
        _registry(Path(folder) / "judged") as registry,
    ):
        works: dict[str, Work] = {
            "check": lambda: registry.gates.check_all("production"),
            "list": partial(_list, registry),
            "evaluate": _evaluate,
        }
        _list(registry)
        registry.gates.check_all("production", models=f"{model(0).partition('/')[0]}/*")
        before = _peak()
        seconds = interleaved(works, _ROUNDS)
        grown = _peak() - before
    listed, evaluated = median(seconds["list"]), median(seconds["evaluate"])
    whole = median(seconds["check"])
    work = f"judge {VERSIONS:,} versions by 12 gates"
    return [
        Row(
            work,
            whole,
            "s",
            f"reading all there is about each: {listed:.2f} s",
            times(seconds["check"], seconds["list"]),
            f"<= {_MOST_S:g} s",
            whole <= _MOST_S,
        ),
        Row(
            "the same, against its expressions",
            whole,
            "s",
            f"evaluating their {VERSIONS * len(_WHENS):,} expressions alone: {evaluated:.2f} s",
            times(seconds["check"], seconds["evaluate"]),
            "",
            ok=True,
        ),
        Row("the same, memory", grown, "MB", "judging a twentieth of them", float("nan"),
            "<= 50 MB", grown <= 50),
    ]  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


def _list(registry: Registry) -> None:
    for number in range(_MODELS):
        for version in registry.versions.list(model(number), limit=VERSIONS):
            registry.versions.detail(version.reference)


def _evaluate() -> None:
    names = {
        "metrics": {"auc": 0.9, "loss": 0.3},
        "baseline": {"metrics": {"auc": 0.9}},
        "datasets": [{"kind": "trained_on", "name": "a"}],
        "version": {"size": 3},
        "tags": {"team": "a"},
        "params": {"lr": "0.1"},
        "code": {"dirty": False},
    }
    for _ in range(VERSIONS):
        for expression in _WHENS.values():
            evaluate(expression, names)


def _registry(path: Path) -> Registry:
    start = datetime.now(UTC)
    ticks = iter(range(1_000_000_000))
    clock = lambda: start + timedelta(milliseconds=next(ticks))  # noqa: E731
    with open_registry(path, actor="bench", create=True, clock=clock) as registry:
        registry.versions.register_many(_drafts(store(registry)))
        for number in range(_MODELS):
            registry.promotions.promote(f"{model(number)}:v1", "production", reason="the first")
            registry.models.describe(model(number), owner="ana")
    (path / "modelshelf.toml").write_text(_policy(), "utf-8")
    registry = open_registry(path, actor="bench", clock=clock)
    _measure(registry)
    return registry


def _policy() -> str:
    whens = "".join(f'[gates.{name}]\nwhen = "{text}"\n' for name, text in _WHENS.items())
    named = ", ".join(f'"{name}"' for name in (*_BUILT_IN, *_WHENS))
    return (
        f'[stages.production]\nholders = "many"\ngates = [{named}]\n'
        f'{whens}[gates.smoke]\nrun = ["true"]\n'
    )


def _measure(registry: Registry) -> None:
    """Record that the command was run on every version, as if it had been."""
    context = registry._context  # noqa: SLF001 - ten thousand commands would take an hour
    definition = registry.policy.gate("smoke").definition
    with context.write("measure") as transaction:
        for number in range(VERSIONS):
            which, version = number % _MODELS, number // _MODELS + 1
            event = GateRan(
                number + 1, which + 1, model(which), version, "smoke", definition,
                "pass", "exit 0", "exit 0", "it passed", 12, 0,
            )  # fmt: skip
            transaction.record(event, f"{model(which)}:v{version}")


def _drafts(stored: FileEntry) -> Iterator[Draft]:
    values = random.Random(1)
    inputs = tuple(TensorSpec(f"feature-{n}", "float32", (None, 4)) for n in range(10))
    for number in range(VERSIONS):
        yield Draft(
            model(number % _MODELS),
            Content("file", stored.path, f"{number:064x}", stored.size, (stored,)),
            Inspection("onnx", inputs=inputs, outputs=inputs[:1], license="apache-2.0"),
            Details(
                metrics={"auc": values.random(), "loss": values.random()},
                params={"lr": "0.1", "depth": "7"},
                tags={"team": f"team-{number % 7}"},
                card="---\nlicense: mit\n---\n# A model\n",
                datasets=(Dataset("customers", version="2026-01-01"),),
                code=Code("git@host:models", "abcdef12", dirty=number % 5 == 0),
                base=None if number < _MODELS else f"{model(number % _MODELS)}:v1",
            ),
            stored.path,
        )
