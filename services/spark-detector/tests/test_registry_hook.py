import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.webhooks.delivery import _generate_hmac_signature

from spark_detector.registry_hook import MAX_AGE_SECONDS, RegistryHook

NOW = 1_780_000_000
BODY = json.dumps({"entity": "model_version_alias", "action": "created", "data": {"alias": "champion"}})


class Asked:
    """Counts early questions."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def hook(asked: Asked) -> RegistryHook:
    return RegistryHook("secret", asked, clock=lambda: NOW)


def signed(delivery: str = "one", at: int = NOW, secret: str = "secret", body: str = BODY) -> dict[str, str]:
    """Headers as MLflow's own code makes them."""
    return {
        "x-mlflow-delivery-id": delivery,
        "x-mlflow-timestamp": str(at),
        "x-mlflow-signature": _generate_hmac_signature(secret, delivery, str(at), body),
    }


def test_what_mlflow_signed_makes_it_ask_once(hook: RegistryHook, asked: Asked) -> None:
    codes = [hook(signed(), BODY.encode()), hook(signed(), BODY.encode()), hook(signed("two"), BODY.encode())]

    assert codes == [202, 200, 202]
    assert asked.times == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(secret="another"),
        signed(at=NOW - MAX_AGE_SECONDS - 1),
        signed(at=NOW + MAX_AGE_SECONDS + 1),
        signed(body=BODY + " "),
        signed() | {"x-mlflow-delivery-id": "two"},
        signed() | {"x-mlflow-timestamp": "soon"},
        signed() | {"x-mlflow-timestamp": "²"},
    ],
    ids=["nothing", "other secret", "old", "future", "other body", "other delivery", "no number", "no ASCII"],
)
def test_what_mlflow_did_not_sign_changes_nothing(hook: RegistryHook, asked: Asked, headers: dict[str, str]) -> None:
    assert hook(headers, BODY.encode()) == 401
    assert asked.times == 0


@given(
    headers=st.dictionaries(
        st.sampled_from(["x-mlflow-delivery-id", "x-mlflow-timestamp", "x-mlflow-signature"]), st.text(max_size=20)
    ),
    body=st.binary(max_size=50),
)
def test_nothing_from_outside_makes_it_fail(headers: dict[str, str], body: bytes) -> None:
    assert RegistryHook("secret", lambda: None, clock=lambda: NOW)(headers, body) == 401
