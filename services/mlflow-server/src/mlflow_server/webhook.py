"""The registry tells the detector at once that the champion or its thresholds changed."""

from sqlalchemy import text

from mlflow_server.settings import MlflowServerSettings

NAME = "vigie-detector"
FORGET = (
    "DELETE FROM webhook_events WHERE webhook_id IN (SELECT webhook_id FROM webhooks WHERE name = :name)",
    "DELETE FROM webhooks WHERE name = :name",
)


def put_webhook(settings: MlflowServerSettings) -> None:
    """Replace our webhook by what the settings say.

    Removed by SQL and made anew: reading it would fail once the key that encrypts its secret is another one.
    """
    from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    registry = SqlAlchemyStore(settings.backend_store)
    try:
        with registry.engine.begin() as connection:
            for statement in FORGET:
                connection.execute(text(statement), {"name": NAME})
        if settings.mlflow_webhook_url and settings.mlflow_webhook_secret:
            registry.create_webhook(
                NAME,
                settings.mlflow_webhook_url,
                [
                    WebhookEvent(WebhookEntity.MODEL_VERSION_ALIAS, WebhookAction.CREATED),
                    WebhookEvent(WebhookEntity.MODEL_VERSION_TAG, WebhookAction.SET),
                ],
                description="Early poll of the champion; made anew at each start.",
                secret=settings.mlflow_webhook_secret.get_secret_value(),
            )
    finally:
        registry.engine.dispose()
