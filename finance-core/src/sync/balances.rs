//! `sync_balances`: ask the banks what accounts hold.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};

use super::transactions::ended;
use super::{SyncEngine, SyncError, SyncScope};
use crate::model::{
    Account, AccountId, AccountStatus, BalanceEntry, BalanceSource, Balances, Connection, ConnectionStatus,
    DateWindow, ProviderAccount, ProviderAccountId, UserId,
};
use crate::provider::{BalanceRequest, ProviderErrorKind};
use crate::store::{AccountChanges, ChangeSet};

/// What a refresh of balances brought.
#[derive(Debug, Default)]
pub struct BalanceReport {
    /// One entry an account chosen that is open and not kept by hand, by connection. One that failed does not stop the
    /// others.
    pub accounts: Vec<AccountBalance>,
}

/// The balance of one account after a refresh.
#[derive(Debug)]
pub struct AccountBalance {
    /// The account.
    pub account: AccountId,
    /// Where the balances come from.
    pub source: BalanceSource,
    /// The balances, in our sign.
    pub balances: Balances,
    /// When they were taken over from the provider.
    pub balances_at: DateTime<Utc>,
    /// Why they are not live, as a sentence fit for the user.
    pub reason: Option<String>,
}

impl SyncEngine {
    /// Asks the banks for balances, falls back to what the provider last saw, and stores what came.
    ///
    /// Live balances are slow (up to half a minute) and often paid for per call. A connection whose live balances fail is
    /// asked for cached ones, and the report says so for each account.
    ///
    /// # Errors
    /// As for [`SyncEngine::sync_transactions`].
    pub async fn sync_balances(&self, user: &UserId, scope: &SyncScope) -> Result<BalanceReport, SyncError> {
        let connections = self.chosen_connections(user, scope).await?;
        let mut accounts = self.chosen_accounts(user, scope).await?;
        accounts.retain(|account| account.status == AccountStatus::Open);
        let reports = stream::iter(connections)
            .map(|connection| {
                let own =
                    accounts.iter().filter(|account| account.connection == connection.id).cloned().collect();
                self.connection_balances(connection, own)
            })
            .buffered(self.options.concurrent_connections.max(1));
        Ok(BalanceReport { accounts: reports.concat().await })
    }

    /// What an account held over time: the balances that were taken over on these days (UTC), newest first, `limit` at the
    /// most. A day on which the account was looked at has an entry; a balance that changed within a day has one more.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{BalanceSource, DateWindow};
    ///
    /// let books = SampleBooks::new().await;
    /// let history = books.engine.balance_history(&books.user, books.accounts[0], DateWindow::default(), 10).await?;
    /// assert_eq!(history.len(), 1);
    /// assert_eq!(history[0].balances.current, Some("100.00".parse().unwrap()));
    /// assert_eq!(history[0].source, BalanceSource::Cached);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`](super::SyncErrorKind::NotFound) when the user has no such account.
    pub async fn balance_history(
        &self,
        user: &UserId,
        account: AccountId,
        window: DateWindow,
        limit: u32,
    ) -> Result<Vec<BalanceEntry>, SyncError> {
        Ok(self.store.balance_history(user, account, window, limit).await?)
    }

    async fn connection_balances(
        &self,
        connection: Connection,
        accounts: Vec<Account>,
    ) -> Vec<AccountBalance> {
        if accounts.is_empty() {
            return Vec::new();
        }
        let fetched = if connection.status == ConnectionStatus::Removed {
            Err(ended(&connection))
        } else {
            self.fetch_balances(&connection, &accounts).await
        };
        let stored = match fetched {
            Ok(fetched) => self.store_balances(&connection, fetched).await,
            Err(error) => Err(error),
        };
        match stored {
            Ok(fetched) => {
                let by_id: HashMap<&ProviderAccountId, &ProviderAccount> =
                    fetched.accounts.iter().map(|account| (&account.id, account)).collect();
                let entry = |account: &Account| match by_id.get(&account.provider.id) {
                    Some(now) => AccountBalance {
                        account: account.id,
                        source: fetched.source,
                        balances: now.balances.clone(),
                        balances_at: fetched.at,
                        reason: fetched.reason.clone(),
                    },
                    None => stored_balance(account, "Your bank no longer lists this account."),
                };
                accounts.iter().map(entry).collect()
            }
            Err(error) => {
                accounts.iter().map(|account| stored_balance(account, error.user_message())).collect()
            }
        }
    }

    async fn fetch_balances(
        &self,
        connection: &Connection,
        accounts: &[Account],
    ) -> Result<FetchedBalances, SyncError> {
        let token = self.store.access_token(&connection.user, connection.id).await?;
        let at = self.clock.now();
        let not_older_than = Some(at - self.options.oldest_live_balance);
        let ask = |accounts: &[Account]| BalanceRequest {
            accounts: accounts.iter().map(|account| account.provider.id.clone()).collect(),
            not_older_than,
        };
        let failure = match self.provider.live_balances(&token, &ask(accounts)).await {
            Ok(accounts) => return Ok(FetchedBalances::live(accounts, at)),
            Err(error) => error,
        };
        tracing::warn!(connection = %connection.id, error = %failure, "no live balances; asking for cached ones");
        let cached = self.provider.accounts(&token).await?;
        let (open, gone): (Vec<Account>, Vec<Account>) = accounts
            .iter()
            .cloned()
            .partition(|account| cached.iter().any(|cached| cached.id == account.provider.id));
        let gone = gone.into_iter().map(|account| account.id).collect();
        // One account that is closed makes the bank refuse all of them.
        if failure.kind() == ProviderErrorKind::UnknownAccount
            && !open.is_empty()
            && let Ok(accounts) = self.provider.live_balances(&token, &ask(&open)).await
        {
            return Ok(FetchedBalances { gone, ..FetchedBalances::live(accounts, at) });
        }
        let reason = Some(failure.user_message().to_owned());
        Ok(FetchedBalances { accounts: cached, gone, source: BalanceSource::Cached, at, reason })
    }

    async fn store_balances(
        &self,
        connection: &Connection,
        fetched: FetchedBalances,
    ) -> Result<FetchedBalances, SyncError> {
        let change = ChangeSet {
            accounts: AccountChanges { listed: fetched.accounts.clone(), gone: fetched.gone.clone() },
            balance_source: fetched.source,
            ..ChangeSet::new(connection.id, fetched.at)
        };
        self.store.apply(&change).await?;
        Ok(fetched)
    }
}

struct FetchedBalances {
    accounts: Vec<ProviderAccount>,
    /// Accounts asked for that the provider no longer lists.
    gone: Vec<AccountId>,
    source: BalanceSource,
    at: DateTime<Utc>,
    reason: Option<String>,
}

impl FetchedBalances {
    const fn live(accounts: Vec<ProviderAccount>, at: DateTime<Utc>) -> Self {
        Self { accounts, gone: Vec::new(), source: BalanceSource::Live, at, reason: None }
    }
}

fn stored_balance(account: &Account, reason: &str) -> AccountBalance {
    AccountBalance {
        account: account.id,
        source: BalanceSource::Stored,
        balances: account.provider.balances.clone(),
        balances_at: account.balances_at,
        reason: Some(reason.to_owned()),
    }
}
