"""An open registry goes by the policy file of now, and never puts an older text in force again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from modelshelf.domain.errors import Refused
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import model_file, ticking

CLOSED = '[roles]\ncontributor = ["eve"]\n'
OPEN = '[roles]\ncontributor = ["ana", "ravi"]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a registry with one version; return its folder."""
    with create_registry(tmp_path / "registry", actor="ana", clock=ticking()) as registry:
        registry.versions.register("churn", model_file(tmp_path, 1))
    return tmp_path / "registry"


def write(root: Path, text: str) -> None:
    """Write the policy, two seconds ago."""
    file = root / "modelshelf.toml"
    file.write_text(text, "utf-8")
    os.utime(file, ns=(0, time.time_ns() - 2_000_000_000))


def policies(registry: Registry) -> list[str]:
    """Return the texts that were recorded, oldest first."""
    entries = registry.audit.entries(event="policy.recorded")
    return [entry.body["text"] for entry in entries][::-1]


def test_a_change_of_the_file_holds_for_whoever_is_open(root: Path) -> None:
    """A right that was taken away while the registry was open is gone at the next change."""
    with open_registry(root, actor="ana") as registry:
        registry.models.describe("churn", owner="ana")
        write(root, CLOSED)
        with pytest.raises(Refused, match="takes the role contributor"):
            registry.models.describe("churn", owner="ravi")
        write(root, OPEN)
        registry.models.describe("churn", owner="ravi")
        assert policies(registry) == [OPEN]


def test_two_that_are_open_do_not_quarrel_about_the_text(root: Path) -> None:
    """A process that opened the registry before the change does not record the former text."""
    write(root, OPEN)
    with open_registry(root, actor="ana") as old:
        old.models.describe("churn", owner="ana")
        write(root, newer := f"{OPEN}# newer\n")
        with open_registry(root, actor="ravi") as new:
            new.models.describe("churn", owner="ravi")
            old.models.describe("churn", owner="mei")
            new.models.describe("churn", owner="eve")
        assert policies(old) == [OPEN, newer]


def test_a_file_with_a_mistake_changes_nothing_for_whoever_is_open(root: Path) -> None:
    """The former text goes on, is not recorded again, and a mended file is followed."""
    write(root, OPEN)
    with open_registry(root, actor="ana") as registry:
        registry.models.describe("churn", owner="ana")
        write(root, "[roles\n")
        registry.models.describe("churn", owner="ravi")
        write(root, CLOSED)
        with pytest.raises(Refused, match="takes the role contributor"):
            registry.models.describe("churn", owner="mei")
        assert policies(registry) == [OPEN]


def test_an_older_text_is_not_put_into_force_again(root: Path) -> None:
    """Whoever cannot read the file any more decides by the old text and leaves the log alone."""
    write(root, OPEN)
    with open_registry(root, actor="ana") as old:
        old.models.describe("churn", owner="ana")
        write(root, newer := f"{OPEN}# newer\n")
        with open_registry(root, actor="ravi") as new:
            new.models.describe("churn", owner="ravi")
        write(root, "[roles\n")
        old.models.describe("churn", owner="mei")
        assert policies(old) == [OPEN, newer]


def test_a_file_that_is_being_written_is_not_followed_yet(root: Path) -> None:
    """Half of a policy may lack a role: what was written just now is followed a second later."""
    write(root, OPEN)
    with open_registry(root, actor="ana") as registry:
        (root / "modelshelf.toml").write_text(CLOSED, "utf-8")
        registry.models.describe("churn", owner="ravi")
        write(root, CLOSED)
        with pytest.raises(Refused, match="takes the role contributor"):
            registry.models.describe("churn", owner="mei")
