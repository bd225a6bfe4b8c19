"""The policies of the engine, given from Python: what is left out is the engine's own, and what is given changes an answer."""

from __future__ import annotations

import asyncio
import pickle
import re
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import finance_tracker as ft
from finance_tracker.conformance import BankChange
from finance_tracker.errors import InvalidInputError

from paper_bank import PaperProvider, account, row

USER = "anna"
CSV = b"Date,Description,Amount\n2026-01-05,Rent,-900.00\n2026-01-06,Wages,2500.00\n"


def test_options_are_values() -> None:
    options = ft.EngineOptions(dedup=ft.DedupPolicy(date_window_days=0), frequency="daily")
    again = pickle.loads(pickle.dumps(options))
    assert again == options and hash(again) == hash(options) and repr(again) == repr(options)
    assert options != ft.EngineOptions() == ft.EngineOptions(dedup=ft.DedupPolicy())
    # One field that is given leaves the others as they are.
    kept = ft.DedupPolicy()
    assert options.dedup == ft.DedupPolicy(
        date_window_days=0,
        pending_window_days_back=kept.pending_window_days_back,
        in_batch_dedup=kept.in_batch_dedup,
    )


def test_settings_that_do_not_fit_are_refused_by_name() -> None:
    first = ft.AgeStep(hours_max=-1, percent=100)
    refused = [
        (ft.EngineOptions(dedup=ft.DedupPolicy(date_window_days=-1)), "`dedup`: `date_window_days`: it cannot be -1"),
        (ft.EngineOptions(health=ft.HealthPolicy(weights=ft.HealthWeights(connection=256))), "`weights`: `connection`: it cannot be 256"),
        (ft.EngineOptions(concurrent_accounts=2**70), f"`concurrent_accounts`: it cannot be {2**70}"),
        (ft.EngineOptions(schedule=ft.SchedulePolicy(long=ft.BackOff(-2, 3))), "`schedule`: `long`: `first_seconds`: it cannot be -2"),
        (ft.EngineOptions(health=ft.HealthPolicy(data_age=ft.AgeScale([first], 0))), "`health`: `data_age`: `steps`: `hours_max`: it cannot be -1"),
    ]
    for options, message in refused:
        with pytest.raises(InvalidInputError, match=re.escape(message)):
            ft.Engine.open("memory:", options=options)


def test_how_large_a_file_may_be() -> None:
    small = ft.EngineOptions(imports=ft.ImportPolicy(rows_max=1))
    for options, fits in [(None, True), (ft.EngineOptions(), True), (small, False)]:
        with ft.Engine.open("memory:", options=options) as engine:
            own = engine.create_manual_account(USER, "Giro", "checking", "EUR")
            if fits:
                assert len(engine.import_file(USER, own.id, CSV).rows) == 2
            else:
                with pytest.raises(InvalidInputError):
                    engine.import_file(USER, own.id, CSV)


@pytest.mark.parametrize(("days", "rows"), [(0, 2), (3, 1)])
async def test_when_two_rows_are_one(days: int, rows: int) -> None:
    options = ft.EngineOptions(dedup=ft.DedupPolicy(date_window_days=days))
    bank = PaperProvider()
    token = bank.sign_in([account("a")])
    async with await ft.AsyncEngine.open("memory:", bank, options=options) as engine:
        own = (await engine.link(USER, token)).accounts[0]
        await engine.add_transaction(USER, own.id, date(2026, 1, 3), Decimal("-4.50"), "ROW coffee")
        bank.change(token, BankChange("add", row("coffee", "a", "-4.50", "2026-01-05")))
        assert (await engine.sync_transactions(USER)).is_complete
        assert len(await engine.transactions(USER)) == rows


def test_how_often_new_connections_are_synced() -> None:
    for options, named, frequency in [
        (None, None, "every_6_hours"),
        (ft.EngineOptions(frequency="weekly"), None, "weekly"),
        (ft.EngineOptions(frequency="weekly"), "daily", "daily"),
    ]:
        bank = PaperProvider()
        token = bank.sign_in([account("a")])
        with ft.Engine.open("memory:", bank, options=options, frequency=named) as engine:
            engine.link(USER, token)
            assert [planned.frequency for planned in engine.schedule(USER)] == [frequency]


