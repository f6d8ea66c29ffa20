"""The two themes of the app, one accent in a dark and a light room."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="modelshelf",
    primary="#5fb6ad",
    secondary="#8a97a6",
    accent="#5fb6ad",
    foreground="#d7dce2",
    background="#11151a",
    surface="#161b21",
    panel="#1d242c",
    warning="#d9a657",
    error="#e0707a",
    success="#7fb97a",
    dark=True,
    variables={
        "rule": "#35404b",
        "quiet": "#8794a1",
        "cursor-row": "#24424a",
        "cursor-row-blurred": "#1d262e",
        "footer-background": "#161b21",
        "footer-key-foreground": "#5fb6ad",
        "footer-description-foreground": "#9aa6b2",
        "block-cursor-background": "#24424a",
        "block-cursor-foreground": "#f2f5f7",
        "border": "#35404b",
        "scrollbar": "#35404b",
        "scrollbar-background": "#11151a",
    },
)

LIGHT = Theme(
    name="modelshelf-light",
    primary="#0b6e66",
    secondary="#56636f",
    accent="#0b6e66",
    foreground="#1d252c",
    background="#fbfcfc",
    surface="#f2f4f5",
    panel="#e7ebed",
    warning="#8a5a00",
    error="#a8323e",
    success="#2f6f33",
    dark=False,
    variables={
        "rule": "#c3ccd3",
        "quiet": "#5c6974",
        "cursor-row": "#cfe5e3",
        "cursor-row-blurred": "#e7ebed",
        "footer-background": "#f2f4f5",
        "footer-key-foreground": "#0b6e66",
        "footer-description-foreground": "#46525d",
        "block-cursor-background": "#cfe5e3",
        "block-cursor-foreground": "#1d252c",
        "border": "#c3ccd3",
        "scrollbar": "#c3ccd3",
        "scrollbar-background": "#fbfcfc",
    },
)

# Another theme may be picked in the palette, and those know nothing of our own names.
FALLBACKS = {
    "rule": "#55606b",
    "quiet": "#8a949e",
    "cursor-row": "#33525a",
    "cursor-row-blurred": "#2a343c",
}
