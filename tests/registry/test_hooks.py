"""Hooks are told of what happened: at least once, in order for each model, and nothing is lost."""

from __future__ import annotations

import base64
import json
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.catalog import outbox
from modelshelf.domain import events
from modelshelf.domain.deliveries import WAITS, Delivery, Outcome, is_told, wait_after
from modelshelf.domain.errors import Invalid, NotFound, Refused
from modelshelf.domain.policy import Hook
from modelshelf.hooks import telling
from modelshelf.registry import Registry, create_registry, delivering, open_registry
from modelshelf.registry.hooks import CHANGED, ELSEWHERE, LOCK
from tests.furnished import furnish, model_file
from tests.hooks.receiver import receiving

START = datetime(2026, 3, 1, tzinfo=UTC)
ALL = '[[hooks]]\nname = "all"\nrun = ["all"]\n'
STAGES = '[[hooks]]\nname = "stages"\non = ["stage.*"]\nmodels = ["risk/*"]\nrun = ["stages"]\n'


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass
class World:
    """The outside: what each hook was told, and which say no.

    Attributes:
        told: Hook and entry of every attempt.
        fails: Whether an attempt fails.
    """

    told: list[tuple[str, int]] = field(default_factory=list)
    fails: Callable[[str, int], bool] = lambda _hook, _seq: False
    wait: float = 0.0
    on_tell: Callable[[], object] = lambda: None

    def tell(self, hook: Hook, ident: str, body: bytes, **_rules: Any) -> Outcome:  # noqa: ANN401
        """Be told."""
        seq = json.loads(body)["data"].get("seq", 0)
        assert ident.endswith(f"/{seq}") or not seq
        self.told.append((hook.key, seq))
        self.on_tell()
        failed = self.fails(hook.key, seq)
        return Outcome(not failed, "no" if failed else "yes", self.wait)

    def of(self, hook: str) -> list[int]:
        """Return what one hook was told."""
        return [seq for key, seq in self.told if key == hook]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Put a world of our own outside."""
    outside = World()
    monkeypatch.setattr(telling, "tell", outside.tell)
    return outside


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of a registry that is not there yet, with two hooks."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "modelshelf.toml").write_text(ALL + STAGES, "utf-8")
    return folder


@pytest.fixture
def shelf(root: Path, clock: Clock) -> Iterator[Registry]:
    """Make a registry in which a small story happened, and nobody was told of it."""
    with create_registry(root, actor="ana", clock=clock) as opened:
        furnish(opened, root.parent / "files")
        opened.hooks._luck = lambda: 0.5
        yield opened


def again(shelf: Registry, policy: str) -> Registry:
    """Open the registry again under another policy."""
    (shelf.path / "modelshelf.toml").write_text(policy, "utf-8")
    opened = open_registry(shelf.path, actor="ana", clock=shelf._context.clock)
    opened.hooks._luck = lambda: 0.5
    return opened


def seqs(shelf: Registry, event: str = "*") -> list[int]:
    """Return the numbers of entries, oldest first, that came after the policy."""
    found = [e.seq for e in shelf.audit.entries(event=event, limit=1_000)][::-1]
    return [seq for seq in found if seq > 2]


class TestWhatIsTold:
    def test_all_that_happened_since_the_policy(self, shelf: Registry, world: World) -> None:
        """Each hook what fits it, in order, and nothing a second time."""
        report = shelf.hooks.deliver()
        assert world.of("all") == seqs(shelf)
        assert world.of("stages") == seqs(shelf, "stage.*")
        assert (report.delivered, report.failed, report.waiting) == (len(world.told), 0, 0)
        assert report.next_due is None
        assert shelf.hooks.deliver().delivered == 0

    def test_what_happens_later(self, shelf: Registry, world: World) -> None:
        """Each time from where the log was looked through."""
        shelf.hooks.deliver()
        world.told.clear()
        shelf.promotions.promote("risk/churn:2", "staging", reason="again")
        shelf.models.describe("text/encoder-small", owner="bo")
        newest = shelf.audit.head()[0]
        assert shelf.hooks.deliver().delivered == 3
        assert world.of("all") == [newest - 1, newest]
        assert world.of("stages") == [newest - 1]

    def test_what_happens_while_it_delivers(self, shelf: Registry, world: World) -> None:
        """A hook that changes something itself is told of that by the next run."""
        once = iter([shelf.models.describe])
        world.on_tell = lambda: [each("risk/churn", owner="bo") for each in once]
        shelf.hooks.deliver()
        newest = shelf.audit.head()[0]
        assert newest not in world.of("all")
        shelf.hooks.deliver()
        assert world.of("all")[-1] == newest

    def test_a_long_log_is_looked_through_in_batches(
        self, shelf: Registry, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing is lost between them."""
        monkeypatch.setattr(delivering, "_BATCH", 3)
        shelf.hooks.deliver()
        assert world.of("all") == seqs(shelf)
        assert world.of("stages") == seqs(shelf, "stage.*")

    def test_more_than_one_run_may_do(self, shelf: Registry, world: World) -> None:
        """The rest waits for the next."""
        report = shelf.hooks.deliver(limit=5)
        assert report.delivered == 5
        assert report.waiting == len(seqs(shelf)) + len(seqs(shelf, "stage.*")) - 5
        shelf.hooks.deliver()
        assert world.of("all") == seqs(shelf)

    def test_it_can_be_stopped(self, shelf: Registry, world: World) -> None:
        """Between two attempts; what was delivered is."""
        report = shelf.hooks.deliver(stop=lambda: len(world.told) >= 2)
        assert 1 <= report.delivered <= 3
        shelf.hooks.deliver()
        assert sorted(set(world.of("all"))) == seqs(shelf)

    def test_by_the_name_of_today(self, shelf: Registry, world: World) -> None:
        """A model that was renamed is told of under either name."""
        named = '[[hooks]]\nname = "n"\nmodels = ["text/encoder-small"]\nrun = ["n"]\n'
        with again(shelf, named) as opened:
            opened.hooks.deliver()
            opened.versions.restore("text/encoder:1", reason="r")
            opened.hooks.deliver()
            assert world.of("n") == [opened.audit.head()[0]]

    def test_hostile_names_are_told_as_they_are(self, shelf: Registry, world: World) -> None:
        """Markup, quotes and letters of every kind."""
        shelf.hooks.deliver()
        shelf.models.describe("risk/churn", description="[/x] $(rm) '\"\\ \u00e9\u4e2d")
        shelf.hooks.deliver()
        assert world.of("all")[-1] == shelf.audit.head()[0]


