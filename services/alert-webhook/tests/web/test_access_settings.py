"""Who may be let in, as the environment says it."""

import pytest

from alert_webhook.settings import AlertWebhookSettings, credentials
from vigie_runtime import ConfigurationError, load_settings


def test_names_and_secrets_are_read_from_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_USERS", "anna:a:b,zoë:pass\nben:other")
    monkeypatch.setenv("VIGIE_API_TOKENS", "0123456789abcdef")

    settings = load_settings(AlertWebhookSettings)

    assert credentials(settings.users) == {"anna": "a:b", "zoë": "pass", "ben": "other"}
    assert credentials(settings.api_tokens) == {"analyst": "0123456789abcdef"}
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VIGIE_USERS", "anna:"),
        ("VIGIE_USERS", ":password"),
        ("VIGIE_USERS", ","),
        ("VIGIE_USERS", "anna:password,"),
        ("VIGIE_USERS", "anna:password,anna:other"),
        ("VIGIE_USERS", f"{'a' * 65}:password"),
        ("VIGIE_USERS", "anna:pass,password"),
        ("VIGIE_USERS", "anna:pass password"),
        ("VIGIE_USERS", "pass,anna:password"),
        ("VIGIE_USERS", "anna:pass,wo?rd:password"),
        ("VIGIE_API_TOKENS", "robot:0123456789abcdef,0123456789abcdefgh"),
        ("VIGIE_API_TOKENS", "robot:"),
        ("VIGIE_API_TOKENS", "robot:password"),
        ("VIGIE_API_TOKENS", "0123456789abcdef,0123456789abcdefgh"),
    ],
)
def test_what_would_let_in_anyone_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=variable) as caught:
        load_settings(AlertWebhookSettings)
    assert "password" not in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


def test_a_comma_inside_a_password_is_not_a_second_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_USERS", "anna:correct,horse")

    with pytest.raises(ConfigurationError, match=r"VIGIE_USERS: .*comma nor white space.*name:secret") as caught:
        load_settings(AlertWebhookSettings)
    assert "horse" not in str(caught.value)


def test_it_does_not_open_to_others_without_anyone_to_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_HOST", "0.0.0.0")

    with pytest.raises(ConfigurationError, match=r"VIGIE_USERS=.*VIGIE_API_TOKENS="):
        load_settings(AlertWebhookSettings)


def test_the_port_may_come_from_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9001")
    assert load_settings(AlertWebhookSettings).port == 9001
    monkeypatch.setenv("VIGIE_PORT", "9002")
    assert load_settings(AlertWebhookSettings).port == 9002
