"""Questions about lineage at the command line, and the forms in which they are answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from modelshelf.cli.root import command_line
from modelshelf.cli.screen import Screen
from modelshelf.cli.views import impact as view
from modelshelf.cli.views.lineage import tree
from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
from modelshelf.domain.lineage_answers import Affected, Impact, Leak, Obligation
from modelshelf.domain.provenance import Dataset
from modelshelf.registry import Registry, open_registry
from tests.doors.calls import Shell
from tests.doors.story import write_model

A = "sha256:" + "a" * 64


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a registry with a base, a version made from it that serves, and an evaluation."""
    root = tmp_path_factory.mktemp("lineage")
    file = root / "model.safetensors"
    with open_registry(root / "r", actor="ana", create=True) as registry:
        data = Dataset("customers", version="4", digest=A, license="CC-BY-NC-4.0")
        for seed, (model, more) in enumerate(
            [
                ("base", {"datasets": [data], "card": "---\nlicense: apache-2.0\n---\n"}),
                ("churn", {"base": "base:1", "tags": {"license": "mit"}}),
                ("churn", {"base": "churn:1", "datasets": [Dataset("h", "evaluated_on", "1")]}),
            ]
        ):
            write_model(file, seed)
            registry.versions.register(model, file, **more)  # type: ignore[arg-type]
        registry.promotions.promote("churn:1", "production", reason="first")
    return root / "r"


@pytest.fixture
def shell(template: Path) -> Shell:
    """Return a command line in front of that registry, which these tests only read."""
    return Shell(template)


def call(registry: Path, *words: str) -> Result:
    """Run a command whose exit code 1 is an answer."""
    return CliRunner().invoke(command_line, ["-R", str(registry), *words])


def test_only_up_or_only_down(shell: Shell) -> None:
    """One direction shows that one, and both at once are refused."""
    up, down = shell("lineage", "churn:1", "--up").stdout, shell("lineage", "churn:1", "--down")
    assert "base:v1" in up
    assert "churn:v2" not in up
    assert "churn:v2" in down.stdout
    assert "base:v1" not in down.stdout
    both = shell("lineage", "churn:1", "--up", "--down")
    assert (both.code, both.stdout) == (2, "")
    assert "exclude each other" in both.stderr


def test_every_form_of_a_graph(shell: Shell) -> None:
    """The same graph as JSON, Mermaid, DOT and events; with --json each is one JSON object."""
    graph = shell("lineage", "churn:1", "--format", "json").answer["lineage"]
    assert graph == shell.json("lineage", "churn:1")["lineage"]
    assert next(node["reference"] for node in graph["nodes"]) == "churn:v1"
    drawn = shell("lineage", "churn:1", "--format", "mermaid").stdout
    assert drawn.startswith("flowchart LR\n")
    answer = shell.json("lineage", "churn:1", "--format", "mermaid")
    assert answer["mermaid"] == drawn.rstrip("\n")
    dot = shell("lineage", "churn:1", "--format", "dot").stdout
    assert dot.startswith("digraph lineage {\n")
    assert dot.endswith("}\n")
    assert dot.count(" -> ") == drawn.count(" -->") == len(graph["edges"])
    lines = shell("lineage", "churn:1", "--format", "openlineage").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"] * 3
    told = shell.json("lineage", "churn:1", "--format", "openlineage")["events"]
    assert [event["run"] for event in told] == [event["run"] for event in events]


def test_the_way_between_two_things(shell: Shell) -> None:
    """Whichever came first, the way leads from the origin; it can be drawn as well."""
    way = shell("lineage", "churn:2", "--to", "dataset:customers@4").stdout.splitlines()
    assert way == [
        "dataset customers 4",
        "└─ trained on base:v1 draft",
        "   └─ derived from churn:v1 production",
        "      └─ derived from churn:v2 draft",
    ]
    drawn = shell("lineage", "churn:2", "--to", "base:1", "--format", "dot").stdout
    assert drawn.count(" -> ") == 2
    none = shell("lineage", "dataset:h", "--to", "base:1")
    assert (none.code, none.stdout) == (0, "")
    assert "Neither" in none.stderr
    assert shell.json("lineage", "dataset:h", "--to", "base:1") == {"path": None}


def test_what_two_versions_both_came_from(shell: Shell) -> None:
    """The nearest common origin stands with its distance; a drawing of it is refused."""
    assert shell("lineage", "churn:1", "--common", "churn:2").code == 0
    (found,) = shell.json("lineage", "churn:2", "--common", "base:1")["common"][:1]
    assert (found["node"]["reference"], found["first"], found["second"]) == ("base:v1", 2, 0)
    refused = shell("lineage", "churn:1", "--common", "churn:2", "--format", "dot")
    assert (refused.code, refused.stdout) == (2, "")


