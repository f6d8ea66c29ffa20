"""Ways around the rules that were tried: each is refused, or shown for ever."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from modelshelf.domain.errors import Invalid, ModelshelfError, Refused
from modelshelf.domain.requests import same_person
from modelshelf.registry.naming import check_place
from tests.registry.asking import Bench, bench, refused

SETTLED_S = 10


def rule_on_the_fly(at: Bench, policy: str) -> None:
    """Change the policy file under those who have the registry open."""
    file = at.path / "modelshelf.toml"
    file.write_text(policy, "utf-8")
    long_ago = file.stat().st_mtime - SETTLED_S
    os.utime(file, (long_ago, long_ago))


def test_no_gate_is_overheard_for_its_name(tmp_path: Path) -> None:
    """A gate whose name begins like the verdict on approvals is asked like any other."""
    rules = '[gates."approvals done"]\nwhen = "metrics.auc > 0.99"\n'
    with bench(tmp_path, f'[stages.production]\ngates = ["approvals done"]\n{rules}', 1) as at:
        said = refused(
            lambda: at().promotions.promote("churn:1", "production", reason="x"), Refused
        )
        assert "metrics.auc" in said


class TestFormerStages:
    """The name of a stage never comes to mean what passed no gate."""

    def test_a_former_name_is_no_alias(self, tmp_path: Path) -> None:
        """Neither the old name of a renamed rung, nor the name of a removed one."""
        with bench(tmp_path, "", 2) as at:
            at().promotions.promote("churn:1", "production", reason="x")
            at().promotions.promote("churn:1", "staging", reason="x")
            at.rule('ladder = ["live"]\n[stages.live]\nwas = "production"\n')
            for name in ("production", "Staging"):
                said = refused(partial(at().versions.alias, "churn:2", name), Invalid)
                assert "it was a stage" in said

    def test_an_alias_taken_away_does_not_come_back_over_a_stage(self, tmp_path: Path) -> None:
        """An alias that was removed before its name became a stage's is not put back by undo."""
        with bench(tmp_path, "", 2) as at:
            at().versions.alias("churn:2", "live")
            at().versions.unalias("churn", "live")
            seq = at().audit.head()[0]
            at.rule('ladder = ["next"]\n[stages.next]\nwas = "live"\n')
            assert "cannot be an alias" in refused(lambda: at().undo.take_back(seq), Refused)

    def test_open_requests_go_along_though_nobody_held_the_stage(self, tmp_path: Path) -> None:
        """A rung is renamed before anybody held it: what was asked for it can be answered."""
        with bench(tmp_path, "[stages.production]\napprovals = 1\n", 1) as at:
            number = at().requests.open("churn:1", "production", reason="x").id
            at.rule('ladder = ["live"]\n[stages.live]\nwas = "production"\napprovals = 1\n')
            at("bo").requests.approve(number)
            assert at("bo").requests.apply(number).stage == "live"


class TestLimitedAdmins:
    """An admin of some names brings no model under others."""

    POLICY = '[roles]\nadmin = ["root", { who = ["bea"], models = ["b/*"] }]\n'

    def test_a_former_name_outside_is_refused(self, tmp_path: Path) -> None:
        """Neither by renaming back, though the old name leads to the model, nor by undo."""
        with bench(tmp_path, self.POLICY, 1) as at:
            at("root").models.rename("churn", "b/churn")
            seq = at().audit.head()[0]
            said = refused(lambda: at("bea").models.rename("b/churn", "churn"), Refused)
            assert said.startswith("bea may not rename to churn")
            said = refused(lambda: at("bea").undo.take_back(seq), Refused)
            assert said.startswith("bea may not rename back to churn")
            at("bea").models.rename("b/churn", "b/loss")


class TestOnePerson:
    """Nobody counts twice by writing their name in another way."""

    @pytest.mark.parametrize(
        "other", ["Ana", "an\u200ba", "\ufeffana", "ana\u00a0", "\uff41\uff4e\uff41"]
    )
    def test_spellings(self, other: str) -> None:
        """Case, hidden signs, spaces and width make no other person."""
        assert same_person("ana", other)

    def test_others_are_others(self) -> None:
        """Names that differ in a letter are two people."""
        assert not same_person("ana", "anna")

    def test_a_quorum(self, tmp_path: Path) -> None:
        """Two spellings are one of two approvals, and the tally says so."""
        with bench(tmp_path, "[stages.production]\napprovals = 2\n", 1) as at:
            number = at("kim").requests.open("churn:1", "production", reason="x").id
            at("ana").requests.approve(number)
            at("An\u200ba").requests.approve(number)
            found = at().requests.tally(number)
            assert (found.counted, found.missing) == (("ana",), 1)
            assert "counts as ana, who approved it already" in found.ignored[0]

    def test_four_eyes(self, tmp_path: Path) -> None:
        """Whoever asked does not approve under another spelling."""
        rules = "[stages.production]\napprovals = 1\nfour_eyes = true\n"
        with bench(tmp_path, rules, 1) as at:
            number = at("ana").requests.open("churn:1", "production", reason="x").id
            assert "four eyes" in refused(lambda: at("Ana").requests.approve(number), Refused)


def test_a_name_is_asked_again_when_the_policy_asks(tmp_path: Path) -> None:
    """A registry that was open before ``named = false`` goes no further under another name."""
    with bench(tmp_path, "", 1) as at:
        ana = at("ana")
        rule_on_the_fly(at, "[actors]\nnamed = false\n")
        said = refused(lambda: ana.models.describe("churn", description="x"), Refused)
        assert "may not act as ana" in said
        rule_on_the_fly(at, "[actors]\nnamed = true\n# again\n")
        assert ana.models.describe("churn", description="y").description == "y"
        assert ana.audit.entries(limit=1)[0].actor == "ana"


