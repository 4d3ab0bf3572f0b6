"""The detector's features for one transaction after the other, in plain Python on a dictionary that JSON can hold.

The formulas are those of spark_detector.features; peers/tests compares both row by row. Nothing but the contracts is
imported, so that a peer with an environment of its own can use it.
"""

import math
from typing import Any, Final

from vigie_schemas.currencies import EUR_PER_UNIT
from vigie_schemas.features import ALLOWANCES, FEATURE_NAMES, HISTORY_LENGTH

Account = dict[str, Any]
"""What is remembered of an account; its form is this module's own."""
Record = dict[str, Any]

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
BUCKETS: Final = 8
ESTABLISHED_FROM: Final = 5
LOOKED_AT: Final = 4
EARTH_RADIUS_KM: Final = 6371.0088


def new_account() -> Account:
    """An account of which nothing is known."""
    return {"earlier": [], "count": 0, "first_ms": None, "sum": 0.0, "square_sum": 0.0, "buckets": [0] * BUCKETS}


def features_of(record: Record, account: Account) -> list[float]:
    """Features in the order of FEATURE_NAMES; the account remembers the transaction afterwards."""
    eur = record["amount"] * EUR_PER_UNIT[record["currency"]]
    found = _amounts(eur, record, account) | _tempo(eur, record, account) | _places(record, account)
    found |= _receivers(record, account) | {"hour_rarity": _hour_rarity(record, account)}
    _remember(eur, record, account)
    return [max((found[name] or 0.0) - ALLOWANCES[name], 0.0) for name in FEATURE_NAMES]


def _amounts(eur: float, record: Record, account: Account) -> dict[str, float | None]:
    now, count, log = record["timestamp_ms"], account["count"], math.log1p(eur)
    usual = (account["sum"] + 2 * 3.3) / (count + 2)
    hour = sum(past["eur"] for past in _within(HOUR_MS, now, account)) + eur
    five = sorted([eur, *[past["eur"] for past in account["earlier"][:4]]], reverse=True)
    earlier = account["square_sum"] - 2 * usual * account["sum"]
    variance = (earlier + count * usual * usual + 2 * (1 + (usual - 3.3) ** 2)) / (count + 2)
    over = max(log - usual, 0.0)

    def nth(position: int) -> float | None:
        if count < ESTABLISHED_FROM or len(five) <= position:
            return None
        return max(math.log1p(five[position]) - usual, 0.0)

    return {
        "amount_log": log,
        "amount_over_usual": over,
        "amount_spread": min(over / max(math.sqrt(max(variance, 0.0)), 0.25), 20.0),
        "amount_second_of_five": nth(1),
        "amount_third_of_five": nth(2),
        "amount_in_hour": max(math.log1p(hour) - usual, 0.0),
    }


