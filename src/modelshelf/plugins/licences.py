"""Licences: what is written read as SPDX, by the library ``license-expression``.

The table of obligations is short and says what people most often trip over. It is no legal advice,
and a licence that is not in it may have obligations all the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from modelshelf.domain.gates.case import Allowed
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from license_expression import LicenseExpression, Licensing

TEXT_MOST = 1_000
"""Characters of one licence."""
_WORDS_MOST = 100
# Names that Hugging Face's cards, files and people use where SPDX has another or none; a name of
# ours (openrail, llama3) is a licence that SPDX does not list and everybody calls so.
_CALLED = {
    "apache": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "the apache license version 2.0": "Apache-2.0",
    "the apache software license version 2.0": "Apache-2.0",
    "mit license": "MIT",
    "the mit license": "MIT",
    "expat": "MIT",
    "bsd-3": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "bsd-2": "BSD-2-Clause",
    "bsd 2-clause": "BSD-2-Clause",
    "2-clause bsd": "BSD-2-Clause",
    "isc license": "ISC",
    "cc0": "CC0-1.0",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    "c-uda": "C-UDA-1.0",
    "agpl-3": "AGPL-3.0-only",
    "gpl-2": "GPL-2.0-only",
    "gpl-3": "GPL-3.0-only",
    "gplv2": "GPL-2.0-only",
    "gplv3": "GPL-3.0-only",
    "lgpl-3": "LGPL-3.0-only",
    "llama-2": "llama2",
    "llama 2": "llama2",
    "llama-3": "llama3",
    "llama 3": "llama3",
    "llama-3.1": "llama3.1",
    "llama-3.2": "llama3.2",
    "llama-3.3": "llama3.3",
    "llama-4": "llama4",
}
_OWN = (
    "openrail", "openrail++", "bigscience-openrail-m", "creativeml-openrail-m",
    "bigcode-openrail-m", "bigscience-bloom-rail-1.0", "llama2", "llama3", "llama3.1", "llama3.2",
    "llama3.3", "llama4", "gemma", "deepfloyd-if-license", "apple-amlr", "apple-ascl", "h-research",
    "intel-research", "fair-noncommercial-research-license", "grok2-community", "openmdw-1.0",
)  # fmt: skip
_ATTRIBUTION, _SHARE = "attribution", "share-alike"
_NETWORK, _USE = "source to users over a network", "restrictions on use"
_NO_MONEY, _NO_CHANGE = "no commercial use", "no derivatives"
_OBLIGATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"CC-BY-NC-SA-.*", (_ATTRIBUTION, _NO_MONEY, _SHARE)),
    (r"CC-BY-NC-ND-.*", (_ATTRIBUTION, _NO_MONEY, _NO_CHANGE)),
    (r"CC-BY-NC-.*", (_ATTRIBUTION, _NO_MONEY)),
    (r"CC-BY-SA-.*", (_ATTRIBUTION, _SHARE)),
    (r"CC-BY-ND-.*", (_ATTRIBUTION, _NO_CHANGE)),
    (r"CC-BY-[0-9].*|ODC-By-.*", (_ATTRIBUTION,)),
    (r"ODbL-.*|CDLA-Sharing-.*", (_ATTRIBUTION, _SHARE)),
    (r"AGPL-.*", (_SHARE, _NETWORK)),
    (r"(GPL|GFDL|OSL|EUPL)-.*", (_SHARE,)),
    (r"(LGPL|MPL|EPL)-.*", ("share-alike of its own files",)),
    (r"C-UDA-.*", ("use for computing only",)),
    (r".*openrail.*|.*-rail-.*|gemma|llama[0-9.]+", (_USE,)),
    (r"deepfloyd.*|apple-amlr|h-research|intel-research|fair-noncommercial.*", (_NO_MONEY,)),
)
_LATER = "-or-later"


def licence_allowed(text: str, allowed: Sequence[str]) -> Allowed:
    """Return what a licence, as somebody wrote it, comes to when ``allowed`` are allowed.

    One of an ``OR`` is enough, every one of an ``AND`` is needed; ``A WITH exception`` is allowed
    where it or ``A`` is, ``A-or-later`` where it or ``A-only`` is. Where nothing is listed as
    allowed, every licence that is known is. What is no expression is unknown as a whole.

    Args:
        text: A name or an expression of SPDX, or a name as Hugging Face uses them.
        allowed: Names and expressions.
    """
    parsed = _parsed(text)
    if parsed is None:
        whole = safe(" ".join(text.split()), 100)
        ok = whole.casefold() in {each.casefold() for each in allowed}
        return Allowed(ok, () if ok else (whole or "nothing",))
    unknown = tuple(dict.fromkeys(key for key in _keys(parsed) if not _is_known(key)))
    listed = frozenset(_listed(allowed))
    told = _judge(parsed, listed, everything=not allowed)
    return Allowed(told.ok or str(parsed).casefold() in listed, unknown, told.duties)


def check_licence(text: str) -> str | None:
    """Return a clause that says what is wrong with a licence of the policy; ``None``: nothing."""
    parsed = _parsed(text)
    if parsed is None:
        return f"{safe(text, 80)!r} is no licence and no expression of licences"
    for key in _keys(parsed):
        if not _is_known(key):
            near = get_close_matches(key.casefold()[:80], _known_names(), n=1)
            hint = f"; did you mean {_known_names()[near[0]]}?" if near else ""
            return f"{safe(key, 80)!r} is no known licence{hint}"
    return None


@dataclass(frozen=True, slots=True)
class _Judged:
    ok: bool
    duties: tuple[str, ...] = ()


def _judge(parsed: Any, listed: frozenset[str], *, everything: bool) -> _Judged:  # noqa: ANN401 - a tree of three untyped classes
    """Judge a tree of AND, OR and single licences."""
    if parsed.isliteral:
        return _judge_one(parsed, listed, everything=everything)
    parts = [_judge(each, listed, everything=everything) for each in parsed.args]
    if parsed.operator.strip() == "OR":
        chosen = [each for each in parts if each.ok] or parts
        duties = min((each.duties for each in chosen), key=len)  # one may choose
        return _Judged(any(each.ok for each in parts), duties)
    together = dict.fromkeys(duty for each in parts for duty in each.duties)
    return _Judged(all(each.ok for each in parts), tuple(together))


def _judge_one(symbol: Any, listed: frozenset[str], *, everything: bool) -> _Judged:  # noqa: ANN401 - as above
    whole = str(symbol)
    base = str(getattr(symbol, "license_symbol", symbol))
    names = {whole, base}
    if base.endswith(_LATER):
        names.add(base.removesuffix(_LATER) + "-only")
    ok = bool({name.casefold() for name in names} & listed)
    return _Judged(ok or (everything and all(map(_is_known, symbol_keys(symbol)))), _duties(base))


def symbol_keys(symbol: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """Return the names in a single licence: itself, or a licence and its exception."""
    exception = getattr(symbol, "exception_symbol", None)
    if exception is None:
        return (symbol.key,)
    return (symbol.license_symbol.key, exception.key)


def _duties(name: str) -> tuple[str, ...]:
    return next((duties for rule, duties in _OBLIGATIONS if re.fullmatch(rule, name)), ())


def _listed(allowed: Sequence[str]) -> list[str]:
    names: list[str] = []
    for text in allowed:
        parsed = _parsed(text)
        names.append((" ".join(text.split()) if parsed is None else str(parsed)).casefold())
    return names


@lru_cache(maxsize=1)
def _licensing() -> Licensing:
    from license_expression import LicenseSymbol, Licensing, get_spdx_licensing

    spdx = get_spdx_licensing()
    return Licensing([*spdx.known_symbols.values(), *(LicenseSymbol(name) for name in _OWN)])


@lru_cache(maxsize=1)
def _known_names() -> dict[str, str]:
    """Return the known names by their small form."""
    names: dict[str, str] = {}
    for key, symbol in _licensing().known_symbols.items():
        for name in (key, *symbol.aliases):
            if not name.startswith("LicenseRef-"):
                names[name.casefold()] = key
    return names


def _is_known(key: str) -> bool:
    return key in _licensing().known_symbols


def licence_names(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return a licence as an expression of SPDX, and the licences in it, each once.

    ``A WITH exception`` is named by ``A``.

    Args:
        text: A name or an expression of SPDX, or a name as Hugging Face uses them.

    Returns:
        ``None`` when it is no expression.
    """
    parsed = _parsed(text)
    if parsed is None:
        return None
    exceptions = {
        exception.key
        for symbol in parsed.symbols
        if (exception := getattr(symbol, "exception_symbol", None)) is not None
    }
    names = (key for key in _keys(parsed) if key not in exceptions)
    return str(parsed), tuple(dict.fromkeys(names))


def _keys(parsed: LicenseExpression) -> list[str]:
    return [key for symbol in parsed.symbols for key in symbol_keys(symbol)]


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:  # noqa: ANN401 - the library's classes are untyped
    """Return the expression that ``text`` is, in SPDX's names; ``None`` when it is none."""
    if len(text) > TEXT_MOST:
        return None
    words = " ".join(text.replace(",", " ").split()).casefold()
    called = _CALLED.get(words) or _CALLED.get(words.removesuffix(" license"))
    known = called or _known_names().get(words) or text
    if len(known.split()) > _WORDS_MOST:
        return None
    try:
        parsed = _licensing().parse(known)
        str(parsed), parsed.symbols
    except Exception:  # noqa: BLE001 - it also lets assertions of its own fail
        return None
    return parsed
