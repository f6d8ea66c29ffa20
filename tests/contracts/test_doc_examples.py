"""What the documents show is what happens: their examples are run, their tables compared."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

import modelshelf
from modelshelf.catalog import driver
from modelshelf.catalog.schema import Audit
from modelshelf.domain.drop_rule import DropFolder
from modelshelf.domain.events import EVENTS, Event
from modelshelf.domain.policy import parse_policy
from tests.contracts.tree import PACKAGE, ROOT, sections

MODELS = ROOT / "sample_registry" / "models" / "health" / "tumour"
DIGITS = ROOT / "sample_registry" / "models" / "vision" / "digits"
DOCS = ROOT / "docs"


def text_of(page: str) -> str:
    """Return a page of the documents."""
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def copy_models(folder: Path) -> None:
    """Put the model files of docs/python.md into a folder."""
    for number in range(1, 5):
        shutil.copyfile(MODELS / f"v{number}" / "model.onnx", folder / f"churn-{number}.onnx")
    for name, version in (("digits", "v1"), ("digits-2", "v2")):
        shutil.copyfile(DIGITS / version / "model.safetensors", folder / f"{name}.safetensors")


def test_the_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example of docs/python.md gives what stands below it."""
    copy_models(tmp_path)
    monkeypatch.chdir(tmp_path)
    text = "\n".join(blocks("python.md", "pycon"))
    examples = doctest.DocTestParser().get_doctest(text, {}, "python.md", "docs/python.md", 0)
    assert len(examples.examples) > 50
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(examples, out=said.append).failed == 0, "".join(said)


def failures(folder: Path) -> set[tuple[str, str]]:
    """Do what fails in the examples of docs/errors.md; return sentences and families."""
    copy_models(folder)
    with modelshelf.open_registry(folder / "shelf", actor="ana", create=True) as registry:
        versions, promotions = registry.versions, registry.promotions
        for number in range(1, 5):
            versions.register("churn", folder / f"churn-{number}.onnx")
        promotions.promote("churn:v1", "production", reason="first")
        promotions.promote("churn:v2", "production", weight=20, reason="a fifth")
        past = registry.at(7)
        attempts: list[Callable[[], object]] = [
            lambda: versions.alias("churn:v1", "prod!"),
            lambda: versions.amend("churn:v1", metrics={"auc": float("nan")}),
            lambda: versions.get("churn:v9"),
            lambda: promotions.promote("churn:v1", "prodution", reason="a typo"),
            lambda: versions.get("churn@production"),
            lambda: past.versions.yank("churn:v1", reason="too late"),
        ]
        found = {failure(attempt) for attempt in attempts}
        promotions.rollback("churn", "production", reason="errors up")
        versions.yank("churn:v2", reason="leaks the label")
        found.add(failure(lambda: promotions.promote("churn:v2", "production", reason="again")))
    return found


def failure(attempt: Callable[[], object]) -> tuple[str, str]:
    """Return the sentence and the family of the error that a call raises."""
    with pytest.raises(modelshelf.ModelshelfError) as caught:
        attempt()
    return str(caught.value), type(caught.value).__name__


def test_the_error_examples_happen(tmp_path: Path) -> None:
    """The sentences in docs/errors.md are the ones that are said, letter by letter."""
    (examples,) = (s.text for s in sections(text_of("errors.md")) if s.title == "Examples")
    promised = set(re.findall(r"^\| `([^`]+)` \| `(\w+)` \|$", examples, re.MULTILINE))
    assert len(promised) == 7
    assert failures(tmp_path) == promised


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Make a registry with a few entries and a checkpoint, and close it."""
    copy_models(tmp_path)
    with modelshelf.open_registry(tmp_path / "shelf", actor="ana ü", create=True) as registry:
        for number in (1, 2):
            registry.versions.register("churn", tmp_path / f"churn-{number}.onnx")
            registry.promotions.promote(
                f"churn:v{number}", "production", reason=f"n\u00ba {number}"
            )
    return tmp_path / "shelf"


def audit(registry: Path) -> subprocess.CompletedProcess[str]:
    """Run the checker that docs/format.md shows, with nothing of ours."""
    (program,) = blocks("format.md", "python")
    command = [sys.executable, "-I", "-c", program, str(registry)]
    return subprocess.run(command, capture_output=True, check=False, encoding="utf-8")


def edit(registry: Path, *statements: str) -> None:
    """Change a catalog behind the registry's back, the triggers taken away first."""
    catalog = driver.dbapi.connect(str(registry / "catalog.db"), isolation_level=None)
    rows = catalog.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for statement in (*(f"DROP TRIGGER {name}" for (name,) in rows), *statements):
        catalog.execute(statement)
    catalog.close()


