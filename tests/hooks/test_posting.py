"""A webhook is posted to the address that was checked, in its time, whatever the receiver does."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from shutil import which

import pytest

from modelshelf.domain.errors import ModelshelfError, Refused, Unavailable
from modelshelf.hooks.addresses import read_target
from modelshelf.hooks.posting import Answer, _check_peer, post
from tests.hooks.receiver import OK, Receiver, Request, receiving


def send(receiver: Receiver, timeout: float = 5.0) -> Answer:
    """Post something."""
    return post(
        read_target(receiver.url), b"{}", {"X-A": "b"}, timeout=timeout, allow_loopback=True
    )


def test_what_is_posted() -> None:
    """A plain request of HTTP/1.1, complete and closed."""
    with receiving() as receiver:
        assert send(receiver) == Answer(204)
    (request,) = receiver.requests
    assert request.line == "POST /hook HTTP/1.1"
    assert request.body == b"{}"
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "x-a": "b",
        "content-length": "2",
        "connection": "close",
    }


def test_a_large_message_arrives_whole() -> None:
    """Piece by piece."""
    body = bytes(range(256)) * 4_000
    with receiving() as receiver:
        target = read_target(receiver.url)
        assert post(target, body, {}, timeout=5, allow_loopback=True).status == 204
    assert receiver.requests[0].body == body


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Answer(200)),
        (b"HTTP/1.0 500 \r\n\r\n", Answer(500)),
        (b"HTTP/1.1 429\r\nretry-after: 120\r\n\r\n", Answer(429, 120.0)),
        (b"HTTP/1.1 503 x\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n", Answer(503)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 A\n\n", Answer(202)),
        (b"HTTP/1.1 302 F\r\nLocation: http://169.254.169.254/\r\n\r\n", Answer(302)),
    ],
)
def test_the_status_is_what_is_read(said: bytes, answer: Answer) -> None:
    """And how long the receiver wants to be left alone; a redirect is an answer like others."""
    with receiving(said) as receiver:
        assert send(receiver) == answer
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 999 x\r\n\r\n", b"\0" * 100_000],
)
def test_what_is_no_answer_is_told(said: bytes) -> None:
    """Whoever answers so is not spoken to any longer."""
    with receiving(said) as receiver, pytest.raises(Unavailable, match="cannot be reached"):
        send(receiver)


def flood(channel: socket.socket, _request: Request) -> None:
    """Answer with a head that never ends, as fast as it is read."""
    channel.sendall(b"HTTP/1.1 200 OK\r\n")
    for _line in range(100_000):
        channel.sendall(b"X-Flood: " + b"x" * 1_000 + b"\r\n")


def preludes(channel: socket.socket, _request: Request) -> None:
    """Say for ever that the answer is still to come."""
    for _one in range(100_000):
        channel.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def drip(channel: socket.socket, _request: Request) -> None:
    """Answer a byte at a time, so that no single wait is long."""
    for byte in b"HTTP/1.1 200 " + b"O" * 10_000:
        channel.sendall(bytes([byte]))
        time.sleep(0.01)


def silence(channel: socket.socket, _request: Request) -> None:
    """Answer nothing."""
    channel.recv(1)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (flood, "cannot be reached"),
        (preludes, "cannot be reached"),
        (drip, "within"),
        (silence, "within"),
    ],
)
def test_a_hostile_receiver_costs_its_time_and_no_more(
    act: Callable[[socket.socket, Request], None], why: str
) -> None:
    """The time is for all of it, and 64 KB are read at most."""
    with receiving(act) as receiver, pytest.raises(Unavailable, match=why):
        send(receiver, timeout=0.15)


@pytest.mark.parametrize("value", ["1\r\nX-Forged: 1", "1\n", "\0", "é", "\udc80"])
def test_a_header_is_one_line_of_ascii(value: str) -> None:
    """The id of a registry is read from a file that others may have written."""
    with receiving() as receiver, pytest.raises(Refused, match="is not sent"):
        post(read_target(receiver.url), b"", {"X-A": value}, timeout=5, allow_loopback=True)
    assert receiver.requests == []


def test_nobody_there(unused_port: int) -> None:
    """The sentence names the address and not the path."""
    target = read_target(f"http://127.0.0.1:{unused_port}/secret")
    with pytest.raises(Unavailable, match="cannot be reached") as told:
        post(target, b"", {}, timeout=5, allow_loopback=True)
    assert "secret" not in str(told.value)


@pytest.fixture
def unused_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy named there would see what is posted, and reach where we must not."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiving() as receiver:
        assert send(receiver).status == 204


def test_the_name_is_looked_up_once_and_that_address_is_used() -> None:
    """A name that answers otherwise the second time leads nowhere else."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with receiving() as receiver:
        target = read_target(f"http://rebind.example:{receiver.port}/x")
        find = lambda _host, _port: next(answers)  # noqa: E731
        told = post(target, b"", {}, timeout=5, allow_loopback=True, lookup=find)
        assert told.status == 204
    assert receiver.requests[0].headers["host"] == f"rebind.example:{receiver.port}"
    assert len(list(answers)) == 1
    with pytest.raises(Refused):
        post(target, b"", {}, timeout=5, allow_loopback=True, lookup=lambda _h, _p: ["10.0.0.1"])


def test_another_peer_is_not_spoken_to() -> None:
    """What was connected to must be what was checked."""
    with receiving() as receiver, socket.create_connection(("127.0.0.1", receiver.port)) as channel:
        _check_peer(channel, IPv4Address("127.0.0.1"))
        with pytest.raises(OSError, match="another address"):
            _check_peer(channel, IPv4Address("127.0.0.2"))


def test_the_second_address_is_tried(unused_port: int) -> None:
    """Where the first does not answer."""
    del unused_port
    with receiving() as receiver:
        target = read_target(f"http://two.example:{receiver.port}/")
        both = ["127.0.0.2", "127.0.0.1"]  # nobody listens at the first
        told = post(target, b"", {}, timeout=5, allow_loopback=True, lookup=lambda _h, _p: both)
    assert told.status == 204


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of our own for hooks.example."""
    if which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=hooks.example",
            "-addext", "subjectAltName=DNS:hooks.example", "-keyout", "key.pem", "-out", file.name,
        ],
        cwd=file.parent, check=True, capture_output=True,
    )  # fmt: skip
    with file.open("ab") as both:
        both.write((file.parent / "key.pem").read_bytes())
    return file


class TestTls:
    def post(self, name: str, port: int, trusted: ssl.SSLContext | None) -> Answer:
        """Post by https to this machine under a name."""
        return post(
            read_target(f"https://{name}:{port}/x"),
            b"{}",
            {},
            timeout=5,
            allow_loopback=True,
            lookup=lambda _host, _port: ["127.0.0.1"],
            tls=trusted,
        )

    def test_the_name_is_proved(self, certificate: Path) -> None:
        """By the address that was checked, under the name of the policy."""
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate)
        trusted = ssl.create_default_context(cafile=str(certificate))
        with receiving(OK, server) as receiver:
            assert self.post("hooks.example", receiver.port, trusted) == Answer(204)
            with pytest.raises(Unavailable, match="does not prove its name"):
                self.post("other.example", receiver.port, trusted)
            with pytest.raises(Unavailable, match="does not prove its name"):
                self.post("hooks.example", receiver.port, None)
        assert [r.headers["host"] for r in receiver.requests] == [f"hooks.example:{receiver.port}"]

    def test_who_speaks_no_tls_is_told(self) -> None:
        """In place of its message."""
        with receiving() as receiver, pytest.raises(ModelshelfError):
            self.post("hooks.example", receiver.port, None)
