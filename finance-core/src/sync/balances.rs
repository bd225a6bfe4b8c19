//! `sync_balances`: ask the banks what accounts hold.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};

use super::transactions::{Selection, ended};
use super::{SyncEngine, SyncError, SyncScope};
use crate::model::{
    Account, AccountId, AccountStatus, Balances, Connection, ProviderAccount, ProviderAccountId, UserId,
};
use crate::provider::{BalanceRequest, ProviderError};
use crate::store::{AccountChanges, ChangeSet};

/// What a refresh of balances brought.
#[derive(Debug, Default)]
pub struct BalanceReport {
    /// One entry an account chosen that is open, by connection. One that failed does not stop the others.
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

/// Where a balance comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BalanceSource {
    /// Asked from the bank just now.
    Live,
    /// What the provider last saw at the bank, usually within a day.
    Cached,
    /// Neither could be had: what the books held already.
    Stored,
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
        let Selection { connections, accounts: chosen } = self.select(user, scope).await?;
        let mut accounts = self.store.accounts(user).await?;
        accounts.retain(|account| account.status == AccountStatus::Open);
        accounts.retain(|account| chosen.is_empty() || chosen.contains(&account.id));
        let reports = stream::iter(connections)
            .map(|connection| {
                let own =
                    accounts.iter().filter(|account| account.connection == connection.id).cloned().collect();
                self.connection_balances(connection, own)
            })
            .buffered(self.options.concurrent_connections.max(1));
        Ok(BalanceReport { accounts: reports.concat().await })
    }

    async fn connection_balances(
        &self,
        connection: Connection,
        accounts: Vec<Account>,
    ) -> Vec<AccountBalance> {
        if accounts.is_empty() {
            return Vec::new();
        }
        let fetched = if connection.status.is_alive() {
            self.fetch_balances(&connection, &accounts).await
        } else {
            Err(ended(&connection))
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
        let now = self.clock.now();
        let request = BalanceRequest {
            accounts: accounts.iter().map(|account| account.provider.id.clone()).collect(),
            not_older_than: Some(now - self.options.oldest_live_balance),
        };
        let live = self.provider.live_balances(&token, &request).await;
        let failure: ProviderError = match live {
            Ok(accounts) => {
                return Ok(FetchedBalances { accounts, source: BalanceSource::Live, at: now, reason: None });
            }
            Err(error) => error,
        };
        tracing::warn!(connection = %connection.id, error = %failure, "no live balances; asking for cached ones");
        let accounts = self.provider.accounts(&token).await?;
        let reason = Some(failure.user_message().to_owned());
        Ok(FetchedBalances { accounts, source: BalanceSource::Cached, at: now, reason })
    }

    async fn store_balances(
        &self,
        connection: &Connection,
        fetched: FetchedBalances,
    ) -> Result<FetchedBalances, SyncError> {
        let change = ChangeSet {
            accounts: AccountChanges { listed: fetched.accounts.clone(), gone: Vec::new() },
            ..ChangeSet::new(connection.id, fetched.at)
        };
        self.store.apply(&change).await?;
        Ok(fetched)
    }
}

struct FetchedBalances {
    accounts: Vec<ProviderAccount>,
    source: BalanceSource,
    at: DateTime<Utc>,
    reason: Option<String>,
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