class TestFailures:
    def test_a_failed_one_holds_its_model_back(
        self, shelf: Registry, world: World, clock: Clock
    ) -> None:
        """And no other model, and no other hook."""
        first = seqs(shelf, "version.registered")[0]
        world.fails = lambda hook, seq: hook == "all" and seq == first
        report = shelf.hooks.deliver()
        told = world.of("all")
        churn = {e.seq for e in shelf.audit.entries(model="risk/churn", limit=1_000)}
        assert first in told
        assert not [seq for seq in told if seq > first and seq in churn]
        assert [seq for seq in told if seq > first]
        assert world.of("stages") == seqs(shelf, "stage.*")
        assert report.next_due == clock.now + timedelta(seconds=WAITS[0])
        world.told.clear()
        assert shelf.hooks.deliver().delivered == 0, "it is not its time"
        clock.go(6)
        world.fails = lambda _hook, _seq: False
        assert shelf.hooks.deliver().waiting == 0
        assert world.of("all") == sorted(seq for seq in churn if seq >= first)

    def test_it_is_tried_ever_more_rarely_and_given_up(
        self, shelf: Registry, world: World, clock: Clock
    ) -> None:
        """Then its model goes on."""
        shelf.hooks.deliver()
        shelf.models.describe("risk/churn", owner="bo")
        shelf.models.describe("risk/churn", owner="cy")
        bad = shelf.audit.head()[0] - 1
        world.told.clear()
        world.fails = lambda _hook, seq: seq == bad
        waits = []
        for _attempt in range(12):
            due = shelf.hooks.deliver().next_due
            waits.append(0 if due is None else round((due - clock.now).total_seconds()))
            clock.now = due or clock.now
        assert waits == [*WAITS, *WAITS[-1:] * 2, 0]
        assert world.of("all") == [bad] * 12 + [bad + 1]
        (failed,) = shelf.hooks.deliveries(state="failed")
        assert (failed.seq, failed.attempts, failed.said) == (bad, 12, "no")
        assert shelf.hooks.list()[0].failed == 1

    def test_a_hook_that_does_not_answer_is_left_alone(self, shelf: Registry, world: World) -> None:
        """After three failures in a row, whatever else waits for it, until the next run."""
        for number in range(6):
            shelf.versions.register(f"m{number}", model_file(shelf.path.parent, 50 + number))
        world.fails = lambda _hook, _seq: True
        report = shelf.hooks.deliver()
        assert (len(world.of("all")), len(world.of("stages"))) == (3, 1)
        assert report.next_due == START, "more is due at once, for the next run"

    def test_it_may_ask_for_more_time(self, shelf: Registry, world: World, clock: Clock) -> None:
        """Up to a day."""
        world.fails, world.wait = lambda hook, _seq: hook == "stages", 1e9
        report = shelf.hooks.deliver()
        assert report.next_due == clock.now + timedelta(days=1)

    def test_one_delivers_at_a_time(self, shelf: Registry, world: World) -> None:
        """The other says so, and nothing is told twice."""
        reports = []
        world.on_tell = lambda: reports.append(shelf.hooks.deliver())
        done = shelf.hooks.deliver()
        assert {report.note for report in reports} == {ELSEWHERE}
        assert done.note == ""
        assert world.of("all") == seqs(shelf)
        with FileLock(shelf.path / LOCK):
            assert shelf.hooks.deliver().note == ELSEWHERE

    @pytest.mark.parametrize("seed", range(5))
    def test_whatever_fails_all_is_told_in_order(
        self, shelf: Registry, world: World, clock: Clock, seed: int
    ) -> None:
        """What each hook took of each model is everything, once, by age."""
        chance = random.Random(seed)  # noqa: S311 - which attempt fails
        taken: list[Delivery] = []
        world.fails = lambda _hook, _seq: chance.random() < 0.4
        report = shelf.hooks.deliver(progress=taken.append)
        while report.waiting:
            clock.now = max(clock.now, report.next_due or clock.now)
            report = shelf.hooks.deliver(progress=taken.append)
        for hook, expected in (("all", seqs(shelf)), ("stages", seqs(shelf, "stage.*"))):
            done = [d.seq for d in taken if d.hook == hook and d.state == "delivered"]
            assert sorted(done) == expected
            lanes = {seq: shelf.audit.get(seq).body.get("model_id", 0) for seq in done}
            for lane in set(lanes.values()):
                in_lane = [seq for seq in done if lanes[seq] == lane]
                assert in_lane == sorted(in_lane)

    def test_one_trouble_ends_the_run(self, shelf: Registry, world: World) -> None:
        """What goes wrong on our side is raised, and nothing is lost."""

        def broken() -> None:
            raise RuntimeError("ours")

        world.on_tell = broken
        with pytest.raises(RuntimeError, match="ours"):
            shelf.hooks.deliver()
        world.on_tell = lambda: None
        world.told.clear()
        shelf.hooks.deliver()
        assert world.of("all") == seqs(shelf)

    def test_the_progress_is_told(self, shelf: Registry, world: World) -> None:
        """Every attempt with its outcome."""
        world.fails = lambda _hook, seq: seq == 4
        tried: list[Delivery] = []
        shelf.hooks.deliver(progress=tried.append)
        assert len(tried) == len(world.told)
        assert {d.state for d in tried if d.seq == 4} == {"pending"}


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


