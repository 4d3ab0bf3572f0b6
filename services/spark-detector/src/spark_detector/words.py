"""What each feature's reason says: the usual value of what it speaks of, and a sentence for a person."""

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_detector.counterparties import COLUMN as COUNTERPARTY_LABELS
from spark_detector.features.receivers import LOOKED_AT
from vigie_schemas.topics import DAY_MS

UsualAndText = tuple[Column, Column]


def _amount() -> Column:
    return F.concat(F.format_number("transaction.amount", 2), F.lit(" "), F.col("transaction.currency"))


def _times(eur: Column) -> Column:
    return F.format_number(F.try_divide(eur, _usual_eur()), 1)


def _usual_eur() -> Column:
    return F.col("evidence.usual_amount_eur")


def _sentence(*parts: Column | str, otherwise: str | Column) -> Column:
    """The parts as one text; the other one where the account cannot tell a part."""
    text = F.concat(*[F.lit(part) if isinstance(part, str) else part for part in parts])
    return F.coalesce(text, F.lit(otherwise) if isinstance(otherwise, str) else otherwise)


def _amount_alone() -> UsualAndText:
    return _usual_eur(), _sentence(_amount(), ", a large amount in general", otherwise="a large amount in general")


def _amount_over_usual() -> UsualAndText:
    times = _times(F.col("amount_eur"))
    return _usual_eur(), _sentence(_amount(), ", ", times, " times this account's usual", otherwise=_amount())


def _amount_spread() -> UsualAndText:
    times = F.format_number("features.amount_spread", 1)
    words = " times further from the usual than its amounts tend to lie"
    return _usual_eur(), _sentence(_amount(), ", ", times, words, otherwise=_amount())


def _of_last_five(position: str, count: int) -> Callable[[], UsualAndText]:
    def words() -> UsualAndText:
        times = _times(F.col(f"evidence.{position}_amount_eur"))
        begin = f"{count} of the last 5 payments are at least "
        return _usual_eur(), _sentence(begin, times, " times this account's usual", otherwise="several large payments")

    return words


def _amount_in_hour() -> UsualAndText:
    total = F.format_number("evidence.hour_sum_eur", 2)
    count = F.format_number("evidence.count_1h", 0)
    alone = F.when(F.col("evidence.count_1h") <= 1, F.lit(" EUR within an hour, "))
    words = (total, alone.otherwise(F.concat(F.lit(" EUR in "), count, F.lit(" payments within an hour, "))))
    times = (_times(F.col("evidence.hour_sum_eur")), " times one usual payment")
    in_hour = _sentence(*words, *times, otherwise="much money within an hour")
    of_one, of_one_text = _amount_over_usual()
    return of_one, F.when(F.col("evidence.is_timed"), in_hour).otherwise(of_one_text)


def _counted(fact: str, span: str, days: float) -> Callable[[], UsualAndText]:
    def words() -> UsualAndText:
        usual = F.col("evidence.payments_a_day") * days
        count = F.format_number(f"evidence.{fact}", 0)
        return usual, _sentence(count, f" payments in {span}", otherwise=f"many payments in {span}")

    return words


def _small() -> UsualAndText:
    count = F.format_number("evidence.small_count", 0)
    return F.lit(None), _sentence(count, " payments under 5 EUR within an hour", otherwise="many small payments")


def _speed() -> UsualAndText:
    distance = F.format_number("evidence.distance_km", 0)
    minutes = F.format_number("evidence.minutes_since_place", 0)
    text = (distance, " km from the last payment ", minutes, " minutes ago")
    return F.col("evidence.radius_km"), _sentence(*text, otherwise="far from the last payment")


def _distance() -> UsualAndText:
    distance = F.format_number("evidence.distance_from_usual_km", 0)
    return F.col("evidence.radius_km"), _sentence(distance, " km from where it usually pays", otherwise="far away")


def _country() -> UsualAndText:
    country = F.col("transaction.country")
    return F.lit(None), _sentence("first payment in ", country, otherwise="first payment in this country")


def _merchant() -> UsualAndText:
    return F.lit(None), F.concat(F.lit("first payment to this "), _kind_of_counterparty())


def _merchants() -> UsualAndText:
    count = F.format_number("evidence.new_of_four", 0)
    counterparties = F.concat(_kind_of_counterparty(), F.lit("s"))
    text = (f" of the last {LOOKED_AT} payments went to new ", counterparties)
    return F.lit(None), _sentence(count, *text, otherwise=F.concat(F.lit("several new "), counterparties))


def _kind_of_counterparty() -> Column:
    """As the transaction has it, which is at least the newest of those that are spoken of."""
    return F.when(F.col("transaction.merchant_id").isNotNull(), "merchant").otherwise("payee")


def _hour() -> UsualAndText:
    clock = F.date_format(F.timestamp_millis("transaction.timestamp_ms"), "HH:mm")
    return F.lit(None), _sentence("at ", clock, " UTC, when this account seldom pays", otherwise="at an unusual hour")


def known_fraud() -> Column:
    """What is known of the counterparty's payments, for a person."""
    run, last_ms = F.col(f"{COUNTERPARTY_LABELS}.fraud_run"), F.col(f"{COUNTERPARTY_LABELS}.last_fraud_ms")
    days = F.format_number((F.col("transaction.timestamp_ms") - last_ms) / DAY_MS, 0)
    kind = _kind_of_counterparty()
    several = F.concat(F.lit("the last "), run.cast("string"), F.lit(" payments to this "), kind)
    of_several = F.concat(several, F.lit(" that were looked into were fraud, the latest "), days, F.lit(" days ago"))
    of_one = F.concat(F.lit("the last payment to this "), kind, F.lit(" that was looked into was fraud, "))
    before = F.concat(F.lit("a payment to this "), kind, F.lit(" was fraud "), days, F.lit(" days ago"))
    one = F.concat(of_one, days, F.lit(" days ago"))
    return F.when(run > 1, of_several).when(run == 1, one).otherwise(before)


WORDS: Final[dict[str, Callable[[], UsualAndText]]] = {
    "amount_log": _amount_alone,
    "amount_over_usual": _amount_over_usual,
    "amount_spread": _amount_spread,
    "amount_second_of_five": _of_last_five("second", 2),
    "amount_third_of_five": _of_last_five("third", 3),
    "amount_in_hour": _amount_in_hour,
    "tempo_10m": _counted("count_10m", "10 minutes", 1 / 144),
    "tempo_1h": _counted("count_1h", "an hour", 1 / 24),
    "tempo_24h": _counted("count_24h", "24 hours", 1.0),
    "small_count_1h": _small,
    "speed": _speed,
    "distance_beyond_usual": _distance,
    "new_country": _country,
    "new_merchant": _merchant,
    "new_merchants_of_four": _merchants,
    "hour_rarity": _hour,
}
