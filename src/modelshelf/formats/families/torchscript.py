"""TorchScript archives: the class, the methods and the code that come with the weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelshelf.domain.inspection import Finding, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.containers.member import read_member
from modelshelf.formats.containers.zipped import Directory, Member
from modelshelf.formats.pickles.describe import class_of
from modelshelf.formats.source import SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

_MOST_CODE = 1024 * 1024
_MOST_CODE_IN_ALL = 16 * 1024 * 1024
_MOST_LISTED = 50
_LONGEST_SIGNATURE = 20_000
_CLASS = re.compile(r"^class (\w+)\(Module\):$", re.MULTILINE)
_METHOD = re.compile(r"^  def (\w+)\(", re.MULTILINE)
_CUSTOM = re.compile(r"\bops\.([A-Za-z_]\w*)\.")
_ORDINARY_OPERATORS = frozenset({"aten", "prim", "prims", "quantized", "inductor", "_caffe2"})
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Script:
    """What the code in an archive says.

    Attributes:
        architecture: The class of the model.
        inputs: What its ``forward`` takes.
        outputs: What its ``forward`` gives.
        metadata: Methods, files of code, and extra files.
        needs_code: Name spaces of operators that are not PyTorch's own.
        findings: That it runs code, and which operators are not PyTorch's.
    """

    architecture: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    metadata: dict[str, str]
    needs_code: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_script(
    file: SourceFile, directory: Directory, top: str, root: object, where: str
) -> Script | None:
    """Return what a TorchScript archive says; nothing for an archive without code.

    Source: caffe2/serialize and torch/csrc/jit/serialization/python_print.cpp.

    Args:
        file: The archive.
        directory: Its members.
        top: The folder in it that everything is in.
        root: The pickled object.
        where: Name for the findings.
    """
    code = {
        member.name.removeprefix(top): member
        for member in directory.members
        if member.name.startswith(f"{top}code/")
    }
    if not code:
        return None
    sources = sorted(name for name in code if name.endswith(".py"))
    symbol = class_of(root)
    text = _code_of(file, code, symbol.module) if symbol else ""
    methods = dict(_methods(text, symbol.name if symbol else ""))
    metadata = {"code": ", ".join(sources[:_MOST_LISTED])}
    if methods:
        metadata["methods"] = "; ".join(methods.values())
    extra = [m.name for m in directory.members if m.name.startswith(f"{top}extra/")]
    if extra:
        names = (name.removeprefix(f"{top}extra/") for name in extra[:_MOST_LISTED])
        metadata["extra_files"] = ", ".join(names)
    inputs, outputs = _specs(methods.get("forward", ""))
    custom = _custom(file, [code[name] for name in sources])
    detail = f"TorchScript: {len(code):,} files of code run when the model is used"
    found = [say.warning("torch.script", where, detail)]
    if custom:
        detail = f"its code calls operators that are not PyTorch's own: {', '.join(custom)}"
        found.append(say.warning("torch.custom_operators", where, detail))
    name = symbol.name if symbol else ""
    return Script(name, inputs, outputs, metadata, custom, tuple(found))


def _custom(file: SourceFile, members: list[Member]) -> tuple[str, ...]:
    """Return the name spaces of operators that come from other libraries, sorted."""
    left = _MOST_CODE_IN_ALL
    found: set[str] = set()
    for member in members:
        left -= member.size
        if left < 0:
            break
        found |= set(_CUSTOM.findall(_text(file, member)))
    return tuple(sorted(found - _ORDINARY_OPERATORS))


def _code_of(file: SourceFile, code: dict[str, Member], module: str) -> str:
    member = code.get(f"code/{module.replace('.', '/')}.py")
    return _text(file, member) if member else ""


def _text(file: SourceFile, member: Member) -> str:
    try:
        return read_member(file, member, _MOST_CODE).decode("utf-8", "replace")
    except (Malformed, LimitReached):  # the scan tells what is wrong with it
        return ""


def _methods(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the methods of a class with their signatures on one line."""
    begin = next((m.end() for m in _CLASS.finditer(text) if m[1] == name), len(text))
    after = _CLASS.search(text, begin)
    body = text[begin : after.start() if after else len(text)]
    for match in list(_METHOD.finditer(body))[:_MOST_LISTED]:
        signature = _signature(body, match.end() - 1)
        if signature:
            yield match[1], match[1] + signature


def _signature(text: str, begin: int) -> str:
    """Return ``(a: Tensor) -> Tensor`` from the text behind a method's name."""
    depth = 0
    for at in range(begin, min(len(text), begin + _LONGEST_SIGNATURE)):
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if text[at] == ":" and not depth:
            flat = " ".join(text[begin:at].split())
            return re.sub(r"^\(\w+: [\w.]+(?:, )?", "(", flat)
    return ""


def _specs(signature: str) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    taken, _, given = signature.partition(") -> ")
    inner = taken.partition("(")[2]
    inputs = [_spec(part) for part in _split(inner)]
    outputs = _split(given.removeprefix("Tuple[").removesuffix("]")) if given else []
    named = [_shaped(f"output_{number}", kind) for number, kind in enumerate(outputs)]
    return tuple(inputs), tuple(named)


def _spec(parameter: str) -> TensorSpec:
    name, _, kind = parameter.partition(": ")
    return _shaped(name, kind)


def _shaped(name: str, kind: str) -> TensorSpec:
    """Return a value of a method; of a tensor the code says neither type nor number of sizes."""
    return TensorSpec(name, kind, ("...",) if "Tensor" in kind else ())


def _split(text: str) -> list[str]:
    """Split at the commas that are in no brackets."""
    parts, depth, begin = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if letter == "," and not depth:
            parts.append(text[begin:at].strip())
            begin = at + 1
    return [part for part in (*parts, text[begin:].strip()) if part]
