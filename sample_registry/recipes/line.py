"""The words of this folder: a line of versions, what fitting one gives, and a version made."""

import hashlib
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipes.data import Array, Rows, Split

Number = int | float | str | bool


@dataclass(frozen=True)
class Fitted:
    """What a recipe hands over: the thing to write, its settings and the rows it learned from."""

    payload: Any
    params: dict[str, Number]
    trained_on: tuple[Rows, ...]
    columns: tuple[str, ...] = ()


Recipe = Callable[[Split, Callable[[int], Path]], Fitted]


@dataclass(frozen=True)
class Line:
    """One registered model: how its versions are made, written, used and measured."""

    name: str
    owner: str
    description: str
    tags: dict[str, str]
    task: str
    library: str
    licence: str
    source: str
    limits: str
    file: str
    load: Callable[[], Split]
    recipes: tuple[Recipe, ...]
    artifact: str
    write: Callable[["Line", Split, Fitted, Path], None]
    predict: Callable[[Path, Split, Array], Array]
    measure: Callable[[Callable[[Array], Array], Split, int], dict[str, float]]
    names: dict[int, str] = field(default_factory=dict)
    bases: dict[int, int] = field(default_factory=dict)
    evaluated_on: Callable[[Split, int], tuple[Rows, ...]] = lambda split, _: (split.held,)

    def path(self, number: int) -> str:
        """Say where the artifact of a version lies, seen from `sample_registry`."""
        return f"models/{self.name}/v{number}/{self.names.get(number, self.artifact)}".rstrip("/")


@dataclass(frozen=True)
class Made:
    """One version as it was made and measured."""

    line: Line
    number: int
    says: str
    commit: str
    entry: str
    params: dict[str, Number]
    metrics: dict[str, float]
    trained_on: tuple[Rows, ...]
    evaluated_on: tuple[Rows, ...]
    seconds: float

    @property
    def reference(self) -> str:
        """Name it as the registry does."""
        return f"{self.line.name}:v{self.number}"

    @property
    def base(self) -> str | None:
        """Name the version it was derived from, if any."""
        base = self.line.bases.get(self.number)
        return base and f"{self.line.name}:v{base}"


def make(line: Line, split: Split, number: int, root: Path) -> Made:
    """Fit one version, write its artifact, and measure the artifact (not the fitted object)."""
    recipe = line.recipes[number - 1]
    start = time.perf_counter()
    fitted = recipe(split, lambda earlier: root / line.path(earlier))
    seconds = round(time.perf_counter() - start, 4)
    path = root / line.path(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    line.write(line, split, fitted, path)
    return Made(
        line=line,
        number=number,
        says=inspect.getdoc(recipe) or "",
        commit=blob_id(inspect.getsource(recipe)),
        entry=f"recipes/{recipe.__module__.rpartition('.')[2]}.py",
        params=fitted.params,
        metrics=measured(line, split, number, root),
        trained_on=fitted.trained_on,
        evaluated_on=line.evaluated_on(split, number),
        seconds=seconds,
    )


def measured(line: Line, split: Split, number: int, root: Path) -> dict[str, float]:
    """Measure a written artifact through its own runtime on the held-out rows."""
    path = root / line.path(number)
    return line.measure(lambda rows: line.predict(path, split, rows), split, number)


def settings(estimator: Any, *names: str, **more: Number) -> dict[str, Number]:  # noqa: ANN401 -- any scikit-learn estimator
    """Read an estimator's settings back from it, so that the record cannot differ from the run."""
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    known = last.get_params()
    found = {name: known[name] for name in names}
    return {"algorithm": type(last).__name__, **found, **more}


def blob_id(text: str) -> str:
    """Give the id that git would give a file with this text."""
    body = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
