"""The documents tell all there is, point only at what exists, and name no one machine."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import click
import pytest

from modelshelf.domain.errors import FAMILIES
from modelshelf.domain.events import EVENTS
from tests.contracts.command_tree import command_line, long_options, root_of, walk
from tests.contracts.tree import (
    ROOT,
    Section,
    anchors,
    project_files,
    relative,
    sections,
    without_code,
)

DOCS = ROOT / "docs"
# Not the model cards of the sample registry: they are data, written as strangers write.
PAGES = [
    file
    for file in project_files()
    if file.suffix == ".md"
    and (file.is_relative_to(DOCS) or file.parent in (ROOT, ROOT / "sample_registry"))
]

LINK = re.compile(
    r"""\]\(\s*<?([^)\s>]+)>?[^)]*\)      # [text](target "title"), ![text](target)
    |\b(?:src|href)="([^"]+)"            # <img src="target">
    |^\[[^\]]+\]:\s*(\S+)               # [name]: target""",
    re.MULTILINE | re.VERBOSE,
)
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)

# Folders of the machines that built this project. The lookbehind lets an address or a longer path
# that merely contains the word through.
MACHINE_PATH = re.compile(rb"(?<![\w.~/-])/(?:work|root)/")
PACKAGE_INDEX = re.compile(
    rb"index[-_]url|find[-_]links|pypi\.org|pythonhosted\.org|registry\.npmjs\.|https?://\S*/simple\b"
)


@functools.cache
def page(name: str) -> str:
    """Return one page of the documents; a missing page tells nothing."""
    file = DOCS / name
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def untold(group: click.Group, text: str) -> list[str]:
    """Return the commands that have no heading on a page, and the options not told there.

    An option counts as told below its command's heading, or before the first command, where the
    options of all commands stand.
    """
    found = sections(text)
    told = {path: below(found, path) for path, _ in walk(group)}
    first = next((n for n, s in enumerate(found) if any(s in t for t in told.values())), None)
    shared = "" if first is None else before(text, found[first])
    missing = [o for o in long_options(group) if not mentions(shared, o)]
    for path, command in walk(group):
        text_of = shared + "".join(section.text for section in told[path])
        missing += [path] if not told[path] else []
        missing += [f"{path} {o}" for o in long_options(command) if not mentions(text_of, o)]
    return missing


def below(found: list[Section], path: str) -> list[Section]:
    """Return the sections headed by a call: `modelshelf alias set NAME`, `alias set`."""
    call = re.compile(rf"(?:modelshelf )?{re.escape(path)}(?: [^a-z].*)?")
    return [section for section in found if call.fullmatch(section.title.replace("`", ""))]


def before(text: str, section: Section) -> str:
    """Return what stands on a page before a section."""
    return text[: text.index(section.text)] if section.text else text


def mentions(text: str, option: str) -> bool:
    """Tell whether an option stands in a text as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


def broken_links(text: str, file: Path) -> list[str]:
    """Return the relative links of a page that lead to no file, folder or heading."""
    targets = [next(filter(None, match.groups())) for match in LINK.finditer(without_code(text))]
    return [t for t in targets if not ELSEWHERE.match(t) and not leads_somewhere(t, text, file)]


def leads_somewhere(target: str, text: str, file: Path) -> bool:
    """Tell whether a relative link from a page leads to something."""
    path, _, anchor = target.partition("#")
    goal = file.parent / path if path else file
    if not goal.exists():
        return False
    if not anchor or goal.suffix != ".md":
        return True
    return anchor in anchors(goal.read_text(encoding="utf-8") if path else text)


def test_every_command_and_option_is_told() -> None:
    """docs/cli.md has a heading for every command, and its long options below it."""
    assert untold(command_line(), page("cli.md")) == []


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_is_told(name: str) -> None:
    """docs/events.md tells every event by the name that hooks and scripts see."""
    assert f"`{name}`" in page("events.md")


@pytest.mark.parametrize("family", [family.__name__ for family in FAMILIES])
def test_every_error_family_is_told(family: str) -> None:
    """Every family of errors is explained in docs/errors.md or docs/design.md."""
    assert f"`{family}`" in page("errors.md") + page("design.md")


@pytest.mark.parametrize("file", PAGES, ids=relative)
def test_links_lead_somewhere(file: Path) -> None:
    """Every relative link of every page leads to a file, a folder or a heading."""
    assert broken_links(file.read_text(encoding="utf-8"), file) == []


def test_no_file_names_a_machine_or_a_package_index() -> None:
    """What is shipped works anywhere: no path of one machine, no address packages come from.

    All files are read, the sample registry's catalog among them.
    """
    found = [
        (relative(file), hit[0].decode())
        for file in project_files()
        for pattern in (MACHINE_PATH, PACKAGE_INDEX)
        if (hit := pattern.search(file.read_bytes()))
    ]
    assert found == []


@click.group()
@click.option("--registry")
def fake() -> None:
    """Stand in for the command line."""


@fake.group("alias")
def fake_alias() -> None:
    """Stand in for a group of commands."""


@fake_alias.command("set")
@click.option("--reason")
@click.option("--quiet/--loud", default=True)
def fake_set() -> None:
    """Stand in for a command."""


FAKE_PAGE = """\
# Commands

All take `--registry DIR`.

```sh
# alias
```

## `modelshelf alias`

### `modelshelf alias set NAME REF`

| option | |
|---|---|
| `--reason TEXT` | why |

#### More

`--quiet`, `--loud`
"""


def test_an_untold_command_or_option_would_be_seen() -> None:
    """The measure itself: headings are needed, comments in examples are none, words are whole."""
    assert root_of([fake_alias, fake, fake]) is fake
    assert untold(fake, FAKE_PAGE) == []
    assert untold(fake, FAKE_PAGE.replace("--reason", "--reasons")) == ["alias set --reason"]
    assert untold(fake, FAKE_PAGE.replace("## `modelshelf alias`", "")) == ["alias"]
    assert untold(fake, "")[:2] == ["--registry", "alias"]


def test_a_broken_link_would_be_seen() -> None:
    """The measure itself: files, headings and images are followed; addresses and code are not."""
    good = "# A b\n[x](#a-b) [y](LICENSE) [z](https://example.org/q) `[c](nope)` ![i](LICENSE)"
    bad = '[x](#a-c) [y](gone.md "title") <img src="gone.svg">\n[ref]: gone/'
    file = ROOT / "CONTRIBUTING.md"
    assert broken_links(good, file) == []
    assert broken_links(bad, file) == ["#a-c", "gone.md", "gone.svg", "gone/"]


def test_a_machine_path_would_be_seen() -> None:
    """The measure itself: an absolute path is found, also in quotes; a part of a path is not."""
    root, work = b"/" + b"root/x", b"/" + b"work/x"
    assert all(MACHINE_PATH.search(b'"' + path) for path in (root, work))
    assert not MACHINE_PATH.search(b"docs" + work + b" ./" + work + b" https://example.org" + root)
    assert PACKAGE_INDEX.search(b"https://example.org" + b"/simple/")
    assert not PACKAGE_INDEX.search(b"as simple as that")
