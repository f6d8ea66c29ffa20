"""Dense histories of requests, in which many are answered to their end: drawn, few meet so."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.registry.approving_model import PEOPLE
from tests.registry.test_approvals_machine import ROLES, SPLITS, WAITS, Approvals

BYPASSES = (("eve",), ("role:admin", "ana"), ("role:oncall",), ())
USUAL = {
    "answer": 12, "apply": 4, "carry_out": 3, "ask": 8, "promote": 2, "promote_asked": 2,
    "withdraw": 1, "wait": 2, "rollback": 2, "undo": 2, "yank": 1, "rule_so": 1, "lapse": 1,
    "register": 1,
}  # fmt: skip
ABOUT_A_QUESTION = ("answer", "apply", "carry_out", "promote_asked", "withdraw")


class Walk:
    """A walk through a history, by a generator of numbers."""

    def __init__(self, seed: int) -> None:
        """Begin."""
        self.story = Approvals()
        self.rng = random.Random(seed)  # noqa: S311 - test data

    def run(self, steps: int) -> None:
        """Walk, and prove all of it."""
        try:
            self.story.begin()
            about: dict[str, Any] = {"model": 0, "version": 0, "weight": None}
            self.story.promote("eve", "production", bypass=True, **about, split=(20, 30, 50))
            for _ in range(steps):
                self.step(self.rng.choices(list(USUAL), list(USUAL.values()))[0])
                self.story.it_is_what_it_should_be()
            self.story.prove()
        finally:
            self.story.opened.close()

    def step(self, what: str) -> None:
        """Take one step."""
        if what in ABOUT_A_QUESTION and not self.story.known.questions:
            what = "ask"
        who, which = self.rng.choice(PEOPLE), self.rng.choice((0, 0, 0, 1, 2, 3))
        about = {"model": self.rng.choice((0, 0, 1)), "version": self.rng.randrange(9)}
        own = getattr(self, what, None)
        if own is not None:
            own(who, which, about)
        elif what in ("apply", "withdraw", "undo"):
            getattr(self.story, what)(who, which)
        else:
            self.story.lapse(who)

    def _drawn(self) -> dict[str, Any]:
        return {
            "stage": self.rng.choice(("staging", "production", "production", "production")),
            "weight": self.rng.choice((None, None, self.rng.randint(1, 100))),
            "split": self.rng.choice(SPLITS),
        }

    def ask(self, who: str, _which: int, about: dict[str, int]) -> None:
        """Ask for a version, mostly alone."""
        self.story.ask(who, **about, **self._drawn())

    def promote(self, who: str, _which: int, about: dict[str, int]) -> None:
        """Promote a version whether or not anybody asked for it."""
        self.story.promote(who, bypass=self.rng.random() < 0.5, **about, **self._drawn())

    def promote_asked(self, who: str, which: int, _about: dict[str, int]) -> None:
        """Promote what a request asks for."""
        self.story.promote_asked(who, which, self.rng.random() < 0.7)

    def answer(self, who: str, which: int, _about: dict[str, int]) -> None:
        """Mostly say yes."""
        self.story.answer(who, which, "reject" if self.rng.random() < 0.1 else "approve")

    def carry_out(self, who: str, which: int, _about: dict[str, int]) -> None:
        """Let everybody approve a question, perhaps wait, and apply it."""
        for other in self.rng.sample(PEOPLE, 4):
            self.story.answer(other, which, "approve")
        self.story.it_is_what_it_should_be()
        self.story.wait(self.rng.choice((1, 3_600)))
        self.story.apply(who, which)

    def wait(self, _who: str, _which: int, _about: dict[str, int]) -> None:
        """Wait, mostly not long."""
        self.story.wait(self.rng.choice((*WAITS[:4], *WAITS)))

    def rollback(self, who: str, _which: int, about: dict[str, int]) -> None:
        """Go back."""
        self.story.rollback(who, about["model"], self._drawn()["stage"])

    def yank(self, who: str, _which: int, about: dict[str, int]) -> None:
        """Yank or restore."""
        self.story.yank(who, **about, what=self.rng.choice(("yank", "restore")))

    def rule_so(self, _who: str, _which: int, _about: dict[str, int]) -> None:
        """Rule otherwise."""
        self.story.rule_so(
            self.rng.choice((0, 0, *range(len(ROLES)))),
            self.rng.choice(("free", "approved")),
            self.rng.choice(BYPASSES),
            self.rng.choice((2, 2, 1, 0)),
            self.rng.random() < 0.4,
        )

    def register(self, who: str, _which: int, about: dict[str, int]) -> None:
        """Register one more."""
        self.story.register(who, about["model"], self.rng.choice((None, *range(3, 10), 9, 9)))


@pytest.mark.parametrize("seed", range(4))
def test_a_dense_history(seed: int) -> None:
    """Whatever four people do, in whatever order, the dictionaries foretell it."""
    Walk(seed).run(80)
