"""What is left behind when the app fails: a file without anybody's data, and one sentence."""

from __future__ import annotations

import platform
import traceback
from datetime import datetime
from pathlib import Path

from rich.text import Text

from modelshelf._version import __version__

_KEPT_FRAMES = 60


class Apology(Exception):
    """Stands in for an error at the end of the app; Textual prints what ``__rich__`` returns."""

    def __init__(self, error: BaseException, file: Path | None) -> None:
        """Apologise for ``error``, which was reported in ``file`` if it could be."""
        where = f" What is needed to mend it was written to {file}." if file else ""
        super().__init__(
            f"Modelshelf failed ({type(error).__name__}); nothing is half done.{where}"
        )
        self.__cause__ = error

    def __rich__(self) -> Text:
        """Return the sentence, never read as markup."""
        return Text(str(self))


def report(error: BaseException) -> str:
    """Return where an error happened: types, files, lines; no message and no local variable.

    A message may quote what a person typed or what a model is called, and a crash file is made to
    be sent to strangers.
    """
    parts = [f"Modelshelf {__version__}, Python {platform.python_version()}, {platform.system()}"]
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        parts.append(f"\n{type(cause).__module__}.{type(cause).__qualname__}")
        frames = traceback.extract_tb(cause.__traceback__)[-_KEPT_FRAMES:]
        parts += [f"  {_short(f.filename)}:{f.lineno} in {f.name}: {f.line}" for f in frames]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(parts) + "\n"


def write(error: BaseException, folder: Path, now: datetime) -> Path | None:
    """Write the report into ``folder``; return the file, or ``None`` where that fails."""
    file = folder / f"crash-{now.strftime('%Y%m%dT%H%M%SZ')}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(report(error), encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return file


def _short(filename: str) -> str:
    """Return a file's path from its package on: the folders above name people."""
    parts = Path(filename).parts
    for anchor in ("site-packages", "modelshelf", "tests"):
        if anchor in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(anchor) :])
    return parts[-1] if parts else filename
