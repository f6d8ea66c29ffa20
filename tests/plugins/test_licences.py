"""Licences: what people write, what it comes to, and what it asks for."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.gates.case import Allowed
from modelshelf.domain.text import safe
from modelshelf.plugins.licences import check_licence, licence_allowed

RESTRICTED = ("restrictions on use",)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("mit", ["MIT"]),
        ("MIT", ["mit"]),
        ("MIT License", ["MIT"]),
        ("Apache 2.0", ["Apache-2.0"]),
        ("Apache License, Version 2.0", ["apache-2.0"]),
        ("apache-2.0", ["Apache 2.0"]),
        ("GPL-3.0", ["GPL-3.0-only"]),
        ("gpl-3.0+", ["GPL-3.0-only"]),
        ("GPL-3.0-or-later", ["GPL-3.0-or-later"]),
        ("mit OR gpl-3.0", ["mit"]),
        ("mit AND (bsd-3-clause OR foo)", ["mit", "BSD-3-Clause"]),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only"]),
        ("MIT AND Apache-2.0", ["MIT AND Apache-2.0"]),
        ("llama3.1", ["llama3.1"]),
        ("Llama 3", ["llama3"]),
        ("our own terms", ["our own terms"]),
        ("foo", ["foo"]),
        ("mit", []),
    ],
)
def test_what_is_allowed_is_found_however_it_is_written(text: str, allowed: list[str]) -> None:
    """SPDX, Hugging Face's names, expressions and the policy's own words all meet."""
    assert licence_allowed(text, allowed).ok


@pytest.mark.parametrize(
    ("text", "allowed", "unknown"),
    [
        ("apache-2.0", ["MIT"], ()),
        ("MIT AND GPL-3.0", ["MIT"], ()),
        ("GPL-3.0-only", ["GPL-3.0-or-later"], ()),
        ("foo", ["MIT"], ("foo",)),
        ("foo", [], ("foo",)),
        ("MIT AND foo", ["MIT"], ("foo",)),
        ("MIT WITH foo", [], ("foo",)),
        ("other", [], ("other",)),
        ("gfdl", [], ("gfdl",)),
        ("https://x.y/terms?z=1", ["MIT"], ("https://x.y/terms?z=1",)),
        ("MIT OR OR", ["MIT"], ("MIT OR OR",)),
        ("(OR MIT", ["MIT"], ("(OR MIT",)),
        ("", [], ("nothing",)),
        ("\x1b", [], ("\\x1b",)),
        ("A" * 2_000, [], ("A" * 99 + "…",)),
    ],
)
def test_what_is_not_allowed_or_not_known_is_told_apart(
    text: str, allowed: list[str], unknown: tuple[str, ...]
) -> None:
    """A known licence that is not listed has no unknown words; another has, as it was written."""
    found = licence_allowed(text, allowed)
    assert not found.ok
    assert found.unknown == unknown


@pytest.mark.parametrize(
    ("text", "obligations"),
    [
        ("mit", ()),
        ("cc0-1.0", ()),
        ("cc-by-4.0", ("attribution",)),
        ("cc-by-sa-4.0", ("attribution", "share-alike")),
        ("cc-by-nc-4.0", ("attribution", "no commercial use")),
        ("cc-by-nc-sa-4.0", ("attribution", "no commercial use", "share-alike")),
        ("cc-by-nd-4.0", ("attribution", "no derivatives")),
        ("odbl", ("attribution", "share-alike")),
        ("gpl-3.0", ("share-alike",)),
        ("agpl-3.0", ("share-alike", "source to users over a network")),
        ("mpl-2.0", ("share-alike of its own files",)),
        ("creativeml-openrail-m", RESTRICTED),
        ("openrail++", RESTRICTED),
        ("llama3.3", RESTRICTED),
        ("gemma", RESTRICTED),
        ("mit OR gpl-3.0", ()),
        ("cc-by-sa-4.0 AND agpl-3.0", (
            "attribution", "share-alike", "source to users over a network",
        )),
    ],
)  # fmt: skip
def test_obligations_are_listed(text: str, obligations: tuple[str, ...]) -> None:
    """Those of the table; of alternatives the lightest, for one may choose."""
    assert licence_allowed(text, []) == Allowed(ok=True, obligations=obligations)


def test_only_an_allowed_alternative_is_chosen() -> None:
    """The obligations are those of what may be used."""
    assert licence_allowed("mit OR gpl-3.0", ["gpl-3.0"]).obligations == ("share-alike",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MIT", None),
        ("apache 2.0", None),
        ("MIT OR llama3", None),
        ("Appache-2.0", "'Appache-2.0' is no known licence; did you mean Apache-2.0?"),
        ("MIT OR cc-by-4", "'cc-by-4' is no known licence; did you mean CC-BY-4.0?"),
        ("zzz", "'zzz' is no known licence"),
        ("MIT or", "'MIT or' is no licence and no expression of licences"),
        ("", "'' is no licence and no expression of licences"),
    ],
)
def test_a_wrong_licence_is_pointed_at(text: str, said: str | None) -> None:
    """What the policy allows is checked, with what was probably meant."""
    assert check_licence(text) == said


WORDS = st.sampled_from(["mit", "OR", "AND", "WITH", "(", ")", "foo", "gpl-3.0+", ",", "llama3"])


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=200).map(" ".join)))
def test_no_text_raises(text: str) -> None:
    """Any text is allowed, known, or told to be unknown; allowing what is unknown allows it."""
    found = licence_allowed(text, ["MIT"])
    assert all(safe(word, 2_000) == word for word in found.unknown)
    check_licence(text)
    if found.unknown and licence_allowed(text, []).unknown == (text,):
        assert licence_allowed(text, ["MIT", *found.unknown]).ok


def test_deep_expressions_are_bounded() -> None:
    """Brackets in brackets are unwrapped, or are no licence."""
    assert licence_allowed("(" * 400 + "mit" + ")" * 400, ["MIT"]).ok
    assert not licence_allowed("(" * 4_000 + "mit" + ")" * 4_000, ["MIT"]).ok


def test_the_library_is_imported_late() -> None:
    """Importing this module does not import it."""
    code = "import sys, modelshelf.plugins.licences; sys.exit('license_expression' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
