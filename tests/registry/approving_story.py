"""A registry that four people have open beside the dictionaries that say what it should show."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.requests import Request
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import START
from tests.registry.approving_model import PEOPLE, Approving, Family, Question, Rules
from tests.registry.governed import Held, Known
from tests.registry.shelf_model import shown

FREE = Rules({})


def row_of(request: Request) -> tuple[Any, ...]:
    """Return what is shown of a request, as the model tells it."""
    number = int(request.reference.rpartition(":v")[2])
    held = {int(h.reference.rpartition(":v")[2]): h.weight for h in request.holders}
    by = None if request.state == "expired" else request.closed_by
    return (
        request.id, request.model, request.stage, number, held, request.actor, request.seen,
        request.state, [(a.actor, a.answer) for a in request.answers], by, request.assignment_id,
    )  # fmt: skip


class Story(RuleBasedStateMachine):
    """People, a clock and a policy that go on, and all that is checked after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        root = Path(self.opened.enter_context(tempfile.TemporaryDirectory()))
        self.root, self.files, self.now = root / "registry", root / "files", 0
        create_registry(self.root, actor="ana", clock=self.clock).close()
        self.as_: dict[str, Registry] = {
            who: self.opened.enter_context(open_registry(self.root, actor=who, clock=self.clock))
            for who in PEOPLE
        }
        self.registry = self.as_["ana"]
        self.known = Approving()
        self.seeds = iter(range(1, 100_000))
        self.checked = self.head
        self.held: dict[tuple[str, str], Held] = {}
        self.then: dict[int, tuple[Any, Any]] = {}

    def clock(self) -> Any:  # noqa: ANN401 - a moment
        """Tell the time, which stands still for a step."""
        return START + timedelta(seconds=self.now)

    @property
    def head(self) -> int:
        """Number of the newest entry."""
        return self.registry.audit.head()[0]

    def chosen(self, model: int, version: int = 0) -> tuple[Known, int, str]:
        """Return a model, the number of one of its versions, and its reference."""
        known = self.known.models[model % len(self.known.models)]
        number = version % known.count + 1
        return known, number, f"{known.name}:v{number}"

    def question(self, which: int) -> Question:
        """Return one of the last questions."""
        recent = list(self.known.questions.values())[-6:]
        return recent[-1 - which % len(recent)]

    def tried(self, family: Family | None, use: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401
        """Return what a call returns, or check that it says no as it should."""
        if family is None:
            return use(*args, **named)
        with pytest.raises(ModelshelfError) as caught:
            use(*args, **named)
        assert type(caught.value) is family, caught.value
        return None

    def may(self, who: str, known: Known) -> bool:
        """Whether somebody may change a model."""
        return self.known.rules.may(who, "contributor", known.name)

    def write(self, rules: Rules) -> None:
        """Write a policy, two seconds ago."""
        self.known.rules = rules
        file = self.root / "modelshelf.toml"
        file.write_text(rules.text, "utf-8")
        os.utime(file, ns=(0, time.time_ns() - 2_000_000_000))
        for registry in self.as_.values():
            registry._context.follow_policy()  # whoever only looks does not

    def view(self) -> dict[str, Any]:
        """Return what is to be shown of models."""
        found = {known.name: known.view() for known in self.known.models}
        for known in self.known.models:
            for number, version in found[known.name]["versions"].items():
                auc = self.known.auc[id(known), number]
                version["metrics"] = {} if auc is None else {"auc": auc}
        return found

    @invariant()
    def it_is_what_it_should_be(self) -> None:
        """Compare all that is shown with the dictionaries, and remember it for later."""
        if not self.known.models:
            return
        expected, rows = self.view(), self.known.rows(self.now)
        assert shown(self.registry) == expected
        requests = self.registry.requests.list(state=None, limit=1_000)
        assert [row_of(r) for r in requests] == rows
        for who in PEOPLE:
            waiting = self.registry.requests.list(waiting_for=who, limit=1_000)
            assert [r.id for r in waiting] == self.known.waiting_for(who, self.now)
        self._sound(requests)
        if self.head > self.checked:
            self.then[self.head] = expected, rows
        self.checked = self.head
        self.held = {(m, s): h for m, v in expected.items() for s, h in v["stages"].items()}

    def _sound(self, requests: tuple[Request, ...]) -> None:
        """Check what must hold whatever the dictionaries say."""
        made = {
            a.id: a for m in self.known.models for a in self.registry.promotions.history(m.name)
        }
        for assignment in made.values():
            assert sum(h.weight for h in assignment.holders) in (0, 100)
        applied = {r.assignment_id: r.id for r in requests if r.state == "applied"}
        assert applied == {a.id: a.request for a in made.values() if a.request is not None}
        for seq in [n for n in made if n > self.checked]:
            entry = self.registry.audit.get(seq)
            if entry.event == "stage.assigned" and made[seq].bypass is None:
                self._enough(made[seq], {r.id: r for r in requests})

    def _enough(self, made: Any, requests: dict[int, Request]) -> None:  # noqa: ANN401
        """Check that enough people other than who asked agreed to newcomers in production."""
        before = self.held.get((made.model, made.stage), {})
        if {int(h.reference.rpartition(":v")[2]) for h in made.holders} <= before.keys():
            return
        if made.stage == "production":
            rules = self.known.rules
            need = rules.stage("production", made.model)["approvals"]
            asked = requests.get(made.request)
            said = [] if asked is None else [a for a in asked.answers if a.actor != asked.actor]
            agreed = {a.actor for a in said if rules.has(a.actor, "reviewer", made.model)}
            assert len(agreed) >= need
        else:
            assert requests[made.request].answers

    def teardown(self) -> None:
        """Prove the log, rebuild, and compare every earlier moment with what was remembered."""
        try:
            self.prove()
        finally:
            self.opened.close()

    def prove(self) -> None:
        """The same, and leave it open."""
        if not self.known.models:
            return
        assert self.registry.audit.verify().problems == ()
        self.write(FREE)  # what an admin may, anybody may now
        assert self.registry.upkeep.rebuild() == self.head
        assert shown(self.registry) == self.view()
        now = [row_of(r) for r in self.registry.requests.list(state=None, limit=1_000)]
        assert now == self.known.rows(self.now)
        for seq, (expected, rows) in self.then.items():
            with self.registry.at(seq) as past:
                assert shown(past) == expected, f"entry {seq} is remembered otherwise"
                told = [row_of(r) for r in past.requests.list(state=None, limit=1_000)]
                assert told == rows, f"the requests of entry {seq} are remembered otherwise"
