"""How connections and accounts stand, and balances."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import finance_tracker as ft

from .play import USER, Counts
from .steps import Steps


class Status(Steps):
    """What is asked, and what must be answered."""

    def connection(self, state: str, action: str, sentence: str, code: str | None = None) -> None:
        """How the connection stands, and how its sentence begins."""
        report = self._report()
        assert (report.state, report.fault and report.fault.code) == (state, code)
        assert report.action.kind == action
        assert report.sentence.startswith(sentence)
        assert report.synced_at is not None and report.bank_updated_at is not None

    def open_what_is_asked(self, update: bool) -> None:
        """Opens the link dialogue that the report asks for: in update mode or not."""
        report = self._report()
        assert report.action.kind == ("update" if update else "link_again")
        self.play.engine.create_link_token(
            USER,
            "Test",
            connection=report.connection if update else None,
            select_accounts=report.action.select_accounts,
        )

    def finish_update(self, **counts: Any) -> None:
        """Ends update mode, with what the sync that follows must report."""
        sync = self.play.engine.finish_update(USER, self.play.connection)
        self.play.check_sync(sync, Counts(**counts))
        self.play.see_rows()

    def balances(self, expected: dict[str, Any], /) -> None:
        """Refreshes every balance, by the account's name."""
        report = self.play.engine.sync_balances(USER)
        names = {account.id: account.name for account in self.play.engine.accounts(USER)}
        found = {names[it.account]: it for it in report.accounts}
        assert len(report.accounts) == len(expected)
        for name, balance in expected.items():
            self._check_balance(found[name], **balance)

    def history(self, account: str, entries: list[list[str]]) -> None:
        """An account's balances, newest first: current balance and source. Days aside: equal neighbours are one."""
        history = self.play.engine.balance_history(USER, self.play.account(account).id)
        found = ([str(entry.balances.current), entry.source] for entry in history)
        assert [entry for entry, _ in groupby(found)] == entries

    def overview(
        self, worst_first: list[str], net: dict[str, str], unknown: list[str], advice: str
    ) -> None:
        """Every account on one page: net by currency, and the most urgent advice."""
        page = self.play.engine.sync_overview(USER)
        assert [account.name for account in page.accounts] == worst_first
        nets = {total.currency: total.net for total in page.totals.by_currency}
        assert {currency: it and str(it.amount) for currency, it in nets.items()} == net
        names = {account.account: account.name for account in page.accounts}
        assert [names[id] for id in page.totals.unknown] == unknown
        assert page.advice[0].recommendation.name == advice

    def syncs(self, runs: int, success_percent: int, rows: int, quality: str) -> None:
        """How the connection's syncs went."""
        status = self.play.engine.sync_status(USER, connection=self.play.connection)
        counted = status.statistics
        assert (counted.runs, counted.success_percent, counted.rows) == (runs, success_percent, rows)
        assert status.quality == quality and status.data_age_seconds is not None

    def health(self, account: str, level: str, recommendations: list[str]) -> None:
        """How an account does, in a word, and what would help."""
        health = self.play.engine.account_health(USER, self.play.account(account).id).health
        assert (health.level, [it.name for it in health.recommendations]) == (level, recommendations)

    def _report(self) -> ft.ConnectionReport:
        report = self.play.engine.connection_status(USER)
        assert report.overall.sentence == report.connections[0].sentence
        return report.connections[0]

    def _check_balance(
        self, found: ft.AccountBalance, source: str, current: str | None, code: str | None = None
    ) -> None:
        told = found.balances.current
        assert (found.source, None if told is None else str(told)) == (source, current)
        assert (found.fault and found.fault.code) == code
        assert (found.reason is not None) == (source != "live")
