"""Keeps webhooks out of the network the service stands in: a receiver's name must lead to a public address.

The name is looked up here and the connection made to the very address that was judged, so a name that answers
differently the second time (DNS rebinding) gains nothing. The receiver still sees its own name in Host and TLS.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import Final, Self

import httpx2

from vigie_runtime import ConfigurationError

Resolve = Callable[[str], Sequence[str]]

NOT_PUBLIC: Final = (
    ip_network("168.63.129.16/32"),  # public by its number, yet a cloud machine's own metadata service
    ip_network("192.0.0.0/24"),  # another cloud's lies here; Python's registry counts part of it as global
    ip_network("192.88.99.0/24"),  # relays of 6to4
    ip_network("3fff::/20"),  # documentation, newer than Python's registry
)
GLOBAL_UNICAST: Final = ip_network("2000::/3")
NAT64: Final = ip_network("64:ff9b::/96")
IPV4_BITS: Final = 0xFFFFFFFF


class PrivateAddressError(ConfigurationError):
    """A receiver's name leads into a network that webhooks must not reach."""

    def __init__(self) -> None:
        super().__init__(
            "its address is not a public one: set VIGIE_WEBHOOK_PRIVATE=true if a receiver in your own network is meant"
        )


def is_public(address: str) -> bool:
    """Whether a packet to the address leaves for the internet, IPv4 inside IPv6 included."""
    number = ip_address(address.partition("%")[0])
    if isinstance(number, IPv6Address):
        inner = _inner_ipv4(number)
        if inner is not None:
            return is_public(str(inner))
        if number not in GLOBAL_UNICAST:
            return False
    return number.is_global and not number.is_multicast and not any(number in network for network in NOT_PUBLIC)


def _inner_ipv4(number: IPv6Address) -> IPv4Address | None:
    if number in NAT64:
        return IPv4Address(int(number) & IPV4_BITS)
    return number.ipv4_mapped or number.sixtofour


def resolve(host: str) -> list[str]:
    """Addresses of a name, as the system prefers them; raise httpx2.ConnectError when there is none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx2.ConnectError("its name is not known") from error
    return [str(address[0]) for *_, address in found]


class GuardedTransport(httpx2.BaseTransport):
    """Connects to addresses that are allowed, and to nothing else."""

    def __init__(
        self,
        inner: httpx2.BaseTransport,
        *,
        resolve: Resolve = resolve,
        is_allowed: Callable[[str], bool] = is_public,
    ) -> None:
        self._inner = inner
        self._resolve = resolve
        self._is_allowed = is_allowed

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request to the first allowed address that takes it; raise PrivateAddressError if none is."""
        host = request.url.host
        allowed = [address for address in self._resolve(host) if self._is_allowed(address)]
        if not allowed:
            raise PrivateAddressError
        for address in allowed[:-1]:
            try:
                return self._inner.handle_request(_towards(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # nothing was sent yet
        return self._inner.handle_request(_towards(request, allowed[-1]))

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()


def _towards(request: httpx2.Request, address: str) -> httpx2.Request:
    """The same request with the address in place of the name; Host and TLS keep the name."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
