"""The last line of a screen: the keys that are of use now, those that are off in grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual import events
    from textual.screen import Screen

_KEEP = "app.help"
"""Where room is short this one stays: it lists all the others."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as it stands in the line.

    Attributes:
        id: The action's.
        key: As Textual names it.
        written: As people write it.
        label: What it does, in a word.
        about: The same as a sentence.
        enabled: Whether it is of use now.
    """

    id: str
    key: str
    written: str
    label: str
    about: str
    enabled: bool

    @property
    def width(self) -> int:
        """Cells it takes, with a space on either side of the key and one behind the label."""
        return cell_len(self.written) + cell_len(self.label) + 3


class KeyLine(Widget):
    """One line that is drawn and not put together of widgets: keys change with every view.

    A click does what the key does, and tells why when the key is off.
    """

    DEFAULT_CSS = """
    KeyLine { height: 1; dock: bottom; background: $footer-background; }
    """

    keys: reactive[tuple[Shown, ...]] = reactive(())

    def on_mount(self) -> None:
        """Hear whenever another key is of use."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        """Hear no more."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, screen: Screen[Any]) -> None:
        if self.is_attached and screen is self.screen:
            self.call_after_refresh(self._collect)

    def _collect(self) -> None:
        if not self.is_attached:
            return
        found: dict[str, Shown] = {}
        for _node, binding, enabled, tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in found:
                written = self.app.get_key_display(binding)
                found[binding.action] = Shown(
                    binding.id or "", binding.key, written, binding.description, tooltip, enabled
                )
        self.keys = tuple(found.values())

    def fitting(self, width: int) -> tuple[Shown, ...]:
        """Return the keys there is room for, whole ones, with the list of all keys among them."""
        kept = list(self.keys)
        while len(kept) > 1 and sum(one.width for one in kept) > width:
            last = next((one for one in reversed(kept) if one.id != _KEEP), kept[-1])
            kept.remove(last)
        return tuple(kept)

    def render(self) -> Content:
        """Write the keys one after the other."""
        parts: list[Content | str | tuple[str, str]] = []
        for one in self.fitting(self.size.width):
            off = "" if one.enabled else " dim"
            parts.append((f" {one.written} ", f"bold $footer-key-foreground{off}"))
            parts.append((f"{one.label} ", f"$footer-description-foreground{off}"))
        return Content.assemble(*parts)

    def _at(self, column: int) -> Shown | None:
        left = 0
        for one in self.fitting(self.size.width):
            if left <= column < left + one.width:
                return one
            left += one.width
        return None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Explain the key under the mouse."""
        one = self._at(event.x)
        self.tooltip = Content(one.about) if one is not None and one.about else None

    def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        one = self._at(event.x)
        if one is not None:
            self.app.simulate_key(one.key)
