"""Random histories of a governed registry: promote, ramp, roll back, return, undo and redo."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Refused
from modelshelf.domain.stages import split_with
from modelshelf.registry import create_registry
from tests.furnished import model_file, ticking
from tests.registry.governed import LADDER, CannotUndoError, Change, Governed, Held, Known, Node
from tests.registry.shelf_model import shown

pick = st.integers(0, 50)
stages = st.sampled_from(LADDER)


class Governance(RuleBasedStateMachine):
    """A registry, and one dictionary for each of its models."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.registry = create_registry(root / "registry", actor="ana", clock=ticking())
        self.files = root / "files"
        self.known = Governed()
        self.seeds = iter(range(1, 100_000))
        self.names = iter(f"model-{n}" for n in range(100_000))
        self.then: dict[int, dict[str, Any]] = {}
        self.nodes: dict[int, dict[int, dict[str, Node]]] = {}

    @property
    def head(self) -> int:
        """Number of the newest entry."""
        return self.registry.audit.head()[0]

    def chosen(self, model: int, version: int = 0) -> tuple[Known, int, str]:
        """Return a model, the number of one of its versions, and its reference."""
        known = self.known.models[model % len(self.known.models)]
        number = version % known.count + 1
        return known, number, f"{known.name}:v{number}"

    def refused(self, kind: type[ModelshelfError], use: Any, *args: Any, **named: Any) -> None:  # noqa: ANN401
        """Check that a call says no and changes nothing that is shown."""
        with pytest.raises(kind):
            use(*args, **named)

    @initialize()
    def begin(self) -> None:
        """Begin with two models, of which one has versions enough for a test."""
        for model, new in ((0, True), (0, False), (0, False), (1, True)):
            self.register(model, new=new)

    @rule(model=pick, new=st.booleans())
    def register(self, model: int, new: bool) -> None:  # noqa: FBT001 - drawn
        """Register a version, which nothing takes back."""
        if (new and len(self.known.models) < 3) or not self.known.models:
            self.known.models.append(Known({("name",): next(self.names)}))
            model = len(self.known.models) - 1
        known = self.known.models[model % len(self.known.models)]
        file = model_file(self.files, next(self.seeds))
        made = self.registry.versions.register(known.name, file)
        with self.known.changing(self.head, known):
            assert made.version.number == known.register()
        self.known.changes[-1].was = None  # nothing takes a registration back

    @precondition(lambda self: self.known.models)
    @rule(model=pick, version=pick, stage=stages, weight=st.none() | st.integers(1, 100))
    def promote(self, model: int, version: int, stage: str, weight: int | None) -> None:
        """Give a stage, whole or in part."""
        known, number, reference = self.chosen(model, version)
        self._promote(self.registry.promotions.promote, known, number, reference, stage, weight)

    @precondition(lambda self: self.known.models)
    @rule(model=pick, version=pick, weight=st.none() | st.integers(1, 100))
    def ramp(self, model: int, version: int, weight: int | None) -> None:
        """Give a holder another share, or end the test."""
        known, number, reference = self.chosen(model, version)
        traffic = self.registry.traffic
        if number not in known.node("production").held:
            self.refused(Refused, traffic.end, reference, reason="r")
            return

        def use(reference: str, stage: str, **named: Any) -> Any:  # noqa: ANN401
            if weight is None:
                return traffic.end(reference, stage, reason=named["reason"])
            return traffic.ramp(reference, stage, **named)

        self._promote(use, known, number, reference, "production", weight)

    def _promote(
        self,
        use: Any,  # noqa: ANN401 - promote, or ramp like it
        known: Known,
        number: int,
        reference: str,
        stage: str,
        weight: int | None,
    ) -> None:
        named: dict[str, Any] = {"weight": weight, "reason": "r"}
        held = known.node(stage).held
        try:
            after: Held = split_with(list(held.items()), number, 100 if weight is None else weight)
        except Invalid:
            self.refused(Invalid, use, reference, stage, **named)
            return
        if after == held:
            self.refused(Conflict, use, reference, stage, **named)
        elif (stage == "staging" and len(after) > 1) or known.yanked(after):
            self.refused(Refused, use, reference, stage, **named)
        else:
            made = use(reference, stage, **named)
            assert sum(h.weight for h in made.holders) == 100
            assert all(type(h.weight) is int for h in made.holders)
            with self.known.changing(made.id, known):
                known.give(stage, Node(after, known.node(stage)))

    @precondition(lambda self: self.known.models)
    @rule(model=pick, stage=stages)
    def rollback(self, model: int, stage: str) -> None:
        """Go back one step."""
        known = self.chosen(model)[0]
        use = self.registry.promotions.rollback
        below = known.node(stage).below
        if below is None or not below.held:
            self.refused(NotFound, use, known.name, stage, reason="r")
        elif known.yanked(below.held):
            self.refused(Refused, use, known.name, stage, reason="r")
        else:
            made = use(known.name, stage, reason="r")
            with self.known.changing(made.id, known):
                known.give(stage, below)

    @precondition(lambda self: len(self.then) > 2)
    @rule(when=st.integers(0, 1_000), skip=st.booleans(), stage=st.none() | stages)
    def go_back(self, when: int, skip: bool, stage: str | None) -> None:  # noqa: FBT001 - drawn
        """Give the stages back to who held them at an earlier moment."""
        moments = sorted(self.nodes)
        seq = moments[when % len(moments)]
        wanted = [stage] if stage else list(LADDER)
        moves, stuck = [], False
        for known in self.known.models:
            for rung in wanted if id(known) in self.nodes[seq] else []:
                back = self.nodes[seq][id(known)][rung]
                if back.held == known.node(rung).held:
                    continue
                stuck = stuck or known.yanked(back.held)
                if not known.yanked(back.held):
                    moves.append((known, rung, back))
        named: dict[str, Any] = {"stage": stage, "reason": "incident", "skip": skip}
        if stuck and not skip:
            self.refused(Refused, self.registry.returns.apply, seq, **named)
            return
        made = {(a.model, a.stage): a.id for a in self.registry.returns.apply(seq, **named)}
        assert set(made) == {(known.name, rung) for known, rung, _back in moves}
        for known in self.known.models:
            mine = [(rung, back) for k, rung, back in moves if k is known]
            self._give_all(known, mine, made)

    def _give_all(
        self, known: Known, mine: list[tuple[str, Node]], made: dict[tuple[str, str], int]
    ) -> None:
        """Give several stages of one model at once: who holds one of them at last stays out."""
        at_last = {n for rung, back in mine for n in back.held}
        at_last |= {n for rung in LADDER if rung not in dict(mine) for n in known.node(rung).held}
        for rung, back in mine:
            with self.known.changing(made[known.name, rung], known):
                out = {n: known.flat["archived", n] for n in at_last}
                known.give(rung, back if back.held else Node({}, known.node(rung)))
                for number, archived in out.items():
                    if number not in back.held:
                        known.flat["archived", number] = archived

    @precondition(lambda self: self.known.changes)
    @rule()
    def undo(self) -> None:
        """Take back the newest change that still counts."""
        change = self.known.newest()
        if change is not None:
            self._take_back(change, None)

    @precondition(lambda self: self.known.changes)
    @rule(which=st.integers(0, 7))
    def undo_one(self, which: int) -> None:
        """Take back one of the last changes by its number; it may itself be an undo."""
        recent = self.known.changes[-8:]
        change = recent[which % len(recent)]
        self._take_back(change, change.seq)

    @precondition(lambda self: any(c.undoes for c in self.known.changes))
    @rule()
    def redo(self) -> None:
        """Take back the last undo."""
        change = next(c for c in reversed(self.known.changes) if c.undoes)
        self._take_back(change, change.seq)

    def _take_back(self, change: Change, entry: int | None) -> None:
        model, before = change.model, dict(change.model.flat)
        plan = self.registry.undo.plan(entry)
        assert plan.entry.seq in {change.seq, change.seq + 1}
        try:
            model.take_back(change)
        except CannotUndoError:
            assert plan.refused is not None, (change, plan)
            self.refused(Refused, self.registry.undo.take_back, entry, reason="r")
            return
        after, model.flat = model.flat, before
        assert plan.refused is None
        made = self.registry.undo.take_back(entry, reason="oops")
        assert len(made) == len(plan.sentences)
        assert all(e.body["undoes"] == change.seq for e in made)
        with self.known.changing(made[0].seq, model, change):
            model.flat = after

    @precondition(lambda self: self.known.models)
    @rule(model=pick, version=pick, what=st.sampled_from(["yank", "archive", "restore"]))
    def put_away(self, model: int, version: int, what: str) -> None:
        """Yank, archive or restore a version."""
        known, number, reference = self.chosen(model, version)
        archived, yanked = known.flat["archived", number], known.flat["yanked", number]
        use = getattr(self.registry.versions, what)
        if what == "archive" and known.holds(number):
            self.refused(Refused, use, reference, reason="r")
            return
        free = {"yank": yanked is None, "archive": not archived}
        if not free.get(what, archived or yanked is not None):
            self.refused(Conflict, use, reference, reason="r")
            return
        use(reference, reason=f"wrong {self.head}")
        with self.known.changing(self.head, known):
            known.flat["archived", number] = what == "archive" or (archived and what == "yank")
            new = {"yank": f"wrong {self.head - 1}", "archive": yanked}
            known.flat["yanked", number] = new.get(what)

    @precondition(lambda self: self.known.models)
    @rule(model=pick, version=pick, alias=st.sampled_from(["champion", "best"]))
    def alias(self, model: int, version: int, alias: str) -> None:
        """Give an alias."""
        known, number, reference = self.chosen(model, version)
        self.registry.versions.alias(reference, alias)
        with self.known.changing(self.head, known):
            known.flat["alias", alias] = number

    @precondition(lambda self: self.known.models)
    @rule(model=pick, alias=st.sampled_from(["champion", "best"]))
    def unalias(self, model: int, alias: str) -> None:
        """Take an alias away."""
        known = self.chosen(model)[0]
        if ("alias", alias) not in known.flat:
            self.refused(NotFound, self.registry.versions.unalias, known.name, alias)
            return
        self.registry.versions.unalias(known.name, alias)
        with self.known.changing(self.head, known):
            del known.flat["alias", alias]

    @precondition(lambda self: self.known.models)
    @rule(model=pick, version=pick, key=st.sampled_from("ab"), value=st.sampled_from("xyz"))
    def tag(self, model: int, version: int, key: str, value: str) -> None:
        """Tag a version, perhaps in another tag's place."""
        known, number, reference = self.chosen(model, version)
        self.registry.versions.tag(reference, set={key: value})
        with self.known.changing(self.head, known):
            known.flat["tag", number, key] = value

    @precondition(lambda self: self.known.models)
    @rule(model=pick)
    def rename(self, model: int) -> None:
        """Give a model another name."""
        known, new = self.chosen(model)[0], next(self.names)
        self.registry.models.rename(known.name, new)
        with self.known.changing(self.head, known):
            known.flat["name",] = new

    @invariant()
    def it_is_what_it_should_be(self) -> None:
        """Compare what is shown with the dictionaries, and remember it for later."""
        expected = {known.name: known.view() for known in self.known.models}
        assert shown(self.registry) == expected
        for held in (h for m in expected.values() for h in m["stages"].values()):
            assert sum(held.values()) == 100
        self.then[self.head] = expected
        self.nodes[self.head] = {
            id(known): {stage: known.node(stage) for stage in LADDER} for known in self.known.models
        }

    def teardown(self) -> None:
        """Prove the log, rebuild, and compare every earlier moment with what was remembered."""
        try:
            self._prove()
        finally:
            self.registry.close()
            self.folder.cleanup()

    def _prove(self) -> None:
        assert self.registry.audit.verify().problems == ()
        assert self.registry.upkeep.rebuild() == self.head
        assert shown(self.registry) == {m.name: m.view() for m in self.known.models}
        for seq, expected in self.then.items():
            with self.registry.at(seq) as past:
                assert shown(past) == expected, f"entry {seq} is remembered otherwise"


