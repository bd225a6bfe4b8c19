"""The operations against the simulator, waiting and with asyncio: what is returned, and what is refused."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from typing import Any

import pytest
from conftest import Simulator

import finance_tracker as ft
from finance_tracker import errors

USER = "anna"
KEY = bytes(range(32))


@pytest.fixture
def engine(simulator: Simulator, books_url: str) -> Iterator[ft.Engine]:
    """An engine on each kind of store."""
    plaid = ft.Plaid("test-client", "test-secret", simulator.url)
    with ft.Engine.open(books_url, plaid, token_key=KEY) as engine:
        yield engine


@pytest.fixture
def linked(engine: ft.Engine, simulator: Simulator) -> ft.Linked:
    """A bank that is linked and has its first data."""
    return engine.link(USER, ft.PublicToken(simulator.sign_in()))


def all_rows(engine: ft.Engine, **which: Any) -> list[ft.Transaction]:
    """Every transaction, page by page."""
    rows: list[ft.Transaction] = []
    after = None
    while page := engine.transactions(USER, after=after, limit=50, **which):
        rows += page
        after = (page[-1].date, page[-1].id)
    return rows


def test_a_link_session_shows_no_token(engine: ft.Engine) -> None:
    session = engine.create_link_token(USER, "Books")
    assert session.token.reveal().startswith("link-")
    assert session.token.reveal() not in repr(session)
    with pytest.raises(TypeError):
        pickle.dumps(session)


def test_a_first_sync_brings_accounts_and_exact_rows(engine: ft.Engine, linked: ft.Linked) -> None:
    run = linked.first_sync.run
    assert linked.first_sync.error is None and run is not None and run.outcome == "applied"
    rows = all_rows(engine)
    assert len(rows) == run.counts.added > 0
    assert len({row.id for row in rows}) == len(rows)
    assert rows == sorted(rows, key=lambda row: (row.date, row.id), reverse=True)
    for row in rows:
        assert type(row.amount.amount) is Decimal and type(row.date) is date
    totals = {total.account: total.sum.amount for total in engine.account_totals(USER)}
    for account in engine.accounts(USER):
        own = [row.amount.amount for row in rows if row.account == account.id]
        assert totals.get(account.id, Decimal(0)) == sum(own, Decimal(0))


def test_a_second_sync_doubles_nothing(engine: ft.Engine, linked: ft.Linked) -> None:
    before = all_rows(engine)
    report = engine.sync_transactions(USER)
    assert report.is_complete and report.counts.added == 0
    assert all_rows(engine) == before


def test_days_and_accounts_narrow_a_page(engine: ft.Engine, linked: ft.Linked) -> None:
    rows = all_rows(engine)
    day, account = rows[len(rows) // 2].date, rows[0].account
    assert all_rows(engine, since=day, until=day) == [row for row in rows if row.date == day]
    assert all_rows(engine, accounts=[account]) == [row for row in rows if row.account == account]
    with pytest.raises(errors.InvalidInputError):
        engine.transactions(USER, since=day, until=day - timedelta(days=1))
    with pytest.raises(TypeError):
        engine.transactions(USER, since=datetime(2026, 1, 1))


def test_days_say_how_many_transactions_they_have(engine: ft.Engine, linked: ft.Linked) -> None:
    def counted(rows: list[ft.Transaction]) -> tuple[tuple[date, int], ...]:
        return tuple(sorted(Counter(row.date for row in rows).items(), reverse=True))

    rows = all_rows(engine)
    assert engine.transaction_days(USER) == counted(rows)
    account, since, until = rows[0].account, rows[-5].date, rows[5].date
    some = engine.transaction_days(USER, accounts=[account], since=since, until=until)
    assert some == counted(all_rows(engine, accounts=[account], since=since, until=until))
    assert 0 < len(some) < len(engine.transaction_days(USER))
    engine.edit_transaction(USER, rows[0].id, deleted=True)
    assert engine.transaction_days(USER) == counted(rows[1:])
    assert engine.transaction_days(USER, rows="deleted_by_user") == ((rows[0].date, 1),)
    assert engine.transaction_days("eve") == ()
    with pytest.raises(errors.NotFoundError):
        engine.transaction_days("eve", accounts=[account])
    with pytest.raises(errors.InvalidInputError):
        engine.transaction_days(USER, since=until, until=since - timedelta(days=1))


def test_the_banks_own_json_is_handed_out(engine: ft.Engine, linked: ft.Linked) -> None:
    for row in all_rows(engine)[:20]:
        text = engine.transaction_json(USER, row.id)
        assert text is not None
        told = json.loads(text, parse_float=Decimal)
        assert (told["transaction_id"], -told["amount"]) == (row.provider_id, row.provider_amount.amount)
    with pytest.raises(errors.NotFoundError):
        engine.transaction_json("eve", row.id)


def test_edits_win_and_can_be_taken_back(engine: ft.Engine, linked: ft.Linked) -> None:
    row = all_rows(engine)[0]
    edited = engine.edit_transaction(USER, row.id, note="lunch", category="FOOD_AND_DRINK")
    assert (edited.edits.note, edited.category, edited.category_source) == ("lunch", "FOOD_AND_DRINK", "user")
    kept = engine.edit_transaction(USER, row.id, hidden=True)
    assert kept.edits.note == "lunch" and kept.edits.hidden
    back = engine.edit_transaction(USER, row.id, note=None, category=None, hidden=False)
    assert (back.edits, back.category) == (row.edits, row.category)
    halves = [ft.TransactionPart(row.amount.amount - 1), ft.TransactionPart(1, "one")]
    assert len(engine.edit_transaction(USER, row.id, parts=halves).edits.parts) == 2
    history = [entry.action for entry in engine.transaction_history(USER, row.id)]
    assert len(history) == 4
    assert engine.verify_audit(USER).fault is None


@pytest.mark.parametrize("amount", [1.5, True, "1.5", Decimal("1e-40"), Decimal("NaN"), Decimal("1234567890123456789012345678.9")])
def test_amounts_are_exact_or_refused(engine: ft.Engine, linked: ft.Linked, amount: Any) -> None:
    row = all_rows(engine)[0]
    with pytest.raises(errors.InvalidInputError if isinstance(amount, Decimal) else TypeError):
        engine.edit_transaction(USER, row.id, amount=amount)
    assert engine.transaction(USER, row.id) == row


def test_records_are_values(engine: ft.Engine, linked: ft.Linked) -> None:
    row = all_rows(engine)[0]
    for record in (row, linked, engine.sync_overview(USER), engine.reconcile(USER)):
        again = pickle.loads(pickle.dumps(record))
        assert again == record and hash(again) == hash(record) and copy.copy(record) == record
        assert repr(again) == repr(record)
    with pytest.raises(AttributeError):
        row.note = "x"  # type: ignore[attr-defined]
    assert ft.Money(Decimal("1.50"), "EUR") == ft.Money(Decimal("1.5"), "EUR")


def test_books_kept_by_hand_are_reconciled_and_explained(engine: ft.Engine) -> None:
    account = engine.create_manual_account(USER, "Cash", "checking", "EUR", opening=(Decimal("100.00"), date(2026, 1, 1)))
    coffee = engine.add_transaction(USER, account.id, date(2026, 1, 5), Decimal("-3.20"), "Coffee")
    engine.add_transaction(USER, account.id, date(2026, 1, 6), Decimal("-3.20"), "Coffee")
    engine.add_statement(USER, account.id, date(2026, 1, 31), Decimal("96.80"))
    lenient = ft.ReconcilePolicy(tolerance=Decimal("3.20"))
    (tolerated,) = engine.reconcile(USER, accounts=[account.id], policy=lenient).accounts
    assert tolerated.record is not None and tolerated.record.comparison.periods[0].agreement == "agrees"
    (compared,) = engine.reconcile(USER, accounts=[account.id]).accounts
    assert compared.record is not None
    comparison = compared.record.comparison
    assert comparison.difference == Decimal("3.20")
    duplicate = next(it for it in comparison.explanations if it.kind == "duplicate")
    assert duplicate.change.kind == "remove_rows"
    engine.resolve(USER, compared.record.id, duplicate.number, reason="typed twice")
    (after,) = engine.reconcile(USER, accounts=[account.id]).accounts
    assert after.record is not None and after.record.comparison.difference == 0
    engine.undo_resolution(USER, compared.record.id, duplicate.number)
    assert engine.transaction(USER, coffee.id).amount == ft.Money(Decimal("-3.20"), "EUR")


def test_a_file_is_imported_once(engine: ft.Engine) -> None:
    account = engine.create_manual_account(USER, "Giro", "checking", "EUR")
    file = b"Date,Description,Amount\n2026-01-05,Rent,-900.00\n2026-01-06,Wages,2500.00\n"
    preview = engine.preview_import(USER, account.id, file)
    assert [row.action for row in preview.rows] == ["insert", "insert"] and all_rows(engine) == []
    report = engine.import_file(USER, account.id, file)
    assert [row.amount.amount for row in report.rows] == [Decimal("-900.00"), Decimal("2500.00")]
    again = engine.import_file(USER, account.id, file, layout=report.layout)
    assert {row.action for row in again.rows} == {"unchanged"} and len(all_rows(engine)) == 2
    with pytest.raises(errors.InvalidInputError) as refused:
        engine.import_file(USER, account.id, b"%PDF-1.4")
    assert "PDF" in str(refused.value)


def test_a_file_whose_days_can_be_read_in_two_ways_asks_which(engine: ft.Engine) -> None:
    account = engine.create_manual_account(USER, "Giro", "checking", "EUR")
    file = b"Date,Description,Amount\n01/02/2026,Rent,-900.00\n03/04/2026,Wages,2500.00\n"
    for ask in [engine.preview_import, engine.import_file]:
        with pytest.raises(errors.UnclearLayoutError) as unclear:
            ask(USER, account.id, file)
        assert isinstance(unclear.value, errors.InvalidInputError) and "columns" in unclear.value.user_message
        assert unclear.value.questions == ("which number of `01/02/2026` is the month",)
    assert all_rows(engine) == []
    layout = json.loads(pickle.loads(pickle.dumps(unclear.value)).layout)
    for order, days in [("month_day_year", [(1, 2), (3, 4)]), ("day_month_year", [(2, 1), (4, 3)])]:
        answered = json.dumps({**layout, "date_order": order})
        report = engine.preview_import(USER, account.id, file, layout=answered)
        assert [row.date for row in report.rows] == [date(2026, month, day) for month, day in days]
        assert report.layout is not None and json.loads(report.layout) == json.loads(answered)
    mistakes: list[dict[str, Any]] = [
        {"date_order": "year"},
        {"dateorder": "month_day_year"},
        {"amount": {"one": {"column": 2, "positive": True}}},
    ]
    for wrong in mistakes:
        with pytest.raises(errors.InvalidInputError, match="the layout cannot be read: unknown"):
            engine.import_file(USER, account.id, file, layout=json.dumps({**layout, **wrong}))


def test_a_list_of_no_accounts_is_refused_and_stands_for_nothing_else(engine: ft.Engine, linked: ft.Linked) -> None:
    reads: list[Callable[..., object]] = [
        engine.transactions,
        engine.transaction_days,
        engine.sync_transactions,
        engine.sync_balances,
        engine.reconcile,
        engine.transactions_arrow,
        engine.accounts_arrow,
        engine.balances_arrow,
        engine.duplicates_arrow,
    ]
    for read in reads:
        with pytest.raises(errors.InvalidInputError, match="`accounts` names no account: leave it out for all of them"):
            read(USER, accounts=[])


def test_numbers_that_do_not_fit_are_refused_by_name(engine: ft.Engine, linked: ft.Linked) -> None:
    account = linked.accounts[0].id
    calls: list[tuple[Callable[..., object], str]] = [
        (partial(engine.transactions, USER), "limit"),
        (partial(engine.balance_history, USER, account), "limit"),
        (partial(engine.reconciliations, USER, account), "limit"),
        (partial(engine.sync_runs, USER, linked.connection.id), "limit"),
        (partial(engine.audit_trail, USER), "limit"),
        (partial(engine.audit_trail, USER), "after"),
        (partial(engine.claim_uncategorised, USER), "limit"),
        (partial(engine.claim_uncategorised_arrow, USER), "limit"),
        (partial(engine.events, USER), "after"),
        (partial(engine.transactions_arrow, USER), "decimals"),
        (partial(engine.transactions_arrow, USER), "batch_rows"),
        (partial(engine.balances_arrow, USER), "batch_rows"),
        (partial(engine.create_link_token, USER, "App"), "days_requested"),
        (partial(engine.run_worker, ft.Cancellation()), "at_once"),
        (partial(ft.Engine.open, "memory:"), "gap_seconds"),
        (partial(ft.Engine.open, "memory:"), "concurrent_connections"),
    ]
    for call, name in calls:
        with pytest.raises(errors.InvalidInputError, match=f"`{name}` cannot be -1"):
            call(**{name: -1})


def test_what_cannot_be_read_is_refused_as_invalid(engine: ft.Engine, linked: ft.Linked) -> None:
    account, nan = linked.accounts[0].id, Decimal("NaN")
    with pytest.raises(errors.InvalidInputError) as refused:
        engine.add_transaction(USER, account, date(2026, 1, 1), nan, "a")
    assert refused.value.user_message == "This cannot be done in this way. Nothing was changed."
    unknown: Any = "some"
    with pytest.raises(errors.InvalidInputError, match='"some" is none of live'):
        engine.transactions(USER, rows=unknown)
    with pytest.raises(errors.InvalidInputError, match="a length of time is not negative"):
        engine.events(USER).next(timeout=timedelta(seconds=-1))
    columns: Any = "id"
    with pytest.raises(TypeError, match="several values are expected"):
        engine.transactions_arrow(USER, columns=columns)
    nameless: Any = object()
    with pytest.raises(TypeError, match="a categoriser has the `name`"):
        engine.with_categorizer(nameless)


def test_many_edits_of_one_row_at_the_same_time_all_succeed(engine: ft.Engine, linked: ft.Linked) -> None:
    row = all_rows(engine)[0]
    with ThreadPoolExecutor(20) as threads:
        edits = [threads.submit(engine.edit_transaction, USER, row.id, note=str(number)) for number in range(20)]
    assert {edit.result().id for edit in edits} == {row.id}
    assert len(engine.transaction_history(USER, row.id)) == 20


def test_amounts_are_what_they_are_whatever_their_class_shows() -> None:
    class Rounded(Decimal):
        def __str__(self) -> str:
            return f"{self:.2f}"

    class Seven(int):
        def __str__(self) -> str:
            return "7"

        __repr__ = __str__

    assert ft.Money(Rounded("1.23456"), "EUR").amount == Decimal("1.23456")
    assert ft.Money(Seven(5), "EUR").amount == 5


def test_records_that_may_hold_secrets_show_none() -> None:
    now = datetime.now(timezone.utc)
    delivery = ft.WebhookDelivery([("Auth", "fake-secret")], b"fake-secret", now)
    session = ft.LinkSession(ft.LinkToken("fake-secret"), now, "https://fake-secret")
    plaid = ft.Plaid("fake-id", "fake-secret", "https://user:fake-secret@host")
    for record in [delivery, session, plaid]:
        assert "fake-secret" not in repr(record) and "hidden" in repr(record)
    assert "hosted_url=None" in repr(ft.LinkSession(ft.LinkToken("fake-secret"), now, None))
    assert pickle.loads(pickle.dumps(delivery)) == delivery


def test_the_package_says_its_version() -> None:
    assert ft.__version__ == version("finance-tracker-engine")


def test_status_health_schedule_and_overview(engine: ft.Engine, linked: ft.Linked) -> None:
    connection = linked.connection.id
    status = engine.connection_status(USER)
    assert status.connections[0].state == "good" and status.overall.action.kind == "nothing"
    assert engine.sync_status(USER, connection=connection).statistics.runs == 1
    report = engine.account_health(USER, linked.accounts[0].id)
    assert report.account == linked.accounts[0].id
    assert engine.sync_overview(USER).totals.by_currency
    assert engine.set_sync_frequency(USER, connection, "daily").frequency == "daily"
    assert engine.scheduler_status(USER).planned == 1
    with pytest.raises(errors.InvalidInputError):
        engine.set_sync_frequency(USER, connection, "now and then")
    with pytest.raises(errors.InvalidInputError):
        engine.sync_status(USER)


def test_a_broken_login_says_what_to_do(engine: ft.Engine, linked: ft.Linked, simulator: Simulator) -> None:
    item = linked.connection.provider_id
    simulator.command("POST", f"/connections/{item}/changes", {"changes": [{"break_login": {}}]})
    (sync,) = engine.sync_transactions(USER).connections
    assert sync.error is not None and (sync.error.kind, sync.error.reason) == ("provider", "sign_in_again")
    report = engine.connection_status(USER).connections[0]
    assert (report.state, report.action.kind) == ("needs_sign_in", "update")


def test_balances_fall_back_and_keep_their_history(engine: ft.Engine, linked: ft.Linked) -> None:
    report = engine.sync_balances(USER)
    assert {balance.source for balance in report.accounts} == {"live"}
    account = report.accounts[0].account
    assert engine.balance_history(USER, account)[0].balances == report.accounts[0].balances


def test_events_are_told_in_order(engine: ft.Engine, linked: ft.Linked) -> None:
    seen = engine.last_event(USER)
    events = engine.events(USER)
    numbers = [event.number for _, event in zip(range(seen), events)]
    assert numbers == list(range(1, seen + 1))
    assert events.next(timeout=timedelta(milliseconds=10)) is None
    row = all_rows(engine)[0]
    engine.edit_transaction(USER, row.id, note="seen")
    event = events.next(timeout=timedelta(seconds=10))
    assert event is not None and event.kind == "transactions_modified" and event.transactions == (row.id,)


def test_an_export_is_the_books(engine: ft.Engine, linked: ft.Linked) -> None:
    books = json.loads(b"".join(engine.export(USER, "json")))
    assert len(books["transactions"]) == len(all_rows(engine))
    assert b"".join(engine.export(USER, "csv")).count(b"\n") >= len(all_rows(engine))


def test_a_removed_connection_and_a_forgotten_user(engine: ft.Engine, linked: ft.Linked) -> None:
    removal = engine.remove_connection(USER, linked.connection.id, reason="closed the account")
    assert removal.at_provider.kind == "ended" and all_rows(engine)
    receipt = engine.forget_user(USER)
    assert receipt.user == USER and receipt.erased and engine.records(USER) == ()
    assert engine.connections(USER) == ()


def test_users_are_apart(engine: ft.Engine, linked: ft.Linked) -> None:
    row = all_rows(engine)[0]
    for forbidden in (
        lambda: engine.transaction("eve", row.id),
        lambda: engine.edit_transaction("eve", row.id, note="x"),
        lambda: engine.account_health("eve", row.account),
        lambda: engine.remove_connection("eve", row.connection),
    ):
        with pytest.raises(errors.NotFoundError):
            forbidden()
    assert engine.transactions("eve") == ()


async def test_coroutines_are_real_and_cancellable(simulator: Simulator, books_url: str) -> None:
    plaid = ft.Plaid("test-client", "test-secret", simulator.url)
    async with await ft.AsyncEngine.open(books_url, plaid, token_key=KEY) as engine:
        assert asyncio.iscoroutine(pending := engine.accounts(USER))
        assert await pending == ()
        linked = await asyncio.create_task(engine.link(USER, ft.PublicToken(simulator.sign_in())))
        report, overview = await asyncio.gather(engine.sync_transactions(USER), engine.sync_overview(USER))
        assert report.is_complete and overview.accounts
        events = engine.events(USER)
        kinds = [(await anext(events)).kind for _ in range(await engine.last_event(USER))]
        assert "transactions_created" in kinds
        waiting = asyncio.create_task(events.__anext__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        pieces = [piece async for piece in await engine.export(USER, "json")]
        assert json.loads(b"".join(pieces))["transactions"]
        row = (await engine.transactions(USER, limit=1))[0]
        assert (await engine.edit_transaction(USER, row.id, note="x")).edits.note == "x"
        assert linked.connection.id == row.connection


async def test_a_worker_syncs_what_is_due_until_it_is_told_to_end(simulator: Simulator, books_url: str) -> None:
    plaid = ft.Plaid("test-client", "test-secret", simulator.url)
    async with await ft.AsyncEngine.open(books_url, plaid, token_key=KEY, gap_seconds=0) as engine:
        linked = await engine.link(USER, ft.PublicToken(simulator.sign_in()))
        shutdown = ft.Cancellation()
        worker = asyncio.create_task(engine.run_worker(shutdown))
        while len(await engine.sync_runs(USER, linked.connection.id)) < 2:
            await engine.request_sync(USER)
            await asyncio.sleep(0.05)
        shutdown.cancel()
        assert (await worker).applied >= 1


def test_categories_are_claimed_answered_and_ruled(engine: ft.Engine, linked: ft.Linked) -> None:
    claim = engine.claim_uncategorised(USER, limit=10)
    assert claim is not None and 0 < len(claim.questions) <= 10
    question = claim.questions[0]
    answer = ft.CategoryAnswer(question.transaction, ft.AssignedCategory("FOOD_AND_DRINK_COFFEE", "test-model", 90))
    assert engine.apply_categories(USER, claim.id, [answer]) == 1
    row = engine.transaction(USER, question.transaction)
    assert (row.category, row.category_source, row.category_confidence) == ("FOOD_AND_DRINK_COFFEE", "test-model", 90)
    engine.edit_transaction(USER, row.id, category="TRAVEL")
    assert engine.transaction(USER, row.id).category_source == "user"
    rules = (ft.CategoryRule("RENT", text_contains="rent", at_least=ft.Money(Decimal(100), "EUR")),)
    engine.set_category_rules(USER, rules)
    assert engine.category_rules(USER) == rules
    with pytest.raises(errors.InvalidInputError):
        engine.set_category_rules(USER, [ft.CategoryRule("RENT")])
    with pytest.raises(errors.StoreError) as refused:
        engine.apply_categories("eve", claim.id, [answer])
    assert refused.value.reason == "conflict"
