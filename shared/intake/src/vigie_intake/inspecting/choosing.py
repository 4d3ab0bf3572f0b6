"""Which column is which field, by name and by what is in it, where no profile knows."""

from vigie_intake.inspecting.amounts import numbers_in
from vigie_intake.inspecting.candidates import Candidates
from vigie_intake.inspecting.choosing_time import choose_time
from vigie_intake.inspecting.columns import MANY_ROWS, Column
from vigie_intake.inspecting.fitting import (
    MAX_CATEGORIES,
    MAX_CURRENCIES,
    decimal_of_degrees,
    is_category,
    is_country,
    is_surely_amount,
    is_time,
    names_each,
)
from vigie_intake.inspecting.naming import Sureness
from vigie_intake.inspecting.naming_parts import can_name
from vigie_intake.inspecting.parts import Choice, Found
from vigie_intake.inspecting.paying import differ_together, is_amount
from vigie_intake.inspecting.truth import could_be_label
from vigie_intake.inspecting.words import means


def choose(found: Found, columns: dict[str, Column]) -> Column | None:
    """Fill the draft as far as columns allow, the most important fields first; return the column of a status."""
    pool = Candidates(found, columns)
    choose_time(pool)
    _choose_account(pool)
    _choose_amount(pool)
    pool.take("label", pool.of("label", could_be_label))
    pool.take("scenario", pool.of("scenario", lambda column: len(column.counts) <= MAX_CATEGORIES))
    pool.take("currency", pool.of("currency", lambda column: 0 < len(column.counts) <= MAX_CURRENCIES))
    pool.take("transaction_id", pool.of("transaction_id", names_each))
    for field, limit in (("lat", 90), ("lon", 180)):
        _choose_degrees(pool, field, limit)
    _choose_country(pool)
    pool.take("category", pool.of("category", is_category))
    pool.take("merchant_id", pool.of("merchant_id", lambda column: len(column.present) > 0 and not is_time(column)))
    return next((one.column for one in pool.of("status", lambda column: len(column.counts) > 0)), None)


def _choose_account(pool: Candidates) -> None:
    candidates = pool.of("account_id", can_name)
    if candidates and len(candidates[0].column.present) >= MANY_ROWS and not candidates[0].column.repeats:
        candidates.sort(key=lambda one: not one.column.repeats)
    if pool.take("account_id", candidates):
        return
    by_value = [
        column.name
        for column in pool.unused
        if column.holds_account_numbers and column.empty_share < 0.5 and "merchant_id" not in pool.roles(column.name)
    ]
    if by_value:
        name, *others = by_value
        reason = "its values are card numbers or IBANs"
        pool.give("account_id", {"column": name}, [name], reason, Sureness.GUESS, others)


def _choose_amount(pool: Candidates) -> None:
    debit, credit = (pool.of(role, is_amount) for role in ("debit", "credit"))
    if debit and credit and differ_together([debit[0].column, credit[0].column]):
        names = [debit[0].name, credit[0].name]
        reason = "money out and money in have columns of their own"
        pool.give("amount", {"debit": names[0], "credit": names[1]}, names, reason, Sureness.SURE)
        return
    candidates = pool.of("amount", is_amount)
    if pool.take("amount", candidates):
        _choose_direction(pool, candidates[0].column)
        return
    by_value = [one.name for one in pool.unused if not pool.roles(one.name) and is_surely_amount(one)]
    if len(by_value) == 1:
        reason = "it is the only column of numbers with fractions"
        pool.give("amount", {"column": by_value[0]}, by_value, reason, Sureness.GUESS)


def _choose_direction(pool: Candidates, amount: Column) -> None:
    """A column whose words all mean money out or money in; amounts with signs need none."""
    if numbers_in(amount).negative_share:
        return
    for candidate in pool.of("direction", lambda column: 0 < len(column.counts) <= MANY_ROWS):
        words = list(candidate.column.counts)
        out, inward = ([word for word in words if means(word, meaning)] for meaning in ("out", "in"))
        if out and len(out) + len(inward) == len(words):
            how = {"out": "column", "direction": candidate.name, "out_words": out, "in_words": inward}
            pool.found.draft["amount"] |= how
            reason = f"{', '.join(out)} is money out" + (f", {', '.join(inward)} money in" if inward else "")
            pool.found.choices.append(Choice("amount", candidate.name, reason, candidate.named.sureness))
            return


def _choose_degrees(pool: Candidates, field: str, limit: float) -> None:
    candidates = pool.of(field, lambda column: decimal_of_degrees(column, limit) is not None)
    if pool.take(field, candidates) and decimal_of_degrees(candidates[0].column, limit) == ",":
        pool.found.draft[field]["decimal"] = ","


def _choose_country(pool: Candidates) -> None:
    if pool.take("country", pool.of("country", is_country)):
        return
    for candidate in pool.of("country", lambda column: len(column.counts) > 0):
        example = next(iter(candidate.column.counts))
        pool.found.note(
            f"{candidate.name} is no country of two capital letters (such as {example}), so it is left out; "
            "country.values in the mapping translates words."
        )
