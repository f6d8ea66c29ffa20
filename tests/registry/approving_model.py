"""What requests and approvals must come to, told once more with dictionaries and few lines.

Nothing here asks the rules of the product: who has a role, whose approval counts, what a gate says
and what becomes of a question are written a second time, in the shortest way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, Refused
from tests.registry.governed import Governed, Held, Known

PEOPLE = ("ana", "ravi", "mei", "eve")
RISK = "risk/"
_RANKS = ("viewer", "contributor", "reviewer", "admin")
Family = type[ModelshelfError]
Node = tuple[int, str]


@dataclass(frozen=True)
class Rules:
    """A policy: people by role, ``mei/`` for mei on the models of risk only; and two stages."""

    roles: dict[str, tuple[str, ...]]
    ramp: str = "free"
    bypass: tuple[str, ...] = ("eve",)
    approvals: int = 2
    approvals_of_risk: int = 2
    gates: tuple[str, ...] = ("better",)

    def stage(self, name: str, model: str) -> dict[str, Any]:
        """Return the rules of a stage for a model."""
        if name == "staging":  # for someone alone, who sleeps on it
            return {
                "approvals": 1, "approvers": (), "four_eyes": False, "cooling_off": 3_600,
                "expires": 7_200, "ramp": "free", "bypass": (), "many": False, "gates": (),
            }  # fmt: skip
        return {
            "approvals": self.approvals_of_risk if model.startswith(RISK) else self.approvals,
            "approvers": ("role:reviewer",), "four_eyes": True, "cooling_off": 0,
            "expires": 86_400, "ramp": self.ramp, "bypass": self.bypass, "many": True,
            "gates": self.gates,
        }  # fmt: skip

    def has(self, who: str, role: str, model: str) -> bool:
        """Whether somebody has a role, or one above it, on a model; ``""`` for all models."""
        at_least = _RANKS[_RANKS.index(role) :] if role in _RANKS else (role,)
        names = {who, f"{who}/"} if model.startswith(RISK) else {who}
        return any(names & set(self.roles.get(r, ())) for r in at_least)

    def may(self, who: str, role: str, model: str) -> bool:
        """Whether somebody may do what takes a role: one that nobody has forbids nothing."""
        return not self.roles.get(role) or self.has(who, role, model)

    def among(self, names: Iterable[str], who: str, model: str) -> bool:
        """Whether a list of names and roles means somebody."""
        return any(
            n == who or (n.startswith("role:") and self.has(who, n[5:], model)) for n in names
        )

    @property
    def text(self) -> str:
        """The policy file."""
        lines = [
            "[gates.better]", 'when = "metrics.auc >= baseline.metrics.auc"',
            "[stages.staging]", 'holders = "one"', "gates = []", "approvals = 1",
            'cooling_off = "1h"', 'expires = "2h"',
            "[stages.production]", 'holders = "many"', f"gates = {list(self.gates)}",
            f"approvals = {self.approvals}", 'approvers = ["role:reviewer"]', "four_eyes = true",
            'expires = "24h"', f'ramp = "{self.ramp}"', f"bypass = {list(self.bypass)}",
        ]  # fmt: skip
        if self.approvals_of_risk != self.approvals:
            lines += ["[[models]]", f'match = "{RISK}*"']
            lines += ["[models.stages.production]", f"approvals = {self.approvals_of_risk}"]
        lines.append("[roles]")
        for role, people in self.roles.items():
            told = (
                f'{{ who = ["{p[:-1]}"], models = ["{RISK}*"] }}' if p[-1] == "/" else f'"{p}"'
                for p in people
            )
            lines.append(f"{role} = [{', '.join(told)}]")
        return "\n".join(lines) + "\n"


@dataclass
class Question:
    """One request."""

    id: int
    model: Known
    stage: str
    number: int
    held: Held
    actor: str
    at: int
    seen: int | None
    expires: int
    state: str = "open"
    answers: dict[str, str] = field(default_factory=dict)
    by: str | None = None
    assignment: int | None = None

    def at_time(self, now: int) -> str:
        """Its state at a moment."""
        return "expired" if self.state == "open" and now >= self.expires else self.state

    def answer(self, who: str, said: str) -> None:
        """Keep the last answer of somebody, after those that were given before."""
        self.answers.pop(who, None)
        self.answers[who] = said

    def row(self, now: int) -> tuple[Any, ...]:
        """What is shown of it at a moment."""
        state = self.at_time(now)
        by = self.by if state != "expired" else None
        return (
            self.id, self.model.name, self.stage, self.number, self.held, self.actor, self.seen,
            state, list(self.answers.items()), by, self.assignment,
        )  # fmt: skip


@dataclass(frozen=True)
class Given:
    """A stage may be given: by which question, with what set aside, and whose approvals counted."""

    question: Question | None
    bypass: bool
    counted: tuple[str, ...]


@dataclass
class Approving(Governed):
    """All models, their changes, the questions about them, and the rules."""

    rules: Rules = field(default_factory=lambda: Rules({}))
    questions: dict[int, Question] = field(default_factory=dict)
    assigned: dict[Node, int] = field(default_factory=dict)
    auc: dict[tuple[int, int], float | None] = field(default_factory=dict)

    def stage(self, model: Known, stage: str) -> dict[str, Any]:
        """Return the rules of a stage."""
        return self.rules.stage(stage, model.name)

    def seen(self, model: Known, stage: str) -> int | None:
        """Return the assignment that holds."""
        return self.assigned.get((id(model), stage))

    def never(self, question: Question, who: str) -> bool:
        """Whether somebody's approval can never count."""
        stage = self.stage(question.model, question.stage)
        named = stage["approvers"]
        if named and not self.rules.among(named, who, question.model.name):
            return True
        return stage["four_eyes"] and who == question.actor

    def counted(self, question: Question, now: int) -> tuple[str, ...]:
        """Return whose approvals count."""
        cool = question.at + self.stage(question.model, question.stage)["cooling_off"]
        return tuple(
            who
            for who, said in question.answers.items()
            if said == "approve"
            and not self.never(question, who)
            and (who != question.actor or now >= cool)
        )

    def waiting_for(self, who: str, now: int) -> list[int]:
        """Return the open questions that somebody's approval would bring on, newest first."""
        return [
            q.id
            for q in reversed(self.questions.values())
            if q.at_time(now) == "open"
            and who not in q.answers
            and self.stage(q.model, q.stage)["approvals"]
            and not self.never(q, who)
        ]

    def same(self, model: Known, stage: str, held: Held, now: int) -> list[Question]:
        """Return the open questions for exactly these holders, newest first."""
        return [
            q
            for q in reversed(self.questions.values())
            if q.model is model and (q.stage, q.held) == (stage, held) and q.at_time(now) == "open"
        ]

    def passes(self, model: Known, stage: str, number: int, held: Held) -> bool:
        """Whether the gates let a version come, and those with it."""
        if "better" not in self.stage(model, stage)["gates"]:
            return True
        present = model.node(stage).held
        asked = [n for n in held if n not in present] or [number]
        others = {n: w for n, w in present.items() if n not in asked}
        values = [self.auc[id(model), n] for n in asked]
        if others:
            values.append(self.auc[id(model), max(others, key=lambda n: others[n])])
        if None in values:
            return False
        numbers = [v for v in values if v is not None]
        return not others or min(numbers[:-1]) >= numbers[-1]

    def takes(self, model: Known, stage: str, held: Held) -> bool:
        """Whether it takes approvals to give a stage so."""
        rules, present = self.stage(model, stage), model.node(stage).held
        return rules["approvals"] > 0 and (
            rules["ramp"] == "approved" or not held.keys() <= present.keys()
        )

    def giving(
        self, who: str, question: Question, now: int, *, applied: bool, bypass: bool = False
    ) -> Given | Family:
        """Return what becomes of giving a stage as a question asks, which may be a mere wish."""
        model, stage, held = question.model, question.stage, question.held
        rules, seen = self.stage(model, stage), self.seen(model, stage)
        if held == model.node(stage).held:
            return Conflict
        same = [question] if applied else self.same(model, stage, held, now)
        fresh = [q for q in same if q.seen == seen]
        takes = self.takes(model, stage, held)
        chosen = next(iter(fresh or (same if takes or applied else ())), None)
        stale = chosen is not None and chosen.seen != seen
        if stale and not bypass:
            return Conflict
        counted = self.counted(chosen, now) if chosen is not None and takes else ()
        short = takes and (stale or len(counted) < rules["approvals"])
        if model.yanked(held) or (len(held) > 1 and not rules["many"]):
            return Refused
        aside = short or not self.passes(model, stage, question.number, held)
        if aside and not (bypass and self.rules.among(rules["bypass"], who, model.name)):
            return Refused
        return Given(None if stale else chosen, aside, counted)

    def asking(self, wish: Question, now: int) -> Family | None:
        """Return why a question may not be asked; one like it that is out of date makes room."""
        if wish.held == wish.model.node(wish.stage).held:
            return Conflict
        same = self.same(wish.model, wish.stage, wish.held, now)
        if any(q.seen == wish.seen for q in same):
            return Conflict
        for old in same:
            old.state, old.by = "withdrawn", wish.actor
        return None

    def answering(self, number: int, who: str, said: str, now: int) -> Family | None:
        """Return why somebody may not answer; else keep the answer."""
        question = self.questions[number]
        if question.at_time(now) != "open":
            return Conflict
        if self.never(question, who):
            return Refused
        if question.answers.get(who) == said:
            return Conflict
        question.answer(who, said)
        if said == "reject":
            question.state, question.by = "rejected", who
        return None

    def withdrawing(self, number: int, who: str, now: int) -> Family | None:
        """Return why somebody may not take a question back; else it is withdrawn."""
        question = self.questions[number]
        if question.at_time(now) != "open":
            return Conflict
        if who != question.actor and not self.rules.has(who, "admin", question.model.name):
            return Refused
        question.state, question.by = "withdrawn", who
        return None

    def rows(self, now: int) -> list[tuple[Any, ...]]:
        """Return what is shown of all questions at a moment, newest first."""
        return [replace(q).row(now) for q in reversed(self.questions.values())]


def check_split(shares: Held, number: int) -> Held:
    """Return a split as it was asked for.

    Raises:
        Invalid: It is none.
    """
    if sum(shares.values()) != 100 or number not in shares:
        raise Invalid("no split")
    return shares
