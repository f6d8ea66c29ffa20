"""What licences ask of whoever passes a model on: a table of names to terms.

The terms are those that the texts themselves state, read at https://spdx.org/licenses for what has
an SPDX identifier, and otherwise: https://www.licenses.ai and the RAIL texts of BigScience, BigCode
and CreativeML for the OpenRAIL family, https://www.llama.com for Llama, https://ai.google.dev/gemma
for Gemma, https://cdla.dev for CDLA, https://opendatacommons.org for ODC. Only terms that matter to
somebody who hands a model on are told, in six words; a text asks more than that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from modelshelf.domain.lineage_answers import Obligation

_CREDIT, _SHARE = "attribution", "share-alike"
_NO_MONEY, _NO_CHANGE = "non-commercial", "no-derivatives"
_STATE, _USE = "state changes", "use restrictions"
TERMS = (_CREDIT, _SHARE, _NO_MONEY, _NO_CHANGE, _STATE, _USE)
"""Every term, in the order in which they are told."""

# The first that fits counts. "Attribution" also stands for keeping notices and the licence's text;
# "share-alike" also for licences that ask it of their own files only (MPL, EPL, LGPL).
_TABLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"CC0-1\.0|PDDL-1\.0|Unlicense|0BSD|MIT-0|WTFPL|CC-PDDC", ()),
    (r"MIT|ISC|BSD-[1-4]-Clause.*|BSL-1\.0|PostgreSQL|openmdw-1\.0", (_CREDIT,)),
    (r"Apache-2\.0|Zlib", (_CREDIT, _STATE)),
    (r"Apache-1\..*", (_CREDIT,)),
    # Creative Commons asks to indicate changes from its third version on.
    (r"CC-BY-NC-ND-[1-4]\..*", (_CREDIT, _NO_MONEY, _NO_CHANGE)),
    (r"CC-BY-ND-[1-4]\..*", (_CREDIT, _NO_CHANGE)),
    (r"CC-BY-NC-SA-[34]\..*", (_CREDIT, _SHARE, _NO_MONEY, _STATE)),
    (r"CC-BY-NC-SA-[12]\..*", (_CREDIT, _SHARE, _NO_MONEY)),
    (r"CC-BY-NC-[34]\..*", (_CREDIT, _NO_MONEY, _STATE)),
    (r"CC-BY-NC-[12]\..*", (_CREDIT, _NO_MONEY)),
    (r"CC-BY-SA-[34]\..*", (_CREDIT, _SHARE, _STATE)),
    (r"CC-BY-SA-[12]\..*", (_CREDIT, _SHARE)),
    (r"CC-BY-[34]\..*", (_CREDIT, _STATE)),
    (r"CC-BY-[12]\..*|ODC-By-1\.0", (_CREDIT,)),
    (r"ODbL-1\.0", (_CREDIT, _SHARE)),
    (r"CDLA-Sharing-1\.0", (_CREDIT, _SHARE, _STATE)),
    (r"CDLA-Permissive-1\.0", (_CREDIT, _STATE)),
    (r"CDLA-Permissive-2\.0", (_CREDIT,)),
    (r"C-UDA-1\.0", (_CREDIT, _USE)),
    (r"[AL]?GPL-[123]\..*|GFDL-1\..*|EUPL-1\..*|MPL-1\.1", (_CREDIT, _SHARE, _STATE)),
    (r"MPL-2\.0.*|EPL-[12]\.0", (_CREDIT, _SHARE)),
    (r"(bigscience-|creativeml-|bigcode-)?openrail(-m|\+\+)?|bigscience-bloom-rail-1\.0",
     (_CREDIT, _STATE, _USE)),
    (r"gemma", (_CREDIT, _STATE, _USE)),
    (r"llama(2|3|3\.1|3\.2|3\.3|4)", (_CREDIT, _USE)),
)  # fmt: skip
# Known to forbid money; what else they ask is not told here.
_IN_PART = r"deepfloyd-if-license|apple-amlr|h-research|intel-research|fair-noncommercial.*"

ReadLicence = Callable[[str], tuple[str, tuple[str, ...]] | None]
"""From what is stated to an expression of SPDX and the names in it; ``None``: it is none."""


def terms_of(name: str) -> tuple[tuple[str, ...], bool]:
    """Return what a licence asks, and whether that is known.

    Args:
        name: Its SPDX identifier, or the name by which Hugging Face's cards call it.
    """
    for rule, terms in _TABLE:
        if re.fullmatch(rule, name, re.IGNORECASE):
            return terms, True
    if re.fullmatch(_IN_PART, name, re.IGNORECASE):
        return (_NO_MONEY,), False
    return (), False


def oblige(
    label: str, kind: str, stated: Sequence[str], distance: int, read: ReadLicence
) -> list[Obligation]:
    """Return what the licences that a thing states ask, one answer for each that it states.

    Every licence in an expression counts, also one of an ``OR``: who may choose has not said which
    one was chosen, and what is told must not depend on a guess. An exception only permits more, so
    ``A WITH exception`` asks what ``A`` asks.

    Args:
        label: Whose licences.
        kind: ``version``, ``dataset`` or ``outside``.
        stated: As they are stated; none is one answer too.
        distance: Steps up to it.
        read: Reads one.
    """
    found = [_one(label, kind, text, distance, read) for text in stated]
    return found or [Obligation(label, kind, "", distance)]


def _one(label: str, kind: str, text: str, distance: int, read: ReadLicence) -> Obligation:
    told = read(text)
    if told is None:
        return Obligation(label, kind, text, distance)
    expression, names = told
    each = [terms_of(name) for name in names]
    asked = {term for terms, _ in each for term in terms}
    ordered = tuple(term for term in TERMS if term in asked)
    known = bool(each) and all(is_known for _, is_known in each)
    return Obligation(label, kind, expression, distance, ordered, known)
