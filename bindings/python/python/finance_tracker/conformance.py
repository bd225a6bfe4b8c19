"""The checks that every provider passes, for the tests of one that is written in Python.

    @pytest.mark.parametrize("check", provider_checks())
    def test_my_provider(check: str) -> None:
        check_provider(check, MyFixture())
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ._engine import (
    BankChange,
    BankNews,
    ProviderAccount,
    ProviderTransaction,
    PublicToken,
    WebhookDelivery,
    check_provider,
    provider_checks,
)
from .protocols import Answer, BankProvider

__all__ = ["BankChange", "BankNews", "ProviderFixture", "check_provider", "provider_checks"]


class ProviderFixture(Protocol):
    """A provider for one check, whose bank has no users yet, and the command of that bank.

    Accounts and rows are given in this package's own terms and signs; the fixture puts them into the provider's. The bank may hand out
    identifiers of its own; only a `BankChange` names a row and its account as the provider reported them. Methods may be plain or
    `async def`.
    """

    @property
    def provider(self) -> BankProvider:
        """The provider."""
        ...

    @property
    def institution(self) -> str:
        """An institution that the provider knows in the United States."""
        ...

    def sign_in(
        self, accounts: Sequence[ProviderAccount], rows: Sequence[ProviderTransaction], ready: bool, /
    ) -> Answer[PublicToken]:
        """Lets a user finish the link dialogue. A bank that is not `ready` tells nothing until the change `become_ready`."""
        ...

    def change(self, sign_in: PublicToken, change: BankChange, /) -> Answer[None]:
        """Changes the bank's side of what a user signed in to."""
        ...

    def webhook(self, sign_in: PublicToken, news: BankNews, /) -> Answer[WebhookDelivery | None]:
        """A webhook as the provider sends it now; `None` for news that it never sends. The bank itself stays as it is."""
        ...
