"""What every engine does, whoever its provider is."""

from __future__ import annotations

import pytest

from finance_tracker import AsyncEngine, Engine, Plaid
from finance_tracker.errors import ClosedError, InvalidInputError

from conftest import Simulator


def plaid(simulator: Simulator) -> Plaid:
    return Plaid("test-client", "test-secret", simulator.url)


def test_an_engine_that_waits_reads_new_books(simulator: Simulator) -> None:
    with Engine.open("memory:", plaid(simulator)) as engine:
        assert engine.accounts("anna") == ()
    with pytest.raises(ClosedError):
        engine.accounts("anna")


async def test_an_engine_for_asyncio_reads_new_books(simulator: Simulator) -> None:
    async with await AsyncEngine.open("memory:", plaid(simulator)) as engine:
        assert await engine.accounts("anna") == ()
    with pytest.raises(ClosedError):
        await engine.accounts("anna")


def test_a_user_has_a_name(simulator: Simulator) -> None:
    with Engine.open("memory:", plaid(simulator)) as engine, pytest.raises(InvalidInputError):
        engine.accounts("")


def test_a_provider_shows_no_secret(simulator: Simulator) -> None:
    assert "test-secret" not in repr(plaid(simulator))
