"""Decisions: what is frozen when a stage is given, and what an auditor reads of it later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.domain.decision import ROWS_MOST, Decision
from modelshelf.domain.dossier import dossier, escaped, fenced
from modelshelf.domain.errors import Corrupt, NotFound
from modelshelf.domain.plain import plain
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.registry.policing import policy_digest
from tests.furnished import model_file
from tests.registry.asking import POLICY, Bench, bench
from tests.sentences import check_sentence, is_harmless


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    """Return a registry where production takes two reviewers and four eyes."""
    with bench(tmp_path) as made:
        yield made


def decided(at: Bench, reference: str = "churn:3") -> int:
    """Give production to a version by a request with two approvals; return the entry."""
    number = at().requests.open(reference, "production", reason="better").id
    at("ravi").requests.approve(number, comment="seen the data")
    at("bo").requests.approve(number)
    return at("eve").requests.apply(number).id


def page(decision: Decision) -> str:
    """Return the page about a decision."""
    return "\n".join(dossier(decision))


class TestFreezing:
    def test_everything_known_is_in_the_entry(self, at: Bench) -> None:
        """Policy, people, request, holder seen, what differed, digests."""
        at("oncall").promotions.promote("churn:1", "production", reason="first", bypass=True)
        entry = at().audit.get(decided(at))
        frozen = entry.body["decision"]
        registry = at()
        assert frozen["policy"] == policy_digest(registry._context)
        assert frozen["needed"] == 2
        assert [(a["actor"], a["comment"]) for a in frozen["approvals"]] == [
            ("ravi", "seen the data"), ("bo", ""),
        ]  # fmt: skip
        assert frozen["request"]["actor"] == "ana"
        assert frozen["request"]["id"] == entry.body["request_id"]
        assert frozen["seen"]["holders"][0]["reference"] == "churn:v1"
        assert frozen["seen"]["assignment"] == entry.body["replaced"]
        digest = registry.versions.get("churn:3").digest
        assert frozen["artifacts"] == {"churn:v3": digest}
        compared = frozen["comparison"]
        assert compared["references"] == ["churn:v1", "churn:v3"]
        rows = {(s["name"], r["key"]): r["values"] for s in compared["sections"] for r in s["rows"]}
        assert rows["metrics", "auc"] == [0.1, 0.3]
        assert ("format", "format") not in rows, "only what differs"

    def test_a_first_promotion_without_rules_is_short(self, at: Bench) -> None:
        """No empty fields are kept for ever."""
        made = at().promotions.promote("churn:1", "staging", reason="try")
        assert set(at().audit.get(made.id).body["decision"]) == {"policy", "artifacts"}

    def test_a_comparison_is_bounded(self, at: Bench, tmp_path: Path) -> None:
        """Long values are cut, and of many rows the first are kept, and how many are not."""
        at().versions.register(
            "churn",
            model_file(tmp_path, 99),
            params={f"p{n:03}": "x" * 3_000 for n in range(300)},
        )
        at().promotions.promote("churn:1", "staging", reason="r")
        made = at().promotions.promote("churn:4", "staging", reason="r")
        frozen = at().audit.get(made.id).body["decision"]["comparison"]
        rows = [r for s in frozen["sections"] for r in s["rows"]]
        assert len(rows) == ROWS_MOST
        assert frozen["left_out"] >= 100
        assert len(json.dumps(frozen)) < 100_000


class TestEvidence:
    def test_a_decision_is_laid_out(self, at: Bench, tmp_path: Path) -> None:
        """Bytes, code, data, metrics, people, times, the seal, and what covers it."""
        at("oncall").promotions.promote("churn:1", "production", reason="first", bypass=True)
        at().versions.register(
            "churn",
            model_file(tmp_path, 77),
            metrics={"auc": 0.93},
            code=Code("git@host:churn", "abcdef1", dirty=True, entry="train.py"),
            datasets=[Dataset("churn-2026", version="3", digest="sha256:" + "d" * 64)],
            run=Run("r1", "https://runs/1"),
            environment=Environment("3.11", "linux", {"numpy": "2.0"}),
            base="churn:1",
        )
        seq = decided(at, "churn:4")
        found = at().promotions.decision("churn:4", "production")
        entry = at().audit.get(seq)
        assert (found.entry, found.seal, found.seal_holds) == (seq, entry.seal, True)
        assert (found.actor, found.reason, found.event) == ("eve", "better", "stage.assigned")
        assert found.checkpoint is not None
        assert found.checkpoint.entry >= seq
        assert found.checkpoint.holds
        assert found.before is not None
        assert found.before.holders[0].reference == "churn:v1"
        assert [a.actor for a in found.approvals] == ["ravi", "bo"]
        assert found.request is not None
        assert (found.request.actor, found.request.assignment_id) == ("ana", seq)
        assert found.policy_text == POLICY
        assert {v.gate: v.outcome for v in found.verdicts}["approvals"] == "pass"
        assert found.bypass is None
        assert found.version.base == "churn:v1"
        assert json.loads(json.dumps(plain(found)))["entry"] == seq
        shown = page(found)
        for said in (
            "# Why churn:v4 holds production",
            "approved by ravi on 2026-03-01T",
            ": seen the data",
            "| auc | 0.93 |",
            f"`sha256:{found.version.version.digest}`",
            "- code: git\\@host:churn, abcdef1, train.py",
            "with changes that were not committed",
            "- trained on: churn-2026, 3, sha256:ddd",
            "- made from: churn:v1",
            "right, computed again",
            "- before: churn:v1 100 %",
            "approvals = 2",
        ):
            assert said in shown, said
        assert "bypass.**" not in shown

    def test_it_shows_the_version_as_it_was(self, at: Bench) -> None:
        """What was amended or renamed later is not what was decided on."""
        seq = decided(at)
        at().versions.amend("churn:3", metrics={"auc": 0.99})
        at().models.rename("churn", "leavers")
        found = at().promotions.decision("leavers:3", "production")
        assert found.entry == seq
        assert found.version.version.metrics == {"auc": 0.3}
        assert found.version.version.reference == "churn:v3"
        assert found.reference == "leavers:v3"
        assert at().promotions.decision("churn:3", "production").entry == seq

    def test_the_policy_is_the_one_that_decided(self, at: Bench) -> None:
        """Not the one of today."""
        decided(at)
        at.rule("")
        at().promotions.promote("churn:1", "staging", reason="r")
        assert at().promotions.decision("churn:3", "production").policy_text == POLICY

    def test_a_bypass_is_said_first(self, at: Bench) -> None:
        """Loudly."""
        at("oncall").promotions.promote("churn:3", "production", reason="fire", bypass=True)
        found = at().promotions.decision("churn:3", "production")
        assert found.bypass == "approvals (0 of 2)"
        assert "**This was a bypass.** Set aside: approvals (0 of 2)" in page(found)

    def test_after_a_rollback_the_first_decision_is_told(self, at: Bench) -> None:
        """Whose gates and people they are is said; so is what went before."""
        first = decided(at)
        with pytest.raises(Exception, match="may not hold"):
            at().promotions.promote("churn:1", "production", reason="r")
        at("oncall").promotions.promote("churn:2", "production", reason="try", bypass=True)
        back = at("eve").promotions.rollback("churn", "production", reason="errors up")
        found = at().promotions.decision("churn:3", "production")
        assert (found.entry, found.judged_in, found.bypass) == (back.id, first, None)
        assert [a.actor for a in found.approvals] == ["ravi", "bo"]
        assert found.before is not None
        assert found.before.bypass == "approvals (0 of 2)"
        assert [h.sentence.split(" of ")[0] for h in found.story] == ["was refused production"]
        shown = page(found)
        assert f"those of entry {first}" in shown
        assert "no gate was asked again" in shown

    def test_the_past_is_asked_too(self, at: Bench) -> None:
        """What held then, and the hint to look then."""
        first = decided(at)
        at("oncall").promotions.promote("churn:2", "production", reason="try", bypass=True)
        with pytest.raises(NotFound) as caught:
            at().promotions.decision("churn:3", "production")
        check_sentence(caught.value)
        assert str(caught.value) == (
            f"churn:v3 does not hold production: churn:v2 does, since entry {first + 1}."
            f" It did by entry {first}: look with --as-of {first}."
        )
        assert at().at(first).promotions.decision("churn:3", "production").entry == first
        with pytest.raises(NotFound, match="nobody does"):
            at().promotions.decision("churn:3", "staging")

    def test_an_edited_entry_is_shown_as_such(self, at: Bench) -> None:
        """The seal is computed again, from what stands there."""
        seq = decided(at)
        with at()._context.database.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
            connection.exec_driver_sql(f"UPDATE audit SET actor = 'zoe' WHERE seq = {seq}")  # noqa: S608
        found = at("eve").promotions.decision("churn:3", "production")
        assert not found.seal_holds
        assert "edited" in page(found)

    @pytest.mark.parametrize(
        "body",
        [
            {"approvals": "x"},
            {"approvals": [{}]},
            {"evidence": [{"a": 1}]},
            {"needed": "many"},
            {"artifacts": 5},
            {"approvals": [{"actor": "a", "at": "never"}]},
            7,
        ],
    )
    def test_a_decision_of_another_hand_is_no_crash(self, at: Bench, body: object) -> None:
        """What cannot be read is said to be damaged."""
        seq = decided(at)
        changed = json.dumps({**at().audit.get(seq).body, "decision": body})
        with at()._context.database.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
            connection.exec_driver_sql("UPDATE audit SET body = ? WHERE seq = ?", (changed, seq))
        with pytest.raises(Corrupt, match=f"the decision in entry {seq} cannot be read"):
            at("eve").promotions.decision("churn:3", "production")

    def test_a_split_names_everybody(self, at: Bench) -> None:
        """With weights and digests of all holders."""
        at("oncall").promotions.promote("churn:1", "production", reason="r", bypass=True)
        at("oncall").promotions.promote("churn:2", "production", weight=20, reason="r", bypass=True)
        found = at().promotions.decision("churn:1", "production")
        assert set(found.artifacts) == {"churn:v1", "churn:v2"}
        assert "churn:v1 80 %, churn:v2 20 %" in page(found)


HOSTILE = [
    "](https://evil) ![x](https://evil/p.png)",
    "a | b\n| c |\n# head",
    "```\n# out\n```",
    "<script>alert(1)</script>",
    "\x1b[31mred",
    "\u202egnp.exe",
    "**bold** _it_ `code`",
    "https://evil.example www.evil.example me@evil.example",
    "[/x] [red]x",
    "x" * 1_900,
]


class TestHostileText:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_line_stays_a_line(self, text: str) -> None:
        """No mark-up is left in it."""
        shown = escaped(text)
        assert is_harmless(shown)
        assert "\n" not in shown
        bare = shown
        for mark in "\\`*_[]<>|&~#$":
            bare = bare.replace(f"\\{mark}", "")
        assert not set(bare) & set("`*[]<>|#~&$"), bare
        assert not re.search(r"(?<!\\)(://|www\.)", shown)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_fence_holds(self, text: str) -> None:
        """Only its last line closes it."""
        lines = list(fenced(text))
        fence = lines[-1]
        assert lines[0] == f"{fence}text"
        assert all(not line.strip().startswith(fence) for line in lines[1:-1])

    @pytest.mark.parametrize("text", [t for t in HOSTILE if "\x1b" not in t])
    def test_a_page_keeps_its_shape(self, at: Bench, tmp_path: Path, text: str) -> None:
        """Whatever stands in reasons, comments, cards, paths and tags."""
        line = text.replace("\n", " ")
        at().versions.register(
            "churn",
            model_file(tmp_path, 5),
            description=text,
            card=text,
            params={"p": line},
            tags={"t": line[:200]},
            metrics={"auc": 1.0},
            code=Code(line[:100], "abcdef1", entry=line[:100]),
        )
        at().promotions.promote("churn:1", "staging", reason=text)
        at().promotions.promote("churn:4", "staging", reason=text)
        shown = page(at().promotions.decision("churn:4", "staging"))
        heads = [line for line in shown.splitlines() if line.startswith("#")]
        assert heads[0] == "# Why churn:v4 holds staging"
        assert [h[3:] for h in heads[1:]] == [
            "The decision", "Gates", "The version", "Files", "Metrics",
            "What differed from the holder of then", "The policy",
        ]  # fmt: skip
        assert not re.search(r"(?<!\\)(<script|\]\(|!\[)", shown)
        assert all(is_harmless(line) for line in shown.splitlines())
