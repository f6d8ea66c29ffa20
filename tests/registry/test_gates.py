"""The gates of a registry: checked without trying, measured, and their evidence kept."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid, NotFound, Refused
from modelshelf.domain.provenance import Code
from modelshelf.registry import Registry
from tests.furnished import DATA, model_file
from tests.registry.asking import Bench, bench
from tests.registry.gated import AS_WRITTEN, SMOKE, ran, refused, smoke, statements, verdict
from tests.sentences import is_harmless


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry of churn v1 to v3 where production takes a command."""
    with bench(tmp_path, SMOKE) as made:
        yield made


class TestCommands:
    """Gates that are commands."""

    def test_it_is_pending_until_it_is_run(self, at: Bench) -> None:
        """Asking alone runs nothing and records nothing."""
        smoke(at, "raise SystemExit(0)")
        head = at().audit.head()
        plan = at().gates.check("churn:1", "production")
        assert not plan.allowed
        assert verdict(plan, "smoke").outcome == "pending"
        assert "modelshelf check churn:v1 production --run" in verdict(plan, "smoke").message
        assert at().audit.head() == head

    def test_it_is_run_once_and_stands(self, at: Bench) -> None:
        """What agreed and still stands is not run again."""
        smoke(at, "print('fine')")
        plan = at().gates.check("churn:1", "production", run=True)
        assert plan.allowed
        assert verdict(plan, "smoke").observed == "exit 0"
        assert ran(at()) == 1
        assert at().gates.check("churn:1", "production", run=True).allowed
        assert ran(at()) == 1
        again = at().gates.check("churn:1", "production")
        assert [v.outcome for v in again.verdicts] == [v.outcome for v in plan.verdicts]
        at().gates.measure("churn:1", "production")
        assert ran(at()) == 2

    def test_no_command_is_given_what_nobody_has_vouched_for(
        self, at: Bench, tmp_path: Path
    ) -> None:
        """A smoke test would load it, and loading it is what the scan warns of."""
        smoke(at, "print('loaded')")
        file = tmp_path / "m.pkl"
        file.write_bytes(pickle.dumps(Bench))
        at().versions.register("odd", file)
        plan = at().gates.check("odd:1", "production", run=True)
        assert [verdict(plan, name).outcome for name in ("scan", "smoke")] == ["fail", "pending"]
        assert ran(at()) == 0
        at().scans.vouch("odd:1", reason="ours")
        assert at().gates.check("odd:1", "production", run=True).allowed

    def test_what_it_said_is_kept(self, at: Bench) -> None:
        """Exit code, time and output are in the entry, the output as a blob."""
        smoke(at, "import sys; print('looked at', *sys.argv[2:]); sys.exit(3)")
        plan = at().gates.check("churn:2", "production", run=True)
        told = verdict(plan, "smoke")
        assert (told.outcome, told.observed) == ("fail", "exit 3")
        assert told.required == "python checks/smoke.py {path} {reference} {stage} ends with 0"
        assert "looked at churn:v2 production" in told.message
        entry = at().audit.entries(event="gate.ran")[0]
        assert (entry.body["exit_code"], entry.body["outcome"]) == (3, "fail")
        gate = at().policy.gate("smoke")
        assert entry.body["definition"] == gate.definition_for("production")
        assert entry.subject == "churn:v2"
        said = b"looked at churn:v2 production\n"
        assert at().gates.output("churn:2", "smoke") == said
        assert at().gates.output("churn:2", "smoke", entry=entry.seq) == said
        assert at().gates.results("churn:2")["smoke"].exit_code == 3
        assert at().gates.results("churn:1") == {}

    def test_a_failure_is_measured_again(self, at: Bench) -> None:
        """Whoever mends what was wrong is not told of yesterday's failure."""
        smoke(at, "raise SystemExit(1)")
        assert not at().gates.check("churn:1", "production", run=True).allowed
        smoke(at, "raise SystemExit(0)")
        assert at().gates.check("churn:1", "production", run=True).allowed
        assert at().promotions.promote("churn:1", "production", reason="go").holders

    def test_a_promotion_measures_what_it_needs(self, at: Bench) -> None:
        """Nobody has to run the gates first; the verdict is in the entry."""
        smoke(at, "raise SystemExit(0)")
        at().promotions.promote("churn:1", "production", reason="go")
        assert ran(at()) == 1
        assigned = at().audit.entries(event="stage.assigned")[0]
        told = {v["gate"]: v["outcome"] for v in assigned.body["verdicts"]}
        assert told["smoke"] == "pass"
        refusing = at()
        smoke(at, "raise SystemExit(1)")
        said = refused(
            lambda: refusing.promotions.promote("churn:2", "production", reason="go"), Refused
        )
        assert "exit 1" in said

    def test_a_promotion_that_must_fail_runs_nothing(self, at: Bench) -> None:
        """Where another gate says no already, no time is spent."""
        at.rule(SMOKE.replace('["smoke"]', '["complete", "smoke"]'))
        smoke(at, "raise SystemExit(0)")
        refused(lambda: at().promotions.promote("churn:1", "production", reason="go"), Refused)
        assert ran(at()) == 0

    def test_a_measurement_stands_for_its_time(self, at: Bench) -> None:
        """Then it has to be run again; also when the policy has changed the gate."""
        smoke(at, "raise SystemExit(0)")
        at().gates.measure("churn:1", "production")
        at.wait(hours=25)
        late = verdict(at().gates.check("churn:1", "production"), "smoke")
        assert (late.outcome, late.observed) == ("pending", "measured 1 day ago")
        at().gates.measure("churn:1", "production")
        assert at().gates.check("churn:1", "production").allowed
        at.rule(SMOKE.replace("timeout = 60", "timeout = 61"))
        changed = verdict(at().gates.check("churn:1", "production"), "smoke")
        assert (changed.outcome, changed.observed) == ("pending", "measured by other rules")

    def test_it_gets_what_it_needs_and_no_more(
        self, at: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The reference, the stage, where the bytes lie, and the variables that are named."""
        monkeypatch.setenv("OURS", "1")
        monkeypatch.setenv("SECRET", "2")
        at.rule(SMOKE + 'env = ["OURS", "UNSET"]\n')
        code = (
            "import os, json\n"
            "names = [n for n in os.environ if n.startswith('MODELSHELF_')]\n"
            "told = {n: os.environ.get(n) for n in [*names, 'OURS', 'SECRET', 'UNSET']}\n"
            "print(json.dumps({**told, 'cwd': os.getcwd()}))"
        )
        smoke(at, code)
        at().gates.measure("churn:1", "production")
        told = json.loads(at().gates.output("churn:1", "smoke"))
        path = told.pop("MODELSHELF_PATH")
        assert not Path(told.pop("MODELSHELF_METRICS")).exists()
        assert told == {
            "MODELSHELF_REFERENCE": "churn:v1",
            "MODELSHELF_STAGE": "production",
            "OURS": "1",
            "SECRET": None,
            "UNSET": None,
            "cwd": str(at.path.resolve()),
        }
        assert Path(path).name == "model.safetensors"

    def test_words_that_look_like_places_are_filled_in_once(
        self, at: Bench, tmp_path: Path
    ) -> None:
        """A file that is called like a placeholder is not read as one."""
        odd = model_file(tmp_path / "odd", 50, "{stage} $HOME ;rm.safetensors")
        at().versions.register("odd", odd)
        smoke(at, "import sys, os; print(os.path.basename(sys.argv[1]))")
        at().gates.measure("odd:1", "production")
        assert at().gates.output("odd:1", "smoke") == b"{stage} $HOME ;rm.safetensors\n"

    def test_it_ends_when_its_time_is_over(self, at: Bench) -> None:
        """A command that hangs says no, and it is said why."""
        at.rule(SMOKE.replace("timeout = 60", "timeout = 0.1"))
        smoke(at, "import time; time.sleep(600)")
        told = verdict(at().gates.check("churn:1", "production", run=True), "smoke")
        assert (told.outcome, told.observed) == ("fail", "stopped after 0.1 s")

    def test_a_command_that_is_not_there_says_no(self, at: Bench) -> None:
        """With a sentence, and no traceback."""
        at.rule(SMOKE.replace('"python"', '"no-such-program"'))
        told = verdict(at().gates.check("churn:1", "production", run=True), "smoke")
        assert told.outcome == "fail"
        assert "there is no program 'no-such-program'" in told.observed

    def test_a_flood_is_cut_and_kept(self, at: Bench) -> None:
        """No command fills the registry."""
        smoke(at, "print('x' * 2_000_000)")
        at().gates.measure("churn:1", "production")
        assert 250_000 < len(at().gates.output("churn:1", "smoke")) < 270_000

    def test_hostile_output_is_kept_raw_and_shown_harmlessly(self, at: Bench) -> None:
        """Evidence is what was written; whoever reads of it is safe."""
        raw = b"\x1b]0;owned\x07\x1b[31m\xff\xfe\xe2\x80\xaeevil\x00[/x]"
        smoke(at, f"import os; os.write(1, {raw!r}); raise SystemExit(1)")
        plan = at().gates.check("churn:1", "production", run=True)
        assert at().gates.output("churn:1", "smoke") == raw
        told = verdict(plan, "smoke")
        assert all(map(is_harmless, (told.message, told.observed, told.required)))
        assert is_harmless(at().audit.entries(limit=1)[0].sentence)
        said = refused(
            lambda: at().promotions.promote("churn:1", "production", reason="go"), Refused
        )
        assert is_harmless(said)

    def test_a_command_may_ask_the_registry(self, at: Bench) -> None:
        """No lock is held while it runs: it may even change something."""
        code = (
            "import os\nfrom modelshelf import open_registry\n"
            "with open_registry('.', actor='robot') as registry:\n"
            "    registry.versions.tag(os.environ['MODELSHELF_REFERENCE'], set={'seen': 'yes'})\n"
        )
        smoke(at, code)
        at.rule(SMOKE.replace('"python"', f'"{Path(sys.executable).as_posix()}"'))
        assert at().promotions.promote("churn:1", "production", reason="go").holders
        assert at().versions.get("churn:1").tags["seen"] == "yes"


class TestAll:
    """Every version against every stage."""

    def test_who_may_hold_what(self, at: Bench) -> None:
        """By model and number; put away and unusable versions are left out."""
        versions = at().versions
        smoke(at, "raise SystemExit(0)")
        at().promotions.promote("churn:1", "production", reason="first")
        versions.archive("churn:2", reason="old")
        at.rule(
            SMOKE.replace('["smoke"]', '["better", "smoke"]')
            + '[stages.staging]\ngates = ["scan"]\n'
            + '[gates.better]\nwhen = "metrics.auc > baseline.metrics.auc"\n'
        )
        found = at().gates.check_all()
        assert [(c.reference, c.stage, c.allowed, c.holds) for c in found] == [
            ("churn:v1", "staging", True, False),
            ("churn:v1", "production", True, True),
            ("churn:v3", "staging", True, False),
            ("churn:v3", "production", False, False),
        ]
        assert [(c.failed, c.pending, c.passed) for c in found if c.stage == "production"] == [
            ((), (), 5),
            ((), ("smoke",), 4),
        ]

    def test_it_says_what_checking_one_says(self, at: Bench) -> None:
        """The list is the same judgement, for each."""
        at.rule(AS_WRITTEN)
        at().versions.amend("churn:2", datasets=[DATA], card="# Two\n")
        for checked in at().gates.check_all():
            plan = at().gates.check(checked.reference, checked.stage)
            asked = [v for v in plan.verdicts if v.gate != "approvals"]
            assert checked.failed == tuple(v.gate for v in asked if v.outcome == "fail")
            assert checked.pending == tuple(v.gate for v in asked if v.outcome == "pending")
            assert checked.passed == sum(v.outcome == "pass" for v in asked)

    def test_a_stage_and_a_pattern_choose(self, at: Bench, tmp_path: Path) -> None:
        """Only models whose name fits, in the order of names; retired ones are out of use."""
        for name in ("risk/b", "risk/a", "text"):
            at().versions.register(name, model_file(tmp_path / name.replace("/", "-"), 90))
        at().models.retire("risk/b", reason="old")
        found = at().gates.check_all("staging", models="risk/*")
        assert [c.reference for c in found] == ["risk/a:v1"]
        assert at().gates.check_all("staging", models="nobody") == ()
        names = [c.reference.partition(":")[0] for c in at().gates.check_all("staging")]
        assert names == sorted(names)
        refused(lambda: at().gates.check_all("prodution"), NotFound)
        refused(lambda: at().gates.check_all(models="\x1b"), Invalid)

    def test_the_number_of_questions_does_not_grow(self, at: Bench, tmp_path: Path) -> None:
        """Sixty versions take as many statements as six."""
        at.rule(AS_WRITTEN)
        counts = []
        for last in (6, 60):
            for seed in range(at().models.get("churn").latest + 1, last + 1):
                at().versions.register("churn", model_file(tmp_path / "more", 500 + seed))
            registry = at()
            with statements(registry) as noted:
                assert len(registry.gates.check_all()) == 2 * last
            counts.append(len(noted))
        assert counts[0] == counts[1]

    def test_it_says_how_far_it_is(self, at: Bench) -> None:
        """How many are done, and how many there are."""
        calls: list[tuple[int, int, str]] = []
        at().gates.check_all(progress=lambda *told: calls.append(told))
        assert calls[-1] == (3, 3, "versions")

    def test_batches_make_no_difference(self, at: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whether they are read one by one or all together."""
        whole = at().gates.check_all()
        monkeypatch.setattr("modelshelf.registry.checking._VERSIONS_AT_ONCE", 1)
        monkeypatch.setattr("modelshelf.registry.checking._MODELS_AT_ONCE", 1)
        assert at().gates.check_all() == whole

    def test_an_empty_registry_has_no_lines(self, registry: Registry) -> None:
        """And that is no failure."""
        assert registry.gates.check_all() == ()


class TestAsWritten:
    """The policy of the documentation, from the first check to the promotion."""

    def test_it_works(self, tmp_path: Path) -> None:
        """Each thing that is missing is named, until nothing is."""
        with bench(tmp_path, AS_WRITTEN) as at:
            for number in (1, 2):
                plan = at().gates.check(f"churn:{number}", "production")
                failed = [v.gate for v in plan.verdicts if v.outcome == "fail"]
                assert failed == ["complete", "fresh-data"]
                at().versions.amend(
                    f"churn:{number}",
                    card="# Churn\n",
                    datasets=[DATA],
                    metrics={"auc": 0.9 if number == 1 else 0.8},
                )
                at().versions.amend(f"churn:{number}", code=Code("git@host:c", "abcdef12"))
            at().models.describe("churn", owner="ana")
            plan = at().gates.check("churn:1", "production")
            assert [v.gate for v in plan.verdicts if v.outcome != "pass"] == ["approvals"]
            asked = at("bo").requests.open("churn:1", "production", reason="first")
            at("ravi").requests.approve(asked.id)
            at("bo").requests.apply(asked.id)
            worse = verdict(at().gates.check("churn:2", "production"), "better")
            assert worse.outcome == "fail"
            assert "AUC must not fall by more than 0.005" in worse.message
            assert worse.observed == "metrics.auc = 0.8, baseline.metrics.auc = 0.9"
