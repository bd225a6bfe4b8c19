"""Listeners of progress hear every step in order, where they expect to be called, and can stop nothing."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import sys
import threading
from typing import Any

import pyarrow
import pytest

import finance_tracker as ft
from finance_tracker.conformance import BankChange

from paper_bank import AsyncPaperProvider, PaperProvider, account, row

USER = "anna"
FIRST_SYNC = ["started", "page_fetched", "storing", "finished"]


def bank_with_rows() -> tuple[PaperProvider, ft.PublicToken]:
    bank = PaperProvider()
    token = bank.sign_in([account("a")], [row(f"r{number}", "a", "-1.00") for number in range(3)])
    return bank, token


def test_an_engine_that_waits_tells_its_steps() -> None:
    bank, token = bank_with_rows()
    steps: list[ft.SyncProgress] = []
    with ft.Engine.open("memory:", bank) as engine:
        linked = engine.with_progress(steps.append).link(USER, token)
    assert [step.kind for step in steps] == FIRST_SYNC
    assert {step.connection for step in steps} == {linked.connection.id}
    fetched, stored, finished = steps[1], steps[2], steps[3]
    assert (fetched.pages, fetched.rows, stored.rows) == (1, 3, 3)
    assert finished.counts is not None and finished.counts.added == 3
    assert fetched.counts is None and finished.pages is None
    assert pickle.loads(pickle.dumps(steps)) == steps


async def test_an_engine_for_asyncio_tells_its_steps_on_the_loop_before_it_returns() -> None:
    bank, token = bank_with_rows()
    steps: list[tuple[str, int]] = []

    def listener(step: ft.SyncProgress) -> None:
        steps.append((step.kind, threading.get_ident()))

    async with await ft.AsyncEngine.open("memory:", AsyncPaperProvider(bank)) as engine:
        await engine.with_progress(listener).link(USER, token)
        assert steps == [(kind, threading.get_ident()) for kind in FIRST_SYNC]
        heard = len(steps)
        await engine.sync_transactions(USER)
        assert len(steps) == heard, "the engine without a listener tells nobody"


async def test_a_listener_on_the_loop_may_have_the_engine_closed() -> None:
    bank, token = bank_with_rows()
    closing: list[asyncio.Task[None]] = []
    engine = await ft.AsyncEngine.open("memory:", bank)

    def listener(step: ft.SyncProgress) -> None:
        if step.kind == "started":
            closing.append(asyncio.create_task(engine.close()))

    with contextlib.suppress(ft.errors.ClosedError):
        await engine.with_progress(listener).link(USER, token)
    await closing[0]
    with pytest.raises(ft.errors.ClosedError):
        await engine.accounts(USER)


class Unraisable:
    """What `sys.unraisablehook` was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.errors: list[BaseException | None] = []
        monkeypatch.setattr(sys, "unraisablehook", lambda told: self.errors.append(told.exc_value))


def test_a_listener_that_raises_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable = Unraisable(monkeypatch)
    error = RuntimeError("the screen is full")

    def listener(step: ft.SyncProgress) -> None:
        raise error

    bank, token = bank_with_rows()
    with ft.Engine.open("memory:", bank) as engine:
        assert engine.with_progress(listener).link(USER, token).first_sync.error is None
        assert engine.account_totals(USER)[0].rows == 3
    assert unraisable.errors == [error] * len(FIRST_SYNC)


async def test_a_listener_that_raises_on_the_loop_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable = Unraisable(monkeypatch)
    error = RuntimeError("the screen is full")

    def listener(step: ft.SyncProgress) -> None:
        raise error

    bank, token = bank_with_rows()
    async with await ft.AsyncEngine.open("memory:", bank) as engine:
        linked = await engine.with_progress(listener).link(USER, token)
        assert linked.first_sync.error is None
    assert unraisable.errors == [error] * len(FIRST_SYNC)


def test_a_restart_is_told_where_it_happens() -> None:
    class Restless(PaperProvider):
        came = False

        def transactions_page(self, token: ft.AccessToken, request: ft.PageRequest, /) -> ft.UpdatePage:
            page = super().transactions_page(token, request)
            if page.has_more and not self.came:
                self.came = True
                self.sign_ins[0].change(BankChange("add", row("late", "a", "-2.00")))
            return page

    bank = Restless()
    token = bank.sign_in([account("a")], [row(f"r{number}", "a", "-1.00") for number in range(600)])
    kinds: list[str] = []
    with ft.Engine.open("memory:", bank) as engine:
        engine.with_progress(lambda step: kinds.append(step.kind)).link(USER, token)
    # How many of the pages are told is a matter of time; the order is not.
    others = [kind for kind in kinds if kind != "page_fetched"]
    assert others == ["started", "began_again", "storing", "finished"]
    assert "page_fetched" in kinds[1 : kinds.index("began_again")]


def test_a_listener_is_a_function() -> None:
    nothing: Any = "listen"
    with ft.Engine.open("memory:") as engine, pytest.raises(TypeError):
        engine.with_progress(nothing)


def test_a_listener_may_use_the_engine_and_read_tables_but_not_close_it() -> None:
    bank, token = bank_with_rows()
    seen: list[tuple[str, int, int, int]] = []
    refused: list[str] = []
    with ft.Engine.open("memory:", bank) as engine:

        def listener(step: ft.SyncProgress) -> None:
            table = pyarrow.table(engine.transactions_arrow(USER))
            waiting = next(iter(engine.connections(USER)))
            seen.append((step.kind, len(engine.accounts(USER)), table.num_rows, waiting.id))
            with pytest.raises(ft.errors.InvalidInputError) as error:
                engine.close()
            refused.append(str(error.value))

        linked = engine.with_progress(listener).link(USER, token)
        assert linked.first_sync.run is not None and linked.first_sync.run.counts.added == 3
    at = linked.connection.id
    assert seen == [(kind, 1, 3 if kind == "finished" else 0, at) for kind in FIRST_SYNC]
    assert len(refused) == 4 and "close it afterwards" in refused[0]
