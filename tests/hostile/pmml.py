"""PMML that declares, unfolds, nests or never ends."""

from __future__ import annotations

from tests.formats.builders import PMML
from tests.hostile.case import Bytes, Case, Expected, file

_HEAD = '<PMML version="4.4"><Header/>'
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def _lie(
    id_: str, data: Bytes, expected: Expected = "quarantined", rule: str = "pmml.malformed"
) -> Case:
    return file(f"pmml-{id_}", "m.pmml", data, expected, rule)


CASES = (
    _lie("doctype", b'<!DOCTYPE PMML><PMML version="4.4"/>', rule="pmml.doctype"),
    _lie("outer-doctype", lambda s: f'<!DOCTYPE PMML SYSTEM "file://{s.canary}"><PMML/>'.encode(),
         rule="pmml.doctype"),
    _lie("entity-of-a-file", lambda s: (
        f'<!DOCTYPE PMML [<!ENTITY a SYSTEM "file://{s.canary}">]><PMML>&a;</PMML>').encode(),
        rule="pmml.doctype"),
    _lie("parameter-entity", lambda s: (
        f'<!DOCTYPE PMML [<!ENTITY % a SYSTEM "file://{s.canary}"> %a;]><PMML/>').encode(),
        rule="pmml.doctype"),
    _lie("billion-laughs",
         f'<!DOCTYPE PMML [<!ENTITY l0 "ha">{_LAUGHS}]><PMML>&l11;</PMML>'.encode(),
         rule="pmml.doctype"),
    _lie("quadratic", lambda _: ('<!DOCTYPE PMML [<!ENTITY a "' + "x" * 50_000 + '">]><PMML>'
         + "&a;" * 5_000 + "</PMML>").encode(), rule="pmml.doctype"),
    _lie("utf-16-doctype", '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE PMML><PMML/>'
         .encode("utf-16"), rule="pmml.doctype"),
    _lie("unknown-entity", b"<PMML>&x;</PMML>"),
    _lie("100000-deep", lambda _: b"<PMML>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</PMML>",
         rule="pmml.depth"),
    _lie("endless-attribute", lambda _: b'<PMML a="' + b"x" * 17_500_000 + b'"/>',
         rule="pmml.limit"),
    _lie("100000-fields", lambda _: (_HEAD + "<DataDictionary>" + "".join(
         f'<DataField name="f{number}"/>' for number in range(100_001))
         + "</DataDictionary></PMML>").encode(), rule="pmml.limit"),
    _lie("attribute-twice", b'<PMML version="4" version="5"/>'),
    _lie("cut", PMML.encode()[:-40]),
    _lie("two-roots", b"<PMML/><PMML/>"),
    _lie("bad-bytes", b"<PMML>\xff\xfe</PMML>"),
    _lie("unknown-encoding", b'<?xml version="1.0" encoding="utf-7"?><PMML/>'),
    _lie("include", (f'{_HEAD}<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
         'href="file:///etc/passwd" parse="text"/></PMML>').encode(), "clean", ""),
    _lie("instruction", f'<?xml-stylesheet href="file:///etc/passwd"?>{_HEAD}</PMML>'.encode(),
         "clean", ""),
)  # fmt: skip
