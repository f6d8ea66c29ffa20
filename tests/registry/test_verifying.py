"""Verifying against what somebody kept: a checkpoint, a file of them, a witness, a key."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from modelshelf.catalog import checkpoints
from modelshelf.catalog.audit import seal_of
from modelshelf.domain.audit import Verification
from modelshelf.domain.checkpoints import Checkpoint
from modelshelf.domain.errors import Invalid, NotFound, Refused, Unavailable
from modelshelf.domain.policy import Checkpoints
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.signing import make_key
from modelshelf.registry.witness import write_witness
from tests.catalog.by_hand import by_hand, tampered
from tests.furnished import furnished, ticking

OTHER = "f" * 32
posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a furnished registry."""
    root = tmp_path_factory.mktemp("story")
    furnished(root).close()
    return root / "registry"


@pytest.fixture
def shelf(story: Path, tmp_path: Path) -> Iterator[Registry]:
    """Open a copy of it."""
    shutil.copytree(story, tmp_path / "registry")
    with open_registry(tmp_path / "registry", actor="ana", clock=ticking()) as opened:
        yield opened


def kept(shelf: Registry, seq: int) -> str:
    """Return the line that was written down of an entry."""
    (found,) = [c for c in checkpoints.read(shelf.path) if c.seq == seq]
    return found.line


def forget(shelf: Registry) -> None:
    """Remove what is written down beside the catalog, as whoever can write it would."""
    (shelf.path / checkpoints.FILE).unlink()


def rewrite(shelf: Registry, first: int = 1) -> None:
    """Change entries from ``first`` on and compute all seals anew."""
    with by_hand(shelf) as catalog:
        prev = "0" * 64
        rows = catalog.execute(
            "SELECT seq, at_us, actor, event, subject, body FROM audit ORDER BY seq"
        ).fetchall()
        for seq, at_us, actor, event, subject, body in rows:
            who = "eve" if seq >= first else actor
            seal = seal_of(seq, at_us, who, event, subject, body, prev)
            change = "UPDATE audit SET actor = ?, prev = ?, seal = ? WHERE seq = ?"
            catalog.execute(change, (who, prev, seal, seq))
            prev = seal
    forget(shelf)


def said(found: Verification) -> list[str]:
    """Return the problems as sentences."""
    return [f"{p.where}: {p.what}" for p in found.problems]


