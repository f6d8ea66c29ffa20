"""What a measured gate sees of a version, and what is kept of it: evidence that stays."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import (
    Corrupt,
    Invalid,
    ModelshelfError,
    NotFound,
    Refused,
    Unavailable,
)
from modelshelf.registry import Registry, open_registry
from tests.furnished import model_folder
from tests.registry.asking import Bench, bench
from tests.registry.gated import SMOKE, adopted, ran, refused, smoke, verdict
from tests.sentences import is_harmless

VERIFIED = '[stages.production]\ngates = ["verified"]\n'
PLUGIN = """
[stages.production]
gates = ["theirs"]
[gates.theirs]
plugin = "fairness"
"""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry of churn v1 to v3 where production takes a command."""
    with bench(tmp_path, SMOKE) as made:
        yield made


class TestCheckedOut:
    """The bytes that a command is given."""

    CODE = (
        "import json, os, sys\n"
        "top = sys.argv[1]\n"
        "files = [os.path.join(d, f) for d, _, fs in os.walk(top) for f in fs] or [top]\n"
        "folders = [d for d, _, _ in os.walk(top)] or [os.path.dirname(top)]\n"
        "modes = lambda paths: sorted({os.stat(p).st_mode & 0o777 for p in paths})\n"
        "print(json.dumps({'top': top, 'files': modes(files), 'folders': modes(folders),\n"
        "    'names': sorted(os.path.relpath(f, top) for f in files),\n"
        "    'bytes': sum(os.path.getsize(f) for f in files)}))\n"
    )

    def told(self, at: Bench, reference: str, code: str = CODE) -> dict[str, object]:
        """Return what a command found."""
        smoke(at, code)
        at().gates.measure(reference, "production")
        found: dict[str, object] = json.loads(at().gates.output(reference, "smoke"))
        return found

    @pytest.mark.skipif(sys.platform == "win32", reason="modes")
    def test_a_file_is_read_only_and_gone_afterwards(self, at: Bench) -> None:
        """Nobody can change it by mistake, and nothing of it is left."""
        told = self.told(at, "churn:1")
        assert (told["files"], told["folders"]) == ([0o400], [0o500])
        assert told["bytes"] == at().versions.get("churn:1").size
        assert not Path(str(told["top"])).parent.exists()

    @pytest.mark.skipif(sys.platform == "win32", reason="modes")
    def test_a_folder_is_read_only_and_gone_afterwards(self, at: Bench, tmp_path: Path) -> None:
        """Every folder of it, too."""
        at().versions.register("deep", model_folder(tmp_path / "files", 60))
        told = self.told(at, "deep:1")
        assert (told["files"], told["folders"]) == ([0o400], [0o500])
        assert told["names"] == ["config.json", "model.safetensors", "tokenizer/vocab.txt"]
        assert not Path(str(told["top"])).parent.exists()

    def test_adopted_bytes_are_copied_too(self, at: Bench, tmp_path: Path) -> None:
        """A command never sees the file where its owner keeps it, and the owner's stays."""
        reference = adopted(at(), tmp_path, 70)
        place = at().versions.detail(reference).place
        mode = stat.S_IMODE((at.path / place).stat().st_mode)
        told = self.told(at, reference)
        assert Path(str(told["top"])).parent.name.startswith("modelshelf-gate-")
        assert stat.S_IMODE((at.path / place).stat().st_mode) == mode

    def test_what_a_command_leaves_goes_too(self, at: Bench) -> None:
        """A folder that it made writable and filled, with a link out of it that is not followed."""
        outside = at.path / "outside.txt"
        outside.write_text("mine", "utf-8")
        outside.chmod(0o640)
        code = self.CODE + (
            "folder = os.path.dirname(top); os.chmod(folder, 0o700)\n"
            "os.makedirs(os.path.join(folder, 'a', 'b')); os.chmod(os.path.join(folder, 'a'), 0)\n"
            f"os.symlink({str(outside)!r}, os.path.join(folder, 'link'))\n"
        )
        told = self.told(at, "churn:1", code)
        assert not Path(str(told["top"])).parent.exists()
        assert outside.read_text("utf-8") == "mine"
        assert stat.S_IMODE(outside.stat().st_mode) == 0o640

    @pytest.mark.skipif(sys.platform == "win32", reason="modes, links and depth")
    def test_nothing_outside_is_touched_and_no_depth_is_too_much(
        self, at: Bench, tmp_path: Path
    ) -> None:
        """A second name of a file elsewhere keeps its rights; two thousand folders go as well."""
        outside = tmp_path / "outside.txt"
        outside.write_text("mine", "utf-8")
        outside.chmod(0o440)
        code = self.CODE + (
            "folder = os.path.dirname(top); os.chmod(folder, 0o700); os.remove(top)\n"
            f"try: os.link({str(outside)!r}, os.path.join(folder, 'hard'))\n"
            "except OSError: pass\n"
            "os.chdir(folder)\n"
            "for _ in range(2000):\n"
            "    os.mkdir('deep'); open('file', 'w').close(); os.chmod('file', 0)\n"
            "    os.chdir('deep')\n"
            "os.chmod('.', 0)\n"
        )
        told = self.told(at, "churn:1", code)
        assert not Path(str(told["top"])).parent.exists()
        assert stat.S_IMODE(outside.stat().st_mode) == 0o440

    @pytest.mark.skipif(sys.platform == "win32", reason="links")
    def test_a_link_in_the_place_of_the_folder_leads_nowhere(
        self, at: Bench, tmp_path: Path
    ) -> None:
        """What it leads to keeps its files and their rights; the link goes."""
        home = tmp_path / "home"
        home.mkdir(mode=0o750)
        (home / "mine").write_text("mine", "utf-8")
        (home / "mine").chmod(0o640)
        code = self.CODE + (
            "import shutil; folder = os.path.dirname(top)\n"
            "os.chmod(folder, 0o700); shutil.rmtree(folder)\n"
            f"os.symlink({str(home)!r}, folder)\n"
        )
        told = self.told(at, "churn:1", code)
        assert not Path(str(told["top"])).parent.is_symlink()
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (home, home / "mine")]
        assert modes == [0o750, 0o640]

    def test_what_a_command_changes_is_its_own_copy(self, at: Bench) -> None:
        """Rights can be given back by whoever owns a file; what is stored stays as it is."""
        code = self.CODE + "os.chmod(top, 0o600); open(top, 'wb').write(b'x')\n"
        self.told(at, "churn:1", code)
        assert at().audit.verify(deep=True).problems == ()

    def test_it_is_gone_when_the_person_gives_up(
        self, at: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An interrupted check leaves no copy, and no entry."""
        monkeypatch.setattr("tempfile.tempdir", str(at.path))
        head = at().audit.head()

        def interrupted(*_: object, **__: object) -> None:
            assert list(at.path.glob("modelshelf-gate-*"))
            raise KeyboardInterrupt

        monkeypatch.setattr("modelshelf.hooks.command.run_command", interrupted)
        with pytest.raises(KeyboardInterrupt):
            at().gates.measure("churn:1", "production")
        assert not list(at.path.glob("modelshelf-gate-*"))
        assert at().audit.head()[0] - head[0] <= 1  # the policy alone

    def test_no_room_is_said_and_not_recorded(
        self, at: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk is no fault of the version's."""
        checkout = sys.modules["modelshelf.artifacts.checkout"]
        monkeypatch.setattr(checkout, "free_bytes", lambda _: 0)
        refused(lambda: at().gates.measure("churn:1", "production"), Unavailable)
        assert ran(at()) == 0

    def test_damaged_bytes_are_not_run_on(self, at: Bench) -> None:
        """A command gets the registered bytes or none."""
        damage(at(), "churn:1")
        smoke(at, "raise SystemExit(0)")
        refused(lambda: at().gates.measure("churn:1", "production"), Corrupt)
        refused(lambda: at().promotions.promote("churn:1", "production", reason="r"), Corrupt)
        assert ran(at()) == 0


def damage(registry: Registry, reference: str) -> None:
    """Change a byte of a stored version."""
    digest = registry.versions.get(reference).digest
    blob = registry._context.blobs.lying(digest)
    blob.chmod(0o600)
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)


