"""The five models of the sample registry, and what is measured of their versions later."""

from importlib import import_module
from pathlib import Path

from recipes import measure
from recipes.data import Split
from recipes.line import Line

# Each is imported when it is asked for, since each takes other packages.
MODULES = {
    "health/tumour": "tumour",
    "health/progression": "progression",
    "vision/digits": "digits",
    "wine/cultivar": "cultivar",
    "iris/species": "species",
}


def line_of(name: str) -> Line:
    """Give the line of the model called so."""
    line: Line = import_module(f"recipes.{MODULES[name]}").LINE
    return line


def all_lines() -> tuple[Line, ...]:
    """Give the lines of all models."""
    return tuple(line_of(name) for name in MODULES)


def measured_later(line: Line, split: Split, number: int, root: Path) -> dict[str, float]:
    """Measure what the story adds to a version after it was registered."""
    path = root / line.path(number)
    if (line.name, number) == ("vision/digits", 2):
        # As it is measured of the versions after it.
        after = line.measure(lambda rows: line.predict(path, split, rows), split, number + 1)
        return {"accuracy_shifted": after["accuracy_shifted"]}
    if (line.name, number) == ("health/tumour", 5):
        chances = line.predict(path, split, split.held.x)
        return {"calibration_error": measure.calibration_error(split.held.y, chances)}
    return {}
