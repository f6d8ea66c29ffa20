"""Where a program runs, as far as it can be found out without starting anything of a stranger's."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from modelshelf.surroundings import environment
from modelshelf.surroundings.environment import container, gpu, here, packages


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test depend on the machine it runs on."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(environment, "_CONTAINER_FILE", Path("/nowhere"))
    monkeypatch.delenv("MODELSHELF_CONTAINER", raising=False)


def test_the_packages_are_those_of_imported_modules() -> None:
    """What is installed and was not imported does not count, nor does the standard library."""
    found = packages(["click.core", "os", "not_there", "yaml"])
    assert found == {
        "click": importlib.metadata.version("click"),
        "PyYAML": importlib.metadata.version("PyYAML"),
    }


def test_this_process_is_told() -> None:
    """Python and platform are those of now, and pytest is imported."""
    told = here()
    assert told.python == platform.python_version()
    assert told.packages["pytest"] == importlib.metadata.version("pytest")
    assert (told.gpu, told.container) == (None, None)


def _driver(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name: str(program))


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell")
def test_gpus_are_told_with_their_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one kind are counted."""
    _driver(tmp_path, monkeypatch, "echo 'A100, 550.1'; echo 'A100, 550.1'; echo 'T4, 550.1'")
    assert gpu() == "2 × A100, driver 550.1; T4, driver 550.1"


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell")
@pytest.mark.parametrize("script", ["exit 9", "true", "exec sleep 60"])
def test_a_driver_that_does_not_answer_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """A broken driver leaves the GPU unknown; one that hangs is told."""
    monkeypatch.setattr(environment, "GPU_TIMEOUT", 0.2)
    _driver(tmp_path, monkeypatch, script)
    notes: list[str] = []
    assert here(modules=(), note=notes.append).gpu is None
    assert [subprocess.TimeoutExpired.__name__ in note for note in notes] == [True] * (
        "sleep" in script
    )


def test_the_container_is_what_its_starter_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable counts before everything else."""
    monkeypatch.setenv("MODELSHELF_CONTAINER", "train@sha256:" + "a" * 64)
    assert container() == "train@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'image="quay.io/a/b:1"\nimageid="{"c" * 64}"\n', f"quay.io/a/b:1@sha256:{'c' * 64}"),
        (f"imageid={'c' * 64}\n", f"sha256:{'c' * 64}"),
        ('image="x"\nimageid="short"\n', None),
        ("", None),
        ("\0\xff imageid=\n", None),
    ],
)
def test_podman_says_which_image_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str | None
) -> None:
    """The file that Podman puts into a container is read with distrust."""
    file = tmp_path / ".containerenv"
    file.write_text(text, "utf-8")
    monkeypatch.setattr(environment, "_CONTAINER_FILE", file)
    assert container() == told
