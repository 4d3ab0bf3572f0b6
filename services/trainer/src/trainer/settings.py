"""Settings of the trainer."""

import re
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_settings import NoDecode

from vigie_registry import RegistrySettings
from vigie_runtime import KafkaSettings
from vigie_runtime.rates import RateSettings
from vigie_schemas.label import LabelSource


def _split(value: object) -> object:
    """Words between commas or white space, as platforms have one line for a variable; `none` for no word at all."""
    if not isinstance(value, str):
        return value
    return () if value.strip() == "none" else tuple(re.findall(r"[^,\s]+", value))


LabelSources = Annotated[tuple[LabelSource, ...], NoDecode, BeforeValidator(_split)]


class TrainerSettings(KafkaSettings, RegistrySettings, RateSettings):
    """What to learn from, how, and how often."""

    alert_budget: float = Field(default=0.0063, gt=0, lt=0.5, description="Share of transactions meant to alert.")
    train_rows: int = Field(default=100_000, ge=2_000, description="Newest records to learn from.")
    train_minimum_rows: int = Field(default=5_000, ge=1_000, description="Records before the first training.")
    train_interval_seconds: float = Field(default=21_600, gt=0, description="From one training to the next.")
    forest_trees: int = Field(default=150, ge=1, le=1_000, description="Trees of the forest.")
    forest_samples: int = Field(default=256, ge=2, le=65_536, description="Rows each tree is grown on.")
    forest_anchor_share: float = Field(
        default=0.2, ge=0, le=1, description="Anchors for each row the forest learns from (docs/adr/0007)."
    )
    forest_seed: int = Field(default=7, ge=0, le=2**32 - 1, description="Same rows, same seed, same forest.")
    forest_jobs: int = Field(default=2, ge=1, description="Threads that grow trees.")
    learn_from: LabelSources = Field(
        default=("analyst", "dataset"),
        description="Whose labels teach the second stage (docs/adr/0029): analyst, dataset, generator, with commas; "
        "none: the forest scores alone.",
    )
    counterparty_seconds: float = Field(
        default=30, ge=0, description="Between two publications of what labels say of merchants and payees."
    )
    promotion: Literal["automatic", "approve"] = Field(
        default="automatic",
        description="Who lets a challenger serve that passed its gates (docs/adr/0032): the trainer, or a person other "
        "than the one who made it challenger.",
    )
    shadow_rows: int = Field(
        default=20_000, ge=0, description="Transactions a challenger is watched over at least; 0: trained, it serves."
    )
    shadow_seconds: float = Field(default=600, ge=0, description="How long it is watched at least.")
    guard_seconds: float = Field(
        default=3_600, ge=0, description="How long a new champion is watched beside the one it replaced; 0: not at all."
    )
    niceness: int = Field(
        default=10, ge=0, le=19, description="Priority that the trainer yields to scoring where both share a machine."
    )
    recalibrate: bool = Field(default=True, description="Move thresholds with the scores of the champion in charge.")
    recalibrate_seconds: float = Field(
        default=300, ge=0, description="Least wall seconds between two versions of the thresholds."
    )
    recalibrate_state_seconds: float = Field(
        default=600,
        ge=0,
        description="Least wall seconds that a threshold stays calm, frozen or following (docs/adr/0009).",
    )
    recalibrate_rows: int = Field(
        default=50_000, ge=1_000, description="Rows from which a segment's share of alerts is known (docs/adr/0009)."
    )
    status_host: str = Field(default="127.0.0.1", description="Address of the status server; :: for IPv4 and IPv6.")
    status_port: int = Field(
        default=8102,
        ge=0,
        le=65_535,
        validation_alias=AliasChoices("VIGIE_STATUS_PORT", "PORT"),
        description="/healthz, /readyz, /status; 0: any free.",
    )
