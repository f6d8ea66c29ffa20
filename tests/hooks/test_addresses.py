"""Which addresses a webhook may be posted to, whatever they are wrapped into."""

from __future__ import annotations

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid, ModelshelfError, Refused, Unavailable
from modelshelf.hooks.addresses import allowed, is_public, look_up, read_target

INWARD = (
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.0.8", "198.18.0.1",
    "168.63.129.16",
    "192.88.99.1", "203.0.113.5", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1",
    "ff02::1", "2001:db8::1", "3fff::1", "4000::1", "100::1", "::ffff:127.0.0.1",
    "::ffff:100.64.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "2600:1::5efe:127.0.0.1",
    "2600:1::200:5efe:10.0.0.1", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
)  # fmt: skip
"""Addresses that lead into the own machine or network, or to no one machine."""
OUTWARD = (
    "1.1.1.1", "140.82.112.3", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101",
    "2002:101:101::1",
)  # fmt: skip
SPELLINGS = ("127.1", "0x7f.1", "2130706433", "017700000001", "0177.0.0.1", "[::ffff:7f00:1]")
"""Ways to write 127.0.0.1 that the system understands."""


@pytest.mark.parametrize("text", INWARD)
def test_what_leads_inward_is_refused(text: str) -> None:
    """No wrapping makes a private address public, and one of several is enough."""
    assert not is_public(ip_address(text))
    target = read_target("https://hooks.example/x")
    with pytest.raises(Refused):
        allowed(target, ["1.1.1.1", text], allow_loopback=False)


@pytest.mark.parametrize("text", OUTWARD)
def test_public_addresses_are_allowed(text: str) -> None:
    """Also those that are reached by translation."""
    assert is_public(ip_address(text))
    found = allowed(read_target("https://hooks.example"), [text], allow_loopback=False)
    assert found == (ip_address(text),)


@pytest.mark.parametrize("host", SPELLINGS)
def test_every_spelling_of_this_machine_is_this_machine(host: str) -> None:
    """What decides is what the name leads to, not how it is written."""
    target = read_target(f"https://{host}/x")
    try:
        found = look_up(target.host, 443, 5)
    except Unavailable:  # a system that does not know the old forms leads nowhere
        return
    with pytest.raises(Refused, match="not public"):
        allowed(target, found, allow_loopback=False)


@given(st.integers(0, 2**32 - 1))
def test_wrapping_changes_nothing(number: int) -> None:
    """An IPv4 address is as public mapped, translated or by 6to4 as it is bare."""
    bare = IPv4Address(number)
    wrapped = (
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
    )
    assert {is_public(address) for address in wrapped} == {is_public(bare)}


def test_this_machine_takes_a_word_of_the_policy() -> None:
    """With it, http and any port are allowed there, and nowhere else."""
    target = read_target("http://localhost:9000/x")
    assert allowed(target, ["127.0.0.1", "::1"], allow_loopback=True)
    for found in (["1.1.1.1"], ["127.0.0.1", "1.1.1.1"], ["10.0.0.1"]):
        with pytest.raises(Refused):
            allowed(target, found, allow_loopback=True)
    with pytest.raises(Refused, match="allow_loopback"):
        allowed(target, ["127.0.0.1"], allow_loopback=False)


def test_http_and_odd_ports_do_not_leave_the_machine() -> None:
    """Public addresses are posted to by https, port 443 or 8443."""
    assert allowed(read_target("https://a.example:8443"), ["1.1.1.1"], allow_loopback=False)
    with pytest.raises(Refused, match="http is for this machine"):
        allowed(read_target("http://a.example"), ["1.1.1.1"], allow_loopback=False)
    with pytest.raises(Refused, match="port 22"):
        allowed(read_target("https://a.example:22"), ["1.1.1.1"], allow_loopback=False)
    with pytest.raises(Unavailable, match="no address"):
        allowed(read_target("https://a.example"), [], allow_loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "ftp://a.example", "file:///etc/passwd", "https:///x", "//a.example",
        "https://ana:pw@a.example/", "https://a.example:0/", "https://a.example:99999/",
        "https://a.example/\r\nX: y", "https://a.example/ x", "https://a\\b.example/",
        "https://a.example/\u202e", "https://exämple.org/", "https://[fe80::1%25eth0]/",
        "https://[::1", "https://a..example/", "https://-a.example/", "https://a.example\x00/",
        "https://a%2eexample/", "gopher://127.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    """Nothing is guessed, and a login in it is refused because the policy is recorded."""
    with pytest.raises(Invalid):
        read_target(url)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """Nothing else comes of it, and what is sent is one line of ASCII."""
    try:
        target = read_target(f"https://{text}")
    except ModelshelfError:
        return
    assert all("!" <= char <= "~" for char in target.authority + target.path)


def test_what_is_shown_has_no_path() -> None:
    """With some receivers the path is the secret."""
    target = read_target("https://hooks.example:8443/services/T0/B0/secret?token=x")
    assert target.shown == "https://hooks.example:8443"
    assert target.path == "/services/T0/B0/secret?token=x"
    assert read_target("https://[2606:4700::1111]").authority == "[2606:4700::1111]"


def test_a_name_that_nobody_answers_for_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system would wait much longer."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_n: over.wait(5) and [])
    with pytest.raises(Unavailable, match="in time"):
        look_up("silent.example", 443, 0.02)
    over.set()


def test_a_name_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's words."""

    def missing(*_anything: object, **_named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", missing)
    with pytest.raises(Unavailable, match="not known"):
        look_up("nowhere.example", 443, 5)
