"""Hooks are told of what happened: at least once, in order for each model, and nothing is lost."""

from __future__ import annotations

import base64
import random
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.deliveries import WAITS, Delivery, is_told, wait_after, when_due
from modelshelf.domain.policy import Hook
from modelshelf.registry import Registry, create_registry, delivering, open_registry
from modelshelf.registry.hooks import ELSEWHERE, LOCK
from tests.furnished import model_file
from tests.hooks.outside import START, Clock, World, again, seqs
from tests.hooks.receiver import receiving


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


class TestClocks:
    def test_a_clock_that_was_ahead_puts_nothing_off(
        self, shelf: Registry, world: World, clock: Clock
    ) -> None:
        """What was tried or found by a clock years ahead is told when it is right again."""
        clock.go(10 * 365 * 86_400)
        world.fails = lambda _hook, _seq: True
        assert shelf.hooks.deliver().next_due == clock() + timedelta(seconds=5)
        clock.go(-10 * 365 * 86_400)
        world.fails = lambda _hook, _seq: False
        world.told.clear()
        assert min(h.next_due for h in shelf.hooks.list() if h.next_due) == clock()
        report = shelf.hooks.deliver()
        assert (report.waiting, report.next_due) == (0, None)
        assert world.of("all") == seqs(shelf)

    def test_a_clock_that_is_set_back_a_little_waits(
        self, shelf: Registry, world: World, clock: Clock
    ) -> None:
        """Up to two days, as if it had not been tried at once; what was never tried waits not."""
        shelf.hooks.deliver()
        world.fails = lambda _hook, seq: seq == first
        shelf.models.describe("risk/churn", owner="bo")
        first = shelf.audit.head()[0]
        shelf.hooks.deliver()
        clock.go(-3_600)
        world.fails = lambda _hook, _seq: False
        shelf.models.describe("text/encoder-small", owner="bo")
        report = shelf.hooks.deliver()
        assert (report.delivered, report.waiting) == (1, 1)
        clock.go(3_606)
        assert shelf.hooks.deliver().delivered == 1


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


@given(st.integers(-(10**9), 10**9), st.integers(0, 12))
def test_nothing_is_put_off_for_longer_than_anything_waits(seconds: int, attempts: int) -> None:
    """Whatever was written down, it is tried then, at once, or within two days."""
    due = START + timedelta(seconds=seconds)
    told = when_due(due, attempts, START)
    assert told in (due, START)
    assert told <= START + timedelta(seconds=2 * WAITS[-1])
    assert attempts or told <= START
    assert told == due or due > START


def test_who_is_told_of_what() -> None:
    """By patterns of events and of models; what is of no model goes to those told of every one."""
    hook = Hook("h", on=("stage.*", "version.yanked"), models=("risk/*", "x"))
    assert is_told(hook, "stage.assigned", ("risk/churn",))
    assert is_told(hook, "version.yanked", ("former", "x"))
    assert not is_told(hook, "version.registered", ("x",))
    assert not is_told(hook, "stage.assigned", ("y",))
    assert not is_told(hook, "stage.renamed", ())
    assert is_told(replace(hook, models=("risk/*", "*")), "stage.renamed", ())
