"""The account and the counterparty of a proposal: whether their columns can name, and what becomes of their numbers."""

from typing import Final

from vigie_intake.inspecting.columns import MANY_ROWS, Column
from vigie_intake.inspecting.naming import folded
from vigie_intake.inspecting.parts import Ambiguity, AmbiguityAnswer, Found
from vigie_intake.profile_catalogue import columns_of
from vigie_runtime.parquet_columns import ColumnKind

CARD_WORDS: Final = frozenset(["cc", "card", "pan", "carte", "karte", "kartennummer"])
_SHOP_WORDS: Final = frozenset(
    ["merchant", "merchants", "terminal", "shop", "store", "mid", "tid", "commercant", "marchand", "haendler", "id"]
)


def can_name(column: Column) -> bool:
    """Whether the values of a column can be names of accounts: text, whole numbers, mostly there."""
    if not len(column.present) or column.empty_share > 0.5:
        return False
    whole = column.kind is ColumnKind.NUMBER and all(value.removesuffix(".0").isdigit() for value in column.counts)
    return column.kind.can_name or whole


def read_account(found: Found, columns: dict[str, Column]) -> None:
    """Say what the account's column does to its names, and what makes it doubtful."""
    part = found.draft.get("account_id")
    used = [columns[name] for name in columns_of(part) if name in columns]
    if part is None or not used:
        return
    name = " and ".join(column.name for column in used)
    if any(column.holds_cut_numbers for column in used):
        found.note(
            f"{name} holds numbers that a spreadsheet has rounded, such as 2.29E+15: several accounts are one there, "
            "so these rows are refused. Export the file again, without opening it in a spreadsheet."
        )
    elif any(column.holds_account_numbers for column in used):
        found.note(f"{name} holds card numbers or IBANs: they become keyed pseudonyms and are never shown.")
    elif part.get("pseudonym") != "always" and all(_holds_long_numbers_of_cards(column) for column in used):
        part["pseudonym"] = "always"
        found.note(f"{name} holds long numbers of cards: they become keyed pseudonyms.")
    if len(used) == 1 and len(used[0].present) >= MANY_ROWS and not used[0].repeats:
        found.note(
            f"No value of {name} comes twice in the part that was read: if each payment has an account of its own, "
            "there is no history to compare with. Is another column the account?"
        )
    empty = max(column.empty_share for column in used)
    if empty:
        found.note(f"{name} is empty in {empty:.0%} of the rows; these are refused.")


def read_counterparty(found: Found, columns: dict[str, Column]) -> None:
    """Hide the counterparty where it may be a person, and ask where only the name of the column tells."""
    part = found.draft.get("merchant_id")
    used = [columns[name] for name in columns_of(part) if name in columns]
    if part is None or not used or "pseudonym" in part:
        return
    name = " and ".join(column.name for column in used)
    if any(column.holds_account_numbers for column in used):
        part["pseudonym"] = "always"
        found.note(f"{name} holds card numbers or IBANs: they become keyed pseudonyms and are never shown.")
        return
    is_shop = all(set(folded(column.name).split("_")) & _SHOP_WORDS for column in used)
    if is_shop or not any(" " in text for column in used for text in list(column.counts)[:MANY_ROWS]):
        return
    part["pseudonym"] = "always"
    answers = (
        AmbiguityAnswer("yes", "every name becomes a pseudonym", {"merchant_id.pseudonym": "always"}),
        AmbiguityAnswer("no", "names stay as they are, but for account numbers", {"merchant_id.pseudonym": None}),
    )
    text = f"Can {name} be the name of a person?"
    reason = "names with spaces can be people's, and no name of a person may enter a topic"
    found.ask(Ambiguity("people", "merchant_id", text, reason, "yes", answers))


def _holds_long_numbers_of_cards(column: Column) -> bool:
    """Numbers of cards that have lost their check digit, or never had one, are numbers of cards too."""
    is_card = bool(set(folded(column.name).split("_")) & CARD_WORDS)
    return is_card and all(text.isdigit() and len(text) > 10 for text in list(column.counts)[:MANY_ROWS])
