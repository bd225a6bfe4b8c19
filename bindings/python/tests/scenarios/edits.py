"""What the user changes on rows, and what the trail remembers of it."""

from __future__ import annotations

from datetime import date as Day
from decimal import Decimal
from typing import Any

import finance_tracker as ft

from .play import USER, refusal
from .steps import Steps


class Edits(Steps):
    """What is edited, and what must be shown."""

    def change(
        self,
        rows: list[str],
        refused: bool = False,
        amount: str | None = None,
        date: str | None = None,
        parts: list[tuple[str, str]] | None = None,
        **plain: Any,
    ) -> None:
        """Changes rows; what is absent stays. Parts are amounts and categories."""
        wish = dict(plain)
        if amount is not None:
            wish["amount"] = Decimal(amount)
        if date is not None:
            wish["date"] = Day.fromisoformat(date)
        if parts is not None:
            wish["parts"] = [ft.TransactionPart(Decimal(part), category=category) for part, category in parts]
        engine, ids = self.play.engine, [self.play.first_seen[row] for row in rows]
        if len(ids) == 1:
            error = refusal(lambda: engine.edit_transaction(USER, ids[0], **wish))
        else:
            error = refusal(lambda: engine.edit_transactions(USER, ids, **wish))
        assert (error is not None) == refused, error

    def shown(
        self,
        row: str,
        name: str,
        amount: str,
        parts_fit: bool,
        category: str | None = None,
        note: str | None = None,
        hidden: bool = False,
        parts: list[list[str]] | None = None,
    ) -> None:
        """A row as it is shown."""
        found = self.play.engine.transaction(USER, self.play.first_seen[row])
        assert (found.name, str(found.amount.amount)) == (name, amount)
        assert (found.category, found.edits.note, found.edits.hidden) == (category, note, hidden)
        assert [[str(part.amount), part.category or ""] for part in found.edits.parts] == (parts or [])
        assert found.parts_fit == parts_fit

    def history(self, row: str, actions: list[str]) -> None:
        """The actions that the trail tells of a row, oldest first."""
        history = self.play.engine.transaction_history(USER, self.play.first_seen[row])
        assert [entry.action for entry in history] == actions
