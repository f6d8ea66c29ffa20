"""The command that a script was started by, in words that can be run again elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from modelshelf.capture.secrets import MASK, is_called_secret, masked
from modelshelf.domain.text import safe

OUT = "{out}"
"""Stands for the folder into which the command writes the artifact."""

_TAKES_VALUE = ("-W", "-X", "--check-hash-based-pycs")
_PYTHON = "python"

Note = Callable[[str], object]


def command_words(given: Sequence[str], folder: Path, root: Path, note: Note) -> tuple[str, ...]:
    """Return the words of a command line of Python's, with ``python`` as the first of them.

    Paths inside of ``root`` become relative to ``folder``. The values of options that are called
    like a password are not kept.

    Args:
        given: As :data:`sys.orig_argv` has them.
        folder: Where it will be run again, inside of ``root``.
        root: The top of the code.
        note: Is told what is not kept.

    Returns:
        The words; none where the code came from no file: ``-c``, standard input, a notebook.
    """
    options, rest = _split(given[1:])
    if not rest or rest[0] in ("-c", "-") or "ipykernel" in sys.modules:
        return ()
    if rest[0] == "-m":
        start, arguments = [_PYTHON, *options, *rest[:2]], rest[2:]
    elif _is_installed_script(rest[0]):
        start, arguments = [Path(rest[0]).stem], rest[1:]
    else:
        script = _absolute(rest[0])
        start, arguments = [_PYTHON, *options, _relative(str(script), folder, root)], rest[1:]
    return (*start, *_without_secrets([_relative(w, folder, root) for w in arguments], note))


def with_out(words: Sequence[str], artifact: Path, folder: Path, root: Path) -> tuple[str, ...]:
    """Return the words with ``{out}`` for the folder in which the artifact lies.

    Only an argument that is the artifact's own path, or the folder right above it, is changed; and
    the folder only when it is not one of the code's.

    Args:
        words: Of the command.
        artifact: What was registered, an absolute path.
        folder: What paths among the words are relative to.
        root: The top of the code.
    """
    above = artifact.parent
    meant = {str(artifact): f"{OUT}/{artifact.name}"}
    if not root.is_relative_to(above) and above != folder:
        meant[str(above)] = OUT

    def changed(word: str) -> str:
        option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
        there = meant.get(os.path.normpath(folder / value)) if value else None
        return word if there is None else f"{option}{equals}{there}"

    return tuple(word if n == 0 else changed(word) for n, word in enumerate(words))


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the interpreter's own options, and what comes after them."""
    options: list[str] = []
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "-c", "-m"):
        word = rest.pop(0)
        options.append(word)
        if word in _TAKES_VALUE and rest:
            options.append(rest.pop(0))
    return options, rest


def _is_installed_script(path: str) -> bool:
    """Whether a path is a command that a package brought along."""
    above = _absolute(path).parent
    return above in (Path(sys.executable).parent, Path(sys.prefix, "bin"))


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links in the path are not resolved


def _relative(word: str, folder: Path, root: Path) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if not value or not os.path.isabs(value):  # noqa: PTH117 - a word, not always a path
        return word
    path = os.path.normpath(value)
    if not Path(path).is_relative_to(root):
        return word
    return f"{option}{equals}{os.path.relpath(path, folder)}"


def _without_secrets(words: list[str], note: Note) -> list[str]:
    kept: list[str] = []
    hides = False
    for word in words:
        option, equals, _value = word.partition("=")
        secret = is_called_secret(option) and (bool(equals) or option.startswith("-"))
        shown = f"{option}={MASK}" if secret and equals else MASK if hides else masked(word)
        kept.append(shown)
        if secret:
            note(f"The value of {safe(option, 60)} is not kept with the command.")
        elif shown != word and not hides:
            note("A word of the command that looks like a secret is not kept.")
        hides = secret and not equals
    return kept
