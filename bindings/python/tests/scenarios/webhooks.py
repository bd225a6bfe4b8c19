"""Webhooks: sent and signed by the simulator, handed to the engine as a host hands them over."""

from __future__ import annotations

from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

import finance_tracker as ft
from finance_tracker.errors import WebhookError

from .play import USER, Play
from .steps import Steps


class Mailbox:
    """A host's address for webhooks, which keeps the last one that came."""

    def __init__(self) -> None:
        mailbox = self
        self.headers: list[tuple[str, str]] = []
        self.body = b""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                mailbox.headers = list(self.headers.items())
                mailbox.body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Webhooks(Steps):
    """What arrives, and what must come of it."""

    def __init__(self, play: Play) -> None:
        super().__init__(play)
        self._opened: Mailbox | None = None

    def arrives(
        self, type: str, code: str, then: Any, extra: Any = None, account: str | None = None
    ) -> None:
        """The bank sends a webhook of this type and code, about an account if it is named."""
        extra = dict(extra or {})
        if account is not None:
            extra["account_id"] = self.play.account(account).provider_id
        self._fire({"webhook_type": type, "webhook_code": code, "extra": extra})
        self._check(**then)

    def arrives_again(self, then: Any) -> None:
        """The last webhook arrives again."""
        self._check(**then)

    def arrives_altered(self) -> None:
        """The last webhook arrives with another body."""
        before = self._connection()
        with pytest.raises(WebhookError) as refused:
            self.play.engine.handle_webhook(self._mailbox.headers, self._mailbox.body + b"\n")
        assert refused.value.reason == "forged"
        assert self._connection() == before

    def key_rotates(self) -> None:
        """Plaid changes the key that it signs with."""
        self.play.simulator.command("POST", "/webhooks/keys")

    @property
    def _mailbox(self) -> Mailbox:
        if self._opened is None:
            self._opened = Mailbox()
            self.play.ending.callback(self._opened.close)
        return self._opened

    def _fire(self, webhook: Any) -> None:
        simulator, item = self.play.simulator, self.play.item
        token = simulator.command("GET", f"/connections/{item}")["access_token"]
        address = {"access_token": token, "webhook": self._mailbox.url}
        keys = {"client_id": "test-client", "secret": "test-secret"}
        simulator.ask("POST", "/item/webhook/update", {**keys, **address})
        # Webhooks are dated to the second, and one dated in the second of the last sync could be older than it.
        simulator.command("POST", "/webhooks/clock", {"ahead_seconds": 2})
        simulator.command("GET", "/webhooks")  # whatever is on its way has come
        simulator.command("POST", f"/connections/{item}/webhooks", webhook)
        simulator.command("GET", "/webhooks")

    def _connection(self) -> ft.Connection:
        connections = self.play.engine.connections(USER)
        (connection,) = (it for it in connections if it.id == self.play.connection)
        return connection

    def _check(
        self,
        news: str,
        handling: str,
        due: bool = False,
        status: str | None = None,
        fault: str | None = None,
        consent_expires_at: str | None = None,
        new_accounts_available: bool = False,
        open: list[str] | None = None,
    ) -> None:
        """What must come of the last webhook; a status of `None` is not looked at."""
        outcome = self.play.engine.handle_webhook(self._mailbox.headers, self._mailbox.body)
        assert (outcome.news, outcome.handling) == (news, handling)
        assert (outcome.due_at is not None) == due
        connection = self._connection()
        assert status is None or connection.status == status
        assert (connection.fault and connection.fault.code) == fault
        expires_at = connection.consent_expires_at
        assert expires_at == (consent_expires_at and instant(consent_expires_at))
        assert connection.new_accounts_available == new_accounts_available
        if due:
            (schedule,) = (it for it in self.play.engine.schedule(USER) if it.connection == connection.id)
            assert (schedule.due.kind, schedule.due.why) == ("at", "webhook")
        if open is not None:
            accounts = self.play.engine.accounts(USER)
            assert [account.name for account in accounts if account.status == "open"] == open


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
