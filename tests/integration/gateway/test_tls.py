"""TLS by files, for who has no platform in front that ends it."""

import ssl
from pathlib import Path

import httpx2
import pytest

from vigie_runtime import KafkaSettings
from vigie_testing.certificates import certificate
from vigie_testing.played_detector import PlayedDetector
from vigie_testing.running_gateway import payment, running, settings_of
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration


def test_callers_who_trust_its_authority_get_a_verdict_and_others_send_nothing(
    kafka: KafkaSettings, detector: PlayedDetector, tmp_path: Path
) -> None:
    authority = certificate("An authority of the house")
    server = certificate("gateway", authority, "127.0.0.1")
    (tmp_path / "chain.pem").write_text(server.pem() + authority.pem())
    (tmp_path / "key.pem").write_text(server.key_pem())
    settings = settings_of(kafka, tls_certificate_file=tmp_path / "chain.pem", tls_key_file=tmp_path / "key.pem")
    address = f"https://127.0.0.1:{settings.gateway_port}"

    with running(settings):
        trusting = ssl.create_default_context(cadata=authority.pem())
        with httpx2.Client(base_url=address, verify=trusting, trust_env=False, timeout=30) as client:
            wait_until(lambda: client.get("/readyz").status_code == 200, what="readiness")
            headers = {"Vigie-Deadline-Ms": "10000"}
            answer = client.post("/v1/transactions", json=payment(amount=9_500.0), headers=headers)
        with httpx2.Client(base_url=address, trust_env=False) as client, pytest.raises(httpx2.ConnectError):
            client.post("/v1/transactions", json=payment())

    assert (answer.json()["verdict"], answer.json()["basis"]) == ("decline", "model")
    assert len(detector.judged) == 1
