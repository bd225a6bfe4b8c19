"""The steps of a scenario: those of the bank, of links and syncs, and each topic's own."""

from __future__ import annotations

from typing import Any

from .books import Books
from .categories import Categories
from .edits import Edits
from .ends import Ends
from .entry import Entry
from .events import Events
from .play import USER, Counts, Play
from .reconcile import Reconcile
from .schedules import Schedules
from .status import Status
from .steps import Steps
from .webhooks import Webhooks


class Script(Steps):
    """Every step."""

    def __init__(self, play: Play) -> None:
        super().__init__(play)
        self._books, self._categories, self._edits = Books(play), Categories(play), Edits(play)
        self._ends, self._entry, self._events = Ends(play), Entry(play), Events(play)
        self._reconcile, self._schedules = Reconcile(play), Schedules(play)
        self._status, self._webhooks = Status(play), Webhooks(play)

    def books(self, step: Any, /) -> None:
        self._books.take(step)

    def categories(self, step: Any, /) -> None:
        self._categories.take(step)

    def edits(self, step: Any, /) -> None:
        self._edits.take(step)

    def ends(self, step: Any, /) -> None:
        self._ends.take(step)

    def entry(self, step: Any, /) -> None:
        self._entry.take(step)

    def events(self, step: Any, /) -> None:
        self._events.take(step)

    def reconcile(self, step: Any, /) -> None:
        self._reconcile.take(step)
        self.play.see_rows()

    def schedules(self, step: Any, /) -> None:
        self._schedules.take(step)
        self.play.see_rows()

    def status(self, step: Any, /) -> None:
        self._status.take(step)

    def webhooks(self, step: Any, /) -> None:
        self._webhooks.take(step)

    def link(self, **counts: Any) -> None:
        play = self.play
        request, play.item = play.sign_in()
        for account in play.scenario.accounts:
            play.change({"open_account": account})
        for row in play.scenario.transactions:
            self.add(**row)
        if play.scenario.ready:
            play.ready("HISTORICAL_UPDATE_COMPLETE")
        linked = play.engine.link(USER, **request)
        play.check_sync(linked.first_sync, Counts(**counts))
        play.linked.append(linked)
        play.see_rows()

    def sync(self, **counts: Any) -> None:
        play = self.play
        (sync,) = play.engine.sync_transactions(USER, connection=play.connection).connections
        play.check_sync(sync, Counts(**counts))
        play.see_rows()

    def add(
        self,
        row: str,
        account: str,
        amount: str,
        name: str,
        date: str,
        pending: bool = False,
        replaces: str | None = None,
    ) -> None:
        added = {"account": account, "amount": amount, "name": name, "date": date, "pending": pending}
        if replaces is not None:
            added["pending_transaction_id"] = self.play.ids[replaces]
        self._learn(row, {"add_transaction": added})

    def post(
        self, row: str, becomes: str, link: bool = True, amount: str | None = None, name: str | None = None
    ) -> None:
        posted = {"transaction_id": self.play.ids[row], "link": link, "amount": amount, "name": name}
        self._learn(becomes, {"post_pending": {**posted, **self.play.posting}})

    def modify(
        self, row: str, amount: str | None = None, name: str | None = None, date: str | None = None
    ) -> None:
        modified = {"transaction_id": self.play.ids[row], "amount": amount, "name": name, "date": date}
        self.play.change({"modify_transaction": modified})

    def remove(self, row: str) -> None:
        self.play.change({"remove_transaction": {"transaction_id": self.play.ids[row]}})

    def bank(self, change: Any, /) -> None:
        self.play.change(change)

    def ready(self, readiness: str, /) -> None:
        self.play.ready(readiness)

    def fault(self, rule: Any, /) -> None:
        self.play.simulator.command("POST", "/faults", {"faults": [rule]})

    def clear_faults(self) -> None:
        self.play.simulator.command("DELETE", "/faults")

    def edit(
        self, row: str, note: str | None = None, category: str | None = None, deleted: bool | None = None
    ) -> None:
        self.play.engine.edit_transaction(
            USER,
            self.play.first_seen[row],
            note=... if note is None else note,
            category=... if category is None else category,
            deleted=deleted,
        )

    def _learn(self, row: str, change: Any) -> None:
        """Makes a change at the bank that gives a row its id."""
        id = self.play.change(change)
        assert id is not None
        self.play.ids[row] = id


def run(play: Play) -> None:
    """Does every step of a play and looks at what results."""
    script = Script(play)
    with play.ending:
        for step in play.scenario.steps:
            try:
                script.take(step)
            except Exception as error:
                raise AssertionError(f"{play.scenario.about} At the step {step}: {error}") from error
        play.check_ledger()
