"""Reading the books, and asking the provider for news and for link tokens."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow

import finance_tracker as ft

from .play import USER
from .steps import Steps


class Books(Steps):
    """What is asked, and what must be answered."""

    def connections(self, institutions: list[str], /) -> None:
        found = [connection.institution for connection in self.play.engine.connections(USER)]
        assert [institution and institution.name for institution in found] == institutions

    def accounts(self, names: list[str], /) -> None:
        assert [account.name for account in self.play.engine.accounts(USER)] == names

    def totals(self, expected: dict[str, list[object]], /) -> None:
        names = {account.id: account.name for account in self.play.engine.accounts(USER)}
        totals = self.play.engine.account_totals(USER)
        assert {names[it.account]: [it.rows, str(it.sum.amount)] for it in totals} == expected

    def runs(self, outcomes: list[str], /) -> None:
        runs = self.play.engine.sync_runs(USER, self.play.connection, limit=100)
        assert [run.outcome for run in runs] == outcomes

    def listed(self, at_a_time: int, rows: list[str]) -> None:
        """Newest first, read so many at a time."""
        engine, after = self.play.engine, None
        found: list[ft.Transaction] = []
        while page := engine.transactions(USER, limit=at_a_time, after=after):
            after = (page[-1].date, page[-1].id)
            found += page
        assert [self.play.name(row) for row in found] == rows
        days = Counter(row.date for row in found)
        assert engine.transaction_days(USER) == tuple(sorted(days.items(), reverse=True))
        table = pyarrow.table(engine.transactions_arrow(USER))
        assert table["id"].to_pylist() == [row.id for row in found]

    def transaction(self, row: str, amount: str, state: str) -> None:
        """One row, whatever its state, as the bank's own JSON tells it, too."""
        found = self.play.engine.transaction(USER, self.play.first_seen[row])
        assert (str(found.amount.amount), found.state) == (amount, state)
        told = self.play.engine.transaction_json(USER, found.id)
        assert told is not None and json.loads(told)["transaction_id"] == found.provider_id

    def refresh(self) -> None:
        self.play.engine.refresh_transactions(USER, self.play.connection)

    def link_token(self, update: bool) -> None:
        connection = self.play.connection if update else None
        session = self.play.engine.create_link_token(USER, "Test", connection=connection)
        assert session.token.reveal().startswith("link-")
