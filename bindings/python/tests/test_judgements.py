"""The pure judgements: plain functions on plain values."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import finance_tracker as ft

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def row(day: int, amount: str, description: str, *, account: int = 1, imported_id: str | None = None) -> ft.LedgerRow:
    """A row of January 2026."""
    return ft.LedgerRow(account, date(2026, 1, day), Decimal(amount), description=description, imported_id=imported_id)


def test_account_kinds_are_a_table() -> None:
    checking = ft.classify_account("depository", "checking")
    assert (checking.kind, checking.account_class, checking.known) == ("checking", "asset", True)
    odd = ft.classify_account("depository", "moon")
    assert (odd.kind, odd.known) == ("other_depository", False)


def test_two_equal_coffees_are_two_coffees() -> None:
    coffee = row(5, "-3.20", "Coffee")
    told = ft.deduplicate([coffee], [coffee, coffee])
    assert [decision.action for decision in told.decisions] == ["match", "insert"]
    assert told.decisions[0].stored == 0 and told.decisions[0].reasons[0].text


def test_a_window_of_days_bounds_a_match() -> None:
    stored, incoming = [row(5, "-3.20", "Coffee")], [row(8, "-3.20", "Coffee")]
    for days, action in [(1, "insert"), (4, "match")]:
        policy = ft.DedupPolicy(date_window_days=days)
        assert ft.deduplicate(stored, incoming, policy=policy).decisions[0].action == action


def test_a_difference_is_explained_to_the_cent() -> None:
    anchors = [
        ft.Anchor(date(2025, 12, 31), Decimal("100.00"), "statement", None),
        ft.Anchor(date(2026, 1, 31), Decimal("96.80"), "statement", None),
    ]
    result = ft.reconcile(anchors, [row(5, "-3.20", "Coffee"), row(5, "-3.20", "Coffee")])
    assert (result.bank_change, result.books_change, result.difference) == (
        Decimal("-3.20"),
        Decimal("-6.40"),
        Decimal("3.20"),
    )
    assert any(it.kind == "duplicate" and it.correction.kind == "remove_rows" for it in result.explanations)


def test_how_closely_books_and_bank_must_agree_is_a_policy() -> None:
    anchors = [
        ft.Anchor(date(2025, 12, 31), Decimal("100"), "statement", None),
        ft.Anchor(date(2026, 1, 31), Decimal("0"), "statement", None),
    ]
    rows = [row(5, "-60", "Coffee"), row(6, "-32", "Tea")]

    def agreement(policy: ft.ReconcilePolicy | None) -> str:
        (period,) = ft.reconcile(anchors, rows, policy=policy).periods
        return period.agreement

    # 8 are missing: ten yen of drift are usual for each of two anchors, ten cents of a euro are not enough.
    assert ft.ReconcilePolicy.of_currency("jpy").drift_step == Decimal(10)
    assert agreement(None) == agreement(ft.ReconcilePolicy.of_currency("EUR")) == "differs"
    assert agreement(ft.ReconcilePolicy.of_currency("JPY")) == "drifts"
    assert agreement(ft.ReconcilePolicy(tolerance=Decimal(8))) == "agrees"
    assert ft.ReconcilePolicy().currency is None and ft.ReconcilePolicy(currency="jpy").currency == "JPY"
    with pytest.raises(ft.errors.InvalidInputError):
        ft.ReconcilePolicy(currency="")


def test_both_sides_of_a_transfer_are_paired() -> None:
    rows = [row(5, "-500", "Transfer to savings"), row(6, "500", "Transfer from checking", account=2)]
    (pair,) = ft.pair_transfers(rows).pairs
    assert (pair.source, pair.target) == (0, 1)
    assert ft.pair_transfers(rows, rejected=[(0, 1)]).pairs == ()
    assert ft.pair_transfers(rows, policy=ft.TransferPolicy(date_window_days=0)).pairs == ()


def test_rent_comes_again() -> None:
    rows = [ft.LedgerRow(1, date(2025, month, 3), Decimal("-900.00"), payee="Landlord") for month in range(7, 13)]
    (rent,) = ft.find_recurring(rows, date(2025, 12, 20))
    assert (rent.period, rent.next_expected, rent.amount_typical) == ("monthly", date(2026, 1, 3), Decimal("-900.00"))


def test_how_often_a_payment_comes_is_a_policy() -> None:
    rows = [ft.LedgerRow(1, date(2025, month, 3), Decimal("-900.00"), payee="Landlord") for month in range(7, 13)]
    assert ft.find_recurring(rows, date(2025, 12, 20), policy=ft.RecurringPolicy(min_occurrences=7)) == ()
    with pytest.raises(ft.errors.InvalidInputError, match="`min_occurrences`: it cannot be -1"):
        ft.find_recurring(rows, date(2025, 12, 20), policy=ft.RecurringPolicy(min_occurrences=-1))


def test_health_judges_only_what_it_is_told() -> None:
    assert ft.account_health(NOW).score is None
    runs = [ft.HealthRun(NOW - timedelta(days=day), "applied") for day in range(5)]
    good = ft.account_health(NOW, connection=("good", None), runs=runs, bank_updated_at=NOW)
    broken = ft.account_health(NOW, connection=("needs_sign_in", None), runs=runs, bank_updated_at=NOW)
    assert good.score is not None and broken.score is not None and good.score > broken.score
    assert broken.recommendations[0].name == "sign_in_again"
    lenient = ft.HealthPolicy(caps=ft.HealthCaps(needs_sign_in=100), weights=ft.HealthWeights(connection=0))
    bold = ft.account_health(NOW, connection=("needs_sign_in", None), runs=runs, bank_updated_at=NOW, policy=lenient)
    assert bold.score == 100


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError):
        ft.account_health(NOW, connection=("fine", None))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ft.LedgerRow(1, date(2026, 1, 1), 3.2)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ft.account_health(datetime(2026, 3, 1))