def test_how_health_is_judged() -> None:
    scores = {}
    for name, percent in [("kind", 100), ("strict", 0)]:
        policy = ft.HealthPolicy(states=ft.StatePercents(good=percent), judged_weight_min=0)
        bank = PaperProvider()
        token = bank.sign_in([account("a")], [row("r", "a", "-1.00")])
        with ft.Engine.open("memory:", bank, options=ft.EngineOptions(health=policy)) as engine:
            own = engine.link(USER, token).accounts[0]
            scores[name] = engine.account_health(USER, own.id).health.score
    assert scores["kind"] is not None and scores["strict"] is not None
    assert scores["kind"] > scores["strict"]


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: ft.EngineOptions(frequency="now and then"), InvalidInputError, "now and then"),
        (lambda: ft.DedupPolicy(in_batch_dedup="sometimes"), InvalidInputError, "sometimes.*none, occurrence, content"),  # type: ignore[arg-type]
        (lambda: ft.PagerPolicy(page_size="many"), TypeError, "page_size"),  # type: ignore[arg-type]
        (lambda: ft.LeasePolicy(term=timedelta(seconds=-1)), InvalidInputError, "term"),
        (lambda: ft.EngineOptions(dedup=ft.ImportPolicy()), TypeError, "dedup"),  # type: ignore[arg-type]
        (lambda: ft.EngineOptions(colour="red"), TypeError, "colour"),  # type: ignore[call-arg]
        (lambda: ft.Engine.open("memory:", options={"name": "x"}), TypeError, "options"),  # type: ignore[arg-type]
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as refused:
        make()
    # Python 3.10 has no notes, and is told less.
    if hasattr(refused.value, "add_note"):
        text = "\n".join([str(refused.value), *getattr(refused.value, "__notes__", [])])
        assert re.search(said, text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (ft.EngineOptions(pager=ft.PagerPolicy(page_size=0)), "`pager.page_size` must be 1 to 500"),
        (ft.EngineOptions(pager=ft.PagerPolicy(page_size=501)), "`pager.page_size`"),
        (ft.EngineOptions(lease=ft.LeasePolicy(term=timedelta())), "`lease.term`"),
        (ft.EngineOptions(lease=ft.LeasePolicy(look_every=timedelta())), "`lease.look_every`"),
        (ft.EngineOptions(categories=ft.CategoryPolicy(time_per_batch=timedelta())), "`categories.time_per_batch`"),
        (ft.EngineOptions(categories=ft.CategoryPolicy(lease=timedelta.max)), "`categories.lease`"),
        (ft.EngineOptions(categories=ft.CategoryPolicy(rest_after_failure=timedelta.max)), "`categories.rest_after_failure`"),
        (ft.EngineOptions(health=ft.HealthPolicy(good_from=10)), "`health.poor_from`"),
        (ft.EngineOptions(name=""), "`name`"),
    ],
)
async def test_values_that_make_no_sense_are_refused(options: ft.EngineOptions, said: str, tmp_path: Path) -> None:
    file = tmp_path / "books.db"
    with pytest.raises(InvalidInputError, match=said):
        ft.Engine.open(f"sqlite:{file}", options=options)
    with pytest.raises(InvalidInputError, match=said):
        await ft.AsyncEngine.open(f"sqlite:{file}", options=options)
    assert not file.exists()


def test_what_is_named_by_itself_is_looked_at_too() -> None:
    with pytest.raises(InvalidInputError, match="`concurrent_connections` must be at least 1"):
        ft.Engine.open("memory:", concurrent_connections=0)
    both = ft.EngineOptions(pager=ft.PagerPolicy(max_pages=0))
    with pytest.raises(InvalidInputError, match="`pager.max_pages` must be at least 1; `name` must not be empty"):
        ft.Engine.open("memory:", options=both, name="")
    # What is named by itself counts.
    ft.Engine.open("memory:", options=ft.EngineOptions(name=""), name="here").close()


class Hanging:
    """A categoriser that does not answer before it is told to."""

    name = "hanging"

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> list[ft.AssignedCategory | None]:
        self.asked.set()
        self.go_on.wait()
        return [ft.AssignedCategory("Late", self.name, 90) for _ in batch]


class AsyncHanging(Hanging):
    """The same with a coroutine, which is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled = threading.Event()

    async def categorize(  # type: ignore[override]
        self, batch: Sequence[ft.CategoryQuestion], /
    ) -> list[ft.AssignedCategory | None]:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        raise AssertionError("nobody sets the event")


class Quick:
    """A categoriser that knows one answer."""

    name = "quick"

    def categorize(self, batch: Sequence[ft.CategoryQuestion], /) -> list[ft.AssignedCategory | None]:
        return [ft.AssignedCategory("Quick", self.name, 90) for _ in batch]


@pytest.mark.parametrize("hanging", [Hanging, AsyncHanging])
def test_the_rows_of_a_categorizer_that_hangs_are_given_up(hanging: type[Hanging], tmp_path: Path) -> None:
    url, key = f"sqlite:{tmp_path / 'books.db'}", bytes(range(32))
    policy = ft.CategoryPolicy(time_per_batch=timedelta(seconds=1), attempts=1)
    bank = PaperProvider()
    token = bank.sign_in([account("a")], [row("coffee", "a", "-4.50"), row("rent", "a", "-900.00")])
    model = hanging()
    options = ft.EngineOptions(categories=policy)
    with ft.Engine.open(url, bank, token_key=key, options=options) as engine:
        linked = engine.with_categorizer(model).link(USER, token)
        assert model.asked.is_set() and linked.first_sync.error is None
        backlog = engine.category_backlog(USER)
        assert (backlog.fresh, backlog.passed_on, backlog.given_up) == (0, 0, 2)
        if isinstance(model, AsyncHanging):
            model.cancelled.wait()
        again = hanging()
        report = engine.with_categorizer(again).categorize_now(USER)
        assert report.error is not None and report.error.reason == "too_slow"

        # The engine goes on, and an answer that comes late reaches nobody.
        model.go_on.set()
        again.go_on.set()
        bank.change(token, BankChange("add", row("tea", "a", "-3.00")))
        assert engine.sync_transactions(USER).counts.added == 1
        assert [row.category for row in engine.transactions(USER)] == [None] * 3
    with ft.Engine.open(url, bank, token_key=key) as engine:
        assert engine.with_categorizer(Quick()).categorize_now(USER).by_categorizer == 3
        assert [row.category for row in engine.transactions(USER)] == ["Quick"] * 3
