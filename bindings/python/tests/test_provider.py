"""The engine over providers that are written in Python: what they tell comes into the books, and what they raise comes out again."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

import finance_tracker as ft
from finance_tracker.conformance import BankChange, BankNews
from finance_tracker.errors import ProviderError, WebhookError
from finance_tracker.protocols import BankProvider

from paper_bank import AsyncPaperProvider, PaperProvider, account, row

USER = "anna"
Provided = Callable[[PaperProvider], BankProvider]


def plain(bank: PaperProvider) -> BankProvider:
    return bank


@pytest.fixture(params=[plain, AsyncPaperProvider], ids=["plain", "coroutines"])
def provided(request: pytest.FixtureRequest) -> Provided:
    """Makes a provider of a bank: with plain methods, then with coroutines."""
    provided: Provided = request.param
    return provided


@pytest.fixture
def bank() -> PaperProvider:
    return PaperProvider()


@pytest.fixture
def engine(bank: PaperProvider, provided: Provided) -> Iterator[ft.Engine]:
    with ft.Engine.open("memory:", provided(bank)) as engine:
        yield engine


def amounts(engine: ft.Engine) -> dict[str, Decimal]:
    return {row.description: row.amount.amount for row in engine.transactions(USER)}


def test_the_books_follow_the_bank(engine: ft.Engine, bank: PaperProvider) -> None:
    rows = [row("coffee", "a", "-4.50"), row("pay", "a", "1200.00"), row("odd", "a", "-0.10")]
    token = bank.sign_in([account("a", "9007199254740993.01")], rows)
    linked = engine.link(USER, token)
    assert linked.connection.provider == "paper"
    assert linked.first_sync.error is None
    assert linked.accounts[0].balances.current == Decimal("9007199254740993.01")
    expected = {"ROW coffee": Decimal("-4.50"), "ROW pay": Decimal("1200.00"), "ROW odd": Decimal("-0.10")}
    assert amounts(engine) == expected

    bank.change(token, BankChange("add", row("rent", "a", "-900.00")))
    bank.change(token, BankChange("modify", row("coffee", "a", "-5.40")))
    bank.change(token, BankChange("remove", row_id="odd"))
    counts = engine.sync_transactions(USER).counts
    assert (counts.added, counts.modified, counts.removed) == (1, 1, 1)
    del expected["ROW odd"]
    assert amounts(engine) == expected | {"ROW coffee": Decimal("-5.40"), "ROW rent": Decimal("-900.00")}


async def test_the_books_follow_the_bank_with_asyncio(bank: PaperProvider, provided: Provided) -> None:
    async with await ft.AsyncEngine.open("memory:", provided(bank)) as engine:
        token = bank.sign_in([account("a")], [row(f"r{number}", "a", "-1.10") for number in range(1200)])
        linked = await engine.link(USER, token)
        assert linked.first_sync.error is None
        totals = await engine.account_totals(USER)
        assert (totals[0].rows, totals[0].sum.amount) == (1200, Decimal("-1320.00"))
        report = await engine.sync_transactions(USER)
        assert report.is_complete and report.counts.added == 0


def test_a_change_while_paging_begins_the_update_again(bank: PaperProvider) -> None:
    class Restless(PaperProvider):
        """Where a row comes once, after the first page."""

        came = False

        def transactions_page(self, token: ft.AccessToken, request: ft.PageRequest, /) -> ft.UpdatePage:
            page = super().transactions_page(token, request)
            if page.has_more and not self.came:
                self.came = True
                self.sign_ins[0].change(BankChange("add", row("late", "a", "-2.00")))
            return page

    restless = Restless()
    token = restless.sign_in([account("a")], [row(f"r{number}", "a", "-1.00") for number in range(600)])
    with ft.Engine.open("memory:", restless) as engine:
        run = engine.link(USER, token).first_sync.run
        assert run is not None and (run.outcome, run.restarts) == ("applied", 1)
        assert engine.account_totals(USER)[0].rows == 601


def test_what_a_provider_says_of_a_fault_reaches_the_connection(engine: ft.Engine, bank: PaperProvider) -> None:
    token = bank.sign_in([account("a")], [row("r", "a", "-1.00")])
    engine.link(USER, token)
    bank.change(token, BankChange("break_sign_in"))
    sync = engine.sync_transactions(USER).connections[0]
    assert sync.error is not None and sync.error.reason == "sign_in_again"
    assert sync.error.user_message == "Please sign in at your bank again."
    assert isinstance(sync.error.cause, ProviderError) and sync.error.cause.code == "SIGN_IN_AGAIN"
    connection = engine.connections(USER)[0]
    assert connection.status == "needs_sign_in"
    assert connection.fault is not None and connection.fault.code == "SIGN_IN_AGAIN"

    bank.change(token, BankChange("heal_sign_in"))
    engine.finish_update(USER, connection.id)
    assert engine.connections(USER)[0].status == "good"


class Raising(PaperProvider):
    """Raises what it is told to when it is asked for a link session."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def create_link_token(self, request: ft.LinkTokenRequest, /) -> ft.LinkSession:
        raise self.error


