"""The rule that says which model a drop belongs to: what may be written, and what follows."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.drop_rule import PATH_MOST, DropFolder, does_not_match, model_for, no_model
from modelshelf.domain.errors import Invalid
from modelshelf.domain.policy import parse_policy

PATTERN = r"(?P<team>[a-z]+)/(?:\d{4}/)?(?P<name>[a-z]+)(?P<more>-x)?[^/]*"


def rule(model: str = "{folder}", pattern: str = "") -> DropFolder:
    """Return the drop folder of a policy with these settings."""
    table = {"drop_folders": [{"path": "inbox", "model": model, "pattern": pattern}]}
    return parse_policy(table).drop_folders[0]


@pytest.mark.parametrize(
    ("model", "pattern", "path", "name"),
    [
        ("{team}/{name}", PATTERN, "risk/2026/churn-3.onnx", "risk/churn"),
        ("{team}/{name}{more}", PATTERN, "risk/churn.onnx", "risk/churn"),
        ("{team}-{stem}", PATTERN, "risk/churn.v2.onnx", "risk-churn.v2"),
        ("{folder}", PATTERN, "risk/churn.onnx", "risk"),
        ("churn", PATTERN, "risk/churn.onnx", "churn"),
        ("{team}/{name}", PATTERN, "RISK/churn.onnx", None),
        ("{team}/{name}", PATTERN, "risk/churn.onnx/more", None),
        ("{sidecar}", "", "risk/churn.onnx", None),
        ("{stem}", "", "llm-00001-of-00002.gguf", "llm"),
        ("{stem}", "", "big.safetensors.index.json", "big"),
    ],
)
def test_a_name_follows_from_a_pattern(
    model: str, pattern: str, path: str, name: str | None
) -> None:
    """The whole path below the drop folder has to match; groups fill placeholders."""
    assert model_for(rule(model, pattern), PurePosixPath(path)) == name


@pytest.mark.parametrize(
    ("model", "pattern", "words"),
    [
        ("{stam}", "", "nothing fills {stam}: there is no pattern"),
        ("{stam}", "", "Did you mean {stem}?"),
        ("{nam}", PATTERN, "the pattern has the groups team, name, more"),
        ("{nam}", PATTERN, "Did you mean {name}?"),
        ("{x}", "[a-z]+", "it has no groups"),
        ("{folder", "", "a brace that belongs to no placeholder"),
        ("{}", "", "a brace that belongs to no placeholder"),
        ("team/{sidecar}", "", "a sidecar names the whole model"),
        ("{stem}", "(?P<stem>.*)", "has a meaning already"),
        ("{stem}", "(unclosed", "is no regular expression"),
        ("{stem}", "(?P<a>x)(?P<a>y)", "is no regular expression"),
        ("no name!", "", "model name"),
        ("con", "", "model name"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(model: str, pattern: str, words: str) -> None:
    """When the policy is read and not when a file arrives, with what is meant perhaps."""
    with pytest.raises(Invalid) as caught:
        rule(model, pattern)
    assert words in str(caught.value)


def test_an_endless_path_is_not_held_against_a_pattern() -> None:
    """The sentence says so."""
    long = PurePosixPath("a" * (PATH_MOST + 1))
    assert "more than 500 characters" in does_not_match(rule("{stem}", "(a+)+b"), long)
    assert model_for(rule("{stem}", ".*"), long) is None


def test_what_to_do_is_said() -> None:
    """By the rule that is in force."""
    assert "into a folder" in no_model(rule())
    assert "only a sidecar" in no_model(rule("{sidecar}"))


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_rule_or_a_sentence(model: str, pattern: str) -> None:
    """Nothing else comes out of reading it."""
    try:
        made = rule(model, pattern)
    except Invalid:
        return
    model_for(made, PurePosixPath("a/b.onnx"))
