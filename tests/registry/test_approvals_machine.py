"""Random histories of asking and answering: who may, who counts, what is stale, what lapses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.stages import split_with
from tests.furnished import model_file
from tests.registry.approving_model import (
    PEOPLE,
    Family,
    Given,
    Question,
    Rules,
    check_split,
)
from tests.registry.approving_story import Story
from tests.registry.governed import CannotUndoError, Known, Node

pick = st.integers(0, 50)
people = st.sampled_from(PEOPLE)
stages = st.sampled_from(("staging", "production", "production"))
WAITS = (1, 60, 3_599, 3_600, 7_200, 40_000, 86_400)
SPLITS = ((), (), (), (60, 40), (50, 50), (20, 30, 50), (70, 20))
ROLES: tuple[dict[str, tuple[str, ...]], ...] = (
    {"reviewer": ("ana", "ravi", "mei")},
    {"reviewer": ("ravi", "mei", "eve")},
    {"reviewer": ("ravi",), "admin": ("mei",)},
    {"reviewer": ("ravi", "mei/"), "contributor": ("ana", "eve"), "admin": ("eve",)},
    {"reviewer": ("ravi", "mei"), "contributor": ("ana", "eve/"), "oncall": ("ravi",)},
    {"reviewer": ("ana", "ravi", "mei"), "contributor": ("ana", "ravi/", "mei", "eve")},
    {},
)


class Approvals(Story):
    """What four people may do about requests, in any order."""

    @initialize()
    def begin(self) -> None:
        """Begin with two models of several versions."""
        for name, aucs in (("churn", (5, 6, None, 7)), ("risk/fraud", (5, 5, 4))):
            self.known.models.append(Known({("name",): name}))
            for auc in aucs:
                self.register("ana", len(self.known.models) - 1, auc)
        self.rule_so(0, "free", ("eve",), 2, gated=True)

    @rule(who=people, model=pick, auc=st.none() | st.integers(1, 9))
    def register(self, who: str, model: int, auc: int | None) -> None:
        """Register a version with a metric, or without."""
        known = self.known.models[model % len(self.known.models)]
        file = model_file(self.files, next(self.seeds))
        metrics = {} if auc is None else {"auc": auc / 10}
        family = None if self.may(who, known) else Refused
        made = self.tried(
            family, self.as_[who].versions.register, known.name, file, metrics=metrics
        )
        if made is None:
            return
        with self.known.changing(self.head, known):
            number = known.register()
        self.known.changes[-1].was = None
        assert made.version.number == number
        self.known.auc[id(known), number] = metrics.get("auc")

    @rule(
        roles=st.integers(0, 6),
        ramp=st.sampled_from(["free", "approved"]),
        bypass=st.sampled_from([("eve",), ("role:admin", "ana"), ("role:oncall",), ()]),
        risk=st.integers(0, 2),
        gated=st.booleans(),
    )
    def rule_so(
        self,
        roles: int,
        ramp: str,
        bypass: tuple[str, ...],
        risk: int,
        gated: bool,  # noqa: FBT001 - drawn
    ) -> None:
        """Change the policy file; every registry that is open goes by it from now on."""
        if "role:oncall" in bypass and "oncall" not in ROLES[roles]:
            bypass = ()
        gates = ("better",) if gated else ()
        self.write(Rules(ROLES[roles], ramp, bypass, 2, risk, gates))

    @rule(wait=st.sampled_from(WAITS))
    def wait(self, wait: int) -> None:
        """Let time go by."""
        self.now += wait

    def wish(
        self,
        who: str,
        model: int,
        version: int,
        stage: str,
        weight: int | None,
        split: tuple[int, ...],
    ) -> tuple[Question | None, str, dict[str, Any]]:
        """Return a question as somebody may ask it, and how to ask the registry."""
        known, number, reference = self.chosen(model, version)
        numbers: list[int] = []
        held, named = known.node(stage).held, dict[str, Any](weight=weight, reason="r")
        try:
            if split:
                numbers += [(number + n - 1) % known.count + 1 for n in range(len(split))]
                after = check_split(dict(zip(numbers, split, strict=True)), number)
            else:
                after = split_with(list(held.items()), number, 100 if weight is None else weight)
        except Invalid:
            after = {}
        if split:
            shares = {f"{known.name}:v{n}": w for n, w in zip(numbers, split, strict=True)}
            named = {"split": shares, "reason": "r"}
        if not after:
            return None, reference, named
        seen = self.known.seen(known, stage)
        expires = self.now + self.known.stage(known, stage)["expires"]
        wish = Question(0, known, stage, number, after, who, self.now, seen, expires)
        return wish, reference, named

    @rule(
        who=people, model=pick, version=pick, stage=stages,
        weight=st.none() | st.integers(1, 100), split=st.sampled_from(SPLITS),
    )  # fmt: skip
    def ask(self, who: str, stage: str, **drawn: Any) -> None:  # noqa: ANN401 - drawn
        """Open a request."""
        wish, reference, named = self.wish(who, stage=stage, **drawn)
        use = self.as_[who].requests.open
        if not self.may(who, self.chosen(drawn["model"])[0]):
            self.tried(Refused, use, reference, stage, **named)
        elif wish is None:
            self.tried(Invalid, use, reference, stage, **named)
        else:
            made = self.tried(self.known.asking(wish, self.now), use, reference, stage, **named)
            if made is not None:
                wish.id = made.id
                self.known.questions[made.id] = wish

    @precondition(lambda self: self.known.questions)
    @rule(who=people, which=pick, said=st.sampled_from(["approve", "approve", "reject"]))
    def answer(self, who: str, which: int, said: str) -> None:
        """Say yes or no."""
        number = self.question(which).id
        family = self.known.answering(number, who, said, self.now)
        self.tried(family, getattr(self.as_[who].requests, said), number, comment="so")

    @precondition(lambda self: self.known.questions)
    @rule(who=people, which=pick)
    def withdraw(self, who: str, which: int) -> None:
        """Take a question back."""
        number = self.question(which).id
        family = self.known.withdrawing(number, who, self.now)
        self.tried(family, self.as_[who].requests.withdraw, number, reason="no more")

    @precondition(lambda self: self.known.questions)
    @rule(who=people, which=pick)
    def apply(self, who: str, which: int) -> None:
        """Carry a question out."""
        question = self.question(which)
        given: Given | Family = Conflict
        if not self.may(who, question.model):
            given = Refused
        elif question.at_time(self.now) == "open":
            given = self.known.giving(who, question, self.now, applied=True)
            tally = self.registry.requests.tally(question.id)
            assert tally.counted == self.known.counted(question, self.now)
            plan = self.registry.requests.plan(question.id)
            assert plan.allowed == isinstance(given, Given), (given, plan)
        self.give(given, question, who, self.as_[who].requests.apply, question.id)

    @rule(
        who=people, model=pick, version=pick, stage=stages, bypass=st.booleans(),
        weight=st.none() | st.integers(1, 100), split=st.sampled_from(SPLITS),
    )  # fmt: skip
    def promote(self, who: str, stage: str, bypass: bool, **drawn: Any) -> None:  # noqa: ANN401, FBT001
        """Give a stage without naming a question, perhaps setting the rules aside."""
        wish, reference, named = self.wish(who, stage=stage, **drawn)
        if wish is not None:
            self._promote(who, wish, bypass, reference, named)
            return
        may = self.may(who, self.chosen(drawn["model"])[0])
        use = self.as_[who].promotions.promote
        self.tried(Invalid if may else Refused, use, reference, stage, **named, bypass=bypass)

    @precondition(lambda self: self.known.questions)
    @rule(who=people, which=pick, bypass=st.booleans())
    def promote_asked(self, who: str, which: int, bypass: bool) -> None:  # noqa: FBT001 - drawn
        """Give a stage just as somebody asked, perhaps long ago."""
        asked = self.question(which)
        wish = replace(asked, id=0, actor=who, at=self.now, answers={}, state="open")
        wish.seen = self.known.seen(asked.model, asked.stage)
        shares = {f"{asked.model.name}:v{n}": w for n, w in asked.held.items()}
        reference = f"{asked.model.name}:v{asked.number}"
        self._promote(who, wish, bypass, reference, {"split": shares, "reason": "r"})

    def _promote(
        self,
        who: str,
        wish: Question,
        bypass: bool,  # noqa: FBT001 - drawn
        reference: str,
        named: dict[str, Any],
    ) -> None:
        given: Given | Family = Refused
        if self.may(who, wish.model):
            given = self.known.giving(who, wish, self.now, applied=False, bypass=bypass)
        plain = self.known.giving(who, wish, self.now, applied=False)
        shares = {key: named[key] for key in named if key != "reason"}
        plan = self.as_[who].promotions.plan(reference, wish.stage, **shares)
        same = wish.held == wish.model.node(wish.stage).held  # judged all the same
        assert same or plan.allowed == isinstance(plain, Given), (plain, plan)
        use = self.as_[who].promotions.promote
        self.give(given, wish, who, use, reference, wish.stage, **named, bypass=bypass)

    def give(
        self,
        given: Given | Family,
        asked: Question,
        who: str,
        use: Any,  # noqa: ANN401 - promote or apply
        *args: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> None:
        """Give a stage away, or be refused."""
        if not isinstance(given, Given):
            self.tried(given, use, *args, **named)
            if given is Refused and self.may(who, asked.model):
                assert self.registry.audit.get(self.head).event == "promotion.refused"
            return
        model, stage, question = asked.model, asked.stage, given.question
        takes = self.known.takes(model, stage, asked.held)
        made = use(*args, **named)
        assert (made.bypass is not None) == given.bypass
        assert made.request == (question.id if question else None)
        if takes and question is not None:
            frozen = self.registry.audit.get(made.id).body["decision"].get("approvals", [])
            assert tuple(a["actor"] for a in frozen) == given.counted
        with self.known.changing(made.id, model):
            model.give(stage, Node(asked.held, model.node(stage)))
        self.known.assigned[id(model), stage] = made.id
        if question is not None:
            question.state, question.by, question.assignment = "applied", who, made.id

    @rule(who=people, model=pick, stage=stages)
    def rollback(self, who: str, model: int, stage: str) -> None:
        """Go back one step, which asks nobody."""
        known = self.chosen(model)[0]
        below = known.node(stage).below
        family: Family | None = None
        if not self.may(who, known):
            family = Refused
        elif below is None or not below.held:
            family = NotFound
        elif known.yanked(below.held):
            family = Refused
        made = self.tried(family, self.as_[who].promotions.rollback, known.name, stage, reason="r")
        if made is not None and below is not None:
            with self.known.changing(made.id, known):
                known.give(stage, below)
            self.known.assigned[id(known), stage] = made.id

    @rule(who=people, which=pick)
    def undo(self, who: str, which: int) -> None:
        """Take one of the last changes back by its number; it may itself be an undo."""
        done = [c for c in self.known.changes if c.was is not None] or self.known.changes
        recent = done[-6:]
        change = recent[-1 - which % len(recent)]
        model, before = change.model, dict(change.model.flat)
        family: Family | None = None if self.may(who, model) else Refused
        try:
            model.take_back(change)
        except CannotUndoError:
            family = Refused
        after, model.flat = model.flat, before
        made = self.tried(family, self.as_[who].undo.take_back, change.seq, reason="oops")
        if made is None:
            return
        with self.known.changing(made[0].seq, model, change):
            model.flat = after
        for entry in made:
            if entry.event.startswith("stage."):
                self.known.assigned[id(model), entry.body["stage"]] = entry.seq

    @rule(who=people, model=pick, version=pick, what=st.sampled_from(["yank", "restore"]))
    def yank(self, who: str, model: int, version: int, what: str) -> None:
        """Yank a version, or restore it."""
        known, number, reference = self.chosen(model, version)
        archived, yanked = known.flat["archived", number], known.flat["yanked", number]
        family: Family | None = None if self.may(who, known) else Refused
        if family is None and (yanked is not None or (what == "restore" and archived)) != (
            what == "restore"
        ):
            family = Conflict
        self.tried(family, getattr(self.as_[who].versions, what), reference, reason="bad")
        if family is None:
            with self.known.changing(self.head, known):
                known.flat["yanked", number] = "bad" if what == "yank" else None
                known.flat["archived", number] = archived and what == "yank"

    @rule(who=people)
    def lapse(self, who: str) -> None:
        """Write down what has lapsed."""
        over = self.registry.requests.list(state="expired", limit=1_000)
        due = {r.id for r in over if r.closed_at is None}
        family = None if self.known.rules.may(who, "contributor", "") else Refused
        made = self.tried(family, self.as_[who].requests.lapse)
        assert made is None or {r.id for r in made} == due


TestApprovals = Approvals.TestCase
TestApprovals.settings = settings(
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