TestGovernance = Governance.TestCase
TestGovernance.settings = settings(
    max_examples=10,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _step(story: Governance, rng: random.Random) -> None:
    """Take one step of a dense history: mostly stages, undo and redo."""
    version = {"model": rng.choice((0, 0, 1)), "version": rng.randrange(9)}
    stage, weight = rng.choice(LADDER), rng.choice((None, rng.randint(1, 100)))
    match rng.randrange(16):
        case 0 | 1 | 2:
            story.promote(**version, stage=stage, weight=weight)
        case 3:
            story.ramp(**version, weight=weight)
        case 4:
            story.rollback(model=0, stage=stage)
        case 5 if len(story.then) > 2:
            story.go_back(rng.randrange(50), rng.random() < 0.5, rng.choice((None, *LADDER)))
        case 6 | 7:
            story.undo()
        case 8 | 9:
            story.undo_one(rng.randrange(8))
        case 10 if any(c.undoes for c in story.known.changes):
            story.redo()
        case 11 | 12:
            story.put_away(**version, what=rng.choice(("yank", "archive", "restore")))
        case 13 | 14:
            story.tag(**version, key=rng.choice("ab"), value=rng.choice("xyz"))
        case _:
            story.rename(model=0)


@pytest.mark.parametrize("seed", range(4))
def test_a_dense_history(seed: int) -> None:
    """Histories in which much is undone and redone: rules drawn one by one seldom meet so."""
    story, rng = Governance(), random.Random(seed)  # noqa: S311 - test data
    try:
        story.begin()
        for _ in range(60):
            _step(story, rng)
            story.it_is_what_it_should_be()
    finally:
        story.teardown()
