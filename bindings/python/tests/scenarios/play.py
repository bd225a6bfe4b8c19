"""A scenario on its way: the bank's side, what has been linked, and what the steps have to remember."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import Simulator

import finance_tracker as ft
from finance_tracker.errors import FinanceTrackerError, StoreError

USER = "anna"


@dataclass(frozen=True)
class Scenario:
    """One file."""

    about: str
    accounts: list[Any]
    transactions: list[Any]
    steps: list[Any]
    ledger: list[Any]
    page_size: int = 2
    ready: bool = True

    @classmethod
    def read(cls, file: Path) -> Scenario:
        return cls(**json.loads(file.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Counts:
    """What a sync must report."""

    added: int = 0
    modified: int = 0
    posted: int = 0
    removed: int = 0
    unchanged: int = 0
    kept_deleted: int = 0
    matched: int = 0
    restarts: int = 0
    outcome: str = "applied"
    error: str | None = None


@dataclass(frozen=True)
class Expected:
    """A live row of the books, in our sign, under the scenario's name of the row as the bank has it now."""

    row: str
    account: str
    amount: str
    kept_from: str | None = None
    note: str | None = None
    category: str | None = None


class Play:
    """A scenario with its simulator, its engine, and what the steps have to remember.

    `prompt` is an engine on the same books whose listeners hear of each step before the next one begins. `posting` is in which order a
    posted row and the removal of its pending one are told, and whether on different pages.
    """

    def __init__(
        self,
        scenario: Scenario,
        simulator: Simulator,
        engine: ft.Engine,
        prompt: ft.Engine,
        posting: dict[str, Any],
    ) -> None:
        self.scenario = scenario
        self.simulator = simulator
        self.engine = engine
        self.prompt = prompt
        self.posting = posting
        self.ending = ExitStack()
        """What ends with the play."""
        self.item = ""
        """The simulator's own name of the connection."""
        self.linked: list[ft.Linked] = []
        """Every link to the bank, the latest last."""
        self.ids: dict[str, str] = {}
        """The simulator's ids of rows, by the scenario's names."""
        self.first_seen: dict[str, int] = {}
        """The identifiers that rows got in the books when they first stood there."""

    @property
    def connection(self) -> int:
        return self.linked[-1].connection.id

    def change(self, change: Any, item: str | None = None) -> str | None:
        """Makes a change at the bank, and returns the id of the transaction that it is about."""
        path = f"/connections/{item or self.item}/changes"
        (outcome,) = self.simulator.command("POST", path, {"changes": [change]})["outcomes"]
        id: str | None = outcome["transaction_id"]
        return id

    def ready(self, readiness: str, item: str | None = None) -> None:
        """How far the provider has come with the bank's transactions."""
        self.change({"set_readiness": {"readiness": readiness}}, item)

    def sign_in(self) -> tuple[dict[str, Any], str]:
        """Goes through the link dialogue; returns what is given to `link`, and the simulator's own name of the connection."""
        token = self.engine.create_link_token(USER, "Test").token
        finished = self.simulator.command("POST", "/link_session", {"link_token": token.reveal()})
        self.ready("NOT_READY", finished["item_id"])
        told = finished["metadata"]
        accounts = [
            ft.LinkedAccount(account["name"], account["mask"], account["type"], account["subtype"], None)
            for account in told["accounts"]
        ]
        institution = ft.InstitutionRef(told["institution"]["institution_id"], told["institution"]["name"])
        request = {
            "public_token": ft.PublicToken(finished["public_token"]),
            "institution": institution,
            "accounts": accounts,
        }
        return request, finished["item_id"]

    def account(self, name: str) -> ft.Account:
        (account,) = (account for account in self.engine.accounts(USER) if account.name == name)
        return account

    def rows(self) -> tuple[ft.Transaction, ...]:
        """Every live transaction in the books, newest first."""
        return self.engine.transactions(USER, limit=2**32 - 1, rows="with_hidden")

    def see_rows(self) -> None:
        for row in self.rows():
            self.first_seen.setdefault(self.name(row), row.id)

    def name(self, row: ft.Transaction) -> str:
        """The scenario's name of a row. One that did not come from the bank is named by its text."""
        for name, id in self.ids.items():
            if id == row.provider_id:
                return name
        assert row.origin != "provider", f"the bank has no row {row.provider_id}"
        return row.description

    def check_sync(self, sync: ft.ConnectionSync, expected: Counts) -> None:
        run = sync.run
        assert run is not None
        assert sync_error(sync) == expected.error
        counts = run.counts
        assert expected == Counts(
            added=counts.added,
            modified=counts.modified,
            posted=counts.posted,
            removed=counts.removed,
            unchanged=counts.unchanged,
            kept_deleted=counts.kept_deleted,
            matched=counts.matched,
            restarts=run.restarts,
            outcome=run.outcome,
            error=expected.error,
        )

    def check_ledger(self) -> None:
        """The books hold the rows that must result, and no others."""
        expected = [Expected(**row) for row in self.scenario.ledger]
        kept = {row.row: row.kept_from for row in expected}
        accounts = {account.id: account.name for account in self.engine.accounts(USER)}
        books: list[Expected] = []
        for row in self.rows():
            name = self.name(row)
            kept_from = kept.get(name)
            if kept_from is not None:
                assert row.id == self.first_seen[kept_from], f"{name} must be the row that was {kept_from}"
            amount, edits = str(row.amount.amount), row.edits
            books.append(Expected(name, accounts[row.account], amount, kept_from, edits.note, edits.category))
        assert sorted(books, key=repr) == sorted(expected, key=repr)


def sync_error(sync: ft.ConnectionSync) -> str | None:
    """What the failure of a sync asks for, in the words of the scenarios."""
    if sync.error is None:
        return None
    return sync.error.reason if sync.error.kind == "provider" else camel_case(sync.error.kind)


def refusal(call: Callable[[], object]) -> str | None:
    """The kind of the error that a call raises, in the words of the scenarios, which are those of Rust."""
    try:
        call()
    except StoreError as error:
        return f"Store({camel_case(error.reason)})"
    except FinanceTrackerError as error:
        return camel_case(error.kind)
    return None


def camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
