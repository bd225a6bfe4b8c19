"""Banks that are linked twice, connections and users that go, and books that leave."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import finance_tracker as ft

from .play import USER, Counts
from .steps import Steps


class Ends(Steps):
    """What is done, and what must come of it."""

    def relink(self, **counts: Any) -> None:
        """The user links the same login again; from then on rows are those of the new connection."""
        play, earlier_item, earlier = self.play, self.play.item, self.play.connection
        request, play.item = play.sign_in()
        play.ready("HISTORICAL_UPDATE_COMPLETE")
        # The user insists, although the library says that the books have this bank.
        linked = play.engine.link(USER, **request, allow_duplicate=True)
        play.check_sync(linked.first_sync, Counts(**counts))
        assert linked.possible_duplicate is not None and linked.possible_duplicate.connection == earlier
        play.linked.append(linked)
        here, there = self._rows_by_content(play.item), self._rows_by_content(earlier_item)
        renamed = {old: new for content in there for old, new in zip(there[content], here[content])}
        play.ids = {name: renamed.get(id, id) for name, id in play.ids.items()}

    def plan_merge(self, **expected: int) -> None:
        """How the two connections would become one."""
        earlier = self.play.linked[-2].connection.id
        check_plan(self.play.engine.plan_merge(USER, earlier, self.play.connection), **expected)

    def merge(self, **expected: int) -> None:
        """Makes them one."""
        earlier = self.play.linked[-2].connection.id
        report = self.play.engine.merge_connections(USER, earlier, self.play.connection)
        check_plan(report.plan, **expected)
        assert report.at_provider.kind == "ended"
        self.play.see_rows()

    def truth(self) -> None:
        """The books hold what the bank has, and nothing else: nothing lost, doubled or off by a digit, and sums that agree."""
        engine, connection = self.play.engine, self.play.connection
        accounts = {it.id: it.provider_id for it in engine.accounts(USER) if it.connection == connection}
        rows = [row for row in self.play.rows() if row.connection == connection]
        books = {
            row.provider_id: (
                accounts[row.account],
                row.provider_amount.amount,
                row.provider_date.isoformat(),
                row.pending,
                row.description,
            )
            for row in rows
        }
        assert len(books) == len(rows), "a row stands twice in the books"
        truth = self.play.simulator.command("GET", f"/connections/{self.play.item}/truth")
        assert books == {
            row["transaction_id"]: (
                row["account_id"],
                -Decimal(row["amount"]),
                row["date"],
                row["pending"],
                row["name"],
            )
            for row in truth["transactions"]
        }
        totals = (it for it in engine.account_totals(USER) if it.account in accounts)
        told = {accounts[it.account]: (it.rows, it.sum.amount) for it in totals}
        for account in accounts.values():
            amounts = [amount for its_account, amount, *_ in books.values() if its_account == account]
            assert told.get(account, (0, 0)) == (len(amounts), sum(amounts, Decimal(0)))

    def remove_connection(self, erase: bool, erased: dict[str, int]) -> None:
        """Removes the connection; what is erased, by kind of record."""
        removal = self.play.engine.remove_connection(USER, self.play.connection, erase=erase)
        assert kinds(removal.erased) == erased
        self.play.engine.verify_audit(USER)

    def forget(self, erased: dict[str, int]) -> None:
        """Forgets the user; what is erased, by kind of record."""
        receipt = self.play.engine.forget_user(USER)
        assert (kinds(receipt.erased), receipt.not_ended) == (erased, ())
        assert self.play.engine.records(USER) == ()

    def export_csv(self, rows: int, sums: dict[str, str]) -> None:
        """Exports for a spreadsheet: rows, and the sums by account."""
        table = b"".join(self.play.engine.export(USER, "csv")).decode()
        lines = list(csv.DictReader(io.StringIO(table, newline="")))
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            found[line["Account"]] += Decimal(line["Amount"])
        assert (len(lines), {account: str(total) for account, total in found.items()}) == (rows, sums)

    def export_json(self, lengths: dict[str, int], /) -> None:
        """Exports everything: the lengths of lists."""
        everything = json.loads(b"".join(self.play.engine.export(USER, "json")))
        assert {name: len(everything[name]) for name in lengths} == lengths

    def _rows_by_content(self, item: str) -> defaultdict[str, list[str]]:
        """The ids of a connection's rows, by what they say; of rows that say the same any may be any."""
        rows: defaultdict[str, list[str]] = defaultdict(list)
        for row in self.play.simulator.command("GET", f"/connections/{item}/truth")["transactions"]:
            rows[f"{row['date']} {row['amount']} {row['pending']} {row['name']}"].append(row["transaction_id"])
        return rows


def check_plan(
    plan: ft.MergePlan, matched: int = 0, only_old: int = 0, only_new: int = 0, dropped: int = 0
) -> None:
    """How many rows are of which kind in a merge."""
    found = [len(rows) for rows in (plan.matched, plan.only_old, plan.only_new, plan.dropped)]
    assert found == [matched, only_old, only_new, dropped], plan


def kinds(records: Iterable[ft.Count]) -> dict[str, int]:
    return {record.name: record.count for record in records}
