"""The past of a lineage: a question is answered as it was answered then, whatever came since."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.provenance import Code, Dataset, Run
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.registry import Registry
from tests.furnished import model_file
from tests.registry.linked import head

VERSIONS = ("a:v1", "a:v2", "b:v1", "c/d:v1")
_DIGESTS = tuple("sha256:" + digit * 64 for digit in "12")
THINGS = (
    "dataset:x", "dataset:x@1", f"dataset:{_DIGESTS[0]}", "code:abcdef12", "run:r1",
    "features:s/f@2", "consumer:api", "hf:o/m@main", "dataset:y",
)  # fmt: skip
_SETS = (
    Dataset("x"),
    Dataset("x", version="1"),
    Dataset("x", version="1", digest=_DIGESTS[0], license="MIT"),
    Dataset("y", "evaluated_on", digest=_DIGESTS[0]),
    Dataset("z", "evaluated_on", digest=_DIGESTS[1], split="test"),
)
_LINKS = (
    ("derived_from", "hf:o/m@main"), ("trained_on", "dataset:y"), ("consumed_by", "consumer:api"),
    ("produced_by", "run:r1"), ("uses_features", "features:s/f@2"), ("built_from", "code:abcdef12"),
)  # fmt: skip


def _details(random: Random) -> dict[str, Any]:
    """Return a few details of a version."""
    every: dict[str, Any] = {
        "datasets": random.sample(_SETS, random.randint(1, 3)),
        "base": random.choice(VERSIONS),
        "bases": [random.choice(VERSIONS), "hf:o/m@main"],
        "code": random.choice([Code(commit="abcdef12"), Code(entry="t.py")]),
        "run": Run("r1"),
        "features": [FeatureView("f", "s", "2")],
        "metrics": {"auc": random.random()},
        "metric_sources": {"auc": MetricSource(random.choice("xy"), direction="higher")},
        "card": f"# {random.random()}\n",
    }
    return {name: every[name] for name in random.sample(sorted(every), 2)}


def _step(shelf: Registry, random: Random) -> None:
    """Let one thing happen, if it may."""
    one, other = random.sample(VERSIONS, 2)
    kind, thing = random.choice(_LINKS)
    steps: tuple[Callable[[], object], ...] = (
        lambda: shelf.versions.amend(one, **_details(random)),
        lambda: shelf.versions.amend(one, **_details(random)),
        lambda: shelf.lineage.link(one, kind, thing),
        lambda: shelf.lineage.link(one, "derived_from", other),
        lambda: shelf.lineage.unlink(one, kind, thing, reason="r"),
        lambda: shelf.undo.take_back(random.randint(2, head(shelf)), reason="r"),
        lambda: shelf.undo.take_back(head(shelf), reason="r"),
        lambda: shelf.promotions.promote(one, "staging", reason="r"),
        lambda: shelf.versions.yank(one, reason="r"),
        lambda: shelf.versions.tag(one, set={"base_model": "a", "run_id": "r777"}),
        lambda: shelf.lineage.reject(one, "produced_by", "run:r777"),
    )
    try:
        random.choice(steps)()
    except ModelshelfError:
        return


def _answers(shelf: Registry) -> dict[str, Any]:
    """Return what every question about lineage is answered."""
    asked: dict[str, Callable[[], Any]] = {"leaks": shelf.lineage.leaks}
    asked["suggestions"] = shelf.lineage.suggestions
    for version in VERSIONS:
        asked |= {
            f"detail {version}": partial(shelf.versions.detail, version),
            f"obligations {version}": partial(shelf.lineage.obligations, version),
            f"leaks {version}": partial(shelf.lineage.leaks, version),
            f"suggestions {version}": partial(shelf.lineage.suggestions, version),
            f"common {version}": partial(shelf.lineage.common, version, "a:v1"),
            f"path {version}": partial(shelf.lineage.path, version, "dataset:x"),
            f"card {version}": partial(shelf.cards.history, version),
            f"attempts {version}": partial(shelf.reproductions.list, version),
        }
    for thing in (*VERSIONS, *THINGS):
        asked[f"of {thing}"] = partial(shelf.lineage.of, thing, hops=9)
        asked[f"impact {thing}"] = partial(shelf.lineage.impact, thing)
    return {name: _said(ask) for name, ask in asked.items()}


def _said(ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever a question answers
    try:
        return ask()
    except ModelshelfError as exc:
        return str(exc)


@pytest.mark.parametrize("seed", range(4))
def test_the_past_answers_as_it_did(registry: Registry, tmp_path: Path, seed: int) -> None:
    """A random story is asked after every step, and again when all of it is past and rebuilt."""
    random = Random(seed)  # noqa: S311 - a story, no secret
    for number, model in enumerate(("a", "a", "b", "c/d")):
        registry.versions.register(model, model_file(tmp_path, number))
    then: dict[int, dict[str, Any]] = {}
    while head(registry) < 26:
        for _ in range(3):
            _step(registry, random)
        then[head(registry)] = _answers(registry)
    registry.models.rename("b", "e")
    for seq, answers in list(then.items())[:: max(1, len(then) // 4)]:
        with registry.at(seq) as past:
            found = _answers(past)
        assert {n: (found[n], answers[n]) for n in answers if found[n] != answers[n]} == {}
    now = _answers(registry)
    assert registry.audit.verify().problems == ()
    registry.upkeep.rebuild()
    assert _answers(registry) == now
