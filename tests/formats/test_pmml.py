"""PMML: fields and models are read from the XML, whose more dangerous gifts are refused."""

from __future__ import annotations

import pytest

from modelshelf.domain.inspection import TensorSpec
from tests.formats.builders import PMML, look, rules


def test_a_model_is_described() -> None:
    """Producer, fields in and out, and the kind of model."""
    found = look("risk.pmml", PMML.encode())
    assert (found.format, found.framework, found.verdict) == ("pmml", "JPMML 1.7", "clean")
    assert (found.version, found.producer) == ("PMML 4.4", "JPMML 1.7")
    assert found.architecture == "RegressionModel"
    assert found.inputs == (TensorSpec("age", "int64", ()),)
    assert found.outputs == (TensorSpec("risk", "float64", ()),)
    assert found.metadata == {
        "pmml_version": "4.4",
        "models": "RegressionModel",
        "model_names": "risk",
        "function": "regression",
    }


def test_the_root_element_decides() -> None:
    """Comments, encodings and prefixes before it do not matter, nor does the name."""
    utf16 = PMML.replace('"1.0"?', '"1.0" encoding="utf-16"?').encode("utf-16")
    prefixed = b'<p:PMML xmlns:p="http://www.dmg.org/PMML-4_4" version="4.3"><p:Header/></p:PMML>'
    for data in (b"<!-- x -->\n<PMML version='4.2'></PMML>", utf16, prefixed):
        assert look("model.xml", data).format == "pmml"
    assert look("model.xml", b"<html><PMML></PMML></html>").format == "unknown"


LAUGHS = b'<!DOCTYPE P [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "&%c;&%c;&%c;">' % (98 + i, 97 + i, 97 + i, 97 + i) for i in range(20)
)
HOSTILE = {
    "billion laughs": (LAUGHS + b"]><PMML>&u;</PMML>", "pmml.doctype"),
    "a file as entity": (
        b'<!DOCTYPE P [<!ENTITY a SYSTEM "file:///etc/passwd">]><PMML>&a;</PMML>',
        "pmml.doctype",
    ),
    "a doctype elsewhere": (b'<!DOCTYPE PMML SYSTEM "http://x/y.dtd"><PMML/>', "pmml.doctype"),
    "nested elements": (b"<PMML>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</PMML>", "pmml.depth"),
    "cut": (PMML.encode()[:-40], "pmml.malformed"),
    "another root": (b"<html></html>", "pmml.malformed"),
    "unknown entity": (b"<PMML>&x;</PMML>", "pmml.malformed"),
    "two roots": (b"<PMML/><PMML/>", "pmml.malformed"),
    "bad bytes": (b"<PMML>\xff\xfe</PMML>", "pmml.malformed"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_xml_is_dangerous(case: str) -> None:
    """No document type, no depth, no half documents."""
    data, rule = HOSTILE[case]
    found = look("m.pmml", data)
    assert (found.format, found.verdict, rules(found)) == ("pmml", "dangerous", {rule})


def test_a_text_without_end_is_too_much() -> None:
    """A parser would keep one endless attribute in memory; it is given up."""
    found = look("m.pmml", b'<PMML a="' + b"x" * 17_500_000 + b'"/>')
    assert (found.verdict, rules(found)) == ("incomplete", {"pmml.limit"})


def test_the_models_of_an_ensemble_are_counted() -> None:
    """What stands in the segments of an ensemble is told by kind."""
    part = "<Segment><True/><TreeModel/></Segment>"
    text = (
        '<PMML version="4.4"><MiningModel functionName="classification" algorithmName="forest">'
        f"<Segmentation>{part * 3}<Segment><True/><Scorecard/></Segment></Segmentation>"
        "</MiningModel></PMML>"
    )
    found = look("m.pmml", text.encode())
    assert found.architecture == "MiningModel(TreeModel × 3, Scorecard × 1)"
    assert found.metadata["algorithm"] == "forest"
