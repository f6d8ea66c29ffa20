"""Making a version again: what comes out of a script is written down and nothing is registered.

Standard library only, because the Python that runs the script may have nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

VARIABLE = "MODELSHELF_REPRODUCE"
"""Names the folder into which the outcome is written, and says that nothing is to be registered."""
OUTCOME = "outcome.json"
_STARTED = "started"  # a file beside that folder, as old as the command


class Nothing:
    """Stands for the version that was not registered: false, empty, and everything of it too.

    A script goes on with what ``register`` returned: it prints its reference, gives it an alias.
    Where the model is only made again, all of that does nothing.
    """

    def __getattr__(self, name: str) -> Nothing:
        """Return nothing, whatever is asked for."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> Nothing:
        """Do nothing."""
        return self

    def __iter__(self) -> Iterator[Nothing]:
        """Yield nothing."""
        return iter(())

    def __bool__(self) -> bool:
        """Return false."""
        return False

    def __str__(self) -> str:
        """Say what it is."""
        return "nothing registered: a version is being made again"

    def __format__(self, spec: str) -> str:
        """Say what it is, whatever form is asked for."""
        return str(self)


def folder() -> Path | None:
    """Return where to write the outcome; ``None`` when no version is being made again."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else None


def write_outcome(
    place: Path, model: str, artifact: object, metrics: Mapping[str, float],
    params: Mapping[str, str],
) -> None:  # fmt: skip
    """Write what came out into ``outcome.json``, in one step.

    Of a script that registers several, the file has the last, and the ones before in ``others``.
    """
    file = place / OUTCOME
    made = Path(os.fspath(artifact)).absolute()  # type: ignore[call-overload]  # a path, or it raises
    told: dict[str, object] = {
        "artifact": str(_held(place, made)),
        "model": model,
        "metrics": dict(metrics),
        "params": dict(params),
    }
    former = _former(file)
    if former:
        told["others"] = former
    part = place / f"{OUTCOME}.part"
    part.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    part.replace(file)


def _held(place: Path, artifact: Path) -> Path:
    """Return the artifact, or a copy where it lies in a temporary folder, soon to be gone.

    What is older than the command stays where it is: nothing made it again.
    """
    started = place.parent / _STARTED
    if not artifact.is_relative_to(Path(tempfile.gettempdir()).absolute()):
        return artifact
    if artifact.is_relative_to(place.parent) or not started.exists():
        return artifact
    if artifact.stat().st_ctime_ns < started.stat().st_ctime_ns:
        return artifact
    held = Path(tempfile.mkdtemp(prefix="held-", dir=place.parent), artifact.name)
    if artifact.is_dir():
        shutil.copytree(artifact, held, symlinks=True)
    else:
        shutil.copyfile(artifact, held)
    return held


def _former(file: Path) -> list[object]:
    try:
        told = json.loads(file.read_text("utf-8"))
        return [*told.pop("others", []), told]
    except (OSError, ValueError, AttributeError):
        return []
