"""Who was paid or who paid, wherever a version of ISO 20022 puts names and accounts."""

from vigie_intake.statements.xml_stream import Texts, first


def account_of(found: Texts, base: str) -> str | None:
    """Number of an account: its IBAN, else what identifies it otherwise."""
    return first(found, f"{base}/Id/IBAN", f"{base}/Id/Othr/Id")


def name_of(found: Texts, base: str) -> str | None:
    """Name of a party: directly, as a party, or as the bank that it is."""
    return first(found, f"{base}/Nm", f"{base}/Pty/Nm", f"{base}/Agt/FinInstnId/Nm", f"{base}/FinInstnId/Nm")


def counterparty(found: Texts, paid_out: bool, own_account: str | None) -> tuple[str | None, str | None]:
    """Name and account of the other side: the creditor of money out, the debtor of money in.

    Banks differ in whether a return swaps the two; the side whose account is the statement's own is never taken.
    """
    creditor, debtor = _side(found, "Cdtr"), _side(found, "Dbtr")
    likely, other = (creditor, debtor) if paid_out else (debtor, creditor)
    if own_account is not None and likely[1] == own_account:
        return other if other[1] not in (None, own_account) else (None, None)
    if likely == (None, None) and other[1] not in (None, own_account):
        return other
    return likely


def _side(found: Texts, role: str) -> tuple[str | None, str | None]:
    return name_of(found, f"RltdPties/{role}"), account_of(found, f"RltdPties/{role}Acct")
