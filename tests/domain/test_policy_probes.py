"""Probes in the policy file: what they say, what is wrong with them, how they are shown."""

from __future__ import annotations

import tomllib

import pytest

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.policy import Policy, parse_policy
from modelshelf.domain.policy.checking import Tools, check_policy
from modelshelf.domain.policy.explaining import explain
from modelshelf.domain.policy.probes import find_probe
from modelshelf.domain.policy.showing import settings_of
from tests.sentences import check_sentence

DIGEST = "sha256:" + "ab" * 32
WHOLE = f"""
[probes.holdout]
run = ["python", "probes/answer.py", "{{path}}", "{{data}}"]
data = "probes/holdout.csv"
digest = "{DIGEST}"
timeout = "2m"
env = ["TOKEN"]

[probes.small]
run = ["./ask"]
data = "small.csv"
"""


def read(text: str) -> Policy:
    """Return the policy of a text."""
    return parse_policy(tomllib.loads(text), text=text)


def said(text: str) -> dict[int, str]:
    """Return what is wrong with a policy, by line."""
    found = check_policy(text)
    for problem in found:
        check_sentence(problem.error("modelshelf.toml"))
    return {problem.line: problem.sentence for problem in found}


def test_a_probe_is_read_with_its_defaults() -> None:
    """All settings arrive, and what is left out has its default."""
    probes = read(WHOLE).probes
    holdout, small = probes["holdout"], probes["small"]
    assert holdout.run == ("python", "probes/answer.py", "{path}", "{data}")
    assert (holdout.data, holdout.digest, holdout.timeout, holdout.env) == (
        "probes/holdout.csv", DIGEST, 120.0, ("TOKEN",)
    )  # fmt: skip
    assert (small.digest, small.timeout, small.env) == ("", 120.0, ())
    assert read("").probes == {}


def test_a_digest_without_its_prefix_and_in_capitals_is_understood() -> None:
    """Tools print digests so."""
    text = WHOLE.replace(DIGEST, "AB" * 32)
    assert read(text).probes["holdout"].digest == DIGEST


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (("2m", "3m"), True),
        (("ab" * 32, "cd" * 32), True),
        (("[probes.holdout]", "[probes.other]"), True),
        (("answer.py", "answers.py"), False),
        (("holdout.csv", "holdup.csv"), False),
        (("TOKEN", "KEY"), False),
    ],
)
def test_the_definition_is_what_decides_the_answers(
    changed: tuple[str, str], *, same: bool
) -> None:
    """Command, place of the examples and environment are it; the pin and the time are not."""
    first = next(iter(read(WHOLE).probes.values()))
    other = next(iter(read(WHOLE.replace(*changed)).probes.values()))
    assert (first.definition == other.definition) is same


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ('rnu = ["x"]', "Did you mean run?"),
        ('run = "python x"', "a command is a list"),
        ("run = []", "is empty"),
        ("data = 7", "not text"),
        ('data = ""', "is empty"),
        ('digest = "md5:abc"', "is no digest"),
        ('digest = "sha256:' + "g" * 64 + '"', "is no digest"),
        ("timeout = 0", "0.1s to 1d"),
        ('timeout = "soon"', "not a number of seconds"),
        ('env = ["A=secret"]', "gives 'A' a value"),
        ('run = ["python", "{pth}"]', "Did you mean path?"),
        ('run = ["python", "{stage}"]', "stands for nothing"),
    ],
)
def test_a_mistake_is_told_with_its_line(setting: str, says: str) -> None:
    """Each stands in the line of the setting that is wrong."""
    key = setting.partition(" ")[0]
    rest = [line for line in ('run = ["a"]', 'data = "b"') if not line.startswith(key)]
    text = "\n".join(["[probes.holdout]", *rest, setting])
    line = len(rest) + 2
    assert says in said(text)[line]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[probes.holdout]\ndata = 'x'", "does not say what to run"),
        ("[probes.holdout]\nrun = ['x']", "names no file with examples"),
        ("[probes]\nholdout = 3", "is not a table"),
        ("probes = 3", "is not a table"),
        ("[[probes]]\nrun = ['x']", "is not a table"),
        ("[probe.holdout]\nrun = ['x']", "Did you mean probes?"),
        ('[probes."a\\u001bb"]\nrun = ["x"]\ndata = "y"', "\\x1b"),
    ],
)
def test_what_is_left_out_or_elsewhere_is_told(text: str, says: str) -> None:
    """A probe without a command or examples, and sections that are none."""
    assert any(says in sentence for sentence in said(text).values())
    with pytest.raises(Invalid):
        read(text)


def test_a_placeholder_that_stands_for_nothing_is_a_doubt_only() -> None:
    """The policy works all the same, for a program may want braces."""
    text = "[probes.a]\nrun = ['x', '{nothing}', '{\"json\": 1}']\ndata = 'b'"
    assert [p.warning for p in check_policy(text)] == [True]
    assert read(text).probes["a"].run[1] == "{nothing}"


def test_a_program_that_is_not_there_is_a_doubt() -> None:
    """The command is asked for as those of gates are."""
    found = check_policy(WHOLE, Tools(command=lambda run: f"{run[0]} is not here"))
    assert [(p.where, p.line, p.warning) for p in found] == [
        ("probes.holdout.run", 3, True),
        ("probes.small.run", 10, True),
    ]


def test_settings_and_words_tell_the_probes() -> None:
    """`policy show` lists each setting with its line, `policy explain` says it in words."""
    shown = {s.place: (s.value, s.line) for s in settings_of(read(WHOLE), WHOLE)}
    assert shown["probes", "holdout", "digest"] == (DIGEST, 5)
    assert shown["probes", "holdout", "timeout"] == ("2m", 6)
    assert shown["probes", "small", "timeout"] == ("2m", 0)
    assert ("probes", "small", "digest") not in shown
    sentences = explain(read(WHOLE), "churn").sentences
    assert any("holdout" in s and "pinned to sha256:" in s for s in sentences)
    assert any("small.csv, which is not pinned" in s for s in sentences)


def test_a_probe_that_is_not_there_is_named_with_the_nearest() -> None:
    """And where there are none, what to write."""
    with pytest.raises(NotFound, match="Did you mean holdout"):
        find_probe(read(WHOLE).probes, "holdot")
    with pytest.raises(NotFound, match=r"\[probes\.mine\]") as caught:
        find_probe({}, "mine")
    check_sentence(caught.value)
