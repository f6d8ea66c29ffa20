"""The environment that a lock file describes, for what was not trained in this process."""

from __future__ import annotations

from pathlib import Path

from modelshelf.domain.errors import Invalid, NotFound, Unavailable
from modelshelf.domain.provenance import Environment
from modelshelf.domain.text import safe

LOCK_MOST = 16 * 1024 * 1024
_REQUIREMENTS = "requirements.txt"


def read_lock(file: Path) -> Environment:
    """Return the Python version and the packages that a lock file pins.

    The name says what it is: ``uv.lock``, ``poetry.lock``, ``Pipfile.lock``, ``conda.yaml``,
    ``environment.yml``; every other ``.txt`` is read as ``requirements.txt``.

    Raises:
        NotFound: There is no such file.
        Invalid: It is of no known kind, cannot be read as that, or pins nothing.
        Unavailable: The file cannot be read.
    """
    from modelshelf.registry.arrival.told import Told
    from modelshelf.registry.arrival.told_files import READERS

    if not file.exists():
        raise NotFound(f"there is no lock file {safe(file, 120)}", subject=safe(file))
    locks = {name: read for name, read in READERS.items() if name in _LOCKS}
    reader = locks.get(file.name)
    if reader is None and file.suffix == ".txt":
        reader = READERS[_REQUIREMENTS]
    if reader is None:
        raise Invalid(
            f"{safe(file, 120)} is no lock file that is known",
            required=", ".join(locks),
            subject=safe(file),
        )
    told = Told()
    reader(_data(file), file.name, told)
    if not told.packages and told.python is None:
        raise Invalid(
            f"the lock file {safe(file, 120)} pins no package to a version", subject=safe(file)
        )
    return Environment(python=told.python, packages=told.packages)


_LOCKS = frozenset({
    "uv.lock", "poetry.lock", "Pipfile.lock", _REQUIREMENTS, "conda.yaml", "conda.yml",
    "environment.yml", "environment.yaml",
})  # fmt: skip


def _data(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(LOCK_MOST + 1)
    except (OSError, ValueError) as exc:
        raise Unavailable(
            f"the lock file {safe(file, 120)} cannot be read",
            why=getattr(exc, "strerror", None) or safe(exc, 80),
            subject=safe(file),
        ) from exc
    if len(data) > LOCK_MOST:
        raise Invalid(
            f"the lock file {safe(file, 120)} is too large", required=f"{LOCK_MOST:,} bytes"
        )
    return data
