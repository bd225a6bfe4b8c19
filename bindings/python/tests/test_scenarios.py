"""Every scenario of the project plays through the package as it does in Rust: with both kinds of engine, on each kind of store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import WORKSPACE, Simulator

import finance_tracker as ft

pytest.register_assert_rewrite("scenarios")

from scenarios import script
from scenarios.asked_by_waiting import EventLoop
from scenarios.play import Play, Scenario

KEY = bytes(range(32))
FILES = sorted((WORKSPACE / "tests" / "scenarios").glob("*.json"))
REMOVED_FIRST = {"order": "removed_first", "split_pages": False}
ADDED_FIRST = {"order": "added_first", "split_pages": True}

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture
def scenario(file: Path) -> Scenario:
    return Scenario.read(file)


@pytest.fixture
def bank(start_simulator: Callable[..., Simulator]) -> Simulator:
    """A bank without accounts."""
    return start_simulator("--accounts", "0", "--transactions", "0", "--today", "2026-03-31")


@pytest.fixture
def event_loop() -> Iterator[EventLoop]:
    event_loop = EventLoop()
    yield event_loop
    event_loop.close()


@pytest.fixture
def opening(scenario: Scenario, bank: Simulator) -> dict[str, Any]:
    """What engines are opened with, besides the address of the books: as in Rust."""
    options = ft.EngineOptions(
        pager=ft.PagerPolicy(page_size=scenario.page_size),
        categories=ft.CategoryPolicy(time_per_batch=timedelta(milliseconds=500)),
    )
    plaid = ft.Plaid("test-client", "test-secret", bank.url)
    return {"provider": plaid, "token_key": KEY, "options": options, "gap_seconds": 0}


def test_the_scenarios_are_there() -> None:
    assert len(FILES) >= 64, f"{len(FILES)} scenarios are fewer than there were"


@pytest.mark.parametrize(
    "step",
    [
        "no_such",
        {"no_such": {}},
        {"take": "clear_faults"},
        {"_learn": {"row": "a", "change": {}}},
        {"books": {"no_such": []}},
        {"books": "link_token"},
        {"remove": {"row": "a", "no_such": 1}},
        {"remove": {"row": "a"}, "clear_faults": {}},
    ],
    ids=str,
)
def test_a_step_that_nobody_knows_is_an_error(step: Any, simulator: Simulator) -> None:
    nothing = Scenario("Nothing happens.", accounts=[], transactions=[], steps=[], ledger=[])
    with ft.Engine.open("memory:") as engine:
        script_of_nothing = script.Script(Play(nothing, simulator, engine, engine, REMOVED_FIRST))
        with pytest.raises((AssertionError, TypeError, ValueError), match="no_such|positional|step|unpack|missing"):
            script_of_nothing.take(step)


@each_file
def test_an_engine_that_waits_plays(
    scenario: Scenario, bank: Simulator, opening: dict[str, Any], books_url: str
) -> None:
    with ft.Engine.open(books_url, **opening) as engine:
        script.run(Play(scenario, bank, engine, engine, ADDED_FIRST))


@each_file
def test_an_engine_of_asyncio_plays(
    scenario: Scenario, bank: Simulator, opening: dict[str, Any], tmp_path: Path, event_loop: EventLoop
) -> None:
    books = f"sqlite:{tmp_path / 'books.db'}"
    with event_loop.open(books, **opening) as engine, ft.Engine.open(books, **opening) as prompt:
        script.run(Play(scenario, bank, engine, prompt, REMOVED_FIRST))
