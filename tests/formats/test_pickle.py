"""Pickles: what loading one would import and call is told without loading it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import pickletools
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable

import pytest

from modelshelf.formats.pickles.actions import ACTIONS
from modelshelf.formats.pickles.classes import classify
from modelshelf.formats.pickles.opcodes import FIXED, PREFIXED
from modelshelf.formats.pickles.values import Global
from tests.formats.builders import details, fixture, framed, look, rules, short_text

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
SYSTEM = b"cos\nsystem\n(S'true'\ntR."


def test_every_opcode_of_python_is_known() -> None:
    """The table holds exactly the opcodes of pickletools, each with an action."""
    codes = {ord(opcode.code) for opcode in pickletools.opcodes}
    assert FIXED.keys() | PREFIXED.keys() == codes == ACTIONS.keys()
    assert not FIXED.keys() & PREFIXED.keys()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_scikit_learn_pipeline_is_described_in_every_protocol(protocol: int) -> None:
    """Version, class and names come out; only known names are inside, so it is a plain warning."""
    found = look("model.pkl", fixture(f"pipeline.{protocol}.pkl"))
    assert (found.format, found.framework) == ("pickle", "scikit-learn 1.9.1")
    assert (found.verdict, rules(found)) == ("warning", {"pickle.can_execute"})
    assert found.metadata["class"] == "sklearn.pipeline.Pipeline" or protocol < 2
    assert "numpy.ndarray" in found.metadata["globals"]


@pytest.mark.parametrize("method", ["zlib", "gzip", "bz2", "xz", "lzma"])
def test_a_compressed_joblib_file_is_described(method: str) -> None:
    """Every compression of joblib's that the standard library knows is looked through."""
    found = look("model.joblib", fixture(f"forest.{method}.joblib"))
    assert (found.format, found.framework) == ("joblib", "scikit-learn 1.9.1")
    assert (found.verdict, rules(found)) == ("warning", {"pickle.can_execute"})
    assert found.metadata["class"] == "sklearn.ensemble._forest.RandomForestClassifier"
    assert found.metadata["compression"] in {method, "xz"}


@pytest.mark.parametrize(
    "name", ["forest.joblib", "forest.2.joblib", "arrays.joblib", "lightgbm.joblib"]
)
def test_arrays_between_the_opcodes_are_passed_over(name: str) -> None:
    """Joblib writes arrays of every kind into the pickle; the file is read to its last byte."""
    found = look(name, fixture(name))
    assert (found.format, found.verdict) == ("joblib", "warning")
    assert rules(found) == {"pickle.can_execute"}


def test_a_pickle_needs_no_extension() -> None:
    """The bytes decide, whatever the name."""
    for name in ("model", "model.bin", "model.onnx", "notes.txt"):
        assert look(name, fixture("pipeline.4.pkl")).format == "pickle"


def test_unknown_names_are_listed_one_by_one() -> None:
    """What is neither known nor notorious is for a person to judge."""
    data = b"cmodels.churn\nModel\n)\x81chelpers\nmake\n(tRb."
    found = look("m.pkl", data)
    assert found.verdict == "warning"
    assert details(found, "pickle.global.unknown") == ["models.churn.Model", "helpers.make"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("function", [eval, getattr, __import__, compile, open])
def test_notorious_names_are_dangerous_in_every_protocol(protocol: int, function: object) -> None:
    """Naming such a function is enough; honest models never do."""
    found = look("m.pkl", pickle.dumps([function], protocol))
    assert found.verdict == "dangerous"
    assert len(details(found, "pickle.global.dangerous")) == 1


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("nt", "system"),
        ("subprocess", "Popen"),
        ("commands", "getoutput"),
        ("__builtin__", "eval"),
        ("builtins", "exec"),
        ("builtins", "__import__"),
        ("importlib", "import_module"),
        ("runpy", "_run_code"),
        ("pty", "spawn"),
        ("socket", "create_connection"),
        ("ctypes", "CDLL"),
        ("logging", "FileHandler"),
        ("cPickle", "loads"),
        ("urllib2", "urlopen"),
        ("operator", "attrgetter"),
        ("numpy.testing._private.utils", "runstring"),
        ("torch.hub", "load"),
        ("pip._internal", "main"),
        ("itertools", "imap"),
        ("sklearn.base", "os.system"),
        ("os.path", "join"),
        ("sklearn.utils._testing", "X.y"),
    ],
)
def test_the_notorious_are_dangerous(module: str, name: str) -> None:
    """Names that run code, open files, reach the network or hide behind a dot."""
    assert classify(Global(module, name)) == "dangerous"


