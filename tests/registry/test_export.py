"""An export and what a stranger makes of it: the programs of docs/audit.md, and nothing of ours."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelshelf.catalog.audit import seal_of
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable
from modelshelf.domain.events import ModelDescribed
from modelshelf.domain.policy import Checkpoints
from modelshelf.registry import Registry, open_registry
from modelshelf.registry.exporting import FIELDS, GUARDED, Form
from modelshelf.registry.signing import make_key
from tests.catalog.by_hand import by_hand, tampered
from tests.furnished import START, furnished, ticking
from tests.registry.exported import FORMS, out, run, sealed, written

HOSTILE = (
    "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\uff1d1", "'quoted", "''", "a\u202eb", '"',
    ",", 'x"\r\n=1,2', "é 🙂", "'=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Furnish a registry whose people and models are called what nothing should be called."""
    root = tmp_path_factory.mktemp("story")
    with furnished(root) as registry:
        for text in HOSTILE:
            registry.models.describe("risk/churn", description=text)
        with registry._context.write("hostile subjects") as transaction:
            transaction._actor = "=HYPERLINK(1)"
            for subject in HOSTILE:
                transaction.record(ModelDescribed(1, "risk/churn", owner="o"), subject)
    return root / "registry"


@pytest.fixture
def shelf(story: Path, tmp_path: Path) -> Iterator[Registry]:
    """Open a copy of the story."""
    shutil.copytree(story, tmp_path / "registry")
    with open_registry(tmp_path / "registry", actor="ana", clock=ticking()) as opened:
        yield opened


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the programs of docs/audit.md to files."""
    return written(tmp_path_factory.mktemp("programs"))


class TestWhatIsWritten:
    def test_json_lines_say_all_that_was_sealed(self, shelf: Registry, tmp_path: Path) -> None:
        """A line about the export, then every entry letter by letter, in ASCII."""
        file = out(shelf, tmp_path, "jsonl")
        assert file.read_bytes().isascii()
        head, *lines = [json.loads(line) for line in file.read_text("ascii").splitlines()]
        assert [tuple(line[f] for f in FIELDS) for line in lines] == sealed(shelf)
        number, seal = shelf.audit.head()
        assert head == {
            "modelshelf-export": 1,
            "registry_id": shelf.audit.get(1).body["registry_id"],
            "first": 1,
            "last": number,
            "wanted": number,
            "prev": "0" * 64,
            "seal": seal,
        }

    def test_csv_says_the_same_and_no_cell_is_a_formula(
        self, shelf: Registry, tmp_path: Path
    ) -> None:
        """Taking one apostrophe off gives back what was sealed; none begins like a formula."""
        file = out(shelf, tmp_path, "csv")
        rows = list(csv.reader(io.StringIO(file.read_bytes().decode(), newline=""), strict=True))
        assert tuple(rows[0]) == FIELDS
        for row in rows[1:]:
            assert not any(c.startswith(tuple(g for g in GUARDED if g != "'")) for c in row)
        back = [tuple(c.removeprefix("'") for c in row) for row in rows[1:]]
        assert back == [tuple(map(str, row)) for row in sealed(shelf)]
        (line,) = file.with_name("log.csv.checkpoint").read_text("utf-8").splitlines()
        assert line.split()[2:4] == [str(n) for n in shelf.audit.head()]

    def test_every_seal_can_be_computed_again(self, shelf: Registry, tmp_path: Path) -> None:
        """From the fields of the export alone."""
        _head, *lines = map(json.loads, out(shelf, tmp_path, "jsonl").read_text().splitlines())
        for line in lines:
            assert seal_of(*(line[f] for f in FIELDS[:-1])) == line["seal"]

    def test_a_stream_gets_the_same(self, shelf: Registry, tmp_path: Path) -> None:
        """Whether a file or standard output takes it."""
        stream = io.BytesIO()
        told = shelf.audit.export(stream)
        assert stream.getvalue() == out(shelf, tmp_path, "jsonl").read_bytes()
        assert (told.path, told.entries) == (None, shelf.audit.head()[0])

    def test_the_past_is_a_beginning(self, shelf: Registry, tmp_path: Path) -> None:
        """As of an entry, the export ends with it."""
        shelf.at(9).audit.export(tmp_path / "then.jsonl")
        lines = (tmp_path / "then.jsonl").read_text("utf-8").splitlines()
        assert json.loads(lines[-1])["seq"] == 9

    def test_memory_stays_flat(self, shelf: Registry, tmp_path: Path) -> None:
        """A log of large entries is never held as a whole."""
        with shelf._context.write("grow") as transaction:
            for _ in range(2_000):
                transaction.record(ModelDescribed(1, "risk/churn", description="x" * 5_000), "x")
        told: list[tuple[int, int, str]] = []
        tracemalloc.start()
        shelf.audit.export(tmp_path / "big.jsonl", progress=lambda *step: told.append(step))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (tmp_path / "big.jsonl").stat().st_size > 10_000_000
        assert most < 4_000_000
        assert told[-1] == (shelf.audit.head()[0], shelf.audit.head()[0], "entries")


class TestParts:
    def test_a_part_reaches_the_next_checkpoint(
        self, shelf: Registry, tmp_path: Path, programs: dict[str, Path]
    ) -> None:
        """It begins where it was asked to and goes on until a head proves it."""
        told = shelf.audit.export(tmp_path / "part.jsonl", since=8, until=12)
        assert (told.first, told.wanted, told.last) == (8, 12, 15)
        kept = tmp_path / "kept"
        kept.write_text((shelf.path / "checkpoints.log").read_text("utf-8").splitlines()[1] + "\n")
        code, said, wrong = run(programs["check"], tmp_path / "part.jsonl", kept)
        assert (code, wrong) == (0, "")
        assert said.startswith("entries 8 to 15, ")
        assert said.endswith(" 1 checkpoints agree\n")

    def test_by_time(self, shelf: Registry, tmp_path: Path) -> None:
        """From the first entry at or after a moment to the last one at or before another."""
        fifth, ninth = shelf.audit.get(5).at, shelf.audit.get(9).at
        told = shelf.audit.export(tmp_path / "part.jsonl", since=fifth, until=ninth)
        assert (told.first, told.wanted) == (5, 9)

    def test_without_a_checkpoint_it_ends_where_asked(
        self, shelf: Registry, tmp_path: Path
    ) -> None:
        """Nothing is added that would prove nothing."""
        (shelf.path / "checkpoints.log").unlink()
        told = shelf.audit.export(tmp_path / "part.csv", form="csv", since=8, until=12)
        assert (told.first, told.last) == (8, 12)

    @pytest.mark.parametrize(
        ("part", "kind"),
        [
            ({"since": 1_000}, NotFound),
            ({"since": 9, "until": 8}, NotFound),
            ({"until": START.replace(year=2000)}, NotFound),
            ({"since": START.replace(year=3000)}, NotFound),
            ({"since": 0}, Invalid),
            ({"until": "x"}, Invalid),
            ({"since": True}, Invalid),
            ({"form": "xml"}, Invalid),
        ],
    )
    def test_what_is_no_part(
        self, shelf: Registry, tmp_path: Path, part: dict[str, Any], kind: type[Exception]
    ) -> None:
        """It is told, and no file is left."""
        with pytest.raises(kind):
            shelf.audit.export(tmp_path / "part.jsonl", **part)
        assert list(tmp_path.glob("*part*")) == []

    def test_a_file_is_never_replaced(self, shelf: Registry, tmp_path: Path) -> None:
        """Nor is one left half written."""
        (tmp_path / "log.jsonl").write_text("mine")
        (tmp_path / "new.csv.checkpoint").write_text("mine")
        for name, form in (("log.jsonl", "jsonl"), ("new.csv", "csv")):
            with pytest.raises(Conflict):
                shelf.audit.export(tmp_path / name, form=form)  # type: ignore[arg-type]
        with pytest.raises(Unavailable):
            shelf.audit.export(tmp_path / "nowhere" / "log.jsonl")
        with pytest.raises((Unavailable, Invalid)):
            shelf.audit.export(tmp_path / ("x" * 300))
        assert (tmp_path / "log.jsonl").read_text() == "mine"
        assert not (tmp_path / "new.csv").exists()
        assert list(tmp_path.glob(".*")) == []

    def test_an_entry_that_is_no_text(self, shelf: Registry, tmp_path: Path) -> None:
        """What another tool wrote into the log is told, not half exported."""
        tampered(shelf, "UPDATE audit SET body = CAST(x'7bff7d' AS TEXT) WHERE seq = 9")
        with pytest.raises(Corrupt, match="cannot be read as text"):
            shelf.audit.export(tmp_path / "log.jsonl")
        assert list(tmp_path.glob("*log*")) == []


class TestAStrangerChecks:
    @pytest.mark.parametrize("form", FORMS)
    def test_an_honest_export_is_whole(
        self, shelf: Registry, tmp_path: Path, programs: dict[str, Path], form: Form
    ) -> None:
        """With the checkpoints kept, in both forms; the newest seal is the one verify names."""
        file = out(shelf, tmp_path, form)
        code, said, wrong = run(programs["check"], file, shelf.path / "checkpoints.log")
        number, seal = shelf.audit.head()
        kept = len((shelf.path / "checkpoints.log").read_text("utf-8").splitlines())
        assert (code, wrong) == (0, "")
        assert said == f"entries 1 to {number}, newest seal {seal}, {kept} checkpoints agree\n"
        assert run(programs["check"], file)[1].endswith(" 0 checkpoints agree\n")

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize(
        ("edit", "says"),
        [
            (lambda lines: lines[9].replace(b"gold", b"lead"), "is not as it was sealed"),
            (lambda lines: lines.pop(9) and None, "does not follow the one before it"),
            (lambda lines: lines.insert(9, lines.pop(10)), "does not follow the one before it"),
            (lambda lines: lines.insert(9, lines[9]), "does not follow the one before it"),
            (lambda lines: lines.pop(1) and None, ""),
        ],
    )
    def test_an_edited_export_is_not(
        self,
        shelf: Registry,
        tmp_path: Path,
        programs: dict[str, Path],
        form: Form,
        edit: Callable[[list[bytes]], bytes | None],
        says: str,
    ) -> None:
        """A changed, missing, moved or doubled entry is named."""
        file = out(shelf, tmp_path, form)
        lines = file.read_bytes().splitlines(keepends=True)
        changed = edit(lines)
        if changed is not None:
            assert changed != lines[9]
            lines[9] = changed
        file.write_bytes(b"".join(lines))
        code, _said, wrong = run(programs["check"], file, shelf.path / "checkpoints.log")
        if says:
            assert (code, says in wrong) == (1, True), wrong
        elif form == "jsonl":  # its first entry is the second line; without it the rest is a part
            assert code == 0

    @pytest.mark.parametrize("form", FORMS)
    def test_a_shortened_export_is_not(
        self, shelf: Registry, tmp_path: Path, programs: dict[str, Path], form: Form
    ) -> None:
        """JSON Lines say where they end; a checkpoint of a later entry is missed in either."""
        shelf.audit.checkpoint()
        file = out(shelf, tmp_path, form)
        text = file.read_bytes()
        cut = text[: text.rstrip().rfind(b'{"seq"' if form == "jsonl" else b"\r\n") + 0]
        end = cut if form == "jsonl" else cut + b"\r\n"
        file.write_bytes(end)
        code, _said, wrong = run(programs["check"], file, shelf.path / "checkpoints.log")
        assert (code, "Traceback" in wrong) == (1, False)
        assert "the export ends at entry" in wrong or "is not in the export" in wrong
        if form == "csv":
            beside = file.with_name("log.csv.checkpoint")
            assert "is not in the export" in run(programs["check"], file, beside)[2]

    @pytest.mark.parametrize("form", FORMS)
    def test_a_log_with_new_seals_is_not(
        self, shelf: Registry, tmp_path: Path, programs: dict[str, Path], form: Form
    ) -> None:
        """Whole in itself; whoever kept a line sees that it is another."""
        kept = tmp_path / "kept"
        kept.write_bytes((shelf.path / "checkpoints.log").read_bytes())
        with by_hand(shelf) as catalog:
            prev = "0" * 64
            for row in catalog.execute(
                f"SELECT {', '.join(FIELDS[:6])} FROM audit ORDER BY seq"  # noqa: S608
            ).fetchall():
                body = row[5].replace("ravi", "eve")
                seal = seal_of(row[0], row[1], row[2], row[3], row[4], body, prev)
                change = "UPDATE audit SET body = ?, prev = ?, seal = ? WHERE seq = ?"
                catalog.execute(change, (body, prev, seal, row[0]))
                prev = seal
        file = out(shelf, tmp_path, form)
        assert run(programs["check"], file)[0] == 0
        code, _said, wrong = run(programs["check"], file, kept)
        assert (code, "is not the one that the checkpoint remembers" in wrong) == (1, True)

    def test_another_registry_is_not(
        self, shelf: Registry, tmp_path: Path, programs: dict[str, Path]
    ) -> None:
        """The checkpoints of one say nothing of another."""
        kept = tmp_path / "kept"
        line = (shelf.path / "checkpoints.log").read_text("utf-8").splitlines()[0].split()
        line[1] = "f" * 32
        kept.write_text(" ".join(line) + "\n", "utf-8")
        code, _said, wrong = run(programs["check"], out(shelf, tmp_path, "jsonl"), kept)
        assert (code, f"of {'f' * 32}" in wrong) == (1, True)

    def test_signatures_are_checked_without_a_library(
        self, shelf: Registry, tmp_path: Path, programs: dict[str, Path]
    ) -> None:
        """Some forty lines agree with `cryptography`; a changed line or another key is found."""
        public = make_key(tmp_path / "key.pem")
        shelf._context.policy = replace(
            shelf.policy, checkpoints=Checkpoints(key=str(tmp_path / "key.pem"))
        )
        for version in (1, 3):
            shelf.models.describe("risk/churn", owner=str(version))
            shelf.audit.checkpoint()
        kept, key = tmp_path / "kept", tmp_path / "key.pub"
        key.write_text(public.text + "\n", "utf-8")
        kept.write_bytes((shelf.path / "checkpoints.log").read_bytes())
        code, said, wrong = run(programs["signed"], kept, key)
        assert (code, wrong, said.count("signed: modelshelf-checkpoint-v1")) == (0, "", 2)
        kept.write_text(re.sub(" 4[0-9] ", " 7 ", kept.read_text("utf-8")), "utf-8")
        code, _said, wrong = run(programs["signed"], kept, key)
        assert (code, "not signed with this key" in wrong) == (1, True)
        other = make_key(tmp_path / "other.pem")
        key.write_text(other.text, "utf-8")
        assert run(programs["signed"], kept, key) == (0, "", "")
        file = out(shelf, tmp_path, "jsonl")
        assert run(programs["check"], file, shelf.path / "checkpoints.log")[0] == 0
