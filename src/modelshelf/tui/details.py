"""The names of the tabs about one version, for whoever writes them."""

from __future__ import annotations

from modelshelf.tui.tabs import NAMES

__all__ = ["NAMES"]
