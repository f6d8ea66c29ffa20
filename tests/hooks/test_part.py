"""Hooks come and go with the policy, are looked at, tried out, and told again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from modelshelf.catalog import outbox
from modelshelf.domain import events
from modelshelf.domain.deliveries import Outcome
from modelshelf.domain.errors import Invalid, NotFound, Refused
from modelshelf.registry import Registry
from modelshelf.registry.hooks import CHANGED
from tests.hooks.outside import ALL, STAGES, START, Clock, World, again, seqs


class TestPolicies:
    def test_a_new_hook_begins_with_its_policy(self, shelf: Registry, world: World) -> None:
        """What was before is not told, what follows is, whenever somebody delivers."""
        with again(shelf, ALL + STAGES.replace("stages", "new")) as opened:
            opened.promotions.promote("risk/churn:2", "staging", reason="again")
            opened.promotions.promote("risk/churn:1", "staging", reason="again")
            newest = opened.audit.head()[0]
            opened.hooks.deliver()
            assert world.of("new") == [newest - 1, newest]
            assert world.of("all")[0] == 3

    def test_a_change_elsewhere_in_the_policy_loses_nothing(
        self, shelf: Registry, world: World
    ) -> None:
        """Not even when nobody delivered before it."""
        with again(shelf, f"# another text\n{ALL}{STAGES}") as opened:
            opened.models.describe("risk/churn", owner="bo")
            opened.hooks.deliver()
            assert world.of("all") == seqs(opened)

    def test_one_that_left_is_given_up(self, shelf: Registry, world: World) -> None:
        """What waited for it is skipped, and stays in the log of deliveries."""
        world.fails = lambda _hook, _seq: True
        shelf.hooks.deliver()
        with again(shelf, ALL) as opened:
            world.fails = lambda _hook, _seq: False
            opened.hooks.deliver()
            skipped = opened.hooks.deliveries(hook="stages")
            assert {d.state for d in skipped} == {"skipped"}
            assert {d.said for d in skipped} == {outbox.GONE}
            with pytest.raises(NotFound):
                opened.hooks.replay(skipped[0].id)
        with again(shelf, "") as bare:
            report = bare.hooks.deliver()
            assert (report.delivered, report.waiting, bare.hooks.list()) == (0, 0, ())

    def test_one_that_comes_back_begins_anew(self, shelf: Registry, world: World) -> None:
        """What happened in between is not its business."""
        shelf.hooks.deliver()
        with again(shelf, ALL) as without:
            without.promotions.promote("risk/churn:2", "staging", reason="unseen")
            without.hooks.deliver()
        world.told.clear()
        with again(shelf, ALL + STAGES + "# back\n") as back:
            back.promotions.promote("risk/churn:1", "staging", reason="seen")
            back.hooks.deliver()
            assert world.of("stages") == [back.audit.head()[0]]

    def test_a_policy_that_changed_meanwhile_is_not_delivered_by(
        self, shelf: Registry, world: World
    ) -> None:
        """Whoever has the registry open opens it again; half a policy is waited for."""
        file = shelf.path / "modelshelf.toml"
        file.write_text("[[hooks", "utf-8")
        assert shelf.hooks.deliver(limit=1).note == ""
        file.write_text(ALL, "utf-8")
        told = len(world.told)
        assert shelf.hooks.deliver().note == CHANGED
        assert len(world.told) == told

    def test_whoever_has_an_old_policy_in_mind_does_no_harm(
        self, shelf: Registry, world: World
    ) -> None:
        """What somebody records by a policy of yesterday takes nothing from the new hooks."""
        with again(shelf, ALL + STAGES.replace("stages", "new")) as opened:
            opened.promotions.promote("risk/churn:2", "staging", reason="by the new one")
            seen = opened.audit.head()[0]
            shelf.models.describe("risk/churn", owner="bo")
            opened.hooks.deliver()
            assert world.of("new") == [seen]
            assert world.of("all") == seqs(opened)

    def test_a_deliverer_does_not_bring_an_old_policy_back(
        self, shelf: Registry, world: World
    ) -> None:
        """What came of an attempt is written down without a word about the policy."""

        def another_policy() -> None:
            world.on_tell = lambda: None
            with again(shelf, ALL) as opened:
                opened.models.describe("risk/churn", owner="bo")

        world.on_tell = another_policy
        shelf.hooks.deliver(limit=5)
        assert shelf.audit.entries(limit=2)[1].event == "policy.recorded"
        assert shelf.hooks.deliver().note == CHANGED

    def test_an_old_policy_that_cannot_be_read(self, shelf: Registry, world: World) -> None:
        """Nobody knows which hooks it had, so what happened under it is told: nothing is lost."""
        with shelf._context.write("test") as transaction:
            transaction.record(events.PolicyRecorded("d" * 64, "[[hooks"), "policy")
        broken = shelf.audit.head()[0]
        shelf.models.describe("risk/churn", owner="bo")
        shelf.hooks.deliver()
        assert shelf.audit.get(broken + 1).event == "policy.recorded"
        assert world.of("all") == seqs(shelf)


class TestReplay:
    def test_one_delivery(self, shelf: Registry, world: World) -> None:
        """It is told again, and who asked for it is known."""
        shelf.hooks.deliver()
        one = shelf.hooks.deliveries(hook="all", limit=3)[-1]
        assert shelf.hooks.replay(one.id) == 1
        (waiting,) = shelf.hooks.deliveries(state="pending")
        assert (waiting.id, waiting.said) == (one.id, "asked for again by ana")
        world.told.clear()
        shelf.hooks.deliver()
        assert world.told == [("all", one.seq)]

    def test_all_since_an_entry_or_a_moment(
        self, shelf: Registry, world: World, clock: Clock
    ) -> None:
        """Also what is not in the log of deliveries any more, in order."""
        shelf.hooks.deliver()
        with shelf._context.write("test") as transaction:
            outbox.prune(transaction, "all", kept=3)
        world.told.clear()
        assert shelf.hooks.replay(hook="all", since=10) == shelf.audit.head()[0] - 9
        shelf.hooks.deliver()
        assert world.of("all") == [seq for seq in seqs(shelf) if seq >= 10]
        clock.go(60)
        assert shelf.hooks.replay(hook="all", since=clock.now) == 0
        assert shelf.hooks.replay(hook="stages", since=START) == len(seqs(shelf, "stage.*"))

    def test_what_happened_before_the_hook_came(self, shelf: Registry, world: World) -> None:
        """The log has it all."""
        with again(shelf, ALL.replace("all", "late")) as opened:
            assert opened.hooks.replay(hook="late", since=1) == opened.audit.head()[0]
            opened.hooks.deliver()
            assert world.of("late") == list(range(1, opened.audit.head()[0] + 1))

    def test_what_cannot_be_replayed(self, shelf: Registry) -> None:
        """With what would be needed."""
        for given_ in ({}, {"hook": "all"}, {"since": 3}, {"delivery_id": 1, "hook": "all"}):
            with pytest.raises(Invalid):
                shelf.hooks.replay(**given_)
        with pytest.raises(NotFound):
            shelf.hooks.replay(99)
        with pytest.raises(NotFound, match="the policy has all, stages"):
            shelf.hooks.replay(hook="al\x1bl", since=1)


class TestLooking:
    def test_hooks_and_how_they_stand(self, shelf: Registry, world: World, clock: Clock) -> None:
        """What they are told of, and what came of it."""
        world.fails = lambda hook, _seq: hook == "stages"
        shelf.hooks.deliver()
        all_of_it, stages = shelf.hooks.list()
        assert (all_of_it.key, all_of_it.kind, all_of_it.told) == ("all", "command", "all")
        assert (all_of_it.pending, all_of_it.last, all_of_it.said) == (0, clock.now, "yes")
        assert (stages.models, stages.on) == (("risk/*",), ("stage.*",))
        assert (stages.pending, stages.delivered) == (len(seqs(shelf, "stage.*")), 0)
        assert stages.next_due == clock.now + timedelta(seconds=5)

    def test_deliveries(self, shelf: Registry, world: World) -> None:
        """Newest first, of one hook or state."""
        shelf.hooks.deliver()
        assert len(world.told) > 3
        newest = shelf.hooks.deliveries(limit=2)
        assert newest[0].seq == shelf.audit.head()[0]
        assert newest[0].subject == shelf.audit.get(newest[0].seq).subject
        assert shelf.hooks.deliveries(state="failed") == ()
        assert {d.hook for d in shelf.hooks.deliveries(hook="stages")} == {"stages"}
        with pytest.raises(Invalid, match="no state"):
            shelf.hooks.deliveries(state="lost")

    def test_a_test_is_in_no_log(self, shelf: Registry, world: World) -> None:
        """It is sent at once."""
        before = shelf.audit.head()
        assert shelf.hooks.test("all") == Outcome(delivered=True, said="yes")
        assert world.told == [("all", 0)]
        assert shelf.audit.head() == before
        assert shelf.hooks.deliveries() == ()

    def test_the_past_tells_nobody(self, shelf: Registry, world: World) -> None:
        """It is over."""
        past = shelf.at(5)
        for call in (past.hooks.deliver, lambda: past.hooks.test("all")):
            with pytest.raises(Refused):
                call()
        assert world.told == []

    def test_old_deliveries_are_forgotten(self, shelf: Registry, world: World) -> None:
        """Of those that were delivered the newest are kept; those that failed stay."""
        world.fails = lambda _hook, seq: seq == 4
        shelf.hooks.deliver()
        with shelf._context.write("test") as transaction:
            outbox.prune(transaction, "all", kept=2)
        left = shelf.hooks.deliveries(hook="all", limit=1_000)
        assert len([d for d in left if d.state == "delivered"]) == 2
        assert [d for d in left if d.state == "pending"]


class TestDoctor:
    def test_without_hooks_there_is_nothing_to_look_at(self, shelf: Registry) -> None:
        """No check, and none that is always well."""
        with again(shelf, "") as bare:
            assert "hooks" not in {check.name for check in bare.upkeep.doctor()}

    def test_what_failed_or_waits_for_long_is_named(
        self, shelf: Registry, world: World, clock: Clock
    ) -> None:
        """With the hook, and with what to do."""

        def look() -> tuple[bool, str, str]:
            (check,) = (c for c in shelf.upkeep.doctor() if c.name == "hooks")
            return check.ok, check.observed, check.advice

        assert look()[:2] == (
            True, "nobody delivers yet: watch, the app and modelshelf hooks deliver do",
        )  # fmt: skip
        world.fails = lambda hook, _seq: hook == "stages"
        waiting = shelf.hooks.deliver().waiting
        assert look() == (True, "nothing failed or waits for long", "")
        clock.go(86_401)
        assert look() == (
            False,
            f"{waiting} of stages wait for more than a day",
            "modelshelf hooks deliver tells what waits.",
        )
        while shelf.hooks.deliver().next_due is not None:
            clock.go(86_401)
        assert look() == (
            False,
            f"{waiting} of stages failed",
            "See modelshelf hooks log --state failed.",
        )
