"""`compare` at the command line: exit codes, baselines, sections, tensors, answers, Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from modelshelf.cli.screen import Screen
from modelshelf.cli.views.comparison import comparison
from modelshelf.domain.comparison import ComparedRow, Comparison, LongText, Section
from modelshelf.domain.comparison.markdown import markdown
from modelshelf.domain.probes import BehaviourComparison, Flip
from modelshelf.domain.tensor_comparison import LayerGroup, TensorComparison, TensorRow
from modelshelf.registry.comparisons import Comparisons
from modelshelf.registry.sample import build_sample
from tests.contracts.tree import ROOT
from tests.doors.calls import Shell
from tests.doors.readme import steps_in
from tests.doors.story import write_model
from tests.surroundings.test_git_log import Work

EVIL = (
    "a|b`c`\n<img src=x onerror=alert(1)>[x](javascript:y) @ana #1 https://x www.x.y **b** \x1b[2J"
)


@pytest.fixture
def filled(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a command line in front of three versions, in a folder that is no repository."""
    monkeypatch.chdir(tmp_path)
    for seed, auc in ((1, "0.5"), (2, "0.75"), (3, "0.875")):
        file = tmp_path / "model.safetensors"
        write_model(file, seed)
        card = tmp_path / "card.md"
        card.write_text(f"---\nlicense: mit\n---\n# Churn {seed}\n", "utf-8")
        shell.json("register", "churn", file, "--metric", f"auc={auc}", "--card", card)
    return shell


def test_the_exit_code_says_whether_anything_differs(filled: Shell) -> None:
    """As with diff: 1 when it does, 0 when not, with JSON and Markdown too."""
    for form in ((), ("--json",), ("--markdown",), ("--all",)):
        done = filled("compare", "churn:v1", "churn:v2", *form)
        assert (done.code, done.stderr) == (1, "")
        assert done.stdout
        assert filled("compare", "churn:v1", "churn:1", *form).code == 0
    assert filled("compare", "churn:v1", "churn:v2", "--only", "tags", "--only", "params").code == 0
    assert filled("compare", "churn:v1", "churn:v9").code == 3
    assert filled("compare", "churn:v1", "churn:v2", "--only", "metrcs").code == 2


def test_the_baseline_can_be_another_column(filled: Shell) -> None:
    """It is marked, and the distances are told from it."""
    done = filled("compare", "churn:v1", "churn:v2", "--baseline", "churn:2", "--only", "metrics")
    assert done.stdout.splitlines() == [
        "metrics  churn:v1     churn:v2 (baseline)",
        "auc      0.5 (-0.25)  0.75 *",
        "",
        "* the best",
    ]


def test_what_is_the_same_is_shown_when_asked_for(filled: Shell) -> None:
    """`--changed` is what happens anyway; `--all` shows the rest; nothing at all is a sentence."""
    asked = ("compare", "churn:v1", "churn:v2", "--only", "card")
    assert "head license" not in filled(*asked).stdout
    assert filled(*asked, "--changed").stdout == filled(*asked).stdout
    assert "head license" in filled(*asked, "--all").stdout
    same = filled("compare", "churn:v1", "churn:v1")
    assert same.stdout == "Nothing differs; --all shows what is the same.\n"


def test_a_diff_of_the_cards_is_shown(filled: Shell) -> None:
    """What changed in the text of the card stands below its table."""
    lines = filled("compare", "churn:v1", "churn:v2", "--only", "card").stdout.splitlines()
    assert "churn:v2: card, +1 -1 lines" in lines
    assert {"  -# Churn 1", "  +# Churn 2"} <= set(lines)