class TestVerified:
    """The gate that hashes all bytes."""

    @pytest.fixture
    def at(self, tmp_path: Path) -> Iterator[Bench]:
        """Return a registry where production takes verified bytes."""
        with bench(tmp_path, VERIFIED) as made:
            yield made

    def test_whole_bytes_pass(self, at: Bench, tmp_path: Path) -> None:
        """With how much was hashed, and how far it is while that goes on."""
        at().versions.register("deep", model_folder(tmp_path / "files", 60))
        calls: list[tuple[int, int, str]] = []
        plan = at().gates.check(
            "deep:1", "production", run=True, progress=lambda *told: calls.append(told)
        )
        size = at().versions.get("deep:1").size
        assert plan.allowed
        assert verdict(plan, "verified").observed == f"3 files, {size} B hashed"
        assert calls[0][:2] == (0, size)
        assert calls[-1][:2] == (size, size)

    def test_damage_is_an_answer(self, at: Bench) -> None:
        """It says no; that is what it is for."""
        damage(at(), "churn:1")
        plan = at().gates.check("churn:1", "production", run=True)
        told = verdict(plan, "verified")
        assert told.outcome == "fail"
        assert is_harmless(told.message)
        refused(lambda: at().promotions.promote("churn:1", "production", reason="r"), Refused)

    def test_an_adopted_file_that_changed_is_an_answer(self, at: Bench, tmp_path: Path) -> None:
        """Its owner can change it at any time, which is found here."""
        reference = adopted(at(), tmp_path, 70)
        assert at().gates.check(reference, "production", run=True).allowed
        place = at.path / at().versions.detail(reference).place
        place.write_bytes(b"x" * place.stat().st_size)
        told = verdict(at().gates.measure(reference, "production"), "verified")
        assert told.outcome == "fail"


