"""What people spend money on: how often, how much and where."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Where(Enum):
    """Kind of receiver of a category's payments."""

    CITY = "city"
    ONLINE = "online"
    PAYEE = "payee"


@dataclass(frozen=True)
class Category:
    """A kind of payment; median and spread describe the log-normal amounts of the average account."""

    name: str
    share: float
    median_eur: float
    spread: float
    where: Where = Where.CITY
    receivers: int = 4


CATEGORIES: Final = (
    Category("groceries", share=0.27, median_eur=24, spread=0.65, receivers=8),
    Category("restaurant", share=0.15, median_eur=22, spread=0.55, receivers=10),
    Category("cafe", share=0.12, median_eur=4.8, spread=0.45, receivers=6),
    Category("transport", share=0.10, median_eur=3.2, spread=0.7, receivers=3),
    Category("fuel", share=0.06, median_eur=48, spread=0.35),
    Category("pharmacy", share=0.04, median_eur=15, spread=0.6),
    Category("clothing", share=0.04, median_eur=48, spread=0.6, receivers=6),
    Category("home_garden", share=0.02, median_eur=42, spread=0.7),
    Category("electronics", share=0.012, median_eur=80, spread=0.8),
    Category("entertainment", share=0.04, median_eur=19, spread=0.6),
    Category("cash", share=0.035, median_eur=60, spread=0.5),
    Category("online_shopping", share=0.07, median_eur=32, spread=0.8, where=Where.ONLINE, receivers=20),
    Category("digital", share=0.02, median_eur=9, spread=0.7, where=Where.ONLINE, receivers=10),
    Category("travel", share=0.008, median_eur=120, spread=0.8, where=Where.ONLINE, receivers=10),
    Category("transfer", share=0.015, median_eur=80, spread=0.7, where=Where.PAYEE),
)
INDEX: Final = {category.name: index for index, category in enumerate(CATEGORIES)}
