"""The registry calls the detector when the champion or its thresholds changed."""

from sqlalchemy import text

from mlflow_server.settings import MlflowServerSettings

NAME = "vigie-detector"
DELETE = (
    "DELETE FROM webhook_events WHERE webhook_id IN (SELECT webhook_id FROM webhooks WHERE name = :name)",
    "DELETE FROM webhooks WHERE name = :name",
)


def put_webhook(settings: MlflowServerSettings) -> None:
    """Replace our webhook by what the settings say.

    It is deleted by SQL and created again: reading it would fail once the key that encrypts its secret has changed.
    """
    from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    registry = SqlAlchemyStore(settings.backend_store)
    try:
        with registry.engine.begin() as connection:
            for statement in DELETE:
                connection.execute(text(statement), {"name": NAME})
        if settings.mlflow_webhook_url and settings.mlflow_webhook_secret:
            registry.create_webhook(
                NAME,
                settings.mlflow_webhook_url,
                [
                    WebhookEvent(WebhookEntity.MODEL_VERSION_ALIAS, WebhookAction.CREATED),
                    WebhookEvent(WebhookEntity.MODEL_VERSION_TAG, WebhookAction.SET),
                ],
                description="Makes the detector ask for the champion at once; created again at each start.",
                secret=settings.mlflow_webhook_secret.get_secret_value(),
            )
    finally:
        registry.engine.dispose()
