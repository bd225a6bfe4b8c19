"""Every scenario of the project plays through the package as it does in Rust: with both kinds of engine, and with books in memory and
in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
ON_TWO_PAGES = {"order": "removed_first", "split_pages": True}

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture
def scenario(file: Path) -> Scenario:
    return Scenario.read(file)


@pytest.fixture
def bank(scenario: Scenario, start_simulator: Callable[..., Simulator]) -> Simulator:
    """A bank without accounts, whose pages are as long as the scenario says."""
    empty = ("--accounts", "0", "--transactions", "0", "--today", "2026-03-31")
    return start_simulator(*empty, "--page-limit", str(scenario.page_size))


@pytest.fixture
def event_loop() -> Iterator[EventLoop]:
    event_loop = EventLoop()
    yield event_loop
    event_loop.close()


def opening(bank: Simulator) -> dict[str, Any]:
    """What engines are opened with, besides the address of the books."""
    plaid = ft.Plaid("test-client", "test-secret", bank.url)
    return {"provider": plaid, "token_key": KEY, "gap_seconds": 0}


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
def test_an_engine_that_waits_plays_in_memory(scenario: Scenario, bank: Simulator) -> None:
    with ft.Engine.open("memory:", **opening(bank)) as engine:
        script.run(Play(scenario, bank, engine, engine, REMOVED_FIRST))


@each_file
def test_an_engine_that_waits_plays_in_a_file(scenario: Scenario, bank: Simulator, tmp_path: Path) -> None:
    with ft.Engine.open(f"sqlite:{tmp_path / 'books.db'}", **opening(bank)) as engine:
        script.run(Play(scenario, bank, engine, engine, ADDED_FIRST))


@each_file
def test_an_engine_of_asyncio_plays_in_a_file(
    scenario: Scenario, bank: Simulator, tmp_path: Path, event_loop: EventLoop
) -> None:
    books = f"sqlite:{tmp_path / 'books.db'}"
    with event_loop.open(books, **opening(bank)) as engine, ft.Engine.open(books, **opening(bank)) as prompt:
        script.run(Play(scenario, bank, engine, prompt, ON_TWO_PAGES))
