"""Pickles that would run something: every opcode, trick and disguise that is known."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable

from tests.formats.builders import framed, long_text, short_text
from tests.hostile.case import Bytes, Case, Stage, file

Payload = Callable[[Stage], bytes]
DENIED = "pickle.global.dangerous"


def text(value: object) -> bytes:
    """Return the opcode of a text."""
    return long_text(str(value))


def called(module: str, name: str, *arguments: bytes) -> bytes:
    """Return the opcodes that call a global."""
    return f"c{module}\n{name}\n(".encode() + b"".join(arguments) + b"tR"


def mkdir(stage: Stage) -> bytes:
    """Return the plainest payload there is."""
    return called("os", "mkdir", text(stage.marker)) + b"."


def source(stage: Stage) -> str:
    """Return Python that makes the marker."""
    return f"__import__('os').mkdir({str(stage.marker)!r})"


def made(id_: str, data: Payload, rule: str = DENIED, *, runs: bool = True) -> Case:
    """Return a case whose payload makes the marker."""
    return file(f"pickle-{id_}", "model.pkl", data, rule=rule, runs=runs)


def named(module: str, name: str) -> Case:
    """Return a case that calls something notorious with the marker's name, in protocol 4."""

    def data(stage: Stage) -> bytes:
        symbol = short_text(module) + b"\x94" + short_text(name) + b"\x94\x93\x94"
        return framed(symbol + text(stage.marker) + b"\x85R.")

    shown = f"{module}-{name}".replace(".", "-").replace("_", "").lower()
    return file(f"pickle-names-{shown}", "model.pkl", data, rule=DENIED)


class _Made:
    """Pickles as a call of ``exec``."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return exec, (source(self._stage),)


def _protocol(number: int) -> Payload:
    return lambda stage: pickle.dumps(_Made(stage), number)


def _stack_global(module: bytes, name: bytes) -> Payload:
    return lambda s: b"\x80\x04" + module + name + b"\x93" + text(s.marker) + b"\x85R."


def _patched_object(stage: Stage) -> bytes:
    """Give an object the function that its own next BUILD calls."""
    state = b"}" + text("__setstate__") + b"cos\nmkdir\ns"
    return b"\x80\x02ctypes\nSimpleNamespace\n)R" + state + b"b" + text(stage.marker) + b"b."


def _patched_class(stage: Stage) -> bytes:
    state = b"N}" + text("__setstate__") + b"cos\nmkdir\ns\x86"
    instance = b"0cargparse\nNamespace\n)\x81" + text(stage.marker) + b"b."
    return b"\x80\x02cargparse\nNamespace\n" + state + b"b" + instance


def _import_chain(stage: Stage) -> bytes:
    module = called("importlib", "import_module", text("os"))
    getter = called("operator", "attrgetter", text("mkdir"))
    return getter + b"(" + module + b"tR(" + text(stage.marker) + b"tR."


def _getattr_chain(stage: Stage) -> bytes:
    module = called("builtins", "__import__", text("os"))
    return called("builtins", "getattr", module, text("mkdir")) + b"(" + text(stage.marker) + b"tR."


def _namespace_chain(stage: Stage) -> bytes:
    """Reach ``eval`` through the builtins that every module holds, numpy's for one."""
    get = called("operator", "getitem", b"cargparse\n__builtins__\n", text("eval"))
    return get + b"(" + text(source(stage)) + b"tR."


def _annotated(stage: Stage) -> bytes:
    """Have annotations evaluated that are texts."""
    state = b"}" + text("__annotations__") + b"}" + text("a") + text(source(stage)) + b"ss"
    thing = b"ctypes\nSimpleNamespace\n)R" + state + b"b"
    return called("typing", "get_type_hints", thing) + b"."


def _method_of_path(stage: Stage) -> bytes:
    method = called("operator", "methodcaller", text("mkdir"))
    return method + b"(" + called("pathlib", "Path", text(stage.marker)) + b"tR."


def _lazy(stage: Stage) -> bytes:
    marker = b"](" + text(stage.marker) + b"e"
    return called("builtins", "list", called("builtins", "map", b"cos\nmkdir\n", marker)) + b"."


def _in_a_pickle(stage: Stage) -> bytes:
    inner = mkdir(stage)
    return called("_pickle", "loads", b"B" + struct.pack("<I", len(inner)) + inner) + b"."


def _marshalled(stage: Stage) -> bytes:
    import marshal

    code = marshal.dumps(compile(source(stage), "m", "eval"))
    inner = called("marshal", "loads", b"B" + struct.pack("<I", len(code)) + code)
    return called("types", "FunctionType", inner, b"}") + b")R."


def _cloud_function(stage: Stage) -> bytes:
    """Call a function whose code is in the pickle, as cloudpickle makes them."""
    code = called("types", "CodeType", text(source(stage)))
    maker = "cloudpickle.cloudpickle"
    return called(maker, "_make_function", code, b"}NNN") + b")R."