def test_the_checker_shown_accepts_a_whole_log(told: Path) -> None:
    """Twenty lines without Modelshelf find the same head as Modelshelf."""
    with modelshelf.open_registry(told) as registry:
        number, seal = registry.audit.head()
    done = audit(told)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{number} entries, newest seal {seal}\n"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'eve' WHERE seq = 3",
        "UPDATE audit SET body = replace(body, 'v1', 'v2') || ' ' WHERE seq = 4",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
    ],
)
def test_the_checker_shown_refuses_an_edited_log(told: Path, statement: str) -> None:
    """A changed, missing or cut-off entry ends the same twenty lines with an error."""
    edit(told, statement)
    done = audit(told)
    assert done.returncode == 1
    assert "entry" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_table_and_column_is_told() -> None:
    """docs/format.md lists the tables of the catalog with all their columns, in order."""
    rows = re.findall(
        r"^\| `(\w+)`(?: °)? \| ((?:`\w+` ?)+)\| ", text_of("format.md"), re.MULTILINE
    )
    listed = {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}
    tables = {name: [c.name for c in t.columns] for name, t in Audit.metadata.tables.items()}
    assert {name: listed.get(name) for name in tables} == tables


def test_the_tables_without_rowid_are_marked() -> None:
    """The sign in docs/format.md stands where it is true."""
    marked = set(re.findall(r"^\| `(\w+)` ° \|", text_of("format.md"), re.MULTILINE))
    tables = Audit.metadata.tables.items()
    assert marked == {n for n, t in tables if t.dialect_options["sqlite"]["with_rowid"] is False}


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_every_event_is_explained(kind: type[Event]) -> None:
    """docs/events.md has the first paragraph of each event's docstring, and all its fields."""
    (section,) = (s for s in sections(text_of("events.md")) if s.title == f"`{kind.name}`")
    paragraph = (kind.__doc__ or "").split("\n\n")[0].replace("``", "`").split()
    assert " ".join(paragraph) in section.text
    assert [f.name for f in fields(kind) if f"`{f.name}`" not in section.text] == []


def test_the_policy_of_the_drop_folders_can_be_used() -> None:
    """The example of docs/drop-folders.md is read as it stands; its first folder is the default."""
    (example,) = blocks("drop-folders.md", "toml")
    first, second = parse_policy(tomllib.loads(example)).drop_folders
    assert first == DropFolder()
    assert (second.keep, second.model) == ("copy", "{team}/{name}")


def test_the_policy_of_the_design_can_be_used() -> None:
    """The example of docs/design.md is read as it stands, and says what is said of it."""
    (example,) = blocks("design.md", "toml")
    policy = parse_policy(tomllib.loads(example))
    production = policy.stage("production")
    assert (production.holders, production.on_replaced) == ("many", "archive")
    assert "better" in production.gates
    assert [folder.keep for folder in policy.drop_folders] == ["move"]


def test_the_modules_that_the_design_names_exist() -> None:
    """No row of the table of floors in docs/design.md speaks of a module that has gone."""
    (floors,) = (s.text for s in sections(text_of("design.md")) if s.title == "Floors")
    rows = re.findall(r"^\| `(\w+)/` \| (.*) \|$", floors, re.MULTILINE)
    assert len(rows) == 8
    named = [(f, n.rstrip("/")) for f, names in rows for n in re.findall(r"`([\w*/]+)`", names)]
    gone = [
        (f, n) for f, n in named if not [*(PACKAGE / f).glob(n), *(PACKAGE / f).glob(f"{n}.py")]
    ]
    assert gone == []
