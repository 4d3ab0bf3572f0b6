"""What a roll-out and a look into a registry need to know; secrets of the workflows' environments."""

from pydantic import Field, SecretStr

from vigie_platforms import railway as railway_api
from vigie_platforms import render as render_api
from vigie_platforms.images import ImageRegistry
from vigie_platforms.roll_out import Platform
from vigie_runtime import ConfigurationError, HttpAddress, ServiceSettings


class DeploymentSettings(ServiceSettings):
    """Access to registry and platforms."""

    registry_username: str = Field(
        default="", validation_alias="REGISTRY_USERNAME", description="Reader of the registry's private images."
    )
    registry_password: SecretStr | None = Field(
        default=None, validation_alias="REGISTRY_PASSWORD", description="Its token; unset for public images."
    )
    render_api_key: SecretStr | None = Field(
        default=None, validation_alias="RENDER_API_KEY", description="Render, account settings, API keys."
    )
    render_api_url: HttpAddress = Field(
        default=render_api.ADDRESS, validation_alias="RENDER_API_URL", description="Another than Render's, for tests."
    )
    railway_api_token: SecretStr | None = Field(
        default=None, validation_alias="RAILWAY_API_TOKEN", description="Railway token of the project's workspace."
    )
    railway_project_id: str = Field(
        default="", validation_alias="RAILWAY_PROJECT_ID", description="In the project's address."
    )
    railway_environment_id: str = Field(
        default="", validation_alias="RAILWAY_ENVIRONMENT_ID", description="In the project's address."
    )
    railway_api_url: HttpAddress = Field(
        default=railway_api.ADDRESS,
        validation_alias="RAILWAY_API_URL",
        description="Another than Railway's, for tests.",
    )


def registry(prefix: str, settings: DeploymentSettings) -> ImageRegistry:
    """The registry that holds our images."""
    password = settings.registry_password
    return ImageRegistry(prefix, settings.registry_username, password.get_secret_value() if password else "")


def render(settings: DeploymentSettings) -> Platform:
    """Render's API; raise ConfigurationError where the key is missing."""
    if settings.render_api_key is None:
        raise ConfigurationError("RENDER_API_KEY is missing: make one in Render's account settings.")
    return render_api.Render(settings.render_api_key.get_secret_value(), address=settings.render_api_url)


def railway(settings: DeploymentSettings) -> Platform:
    """Railway's API; raise ConfigurationError that names what is missing."""
    if settings.railway_api_token is None or not settings.railway_project_id or not settings.railway_environment_id:
        raise ConfigurationError(
            "Set RAILWAY_API_TOKEN (Railway, workspace settings, tokens), RAILWAY_PROJECT_ID and "
            "RAILWAY_ENVIRONMENT_ID (both are in the address of the project's page)."
        )
    token = settings.railway_api_token.get_secret_value()
    return railway_api.Railway(
        token, settings.railway_project_id, settings.railway_environment_id, address=settings.railway_api_url
    )