@pytest.mark.parametrize(
    ("module", "name", "sort"),
    [
        ("collections", "OrderedDict", "known"),
        ("numpy.core.multiarray", "_reconstruct", "known"),
        ("copy_reg", "_reconstructor", "known"),
        ("sklearn.tree._tree", "Tree", "known"),
        ("sklearn.metrics._dist_metrics", "newObj", "known"),
        ("scipy.sparse._csr", "csr_matrix", "known"),
        ("torch.nn.modules.linear", "Linear", "known"),
        ("sklearn.utils", "estimator_html_repr", "unknown"),
        ("sklearn.externals.anything", "Class", "unknown"),
        ("sklearn.utils._testing", "MinimalClassifier", "unknown"),
        ("sklearnx.tree", "Tree", "unknown"),
        ("numpy", "memmap", "unknown"),
        ("osx", "system", "unknown"),
        ("torch.nn.modules.linear\n", "Linear", "unknown"),
    ],
)
def test_the_others_are_known_or_unknown(module: str, name: str, sort: str) -> None:
    """A pattern lets in classes of estimators, and neither functions nor neighbours."""
    assert classify(Global(module, name)) == sort


MEMO = b"\x80\x04" + short_text("os") + b"\x94" + short_text("system") + b"\x94"
HIDDEN = {
    "GLOBAL": SYSTEM,
    "INST": b"(S'true'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'true'\no.",
    "STACK_GLOBAL": framed(short_text("os") + short_text("system") + b"\x93)R."),
    "STACK_GLOBAL from the memo": MEMO + b"00h\x00h\x01\x93)R.",
    "STACK_GLOBAL from large memo numbers": b"\x80\x04"
    + short_text("os") + b"r\xff\xff\xff\x7f" + short_text("system") + b"r\xfe\xff\xff\x7f"
    + b"00j\xff\xff\xff\x7fj\xfe\xff\xff\x7f\x93)R.",
    "STACK_GLOBAL with a rewritten memo": b"\x80\x04" + short_text("numpy") + b"q\x00"
    + short_text("os") + b"q\x000" + short_text("x")
    + b"0h\x00" + short_text("system") + b"\x93)R.",
    "STACK_GLOBAL after DUP and POP": b"\x80\x04" + short_text("system") + b"20"
    + short_text("os") + b"q\x0000h\x00" + short_text("system") + b"\x93)R.",
    "STACK_GLOBAL with escaped text": b"\x80\x04V\\u006f\\u0073\nS'\\x73ystem'\n\x93)R.",
    "STACK_GLOBAL with old texts": b"\x80\x04U\x02osT\x06\x00\x00\x00system\x93)R.",
    "MEMOIZE counts sparse numbers": b"\x80\x04" + short_text("a") + b"q\x05"
    + short_text("os") + b"\x94" + short_text("system") + b"\x94" + b"h\x01h\x02\x93)R.",
    "behind the first pickle": pickle.dumps([1, 2]) + SYSTEM,
    "before something broken": SYSTEM[:-1] + b"\xff\xff",
    "without STOP": SYSTEM[:-1],
    "in a nested tuple": b"((cos\nsystem\n(S'true'\ntRtt.",
    "popped at once": b"cos\nsystem\n0N.",
    "Python 2 spelling": b"\x80\x02ccommands\ngetoutput\nU\x02id\x85R.",
}  # fmt: skip


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    # two compressed streams in a row, which joblib reads as one
    "twice": lambda data: zlib.compress(data[:3]) + zlib.compress(data[3:]),
}


