"""How a registry comes to be, and a first model into it: shown where there is none yet."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from textual.content import Content

from modelshelf.domain.text import safe
from modelshelf.tui.show import line, styled

if TYPE_CHECKING:
    from modelshelf.tui.widgets.paragraphs import Paragraph

_MOST = 500


def drop(folder: str) -> str:
    """Return the command that drops a file, for the model churn, into a drop folder."""
    place = _word(f"{folder}/churn")
    return f"mkdir -p {place} && cp model.onnx {place}/"


def command(path: str = "") -> str:
    """Return the command that registers it; without ``path`` in the registry that it finds."""
    where = f"-R {_word(path)} " if path else ""
    return f"modelshelf {where}register churn model.onnx --metric auc=0.91"


def python(path: str = "") -> str:
    """Return the line of Python that does."""
    where = repr(path) if path else ""
    return f'modelshelf.open_registry({where}).versions.register("churn", "model.onnx")'


def three_ways(folder: str, path: str) -> list[Paragraph]:
    """Return the three ways to add a first model.

    Args:
        folder: The drop folder.
        path: The registry; empty where everybody finds it who names none.
    """
    return [
        *_heading("This registry has no models yet. Three ways to add one:"),
        *_way("Drop a file", "into a folder that is called like its model", drop(folder)),
        *_way("Run a command", "where the file is", command(path)),
        *_way("Write it in Python", "where the model is trained", python(path)),
    ]


def no_registry(path: str) -> list[Paragraph]:
    """Return what to do where there is no registry at all."""
    make = f"modelshelf init {_word(path)}"
    return [
        *_heading(f"There is no registry in {safe(path, 300)} yet."),
        *_way("Make one", "there, and this app goes on by itself", make),
        *_way("Open another", "than this one", "modelshelf -R FOLDER"),
        *_way("Look at an example", "first", "modelshelf demo"),
    ]


def _word(path: str) -> str:
    """Return a path as a shell takes it; below the home folder as people write it, where it may."""
    if path.startswith("~/"):
        return f"~/{shlex.quote(path[2:])}"
    word = shlex.quote(path)
    if os.name == "posix" and word == path:
        with suppress(ValueError, RuntimeError):
            return f"~/{PurePath(path).relative_to(Path.home())}"
    return word


def _heading(text: str) -> list[Paragraph]:
    return [("", styled((text, "strong"))), ("", Content(""))]


def _way(what: str, where: str, words: str) -> list[Paragraph]:
    return [
        ("", styled((what, "accent"), f" {where}")),
        ("", line(f"  {words}", _MOST)),
        ("", Content("")),
    ]
