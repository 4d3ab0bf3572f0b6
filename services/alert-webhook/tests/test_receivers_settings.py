"""What the environment sets about receivers: refused at start where it is wrong, and never repeated in a message."""

import pytest

from alert_webhook.core.recipients import recipients_of
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import ConfigurationError, load_settings

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_receivers_are_separated_as_platforms_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("VIGIE_WEBHOOK_URLS", "https://a.example/secret, https://b.example/x\nhttps://a.example/other")

    names = recipients_of(load_settings(AlertWebhookSettings)).webhooks

    assert [name.rpartition("-")[0] for name in names] == ["a.example", "b.example", "a.example"]
    assert len(set(names)) == 3, "two addresses of one host are two receivers"
    assert "secret" not in " ".join(names)


@pytest.mark.parametrize("url", ["hooks.example/T0/private", "ftp://hooks.example/private", "https:///private"])
def test_a_wrong_address_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("VIGIE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("VIGIE_WEBHOOK_URLS", url)

    with pytest.raises(ConfigurationError, match=r"VIGIE_WEBHOOK_URLS: .*http") as caught:
        load_settings(AlertWebhookSettings)
    assert "private" not in str(caught.value)


@pytest.mark.parametrize(
    "secret", ["private", "whsec_", "whsec_cHJpdmF0ZQ==", "whsec_not base64 but private", SECRET[6:]]
)
def test_a_key_that_is_not_whole_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("VIGIE_WEBHOOK_SECRET", secret)

    with pytest.raises(ConfigurationError, match=r"VIGIE_WEBHOOK_SECRET: .*openssl") as caught:
        load_settings(AlertWebhookSettings)
    assert secret not in str(caught.value).replace("whsec_ and", "")


def test_webhooks_need_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_WEBHOOK_URLS", "https://a.example/")

    with pytest.raises(ConfigurationError, match="VIGIE_WEBHOOK_SECRET"):
        load_settings(AlertWebhookSettings)
