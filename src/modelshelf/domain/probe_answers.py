"""Answers to a probe as a command writes them and as they are kept: lines in, lines out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from modelshelf.domain.errors import Invalid, Refused
from modelshelf.domain.plain import canonical
from modelshelf.domain.probes import ROWS_MOST, Answer, Answers
from modelshelf.domain.text import accept, safe

LINE_MOST = 64 * 1024
ID_MOST = 1_000
_SHOWN = 80
_MARK = b"\xef\xbb\xbf"
_FIELDS = range(2, 4)
_FORM = 'id, tab, answer and perhaps tab, truth; or {"id": "7", "answer": "yes"}'


def read_answers(lines: Iterable[bytes]) -> dict[str, Answer]:
    """Return what a command answered, by example, in its order.

    The first line says which form all have: ``id<TAB>answer[<TAB>truth]``, or an object of JSON
    with ``id``, ``answer`` and perhaps ``truth``. Empty lines are stepped over.

    Args:
        lines: What it wrote, each with its end of line; of one that is longer than
            :data:`LINE_MOST`, at least a byte more than that.

    Raises:
        Refused: A line is none of these, an example stands there twice, or there are more than
            :data:`~modelshelf.domain.probes.ROWS_MOST` or none; with the number of the line.
    """
    found: dict[str, Answer] = {}
    read = None
    for n, line in enumerate(lines, start=1):
        if len(line) > LINE_MOST:
            raise _refused(n, "it is too long", observed=len(line), required=f"{LINE_MOST:,} bytes")
        # Some programs begin what they write with a mark of the encoding, which no id begins with.
        bare = (line.removeprefix(_MARK) if n == 1 else line).rstrip(b"\r\n")
        if not bare:
            continue
        if read is None:
            read = _object if bare.startswith(b"{") else _fields
        if len(found) == ROWS_MOST:
            raise _refused(n, "there are too many", required=f"{ROWS_MOST:,} at most")
        example, answer = _row(n, bare, read)
        if example in found:
            raise _refused(n, f"the example {safe(example, _SHOWN)!r} is answered twice")
        found[example] = answer
    if not found:
        raise Refused("the probe answered nothing", hint="Print one line for each example.")
    return found


def kept_lines(answers: Answers) -> Iterator[bytes]:
    """Yield answers as they are kept: one object of JSON a line, whatever form they came in."""
    for example, (answer, truth) in answers.items():
        row = {"id": example, "answer": answer} | ({"truth": truth} if truth else {})
        yield canonical(row).encode() + b"\n"


def read_kept(lines: Iterable[bytes]) -> dict[str, Answer]:
    """Return answers that :func:`kept_lines` wrote.

    Raises:
        ValueError: They are not as it writes them.
    """
    found: dict[str, Answer] = {}
    for line in lines:
        row = json.loads(line)
        if not isinstance(row, dict) or not all(isinstance(v, str) for v in row.values()):
            raise ValueError("a line holds no answer")
        try:
            found[row["id"]] = Answer(row["answer"], row.get("truth", ""))
        except KeyError as exc:
            raise ValueError("a line holds no answer") from exc
    return found


def _row(n: int, line: bytes, read: Any) -> tuple[str, Answer]:  # noqa: ANN401 - one of those below
    try:
        example, answer, truth = read(line.decode())
        return (
            accept("id", example, most=ID_MOST, empty=False),
            Answer(
                accept("answer", answer, most=LINE_MOST, lines=True),
                accept("truth", truth, most=LINE_MOST, lines=True),
            ),
        )
    except UnicodeDecodeError as exc:
        raise _refused(n, "it is not UTF-8 text") from exc
    except Invalid as exc:
        raise _refused(n, safe(f"{exc.what}: {exc.why}" if exc.why else exc.what)) from exc
    except (ValueError, RecursionError) as exc:
        raise _refused(n, f"it is {safe(line.decode(), _SHOWN)!r}", required=_FORM) from exc


def _fields(line: str) -> tuple[str, str, str]:
    parts = line.split("\t")
    if len(parts) not in _FIELDS:
        raise ValueError(line)
    return parts[0], parts[1], "".join(parts[2:])


def _object(line: str) -> tuple[str, str, str]:
    told = json.loads(
        line, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once
    )
    if not isinstance(told, dict) or not {"id", "answer"} <= told.keys():
        raise ValueError(line)
    truth = told.get("truth")
    return _text(told["id"]), _text(told["answer"]), "" if truth is None else _text(truth)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _text(value: object) -> str:
    """Return an answer as text: a number as it was written, a truth value as JSON has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise ValueError("neither text nor a number")  # noqa: TRY004 - like what json raises
    return value


def _refused(n: int, why: str, *, observed: object = None, required: object = None) -> Refused:
    return Refused(
        f"line {n:,} of what the probe answered cannot be used",
        why=why,
        observed=observed,
        required=required,
        hint="Print only answers; warnings belong on standard error.",
    )
