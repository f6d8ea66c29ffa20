"""The pictures of README and docs are what the app looks like, and each is used."""

from __future__ import annotations

import re
import sys

import pytest

from assets.pictures import FOLDER, PICTURES, taken
from tests.contracts.tree import ROOT
from tests.tui.conftest import settle

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def test_every_picture_is_shown_somewhere() -> None:
    """The files are those that the script takes, and README or a page of docs shows each."""
    names = {f"{picture.name}.svg" for picture in PICTURES}
    assert {file.name for file in FOLDER.glob("*.svg")} == names
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"assets/([\w-]+\.svg)", text)) == names


@pytest.mark.skipif(sys.platform != "linux", reason="another system draws other paths")
def test_no_picture_is_stale() -> None:
    """`make pictures` would change nothing: the sample registry looks as the pictures show it."""
    stale = [
        name
        for name, content in taken(rested=settle)
        if (FOLDER / f"{name}.svg").read_text(encoding="utf-8") != content
    ]
    assert stale == [], "make pictures takes them anew"
