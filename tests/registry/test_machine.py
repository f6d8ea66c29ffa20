"""Random histories: after every step the registry is what a few dictionaries say it must be."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.registry import create_registry
from tests.furnished import model_file, ticking
from tests.registry.shelf_model import LADDER, Expected, shown

pick = st.integers(0, 50)
stages = st.sampled_from(LADDER)


class Histories(RuleBasedStateMachine):
    """A registry and the dictionaries beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.registry = create_registry(root / "registry", actor="ana", clock=ticking())
        self.files = root / "files"
        self.models: list[Expected] = []
        self.seeds = iter(range(1, 100_000))
        self.names = iter(f"model-{n}" for n in range(100_000))
        self.then: dict[int, dict[str, Any]] = {}

    def chosen(self, model: int, version: int) -> tuple[Expected, int, str]:
        """Return a model, the number of one of its versions, and its reference."""
        expected = self.models[model % len(self.models)]
        number = version % len(expected.versions) + 1
        return expected, number, f"{expected.name}:v{number}"

    def refused(self, kind: type[ModelshelfError], use: Any, *args: Any, **named: Any) -> None:  # noqa: ANN401
        """Check that a change is refused so."""
        with pytest.raises(kind):
            use(*args, **named)

    @rule(model=pick, new=st.booleans())
    def register(self, model: int, new: bool) -> None:  # noqa: FBT001 - drawn
        """Register a version of a new or a known model."""
        if new or not self.models:
            self.models.append(Expected(next(self.names)))
            model = len(self.models) - 1
        expected = self.models[model % len(self.models)]
        made = self.registry.versions.register(
            expected.name, model_file(self.files, next(self.seeds))
        )
        assert made.version.number == expected.register()

    @precondition(lambda self: self.models)
    @rule(model=pick, version=pick, stage=stages, weight=st.none() | st.integers(1, 100))
    def promote(self, model: int, version: int, stage: str, weight: int | None) -> None:
        """Give a stage, whole or in part."""
        expected, number, reference = self.chosen(model, version)
        promote = self.registry.promotions.promote
        named: Any = {"weight": weight, "reason": "r"}
        try:
            after = expected.after_promotion(number, stage, weight)
        except Invalid:
            self.refused(Invalid, promote, reference, stage, **named)
            return
        if after == expected.stages.get(stage):
            self.refused(Conflict, promote, reference, stage, **named)
        elif (stage == "staging" and len(after) > 1) or expected.any_yanked(after):
            self.refused(Refused, promote, reference, stage, **named)
        else:
            made = promote(reference, stage, **named)
            expected.give(stage, after)
            expected.stacks[stage].append(after)
            assert sum(h.weight for h in made.holders) == 100

    @precondition(lambda self: self.models)
    @rule(model=pick, stage=stages)
    def rollback(self, model: int, stage: str) -> None:
        """Go back one step."""
        expected = self.models[model % len(self.models)]
        stack = expected.stacks[stage]
        use = self.registry.promotions.rollback
        if len(stack) < 2:
            self.refused(NotFound, use, expected.name, stage, reason="r")
        elif expected.any_yanked(stack[-2]):
            self.refused(Refused, use, expected.name, stage, reason="r")
        else:
            use(expected.name, stage, reason="r")
            stack.pop()
            expected.give(stage, stack[-1])

    @precondition(lambda self: self.models)
    @rule(model=pick, version=pick)
    def yank(self, model: int, version: int) -> None:
        """Say that a version must not be used."""
        expected, number, reference = self.chosen(model, version)
        if expected.versions[number]["yanked"] is not None:
            self.refused(Conflict, self.registry.versions.yank, reference, reason="r")
            return
        self.registry.versions.yank(reference, reason="wrong")
        expected.versions[number]["yanked"] = "wrong"

    @precondition(lambda self: self.models)
    @rule(model=pick, version=pick)
    def archive(self, model: int, version: int) -> None:
        """Put a version away."""
        expected, number, reference = self.chosen(model, version)
        if any(number in held for held in expected.stages.values()):
            self.refused(Refused, self.registry.versions.archive, reference, reason="r")
        elif expected.versions[number]["archived"]:
            self.refused(Conflict, self.registry.versions.archive, reference, reason="r")
        else:
            self.registry.versions.archive(reference, reason="r")
            expected.versions[number]["archived"] = True

    @precondition(lambda self: self.models)
    @rule(model=pick, version=pick)
    def restore(self, model: int, version: int) -> None:
        """Take a version out of the archive and out of its yank."""
        expected, number, reference = self.chosen(model, version)
        known = expected.versions[number]
        if known["freed"]:
            self.refused(Refused, self.registry.versions.restore, reference, reason="r")
            return
        if not known["archived"] and known["yanked"] is None:
            self.refused(Conflict, self.registry.versions.restore, reference, reason="r")
            return
        self.registry.versions.restore(reference, reason="r")
        known.update(archived=False, yanked=None)

    @precondition(lambda self: self.models)
    @rule(model=pick, version=pick, alias=st.sampled_from(["champion", "best"]))
    def alias(self, model: int, version: int, alias: str) -> None:
        """Give an alias."""
        expected, number, reference = self.chosen(model, version)
        self.registry.versions.alias(reference, alias)
        expected.aliases[alias] = number

    @precondition(lambda self: self.models)
    @rule(model=pick, alias=st.sampled_from(["champion", "best"]))
    def unalias(self, model: int, alias: str) -> None:
        """Take an alias away."""
        expected = self.models[model % len(self.models)]
        if alias not in expected.aliases:
            self.refused(NotFound, self.registry.versions.unalias, expected.name, alias)
            return
        self.registry.versions.unalias(expected.name, alias)
        del expected.aliases[alias]

    @precondition(lambda self: self.models)
    @rule(model=pick)
    def rename(self, model: int) -> None:
        """Give a model another name; the old one goes on leading to it."""
        expected = self.models[model % len(self.models)]
        old, expected.name = expected.name, next(self.names)
        self.registry.models.rename(old, expected.name)
        assert self.registry.models.get(old).name == expected.name

    @precondition(lambda self: self.models)
    @rule(model=pick, version=pick, key=st.sampled_from("ab"), value=st.floats(-9, 9))
    def amend(self, model: int, version: int, key: str, value: float) -> None:
        """Record a metric and a tag, which may take the place of others."""
        expected, number, reference = self.chosen(model, version)
        self.registry.versions.amend(reference, metrics={key: value}, tags={key: f"{value:.1f}"})
        expected.versions[number]["metrics"][key] = value
        expected.versions[number]["tags"][key] = f"{value:.1f}"

    @rule()
    def collect(self) -> None:
        """Give up the bytes of what is yanked."""
        for expected in self.models:
            expected.free()
        self.registry.upkeep.gc(self.registry.upkeep.gc_plan(0))

    @rule()
    def rebuild(self) -> None:
        """Make the tables anew; nothing is to be seen of it."""
        assert self.registry.upkeep.rebuild() == self.registry.audit.head()[0]

    @invariant()
    def it_is_what_it_should_be(self) -> None:
        """Compare what is shown with the dictionaries, and remember it for later."""
        expected = {m.name: m.view() for m in self.models}
        assert shown(self.registry) == expected
        for held in (h for m in expected.values() for h in m["stages"].values()):
            assert sum(held.values()) == 100
        self.then[self.registry.audit.head()[0]] = expected

    def teardown(self) -> None:
        """Compare every earlier moment with what was remembered of it, and verify everything."""
        try:
            found = self.registry.audit.verify(deep=True)
            assert found.problems == ()
            for seq, expected in self.then.items():
                with self.registry.at(seq) as past:
                    assert shown(past) == expected, f"entry {seq} is remembered otherwise"
        finally:
            self.registry.close()
            self.folder.cleanup()


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