def test_impact_names_what_serves(shell: Shell) -> None:
    """What holds a stage and came of the data is a line; a stage that none of it holds is none."""
    found = shell("impact", "dataset:customers")
    assert found.code == 0
    assert "3 versions of 2 models" in found.stdout
    assert "churn:v1" in found.stdout
    assert "trained on base:v1 → derived from" in found.stdout
    assert len(shell.json("impact", "dataset:customers")["impact"]["affected"]) == 1
    none = shell("impact", "dataset:customers", "--stage", "staging")
    assert none.code == 0
    assert "holds staging now" in none.stderr
    assert shell("impact", "dataset:nobody").code == 3


def test_licences_along_the_lineage(shell: Shell) -> None:
    """Each thing with its licence, and in one sentence what they ask together."""
    found = shell("licences", "churn:2")
    lines = found.stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["0", "churn:v2"], ["1", "churn:v1"], ["2", "base:v1"], ["3", "dataset"],
    ]  # fmt: skip
    assert "non-commercial" in lines[-1]
    assert "attribution, state changes, non-commercial; 1 licence not stated." in found.stderr
    told = shell.json("licences", "churn:2")["obligations"]
    assert [one["distance"] for one in told] == [0, 1, 2, 3]
    assert shell("licences", "churn:9").code == 3


def test_leaks_end_with_one(registry: Registry, shell: Shell, tmp_path: Path) -> None:
    """Nothing found is 0, anything is 1, with and without JSON; a wrong reference is an error."""
    clean = shell("leaks")
    assert (clean.code, clean.stdout) == (0, "")
    assert shell.json("leaks", "churn:2") == {"leaks": []}
    file = tmp_path / "m.safetensors"
    write_model(file, 9)
    sets = [Dataset("c", digest=A), Dataset("h", "evaluated_on", digest=A)]
    registry.versions.register("m", file, datasets=sets)
    found = call(registry.path, "leaks")
    assert found.exit_code == 1
    assert "itself" in found.stdout
    assert found.stderr == "1 version evaluated on what was trained on.\n"
    told = call(registry.path, "leaks", "m:1", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["leaks"][0]["trained"] == "m:v1"
    assert call(registry.path, "leaks", "m:2").exit_code == 3


def test_the_tree_says_what_was_added_and_what_is_gone() -> None:
    """Edges by hand and leases are marked, and so is what was yanked or freed."""
    nodes = (
        LineageNode("version", "version:1", "m:v1", "m:v1", "draft", ("yanked", "freed")),
        LineageNode("dataset", "dataset:c", "c"),
        LineageNode("consumer", "consumer:api", "api"),
    )
    edges = (
        LineageEdge("dataset:c", "version:1", "trained_on", "hand"),
        LineageEdge("version:1", "consumer:api", "consumed_by", "lease"),
    )
    assert list(tree(Screen(), LineageGraph("version:1", nodes, edges))) == [
        "m:v1 draft yanked, freed",
        "came from",
        "└─ trained on dataset c (by hand)",
        "led to",
        "└─ consumed by consumer api (lease)",
    ]


def test_a_name_that_fits_several_things_is_several_trees() -> None:
    """Each thing that was asked about has its own tree; what both lead to has branches once."""
    names = ("dataset:1", "dataset:2", "version:1", "version:2")
    nodes = tuple(LineageNode(name.partition(":")[0], name, name) for name in names)
    edges = (
        LineageEdge("dataset:1", "version:1", "trained_on"),
        LineageEdge("dataset:2", "version:1", "trained_on"),
        LineageEdge("version:1", "version:2", "derived_from"),
    )
    shown = list(tree(Screen(), LineageGraph("dataset:1", nodes, edges)))
    assert shown == [
        "dataset:1",
        "led to",
        "└─ trained on version:1",
        "   └─ derived from version:2",
        "dataset:2",
        "led to",
        "└─ trained on version:1 (branches above)",
    ]


def test_hostile_answers_stay_on_their_lines() -> None:
    """Whatever things, licences and consumers are called, a row is a line fit to print."""
    bad = "x\x1b[2J\n\u202e"
    node = LineageNode("dataset", "dataset:1", bad)
    affected = Affected(bad, {bad: 50}, (node, node), (bad,), (bad,))
    tables = [
        list(view.impact(Screen(), Impact((node,) * 9, (affected,), 1, 1, 1))),
        list(view.licences(Screen(), [Obligation(bad, "dataset", bad, 1)])),
        list(view.leaks(Screen(), [Leak(bad, bad, bad, bad, bad)])),
    ]
    assert [len(lines) for lines in tables] == [5, 2, 2]
    assert all(line.isprintable() for lines in tables for line in lines)
    assert view.together([]) == "Asked in all: nothing that is known."