def test_an_exception_of_a_provider_is_the_cause(provided: Provided) -> None:
    original = ValueError("the paper is wet")
    with ft.Engine.open("memory:", provided(Raising(original))) as engine:
        with pytest.raises(ProviderError) as raised:
            engine.create_link_token(USER, "Test")
    assert raised.value.__cause__ is original
    assert raised.value.reason == "provider_fault"
    assert "the paper is wet" in str(raised.value)
    assert "paper" not in raised.value.user_message


def test_an_exception_in_a_sync_is_told_in_the_report() -> None:
    original = ConnectionResetError("the paper tore")

    class Torn(PaperProvider):
        torn = False

        def transactions_page(self, token: ft.AccessToken, request: ft.PageRequest, /) -> ft.UpdatePage:
            if self.torn:
                raise original
            return super().transactions_page(token, request)

    bank = Torn()
    with ft.Engine.open("memory:", bank) as engine:
        engine.link(USER, bank.sign_in([account("a")]))
        bank.torn = True
        error = engine.sync_transactions(USER).connections[0].error
    assert error is not None and error.cause is original
    assert (error.kind, error.reason) == ("provider", "provider_fault")
    assert "the paper tore" in error.message


def test_a_provider_error_says_what_to_do(provided: Provided) -> None:
    original = ProviderError(
        "try later", reason="retry_later", retry_after=timedelta(seconds=90), user_message="One moment, please."
    )
    with ft.Engine.open("memory:", provided(Raising(original))) as engine:
        with pytest.raises(ProviderError) as raised:
            engine.create_link_token(USER, "Test")
    assert raised.value.__cause__ is original
    assert (raised.value.kind, raised.value.reason) == ("provider", "retry_later")
    assert raised.value.retry_after == timedelta(seconds=90)
    assert raised.value.user_message == "One moment, please."


async def test_an_exception_of_a_coroutine_is_the_cause() -> None:
    original = KeyError("page")
    provider = AsyncPaperProvider(Raising(original))
    async with await ft.AsyncEngine.open("memory:", provider) as engine:
        with pytest.raises(ProviderError) as raised:
            await engine.create_link_token(USER, "Test")
    assert raised.value.__cause__ is original


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), asyncio.CancelledError()])
def test_what_is_no_error_comes_out_as_it_is(error: BaseException) -> None:
    with ft.Engine.open("memory:", Raising(error)) as engine:
        with pytest.raises(type(error)) as raised:
            engine.create_link_token(USER, "Test")
    assert raised.value is error


@pytest.mark.parametrize("nonsense", [None, "a session", 5, {"token": "x"}])
def test_an_answer_that_cannot_be_used_is_invalid(nonsense: Any) -> None:
    class Odd(PaperProvider):
        def create_link_token(self, request: ft.LinkTokenRequest, /) -> Any:
            return nonsense

    with ft.Engine.open("memory:", Odd()) as engine, pytest.raises(ProviderError) as raised:
        engine.create_link_token(USER, "Test")
    assert raised.value.reason == "invalid_answer"
    assert isinstance(raised.value.__cause__, TypeError)


