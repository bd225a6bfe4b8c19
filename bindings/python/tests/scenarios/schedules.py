"""Syncs by schedule, on request, in part, and up to where they are stopped."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import finance_tracker as ft

from .play import USER, Counts, sync_error
from .steps import Steps


class Schedules(Steps):
    """What is done, and what must come of it."""

    def due(self, key: str, /) -> None:
        """Why the connection is due or paused, as `period` or `paused:sign_in_again`."""
        assert due_key(self._schedule()) == key

    def sync_now(self, **counts: Any) -> None:
        """Syncs the connection whatever the schedule says."""
        (sync,) = self.play.engine.sync_now(USER, connection=self.play.connection).connections
        self.play.check_sync(sync, Counts(**counts))

    def frequency(self, set: str, due: str) -> None:
        """Sets how often the connection is synced."""
        schedule = self.play.engine.set_sync_frequency(USER, self.play.connection, set)
        assert schedule == self._schedule() and due_key(schedule) == due

    def status(self, due: int, planned: int, by_request: int) -> None:
        """How many connections are due, planned, and due by request only."""
        status = self.play.engine.scheduler_status(USER)
        assert (status.due, status.planned, status.by_request) == (due, planned, by_request)

    def request(self, due: str) -> None:
        """Asks the workers for a sync."""
        (asked,) = self.play.engine.request_sync(USER, connection=self.play.connection)
        assert due_key(asked) == due

    def work(self, applied: int = 0, failed: int = 0) -> None:
        """Lets a worker work until nothing is due."""
        engine, shutdown = self.play.engine, ft.Cancellation()
        with ThreadPoolExecutor(1) as thread:
            worker = thread.submit(engine.run_worker, shutdown)
            try:
                while (status := engine.scheduler_status(USER)).due or status.running:
                    time.sleep(0.005)
            finally:
                shutdown.cancel()
            assert worker.result() == ft.WorkerReport(applied, failed, 0)

    def sync_accounts(
        self, accounts: list[str], first: str | None, last: str | None, added: int, rows: list[str]
    ) -> None:
        """Syncs the connections behind some accounts, and gets their rows of some days back, newest first."""
        report = self.play.engine.sync_transactions(
            USER,
            accounts=[self.play.account(name).id for name in accounts],
            since=None if first is None else date.fromisoformat(first),
            until=None if last is None else date.fromisoformat(last),
        )
        assert report.is_complete and report.counts.added == added
        assert [self.play.name(row) for row in report.transactions] == rows

    def cancelled(self, at: str, pages: int) -> None:
        """A sync that is stopped on the way, after so many pages."""
        cancellation = ft.Cancellation()
        stop_at = {"page": "page_fetched", "storing": "storing"}[at]

        def hear(step: ft.SyncProgress) -> None:
            if step.kind == stop_at:
                cancellation.cancel()

        before = (self.play.rows(), self._schedule())
        engine = self.play.prompt.with_progress(hear)
        connection = self.play.connection
        report = engine.sync_transactions(USER, connection=connection, cancellation=cancellation)
        (sync,) = report.connections
        assert sync.error is not None and sync.error.kind == "cancelled"
        assert sync.run is not None and (sync.run.outcome, sync.run.pages) == ("cancelled", pages)
        assert (self.play.rows(), self._schedule()) == before

    def another_login(self, broken: bool) -> None:
        """Links another login of the user, without accounts."""
        request, item = self.play.sign_in()
        self.play.engine.link(USER, **request, allow_duplicate=True)
        if broken:
            self.play.change({"break_login": {}}, item)

    def sync_all(self, outcomes: list[str], added: int) -> None:
        """Syncs every connection: the outcome or the error of each."""
        report = self.play.engine.sync_transactions(USER)
        assert [outcome(sync) for sync in report.connections] == outcomes
        assert report.counts.added == added
        assert report.is_complete == all(sync.error is None for sync in report.connections)

    def _schedule(self) -> ft.ConnectionSchedule:
        schedules = self.play.engine.schedule(USER)
        (schedule,) = (schedule for schedule in schedules if schedule.connection == self.play.connection)
        return schedule


def due_key(schedule: ft.ConnectionSchedule) -> str | None:
    """Why a connection is due or paused, in the words of the scenarios."""
    due = schedule.due
    return {"at": due.why, "paused": f"paused:{due.why}", "never": "never"}[due.kind]


def outcome(sync: ft.ConnectionSync) -> str:
    error = sync_error(sync)
    if error is not None:
        return error
    return "nothing" if sync.run is None else sync.run.outcome
