"""The policy file checked as a whole: all mistakes at once, by line, and what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.domain.policy import parse_policy
from modelshelf.domain.policy.checking import Tools, check_policy
from modelshelf.domain.policy.problem import PolicyProblem
from tests.sentences import is_harmless

BROKEN = """\
ladder = ["staging", "live"]
[stages.live]
holder = "many"
gates = ["scna",
  "better"]
approvals = "two"
[gates.better]
when = "metrics.auc >"
[[hooks]]
run = "deploy"
[nonsense]
"""


def told(text: str, tools: Tools | None = None, held: Sequence[str] = ()) -> list[str]:
    """Return the problems of a text as line, kind and sentence."""
    found = check_policy(text, tools, held)
    return [f"{p.line} {'doubt' if p.warning else 'mistake'} {p.sentence}" for p in found]


def test_all_mistakes_are_found_at_once_in_the_order_of_their_lines() -> None:
    """None hides another, and each has its line."""
    found = check_policy(BROKEN, Tools(expression=lambda _: "it ends too early"))
    assert [(p.line, p.where) for p in found if not p.warning] == [
        (3, "stages.live.holder"),
        (4, "stages.live.gates[0]"),
        (6, "stages.live.approvals"),
        (8, "gates.better.when"),
        (10, "hooks[0].run"),
        (11, "nonsense"),
    ]


def test_the_reader_ends_with_the_first_of_them() -> None:
    """What stops a command is the first line of what the check lists."""
    import tomllib

    with pytest.raises(Invalid, match=r"^modelshelf\.toml, line 3: stages\.live: 'holder'"):
        parse_policy(tomllib.loads(BROKEN), text=BROKEN)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 2), ("a = 1\na = 2", 2), ("x = [1,\n2", 2), ("a = " + "9" * 5_000, 0)],
)
def test_what_is_no_toml_is_one_mistake(text: str, line: int) -> None:
    """Its line is told where the parser says it."""
    (problem,) = check_policy(text)
    assert (problem.line, problem.what) == (line, "it is not TOML")


def test_nesting_without_end_is_one_mistake() -> None:
    """A text that no parser gets to the bottom of is told as such."""
    (problem,) = check_policy("a = " + "[" * 100_000)
    assert "nested" in problem.what or "TOML" in problem.what


def test_what_is_asked_outside_is_told_with_its_place() -> None:
    """Expressions and licences are mistakes; what is missing on this machine is a doubt."""
    text = """
[stages.production]
gates = ["a", "b", "c", "licence"]
[gates.a]
when = "x"
[gates.b]
run = ["nope"]
[gates.c]
plugin = "fair"
[gates.licence]
allowed = ["MIT", "MTI"]
[checkpoints]
run = ["git"]
[[hooks]]
run = ["nope"]
"""
    found = told(
        text,
        Tools(
            expression=lambda text: f"{text} is nothing",
            licence=lambda text: None if text == "MIT" else "unknown",
            command=lambda run: None if run[0] == "git" else "not there",
            plugin=lambda name: f"no {name}",
        ),
    )
    assert found == [
        "5 mistake gates.a.when cannot be read: x is nothing.",
        "7 doubt gates.b.run names a command that is not found: not there.",
        "9 doubt gates.c.plugin is not installed here: no fair.",
        "11 mistake gates.licence.allowed[1] is no licence that is known: unknown.",
        "15 doubt hooks[0].run names a command that is not found: not there.",
    ]


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (
            "[stages.production]\napprovals = 1\napprovers = ['role:reviewer']",
            "2 doubt stages.production.approvals asks for 1, and nobody can give them",
        ),
        (
            "[stages.production]\napprovals = 2\napprovers = ['ana']",
            "asks for 2, and 1 can give them",
        ),
        (
            (
                "[stages.production]\napprovals = 3\napprovers = ['ana', 'role:reviewer']\n"
                "[roles]\nadmin = ['li', 'ana']"
            ),
            "asks for 3, and 2 can give them",
        ),
        ("[stages.production]\nfour_eyes = true", "no approvals are asked for"),
        ("[gates.x]\nwhen = 'true'", "1 doubt gates.x is a gate that no stage names"),
        ("[stages.production]\ngates = ['fresh', 'fresh']", "stands there twice"),
        ("[[hooks]]\nrun = ['a']\non = ['stage.asigned']", "Did you mean stage.assigned?"),
        ("[[hooks]]\nrun = ['a']\non = 'nothing.*'", "no event is called so"),
        ("[[hooks]]\nrun = ['a']\n[[hooks]]\nrun = ['a']\non = ['x']", "that hooks[0] does not"),
        ("[[models]]\nmatch = 'a'", "changes nothing"),
        (
            (
                "[[models]]\nmatch = 'r/*'\n[models.stages.production]\napprovals = 1\n"
                "approvers = ['role:admin']"
            ),
            "4 doubt models[0].stages.production.approvals asks for 1",
        ),
    ],
)
def test_what_may_not_be_meant_is_a_doubt(text: str, doubt: str) -> None:
    """The policy works all the same, so these stop nothing."""
    found = told(text)
    assert any(doubt in each for each in found), found
    assert all(" doubt " in each for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[stages.staging]\napprovals = 2\napprovers = ['role:reviewer']\n[roles]\nreviewer=['*']",
        "[stages.staging]\napprovals = 1\napprovers = ['role:viewer']\n[roles]\nadmin = ['li']",
        "[stages.production]\napprovals = 1\nfour_eyes = true",
        "[[hooks]]\nrun=['a']\non=['stage.*']\n[[hooks]]\nrun=['a']\non=['model.*']",
        "[[hooks]]\nrun=['a']\nmodels='a*'\n[[hooks]]\nrun=['b']\nmodels='a*'",
        "[gates.x]\nwhen='true'\n[[models]]\nmatch='a'\n[models.stages.staging]\ngates=['x']",
    ],
)
def test_what_is_meant_is_no_doubt(text: str) -> None:
    """A policy that makes sense is checked without a word."""
    assert told(text) == []


def test_a_stage_that_is_held_and_missing_is_a_doubt() -> None:
    """Unless it is the former name of a rung."""
    held = ("production", "staging")
    assert told("", None, held) == []
    (doubt,) = told('ladder = ["staging", "live"]', None, held)
    assert 'was = "production"' in doubt
    renamed = 'ladder = ["staging", "live"]\n[stages.live]\nwas = "production"'
    assert told(renamed, None, held) == []


@given(
    st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            [
                *BROKEN.splitlines(keepends=True),
                *("[stages]\n", "[gates]\nx = 1\n", "[[models]]\nmatch = 'a'\n", "models = 1\n"),
                *(
                    "[models.stages.live]\n",
                    "hooks = [1]\n",
                    "on = [1]\n",
                    "[roles]\na = ['\x1b']\n",
                ),
                *(
                    "gates = [1]\n",
                    "stages = 1\n",
                    "[models]\n",
                    "[stages.live]\n",
                    "run = ['a']\n",
                ),
            ]
        ),
        max_size=8,
    ).map("".join)
)
def test_whatever_the_file_holds_the_check_ends_with_harmless_sentences(text: str) -> None:
    """Nothing crashes, no terminal obeys, no line lies outside."""
    found: tuple[PolicyProblem, ...] = check_policy(text)
    for problem in found:
        assert is_harmless(problem.sentence)
        assert 0 <= problem.line <= text.count("\n") + 1
