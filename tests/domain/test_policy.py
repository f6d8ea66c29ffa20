"""The policy file: what it may say, what is refused, and that nothing in it crashes the reader."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.names import parse_reference
from modelshelf.domain.policy import DEFAULT_POLICY, parse_policy
from tests.sentences import check_sentence

# The example of docs/design.md, "Policy".
EXAMPLE = """
[stages.staging]
gates = ["scan", "complete"]
[stages.production]
holders = "many"
gates = ["scan", "complete", "better", "fresh-data"]
approvals = 1
approvers = ["role:reviewer"]
four_eyes = true
on_replaced = "archive"
[gates.better]
when = "metrics.auc >= baseline.metrics.auc - 0.005"
message = "AUC must not fall by more than 0.005"
[gates.fresh-data]
when = "datasets.exists(d, d.kind == 'trained_on')"
[gates.smoke]
run = ["python", "checks/smoke.py", "{path}"]
timeout = 120
[roles]
reviewer = ["ana", "ravi"]
[[drop_folders]]
path = "inbox"
model = "{folder}"
settle = 2.0
keep = "move"
[[hooks]]
on = ["stage.assigned", "stage.rolled_back"]
models = ["churn*"]
run = ["./deploy.sh"]
"""

words = st.sampled_from(
    [
        *("stages", "production", "staging", "holders", "many", "gates", "approvals"),
        *("on_replaced", "drop_folders", "path", "settle", "keep", "roles", "hooks", "models"),
        *("archive", "é", ""),
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | words
tables = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


def test_the_example_of_the_design_works() -> None:
    """The policy shown in the design is read with everything it says."""
    policy = parse_policy(tomllib.loads(EXAMPLE))
    assert policy.names == ("draft", "staging", "production", "archived")
    production = policy.stage("production")
    assert (production.holders, production.approvals) == ("many", 1)
    assert production.gates == ("scan", "complete", "better", "fresh-data")
    assert [(g.role, g.person) for g in policy.grants] == [
        ("reviewer", "ana"),
        ("reviewer", "ravi"),
    ]
    assert policy.drop_folders[0].settle == 2.0
    assert len(policy.hooks) == 1


def test_an_empty_policy_is_the_default_one() -> None:
    """A file without a word changes nothing."""
    assert parse_policy({}) == DEFAULT_POLICY


def test_a_new_rung_stands_above_those_before_it() -> None:
    """A stage that the default ladder has not is added below `archived`."""
    policy = parse_policy({"stages": {"canary": {}, "production": {"holders": "one"}}})
    assert policy.names == ("draft", "staging", "production", "canary", "archived")
    assert policy.stage("production").holders == "one"


@given(st.dictionaries(words, tables, max_size=5))
def test_whatever_the_file_holds_there_is_a_policy_or_a_sentence(table: dict[str, Any]) -> None:
    """A table of any shape is read or refused; nothing crashes, and the sentence is harmless."""
    try:
        policy = parse_policy(table)
    except Invalid as error:
        check_sentence(error)
    else:
        for name in policy.assignable:
            assert parse_reference(f"churn@{name}").label == name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[stage.production]", "Did you mean stages"),
        ("[stages.production]\nholder = 'many'", "Did you mean holders"),
        ("[stages.production]\nholders = 'few'", "one or many"),
        ("[stages.production]\napprovals = true", "number of people"),
        ("[stages.production]\napprovals = -1", "number of people"),
        ("[stages.production]\ngates = 'scan'", "list of names"),
        ("[stages.production]\non_replaced = 'delete'", "archive or keep"),
        ("[stages]\nproduction = 1", "not a table"),
        ("[stages.draft]", "cannot be a stage"),
        ("[stages.archived]", "cannot be a stage"),
        ("[stages.latest]", "cannot be a stage"),
        ("[stages.v2]", "cannot be a stage"),
        ("[stages.2nd]", "cannot be a stage"),
        ("[stages.'pré']", "cannot be a stage"),
        ("[stages.'a b']", "cannot be a stage"),
        ("[stages.'']", "empty"),
        ("stages = []", "not a table"),
        ("[drop_folders]\npath = 'x'", "list of tables"),
        ("[[drop_folders]]\nsettle = -1", "number of seconds"),
        ("[[drop_folders]]\nsettle = nan", "number of seconds"),
        ("[[drop_folders]]\nsettle = 1e9", "number of seconds"),
        ("[[drop_folders]]\nkeep = 'burn'", "move or copy or adopt"),
        ("[[drop_folders]]\npath = ''", "empty"),
        ("[roles]\nreviewer = 'ana'", "list of names"),
    ],
)
def test_a_mistake_is_named_with_what_is_right(text: str, why: str) -> None:
    """Each mistake is refused with its place and, where there is one, the right word."""
    with pytest.raises(Invalid) as caught:
        parse_policy(tomllib.loads(text))
    said = f"{caught.value} {caught.value.required}"
    assert why in said


def test_a_stage_that_is_not_there_names_the_nearest() -> None:
    """A misspelt stage is answered with the one that was meant."""
    with pytest.raises(NotFound, match="Did you mean production"):
        DEFAULT_POLICY.stage("prodcution")
    for label in ("draft", "archived"):
        with pytest.raises(NotFound):
            DEFAULT_POLICY.stage(label)
