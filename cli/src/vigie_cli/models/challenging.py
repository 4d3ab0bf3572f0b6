"""`vigie model challenge`, `approve`, `reject`: a version that may serve next, and people's word on it."""

import time
from contextlib import closing

import typer

from vigie_cli.models.arguments import By, VersionNumber, Why, check_person, required_version
from vigie_registry import RegisteredVersion, RegistryReader, RegistrySettings
from vigie_runtime import AcknowledgedProducer, InputError, KafkaSettings, Outgoing, ensure_topics, load_settings
from vigie_schemas import APPROVALS, SCHEMA_VERSION, Approval
from vigie_schemas.challenger import is_same_person


def challenge(version: VersionNumber, by: By, why: Why) -> None:
    """Let VERSION watch the stream beside the champion. Whoever asks for it cannot approve it."""
    check_person(by, why)
    settings = load_settings(RegistrySettings)
    with RegistryReader.of(settings) as registry:
        required_version(registry, version)
        champion = registry.champion()
    if champion is None:
        raise InputError(f"There is no champion beside which version {version} could be watched: promote it.")
    if champion.version == version:
        raise InputError(f"Version {version} is champion already, so nothing was changed.")
    from trainer.registry import RegistryWriter  # MLflow's client needs seconds to import

    with closing(RegistryWriter(settings)) as writer:
        writer.challenge(version, by=by, why=why, now_ms=_now_ms())
    typer.echo(f"Version {version} is challenger. The trainer watches it; the live page shows how it compares.")


def approve(version: VersionNumber, by: By, why: Why) -> None:
    """Let the challenger VERSION serve once it has passed its gates."""
    check_person(by, why)
    challenger = _challenger(version)
    if is_same_person(challenger.challenged_by, by):
        raise InputError(f"{by} made version {version} challenger: another person has to approve it.")
    _send(version, by, why, is_approved=True)
    typer.echo(f"Sent. Version {version} serves once it has passed its gates; the trainer carries it out.")


def reject(version: VersionNumber, by: By, why: Why) -> None:
    """End the challenge of VERSION; the champion stays."""
    check_person(by, why)
    _challenger(version)
    _send(version, by, why, is_approved=False)
    typer.echo(f"Sent. The trainer ends the challenge of version {version} within seconds.")


def _challenger(version: int) -> RegisteredVersion:
    with RegistryReader.of(load_settings(RegistrySettings)) as registry:
        challenger = registry.challenger()
    if challenger is None or challenger.version != version:
        now = f"version {challenger.version} is" if challenger else "there is none"
        raise InputError(f"Version {version} is not the challenger: {now}. `vigie model list` shows it.")
    return challenger


def _send(version: int, by: str, why: str, *, is_approved: bool) -> None:
    settings = load_settings(KafkaSettings)
    ensure_topics(settings, [APPROVALS])
    approval = Approval(
        schema_version=SCHEMA_VERSION,
        challenger_version=version,
        is_approved=is_approved,
        by=by.strip(),
        why=why.strip(),
        at_ms=_now_ms(),
    )
    producer = AcknowledgedProducer(settings)
    producer.send(settings.topic_name(APPROVALS), [Outgoing(str(version), approval.model_dump_json())])


def _now_ms() -> int:
    return int(time.time() * 1_000)
