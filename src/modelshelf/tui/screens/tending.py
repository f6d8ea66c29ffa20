"""What one does with one version: copy what names it, open its folder, edit its card, tag it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from modelshelf.domain.errors import ModelshelfError, Unavailable
from modelshelf.domain.text import safe
from modelshelf.tui.messages import CatalogChanged
from modelshelf.tui.screens.panes import Panes
from modelshelf.tui.show import sentence
from modelshelf.tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion
    from modelshelf.tui.editing import CardDraft, Edited
    from modelshelf.tui.opening import Opened
    from modelshelf.tui.screens.copying import Copies

NOTHING = "There is no version under the cursor yet."


class Tending(Panes):
    """The keys about the version under the cursor of the list `versions`."""

    def __init__(self) -> None:
        """Nothing is being edited."""
        super().__init__()
        self._edited: Edited | None = None

    @property
    def versions(self) -> VTable[ModelVersion]:
        """The list of versions."""
        return self.query_one("#versions", VTable)

    @property
    def chosen(self) -> ModelVersion | None:
        """The version that a key acts on."""
        return self.versions.current

    def _reference(self) -> str:
        """Return what names the version that a key acts on; say so when there is none."""
        version = self.chosen
        self.say("" if version is not None else NOTHING)
        return "" if version is None else version.reference

    # --- copying and opening ----------------------------------------------------------------------

    def action_copy(self) -> None:
        """Copy the reference of the version under the cursor."""
        if reference := self._reference():
            self.shelf.action_copy_text(reference)

    def action_copies(self) -> None:
        """Offer everything that names this version or leads to it."""
        from modelshelf.tui.screens.copying import copies

        if reference := self._reference():
            self.ask("copies", lambda r: copies(r, reference), self._offer)

    def _offer(self, offered: Copies) -> None:
        from modelshelf.tui.screens.copying import CopyScreen

        self.app.push_screen(CopyScreen(offered), self._copy_chosen)

    def _copy_chosen(self, text: str | None) -> None:
        if text:
            self.shelf.action_copy_text(text)

    def action_open_folder(self) -> None:
        """Open the folder that holds the bytes; where that cannot be, say and copy its path."""
        from modelshelf.tui.opening import open_folder

        if reference := self._reference():
            self.ask("folder", lambda r: open_folder(r, reference), self._opened_folder)

    def _opened_folder(self, opened: Opened) -> None:
        path = safe(opened.folder, 300)
        if opened.why_not:
            self.app.copy_to_clipboard(path)
            self.say(f"{path} is copied, not opened: {opened.why_not}.")
        else:
            self.say(f"Opened {path}.")

    # --- the card ---------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Edit the card in one's own editor."""
        from modelshelf.tui.editing import begin_card

        if self._edited is not None:
            self.say("A card is being recorded: a moment.")
        elif reference := self._reference():
            self.ask("edit", lambda r: begin_card(r, reference), self._edit)

    def _edit(self, draft: CardDraft) -> None:
        try:
            written = self._written(draft)
        except ModelshelfError as error:
            self._edited = None
            self.say(sentence(error))
            return
        edited = self._edited
        if edited is None:
            return
        if written is None:
            edited.forget()
            self._edited = None
            self.say("Nothing was changed, and nothing is recorded.")
            return
        from modelshelf.tui.editing import record_card

        self.ask(
            "record", lambda r: record_card(r, draft, written), lambda _: self._recorded(draft)
        )

    def _written(self, draft: CardDraft) -> str | None:
        """Let the editor have the terminal; return what was written, ``None`` when nothing was.

        Raises:
            ModelshelfError: There is no editor, it failed, or its text cannot be read; says where
                what was typed is.
        """
        from modelshelf.tui.editing import BYTES_MOST, Edited, find_editor

        command = find_editor(
            "Leave with q and start as EDITOR=nano modelshelf, or in a shell: "
            f"modelshelf card {draft.reference} --set FILE"
        )
        try:
            edited = self._edited = Edited(draft.text, "card.md")
        except OSError as exc:
            raise Unavailable("the card cannot be written out", why=exc.strerror or "") from exc
        try:
            with self.app.suspend():
                edited.run(command)
        except SuspendNotSupported as exc:
            edited.forget()
            raise Unavailable(
                "an editor needs a terminal, and this is none",
                hint=f"modelshelf card {draft.reference} --edit does it from one.",
            ) from exc
        except KeyboardInterrupt as exc:
            raise Unavailable("the editor was stopped", hint=safe(exc, 400)) from exc
        finally:
            self.app.refresh(layout=True)
        return edited.read(BYTES_MOST)

    def _recorded(self, draft: CardDraft) -> None:
        if self._edited is not None:
            self._edited.forget()
            self._edited = None
        self.say(f"The card of {draft.reference} is recorded.")
        self.app.post_message(CatalogChanged())

    def question_failed(self, group: str, error: ModelshelfError) -> None:
        """Say where a text is that could not be recorded."""
        if group == "record" and self._edited is not None:
            error.hint = f"{error.hint} {self._edited.kept}".strip()
            self._edited = None
        super().question_failed(group, error)

    # --- tags -------------------------------------------------------------------------------------

    def action_tags(self) -> None:
        """Review the tags of the version under the cursor."""
        from modelshelf.tui.screens.tagging import TagsScreen

        version = self.chosen
        if self._reference() and version is not None:
            self.app.push_screen(TagsScreen(version))
