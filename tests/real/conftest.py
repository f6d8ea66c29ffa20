"""Makes each family's real files once for all tests, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

from tests.real.families import FAMILIES
from tests.real.stated import Stated, is_written, read

ROOT = Path(__file__).parents[2]
REQUIRED = "MODELSHELF_REAL_FILES"
"""Set where everything is installed, so that a skipped test cannot hide that it is not."""

StatedOf = Callable[[str, str], Stated]

# Frameworks ask for models and report their use over the network, and take all cores.
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "KMP_WARNINGS": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_NUM_THREADS": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYTHONWARNINGS": "ignore",
}


@pytest.fixture(scope="session")
def stated_of(tmp_path_factory: pytest.TempPathFactory) -> StatedOf:
    """Return a function that gives what its framework says of a file, or skips the test."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the one that all workers share

    @cache
    def made(family: str) -> dict[str, Stated | str]:
        place = folder / "real" / family
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / "lock"):
            if not is_written(place):
                _make(family, place)
        return read(place)

    def stated(family: str, file: str) -> Stated:
        found = FAMILIES[family].missing() or made(family)[file]
        if isinstance(found, Stated):
            return found
        if os.environ.get(REQUIRED):
            pytest.fail(found)
        pytest.skip(found)

    return stated


def _make(family: str, place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.real.made", family, str(place)],
        cwd=ROOT,
        env=os.environ | QUIET,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