def test_a_method_that_is_missing_is_a_fault_of_the_provider() -> None:
    class Bare:
        name = "bare"

    bare: Any = Bare()
    with ft.Engine.open("memory:", bare) as engine, pytest.raises(ProviderError) as raised:
        engine.create_link_token(USER, "Test")
    assert isinstance(raised.value.__cause__, AttributeError)


def test_whatever_has_no_name_is_no_provider() -> None:
    nothing: Any = object()
    with pytest.raises(TypeError, match="a provider is a Plaid, or has the `name`"):
        ft.Engine.open("memory:", nothing)


def test_a_plain_method_that_returns_an_awaitable_is_awaited(bank: PaperProvider) -> None:
    class Wrapped(AsyncPaperProvider):
        def create_link_token(self, request: ft.LinkTokenRequest, /) -> Any:
            return super().create_link_token(request)

    with ft.Engine.open("memory:", Wrapped(bank)) as engine:
        assert engine.create_link_token(USER, "Test").token.reveal().startswith("link-paper-")


async def test_coroutines_run_on_the_loop_and_plain_methods_do_not() -> None:
    threads: list[int] = []

    class Noting(PaperProvider):
        def accounts(self, token: ft.AccessToken, /) -> list[ft.ProviderAccount]:
            threads.append(threading.get_ident())
            return super().accounts(token)

    async def threads_with(provided: Provided) -> set[int]:
        threads.clear()
        bank = Noting()
        async with await ft.AsyncEngine.open("memory:", provided(bank)) as engine:
            await engine.link(USER, bank.sign_in([account("a")]))
        return set(threads)

    here = threading.get_ident()
    assert await threads_with(AsyncPaperProvider) == {here}
    elsewhere = await threads_with(plain)
    assert elsewhere and here not in elsewhere


def test_plain_methods_of_several_connections_run_at_once() -> None:
    together = threading.Barrier(3, timeout=60)

    class Meeting(PaperProvider):
        meets = False

        def transactions_page(self, token: ft.AccessToken, request: ft.PageRequest, /) -> ft.UpdatePage:
            if self.meets:
                together.wait()
            return super().transactions_page(token, request)

    bank = Meeting()
    with ft.Engine.open("memory:", bank) as engine:
        for name in "abc":
            engine.link(USER, bank.sign_in([account(name)]), allow_duplicate=True)
        bank.meets = True
        assert engine.sync_transactions(USER).is_complete


def test_live_balances_come_from_the_provider(engine: ft.Engine, bank: PaperProvider) -> None:
    token = bank.sign_in([account("a", "100.00"), account("b", "5.00")])
    engine.link(USER, token)
    bank.change(token, BankChange("set_accounts", accounts=[account("a", "81.30"), account("b", "5.00")]))
    balances = engine.sync_balances(USER).accounts
    assert [(it.source, it.balances.current) for it in balances] == [
        ("live", Decimal("81.30")),
        ("live", Decimal("5.00")),
    ]


def test_a_webhook_is_judged_by_the_provider(engine: ft.Engine, bank: PaperProvider) -> None:
    token = bank.sign_in([account("a")])
    connection = engine.link(USER, token).connection.id
    delivery = bank.webhook(token, BankNews("transactions_ready"))
    outcome = engine.handle_webhook(list(delivery.headers), delivery.body)
    assert (outcome.user, outcome.connection) == (USER, connection)
    with pytest.raises(WebhookError) as refused:
        engine.handle_webhook(list(delivery.headers), delivery.body + b" ")
    assert refused.value.reason == "forged"
    assert isinstance(refused.value.__cause__, WebhookError)
    with pytest.raises(WebhookError) as refused:
        engine.handle_webhook([], delivery.body)
    assert refused.value.reason == "malformed"


