"""Which addresses a webhook may go to, and that the one judged is the one connected to."""

import ipaddress
from collections.abc import Sequence

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_webhook.delivery.address_guard import GuardedTransport, PrivateAddressError, is_public, resolve

PUBLIC = ["8.8.8.8", "192.0.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    "0.0.0.0", "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1",
    "2001:db8::1", "3fff::1", "5f00::1", "100::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip


class Inner(httpx2.BaseTransport):
    """Notes what it is asked for; connects to all but the addresses that are down."""

    def __init__(self, *down: str) -> None:
        self.asked: list[httpx2.Request] = []
        self._down = down

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if request.url.host in self._down:
            raise httpx2.ConnectError("refused")
        return httpx2.Response(200)


def post(inner: Inner, addresses: Sequence[str], url: str = "https://hooks.example:8443/a?b=c") -> httpx2.Response:
    with httpx2.Client(transport=GuardedTransport(inner, resolve=lambda host: addresses)) as client:
        return client.post(url, content=b"{}")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_all_others_are_refused(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_no_disguise_makes_an_address_public(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    disguises = [0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]

    assert {is_public(str(ipaddress.IPv6Address(disguise))) for disguise in disguises} == {is_public(str(address))}


def test_connects_to_the_address_that_was_judged_and_keeps_the_name() -> None:
    inner = Inner()

    assert post(inner, ["10.0.0.1", "8.8.8.8"]).status_code == 200

    request = inner.asked[0]
    assert str(request.url) == "https://8.8.8.8:8443/a?b=c"
    assert request.headers["host"] == "hooks.example:8443"
    assert request.extensions["sni_hostname"] == "hooks.example"


def test_a_name_is_resolved_again_each_time() -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    inner = Inner()
    with httpx2.Client(transport=GuardedTransport(inner, resolve=lambda host: answers.pop(0))) as client:
        client.post("https://rebinding.example/")
        with pytest.raises(PrivateAddressError, match="VIGIE_WEBHOOK_PRIVATE"):
            client.post("https://rebinding.example/")

    assert [request.url.host for request in inner.asked] == ["8.8.8.8"]


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest"])
def test_addresses_in_place_of_names_are_judged_too(url: str) -> None:
    inner = Inner()
    with httpx2.Client(transport=GuardedTransport(inner)) as client, pytest.raises(PrivateAddressError):
        client.post(url)

    assert inner.asked == []


def test_the_next_address_is_tried_where_one_is_down() -> None:
    assert post(Inner("8.8.8.8"), ["8.8.8.8", "8.8.4.4"]).status_code == 200
    with pytest.raises(httpx2.ConnectError):
        post(Inner("8.8.8.8", "8.8.4.4"), ["8.8.8.8", "8.8.4.4"])


def test_an_unknown_name_is_no_answer() -> None:
    with pytest.raises(httpx2.ConnectError):
        resolve("name.invalid")
    assert resolve("127.0.0.1") == ["127.0.0.1"]
