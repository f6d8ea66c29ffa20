"""Writes the table of docs/roles.md from the methods themselves.

python -m tests.registry.roles_page docs/roles.md
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from modelshelf.registry import Registry, create_registry
from tests.registry.walking import RANKS, methods_of

BEGIN = "<!-- methods: written by python -m tests.registry.roles_page, do not edit below -->"


def table(registry: Registry) -> str:
    """Return a table of all methods: a line for each part, a column for each role."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for method in methods_of(registry):
        found[method.part][method.role or ""].append(f"`{method.name}`")
    lines = [f"| part | {' | '.join(RANKS)} |", "|---" * (len(RANKS) + 1) + "|"]
    for part, by_role in sorted(found.items()):
        cells = (" ".join(sorted(by_role[role])) for role in RANKS)
        lines.append(f"| `{part}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def current(page: str, registry: Registry) -> str:
    """Return the page with its table as it should be now."""
    head, _, _ = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{table(registry)}"


def main(arguments: list[str]) -> int:
    """Bring the page named on the command line up to date."""
    file = Path(arguments[0] if arguments else "docs/roles.md")
    with (
        tempfile.TemporaryDirectory() as folder,
        create_registry(f"{folder}/r", actor="nobody") as registry,
    ):
        file.write_text(current(file.read_text("utf-8"), registry), "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