OPCODES = (
    made("global-reduce", mkdir),
    made("inst", lambda s: b"(" + text(s.marker) + b"ios\nmkdir\n."),
    made("obj", lambda s: b"(cos\nmkdir\n" + text(s.marker) + b"o."),
    made("stack-global", _stack_global(short_text("os"), short_text("mkdir"))),
    made("stack-global-escaped", _stack_global(b"V\\u006f\\u0073\n", b"S'mk\\x64ir'\n")),
    made("stack-global-old-texts", _stack_global(b"U\x02os", b"T\x05\x00\x00\x00mkdir")),
    made(
        "stack-global-memo",
        _stack_global(
            short_text("os") + b"\x94" + short_text("mkdir") + b"\x9400h\x00h\x01\x93", b""
        ),
        runs=False,
    ),
    made(
        "memo-get",
        lambda s: b"\x80\x04" + short_text("os") + b"\x94" + short_text("mkdir") + b"\x9400h\x00"
        b"h\x01\x93" + text(s.marker) + b"\x85R.",
    ),
    made(
        "memo-rewritten",
        lambda s: b"\x80\x04" + short_text("numpy") + b"q\x000" + short_text("os") + b"q\x000"
        b"h\x00" + short_text("mkdir") + b"\x93" + text(s.marker) + b"\x85R.",
    ),
    made(
        "memo-sparse",
        lambda s: b"\x80\x04" + short_text("os") + b"r\xff\xff\xff\x000j\xff\xff\xff\x00"
        + short_text("mkdir") + b"\x93" + text(s.marker) + b"\x85R.",
    ),
    made(
        "dup-and-pop",
        lambda s: b"\x80\x04" + short_text("mkdir") + b"20" + short_text("os") + b"q\x0000h\x00"
        + short_text("mkdir") + b"\x93" + text(s.marker) + b"\x85R.",
    ),
    made("newobj", lambda s: b"\x80\x02csubprocess\nPopen\n" + text(s.marker) + b"\x85\x81.",
         runs=False),
    made("newobj-ex", lambda s: b"\x80\x04csubprocess\nPopen\n" + text(s.marker) + b"\x85}\x92.",
         runs=False),
    made("build-setstate", _patched_object),
    made("build-patches-class", _patched_class),
    made("ext1", lambda _: b"\x80\x02\x82\x01)R.", "pickle.unresolvable", runs=False),
    made("ext2", lambda _: b"\x80\x02\x83\x01\x00)R.", "pickle.unresolvable", runs=False),
    made("ext4", lambda _: b"\x80\x02\x84\x01\x00\x00\x00)R.", "pickle.unresolvable", runs=False),
    made("computed-name", lambda _: b"\x80\x04cm\nf\n)R" + short_text("x") + b"\x93)R.",
         "pickle.unresolvable", runs=False),
    made("buffer-outside", lambda _: b"\x80\x05\x97.", "pickle.unresolvable", runs=False),
    file("pickle-persid", "m.pkl", b"Pos.system\n.", "warning", "pickle.persistent_id"),
    file("pickle-binpersid", "m.pkl", b"\x80\x02U\x02osQ.", "warning", "pickle.persistent_id"),
)  # fmt: skip

CHAINS = (
    made("dotted-name", _stack_global(short_text("argparse"), short_text("_os.mkdir"))),
    made("getattr-chain", _getattr_chain),
    made("import-chain", _import_chain),
    made("builtins-of-a-module", _namespace_chain),
    made("method-of-a-known-class", _method_of_path),
    made("dotted-method",
         lambda s: b"\x80\x04" + short_text("pathlib") + short_text("Path.mkdir") + b"\x93"
         + called("pathlib", "Path", text(s.marker)) + b"\x85R."),
    made("lazy-map", _lazy),
    made("partial",
         lambda s: called("functools", "partial", b"cos\nmkdir\n", text(s.marker)) + b")R."),
    made("eval", lambda s: called("builtins", "eval", text(source(s))) + b"."),
    made("python-2-eval", lambda s: called("__builtin__", "eval", text(source(s))) + b"."),
    made("pickle-in-a-pickle", _in_a_pickle),
    made("marshalled-code", _marshalled),
    made("cloudpickle-call", _cloud_function, "pickle.code_runs", runs=False),
    made("dill-eval", lambda s: called("dill._dill", "_eval_repr", text(source(s))) + b".",
         runs=False),
    made("reconstructor",
         lambda s: called("copy_reg", "_reconstructor", b"csubprocess\nPopen\n",
                          b"c__builtin__\nobject\n", text(s.marker)) + b".",
         runs=False),
    made("in-a-tuple", lambda s: b"((" + called("os", "mkdir", text(s.marker)) + b"tt."),
    made("popped-at-once", lambda s: called("os", "mkdir", text(s.marker)) + b"0N."),
)  # fmt: skip