def test_the_current_folder_is_asked_for_commits(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is a repository; another one can be named."""
    work = Work(tmp_path / "work")
    for seed in (1, 2):
        write_model(tmp_path / "m.safetensors", seed)
        commit = work.commit("train.py", f"step {seed}")
        shell.json("register", "churn", tmp_path / "m.safetensors", "--code-commit", commit)
    asked = ("compare", "churn:v1", "churn:v2", "--only", "code")
    monkeypatch.chdir(tmp_path)
    assert "step 2" not in shell(*asked).stdout
    assert "step 2" in shell(*asked, "--repository", work.folder).stdout
    monkeypatch.chdir(work.folder)
    said = shell(*asked).stdout
    assert "step 2" in said
    assert "1 commit, 1 file changed" in said


TENSORS = TensorComparison(
    "churn:v1", "churn:v2",
    rows=(
        TensorRow("a.0.w", "a.0", "same", ("f", "f"), ((2,), (2,)), 2, 0, 0.0, 0.0),
        TensorRow("a.1.w", "a.1", "changed", ("f", "f"), ((2, 3), (2, 3)), 6, 4, 0.25, 1.5),
        TensorRow("a.1.z", "a.1", "changed", ("f", "f"), ((), ()), 1, 1, float("inf"), 2.0),
        TensorRow("b\x1b[2J", "b", "added", ("", "f"), (None, (4,)), 4),
    ),
    groups=(
        LayerGroup("a.0", 1, 0, 2, 0.0, 0.0),
        LayerGroup("a.1", 2, 2, 7, 0.5, 2.0),
    ),
    notes=("one is squeezed",),
)  # fmt: skip
BEHAVIOUR = BehaviourComparison(
    "holdout", "churn:v1", "churn:v2", examples=40,
    flips=tuple(Flip(f"{n}", "no", "yes", "yes" if n % 2 else "") for n in range(25)),
    largest=0.5, only_one=1,
)  # fmt: skip


def test_tensors_are_shown_by_layer_and_by_change(
    filled: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layers that differ, then the tensors that changed most; JSON spells infinity."""
    monkeypatch.setattr(Comparisons, "tensors", lambda *_, **__: (TENSORS,))
    asked = ("compare", "churn:v1", "churn:v1", "--tensors")
    done = filled(*asked)
    assert done.code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "tensors of churn:v2 against churn:v1: 2 changed, 1 same, 1 added"
    shown = [line.split()[0] for line in lines if line.startswith(("a.", "b"))]
    assert shown == ["a.1", "a.1.z", "a.1.w", "b\\x1b[2J"]
    assert "2×3" in done.stdout
    answer = filled(*asked, "--json").answer
    assert answer["tensors"][0]["rows"][2]["relative_l2"] == "inf"
    assert filled(*asked, "--markdown").code == 1


def test_tensors_are_asked_of_the_versions_that_were_found(
    filled: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Aliases and short forms are resolved once, the baseline's too."""
    asked: list[object] = []

    def tensors(_: Comparisons, *words: object, **named: object) -> tuple[()]:
        asked.extend((*words, named["baseline"]))
        return ()

    monkeypatch.setattr(Comparisons, "tensors", tensors)
    filled("alias", "churn:v2", "champion")
    filled("compare", "churn:1", "churn:latest", "churn:2", "--baseline", "churn@champion",
           "--tensors")  # fmt: skip
    assert asked == [("churn:v1", "churn:v3", "churn:v2"), "churn:v2"]


def test_flips_are_shown_first_ones_first(filled: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of the examples that are answered differently, and how many are left out."""
    monkeypatch.setattr(Comparisons, "behaviour", lambda *_, **__: (BEHAVIOUR,))
    done = filled("compare", "churn:v1", "churn:v1", "--probe", "holdout")
    assert done.code == 1
    assert "25 of 40 answers differ, 12 mended, 0 broken" in done.stdout
    assert "and 15 more" in done.stdout
    assert "The largest difference is 0.5." in done.stdout
    alike = replace(BEHAVIOUR, flips=(), only_one=0)
    monkeypatch.setattr(Comparisons, "behaviour", lambda *_, **__: (alike,))
    assert filled("compare", "churn:v1", "churn:v1", "--probe", "holdout").code == 0


def test_markdown_has_a_table_for_each_section_that_differs(filled: Shell) -> None:
    """A heading, tables, and the diff of the card folded away."""
    done = filled("compare", "churn:v1", "churn:v2", "--markdown")
    lines = done.stdout.splitlines()
    assert lines[0] == "## <code>churn&#58;v2</code> against <code>churn&#58;v1</code>"
    heads = [line for line in lines if line.startswith("| **")]
    shown = [re.findall(r"\*\*(\w+)\*\*", head)[0] for head in heads]
    assert shown == ["metrics", "files", "format", "weights", "card"]
    assert "| <code>auc</code> | <code>0.5</code> | **<code>0.75 (+0.25)</code>** |" in lines
    assert any(line.startswith("<details><summary>") for line in lines)
    assert "```diff" in lines
    assert filled("compare", "churn:v1", "churn:v1", "--markdown").stdout.endswith(
        "\n\nNothing that is recorded differs.\n"
    )


def hostile() -> Comparison:
    """Return a comparison whose every text wants to be something else."""
    row = ComparedRow(EVIL, (EVIL, f"{EVIL}2"), differs=True, deltas=(None, None))
    text = LongText(1, EVIL, f"```\n</details>\n````{EVIL}\n~~~", "diff")
    return Comparison((EVIL, EVIL), (Section("tags", (row,), (EVIL,), (text,)),))


def test_markdown_shows_hostile_text_as_text() -> None:
    """Nothing becomes a cell, a tag, a link, a mention, or ends the fence that it stands in."""
    tensors = replace(TENSORS, reference=EVIL, notes=(EVIL,))
    behaviour = replace(BEHAVIOUR, probe=EVIL, flips=(Flip(EVIL, EVIL, EVIL, EVIL),))
    lines = list(markdown(hostile(), changed=True, tensors=(tensors,), behaviour=(behaviour,)))
    assert all("\n" not in line and "\x1b" not in line for line in lines)
    fence = next(line for line in lines if line.endswith("diff")).removesuffix("diff")
    begin, end = (n for n, line in enumerate(lines) if line.rstrip("dif") == fence)
    inside = "\n".join(lines[begin + 1 : end])
    assert len(fence) > max(len(run) for run in re.findall(r"`+", inside))
    outside = "\n".join(lines[:begin] + lines[end + 1 :])
    tags = set(re.findall(r"<[^>]*>", outside))
    assert tags == {
        "<code>", "</code>", "<details>", "<summary>", "</summary>", "</details>", "<sub>",
        "</sub>",
    }  # fmt: skip
    for word in ("`", "@", "](", "https:", "www.", "**b", "#1 "):
        assert word not in outside, word
    for table in re.findall(r"(?:^\|.*\n)+", outside, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_tables_show_hostile_text_as_text() -> None:
    """Whatever the catalog holds, a line stays a line and nothing speaks to the terminal."""
    lines = list(comparison(Screen(), hostile(), changed=True, tensors=(TENSORS,)))
    assert all("\x1b" not in line for line in lines)
    assert sum(line.startswith("a|b") for line in lines) >= 2


def test_eight_columns_fit_a_terminal() -> None:
    """Eight versions are cut to the width and not wrapped."""
    names = tuple(f"team/a-long-model-name:v{n}" for n in range(8))
    row = ComparedRow("a.long.metric", (0.123456,) * 8, differs=True, deltas=(0.1,) * 8)
    found = Comparison(names, (Section("metrics", (row,)),), 3)
    lines = list(comparison(Screen(120), found, changed=True))
    assert max(map(len, lines)) <= 120


def test_the_examples_of_the_document_are_true(tmp_path: Path) -> None:
    """Every command of docs/comparing.md prints what stands below it."""
    build_sample(tmp_path / "sample")
    asked = Shell(tmp_path / "sample")
    steps = steps_in(ROOT / "docs" / "comparing.md")
    assert len(steps) == 3
    for step in steps:
        assert asked(*step.command.split()[1:]).stdout.rstrip("\n") == step.output
