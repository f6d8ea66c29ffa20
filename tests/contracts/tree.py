"""The project as files: where it is, which are ours, and how a Markdown page is taken apart."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "modelshelf"

_FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1[^\n]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these top-level folders, sorted."""
    return sorted(file for name in folders for file in (ROOT / name).rglob("*.py"))


def relative(file: Path) -> str:
    """Return a file's path from the root of the project, with forward slashes."""
    return file.relative_to(ROOT).as_posix()


def project_files() -> list[Path]:
    """Return every file that is, or is about to be, under version control.

    Empty where git does not know this folder, as in an unpacked source distribution.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        # The answer must not depend on a hook's or a caller's GIT_DIR, so the folder is named.
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    names = [name for name in listing.decode().split("\0") if name]
    return sorted(file for name in names if (file := ROOT / name).is_file())


@dataclass(frozen=True)
class Section:
    """One heading of a page, with all that stands below it, its smaller headings included."""

    title: str
    text: str


def sections(page: str) -> list[Section]:
    """Return a page's sections; what stands before the first heading has an empty title."""
    # A `#` inside a code block is a comment, so headings are looked for where blocks are blank.
    bare = _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), page)
    heads = list(_HEADING.finditer(bare))
    found = [Section("", page[: heads[0].start() if heads else None])]
    for number, head in enumerate(heads):
        later = (h.start() for h in heads[number + 1 :] if len(h[1]) <= len(head[1]))
        found.append(Section(head[2], page[head.end() : next(later, None)]))
    return found


def without_code(page: str) -> str:
    """Return a page without its code blocks and code words, where nothing is a link."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page))


def anchors(page: str) -> set[str]:
    """Return the anchors that a page's headings get, as GitHub and most renderers make them."""
    found: set[str] = set()
    for section in sections(page):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", section.title.lower())
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        again = 1
        unique = anchor
        while unique in found:
            unique = f"{anchor}-{again}"
            again += 1
        found.add(unique)
    return found
