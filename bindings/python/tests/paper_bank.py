"""A bank on paper, and providers of it: one with plain methods, one with coroutines.

It does what `BankProvider` promises and is small enough to read: places in an update are texts, webhooks are signed with a shared key.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import NoReturn

from finance_tracker import (
    AccessToken,
    BalanceRequest,
    ExchangedConnection,
    Institution,
    LinkSession,
    LinkTokenRequest,
    LinkToken,
    PageRequest,
    ProviderAccount,
    ProviderConnection,
    ProviderFault,
    ProviderTransaction,
    ProviderWebhook,
    PublicToken,
    RemovedTransaction,
    UpdatePage,
    WebhookDelivery,
)
from finance_tracker.choices import ProviderErrorKind
from finance_tracker.conformance import BankChange, BankNews
from finance_tracker.errors import ProviderError, WebhookError

INSTITUTION = "ins_paper"
KEY = b"a key for tests"
SIGN_IN_AGAIN = "Please sign in at your bank again."


def account(id: str, current: str = "100.00") -> ProviderAccount:
    """A checking account in US dollars."""
    return ProviderAccount(
        id, f"Account {id}", "depository", "checking", current=Decimal(current), currency="USD"
    )


def row(id: str, account: str, amount: str, day: str = "2026-01-05") -> ProviderTransaction:
    """A posted row in US dollars."""
    date = datetime.fromisoformat(day).date()
    return ProviderTransaction(id, account, Decimal(amount), "USD", date, f"ROW {id}")


def refuse(reason: ProviderErrorKind, message: str = "the paper says no") -> NoReturn:
    raise ProviderError(message, reason=reason, code=reason.upper(), user_message=SIGN_IN_AGAIN)


class SignIn:
    """What one user signed in to."""

    def __init__(
        self,
        number: int,
        accounts: Sequence[ProviderAccount],
        rows: Sequence[ProviderTransaction],
        ready: bool,
    ) -> None:
        self.id = f"sign-in-{number}"
        self.public_token = PublicToken(f"public-paper-{number}")
        self.access_token: AccessToken | None = None
        self.accounts = list(accounts)
        self.rows = {row.id: row for row in rows}
        self.ready = ready
        self.fault: ProviderErrorKind | None = None
        # Everything that happened, in order: what was added, what was modified, the identifiers of what was removed.
        self.log: list[tuple[str, ProviderTransaction | str]] = [("added", row) for row in rows]

    def change(self, change: BankChange) -> None:
        if change.kind in ("add", "modify"):
            assert change.row is not None
            self.rows[change.row.id] = change.row
            self.log.append(("added" if change.kind == "add" else "modified", change.row))
        elif change.kind == "remove":
            assert change.row_id is not None
            del self.rows[change.row_id]
            self.log.append(("removed", change.row_id))
        elif change.kind == "set_accounts":
            self.accounts = list(change.accounts)
        elif change.kind == "become_ready":
            self.ready = True
        else:
            self.fault = {"break_sign_in": "sign_in_again", "heal_sign_in": None}[change.kind]

    def page(self, request: PageRequest) -> UpdatePage:
        if not self.ready:
            return UpdatePage(history="not_ready")
        phase, offset, end = self.place(request.cursor)
        told: list[tuple[str, ProviderTransaction | str]]
        told = [("added", row) for row in self.rows.values()] if phase == "replay" else self.log[:end]
        some = told[offset : offset + request.count]
        has_more = offset + len(some) < len(told)
        rows: dict[str, list[ProviderTransaction]] = {"added": [], "modified": []}
        removed = []
        for kind, what in some:
            if isinstance(what, str):
                removed.append(RemovedTransaction(what))
            else:
                rows[kind].append(what)
        place = f"{phase}/{offset + len(some)}/{end}" if has_more else f"between/{end}/{end}"
        return UpdatePage(
            added=rows["added"],
            modified=rows["modified"],
            removed=removed,
            accounts=self.accounts,
            next_cursor=f"{self.id}/{place}",
            has_more=has_more,
            history="complete",
        )

    def place(self, cursor: str | None) -> tuple[str, int, int]:
        """Which list a cursor is in, how far, and how long the log was when the update began."""
        if cursor is None:
            return "replay", 0, len(self.log)
        id, phase, offset, end = cursor.split("/")
        if id != self.id:
            refuse("restart_from_empty")
        if phase == "between":
            return "log", int(offset), len(self.log)
        if int(end) != len(self.log):
            refuse("restart_update")
        return phase, int(offset), int(end)


class PaperProvider:
    """The bank and its provider, with plain methods."""

    name = "paper"

    def __init__(self) -> None:
        self.sign_ins: list[SignIn] = []
        self.numbers = 0

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    # The command of the bank: `finance_tracker.conformance.ProviderFixture`.

    def sign_in(
        self,
        accounts: Sequence[ProviderAccount],
        rows: Sequence[ProviderTransaction] = (),
        ready: bool = True,
    ) -> PublicToken:
        self.sign_ins.append(SignIn(self.number(), accounts, rows, ready))
        return self.sign_ins[-1].public_token

    def signed_in(self, token: PublicToken) -> SignIn:
        return next(sign_in for sign_in in self.sign_ins if sign_in.public_token == token)

    def change(self, token: PublicToken, change: BankChange) -> None:
        self.signed_in(token).change(change)

    def webhook(self, token: PublicToken, news: BankNews) -> WebhookDelivery:
        body = {
            "connection": self.signed_in(token).id,
            "news": news.kind,
            "at": None if news.at is None else news.at.isoformat(),
            "account": news.account,
            "number": self.number(),
            "sent_at": datetime.now(timezone.utc).isoformat(),
        }
        text = json.dumps(body).encode()
        headers = [("Content-Type", "application/json"), ("Paper-Signature", signature(text))]
        return WebhookDelivery(headers, text, datetime.now(timezone.utc))

    # The provider: `finance_tracker.protocols.BankProvider`.

    def sound(self, token: AccessToken) -> SignIn:
        """The sign-in of a token, if it works."""
        sign_in = self.known(token)
        if sign_in.fault is not None:
            refuse(sign_in.fault)
        return sign_in

    def known(self, token: AccessToken) -> SignIn:
        for sign_in in self.sign_ins:
            if sign_in.access_token == token:
                return sign_in
        refuse("link_again")

    def create_link_token(self, request: LinkTokenRequest, /) -> LinkSession:
        if request.access_token is not None:
            self.known(request.access_token)
        expires_at = datetime.now(timezone.utc) + timedelta(hours=4)
        return LinkSession(LinkToken(f"link-paper-{self.number()}"), expires_at)

    def exchange_public_token(self, token: PublicToken, /) -> ExchangedConnection:
        for sign_in in self.sign_ins:
            if sign_in.public_token == token and sign_in.access_token is None:
                sign_in.access_token = AccessToken(f"access-paper-{self.number()}")
                return ExchangedConnection(sign_in.id, sign_in.access_token)
        refuse("link_again")

    def connection(self, token: AccessToken, /) -> ProviderConnection:
        sign_in = self.known(token)
        fault = None if sign_in.fault is None else ProviderFault(sign_in.fault, SIGN_IN_AGAIN, "PAPER")
        return ProviderConnection(sign_in.id, INSTITUTION, "Paper Bank", fault=fault)

    def remove_connection(self, token: AccessToken, /) -> None:
        self.sign_ins = [sign_in for sign_in in self.sign_ins if sign_in.access_token != token]

    def rotate_access_token(self, token: AccessToken, /) -> AccessToken:
        fresh = AccessToken(f"access-paper-{self.number()}")
        self.known(token).access_token = fresh
        return fresh

    def accounts(self, token: AccessToken, /) -> list[ProviderAccount]:
        return self.sound(token).accounts

    def live_balances(self, token: AccessToken, request: BalanceRequest, /) -> list[ProviderAccount]:
        accounts = {account.id: account for account in self.sound(token).accounts}
        if not request.accounts:
            return list(accounts.values())
        if not accounts.keys() >= set(request.accounts):
            refuse("unknown_account")
        return [accounts[id] for id in request.accounts]

    def transactions_page(self, token: AccessToken, request: PageRequest, /) -> UpdatePage:
        return self.sound(token).page(request)

    def refresh_transactions(self, token: AccessToken, /) -> None:
        self.sound(token)

    def institution(self, id: str, country_codes: Sequence[str], /) -> Institution:
        if id != INSTITUTION:
            refuse("configuration")
        return Institution(id, "Paper Bank", ["US"])

    def verify_webhook(self, delivery: WebhookDelivery, /) -> ProviderWebhook:
        signatures = [value for name, value in delivery.headers if name.lower() == "paper-signature"]
        if len(signatures) != 1:
            raise WebhookError("one signature is expected", reason="malformed")
        if not hmac.compare_digest(signatures[0], signature(delivery.body)):
            raise WebhookError("the signature is not ours", reason="forged")
        body = json.loads(delivery.body)
        sent_at = datetime.fromisoformat(body["sent_at"])
        if abs(delivery.received_at - sent_at) > timedelta(minutes=5):
            raise WebhookError("too old or too new", reason="stale")
        news = body["news"]
        return ProviderWebhook(
            digest=hashlib.sha256(delivery.body).digest(),
            sent_at=sent_at,
            news=news,
            connection=None if news == "link_finished" else body["connection"],
            fault=ProviderFault("sign_in_again", SIGN_IN_AGAIN),
            at=None if body["at"] is None else datetime.fromisoformat(body["at"]),
            account=body["account"],
            link_token=LinkToken("link-paper-finished"),
            public_tokens=[PublicToken("public-paper-finished")],
        )


def signature(body: bytes) -> str:
    return hmac.new(KEY, body, hashlib.sha256).hexdigest()


class AsyncPaperProvider:
    """The same provider, with coroutines."""

    name = "paper"

    def __init__(self, bank: PaperProvider) -> None:
        self.bank = bank

    async def create_link_token(self, request: LinkTokenRequest, /) -> LinkSession:
        await asyncio.sleep(0)
        return self.bank.create_link_token(request)

    async def exchange_public_token(self, token: PublicToken, /) -> ExchangedConnection:
        await asyncio.sleep(0)
        return self.bank.exchange_public_token(token)

    async def connection(self, token: AccessToken, /) -> ProviderConnection:
        await asyncio.sleep(0)
        return self.bank.connection(token)

    async def remove_connection(self, token: AccessToken, /) -> None:
        await asyncio.sleep(0)
        self.bank.remove_connection(token)

    async def rotate_access_token(self, token: AccessToken, /) -> AccessToken:
        await asyncio.sleep(0)
        return self.bank.rotate_access_token(token)

    async def accounts(self, token: AccessToken, /) -> list[ProviderAccount]:
        await asyncio.sleep(0)
        return self.bank.accounts(token)

    async def live_balances(self, token: AccessToken, request: BalanceRequest, /) -> list[ProviderAccount]:
        await asyncio.sleep(0)
        return self.bank.live_balances(token, request)

    async def transactions_page(self, token: AccessToken, request: PageRequest, /) -> UpdatePage:
        await asyncio.sleep(0)
        return self.bank.transactions_page(token, request)

    async def refresh_transactions(self, token: AccessToken, /) -> None:
        await asyncio.sleep(0)
        self.bank.refresh_transactions(token)

    async def institution(self, id: str, country_codes: Sequence[str], /) -> Institution:
        await asyncio.sleep(0)
        return self.bank.institution(id, country_codes)

    async def verify_webhook(self, delivery: WebhookDelivery, /) -> ProviderWebhook:
        await asyncio.sleep(0)
        return self.bank.verify_webhook(delivery)
