"""Logical types of Kafka Connect and Debezium: numbers and bytes that mean decimals, dates and times."""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from bridge.formats.paths import Convert

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = date(1970, 1, 1)
MAX_DECIMAL_BYTES: Final = 64
"""No amount of money is longer; a number of megabytes would take minutes to convert."""
MAX_SCALE: Final = 1_000


def unscaled(value: object, scale: int) -> object:
    """A decimal out of its unscaled bytes, big-endian, in base64 where JSON carries them; numbers are what they mean.

    Raises ValueError or TypeError for all else.
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    if not isinstance(value, str | bytes):
        raise TypeError("no decimal")
    data = base64.b64decode(value, validate=True) if isinstance(value, str) else value
    if not 0 < len(data) <= MAX_DECIMAL_BYTES or abs(scale) > MAX_SCALE:
        raise ValueError("no decimal of a sensible size")
    whole = int.from_bytes(data, "big", signed=True)
    # not scaleb: it would round to the context's 28 digits
    digits = tuple(int(digit) for digit in str(abs(whole)))
    return Decimal((int(whole < 0), digits, -scale))


def variable_scale(value: object) -> object:
    """Debezium's VariableScaleDecimal: a pair of scale and unscaled bytes; a number stays as it is."""
    if not isinstance(value, Mapping):
        return unscaled(value, 0)
    scale = value.get("scale")
    if isinstance(scale, bool) or not isinstance(scale, int):
        raise TypeError("no scale")
    return unscaled(value.get("value"), scale)


def is_variable_scale(value: object) -> bool:
    """Whether a value of a record without a schema is a VariableScaleDecimal: nothing else has just these two."""
    return isinstance(value, Mapping) and value.keys() == {"scale", "value"}


def _since_epoch(value: object, *, per_second: int) -> datetime:
    if isinstance(value, datetime):
        return value
    seconds, rest = divmod(_whole(value), per_second)
    return EPOCH + timedelta(seconds=seconds, microseconds=rest * 1_000_000 // per_second)


def _day(value: object) -> date:
    return value if isinstance(value, date) else EPOCH_DAY + timedelta(days=_whole(value))


def _time_of_day(value: object, *, per_second: int) -> str:
    if isinstance(value, time):
        return value.isoformat()
    moment = EPOCH + timedelta(microseconds=_whole(value) * 1_000_000 // per_second)
    return moment.time().isoformat()


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no whole number")
    return value


_MILLIS: Final = partial(_since_epoch, per_second=1_000)
CONVERSIONS: Final[Mapping[str, Convert]] = {
    "org.apache.kafka.connect.data.Timestamp": _MILLIS,
    "org.apache.kafka.connect.data.Date": _day,
    "org.apache.kafka.connect.data.Time": partial(_time_of_day, per_second=1_000),
    "io.debezium.time.Timestamp": _MILLIS,
    "io.debezium.time.MicroTimestamp": partial(_since_epoch, per_second=1_000_000),
    "io.debezium.time.NanoTimestamp": partial(_since_epoch, per_second=1_000_000_000),
    "io.debezium.time.Date": _day,
    "io.debezium.time.Time": partial(_time_of_day, per_second=1_000),
    "io.debezium.time.MicroTime": partial(_time_of_day, per_second=1_000_000),
    "io.debezium.time.NanoTime": partial(_time_of_day, per_second=1_000_000_000),
    "io.debezium.data.VariableScaleDecimal": variable_scale,
}
"""By the name that a Connect schema gives the type."""

DECIMAL: Final = "org.apache.kafka.connect.data.Decimal"


def conversion(name: object, parameters: object) -> Convert | None:
    """What a named type's values mean; None for names without a meaning of their own."""
    if name == DECIMAL:
        scale = parameters.get("scale", 0) if isinstance(parameters, Mapping) else 0
        return partial(_scaled, scale=scale)
    return CONVERSIONS.get(name) if isinstance(name, str) else None


def _scaled(value: object, *, scale: object) -> object:
    return unscaled(value, int(scale) if isinstance(scale, int | str) else 0)
