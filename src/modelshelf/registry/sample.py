"""The sample registry: real models and their true history, told again through the real intake."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from modelshelf.domain.errors import Conflict, Corrupt, NotFound, Unavailable
from modelshelf.domain.plain import read_moment
from modelshelf.domain.text import safe
from modelshelf.registry.handle import Registry, create_registry, open_registry

if TYPE_CHECKING:
    from modelshelf.domain.intake import SweepReport

Progress = Callable[[int, int, str], None]

_FOLDER = "sample_registry"
_HISTORY = "history.json"
_CODE = ("make_one.py", "requirements.txt", "recipes")
_REGISTRY_ID = "5a3b1e0c0ffee00d5a3b1e0c0ffee00d"
_SETTLED = timedelta(minutes=1)


class SteppingClock:
    """A clock that stands still until it is set, so that a history always comes out the same."""

    def __init__(self, moment: datetime) -> None:
        """Stand at ``moment``."""
        self.moment = moment

    def __call__(self) -> datetime:
        """Return the moment it stands at."""
        return self.moment


def sample_folder() -> Path:
    """Return the folder of the sample models: in the installed package, or in a source checkout.

    Raises:
        NotFound: This copy of Modelshelf carries none.
    """
    package = Path(__file__).parents[1]
    for folder in (package / _FOLDER, package.parents[1] / _FOLDER):
        if (folder / _HISTORY).is_file():
            return folder
    raise NotFound("the sample registry is not part of this copy", hint="Install Modelshelf again.")


def build_sample(
    path: Path, progress: Progress | None = None, *, samples: Path | None = None
) -> Path:
    """Make a registry at ``path`` from the sample models, step by step as it once happened.

    Every file goes through the drop folder, every decision through the same methods that a person
    uses; only the clock is set to the moment of each step. All of it is made, or nothing.

    Args:
        path: A folder that does not exist yet or is empty.
        progress: Called with steps done, steps in all and what is being done.
        samples: The folder of the sample models; by default the one that comes with Modelshelf.

    Returns:
        ``path``.

    Raises:
        Conflict: Something is there already.
        NotFound: The sample models are missing.
        Unavailable: It cannot be made there.
    """
    folder = samples or sample_folder()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Conflict(f"{path} is there already", hint="Name a new folder.", subject=str(path))
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _tell_all(folder, partial, progress)
        partial.rename(path)
    except FileNotFoundError as exc:
        raise NotFound(
            "the sample models are missing",
            why=f"there is no {safe(exc.filename)}",
            hint="Install Modelshelf again.",
        ) from exc
    except OSError as exc:
        raise Unavailable(f"{path} cannot be made", why=exc.strerror or str(exc)) from exc
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return path


def _tell_all(folder: Path, path: Path, progress: Progress | None) -> None:
    history = json.loads((folder / _HISTORY).read_text("utf-8"))
    steps = history["steps"]
    with _Teller(folder, path, read_moment(steps[0]["at"])) as teller:
        for done, step in enumerate(steps, start=1):
            teller.tell(step)
            if progress is not None:
                about = step.get("reference") or step.get("model") or step.get("stage", "")
                progress(done, len(steps), f"{step['do']} {about}")


def _code(samples: Path) -> bytes:
    """Return a snapshot of the code that makes the models, and of nothing else that lies there."""
    from modelshelf.surroundings.snapshot import pack

    with TemporaryDirectory(prefix="modelshelf-sample-") as folder:
        for name in _CODE:
            source, target = samples / name, Path(folder, name)
            if source.is_dir():
                target.mkdir()
                for file in source.glob("*.py"):
                    shutil.copyfile(file, target / file.name)
            else:
                shutil.copyfile(source, target)
        return pack(Path(folder))


def _no_pause(_seconds: float) -> None:
    """Go on at once: nobody else writes to these files."""


class _Teller:
    """Tells the steps of a history to a new registry, each in the name of its actor."""

    def __init__(self, samples: Path, path: Path, begin: datetime) -> None:
        self._samples = samples
        self._path = path
        self._clock = SteppingClock(begin - timedelta(hours=1))
        self._open: dict[str, Registry] = {}
        self._snapshot = ""

    def __enter__(self) -> Self:
        create_registry(
            self._path, actor="ana", clock=self._clock, registry_id=_REGISTRY_ID
        ).close()
        return self

    def __exit__(self, *_: object) -> None:
        for registry in self._open.values():
            registry.close()

    def tell(self, step: Mapping[str, Any]) -> None:
        self._clock.moment = read_moment(step["at"])
        registry = self._open.get(step["actor"])
        if registry is None:
            registry = open_registry(self._path, actor=step["actor"], clock=self._clock)
            self._open[step["actor"]] = registry
        self._snapshot = self._snapshot or registry.reproductions.keep(_code(self._samples))
        getattr(self, f"_{step['do']}")(registry, step)

    def _drop(self, registry: Registry, step: Mapping[str, Any]) -> None:
        source = self._samples / step["artifact"]
        folder = self._path / "inbox" / step["model"]
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / source.name
        if source.is_dir():
            shutil.copytree(source, target)
            sidecar = target / "modelshelf.json"
        else:
            shutil.copyfile(source, target)
            sidecar = target.with_name(f"{target.name}.json")
        known = {key: value for key, value in step["sidecar"].items() if value is not None}
        known["code"] = {**step["sidecar"]["code"], "snapshot": self._snapshot}
        sidecar.write_text(json.dumps(known), "utf-8")
        moment = self._clock.moment.timestamp()
        os.utime(target, (moment, moment))  # what the file system says is recorded too
        at, self._clock.moment = self._clock.moment, self._clock.moment - _SETTLED
        registry.intake.sweep(pause=_no_pause)
        self._clock.moment = at
        self._check(registry.intake.sweep(pause=_no_pause), step)

    @staticmethod
    def _check(report: SweepReport, step: Mapping[str, Any]) -> None:
        if len(report.taken) != 1:
            left = [f"{s.state}: {s.reason}" for s in (*report.refused, *report.waiting)]
            raise Corrupt(
                f"the sample {step['artifact']} was not taken in",
                why="; ".join(left) or "it was not seen",
                hint="Install Modelshelf again.",
            )

    def _describe(self, registry: Registry, step: Mapping[str, Any]) -> None:
        name = step["model"]
        registry.models.describe(name, description=step.get("description"), owner=step.get("owner"))
        if step.get("tags"):
            registry.models.tag(name, set=step["tags"])

    def _promote(self, registry: Registry, step: Mapping[str, Any]) -> None:
        split = step.get("split")
        reference = step.get("reference") or list(split or {})[-1]
        registry.promotions.promote(
            reference,
            step["stage"],
            weight=None if split else step.get("weight"),
            split=split,
            reason=step["reason"],
        )

    def _rollback(self, registry: Registry, step: Mapping[str, Any]) -> None:
        registry.promotions.rollback(step["model"], step["stage"], reason=step["reason"])

    def _alias(self, registry: Registry, step: Mapping[str, Any]) -> None:
        registry.versions.alias(step["reference"], step["alias"], reason=step.get("reason", ""))

    def _amend(self, registry: Registry, step: Mapping[str, Any]) -> None:
        registry.versions.amend(
            step["reference"], metrics=step.get("metrics"), params=step.get("params")
        )

    def _tag(self, registry: Registry, step: Mapping[str, Any]) -> None:
        registry.versions.tag(step["reference"], set=step["tags"])

    def _yank(self, registry: Registry, step: Mapping[str, Any]) -> None:
        registry.versions.yank(step["reference"], reason=step["reason"])

    def _archive(self, registry: Registry, step: Mapping[str, Any]) -> None:
        registry.versions.archive(step["reference"], reason=step["reason"])
