"""The built-in gates: what each of them says, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from modelshelf.domain.gates.case import Candidate, Measured
from modelshelf.domain.gates.judging import judge
from modelshelf.domain.gates.stated import in_card, stated
from modelshelf.domain.inspection import Inspection
from modelshelf.domain.policy import Gate
from modelshelf.domain.provenance import Code, Dataset
from tests.domain.judged import (
    EMPTY,
    FULL,
    NO_TOOLS,
    NOW,
    PRODUCTION,
    VERSION,
    ancestor,
    case,
    measurement,
    use,
    verdict,
    version,
)

SMOKE = Gate("smoke", "run", run=("python", "smoke.py", "{path}"), stands=86_400.0)
EVERYTHING = (
    "card", "owner", "description", "dataset", "code", "signature", "licence", "environment",
    "run", "metrics", "params", "tags", "metrics.auc", "params.lr", "tags.team",
)  # fmt: skip


def test_a_complete_version_has_all_that_is_needed() -> None:
    """Everything that can be asked for is found where it is recorded."""
    found = verdict(use("complete", needs=list(EVERYTHING)), Candidate(FULL, "ana"))
    assert found.outcome == "pass"
    assert found.required.startswith("card, owner, description, dataset")


def test_all_that_is_missing_is_said_at_once() -> None:
    """An empty version lacks each of them, and one sentence lists them."""
    found = verdict(use("complete", needs=[*EVERYTHING, "tags.a.b"]), Candidate(EMPTY))
    assert found.outcome == "fail"
    assert found.message == (
        "churn:v2 has no card, owner, description, dataset, code, signature, licence,"
        " environment, run, metrics, params, tags or 4 more"
    )
    one = verdict(use("complete", needs=["owner", "metrics.f1"]), Candidate(FULL, "  "))
    assert one.message == "churn:v2 has no owner or metrics.f1"
    assert one.observed == "no owner or metrics.f1"


def test_a_key_with_dots_is_a_key() -> None:
    """What stands behind the first dot is the key, dots and all."""
    detail = replace(FULL, version=replace(VERSION, metrics={"val.auc": 0.9}))
    assert verdict(use("complete", needs=["metrics.val.auc"]), Candidate(detail)).outcome == "pass"


def test_code_without_a_place_is_no_code() -> None:
    """The name of a script alone does not say which code it was."""
    detail = replace(FULL, code=Code(entry="train.py"))
    assert verdict(use("complete", needs=["code"]), Candidate(detail)).outcome == "fail"


def test_fresh_by_registration() -> None:
    """A version registered two days ago is fresh for three days, not for one."""
    day = 86_400.0
    found = verdict(use("fresh", within=3 * day))
    assert (found.outcome, found.message) == ("pass", "churn:v2 was registered 2 days ago")
    assert found.observed == "registered 2026-05-01 12:00 UTC"
    found = verdict(use("fresh", within=day))
    assert found.outcome == "fail"
    assert found.message == "churn:v2 was registered 2 days ago, 1 day allowed"


def test_fresh_by_evaluation() -> None:
    """A tag or a measured command tells when it was evaluated; the later of them counts."""
    gate = use("fresh", of=["evaluated"], within=86_400.0)
    assert verdict(gate).message == (
        "churn:v2 does not say when it was evaluated: it has no tag evaluated_at,"
        " and no command or other gate of this stage was measured on it"
    )
    tagged = replace(FULL, version=replace(VERSION, tags={"evaluated_at": "2026-05-03"}))
    assert verdict(gate, Candidate(tagged)).outcome == "pass"
    old = replace(FULL, version=replace(VERSION, tags={"evaluated_at": "2026-05-01"}))
    assert verdict(gate, Candidate(old)).outcome == "fail"
    candidate = Candidate(old, measured={"smoke": measurement(SMOKE)})
    assert judge(case(SMOKE, gate, candidates=[candidate]), NO_TOOLS)[-1].outcome == "pass"
    changed = Candidate(old, measured={"smoke": measurement(SMOKE, definition="0")})
    assert judge(case(SMOKE, gate, candidates=[changed]), NO_TOOLS)[-1].outcome == "fail"


def test_fresh_by_data() -> None:
    """The latest date among the data sets it was trained on counts; other versions are no dates."""
    gate = use("fresh", of=["data"], within=7 * 86_400.0)
    assert verdict(gate).message == "churn:v2 was trained on data from 2 days ago"
    words = (Dataset("a", version="v7"), Dataset("b", "evaluated_on", version="2026-05-02"))
    assert verdict(gate, Candidate(replace(FULL, datasets=words))).message == (
        "churn:v2 does not say when its data is from: it has no tag data_until,"
        " and no data set it was trained on has a date as its version"
    )


def test_all_times_asked_for_must_be_fresh() -> None:
    """Of several the ones that are not fresh are told."""
    gate = use("fresh", of=["registered", "data"], within=86_400.0)
    assert verdict(gate).message == (
        "churn:v2 was registered 2 days ago, 1 day allowed;"
        " churn:v2 was trained on data from 2 days ago, 1 day allowed"
    )


def test_a_time_to_come_is_not_fresh() -> None:
    """A date of next year would be fresh for ever; one of tomorrow may be a matter of zones."""
    gate = use("fresh", of=["evaluated"])
    later = replace(FULL, version=replace(VERSION, tags={"evaluated_at": "2027-01-01"}))
    found = verdict(gate, Candidate(later))
    assert found.outcome == "fail"
    assert found.message == "churn:v2 says it was evaluated 2027-01-01, which is still to come"
    tomorrow = replace(FULL, version=replace(VERSION, tags={"evaluated_at": "2026-05-04"}))
    assert verdict(gate, Candidate(tomorrow)).outcome == "pass"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00+14:00", "x" * 99])
def test_a_strange_date_is_no_date(text: str) -> None:
    """The ends of the calendar and long texts are refused as dates and break nothing."""
    odd = replace(FULL, version=replace(VERSION, tags={"evaluated_at": text}))
    assert verdict(use("fresh", of=["evaluated"]), Candidate(odd)).outcome == "fail"


def test_an_allowed_licence_passes() -> None:
    """Its own licence and those it inherits are looked up, and what they ask for is told."""
    gate = use("licence", allowed=["apache-2.0", "cc-by-sa-4.0"])
    found = verdict(gate, Candidate(FULL, ancestors=(ancestor("base:v1", "cc-by-sa-4.0"),)))
    assert found.outcome == "pass"
    assert found.observed == (
        "apache-2.0 and cc-by-sa-4.0 from base:v1; share-alike from base:v1 (cc-by-sa-4.0)"
    )
    assert found.message == (
        "churn:v2 is licensed under apache-2.0 and cc-by-sa-4.0 from base:v1,"
        " with share-alike from base:v1 (cc-by-sa-4.0)"
    )


def test_a_licence_that_is_not_allowed_fails() -> None:
    """Each that is not allowed, unknown or not stated is said."""
    gate = use("licence", allowed=["mit"])
    above = (ancestor("base:v1", "foo"), ancestor("other:v2"))
    assert verdict(gate, Candidate(FULL, ancestors=above)).message == (
        "churn:v2: other:v2, which it descends from, states no licence;"
        " apache-2.0 is not allowed; foo from base:v1 is no known licence"
    )
    assert verdict(gate, Candidate(EMPTY)).message == "churn:v2: it states no licence"
    alone = use("licence", allowed=["apache-2.0"], inherit=False)
    assert verdict(alone, Candidate(FULL, ancestors=above)).outcome == "pass"


def test_what_is_unknown_may_be_let_through() -> None:
    """With unknown = pass a missing or unknown licence passes, and a known one still decides."""
    gate = use("licence", allowed=["mit"], unknown="pass")
    assert verdict(gate, Candidate(EMPTY)).outcome == "pass"
    odd = replace(FULL, card="", inspection=Inspection("onnx", license="my own terms"))
    assert verdict(gate, Candidate(odd)).outcome == "pass"
    assert verdict(gate, Candidate(FULL)).outcome == "fail"


@pytest.mark.parametrize(
    ("card", "licences"),
    [
        ("---\nlicense: mit\n---\n", ("mit",)),
        ("\ufeff---\r\nlicense: 'mit' # ours\r\n---\r\n", ("mit",)),
        ("---\nlicense: [mit, apache-2.0]\n---\n", ("mit", "apache-2.0")),
        ("---\nlicense:\n- mit\n- apache-2.0\n---\n", ("mit", "apache-2.0")),
        ("---\nlicense: other\nlicense_name: llama3\n---\n", ("llama3",)),
        ("---\ntags:\n- mit\nlicense:\n---\n", ()),
        ("---\nlicense: mit\n", ()),
        ("license: mit\n", ()),
        ("", ()),
    ],
)
def test_the_head_of_a_card_states_a_licence(card: str, licences: tuple[str, ...]) -> None:
    """It is read as Hugging Face writes it; a text without a head states nothing."""
    assert in_card(card) == licences


def test_each_place_may_state_a_licence() -> None:
    """Card, file and tags are all looked at, and what is said twice counts once."""
    tagged = replace(
        FULL,
        version=replace(VERSION, tags={"license": "mit", "licence": "apache-2.0"}),
        inspection=Inspection("gguf", license="llama3  community"),
    )
    assert stated(tagged) == ("apache-2.0", "llama3 community", "mit")


def smoke(found: Measured | None) -> Candidate:
    """Return the full version with a measurement of the command."""
    return Candidate(FULL, measured={} if found is None else {"smoke": found})


def test_a_measurement_decides_while_it_stands() -> None:
    """What was measured is said again, with who measured and when."""
    found = verdict(SMOKE, smoke(measurement(SMOKE)))
    assert found.outcome == "pass"
    assert found.message == ("the smoke test ended with 0 (churn:v2, measured 1 hour ago by ana)")
    failed = measurement(SMOKE, outcome="fail", observed="exit 3", message="")
    assert verdict(SMOKE, smoke(failed)).message == (
        "fail, exit 3 (churn:v2, measured 1 hour ago by ana)"
    )


def test_what_must_be_measured_is_pending() -> None:
    """Not yet, too long ago, or by other rules: each says what to do."""
    way = "modelshelf check churn:v2 production --run"
    found = verdict(SMOKE, smoke(None))
    assert (found.outcome, found.message) == ("pending", f"churn:v2 was not measured yet: {way}")
    assert found.required == "python smoke.py {path} ends with 0"
    old = measurement(SMOKE, at=NOW - timedelta(days=3))
    assert verdict(SMOKE, smoke(old)).message == (
        f"churn:v2 was measured 3 days ago, which stands for 1 day: {way}"
    )
    other = measurement(SMOKE, definition="0", outcome="fail")
    found = verdict(SMOKE, smoke(other))
    assert (found.outcome, found.message) == (
        "pending",
        f"the gate was changed after churn:v2 was measured: {way}",
    )


def test_verified_stands_for_its_own_time() -> None:
    """The setting within says for how long the bytes count as looked at."""
    gate = use("verified", within=2 * 86_400.0)
    old = measurement(gate, at=NOW - timedelta(days=1))
    assert verdict(gate, Candidate(FULL, measured={"verified": old})).outcome == "pass"
    older = measurement(gate, at=NOW - timedelta(days=3))
    found = verdict(gate, Candidate(FULL, measured={"verified": older}))
    assert found.outcome == "pending"
    assert found.required == "bytes hashed within 2 days are those that were registered"


def test_the_message_of_the_policy_comes_first() -> None:
    """Where a gate does not pass, the policy's own words precede what was found."""
    gate = replace(use("complete", needs=["owner"]), message="Somebody must answer for it")
    assert verdict(gate, Candidate(FULL)).message == (
        "Somebody must answer for it: churn:v2 has no owner"
    )
    assert verdict(gate).message == "churn:v2 is complete: owner"