NAMES = tuple(
    named(module, name)
    for module, name in (
        ("builtins", "__import__"),
        ("builtins", "compile"),
        ("logging", "FileHandler"),
        ("logging.config", "listen"),
        ("pip", "main"),
        ("pip._internal", "main"),
        ("ctypes", "CDLL"),
        ("pydoc", "locate"),
        ("pydoc", "pipepager"),
        ("runpy", "run_path"),
        ("pty", "spawn"),
        ("socket", "create_connection"),
        ("webbrowser", "open"),
        ("shutil", "rmtree"),
        ("asyncio.unix_events", "_UnixSubprocessTransport"),
        ("_aix_support", "_read_cmd_output"),
        ("_osx_support", "_read_output"),
        ("imaplib", "IMAP4_stream"),
        ("test.support.script_helper", "assert_python_ok"),
        ("joblib", "load"),
        ("joblib.numpy_pickle", "load"),
        ("numpy", "load"),
        ("numpy.f2py.crackfortran", "param_eval"),
        ("numpy.testing._private.utils", "runstring"),
        ("pandas", "read_pickle"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("torch.utils.cpp_extension", "load_inline"),
        ("nt", "system"),
        ("commands", "getoutput"),
        ("sys", "modules"),
    )
)

# What a list of famous names misses first.
UNLISTED = (
    made("annotations", _annotated),
    *(
        named(module, name)
        for module, name in (
            ("numpy", "__builtins__"),
            ("sklearn.base", "__dict__"),
            ("numpy.lib.npyio", "load"),
            ("numpy.lib._npyio_impl", "load"),
            ("torch.jit._serialization", "load"),
            ("gzip", "open"),
            ("dbm", "open"),
            ("_ctypes", "dlopen"),
            ("_interpreters", "exec"),
        )
    ),
)

PROTOCOLS = tuple(made(f"protocol-{number}", _protocol(number)) for number in range(6))


def _broken(id_: str, data: Bytes, rule: str, *, waits: bool = False, runs: bool = False) -> Case:
    return file(f"pickle-{id_}", "model.pkl", data, rule=rule, waits=waits, runs=runs)


BROKEN = (
    _broken("before-a-bad-opcode", lambda s: mkdir(s)[:-1] + b"\xff\xff", DENIED, runs=True),
    _broken("without-stop", lambda s: mkdir(s)[:-1], DENIED, runs=True),
    _broken("cut", pickle.dumps({"a": list(range(50))})[:40], "pickle.malformed"),
    _broken("in-the-second-stream", lambda s: pickle.dumps([1]) + mkdir(s), DENIED),
    _broken("zip-behind", lambda s: mkdir(s) + b"PK\x05\x06" + bytes(18), DENIED, runs=True),
    _broken("png-behind", lambda s: mkdir(s) + b"\x89PNG\r\n\x1a\n" + bytes(9), DENIED, runs=True),
    _broken("bytes-behind", pickle.dumps([1]) + b"\xff\xff\xff", "pickle.trailing"),
    _broken("length-lies", b"\x80\x04B\xff\xff\xff\xffabc.", "pickle.malformed"),
    _broken("huge-length-lies", b"\x80\x04\x8e" + b"\xff" * 8 + b"abc.", "pickle.malformed"),
    _broken("negative-length", b"\x80\x02T\xff\xff\xff\xffabc.", "pickle.malformed"),
    _broken("frame-lies", b"\x80\x04\x95" + struct.pack("<Q", 99) + b"N.", "pickle.malformed"),
    _broken("frame-in-a-frame", framed(b"\x95" + bytes(8) + b"N."), "pickle.malformed"),
    _broken(
        "opcode-over-a-frame",
        b"\x80\x04\x95" + struct.pack("<Q", 3) + b"X\x04\x00\x00\x00abcd.",
        "pickle.malformed",
    ),
    _broken("protocol-99", b"\x80\x63N.", "pickle.malformed"),
    _broken("memo-never-stored", b"\x80\x04h\x07.", "pickle.malformed"),
    _broken("endless-name", b"\x80\x02c" + b"m" * 300_000 + b"\nf\n.", "pickle.unresolvable"),
)

# Nothing here is hostile to a reader that calls neither itself nor what it reads.
LARGE = (
    file("pickle-doubling-memo", "m.pkl", b"\x80\x04)" + b"2\x86" * 60 + b".", "warning"),
    file(
        "pickle-nested-100000-deep",
        "m.pkl",
        b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".",
        "warning",
    ),
    file("pickle-million-values", "m.pkl", b"\x80\x04" + b"N" * 1_600_000 + b".",
         rule="pickle.limit"),
    file("pickle-unknown-globals", "m.pkl", b"cmodels.churn\nModel\n)\x81.", "warning",
         "pickle.global.unknown"),
    file("pickle-wide-letters", "m.pkl",
         framed(short_text("\uff4f\uff53") + short_text("system") + b"\x93)R."), "warning",
         "pickle.global.unknown"),
    file("pickle-plain-data", "m.pkl", pickle.dumps({"a": [1, 2.5, "x"]}), "warning",
         "pickle.can_execute"),
)  # fmt: skip

CASES = (*OPCODES, *CHAINS, *NAMES, *UNLISTED, *PROTOCOLS, *BROKEN, *LARGE)