def test_what_is_delivered_is_not_history(shelf: Registry, world: World) -> None:
    """The log, its proof and a replay know nothing of it."""
    head = shelf.audit.head()
    shelf.hooks.deliver()
    assert shelf.audit.head() == head
    shelf.upkeep.rebuild()
    assert shelf.hooks.deliver().delivered == 0
    assert world.of("all") == seqs(shelf)


def test_an_entry_that_another_hand_broke_does_not_stop_the_others(
    shelf: Registry, world: World
) -> None:
    """It is told as what can be read of it."""
    with shelf._context.write("test") as transaction:
        transaction.execute("DROP TRIGGER audit_no_update")
        transaction.execute("UPDATE audit SET body = '{' WHERE seq = 5")
    shelf.hooks.deliver()
    assert sorted(world.of("all")) == seqs(shelf)


def test_secrets_are_nowhere(root: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the catalog nor in anything that is returned."""
    key = base64.b64encode(b"very secret key of a hook.......").decode()
    monkeypatch.setenv("HOOK_SECRET", f"whsec_{key}")
    monkeypatch.setenv("TOKEN", "hunter2hunter2")
    with receiving(b"HTTP/1.1 500 x\r\n\r\nhunter2hunter2") as receiver:
        policy = (
            f'[[hooks]]\nname = "w"\nurl = "{receiver.url}"\nsecret = "env:HOOK_SECRET"\n'
            "allow_loopback = true\n"
            '[[hooks]]\nname = "c"\nenv = ["TOKEN", "HOOK_SECRET"]\n'
            'run = ["sh", "-c", "echo $TOKEN $HOOK_SECRET >&2; exit 1"]\n'
        )
        (root / "modelshelf.toml").write_text(policy, "utf-8")
        with create_registry(root, actor="ana", clock=clock) as opened:
            opened.models.names()
            opened.versions.register("m", model_file(root.parent, 1))
            said = repr((opened.hooks.deliver(), opened.hooks.list(), opened.hooks.deliveries()))
            said += repr((opened.hooks.test("w"), opened.hooks.test("c")))
    assert receiver.requests
    for secret in (key, "hunter2hunter2"):
        assert secret not in said
        for file in root.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_two_deliverers_at_once(root: Path, world: World) -> None:
    """In two threads with two registries, while a third writes: nothing twice, nothing lost."""
    with create_registry(root, actor="ana") as writer:
        over = threading.Event()

        def deliver() -> None:
            with open_registry(root, actor="bo") as opened:
                while not over.is_set():
                    opened.hooks.deliver()

        threads = [threading.Thread(target=deliver) for _ in range(2)]
        for thread in threads:
            thread.start()
        writer.versions.register("risk/churn", model_file(root.parent, 1))
        for number in range(20):
            writer.models.describe("risk/churn", description=f"number {number}")
        over.set()
        for thread in threads:
            thread.join()
        writer.hooks.deliver()
        assert world.of("all") == seqs(writer)


@given(st.integers(1, 200), st.floats(0, 1), st.floats(0, 1e9))
def test_waits_grow_and_are_bounded(attempts: int, luck: float, asked: float) -> None:
    """Never under what was asked for up to a day, never much over a day."""
    wait = wait_after(attempts, luck, asked)
    assert min(asked, 86_400) <= wait <= 86_400 * 1.1
    assert wait <= wait_after(attempts + 1, luck, asked)
    assert wait_after(attempts, 0) <= wait_after(attempts, random.random())  # noqa: S311


def test_who_is_told_of_what() -> None:
    """By patterns of events and of models; what is of no model goes to those told of every one."""
    hook = Hook("h", on=("stage.*", "version.yanked"), models=("risk/*", "x"))
    assert is_told(hook, "stage.assigned", ("risk/churn",))
    assert is_told(hook, "version.yanked", ("former", "x"))
    assert not is_told(hook, "version.registered", ("x",))
    assert not is_told(hook, "stage.assigned", ("y",))
    assert not is_told(hook, "stage.renamed", ())
    assert is_told(replace(hook, models=("risk/*", "*")), "stage.renamed", ())
