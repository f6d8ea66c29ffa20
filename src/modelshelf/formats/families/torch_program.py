"""The graph of an exported PyTorch program: what it takes and gives, and what it would run.

Two things in it are code although they are text: ``torch.export.load`` hands the expressions of
symbolic sizes to ``sympy.sympify``, which evaluates Python, and executes the guards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modelshelf.domain.inspection import Finding, TensorSpec
from modelshelf.formats import findings as say

_ORDINARY = frozenset(
    {"aten", "higher_order", "prim", "prims", "quantized", "quantized_decomposed"}
)
_OPERATOR = re.compile(r"torch\.ops\.(\w+)\.\w+.*")
_PLAIN_TARGET = re.compile(r"(?:_operator|math|torch)\.\w+")
_EXPRESSION = re.compile(r"[\w\s'(),+\-*/.<>=!%&|~]*")
_CALLED = re.compile(r"([\w.]+)\s*\(")
_MAY_CALL = re.compile(r"[A-Z][A-Za-z0-9]*|floor|ceiling|sqrt|log|exp")
_QUOTED = re.compile(r"'(?:[A-Za-z]\w*)?'")
_GUARD_NEVER = re.compile(r"__|\b(?:import|eval|exec|open|compile|getattr|globals|lambda)\b")
_SYMBOL = re.compile(r"Symbol\('(\w+)'[^)]*\)")
_CLASS = re.compile(r"[^,;]*,[^,;]*,([\w.]+);")


@dataclass(frozen=True, slots=True)
class Program:
    """What the graph says.

    Attributes:
        torch_version: The PyTorch that exported it.
        version: Schema and operator set.
        architecture: The class that was exported.
        inputs: Of the caller.
        outputs: To the caller.
        metadata: What else is worth knowing.
        needs_code: Operators that are not PyTorch's own.
        findings: What is worth a warning.
    """

    torch_version: str = ""
    version: str = ""
    architecture: str = ""
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    needs_code: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_program(graph: Mapping[str, object], where: str, dtypes: Mapping[int, str]) -> Program:
    """Return what a serialized ExportedProgram says.

    Args:
        graph: Its JSON object.
        where: Name for the findings.
        dtypes: Element types by their number in the schema.
    """
    module = _mapping(graph.get("graph_module"))
    body = _mapping(module.get("graph"))
    values = _mapping(body.get("tensor_values"))
    signature = _mapping(module.get("signature"))
    targets = {str(target) for target in _deep(graph, "target")}
    custom = tuple(sorted({t for t in targets if _is_custom(t)}))
    schema, opsets = _mapping(graph.get("schema_version")), _mapping(graph.get("opset_version"))
    stacks = next(_deep(body, "nn_module_stack"), "")
    match = _CLASS.match(f"{stacks};")
    return Program(
        torch_version=str(graph.get("torch_version") or ""),
        version=", ".join(
            [f"schema {schema['major']}.{schema.get('minor', 0)}"] * ("major" in schema)
            + [f"{name} opset {number}" for name, number in opsets.items()]
        ),
        architecture=match[1].rpartition(".")[2] if match else "",
        inputs=tuple(_specs(signature.get("input_specs"), "user_input", values, dtypes)),
        outputs=tuple(_specs(signature.get("output_specs"), "user_output", values, dtypes)),
        metadata={"operators": str(len(targets))},
        needs_code=custom,
        findings=tuple(_findings(graph, custom, targets, where)),
    )


def _is_custom(target: str) -> bool:
    match = _OPERATOR.fullmatch(target)
    return match is not None and match[1] not in _ORDINARY


def _findings(
    graph: Mapping[str, object], custom: tuple[str, ...], targets: set[str], where: str
) -> Iterator[Finding]:
    if custom:
        detail = f"operators that are not PyTorch's own: {', '.join(custom[:20])}"
        yield say.warning("pt2.custom_operators", where, detail)
    for target in sorted(targets):
        if not _OPERATOR.fullmatch(target) and not _PLAIN_TARGET.fullmatch(target):
            yield say.warning("pt2.target", where, f"it calls {target[:200]}")
    for text in _deep(graph, "expr_str"):
        if not _is_expression(str(text)):
            detail = f"the size {str(text)[:200]!r} would be run as code when it is loaded"
            yield say.dangerous("pt2.expression", where, detail)
    guards = graph.get("guards_code")
    for guard in guards if isinstance(guards, list) else ():
        if _GUARD_NEVER.search(str(guard)):
            detail = f"the guard {str(guard)[:200]!r} runs code when it is used"
            yield say.dangerous("pt2.guard", where, detail)


def _is_expression(text: str) -> bool:
    """Tell whether a symbolic size is arithmetic over symbols and nothing else."""
    bare = _QUOTED.sub("", text)
    if not _EXPRESSION.fullmatch(text) or "__" in text or "'" in bare:
        return False
    return all(_MAY_CALL.fullmatch(match[1]) for match in _CALLED.finditer(bare))


def _specs(
    given: object, kind: str, values: Mapping[str, object], dtypes: Mapping[int, str]
) -> Iterator[TensorSpec]:
    for each in given if isinstance(given, list) else ():
        argument = _mapping(_mapping(_mapping(each).get(kind)).get("arg"))
        for sort, value in argument.items():
            name = str(_mapping(value).get("name") or "")
            meta = _mapping(values.get(name))
            if sort == "as_tensor" and meta:
                number = meta.get("dtype")
                dtype = dtypes.get(number, "unknown") if type(number) is int else "unknown"
                yield TensorSpec(name, dtype, _shape(meta.get("sizes")))
            elif sort != "as_none":
                yield TensorSpec(name, sort.removeprefix("as_"), ())


def _shape(sizes: object) -> tuple[int | str | None, ...]:
    return tuple(_size(_mapping(each)) for each in sizes) if isinstance(sizes, list) else ()


def _size(each: Mapping[str, object]) -> int | str | None:
    number = each.get("as_int")
    if type(number) is int:
        return number
    text = _mapping(each.get("as_expr")).get("expr_str")
    return _SYMBOL.sub(r"\1", text) if isinstance(text, str) else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _deep(value: object, key: str) -> Iterator[object]:
    """Yield all values of a key anywhere in a JSON value, in its order."""
    waiting: list[object] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            if key in each:
                yield each[key]
            waiting += reversed(list(each.values()))
        elif isinstance(each, list):
            waiting += reversed(each)
