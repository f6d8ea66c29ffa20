"""The part of docs/app.md that is made from the table of actions; run this module to renew it."""

from __future__ import annotations

import sys
from pathlib import Path

from modelshelf.tui.actions import TITLES, of
from modelshelf.tui.actions.action import Action

GENERATED_FROM = "<!-- keys: made by python -m modelshelf.tui.docs -->"
GENERATED_TO = "<!-- end of keys -->"


def keys_page() -> str:
    """Return the tables of keys as Markdown, a heading for each place."""
    parts = []
    for where, title in TITLES.items():
        rows = [f"| {_keys(action)} | {action.label} | {action.about} |" for action in of(where)]
        parts.append("\n".join([f"### {title}", "", "| key | | |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _keys(action: Action) -> str:
    return " ".join(f"`{key}`" for key in action.shown_keys)


def renew(page: Path) -> None:
    """Write the tables into a page, between the two marks."""
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(GENERATED_FROM)
    _, _, tail = rest.partition(GENERATED_TO)
    page.write_text(
        f"{head}{GENERATED_FROM}\n\n{keys_page()}\n\n{GENERATED_TO}{tail}", encoding="utf-8"
    )


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