def test_what_a_provider_is_handed_is_pickled_to_the_last_digit() -> None:
    class Noting(PaperProvider):
        """Keeps what it is handed."""

        def __init__(self) -> None:
            super().__init__()
            self.handed: list[object] = []

        def verify_webhook(self, delivery: ft.WebhookDelivery, /) -> ft.ProviderWebhook:
            self.handed.append(delivery)
            return super().verify_webhook(delivery)

    noting = Noting()
    token = noting.sign_in([account("a")])
    with ft.Engine.open("memory:", noting) as engine:
        engine.link(USER, token)
        # The clock counts nanoseconds, Python microseconds: that one of many instants is whole would be chance.
        for _ in range(10):
            delivery = noting.webhook(token, BankNews("transactions_ready"))
            engine.handle_webhook(list(delivery.headers), delivery.body)
    assert len(noting.handed) == 10
    for record in noting.handed:
        again = pickle.loads(pickle.dumps(record))
        assert (again, hash(again)) == (record, hash(record))


def test_instants_of_any_zone_are_taken_and_those_of_none_refused() -> None:
    at = datetime(2026, 3, 1, 23, 30, 15, 123456, timezone(-timedelta(hours=5)))
    told = ft.ProviderAccount("a", "Cash", "depository", updated_at=at)
    assert told.updated_at == at and told.updated_at.tzinfo == timezone.utc
    assert pickle.loads(pickle.dumps(told)) == told
    with pytest.raises((TypeError, ValueError)):
        ft.ProviderAccount("a", "Cash", "depository", updated_at=datetime(2026, 3, 1))


def test_a_webhook_that_nobody_could_judge_is_to_be_sent_again(bank: PaperProvider) -> None:
    class Broken(PaperProvider):
        def verify_webhook(self, delivery: ft.WebhookDelivery, /) -> ft.ProviderWebhook:
            raise OSError("the keys are not to be had")

    with ft.Engine.open("memory:", Broken()) as engine, pytest.raises(WebhookError) as refused:
        engine.handle_webhook([], b"{}")
    assert refused.value.reason == "key_unavailable"
    assert isinstance(refused.value.__cause__, OSError)


def test_without_a_provider_books_are_kept_by_hand() -> None:
    with ft.Engine.open("memory:") as engine:
        cash = engine.create_manual_account(USER, "Cash", "other_depository", "EUR")
        assert [account.id for account in engine.accounts(USER)] == [cash.id]
        assert engine.sync_transactions(USER).is_complete
        with pytest.raises(ProviderError) as refused:
            engine.create_link_token(USER, "Test")
        assert refused.value.reason == "configuration"
        assert "no bank provider was given" in str(refused.value)
        with pytest.raises(WebhookError) as unsupported:
            engine.handle_webhook([], b"{}")
        assert unsupported.value.reason == "unsupported"


@pytest.mark.parametrize("secret", [ft.AccessToken, ft.PublicToken, ft.LinkToken])
def test_tokens_show_nothing_of_themselves(secret: type[ft.AccessToken]) -> None:
    token = secret("not-a-real-token")
    shown = [repr(token), str(token), f"{token}", repr(vars(type(token))), repr([token])]
    assert not any("not-a-real" in text for text in shown)
    assert token.reveal() == "not-a-real-token"
    assert token == secret("not-a-real-token") and token != secret("another")
    with pytest.raises(TypeError):
        pickle.dumps(token)


def test_records_with_tokens_show_nothing_of_them() -> None:
    exchanged = ft.ExchangedConnection("item", ft.AccessToken("not-a-real-token"))
    assert repr(exchanged) == "ExchangedConnection(id='item', access_token=AccessToken(…))"
    with pytest.raises(TypeError):
        pickle.dumps(exchanged)


def test_rows_of_a_provider_are_values() -> None:
    one = row("r", "a", "-12.10")
    assert one == row("r", "a", "-12.10") and one != row("r", "a", "-12.11")
    assert pickle.loads(pickle.dumps(one)) == one
    assert {one: 1}[row("r", "a", "-12.10")] == 1
    with pytest.raises(TypeError):
        ft.ProviderTransaction("r", "a", 0.1, "USD", one.date, "")  # type: ignore[arg-type]
