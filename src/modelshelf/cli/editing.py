"""A person's text in a person's editor: in a file nobody else may read, and never lost."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from modelshelf.domain.errors import Invalid, Refused, Unavailable
from modelshelf.domain.text import safe

_VARIABLES = ("VISUAL", "EDITOR")


class Edited:
    """A text that is being edited.

    Attributes:
        place: The file that holds it, in a folder of its own.
    """

    def __init__(self, text: str, name: str) -> None:
        """Write ``text`` into a file called ``name``, which only its owner may read."""
        self._before = text.encode()
        self.place = Path(tempfile.mkdtemp(prefix="modelshelf-edit-"), name)
        descriptor = os.open(self.place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._before)

    @property
    def kept(self) -> str:
        """A sentence that says where the text is."""
        return f"Your text is kept in {safe(self.place)}."

    def run(self, command: list[str]) -> None:
        """Let the editor have the terminal until it ends.

        Raises:
            Unavailable: It cannot be started.
            Refused: It failed.
            KeyboardInterrupt: Somebody stopped it.
        """
        shown = safe(command[0], 80)
        try:
            code = subprocess.run([*command, str(self.place)], check=False).returncode  # noqa: S603 - the person's own editor, and no shell
        except (OSError, ValueError) as exc:
            self.forget()
            why = getattr(exc, "strerror", None) or str(exc)
            raise Unavailable(f"the editor {shown!r} cannot be started", why=safe(why)) from exc
        except KeyboardInterrupt as exc:
            raise KeyboardInterrupt(self._unsaved()) from exc
        if code:
            raise Refused(
                f"the editor {shown!r} failed and nothing was recorded",
                why=f"exit {code}",
                hint=self._unsaved(),
            )

    def _unsaved(self) -> str:
        """Say where the text is if it is worth something, and forget it otherwise."""
        with suppress(OSError):
            if self.place.read_bytes() != self._before:
                return self.kept
        self.forget()
        return "Nothing was changed."

    def read(self, most: int) -> str | None:
        """Return what the text is now; ``None`` when it is as it was, or empty.

        Args:
            most: The most bytes to read.

        Raises:
            Unavailable: The file cannot be read.
            Invalid: It is not UTF-8.
        """
        try:
            with self.place.open("rb") as file:
                data = file.read(most)
            text = data.decode("utf-8-sig")
        except OSError as exc:
            what = f"the edited text {safe(self.place)} cannot be read"
            raise Unavailable(what, why=exc.strerror or "") from exc
        except UnicodeDecodeError as exc:
            raise Invalid("the edited text is not UTF-8", why=str(exc), hint=self.kept) from exc
        return None if data == self._before or not text.strip() else text

    def forget(self) -> None:
        """Remove the file and its folder."""
        shutil.rmtree(self.place.parent, ignore_errors=True)


def find_editor() -> list[str]:
    """Return the words of the person's editor: ``$VISUAL``, else ``$EDITOR``.

    Raises:
        Invalid: Neither is set, or the words cannot be read.
    """
    for name in _VARIABLES:
        written = os.environ.get(name, "")
        try:
            words = shlex.split(written, posix=os.name != "nt")
        except ValueError as exc:
            what = f"{name} cannot be read: {safe(written, 80)}"
            raise Invalid(what, why=safe(exc)) from exc
        if words:
            return words
    raise Invalid(
        "no editor is named",
        why="neither VISUAL nor EDITOR is set",
        hint="Set EDITOR, or give the text with --set FILE.",
    )