@pytest.mark.parametrize("case", HIDDEN)
@pytest.mark.parametrize("wrap", PACKED)
def test_code_is_found_wherever_it_hides(case: str, wrap: str) -> None:
    """The import is reported by name, through every opcode, trick and compression."""
    found = look("model.joblib", PACKED[wrap](HIDDEN[case]))
    assert found.verdict == "dangerous"
    named = details(found, "pickle.global.dangerous")
    assert named in (["os.system"], ["commands.getoutput"])


BROKEN = {
    "EXT1": (b"\x80\x02\x82\x01)R.", "pickle.unresolvable"),
    "EXT4": (b"\x80\x02\x84\x01\x00\x00\x00)R.", "pickle.unresolvable"),
    "computed global": (b"\x80\x04cm\nf\n)R" + short_text("x") + b"\x93)R.", "pickle.unresolvable"),
    "call of something computed": (b"\x80\x02P1\n)R.", "pickle.unresolvable"),
    "buffer outside": (b"\x80\x05\x97.", "pickle.unresolvable"),
    "bytes behind": (pickle.dumps([1]) + b"\xff\xff\xff", "pickle.trailing"),
    "a zip behind": (pickle.dumps([1]) + b"PK\x05\x06" + bytes(18), "pickle.trailing"),
    "no STOP": (pickle.dumps([1])[:-1], "pickle.malformed"),
    "cut": (fixture("pipeline.4.pkl")[:700], "pickle.malformed"),
    "length that lies": (b"\x80\x04B\xff\xff\xff\xffabc.", "pickle.malformed"),
    "huge length that lies": (b"\x80\x04\x8e" + b"\xff" * 8 + b"abc.", "pickle.malformed"),
    "negative length": (b"\x80\x02T\xff\xff\xff\xffabc.", "pickle.malformed"),
    "frame that lies": (b"\x80\x04\x95" + struct.pack("<Q", 99) + b"N.", "pickle.malformed"),
    "frame in a frame": (framed(b"\x95" + bytes(8) + b"N."), "pickle.malformed"),
    "opcode over a frame": (
        b"\x80\x04\x95" + struct.pack("<Q", 3) + b"X\x04\x00\x00\x00abcd.",
        "pickle.malformed",
    ),
    "STOP inside a frame": (framed(b"N.N"), "pickle.malformed"),
    "unknown opcode": (b"\x80\x04\xfe.", "pickle.malformed"),
    "protocol 6": (b"\x80\x06N.", "pickle.malformed"),
    "empty stack": (b"\x80\x040.", "pickle.malformed"),
    "no mark": (b"\x80\x04t.", "pickle.malformed"),
    "memo never stored": (b"\x80\x04h\x07.", "pickle.malformed"),
    "negative memo": (b"Np-1\n.", "pickle.malformed"),
    "odd dictionary": (b"\x80\x04}(NNNu.", "pickle.malformed"),
    "text without quotes": (b"Sabc\n.", "pickle.malformed"),
    "bad UTF-8": (b"\x80\x04\x8c\x02\xff\xff.", "pickle.malformed"),
    "number of many digits": (b"L" + b"9" * 900 + b"x\n.", "pickle.malformed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_pickle_that_cannot_be_followed_is_dangerous(case: str) -> None:
    """Nobody can say what it would do, so it is not let through."""
    data, rule = BROKEN[case]
    found = look("m.pkl", data)
    assert found.verdict == "dangerous"
    assert rule in rules(found)


def test_objects_outside_the_pickle_are_pointed_out() -> None:
    """A persistent id needs a loader that supplies the object."""
    for data in (b"Pthing\n.", b"\x80\x02K\x01Q."):
        found = look("m.pkl", data)
        assert (found.verdict, "pickle.persistent_id" in rules(found)) == ("warning", True)


def test_two_pickles_in_one_file_are_pointed_out() -> None:
    """The second one is read as carefully as the first."""
    found = look("m.pkl", pickle.dumps([1]) + pickle.dumps([2]))
    assert (found.verdict, "pickle.second_stream" in rules(found)) == ("warning", True)


def test_a_doubling_memo_does_no_harm() -> None:
    """A tuple of itself twice, sixty times over, is only a tuple."""
    data = b"\x80\x04)" + b"2\x86" * 60 + b"."
    assert look("m.pkl", data).verdict == "warning"


def test_a_list_nested_a_million_deep_does_no_harm() -> None:
    """Nothing here calls itself."""
    data = b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b"."
    assert look("m.pkl", data).verdict == "warning"


def test_large_values_are_skipped_and_not_read() -> None:
    """Two gigabytes that do not exist are noticed before anything is read."""
    data = pickle.dumps({"weights": bytes(5_000_000), "name": OrderedDict()}, 5)
    assert look("m.pkl", data).verdict == "warning"


def test_too_many_values_are_incomplete() -> None:
    """Budgets end the scan; what could not be looked at is not called clean."""
    for data in (b"\x80\x04" + b"N" * 1_600_000 + b".", b"\x80\x04" + b"(" * 1_600_000):
        found = look("m.pkl", data)
        assert (found.verdict, "pickle.limit" in rules(found)) == ("incomplete", True)


def test_a_bomb_is_not_unpacked() -> None:
    """A file that grows beyond fifty times its size is given up."""
    packed = zlib.compressobj(9)
    data = packed.compress(b"\x80\x04B" + struct.pack("<I", 70_000_000))
    data += b"".join(packed.compress(bytes(1_000_000)) for _ in range(70)) + packed.flush()
    found = look("m.joblib", data)
    assert (found.verdict, "pickle.limit" in rules(found)) == ("incomplete", True)


def wrapper(dtype: bytes, state: bytes = b"") -> bytes:
    """Return joblib's stand-in for an array of four elements, by its BUILD."""
    return (
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
        b"U\x05shapeK\x04\x85U\x05dtypecnumpy\ndtype\n" + dtype + b"\x85R" + state + b"ub"
    )


def test_an_array_may_not_hide_opcodes() -> None:
    """To joblib it is an array of 25 bytes, to pickle.load it is code: the code is found."""
    array = b"0" + SYSTEM + b"    "
    size = len(array) // 4
    array = array[: size * 4]
    data = wrapper(b"U\x02V" + str(size).encode()) + array + b"."
    assert len(str(size)) == 1
    found = look("m.joblib", data)
    assert found.verdict == "dangerous"
    assert details(found, "pickle.two_readings")[0].startswith("os.system")


UNCLEAR = {
    "computed shape": wrapper(b"U\x02f8", b"U\x05shapecm\nf\n)R"),
    "computed key": wrapper(b"U\x02f8", b"cm\nf\n)RK\x01"),
    "computed state": wrapper(b"U\x02f8")[:-1] + b"0cm\nf\n)Rb",
    "computed type": wrapper(b"cm\nf\n)R"),
    "unknown type": wrapper(b"U\x02q9"),
    "negative shape": wrapper(b"U\x02f8", b"U\x05shapeJ\xff\xff\xff\xff\x85"),
    "handed to a call": b"cm\nf\n(cjoblib.numpy_pickle\nNumpyArrayWrapper\ntR",
}


@pytest.mark.parametrize("case", UNCLEAR)
def test_an_array_of_unknown_length_is_dangerous(case: str) -> None:
    """Where the opcodes go on must be known without running them."""
    found = look("m.joblib", UNCLEAR[case] + bytes(32) + b".")
    assert found.verdict == "dangerous"
    assert rules(found) & {"pickle.unresolvable", "pickle.malformed"}


def test_an_array_inside_a_frame_is_dangerous() -> None:
    """The real loader would read it from behind the frame, and the rest of the frame as opcodes."""
    inner = wrapper(b"U\x02f8")[2:] + bytes(32) + b"."
    found = look("m.joblib", framed(inner))
    assert (found.verdict, "pickle.malformed" in rules(found)) == ("dangerous", True)


def test_text_is_not_taken_for_a_pickle() -> None:
    """Labels and notes may begin with letters that are opcodes."""
    for text in (
        b"cat\ndog\nbird\n",
        b"N.B. this is a note",
        b"I was here\n",
        b"x,y\n1,2\n",
        b"(a list)\n",
        b"]}\n",
        b"class\nfoo\nbar\n",
        b"Some text. With dots.",
        b"}q",
    ):
        assert look("labels.txt", text).format == "unknown", text