def test_a_gate_that_nobody_defined_forbids() -> None:
    """A name that means nothing never passes."""
    found = verdict(Gate("better", use="better"))
    assert found.outcome == "fail"
    assert found.message == (
        "churn:v2 cannot be judged: the policy names this gate and does not define it"
    )


def test_the_scan_is_judged_once() -> None:
    """It is always judged, and a stage that names it does not judge it again."""
    named = Gate("scanned", use="scan")
    found = judge(case(use("scan"), named), NO_TOOLS)
    assert [each.gate for each in found] == ["holders", "usable", "scan"]


def test_verdicts_on_several_versions_say_which() -> None:
    """Each version is judged by each gate, and its verdicts carry its reference."""
    both = [Candidate(FULL, "ana"), Candidate(version(3), "")]
    found = judge(case(use("complete", needs=["owner"]), candidates=both), NO_TOOLS)
    assert [(each.gate, each.reference, each.outcome) for each in found] == [
        ("holders", "", "pass"),
        ("usable", "churn:v2", "pass"),
        ("usable", "churn:v3", "pass"),
        ("scan", "churn:v2", "pass"),
        ("scan", "churn:v3", "pass"),
        ("complete", "churn:v2", "pass"),
        ("complete", "churn:v3", "fail"),
    ]
    assert all(each.reference in each.message for each in found)


