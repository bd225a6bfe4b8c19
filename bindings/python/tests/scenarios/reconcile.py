"""Statements, comparisons with the bank, corrections and the audit trail."""

from __future__ import annotations

from datetime import date as Day
from decimal import Decimal
from typing import Any

from .play import USER, Play, refusal
from .steps import Steps


class Reconcile(Steps):
    """What is done, and what must come of it. Amounts are in our sign."""

    def __init__(self, play: Play) -> None:
        super().__init__(play)
        self._compared = 0
        """The last comparison with the bank."""
        self._trail_seen = 0
        """Entries of the audit trail that were looked at."""

    def add_statement(self, account: str, date: str, balance: str) -> None:
        id = self.play.account(account).id
        self.play.engine.add_statement(USER, id, Day.fromisoformat(date), Decimal(balance))

    def remove_statement(self, account: str, date: str) -> None:
        self.play.engine.remove_statement(USER, self.play.account(account).id, Day.fromisoformat(date))

    def statements(self, account: str, are: list[list[str]]) -> None:
        """Days and balances, oldest first."""
        found = self.play.engine.statements(USER, self.play.account(account).id)
        assert [[it.date.isoformat(), str(it.balance)] for it in found] == are

    def compare(
        self, account: str, difference: str | None, score: int | None = None, best: Any = None
    ) -> None:
        """Compares one account: what the books lack, and the best explanation of it."""
        engine = self.play.engine
        (compared,) = engine.reconcile(USER, accounts=[self.play.account(account).id]).accounts
        assert compared.error is None and compared.record is not None
        comparison = compared.record.comparison
        found = None
        if comparison.explanations:
            first = comparison.explanations[0]
            rows = [self.play.name(engine.transaction(USER, row.id)) for row in first.transactions]
            found = {"kind": first.kind, "amount": str(first.amount), "rows": rows}
        assert found == (best and {"rows": [], **best}), comparison.explanations
        assert (comparison.difference if comparison.difference is None else str(comparison.difference)) == difference
        assert (comparison.score is None) == (difference is None)
        assert score is None or comparison.score == score, comparison.score_parts
        self._compared = compared.record.id

    def compare_all(self, accounts: int, differ: int) -> None:
        """Compares all accounts; so many must differ."""
        report = self.play.engine.reconcile(USER)
        assert report.is_complete
        records = [account.record for account in report.accounts]
        differing = [it for it in records if it is not None and it.comparison.explanations]
        assert (len(records), len(differing)) == (accounts, differ)

    def resolve(self, explanation: int, error: str | None = None) -> None:
        """Accepts an explanation of the last comparison."""
        resolve, id = self.play.engine.resolve, self._compared
        assert refusal(lambda: resolve(USER, id, explanation, reason="it is so")) == error

    def undo(self, explanation: int, error: str | None = None) -> None:
        """Undoes that."""
        undo, id = self.play.engine.undo_resolution, self._compared
        assert refusal(lambda: undo(USER, id, explanation)) == error

    def resolutions(self, expected: list[list[object]], /) -> None:
        """What stands of the last comparison: explanations, and whether they hold."""
        found = self.play.engine.reconciliation(USER, self._compared)
        assert [[it.explanation, it.undone_at is None] for it in found.resolutions] == expected
        (listed,) = self.play.engine.reconciliations(USER, found.comparison.account, limit=1)
        assert (listed.id, listed.score) == (found.id, found.comparison.score)

    def trail(self, actions: list[str], /) -> None:
        """The actions of the trail from here on, oldest first, and that it is sound."""
        trail = self.play.engine.audit_trail(USER, after=self._trail_seen, limit=1_000)
        assert [entry.action for entry in trail] == actions
        self._trail_seen += len(trail)
        report = self.play.engine.verify_audit(USER)
        assert (report.checked, report.fault) == (self._trail_seen, None)