class TestOthers:
    """Gates of other packages."""

    CODE = """
from modelshelf.plugins.gates import GateAnswer

def fair(question):
    size = question.path.stat().st_size
    held = question.baseline and question.baseline["reference"]
    return GateAnswer(size > 0, f"{size} B, held by {held}", "bytes", "it is \\x1b[31mfair")

def broken(question):
    raise RuntimeError("\\x1b[31mno")
"""

    @pytest.fixture(autouse=True)
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Install a package with a gate, as pip would."""
        place = tmp_path / "site"
        about = place / "gate_package-1.0.dist-info"
        about.mkdir(parents=True)
        (place / "gate_package.py").write_text(self.CODE, "utf-8")
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: gate-package\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(
            "[modelshelf.gates]\nfairness = gate_package:fair\nbroken = gate_package:broken\n"
        )
        monkeypatch.syspath_prepend(place)
        yield
        sys.modules.pop("gate_package", None)

    def test_it_is_asked_and_recorded(self, at: Bench) -> None:
        """It sees the version, the present holder and the bytes."""
        smoke(at, "raise SystemExit(0)")
        at().promotions.promote("churn:1", "production", reason="first")
        at.rule(PLUGIN)
        plan = at().gates.check("churn:2", "production", run=True)
        told = verdict(plan, "theirs")
        size = at().versions.get("churn:2").size
        assert (told.outcome, told.observed) == ("pass", f"{size} B, held by churn:v1")
        assert told.required == "bytes"
        assert is_harmless(told.message)
        assert at().gates.output("churn:2", "theirs") == b""

    def test_what_it_raises_says_no(self, at: Bench) -> None:
        """Its fault is an answer, harmless to show."""
        at.rule(PLUGIN.replace('"fairness"', '"broken"'))
        told = verdict(at().gates.check("churn:1", "production", run=True), "theirs")
        assert told.outcome == "fail"
        assert is_harmless(told.message)
        assert "RuntimeError" in told.observed


class TestEvidence:
    """What was kept stays."""

    def test_every_output_survives_a_collection(self, at: Bench) -> None:
        """Also that of an earlier measurement, and of a version whose bytes are given up."""
        smoke(at, "print('first')")
        at().gates.measure("churn:3", "production")
        first = at().audit.head()[0]
        smoke(at, "print('second')")
        at().gates.measure("churn:3", "production")
        at().versions.yank("churn:3", reason="bad")
        at.wait(days=400)
        upkeep = at().upkeep
        upkeep.gc(upkeep.gc_plan(grace_days=0))
        assert at().versions.get("churn:3").freed
        assert at().gates.output("churn:3", "smoke") == b"second\n"
        assert at().gates.output("churn:3", "smoke", entry=first) == b"first\n"
        assert at().audit.verify(deep=True).whole

    def test_a_lost_output_is_found(self, at: Bench) -> None:
        """Verify looks for evidence as for any blob, and says whose it is."""
        smoke(at, "print('said')")
        at().gates.measure("churn:3", "production")
        digest = at().gates.results("churn:3")["smoke"].output
        at()._context.blobs.path(str(digest)).unlink()
        found = at().audit.verify()
        assert [p.what for p in found.problems] == ["is missing; churn:v3 (gate smoke) needs it"]

    def test_a_backup_has_it(self, at: Bench, tmp_path: Path) -> None:
        """A copy of the registry is a copy of its evidence."""
        smoke(at, "print('said')")
        at().gates.measure("churn:3", "production")
        copy = at().upkeep.backup(tmp_path / "copy")
        with open_registry(copy) as registry:
            assert registry.gates.output("churn:3", "smoke") == b"said\n"

    def test_the_past_is_judged_at_its_time(self, at: Bench) -> None:
        """As of then, what was measured later is not known, and what stood then stands."""
        before = at().audit.head()[0]
        smoke(at, "raise SystemExit(0)")
        at().gates.measure("churn:1", "production")
        after = at().audit.head()[0]
        at.wait(days=30)
        outcomes = [
            verdict(at().at(seq).gates.check("churn:1", "production"), "smoke").outcome
            for seq in (before, after)
        ]
        assert outcomes == ["pending", "pass"]
        assert verdict(at().gates.check("churn:1", "production"), "smoke").outcome == "pending"
        refused(lambda: at().at(after).gates.check("churn:1", "production", run=True), Refused)
        refused(lambda: at().at(after).gates.measure("churn:1", "production"), Refused)

    @pytest.mark.parametrize(
        ("reference", "gate", "entry", "kind"),
        [
            ("churn:1", "smoke", None, NotFound),
            ("churn:9", "smoke", None, NotFound),
            ("churn:1", "\x1b[31m", None, Invalid),
            ("churn:1", "[/x]" * 50, None, NotFound),
            ("churn:1", "a" * 10_000, None, Invalid),
            ("churn:3", "smoke", 1, NotFound),
            ("churn:1", "smoke", 2**80, Invalid),
            ("churn:3", "other", None, NotFound),
        ],
    )
    def test_what_was_not_kept_is_said(
        self, at: Bench, reference: str, gate: str, entry: int | None, kind: type[ModelshelfError]
    ) -> None:
        """In a sentence, whatever was asked for."""
        smoke(at, "print('x')")
        at().gates.measure("churn:3", "production")
        refused(lambda: at().gates.output(reference, gate, entry=entry), kind)
