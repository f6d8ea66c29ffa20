"""Lock files: the packages they pin, by the readers that also read what travels with a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelshelf.capture import lock
from modelshelf.capture.lock import read_lock
from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.provenance import Environment
from tests.surroundings.work_trees import put

UV = '[[package]]\nname = "numpy"\nversion = "2.0"\n'


@pytest.mark.parametrize(
    ("name", "text", "python"),
    [
        ("requirements.txt", "numpy==2.0  # pinned\ntorch>=2\n", None),
        ("requirements-train.txt", "numpy==2.0\n", None),
        ("uv.lock", UV, None),
        ("poetry.lock", UV, None),
        ("Pipfile.lock", '{"default": {"numpy": {"version": "==2.0"}}}', None),
        ("environment.yml", "dependencies: [python=3.12, numpy=2.0]\n", "3.12"),
    ],
)
def test_a_lock_file_is_read(tmp_path: Path, name: str, text: str, python: str | None) -> None:
    """Each kind gives the packages that have one version, and Python where it says so."""
    told = read_lock(put(tmp_path / name, text))
    assert told == Environment(python=python, packages={"numpy": "2.0"})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("requirements.txt", "numpy>=2\n", "pins no package"),
        ("uv.lock", "[[", "not TOML"),
        ("environment.yml", "dependencies: &a [*a]", "alias|anchor"),
        ("Pipfile.lock", "[" * 9_999, "nested"),
        ("setup.py", "numpy==2.0", "no lock file that is known"),
        ("README.md", "---\nx: 1\n---\n", "no lock file that is known"),
        ("requirements.txt", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_pins_nothing_is_a_sentence(
    tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    """Broken, hostile and unknown files are refused."""
    with pytest.raises(Invalid, match=said):
        read_lock(put(tmp_path / name, text))


def test_a_lock_file_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not there, and one that is too large."""
    with pytest.raises(NotFound, match="there is no lock file"):
        read_lock(tmp_path / "uv.lock")
    monkeypatch.setattr(lock, "LOCK_MOST", 10)
    with pytest.raises(Invalid, match="too large"):
        read_lock(put(tmp_path / "uv.lock", UV))
