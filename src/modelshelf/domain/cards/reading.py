"""What a card says, read by its headings: under which of them there is text, and not a blank."""

from __future__ import annotations

import re
from collections.abc import Iterator

HEAD = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_LABEL = re.compile(r"[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__)([^*_\n]{1,120})(?:\*\*|__)[ \t]*:?(.*)$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# What is written and not shown; <https://x> and <me@x.org> are.
_HIDDEN = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>|&#?[A-Za-z0-9]{1,32};")
_NUMBERED = re.compile(r"\s*\d{1,9}[.)](?:\s|\Z)")
_PUT_OFF = re.compile(r"(?:todo|tbd|fixme)\b")
_BLANK = frozenset({
    "", "more information needed", "needs more information", "unknown", "todo", "tbd", "n/a", "na",
    "none", "to be done", "to be written", "not known",
})  # fmt: skip
_HEADING_MOST = 200
_LABELLED = 7  # below every heading


def split(card: str) -> tuple[str, str]:
    """Return the YAML head of a card, without its rules, and the rest; no head is empty."""
    found = HEAD.match(card)
    return ("", card) if found is None else (found[1], card[found.end() :])


def said_under(card: str) -> frozenset[str]:
    """Return the headings of a card, in lower case, under which something is said.

    A heading above others is said when one of them is. ``**Label:** text`` counts as a heading, as
    the template of Hugging Face has it. ``[More Information Needed]`` and the like say nothing.
    """
    said: set[str] = set()
    above: list[tuple[int, str]] = []
    for level, words in _pieces(split(card)[1]):
        if level:
            while above and above[-1][0] >= level:
                above.pop()
            above.append((level, _plain(words)))
        elif not blank(words):
            if above and above[-1][0] == _LABELLED:
                said.add(above.pop()[1])  # a label is about its own line
            said.update(heading for _, heading in above)
    return frozenset(said)


def _pieces(body: str) -> Iterator[tuple[int, str]]:
    """Yield headings with their level, and lines of text with 0; a label comes before its text."""
    fence = ""
    lines = _without_comments(body).splitlines()
    for n, each in enumerate(lines):
        opening = _FENCE.match(each)
        if fence or opening:
            if opening and not fence:
                fence = opening[1]
            elif opening and opening[1].startswith(fence) and not each.strip(" \t`~"):
                fence = ""
            else:
                yield 0, each  # code says something: how to use it
            continue
        below = lines[n + 1].strip() if n + 1 < len(lines) else ""
        if found := _ATX.match(each):
            yield len(found[1]), found[2] or ""
        elif each.strip() and len(below) > 1 and below.strip("=-") == "":
            yield (1 if "=" in below else 2), each
        elif found := _LABEL.match(each):
            yield _LABELLED, found[1]
            yield 0, found[2]
        elif each.strip("=- \t"):
            yield 0, each


def _without_comments(body: str) -> str:
    """Leave out what HTML leaves out; a comment that never ends goes on to the end."""
    kept: list[str] = []
    at = 0
    while (begin := body.find("<!--", at)) >= 0:
        kept.append(body[at:begin])
        end = body.find("-->", begin)
        if end < 0:
            return "".join(kept)
        at = end + len("-->")
    return "".join([*kept, body[at:]])


def _plain(heading: str) -> str:
    return " ".join(heading[:_HEADING_MOST].strip("#*_: \t").lower().split())


def blank(words: str) -> bool:
    """Whether a line says nothing: no word in it, or only that somebody should write one."""
    shown = _NUMBERED.sub("", _HIDDEN.sub(" ", words), count=1).lower()
    letters = [place for place, each in enumerate(shown) if each.isalnum()]
    said = shown[letters[0] : letters[-1] + 1] if letters else ""
    return said in _BLANK or _PUT_OFF.match(said) is not None
