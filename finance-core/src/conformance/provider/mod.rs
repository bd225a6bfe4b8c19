//! The checks that every bank provider passes: every sentence of the port's documentation, put to the test.

mod connections;
mod money;
mod paging;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    AccessToken, BankProvider, ExchangedConnection, InstitutionId, ProviderAccount, ProviderAccountId,
    ProviderErrorKind, ProviderTransaction, ProviderTransactionId, PublicToken, WebhookDelivery,
};

/// A provider for one check, and the command of its bank.
///
/// Accounts and rows are given in the library's own terms and signs; the fixture puts them into the provider's. A bank
/// may hand out identifiers of its own, so the checks never expect the ones they gave, except in [`BankChange`],
/// where a row is named as the provider reported it.
#[async_trait]
pub trait ProviderFixture: Send + Sync {
    /// A provider of a bank without users.
    async fn create() -> Self
    where
        Self: Sized;

    /// The provider.
    fn provider(&self) -> Arc<dyn BankProvider>;

    /// Lets a user with these accounts and rows finish the link dialogue. A bank that is not `ready` has nothing to tell
    /// until [`BankChange::BecomeReady`].
    async fn sign_in(
        &self,
        accounts: Vec<ProviderAccount>,
        rows: Vec<ProviderTransaction>,
        ready: bool,
    ) -> PublicToken;

    /// Changes the bank's side of what a user signed in to.
    async fn change(&self, sign_in: &PublicToken, change: BankChange);

    /// A webhook as the provider sends it now, with this news of what a user signed in to; `None` for news that the provider
    /// never sends. The bank itself stays as it is.
    async fn webhook(&self, sign_in: &PublicToken, news: BankNews) -> Option<WebhookDelivery>;

    /// An institution that the provider knows in the United States.
    fn institution(&self) -> InstitutionId;
}

/// What can happen at a bank.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "every fixture must be able to do everything")]
pub enum BankChange {
    /// A new row; `pending_id` set means that it replaces that pending row, which is to be removed by a change of its own.
    Add(ProviderTransaction),
    /// A row changes, under its identifier.
    Modify(ProviderTransaction),
    /// A row is gone.
    Remove(ProviderTransactionId),
    /// The accounts as they are listed from now on.
    SetAccounts(Vec<ProviderAccount>),
    /// The bank wants the user to sign in again.
    BreakSignIn,
    /// The user signed in again.
    HealSignIn,
    /// The bank's data is ready.
    BecomeReady,
}

/// What a provider can tell of by itself.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "every fixture must say whether it can tell everything")]
pub enum BankNews {
    /// There are transactions to fetch.
    TransactionsReady,
    /// Balances, holdings or debts changed.
    AccountsChanged,
    /// The bank wants the user to sign in again.
    ConnectionBroken,
    /// The user signed in again elsewhere.
    ConnectionRepaired,
    /// The user's consent ends then.
    ConsentEndsSoon(DateTime<Utc>),
    /// The institution ends the connection then.
    DisconnectsSoon(DateTime<Utc>),
    /// Access to the connection was withdrawn.
    AccessRevoked,
    /// Access to this account was withdrawn.
    AccountRevoked(ProviderAccountId),
    /// There are accounts that the user does not share yet.
    NewAccounts,
    /// A user finished a link dialogue on the provider's own page.
    LinkFinished,
    /// Something that no version of the library has heard of.
    Unheard,
}

/// Declares every check once: as a public function here, and as a test in the macro for adapters. A check that is
/// written but not listed is dead code, which the compiler tells.
macro_rules! checks {
    (($dollar:tt) $($topic:ident: $($check:ident)*;)*) => {
        /// The checks one by one. Each panics with what is wrong.
        pub mod provider_checks {
            use super::ProviderFixture;

            $($(
                /// One check, as its name says.
                pub async fn $check(fixture: &dyn ProviderFixture) {
                    super::$topic::$check(fixture).await;
                }
            )*)*

            /// The names of all checks, for fixtures of other languages.
            pub const NAMES: &[&str] = &[$($(stringify!($check)),*),*];

            /// Makes the check of this name, and says whether there is one.
            pub async fn run(name: &str, fixture: &dyn ProviderFixture) -> bool {
                match name {
                    $($(stringify!($check) => super::$topic::$check(fixture).await,)*)*
                    _ => return false,
                }
                true
            }
        }

        /// Makes one test of every check of the suite, for the
        /// [`ProviderFixture`](crate::conformance::ProviderFixture) named. The calling crate needs tokio with the features
        /// `macros` and `rt`.
        #[macro_export]
        macro_rules! provider_conformance_tests {
            ($dollar fixture:ty) => {
                $($(
                    #[tokio::test]
                    async fn $check() {
                        let fixture = <$dollar fixture as $dollar crate::conformance::ProviderFixture>::create().await;
                        $dollar crate::conformance::provider_checks::$check(&fixture).await;
                    }
                )*)*
            };
        }
    };
}

checks! {
    ($)
    connections:
        a_link_session_begins_and_ends_later
        an_exchanged_token_opens_the_connection
        a_public_token_is_good_for_one_exchange
        a_connection_names_its_institution
        a_removed_connection_answers_no_more
        a_rotated_token_replaces_the_old_one
        a_broken_sign_in_asks_for_the_user_and_heals
        an_unknown_institution_is_an_error;
    money:
        money_in_is_positive_and_money_out_negative
        amounts_come_out_digit_for_digit
        what_is_owed_is_a_negative_balance
        a_missing_balance_is_unknown
        unofficial_currencies_stay_unofficial
        live_balances_can_be_asked_for_chosen_accounts
        an_unknown_account_type_is_no_error;
    paging:
        pages_tell_every_row_once
        the_last_cursor_tells_what_happened_since
        an_update_without_news_is_empty_and_keeps_its_place
        a_pending_row_posts_with_its_link
        a_replay_tells_what_exists_as_added
        a_change_while_paging_asks_to_begin_again
        a_cursor_of_another_connection_is_refused
        a_bank_that_is_not_ready_gives_no_cursor;
    webhooks:
        a_webhook_tells_its_connection_and_its_news
        a_webhook_is_known_again_by_its_digest
        an_altered_webhook_is_refused
        a_webhook_goes_stale
        names_of_headers_have_no_case
        a_provider_without_webhooks_says_so;
}

/// A user who signed in and whose token was exchanged.
struct SignedIn {
    provider: Arc<dyn BankProvider>,
    public_token: PublicToken,
    exchanged: ExchangedConnection,
}

impl SignedIn {
    async fn new(
        fixture: &dyn ProviderFixture,
        accounts: Vec<ProviderAccount>,
        rows: Vec<ProviderTransaction>,
    ) -> Self {
        let provider = fixture.provider();
        let public_token = fixture.sign_in(accounts, rows, true).await;
        let exchanged = provider.exchange_public_token(&public_token).await.unwrap();
        Self { provider, public_token, exchanged }
    }

    const fn token(&self) -> &AccessToken {
        &self.exchanged.access_token
    }
}

/// Whether the kind means that the connection or token is dead for good.
fn is_dead(kind: ProviderErrorKind) -> bool {
    matches!(
        kind,
        ProviderErrorKind::LinkAgain
            | ProviderErrorKind::ConnectionRemoved
            | ProviderErrorKind::Configuration
    )
}