def test_a_file_that_is_being_replaced_is_no_policy_without_rules(tmp_path: Path) -> None:
    """Rules go on for a second after their file is gone; then there are none."""
    with bench(tmp_path, "[stages.production]\napprovals = 1\n", 1) as at:
        ana = at("ana")
        (at.path / "modelshelf.toml").unlink()
        refused(lambda: ana.promotions.promote("churn:1", "production", reason="x"), Refused)
        os.utime(at.path, (1, 1))
        assert ana.promotions.promote("churn:1", "production", reason="x").stage == "production"


def test_the_policy_that_decides_is_in_the_log(tmp_path: Path) -> None:
    """A policy that comes while gates are measured decides, and stands in the log before that."""
    swap = "import os; os.replace('next.toml', 'modelshelf.toml')"
    gate = f'[gates.slow]\nrun = ["python", "-c", "{swap}"]\nstands = "1d"\n'
    with bench(tmp_path, f'[stages.production]\ngates = ["slow"]\n{gate}', 1) as at:
        now = at()
        (at.path / "next.toml").write_text('[stages.staging]\ngates = ["complete"]\n', "utf-8")
        os.utime(at.path / "next.toml", (1, 1))
        made = now.promotions.promote("churn:1", "production", reason="x")
        told = now.promotions.decision("churn:1", "production")
        recorded = now.audit.entries(event="policy.recorded", limit=1)[0]
        assert recorded.seq < made.id
        assert recorded.body["digest"] == told.policy_digest
        assert told.policy_text is not None
        assert "complete" in told.policy_text


class TestMeasuredForAnother:
    """What a gate said about one stage is no answer about another."""

    def test_a_command_that_is_told_the_stage(self, tmp_path: Path) -> None:
        """It passes for staging, and for production it is asked anew and says no."""
        run = '["python", "-c", "import sys; sys.exit(sys.argv[1] != \'staging\')", "{stage}"]'
        stages = '[stages.staging]\ngates = ["fit"]\n[stages.production]\ngates = ["fit"]\n'
        rules = f"{stages}[gates.fit]\nrun = {run}\n"
        with bench(tmp_path, rules, 1) as at:
            at().promotions.promote("churn:1", "staging", reason="x")
            verdict = at().gates.check("churn:1", "production").verdicts[-1]
            assert (verdict.gate, verdict.outcome) == ("fit", "pending")
            assert "another stage" in verdict.message
            refused(lambda: at().promotions.promote("churn:1", "production", reason="x"), Refused)

    def test_only_where_it_is_told(self, tmp_path: Path) -> None:
        """A command that is not told the stage is run once for both, and a package's is not."""
        rules = '[gates.one]\nrun = ["true"]\n[gates.two]\nplugin = "x"\n'
        with bench(tmp_path, rules, 1) as at:
            one, two = at().policy.gate("one"), at().policy.gate("two")
            assert one.definition_for("staging") == one.definition_for("production")
            assert two.definition_for("staging") != two.definition_for("production")


def test_amended_after_it_was_asked_for(tmp_path: Path) -> None:
    """What was recorded about a version after the request shows in the evidence."""
    with bench(tmp_path, "[stages.production]\napprovals = 1\n", 2) as at:
        at().versions.amend("churn:2", metrics={"auc": 0.3})
        number = at().requests.open("churn:2", "production", reason="x").id
        at("bo").requests.approve(number)
        at().versions.amend("churn:2", metrics={"auc": 0.99})
        seq = at().audit.head()[0]
        at().versions.amend("churn:1", metrics={"auc": 0.99})
        at().requests.apply(number)
        assert [h.entry for h in at().promotions.decision("churn:2", "production").story] == [seq]


class TestOwnFiles:
    """Nothing that writes a file writes over the registry's own."""

    OWN = ("modelshelf.toml", "catalog.db", "Catalog.DB-wal", "checkpoints.log", "blobs/x")

    @pytest.mark.parametrize("name", OWN)
    def test_checkout(self, tmp_path: Path, name: str) -> None:
        """A checkout that may overwrite does not."""
        with bench(tmp_path, "", 1) as at:
            place = at.path / name
            with pytest.raises(Refused):
                at().versions.checkout("churn:1", place, overwrite=True)

    def test_an_artifact_called_like_one(self, tmp_path: Path) -> None:
        """Put into the registry's folder, an artifact called ``catalog.db`` is refused too."""
        with bench(tmp_path, "", 1) as at:
            file = next((tmp_path / "files").iterdir()).replace(tmp_path / "catalog.db")
            at().versions.register("evil", file)
            with pytest.raises(Refused):
                at().versions.checkout("evil:1", at.path, overwrite=True)

    def test_others(self, tmp_path: Path) -> None:
        """Backup, export and witness likewise, also by a link; beside it they may write."""
        with bench(tmp_path, "", 1) as at:
            (tmp_path / "link").symlink_to(at.path)
            for work in (
                lambda: at().upkeep.backup(at.path / "blobs" / "copy"),
                lambda: at().audit.export(tmp_path / "link" / "quarantine" / "log"),
                lambda: at().audit.verify(witness=at.path / "hooks.lock"),
            ):
                assert "keeps its own there" in refused(work, ModelshelfError)
            beside = at.path / "exports" / "catalog.onnx"
            assert check_place(at()._context, beside) == beside
