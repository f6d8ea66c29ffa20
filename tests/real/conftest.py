"""Makes each family's real files once for all tests, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

from modelshelf.registry import Registry, open_registry
from modelshelf.registry.sample import build_sample
from tests.real.families import FAMILIES
from tests.real.shipped import Absent, shipped
from tests.real.stated import Stated, is_written, read

ROOT = Path(__file__).parents[2]
REQUIRED = "MODELSHELF_REAL_FILES"
"""Set where everything is installed, so that a skipped test cannot hide that it is not."""

StatedOf = Callable[[str, str], Stated]

# Frameworks ask for models and report their use over the network, and take all cores.
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "KMP_WARNINGS": "0",
    "MLFLOW_ALLOW_FILE_STORE": "true",  # what keeps runs in a database takes more than is here
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
        return found if isinstance(found, Stated) else without(found)

    return stated


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Build the sample registry; who uses it may look, and add evidence."""
    path = build_sample(tmp_path_factory.mktemp("sample") / "registry")
    with open_registry(path, actor="eve") as opened:
        yield opened


def without(why: str) -> NoReturn:
    """End a test for which something is not there."""
    if os.environ.get(REQUIRED):
        pytest.fail(why)
    pytest.skip(why)


def need(*packages: str) -> None:
    """End a test unless these packages are installed."""
    for name in packages:
        try:
            version(name)
        except PackageNotFoundError:
            without(f"{name} is not installed: make frameworks")


def brought(package: str, path: str) -> Path:
    """Return a file that a package ships, or end the test."""
    try:
        return shipped(package) / path
    except Absent as absent:
        without(str(absent))


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