def test_a_present_holder_is_judged_like_the_others() -> None:
    """Holding the stage already excuses nothing."""
    held = replace(FULL, version=replace(VERSION, stages={"production": 100}))
    given = case(use("complete", needs=["owner"]), candidates=[Candidate(held)], baseline=held)
    assert judge(given, NO_TOOLS)[-1].outcome == "fail"


def test_hostile_text_is_shown_harmlessly() -> None:
    """What was recorded long ago or read from files never reaches a sentence as it is."""
    odd = "\x1b[31m\u202e[/x]" + "y" * 10_000
    gate = replace(use("licence", allowed=[odd]), message=odd)
    detail = replace(FULL, card=f"---\nlicense: {odd}\n---\n")
    for found in (
        verdict(gate, Candidate(detail, ancestors=(ancestor(odd, odd),))),
        verdict(SMOKE, smoke(measurement(SMOKE, message=odd, observed=odd, actor=odd))),
        verdict(replace(SMOKE, run=(odd,)), smoke(None)),
    ):
        for text in (found.message, found.observed, found.required):
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert len(text) < 3_000


def test_the_stage_of_the_case_is_named() -> None:
    """Who may not share a stage is told by its name."""
    alone = replace(PRODUCTION, holders="one")
    both = [Candidate(FULL), Candidate(version(3))]
    first = judge(case(candidates=both, stage=alone), NO_TOOLS)[0]
    assert (first.outcome, first.message) == (
        "fail",
        "production is held by one version at a time",
    )
