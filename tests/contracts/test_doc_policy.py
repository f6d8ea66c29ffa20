"""docs/policy.md against the reader of the policy file: its examples work, and no setting lacks."""

from __future__ import annotations

import re
import tomllib

import pytest

from modelshelf.domain.policy import (
    BUILTIN_GATES,
    ROLES,
    Stage,
    folders,
    gates,
    hooks,
    parse_policy,
    probes,
    reading,
)
from modelshelf.domain.policy.checking import Tools, check_policy
from modelshelf.domain.policy.showing import settings_of
from modelshelf.domain.policy.stages import OVERRIDE_KEYS, STAGE_KEYS
from modelshelf.domain.policy.values import COMPLETE, DEFAULT_SETTINGS, FRESH
from modelshelf.plugins.expressions import check_expression
from modelshelf.registry import template
from tests.contracts.tree import ROOT

PAGE = (ROOT / "docs" / "policy.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
KEYS = {
    *reading.SECTIONS,
    *reading.ACTOR_KEYS,
    *reading.GRANT_KEYS,
    *reading.CHECKPOINT_KEYS,
    *folders.FOLDER_KEYS,
    *hooks.HOOK_KEYS,
    *(key for keys in gates.BUILTIN_KEYS.values() for key in keys),
    *gates.WHEN_KEYS,
    *gates.RUN_KEYS,
    *gates.PLUGIN_KEYS,
    *probes.PROBE_KEYS,
    *STAGE_KEYS,
    *OVERRIDE_KEYS,
    *BUILTIN_GATES,
    *ROLES,
}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_setting_is_told(key: str) -> None:
    """Each key that the reader knows stands in the page as code."""
    code = re.findall(r"```toml\n.*?```|`[^`\n]+`", PAGE, re.DOTALL)
    assert any(re.search(rf"(?<![\w-]){key}(?![\w-])", each) for each in code)


@pytest.mark.parametrize("word", sorted({*COMPLETE, *FRESH}))
def test_every_word_of_a_built_in_gate_is_told(word: str) -> None:
    """What `needs` and `of` may list."""
    assert re.search(rf"\b{word}\b", PAGE)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_policies_without_a_mistake(text: str) -> None:
    """Each is read as it stands, and its expressions too."""
    found = check_policy(text, Tools(expression=check_expression))
    assert [p.sentence for p in found if not p.warning] == []


def test_the_large_example_leaves_one_doubt() -> None:
    """It defines a gate to show the kind, which no stage names."""
    assert [p.where for p in check_policy(EXAMPLES[0])] == ["gates.smoke"]


def test_the_defaults_that_are_told_are_the_defaults() -> None:
    """The tables of stages and gates say what a policy without settings shows."""
    text = "\n".join(f"[gates.{name}]" for name in BUILTIN_GATES)
    text += f'\n[stages.x]\ngates = {list(DEFAULT_SETTINGS)}\n[[hooks]]\nrun = ["a"]\n'
    shown = {s.place: s.value for s in settings_of(parse_policy(tomllib.loads(text)), text)}
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", PAGE, re.MULTILINE))
    told = {"holders": '"one"', "expires": '"14d"', "cooling_off": "`0`", "ramp": '"free"'}
    for key, value in told.items():
        assert value in rows[key]
    assert Stage("x").expires == 14 * 86_400
    assert (shown["stages", "x", "holders"], shown["stages", "x", "ramp"]) == ("one", "free")
    for place, value in shown.items():
        if place[0] == "gates" and place[2] != "needs":
            said = str(value).lower() if isinstance(value, bool) else str(value).replace("'", '"')
            assert said in rows[str(place[1])], place
    assert (shown["hooks", 0, "timeout"], shown["hooks", 0, "attempts"]) == ("10s", 12)


def test_the_template_is_a_policy_when_it_is_uncommented() -> None:
    """What `init` writes is the default policy, and every line of its example works."""
    text = template._TEMPLATE
    assert tomllib.loads(text) == {}
    lines = [line.removeprefix("#").removeprefix(" ") for line in text.splitlines()]
    example = "\n".join(line for line in lines if re.match(r"\[|\w+ = ", line))
    assert example.count("\n") > 15
    found = check_policy(example, Tools(expression=check_expression))
    assert [p.sentence for p in found] == []