class TestSince:
    def test_a_log_that_grew_extends_what_was_kept(self, shelf: Registry) -> None:
        """In every form in which somebody may have kept it; what was proven is said."""
        line = kept(shelf, 16)
        seal = line.split()[3]
        file = shelf.path.parent / "kept.log"
        file.write_text((shelf.path / checkpoints.FILE).read_text("utf-8"), "utf-8")
        shelf.models.describe("risk/churn", owner="x")
        for given in (line, f"16:{seal}", f"#16:{seal}", file, str(file)):
            found = shelf.audit.verify(since=given, replay=False)
            assert found.whole
            words = "all 6 checkpoints that were given" if "kept" in str(given) else seal[:16]
            assert any(words in sentence for sentence in found.proven)
        assert shelf.audit.verify(since=line).first == 1

    def test_quick_reads_only_the_rest_and_says_so(self, shelf: Registry) -> None:
        """What is before is taken on the checkpoint's word: an edit there is not looked for."""
        line = kept(shelf, 17)
        found = shelf.audit.verify(since=line, quick=True)
        assert (found.whole, found.first, found.entries, found.rows) == (True, 17, 6, 0)
        assert any("Entries 1 to 16 were not read again" in s for s in found.proven)
        tampered(shelf, "UPDATE audit SET actor = 'eve' WHERE seq = 5")
        assert shelf.audit.verify(since=line, quick=True).whole
        assert not shelf.audit.verify(since=line).whole
        tampered(shelf, "UPDATE audit SET actor = 'eve' WHERE seq = 17")
        assert "entry 17: was changed after it was sealed" in said(
            shelf.audit.verify(since=line, quick=True)
        )
        with pytest.raises(Invalid, match="begin at"):
            shelf.audit.verify(quick=True)

    @pytest.mark.parametrize("quick", [False, True])
    def test_a_cut_log_is_named(self, shelf: Registry, quick: bool) -> None:  # noqa: FBT001
        """In one sentence, when everything beside the catalog was cut too."""
        line = kept(shelf, 19)
        tampered(shelf, "DELETE FROM audit WHERE seq >= 19")
        forget(shelf)
        (problem,) = said(shelf.audit.verify(since=line, replay=False, quick=quick))
        assert problem.startswith("entry 19: is missing: the log was cut short, the checkpoint of")

    @pytest.mark.parametrize("quick", [False, True])
    @pytest.mark.parametrize("first", [1, 10, 19])
    def test_a_log_with_new_seals_is_named(
        self,
        shelf: Registry,
        first: int,
        quick: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        """In one sentence, wherever it begins to differ."""
        line = kept(shelf, 19)
        rewrite(shelf, first)
        assert shelf.audit.verify(replay=False).whole, "nothing here remembers"
        (problem,) = said(shelf.audit.verify(since=line, replay=False, quick=quick))
        assert problem.startswith("entry 19: is not the entry that the checkpoint of")
        assert problem.endswith("remembers: the log was written anew")

    def test_a_change_after_it_is_not_its_matter(self, shelf: Registry) -> None:
        """A checkpoint speaks for what is before it, and for nothing else."""
        line = kept(shelf, 15)
        rewrite(shelf, 16)
        assert shelf.audit.verify(since=line, replay=False).whole

    def test_another_registry_is_named(self, shelf: Registry) -> None:
        """In one sentence, with both ids."""
        line = kept(shelf, 19).replace("0123456789abcdef" * 2, OTHER)
        (problem,) = said(shelf.audit.verify(since=line))
        assert problem.endswith(f"{OTHER}: it was put in its place")

    def test_the_same_head_twice_is_one_problem(self, shelf: Registry) -> None:
        """What is kept beside the catalog and what is given need not both be told."""
        line = kept(shelf, 19)
        tampered(shelf, "DELETE FROM audit WHERE seq >= 19")
        assert len(shelf.audit.verify(since=line, replay=False).problems) == 1

    @pytest.mark.parametrize(
        "given", ["", "19", "nowhere.log", "\x1b[2J", "a\0b", "x" * 20_000, "19:" + "g" * 64, "."]
    )
    def test_what_is_no_checkpoint(self, shelf: Registry, given: str) -> None:
        """It is told before anything is read."""
        with pytest.raises(Invalid) as caught:
            shelf.audit.verify(since=given)
        assert "\x1b" not in str(caught.value)

    def test_many_that_do_not_fit_are_counted(self, shelf: Registry) -> None:
        """A log that was replaced is not told a thousand times."""
        lines = [Checkpoint("0123456789abcdef" * 2, n, "a" * 64, "2026").line for n in range(1, 90)]
        (shelf.path / checkpoints.FILE).write_text("".join(lines), "utf-8")
        found = shelf.audit.verify(replay=False)
        assert len(found.problems) == 21
        assert "69 more of them" in found.problems[-1].what

    def test_the_past_cannot_be_verified(self, shelf: Registry) -> None:
        """A proof takes the whole log, and says so."""
        with pytest.raises(Refused, match="a verification looks at the present"):
            shelf.at(9).audit.verify()

    def test_every_phase_is_told(self, shelf: Registry) -> None:
        """Entries, tables and bytes: whoever waits sees which."""
        told: list[tuple[int, int, str]] = []
        shelf.audit.verify(deep=True, progress=lambda *step: told.append(step))
        assert {step[2] for step in told} == {"tables", "bytes"}, "22 entries are no step"
        assert all(0 < done <= of for done, of, _what in told)


class TestWitness:
    def test_it_goes_forward(self, shelf: Registry, tmp_path: Path) -> None:
        """It begins with the head it sees, and follows the log as it grows."""
        file = tmp_path / "witness"
        begun = shelf.audit.verify(witness=file)
        assert any("begins with entry 22" in s for s in begun.proven)
        shelf.models.describe("risk/churn", owner="x")
        found = shelf.audit.verify(witness=file)
        assert any("goes through entry 22" in s for s in found.proven)
        (line,) = file.read_text("utf-8").splitlines()
        assert line.split()[2:4] == [str(n) for n in shelf.audit.head()]
        before = file.read_bytes()
        assert shelf.audit.verify(witness=file).whole
        assert file.read_bytes() == before, "what is no news is not written"
        assert shelf.audit.verify(since=file).whole, "it is a checkpoint as any other"

    @pytest.mark.parametrize("harm", ["cut", "new seals", "another registry"])
    def test_it_refuses_and_remembers(self, shelf: Registry, tmp_path: Path, harm: str) -> None:
        """A smaller or another head is a problem, and the file stays as it was."""
        file = tmp_path / "witness"
        shelf.audit.verify(witness=file)
        if harm == "cut":
            tampered(shelf, "DELETE FROM audit WHERE seq > 20")
        elif harm == "new seals":
            rewrite(shelf)
        else:
            file.write_text(file.read_text("utf-8").replace("0123456789abcdef" * 2, OTHER))
        before = file.read_bytes()
        found = shelf.audit.verify(witness=file, replay=False)
        words = {"cut": "cut short", "new seals": "written anew", "another registry": OTHER}
        assert [words[harm] in problem for problem in said(found)] == [True]
        assert file.read_bytes() == before
        assert found.proven == ()

    def test_any_problem_keeps_it_where_it_was(self, shelf: Registry, tmp_path: Path) -> None:
        """A witness never remembers a head of a registry that is not whole."""
        file = tmp_path / "witness"
        tampered(shelf, "UPDATE model SET owner = 'eve'")
        assert not shelf.audit.verify(witness=file).whole
        assert not file.exists()

    @posix
    @pytest.mark.parametrize(
        "kind", ["empty", "rubbish", "bytes", "huge", "pair", "link", "folder"]
    )
    def test_what_is_no_witness(self, shelf: Registry, tmp_path: Path, kind: str) -> None:
        """A damaged file is never taken for a new one, and never written over."""
        file = tmp_path / "witness"
        shelf.audit.verify(witness=file)
        match kind:
            case "empty":
                file.write_bytes(b"")
            case "rubbish":
                file.write_text("hello\n")
            case "bytes":
                file.write_bytes(b"\xff\x1b[2J")
            case "huge":
                file.write_bytes(b"x" * 10_000_000)
            case "pair":
                file.write_text(f"22:{'a' * 64}")
            case "link":
                file.rename(tmp_path / "there")
                file.symlink_to(tmp_path / "there")
            case _:
                file.unlink()
                file.mkdir()
        with pytest.raises(Invalid, match="cannot be a witness"):
            shelf.audit.verify(witness=file)
        assert file.is_symlink() == (kind == "link")

    @pytest.mark.parametrize("name", ["nowhere/witness", "x" * 300])
    def test_one_that_cannot_be_written(self, shelf: Registry, tmp_path: Path, name: str) -> None:
        """It says that everything was whole, and that it cannot remember it."""
        with pytest.raises(Unavailable, match="the witness"):
            shelf.audit.verify(witness=tmp_path / name)
        assert list(tmp_path.glob(".*")) == []

    def test_two_at_once_never_go_back(self, tmp_path: Path) -> None:
        """Whoever saw less does not make the file forget more."""
        file = tmp_path / "witness"
        heads = [Checkpoint(OTHER, n, f"{n:064x}", "2026") for n in range(1, 60)]
        threads = [
            threading.Thread(target=lambda part=heads[k::3]: [write_witness(file, h) for h in part])
            for k in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not write_witness(file, heads[3])
        assert len(file.read_text("utf-8").splitlines()) == 1
        assert list(tmp_path.glob(".*")) == []


class TestSignatures:
    @pytest.fixture
    def signed(self, shelf: Registry, tmp_path: Path) -> Path:
        """Sign two heads; return the file of the public key."""
        public = make_key(tmp_path / "key.pem")
        rules = Checkpoints(key=str(tmp_path / "key.pem"))
        shelf._context.policy = replace(shelf.policy, checkpoints=rules)
        for stage in ("risk/churn:2", "risk/churn:1"):
            shelf.models.describe("risk/churn", owner=stage)
            shelf.audit.checkpoint()
        (tmp_path / "key.pub").write_text(f"{public.text}\n", "utf-8")
        return tmp_path / "key.pub"

    def test_they_are_counted(self, shelf: Registry, signed: Path) -> None:
        """With the public key, or the policy's where it can be read; else it says that they are."""
        for given in (signed, None):
            found = shelf.audit.verify(public_key=given, replay=False)
            assert (found.whole, found.signatures) == (True, 2)
            assert any("signed 2 of them" in s for s in found.proven)
        with open_registry(shelf.path) as auditors:
            found = auditors.audit.verify(replay=False)
            assert (found.whole, found.signatures) == (True, 0)
            assert any("Signatures on 2 of them were not looked at" in s for s in found.proven)

    def test_a_forged_line_is_named(self, shelf: Registry, signed: Path) -> None:
        """A signature under another line, or a broken one."""
        file = shelf.path / checkpoints.FILE
        text = file.read_text("utf-8")
        time = checkpoints.read(shelf.path)[-1].at
        file.write_text(text.replace(time, "2020-01-01T00:00:00.000000Z"), "utf-8")
        (problem,) = said(shelf.audit.verify(public_key=signed, replay=False))
        assert "has a signature that is not by the key" in problem

    def test_none_by_this_key_is_a_problem(self, shelf: Registry, signed: Path) -> None:
        """Whoever took the signatures off, or signed with a key of their own, is found."""
        file = shelf.path / checkpoints.FILE
        plain = [c.line for c in checkpoints.read(shelf.path)]
        file.write_text("".join(plain), "utf-8")
        (problem,) = said(shelf.audit.verify(public_key=signed, replay=False))
        assert "none is signed with the key" in problem
        make_key(shelf.path.parent / "other.pem")
        shelf.audit.checkpoint(key=shelf.path.parent / "other.pem")
        assert not shelf.audit.verify(public_key=signed, replay=False).whole

    def test_a_line_that_was_sent_is_checked_too(self, shelf: Registry, signed: Path) -> None:
        """A file of signed lines given with since proves itself by the key."""
        sent = shelf.path.parent / "sent"
        sent.write_bytes((shelf.path / checkpoints.FILE).read_bytes())
        forget(shelf)
        found = shelf.audit.verify(since=sent, public_key=signed, replay=False)
        assert (found.whole, found.signatures) == (True, 2)

    def test_what_is_no_key(self, shelf: Registry, tmp_path: Path) -> None:
        """It is told before anything is read."""
        (tmp_path / "rubbish").write_bytes(b"\xff" * 1_000)
        with pytest.raises(Invalid, match="not an Ed25519 public key"):
            shelf.audit.verify(public_key=tmp_path / "rubbish")
        with pytest.raises(NotFound):
            shelf.audit.verify(public_key=tmp_path / "nowhere")


def test_a_backup_is_never_behind_its_checkpoints(shelf: Registry, tmp_path: Path) -> None:
    """Heads that are written down while a copy is made are not missed in the copy."""
    from modelshelf.catalog.backup import copy_catalog as copy
    from modelshelf.registry import backup

    def late(source: Path, target: Path) -> None:
        copy(source, target)
        shelf.audit.checkpoint()

    shelf.models.describe("risk/churn", owner="before")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "copy_catalog", late)
        shelf.upkeep.backup(tmp_path / "copy")
    with open_registry(tmp_path / "copy") as copied:
        assert copied.audit.verify().problems == ()
