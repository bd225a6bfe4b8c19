"""Providers written in Python pass the suite of checks that every provider passes, of the engine's own making."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from finance_tracker import ProviderAccount, ProviderTransaction, PublicToken, UpdatePage, WebhookDelivery
from finance_tracker import AccessToken, PageRequest
from finance_tracker.conformance import BankChange, BankNews, check_provider, provider_checks
from finance_tracker.protocols import BankProvider

from paper_bank import INSTITUTION, AsyncPaperProvider, PaperProvider


class PaperFixture:
    institution = INSTITUTION

    def __init__(self) -> None:
        self.bank = PaperProvider()
        self.provider: BankProvider = self.bank

    def sign_in(
        self, accounts: Sequence[ProviderAccount], rows: Sequence[ProviderTransaction], ready: bool, /
    ) -> PublicToken:
        return self.bank.sign_in(accounts, rows, ready)

    def change(self, sign_in: PublicToken, change: BankChange, /) -> None:
        self.bank.change(sign_in, change)

    def webhook(self, sign_in: PublicToken, news: BankNews, /) -> WebhookDelivery | None:
        return self.bank.webhook(sign_in, news)


@pytest.mark.parametrize("check", provider_checks())
def test_a_provider_with_plain_methods(check: str) -> None:
    check_provider(check, PaperFixture())


@pytest.mark.parametrize("check", provider_checks())
def test_a_provider_with_coroutines(check: str) -> None:
    fixture = PaperFixture()
    fixture.provider = AsyncPaperProvider(fixture.bank)
    check_provider(check, fixture)


def test_a_check_fails_where_a_promise_is_broken() -> None:
    class Forgetful(PaperProvider):
        def transactions_page(self, token: AccessToken, request: PageRequest, /) -> UpdatePage:
            page = super().transactions_page(token, request)
            return UpdatePage(page.added[1:], page.modified, page.removed, page.accounts, page.next_cursor, page.has_more)

    fixture = PaperFixture()
    fixture.bank = fixture.provider = Forgetful()
    with pytest.raises(AssertionError):
        check_provider("pages_tell_every_row_once", fixture)


def test_there_is_no_check_of_another_name() -> None:
    with pytest.raises(ValueError):
        check_provider("it_is_nice", PaperFixture())
