"""Expressions: what they come to, and the sentence where they come to nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.gates.case import ExpressionFailed
from modelshelf.domain.gates.names import NAMES as KNOWN
from modelshelf.domain.text import safe
from modelshelf.plugins.expressions import (
    FUNCTIONS,
    check_expression,
    evaluate,
    names_in,
)

MIXED = "it compares or computes with values of different kinds"
NAMES: dict[str, Any] = {
    "version": {"size": 3, "created": datetime(2026, 5, 1, tzinfo=UTC)},
    "metrics": {"auc": 0.9, "val.auc": 1.0},
    "params": {"lr": "0.1"},
    "tags": {"team": "risk"},
    "datasets": [{"kind": "trained_on", "name": "customers"}],
    "code": {},
    "baseline": {"metrics": {"f1": 0.5}},
    "now": datetime(2026, 5, 3, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("metrics.auc >= 0.9", True),
        ('metrics["val.auc"] == 1.0', True),
        ("double(params.lr) < 0.2 && tags.team == 'risk'", True),
        ("datasets.exists(d, d.kind == 'trained_on')", True),
        ("metrics.all(k, metrics[k] > 0.95)", False),
        ("now - version.created < duration('72h')", True),
        ("has(metrics.f1) && metrics.f1 > 0.5", False),
        ("metrics.f1 > 0.5 || metrics.auc > 0.5", True),
        ("metrics.f1 > 0.5 && metrics.auc > 1.0", False),
        ("version.size < 1000000 // bytes", True),
        ("metrics.auc", 0.9),
    ],
)
def test_an_expression_has_a_value(expression: str, value: object) -> None:
    """Names, keys, loops, times and tests for what is recorded work as CEL says."""
    assert check_expression(expression) is None
    assert evaluate(expression, NAMES) == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("metrics.f1 > 0.5", "metrics.f1 is not recorded"),
        ("metrics['f1'] > 0.5", "metrics.f1 is not recorded"),
        ("metrics.f1 > 0.5 && metrics.auc > 0.5", "metrics.f1 is not recorded"),
        ("metrics.f1 > 0.5 || metrics.auc > 1.0", "metrics.f1 is not recorded"),
        ("!(metrics.f1 > 0.5)", "metrics.f1 is not recorded"),
        ("metrics.auc > 0.5 ? metrics.f1 > 0.5 : true", "metrics.f1 is not recorded"),
        ("metrics.f1 >= baseline.metrics.f1", "metrics.f1 is not recorded"),
        ("metrics.auc >= baseline.metrics.auc", "baseline.metrics.auc is not recorded"),
        ("baseline.metrics.x > metrics.x", "metrics.x is not recorded"),
        ("code.commit == 'ab'", "code.commit is not recorded"),
        ("datasets.all(d, d.version == '1')", "d.version is not recorded"),
        ("metrics[params.lr] > 0.0", "'0.1' is not recorded"),
        ("metrics.val.auc > 0.5", 'metrics.val.auc is not recorded; write metrics["val.auc"]'),
        ("has(code.x) || code.y == 1", "code.y is not recorded"),
        ("nope > 1", "'nope' is no name and no function"),
        ("nope(1)", "'nope' is no name and no function"),
        (
            "params.lr > 0.1",
            f"{MIXED}: params.lr is text; for its number write double(params.lr)",
        ),
        (
            "metrics.auc * 2 > 1.0",
            f"{MIXED}: metrics are decimal numbers, so write 2.0",
        ),
        ("metrics.auc > 'a'", MIXED),
        ("metrics.auc.x > 1.0", "metrics.auc is a single value without fields"),
        ("size(1) > 0", "size() does not take such a value"),
        ("1 / 0 == 1", "it divides by zero"),
        ("datasets[7].kind == 'a'", "it asks for an entry that the list does not have"),
        ("9223372036854775807 + 1 > 0", "a whole number becomes too large"),
        ("timestamp('soon') < now", "timestamp() cannot be used so: premature end of input"),
        ("tags.team.matches('(')", "matches() cannot be used so: '(' not a valid regex:"),
        (
            "metrics.all(a, metrics.all(b, metrics.all(c, true)))",
            "3 loops stand in one another, 2 allowed",
        ),
        ("metrics.auc >", "column 14: it ends too early"),
        ("x" * 10_001, "the expression has 10,001 characters, 10,000 allowed"),
    ],
)
def test_an_expression_without_a_value_says_why(expression: str, said: str) -> None:
    """Each kind of failure has its sentence, and a missing name its path."""
    with pytest.raises(ExpressionFailed) as caught:
        evaluate(expression, NAMES)
    assert str(caught.value) == said
    assert bool(caught.value.missing) == ("not recorded" in said)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "column 1: it ends too early"),
        ("metrics.auc >= 0.9 and true", "column 20: 'and' cannot stand there; write &&"),
        ("metrics.auc = 1.0", "column 13: '=' cannot stand there; write =="),
        ("not (tags.a == 'b')\n", "line 1, column 1: 'not' is no function; write !"),
        ("metrics.auc\n > 0.5\n or true", "line 3, column 2: 'or' cannot stand there; write ||"),
        ("metrics.auc >= 0,9", "column 17: ',' cannot stand there"),
        ("(true", "column 6: a ) is missing at the end"),
        ("metrics..auc", "column 9: no viable alternative at input '..'"),
        ("metrik.auc > 0.5", "column 1: 'metrik' is no name; did you mean metrics?"),
        (
            "zebra > 0.5",
            f"column 1: 'zebra' is no name: there are {', '.join(KNOWN)}",
        ),
        (
            "metrics.val-auc > 0.5",
            "column 13: 'auc' is no name; a key with a - in it is written metrics[\"a-b\"]",
        ),
        ("version.sizee > 1", "column 9: version has no field 'sizee'; did you mean size?"),
        (
            "metrics.auc > baseline.auc",
            "column 9: baseline has no field 'auc'; did you mean baseline.metrics.auc?",
        ),
        (
            "run.xyz == ''",
            "column 5: run has no field 'xyz': it has id, url, seconds, tracker",
        ),
        ("sise(metrics) > 1", "column 1: 'sise' is no function; did you mean size?"),
        (
            "datasets.exists(d)",
            "column 10: exists takes a word and a condition: .exists(x, x > 0)",
        ),
        ("\x1b[31m", "column 1: '\\\\x1b' cannot stand there"),
    ],
)
def test_a_wrong_expression_is_pointed_at(expression: str, said: str) -> None:
    """What the policy says wrongly is told with its column and what was probably meant."""
    assert check_expression(expression) == said


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_that_is_named_exists(name: str) -> None:
    """One of the usual ways to call it has a value."""
    moment = "timestamp('2026-01-01T00:00:00Z')"
    calls = [f"{name}({value})" for value in ("1", "'1h'", "'2026-01-01T00:00:00Z'")]
    calls += [f"'a'.{name}('a')", f"{moment}.{name}()"]
    assert any(evaluated(call) for call in calls)


def sentence(expression: str) -> str:
    """Return why an expression has no value; nothing when it has one."""
    try:
        evaluate(expression, NAMES)
    except ExpressionFailed as error:
        return str(error)
    return ""


def evaluated(expression: str) -> bool:
    """Return whether an expression has a value."""
    try:
        evaluate(expression, {})
    except ExpressionFailed:
        return False
    return True


def test_the_names_of_an_expression_are_listed() -> None:
    """In their order, each once, without what its loops bind and what its texts and notes say."""
    assert names_in(
        "metrics.auc >= baseline.metrics.auc - 0.005 // version.size\n"
        "&& datasets.exists(d, d.kind == 'code.commit') && metrics[\"a.b\"] > metrics.auc"
        " && tags.team.startsWith('r')"
    ) == (
        "metrics.auc",
        "baseline.metrics.auc",
        "datasets",
        'metrics["a.b"]',
        "tags.team",
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("size(metrics) == 2", True),
        ("[metrics][0].auc > 0.5 && size([metrics][0]) == 2", True),
        ("metrics.exists(k, k == 'val.auc') && metrics.auc > 0.5", True),
        ("metrics['val' + '.auc'] == 1.0 && metrics.auc > 0.5", True),
        ("metrics[r'val.auc'] == 1.0 && metrics.auc > 0.5", True),
        ("metrics['val\\x2eauc'] == 1.0 && metrics.auc > 0.5", True),
        ('metrics["""val.auc"""] == 1.0 && metrics.auc > 0.5', True),
        ("'val.auc' in metrics && metrics.auc > 0.5", True),
        ("datasets.exists(metrics, metrics.kind == 'trained_on') && size(metrics) == 2", True),
        ("baseline.metrics == {'f1': 0.5} && baseline.metrics.f1 > 0.1", True),
        ("{'metrics': 1}.metrics == 1 && metrics.auc > 0.5", True),
        ("(metrics).auc > 0.5 && (baseline.metrics).f1 > 0.1", True),
        ("metrics == {'auc': 0.9, 'val.auc': 1.0} && metrics . auc > 0.5", True),
        ("(true ? metrics : tags).auc > 0.5", True),
    ],
)
def test_what_is_handed_over_is_all_that_can_be_reached(expression: str, value: object) -> None:
    """However a table is used, as a whole or by a computed key, nothing of it is lacking."""
    assert evaluate(expression, NAMES) == value


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 4_000 + "1" + ")" * 4_000,
        "[" * 3_000 + "]" * 3_000,
        "!" * 9_000 + "true",
        "-" * 9_000 + "1",
        "true ? " * 1_000 + "true" + " : true" * 1_000,
        " && ".join(["metrics.auc > 0.1"] * 400),
        "metrics" + ".a" * 4_000,
        "'" + "\\" * 9_000,
        '"' * 9_999,
        "." * 9_999,
    ],
)
def test_a_bomb_is_an_answer(bomb: str) -> None:
    """Whatever is nested or repeated has a value or a sentence, and takes no time to speak of."""
    assert len(check_expression(bomb) or "") < 1_000
    assert len(sentence(bomb)) < 1_000


def test_loops_in_one_another_are_bounded() -> None:
    """Two may go through a thousand entries, and not through ten thousand."""
    squared = "metrics.all(a, metrics.all(b, metrics[a] == metrics[b]))"
    assert evaluate(squared, {"metrics": {f"m{n}": 1.0 for n in range(100)}}) is True
    many = {f"m{n}": 1.0 for n in range(10_000)}
    with pytest.raises(ExpressionFailed, match="metrics has 10,000 entries, 1,000 allowed"):
        evaluate(squared, {"metrics": many})
    within = "version.metrics.all(a, version.metrics.all(b, true))"
    with pytest.raises(ExpressionFailed, match="version has 10,000 entries"):
        evaluate(within, {"version": {"metrics": many}})
    assert evaluate("metrics.all(k, metrics[k] > 0.5)", {"metrics": many}) is True


PARTS = st.sampled_from([
    "metrics", "auc", ".", "[", "]", "(", ")", "'a'", '"', "1", "0.5", "&&", "||", "!", "==", ">",
    "-", "+", "/", "?", ":", "has", "exists", "map", ",", "x", "baseline", "null", "in", "{", "}",
    "\n", "é", "//", "size", "timestamp", "matches", "tags", "params", "now", "\x00", "datasets",
])  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(PARTS, max_size=25).map(" ".join)))
def test_no_text_raises_anything_else(text: str) -> None:
    """Any text has a value or a sentence, when it is checked and when it is computed."""
    said = check_expression(text)
    assert said is None or safe(said, 20_000) == said
    names_in(text)
    assert safe(sentence(text), 20_000) == sentence(text)


def test_the_library_is_imported_late() -> None:
    """Importing this module imports nothing of it, for that takes longer than most commands."""
    code = "import sys; from modelshelf.plugins.expressions import names_in; names_in('a.b')"
    code += "; sys.exit('cel' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
