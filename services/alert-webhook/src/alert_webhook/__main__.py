"""Start the alert webhook: `python -m alert_webhook`."""

from alert_webhook.server import PageServer
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import configure_logs, load_settings, run_entry_point


def main() -> None:
    """Wire the service and serve until a signal."""
    settings = load_settings(AlertWebhookSettings)
    configure_logs(settings, "alert-webhook")
    PageServer(settings).run()


if __name__ == "__main__":
    run_entry_point(main)
