"""A person's text in a person's editor: in a file nobody else may read, and never lost."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Conflict, Invalid, Refused, Unavailable
from modelshelf.domain.provenance import CARD_MOST
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.cards import CardChange
    from modelshelf.registry import Registry

BYTES_MOST = CARD_MOST * 4 + 1
"""One byte more than the longest card can have, which is then refused for its length."""
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


def find_editor(hint: str = "Set EDITOR, or give the text with --set FILE.") -> list[str]:
    """Return the words of the person's editor: ``$VISUAL``, else ``$EDITOR``.

    Args:
        hint: What to do where neither is set.

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
        hint=hint,
    )


@dataclass(frozen=True, slots=True)
class CardDraft:
    """A card that somebody is about to edit.

    Attributes:
        reference: ``model:vN``: what an alias leads to may change meanwhile.
        text: The card, or one made from what the registry knows.
        before: The change that set it; ``None`` when there is no card yet.
    """

    reference: str
    text: str
    before: CardChange | None


def begin_card(registry: Registry, reference: str) -> CardDraft:
    """Return the card of a version to be edited."""
    detail = registry.versions.detail(reference)
    named = detail.version.reference
    text = detail.card or registry.cards.render(named)
    return CardDraft(named, text, _newest(registry, named))


def record_card(registry: Registry, draft: CardDraft, text: str) -> None:
    """Record an edited card, unless somebody else wrote one meanwhile.

    Raises:
        Conflict: Somebody did.
        ModelshelfError: It cannot be recorded.
    """
    before, now, named = draft.before, _newest(registry, draft.reference), draft.reference
    if now is not None and (before is None or now.seq != before.seq):
        raise Conflict(
            f"the card of {named} was changed while you edited it",
            why=f"{safe(now.actor, 60)} wrote entry {now.seq}",
            hint=f"See modelshelf card {named} --diff.",
            subject=named,
        )
    registry.versions.amend(named, card=text)


def _newest(registry: Registry, reference: str) -> CardChange | None:
    found = registry.cards.history(reference)
    return found[0] if found else None
