"""A registry that may be read and not written is read, and says why it cannot be written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelshelf.registry import open_registry
from tests.furnished import ticking

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes to take away")
TESTS = Path(__file__).parents[2]


@pytest.fixture
def public(story: Path) -> Iterator[Path]:
    """Copy the furnished registry to where everybody may look: pytest's own folder is private."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        shutil.copytree(story, root / "shelf")
        (root / "scratch").mkdir(mode=0o777)
        yield root
        _modes(root / "shelf", 0o755, 0o644)


def _modes(root: Path, folder: int, file: int) -> None:
    root.chmod(folder)
    for path in root.rglob("*"):
        path.chmod(folder if path.is_dir() else file)


def looked(public: Path) -> dict[str, str]:
    """Return what somebody without the right to write meets."""
    command = [sys.executable, "-m", "tests.catalog.unprivileged"]
    done = subprocess.run(
        [*command, str(public / "shelf"), str(public / "scratch")],
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(TESTS)])},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def check_refused(found: dict[str, str]) -> None:
    """Check that nothing could be written, and that each refusal is a sentence."""
    for name in ("register", "amend", "create"):
        assert found[name].startswith("Unavailable: "), found[name]
        assert "permission" in found[name].lower()


def test_a_folder_without_the_right_to_write_is_read(public: Path) -> None:
    """Questions, verification, the past and doctor work; writing is refused with a sentence."""
    _modes(public / "shelf", 0o555, 0o444)
    before = (public / "shelf" / "catalog.db").read_bytes()
    found = looked(public)
    assert found["names"] == "('risk/churn', 'text/encoder-small')"
    assert found["newest"] == "22"
    assert found["verify"] == "()"
    assert "text/encoder" in found["past"] or "risk/churn" in found["past"]
    assert found["doctor"] == "[]"
    check_refused(found)
    assert found["immutable"] == "True"
    assert (public / "shelf" / "catalog.db").read_bytes() == before


def test_a_guest_sees_what_the_owner_has_just_written(public: Path) -> None:
    """Beside a running writer a reader without rights reads the log too, not the file alone."""
    with open_registry(public / "shelf", actor="ana", clock=ticking()) as owner:
        owner.models.describe("risk/churn", owner="bo")
        _modes(public / "shelf", 0o755, 0o644)
        assert (public / "shelf" / "catalog.db-wal").stat().st_size > 0
        found = looked(public)
    assert found["newest"] == "23"
    assert found["verify"] == "()"
    assert found["immutable"] == "False"
    check_refused(found)
