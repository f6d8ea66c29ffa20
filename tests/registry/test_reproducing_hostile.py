"""Making a version again from hostile code, metadata, output and records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelshelf.domain.errors import Corrupt, Invalid, Refused, Unavailable
from modelshelf.domain.provenance import Code
from modelshelf.registry import Registry
from tests.registry.remade import COMMAND, SCRIPT, register, remake, snapshot
from tests.surroundings.work_trees import git


def test_a_hostile_snapshot_writes_nothing_outside(registry: Registry, tmp_path: Path) -> None:
    """A blob that is no snapshot is refused, and so is a command that runs outside the code."""
    digest = registry.reproductions.keep(b"no tar")
    reference = register(registry, tmp_path, code=Code(snapshot=digest, command=COMMAND))
    with pytest.raises(Corrupt, match="snapshot"):
        remake(registry, reference)
    deep = Code(snapshot=snapshot(registry, tmp_path).snapshot, command=COMMAND, directory="../..")
    registry.versions.amend(reference, code=deep)
    with pytest.raises(Refused, match="folder"):
        remake(registry, reference)
    nowhere = Code(snapshot=deep.snapshot, command=COMMAND, directory="no/such")
    registry.versions.amend(reference, code=nowhere)
    with pytest.raises(Invalid, match="no such folder"):
        remake(registry, reference)
    assert registry.reproductions.list(reference) == ()


def test_a_link_in_a_repository_does_not_lead_data_out(registry: Registry, tmp_path: Path) -> None:
    """Where the code has a link in place of the folder of its data, nothing is written there."""
    repository, outside = tmp_path / "repository", tmp_path / "outside"
    repository.mkdir()
    outside.mkdir()
    git(repository, "init", "-q", "-b", "main")
    (repository / "train.py").write_text(SCRIPT, "utf-8")
    (repository / "data").symlink_to(outside)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "first")
    commit = git(repository, "rev-parse", "HEAD").strip()
    code = Code(str(repository), commit, command=COMMAND)
    with pytest.raises(Invalid, match="link"):
        remake(registry, register(registry, tmp_path, code=code))
    assert list(outside.iterdir()) == []


def test_a_repository_that_cannot_be_cloned(registry: Registry, tmp_path: Path) -> None:
    """A commit that is there, and a patch that does not fit it."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    (repository / "train.py").write_text(SCRIPT, "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "first")
    commit = git(repository, "rev-parse", "HEAD").strip()
    patch = registry.reproductions.keep(
        b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
    )
    code = Code(str(repository), commit, command=COMMAND, patch=patch)
    reference = register(registry, tmp_path, code=code)
    with pytest.raises(Corrupt, match="patch does not fit"):
        remake(registry, reference)
    remote = Code("https://127.0.0.1:1/x.git", commit, command=COMMAND)
    registry.versions.amend(reference, code=remote)
    assert registry.reproductions.recipe(reference).complete
    with pytest.raises(Unavailable, match="git clone failed"):
        remake(registry, reference)


def test_hostile_output_is_shown_harmlessly(registry: Registry, tmp_path: Path) -> None:
    """What a command says reaches the record as text that no terminal obeys."""
    script = "import sys\nprint('\\x1b[2J\\u202e evil')\nsys.exit(3)\n"
    done = remake(registry, register(registry, tmp_path, script))
    assert "exit 3" in done.report.why
    assert done.report.why.isprintable()


@pytest.mark.parametrize("value", ["'x'", "float('nan')", "True", "10 ** 400", "[1]"])
def test_metrics_that_are_no_numbers(registry: Registry, tmp_path: Path, value: str) -> None:
    """They count as not measured, and nothing of them is recorded."""
    script = SCRIPT.replace("0.9", value).replace("seed =", "seed = 1 +")
    done = remake(registry, register(registry, tmp_path, script))
    assert done.report.outcome == "different"
    assert done.report.metrics[0].measured is None


def test_the_record_survives_an_edit(registry: Registry, tmp_path: Path) -> None:
    """A report that another hand has edited is told as one that cannot be read."""
    reference = register(registry, tmp_path)
    done = remake(registry, reference)
    hostile = [
        "[]", "{", '{"metrics": 3}', '{"metrics": [{"name": "a"}]}', '{"why": 3}',
        json.dumps({"seconds": "x"}), "9" * 5_000,
    ]  # fmt: skip
    for text in hostile:
        with registry._context.database.write("edit") as transaction:
            transaction.raw.execute("UPDATE reproduction SET report = ?", (text,))
        (found,) = registry.reproductions.list(reference)
        assert (found.id, found.report.outcome) == (done.id, "failed")
        assert "cannot be read" in found.report.why
