"""What enters the books without the bank: by hand, and from files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date as Day
from decimal import Decimal
from typing import Any

import pytest

import finance_tracker as ft
from finance_tracker.errors import FinanceTrackerError

from .play import USER
from .steps import Steps


class Entry(Steps):
    """What is done, and what must come of it. Amounts are in our sign; a row is named by its description."""

    def open_account(self, name: str, kind: Any, currency: str) -> None:
        self.play.engine.create_manual_account(USER, name, kind, currency)

    def state(self, account: str, balance: str, day: str) -> None:
        """Says what an account that is kept by hand holds."""
        id, stated = self._own(account), (Decimal(balance), Day.fromisoformat(day))
        updated = self.play.engine.update_manual_account(USER, id, balance=stated)
        assert updated.balances.current == stated[0]
        assert stated in [(it.balance, it.date) for it in self.play.engine.statements(USER, id)]

    def close_account(self, account: str) -> None:
        assert self.play.engine.close_manual_account(USER, self._own(account)).status == "gone"

    def type_in(self, account: str, amount: str, date: str, text: str, category: str | None = None) -> None:
        day = Day.fromisoformat(date)
        id = self._own(account)
        self.play.engine.add_transaction(USER, id, day, Decimal(amount), text, category=category)
        self.play.see_rows()

    def import_(self, account: str, file: list[str], rows: dict[str, int]) -> None:
        """Takes a file in, given by its lines; how many rows become what, by the name of the action."""
        id, content = self._own(account), "\n".join(file).encode()
        preview = self.play.engine.preview_import(USER, id, content)
        report = self.play.engine.import_file(USER, id, content)
        assert actions(preview.rows) == rows, "as the preview tells"
        assert actions(report.rows) == rows
        self.play.see_rows()

    def refuse(self, account: str, file: list[str], because: str) -> None:
        """A file that must be refused, and how the reason begins."""
        with pytest.raises(FinanceTrackerError) as refused:
            self.play.engine.import_file(USER, self._own(account), "\n".join(file).encode())
        assert str(refused.value).startswith(because)

    def review(self, account: str, pairs: int) -> None:
        """How many pairs may be one transaction."""
        assert len(self.play.engine.review_duplicates(USER, self._own(account))) == pairs

    def merge_first(self, account: str) -> None:
        """Makes one of the pair that is most likely."""
        pair = self.play.engine.review_duplicates(USER, self._own(account))[0]
        self.play.engine.merge_transactions(USER, pair.keep, pair.drop)

    def _own(self, account: str) -> int:
        return self.play.account(account).id


def actions(rows: Sequence[ft.ImportedRow]) -> Counter[str]:
    """How many rows become what."""
    return Counter(row.action for row in rows)
