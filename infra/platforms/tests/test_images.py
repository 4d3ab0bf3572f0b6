import base64
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from vigie_platforms.errors import PlatformError
from vigie_platforms.images import ImageRegistry, image_tag, is_pinned

DIGEST = f"sha256:{'c' * 64}"
Serve = Callable[..., str]


def registry_at(address: str, **login: str) -> ImageRegistry:
    return ImageRegistry(f"{address.removeprefix('http://')}/Bank/Vigie", scheme="http", **login)


def test_an_image_is_named_by_its_digest(serve: Serve, answer: type) -> None:
    def respond(asked):
        assert asked.method == "HEAD"
        assert asked.path == "/v2/bank/vigie/trainer/manifests/inputs-1"
        return answer(headers={"Docker-Content-Digest": DIGEST})

    address = serve(respond)

    found = registry_at(address).pinned("trainer", image_tag("1"))

    assert found == f"{address.removeprefix('http://')}/bank/vigie/trainer@{DIGEST}"
    assert is_pinned(found)


def test_an_image_that_is_not_there_is_none(serve: Serve, answer: type) -> None:
    address = serve(lambda asked: answer(404))

    assert registry_at(address).pinned("trainer", "inputs-1") is None


def test_a_private_registry_is_asked_for_a_token_first(serve: Serve, answer: type) -> None:
    def respond(asked):
        where = urlsplit(asked.path)
        if where.path == "/token":
            assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"reader:secret").decode()
            assert parse_qs(where.query) == {"service": ["reg"], "scope": ["repository:bank/vigie/trainer:pull"]}
            return answer(body={"token": "t0"})
        if asked.headers.get("authorization") == "Bearer t0":
            return answer(headers={"Docker-Content-Digest": DIGEST})
        challenge = 'Bearer realm="http://{}/token",service="reg",scope="repository:bank/vigie/trainer:pull"'
        return answer(401, headers={"WWW-Authenticate": challenge.format(asked.headers["host"])})

    address = serve(respond)

    found = registry_at(address, username="reader", password="secret").pinned("trainer", "inputs-1")

    assert found is not None
    assert found.endswith(DIGEST)


@pytest.mark.parametrize("code", [401, 403, 500])
def test_a_refusal_says_what_to_check(serve: Serve, answer: type, code: int) -> None:
    address = serve(lambda asked: answer(code))

    with pytest.raises(PlatformError, match=f"answered {code} for trainer:inputs-1.*REGISTRY_USERNAME"):
        registry_at(address).pinned("trainer", "inputs-1")


def test_a_registry_that_is_away_is_told() -> None:
    with pytest.raises(PlatformError, match="does not answer"):
        ImageRegistry("127.0.0.1:9/bank/vigie", scheme="http").pinned("trainer", "inputs-1")
