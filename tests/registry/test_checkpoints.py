"""Heads of the log written down: when, how they read, by hand, and what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modelshelf.catalog import checkpoints
from modelshelf.domain.checkpoints import (
    LINE_MOST,
    Checkpoint,
    PublicKey,
    read_checkpoints,
    read_given,
    read_public_key,
)
from modelshelf.domain.errors import Invalid, Refused, Unavailable
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.signing import (
    make_key,
    read_signing_key,
)
from tests.conftest import MakeModelFile
from tests.registry.heads import LINE, SEAL, kept, newest, posix


@pytest.fixture
def shelf(registry: Registry, make_model_file: MakeModelFile) -> Registry:
    """Register one version."""
    registry.versions.register("churn", make_model_file())
    return registry


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Make a private key outside the registry."""
    file = tmp_path / "key.pem"
    make_key(file)
    return file


class TestWhen:
    def test_the_first_change_and_each_move(self, shelf: Registry) -> None:
        """A head is written for the first change of a registry and whenever a stage moves."""
        assert kept(shelf) == [3]
        shelf.models.describe("churn", owner="ana")
        assert kept(shelf) == [3]
        shelf.promotions.promote("churn:1", "staging", reason="r")
        assert kept(shelf)[1:] == [shelf.audit.head()[0]]

    @pytest.mark.parametrize(
        "name", ["request.opened", "request.approved", "stage.assigned", "stage.vacated"]
    )
    def test_every_step_of_a_decision(self, name: str) -> None:
        """Whoever decides leaves a head behind; who only names things does not."""
        assert checkpoints.due(3, 4, (name,))
        assert not checkpoints.due(3, 4, ("model.described", "promotion.refused"))
        assert checkpoints.due(99, 100, ("model.described",))

    def test_once_a_day(self, shelf: Registry) -> None:
        """The first change of a UTC day writes a head, the second does not."""
        now = [datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)]
        with open_registry(shelf.path, actor="bo", clock=lambda: now[0]) as bo:
            bo.models.describe("churn", owner="a")
            bo.models.describe("churn", owner="b")
            assert kept(bo) == [3, 4]
            now[0] += timedelta(seconds=1)
            bo.models.describe("churn", owner="c")
            bo.models.describe("churn", owner="d")
            assert kept(bo) == [3, 4, 6]
            now[0] -= timedelta(days=9)
            bo.models.describe("churn", owner="e")
            assert kept(bo) == [3, 4, 6], "a clock set back is no new day"

    def test_a_missed_one_is_made_up_for(self, shelf: Registry) -> None:
        """The next process that writes looks whether somebody was killed before writing."""
        shelf.promotions.promote("churn:1", "staging", reason="r")
        file = shelf.path / checkpoints.FILE
        file.write_text(file.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
        with open_registry(shelf.path, actor="bo", clock=shelf._context.clock) as bo:
            bo.models.describe("churn", owner="a")
            assert kept(bo) == [3, bo.audit.head()[0]]
            bo.models.describe("churn", owner="b")
            assert len(kept(bo)) == 2, "asked once"

    def test_reading_and_ledgers_write_none(self, shelf: Registry) -> None:
        """What records no entry looks at no file."""
        (shelf.path / checkpoints.FILE).unlink()
        with shelf._context.write("nothing") as transaction:
            transaction.execute("DELETE FROM sighting")
        assert shelf.audit.verify().whole
        assert kept(shelf) == []

    def test_two_writers_at_once(self, shelf: Registry, make_model_file: MakeModelFile) -> None:
        """Every head of both is there, each on its own line, and true."""

        def work(stage: str) -> None:
            with open_registry(shelf.path, actor=stage, clock=shelf._context.clock) as mine:
                for number in range(10):
                    mine.promotions.promote(f"churn:{1 + number % 2}", stage, reason="r")

        shelf.versions.register("churn", make_model_file(seed=2))
        shelf.promotions.promote("churn:2", "staging", reason="r")
        threads = [threading.Thread(target=work, args=(s,)) for s in ("staging", "production")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        moved = [e.seq for e in shelf.audit.entries(event="stage.*", limit=100)]
        assert set(moved) <= set(kept(shelf))
        assert shelf.audit.verify().whole

    @posix
    def test_killed_between_the_commit_and_the_checkpoint(self, shelf: Registry) -> None:
        """The change stands, the log is whole, and the next writer makes up for the head."""
        program = textwrap.dedent("""\
            import os, signal, sys
            from modelshelf.catalog import checkpoints
            from modelshelf.registry import open_registry
            with open_registry(sys.argv[1], actor="ana") as registry:
                registry.promotions.promote("churn:1", "production", reason="r")
                checkpoints.append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
                registry.promotions.promote("churn:1", "staging", reason="r")
            """)
        done = subprocess.run([sys.executable, "-c", program, str(shelf.path)], check=False)
        assert done.returncode == -9
        assert shelf.promotions.history("churn", "staging")
        assert shelf.audit.verify().whole
        before = kept(shelf)
        assert before[-1] < shelf.audit.head()[0]
        with open_registry(shelf.path, actor="bo") as bo:
            bo.models.describe("churn", owner="b")
            assert kept(bo) == [*before, bo.audit.head()[0]]


class TestTheText:
    def test_what_is_written_is_read(self) -> None:
        """With signatures and without, in any order, and lines of an older release."""
        plain = Checkpoint("0" * 32, 19, SEAL, "2026-05-03T09:12:44.000000Z")
        assert plain.note == f"{LINE}\n"
        text = f"{plain.note}\n\nrubbish\n{plain.note}{plain.note}"
        assert list(read_checkpoints(text.splitlines(keepends=True))) == [plain] * 3

    @pytest.mark.parametrize(
        "line",
        [
            "", "modelshelf-checkpoint-v1", LINE + " more", LINE[:-40], " " + LINE,
            LINE.replace(" 19 ", " ² "), LINE.replace(" 19 ", " -1 "),
            LINE.replace(" 19 ", f" {'9' * 30} "), LINE.replace(SEAL, SEAL.upper()),
            LINE.replace("0" * 32, "\x1b[2J"), LINE + "x" * LINE_MOST, "— modelshelf AAAA",
            "\0" * 50, LINE.replace("-v1", "-v2"),
        ],
    )  # fmt: skip
    def test_what_is_none_is_passed_over(self, shelf: Registry, line: str) -> None:
        """Garbage beside the catalog is neither believed nor fatal."""
        with (shelf.path / checkpoints.FILE).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        assert kept(shelf) == [3]
        assert shelf.audit.verify().whole
        shelf.promotions.promote("churn:1", "staging", reason="r")
        assert kept(shelf) == [3, shelf.audit.head()[0]]
        assert newest(shelf).seq == shelf.audit.head()[0]

    def test_bytes_without_an_end(self, shelf: Registry) -> None:
        """A line of megabytes and bytes that are no text cost no memory and hide nothing."""
        file = shelf.path / checkpoints.FILE
        good = file.read_bytes()
        file.write_bytes(b"\xff\xfe" * 2_000_000 + b"\n" + good + b"modelshelf-checkpoint-v1 cut")
        assert kept(shelf) == [3]
        shelf.promotions.promote("churn:1", "staging", reason="r")
        assert kept(shelf)[-1] == shelf.audit.head()[0], "after a cut line a new one is begun"

    @posix
    def test_what_is_no_file(self, shelf: Registry) -> None:
        """A pipe in its place keeps nobody waiting; verify and doctor say that it is unusable."""
        file = shelf.path / checkpoints.FILE
        file.unlink()
        os.mkfifo(file)
        found = shelf.audit.verify()
        assert [p.where for p in found.problems] == ["file checkpoints.log"]
        (check,) = [c for c in shelf.upkeep.doctor() if c.name == "checkpoints"]
        assert not check.ok

    @posix
    @pytest.mark.parametrize("name", ["checkpoints.log", "checkpoints.failed"])
    def test_nothing_is_written_through_a_link_or_pipe(
        self, shelf: Registry, tmp_path: Path, name: str
    ) -> None:
        """Whoever can write the folder does not choose where else we write, nor hold us up."""
        mine = tmp_path / "mine"
        mine.write_text("mine", "utf-8")
        (shelf.path / "checkpoints.log").unlink()
        if name == "checkpoints.failed":
            (shelf.path / "checkpoints.log").mkdir()
        for stage in ("staging", "production"):
            file = shelf.path / name
            file.unlink(missing_ok=True)
            if stage == "staging":
                file.symlink_to(mine)
            else:
                os.mkfifo(file)
            shelf.promotions.promote("churn:1", stage, reason="r")
            said = shelf.audit.trouble()
            assert ("not written" in said) == (name == "checkpoints.log")
        assert mine.read_text("utf-8") == "mine"

    def test_a_file_too_large_for_memory(
        self, shelf: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is told and not read, and it goes on to be written."""
        monkeypatch.setattr(checkpoints, "_MOST", 500)
        with (shelf.path / "checkpoints.log").open("a") as stream:
            stream.write("x" * 500 + "\n")
        problems = shelf.audit.verify().problems
        assert [p.where for p in problems] == ["file checkpoints.log"]
        assert "is larger than" in problems[0].what
        with pytest.raises(Invalid, match="is larger than"):
            shelf.audit.verify(since=shelf.path / "checkpoints.log")
        shelf.promotions.promote("churn:1", "staging", reason="r")
        newest = checkpoints.newest(shelf.path)
        assert newest is not None
        assert newest.seq == shelf.audit.head()[0]

    def test_what_is_given_by_hand(self) -> None:
        """A line, or a number and a seal; nothing else."""
        assert read_given(f" {LINE}\n") == Checkpoint(
            "0" * 32, 19, SEAL, "2026-05-03T09:12:44.000000Z"
        )
        assert read_given(f"19:{SEAL}") == read_given(f"#19:{SEAL}") == Checkpoint("", 19, SEAL, "")
        for text in ("19", f"19:{SEAL[:-1]}", f"{SEAL}", "x" * 10_000):
            assert read_given(text) is None

    def test_a_public_key_on_one_line(self) -> None:
        """It carries its own check, so that a typing error is no key."""
        key = PublicKey("modelshelf", bytes(range(32)))
        assert read_public_key(f"{key.text}\n") == key
        for text in ("", "a+b", key.text[:-3] + "AAA", key.text.replace("+", "+0", 1), "é" * 99):
            assert read_public_key(text) is None


class TestByHand:
    def test_the_head_is_written_once(self, shelf: Registry) -> None:
        """A log that did not grow has one line; a growing one gets the next."""
        shelf.models.describe("churn", owner="ana")
        first, again = shelf.audit.checkpoint(), shelf.audit.checkpoint()
        assert (first.written, again.written) == (True, False)
        assert first.note == again.note == newest(shelf).note
        assert (first.seq, first.seal) == shelf.audit.head()
        assert first.handed is None
        assert kept(shelf) == [3, 4]

    def test_a_key_signs_what_stands_there_unsigned(self, shelf: Registry, key: Path) -> None:
        """The same head is written again, with a signature."""
        with pytest.raises(Invalid, match="no key to sign with"):
            shelf.audit.checkpoint(sign=True)
        shelf.audit.checkpoint()
        signed = shelf.audit.checkpoint(key=key)
        assert (signed.written, shelf.audit.checkpoint(key=key).written) == (True, False)
        assert signed.signed_by == read_signing_key(key, shelf.path).public.key_id
        assert kept(shelf) == [3, 3]

    def test_the_past_writes_none(self, shelf: Registry) -> None:
        """It is a change of the folder, and of the present."""
        with pytest.raises(Refused, match="the past cannot be changed"):
            shelf.at(2).audit.checkpoint()

    def test_a_file_that_cannot_be_written(self, shelf: Registry) -> None:
        """By hand it is a failure; after a change it is a trouble that doctor tells."""
        (shelf.path / checkpoints.FILE).unlink()
        (shelf.path / checkpoints.FILE).mkdir()
        with pytest.raises(Unavailable, match=r"checkpoints\.log cannot be written"):
            shelf.audit.checkpoint()
        shelf.promotions.promote("churn:1", "staging", reason="r")
        assert "not written" in shelf.audit.trouble()