def _tempo(eur: float, record: Record, account: Account) -> dict[str, float | None]:
    now, count = record["timestamp_ms"], account["count"]
    first = now if account["first_ms"] is None else min(account["first_ms"], now)
    rate = (count + 2) / ((now - first) / DAY_MS + 1)

    def surprise(span_ms: int) -> float | None:
        counted, mean = len(_within(span_ms, now, account)) + 1, rate * span_ms / DAY_MS + 1
        return counted * math.log(counted / mean) - counted + mean if counted > mean else None

    small = sum(past["eur"] < 5 for past in _within(HOUR_MS, now, account)) + 1
    return {
        "tempo_10m": surprise(HOUR_MS // 6),
        "tempo_1h": surprise(HOUR_MS),
        "tempo_24h": surprise(DAY_MS),
        "small_count_1h": small if eur < 5 else None,
    }


def _places(record: Record, account: Account) -> dict[str, float | None]:
    nothing: dict[str, float | None] = {"speed": None, "distance_beyond_usual": None}
    placed = [past for past in account["earlier"] if past["lat"] is not None and past["lon"] is not None]
    if len(placed) < 3 or record["lat"] is None or record["lon"] is None:
        return nothing
    here = record["lat"], record["lon"]
    middle = _median([past["lat"] for past in placed]), _median([past["lon"] for past in placed])
    radius = max(_median([_kilometres((past["lat"], past["lon"]), middle) for past in placed]), 10.0)
    last = placed[0]
    beyond = max(_kilometres(here, (last["lat"], last["lon"])) - max(4 * radius, 50.0), 0.0)
    hours = max(max(record["timestamp_ms"] - last["ms"], 0) / HOUR_MS, 1 / 12)
    radii = _kilometres(here, middle) / (3 * radius)
    is_known = _is_timed(record["timestamp_ms"]) and _is_timed(last["ms"])
    return {
        "speed": math.log1p(beyond / hours / 100) if is_known else None,
        "distance_beyond_usual": math.log(radii) if radii > 1 else None,
    }


def _receivers(record: Record, account: Account) -> dict[str, float | None]:
    merchants = [_counterparty(record), *[past["merchant"] for past in account["earlier"]]]
    known = [merchant for merchant in merchants[1:] if merchant is not None]
    countries = [past["country"] for past in account["earlier"] if past["country"] is not None]
    is_established, distinct = account["count"] >= ESTABLISHED_FROM, len(set(known))
    new_of_four = sum(
        merchant is not None and merchant not in merchants[position + 1 :]
        for position, merchant in enumerate(merchants[:LOOKED_AT])
    )
    is_new = merchants[0] is not None and merchants[0] not in known
    return {
        "new_merchant": -math.log((distinct + 0.5) / (len(known) + 1)) if is_established and is_new else None,
        "new_merchants_of_four": new_of_four - LOOKED_AT * distinct / len(known) if is_established and known else None,
        "new_country": float(record["country"] not in countries)
        if len(countries) >= 3 and record["country"] is not None
        else None,
    }


def _hour_rarity(record: Record, account: Account) -> float | None:
    if not _is_timed(record["timestamp_ms"]):
        return None
    bucket, counts = _bucket(record["timestamp_ms"]), account["buckets"]
    around = counts[bucket] + (counts[bucket - 1] + counts[(bucket + 1) % BUCKETS]) / 2
    return math.log((sum(counts) * 2 / BUCKETS + 1) / (around + 1))


def _remember(eur: float, record: Record, account: Account) -> None:
    now, log = record["timestamp_ms"], math.log1p(eur)
    past = {"ms": now, "eur": eur, "merchant": _counterparty(record), "country": record["country"]}
    past |= {"lat": record["lat"], "lon": record["lon"]}
    account["earlier"] = [past, *account["earlier"][: HISTORY_LENGTH - 2]]
    account["count"] += 1
    account["first_ms"] = now if account["first_ms"] is None else min(account["first_ms"], now)
    account["sum"] += log
    account["square_sum"] += log * log
    account["buckets"][_bucket(now)] += _is_timed(now)


def _within(span_ms: int, now: int, account: Account) -> list[dict[str, Any]]:
    """Earlier payments of a span that ends now; none where only the day is known."""
    if not _is_timed(now):
        return []
    return [past for past in account["earlier"] if now - span_ms <= past["ms"] <= now and _is_timed(past["ms"])]


def _is_timed(timestamp_ms: int) -> bool:
    """Midnight exactly stands for a date without a time."""
    return timestamp_ms % DAY_MS != 0


def _counterparty(record: Record) -> str | None:
    return record["merchant_id"] if record["merchant_id"] is not None else record.get("payee_id")


def _bucket(timestamp_ms: int) -> int:
    return timestamp_ms % DAY_MS // (DAY_MS // BUCKETS)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance by the haversine formula, as spark_detector.statistics."""
    (lat, lon), (other_lat, other_lon) = (tuple(map(math.radians, place)) for place in (one, other))
    half = math.sin((other_lat - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(other_lat) * math.sin((other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(half, 1.0)))
