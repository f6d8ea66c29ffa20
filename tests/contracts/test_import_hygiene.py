"""Help, completion and every reading command start fast, because they load nothing slow.

The import contracts in pyproject.toml see the text of the imports; only a running process shows
which of them were deferred.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.contracts.loaded import command, run

NEEDS_NO_REGISTRY = [("--help",), ("--version",), ("promote", "--help"), ("verify", "--help")]

# Not here: `doctor`, which looks at every library there is; that is its work.
READS = [
    ("list",),
    ("show", "churn"),
    ("show", "churn:v1"),
    ("search", "churn"),
    ("compare", "churn:v1", "churn:v2"),
    ("impact", "churn:v1"),
    ("licences", "churn:v1"),
    ("leaks",),
    ("suggestions",),
    ("card", "churn:v1"),
    ("card", "churn:v1", "--score"),
    ("reproduce", "churn:v1"),
    ("lineage", "churn:v2"),
    ("log",),
    ("resolve", "churn:latest"),
    ("verify",),
]


def write_safetensors(file: Path, values: list[float]) -> None:
    """Write the smallest model file there is: one tensor behind a JSON head."""
    data = struct.pack(f"<{len(values)}f", *values)
    entry = {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, len(data)]}
    head = json.dumps({"weight": entry}).encode()
    file.write_bytes(struct.pack("<Q", len(head)) + head + data)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a registry with two versions of one model, as a person would."""
    scratch = tmp_path_factory.mktemp("hygiene")
    folder = scratch / "registry"
    steps: list[tuple[str, ...]] = [("init",)]
    for number in (1, 2):
        file = scratch / f"churn-{number}.safetensors"
        write_safetensors(file, [float(number), 0.5])
        steps.append(("register", "churn", str(file)))
    for step in steps:
        done = command("-R", str(folder), *step, scratch=scratch)
        assert done.code == 0, done.stderr
    return folder


@pytest.mark.parametrize("arguments", NEEDS_NO_REGISTRY, ids=" ".join)
def test_help_loads_nothing_slow(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Help and the version are told without a database or a screen."""
    done = command(*arguments, scratch=tmp_path)
    assert (done.code, done.heavy) == (0, set()), done.stderr
    assert done.stdout


def test_completion_loads_nothing_slow(tmp_path: Path) -> None:
    """A shell that completes a command does not wait for a database."""
    asked = {
        "_MODELSHELF_COMPLETE": "bash_complete",
        "COMP_WORDS": "modelshelf ver",
        "COMP_CWORD": "1",
    }
    done = command(scratch=tmp_path, environment=asked)
    assert (done.code, done.heavy) == (0, set()), done.stderr
    assert "verify" in done.stdout


@pytest.mark.parametrize("arguments", READS, ids=" ".join)
def test_a_read_loads_nothing_slow(
    arguments: tuple[str, ...], registry: Path, tmp_path: Path
) -> None:
    """A command that only reads succeeds without the libraries that write and draw.

    Where the exit code is an answer too, as of `compare`, it may be 1.
    """
    done = command("-R", str(registry), *arguments, scratch=tmp_path)
    assert done.code == 0 or (done.code == 1 and done.stdout), done.stderr
    assert done.heavy == set()


def test_what_is_slow_would_be_seen(tmp_path: Path) -> None:
    """The measure itself: a loaded package is reported, however the work ends."""
    done = run("import textual.geometry; sys.exit(3)", scratch=tmp_path)
    assert (done.code, done.heavy) == (3, {"textual"})
