"""The policy in force, setting by setting, and in words."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.policy import DEFAULT_POLICY, Policy, parse_policy
from modelshelf.domain.policy.explaining import Explanation, explain
from modelshelf.domain.policy.showing import Setting, settings_of
from modelshelf.domain.policy.toml import header_text, key_text, value_text
from tests.sentences import is_harmless

FULL = """\
ladder = ["staging", "live"]
[stages.live]
holders = "many"
gates = ["scan", "filled", "smoke", "fair", "better", "licence", "fresh", "signature", "verified"]
approvals = 1
approvers = ["role:reviewer", "zoe"]
cooling_off = "1d"
ramp = "approved"
bypass = ["role:admin"]
was = "production"
[gates.filled]
use = "complete"
needs = ["card"]
message = "fill it in"
[gates.smoke]
run = ["python", "x.py"]
timeout = "2m"
[gates.fair]
plugin = "fairness"
limit = 0.2
within = 60.0
[gates.better]
when = "metrics.auc > 0.9"
[gates.licence]
allowed = ["MIT"]
[roles]
reviewer = ["ana", { who = ["ravi"], models = ["risk/*"] }]
[actors]
named = ["ci"]
[[models]]
match = ["risk/*", "fraud"]
[models.stages.live]
approvals = 2
expires = "1d"
[[hooks]]
name = "deploy"
on = ["stage.*"]
models = ["risk/*"]
run = ["./deploy.sh"]
[[hooks]]
url = "https://chat.example/T0/secret?x=1"
secret = "env:S"
[checkpoints]
run = ["git", "commit"]
"""


def read(text: str) -> Policy:
    """Return the policy that a TOML text describes."""
    return parse_policy(tomllib.loads(text), text=text)


def as_toml(settings: tuple[Setting, ...]) -> str:
    """Write settings down as they are shown."""
    lines, table = [], None
    for setting in settings:
        if setting.place[:-1] != table:
            table = setting.place[:-1]
            lines.append(header_text(table))
        lines.append(f"{key_text(str(setting.place[-1]))} = {value_text(setting.value)}")
    return "\n".join(lines)


def same(one: Policy, other: Policy) -> bool:
    """Whether two policies mean the same; a built-in gate may be named or not."""
    gates = {*one.gates, *other.gates}
    bare: dict[str, Any] = {"gates": {}}
    return replace(one, **bare) == replace(other, **bare) and all(
        one.gate(name) == other.gate(name) for name in gates
    )


def test_what_is_shown_is_the_policy() -> None:
    """The settings, written down as TOML, are read as the policy that they were taken from."""
    for text in (FULL, ""):
        policy = read(text)
        assert same(read(as_toml(settings_of(policy, text))), policy)


def test_what_is_shown_for_a_model_is_the_policy_for_it() -> None:
    """With the special rules applied and none left."""
    policy = read(FULL)
    shown = read(as_toml(settings_of(policy, FULL, "risk/x")))
    assert same(shown, replace(policy.of("risk/x"), overrides=()))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5).filter(
    lambda t: bool(t.strip())
)
gates = st.fixed_dictionaries(
    {"plugin": texts},
    optional={
        "a b": st.floats(allow_nan=False, allow_infinity=False),
        "é": st.lists(st.integers(-(2**40), 2**40) | st.dictionaries(texts, st.booleans())),
        "message": texts,
        "stands": st.integers(0, 10**6) | st.sampled_from(["3d", "0.5s"]),
    },
)


@given(
    st.dictionaries(texts.map(lambda t: f"x{t}"), gates, max_size=3),
    st.dictionaries(texts, st.lists(texts, max_size=2), max_size=2),
    st.floats(0, 86_400),
)
def test_whatever_is_set_is_shown_as_it_would_be_written(
    gates: dict[str, Any], roles: dict[str, Any], settle: float
) -> None:
    """Odd names, odd numbers and tables inside settings come back as they were."""
    folder = {"settle": settle, "pattern": 'a/(?P<n>.*)\\\\"'}
    policy = parse_policy({"gates": gates, "roles": roles, "drop_folders": [folder]})
    assert same(read(as_toml(settings_of(policy, ""))), policy)


def test_each_value_says_where_it_comes_from() -> None:
    """The default, a line of the file, or a special rule for the model."""
    policy = read(FULL)
    found = {s.place: (s.value, s.origin, s.line) for s in settings_of(policy, FULL, "risk/x")}
    assert found["ladder",] == (["staging", "live"], "file", 1)
    assert found["stages", "live", "holders"] == ("many", "file", 3)
    assert found["stages", "live", "four_eyes"] == (False, "default", 0)
    line = FULL.splitlines().index("approvals = 2") + 1
    assert found["stages", "live", "approvals"] == (2, "override", line)
    assert found["stages", "live", "expires"] == ("1d", "override", line + 1)
    assert found["gates", "fresh", "within"] == ("30d", "default", 0)
    assert found["gates", "fair", "within"] == (
        60.0,
        "file",
        FULL[: FULL.index("within")].count("\n") + 1,
    )
    general = {s.place: s for s in settings_of(policy, FULL)}
    assert general["stages", "live", "approvals"].value == 1
    assert general["models", 0, "stages", "live", "approvals"].line == line


def said(found: Explanation) -> str:
    """Return everything an explanation says, as one text."""
    parts = [found.model, *found.overrides, *found.sentences, *found.hooks, *found.hooks.values()]
    for stage in found.stages:
        parts += [stage.name, *stage.sentences, *stage.gates, *stage.gates.values()]
    for role, people in found.roles.items():
        parts += [role, *people]
    return "\n".join(parts)


def test_the_rules_for_a_model_are_told_in_words() -> None:
    """Who, which gates and what they demand, whose approvals, who may bypass, who is told."""
    found = explain(read(FULL), "risk/x")
    assert found.overrides == ("risk/*, fraud",)
    live = found.stages[-1]
    assert live.sentences == (
        "several versions may hold it at once and share the traffic",
        "the version that is replaced is archived",
        "it takes 2 approvals, by whoever has the role reviewer (ana, ravi) or zoe",
        "one's approval of a request of one's own counts after 1d",
        "a request lapses after 1d",
        "a change of weights among those that hold it takes approvals again",
        (
            "gates and approvals may be set aside, with a reason, by whoever has the role admin"
            " (nobody has it here)"
        ),
        "it was called production before",
    )
    assert live.gates == {
        "scan": "nothing unsafe was found, and no code that nobody has vouched for",
        "filled": "recorded are: card",
        "smoke": "the command python x.py ends with 0 within 2m; that stands for 1d",
        "fair": "the installed gate fairness passes with limit = 0.2, within = 60.0;"
        " that stands for 1d",
        "better": "metrics.auc > 0.9",
        "licence": "its licence, and those of what it was made from, are among MIT;"
        " none or an unknown one fails",
        "fresh": "it was registered at most 30d ago",
        "signature": "inputs and outputs are compatible with those of the present holder",
        "verified": "its bytes were read and hashed at most 7d ago",
    }
    assert found.roles == {"reviewer": ("ana", "ravi")}
    assert found.hooks["deploy"] == "stage.*: runs ./deploy.sh"


def test_another_model_has_the_general_rules() -> None:
    """No special rule, no grant and no hook of others is told of it."""
    found = explain(read(FULL), "churn")
    assert found.overrides == ()
    assert "1 approval, by" in found.stages[-1].sentences[2]
    assert found.roles == {"reviewer": ("ana",)}
    assert len(found.hooks) == 1


def test_an_address_is_told_without_what_may_be_secret_in_it() -> None:
    """Chat services put the password into the path."""
    (told,) = explain(read(FULL), "churn").hooks.values()
    assert told == "*: posts to https://chat.example, signed"


def test_the_default_policy_is_told_too() -> None:
    """Every stage has the scan, and without roles everybody may do everything."""
    found = explain(DEFAULT_POLICY, "churn")
    assert [list(stage.gates) for stage in found.stages] == [["scan"], ["scan"]]
    assert "nobody is asked for approval" in found.stages[0].sentences
    assert found.sentences == (
        "no role is granted, so whoever can open the registry may do everything",
    )


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5))
def test_words_of_the_policy_are_told_harmlessly(word: str) -> None:
    """Names, patterns, messages and addresses may hold signs that turn text around."""
    name = f"x{word}"
    policy = parse_policy(
        {
            "stages": {"staging": {"gates": [name], "approvals": 1, "approvers": [name]}},
            "gates": {name: {"run": [name]}},
            "roles": {name: [name, {"who": [name], "models": [name]}]},
            "models": [{"match": name, "stages": {"staging": {"bypass": [name]}}}],
            "hooks": [{"run": [name], "on": [name]}],
            "actors": {"named": [name]},
        }
    )
    for model in ("churn", name):
        shown = explain(policy, model)
        told = (s for stage in shown.stages for s in (*stage.sentences, *stage.gates.values()))
        assert all(is_harmless(s) for s in (*told, *shown.sentences, *shown.hooks.values()))
