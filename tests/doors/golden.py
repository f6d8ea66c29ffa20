"""Golden answers: JSON files beside the tests, free of what differs from run to run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("golden")

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_CHANCE = ("seal", "prev", "head_seal", "registry_id", "inode", "device")


def settled(value: Any, root: Path) -> Any:  # noqa: ANN401 - JSON
    """Return an answer without times, seals, chance and the place of the registry."""
    if isinstance(value, dict):
        return {k: f"<{k}>" if k in _CHANCE else settled(v, root) for k, v in value.items()}
    if isinstance(value, list):
        return [settled(v, root) for v in value]
    if isinstance(value, str):
        named = value.replace(str(root), "<root>")
        return re.sub(r"[0-9a-f]{32,}", _digest, _TIME.sub("<time>", named))
    return value


def check(name: str, answer: Any, root: Path) -> None:  # noqa: ANN401 - JSON
    """Hold an answer against its golden file; a missing file is written and fails once."""
    file = GOLDEN / f"{name}.json"
    text = json.dumps(settled(answer, root), indent=2, ensure_ascii=False) + "\n"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        raise AssertionError(f"{file.name} was missing and is written; look at it and run again")
    assert text == file.read_text(encoding="utf-8"), f"delete golden/{file.name} to write it anew"


def _digest(match: re.Match[str]) -> str:
    return f"<{len(match[0])} digits>"
