"""Asks for the moment at which everything is shown."""

from __future__ import annotations

from textual.screen import ModalScreen


class TravelScreen(ModalScreen[None]):
    """Takes a date, a date and time, or the number of an entry."""
