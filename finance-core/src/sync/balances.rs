//! `sync_balances`: ask the banks what accounts hold.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use futures::{FutureExt, StreamExt, stream};

use super::transactions::ended;
use super::{SyncEngine, SyncError, SyncProgress, SyncScope};
use crate::model::{
    Account, AccountId, AccountStatus, BalanceEntry, BalanceSource, Balances, Connection, ConnectionFault,
    ConnectionStatus, DateWindow, ProviderAccount, ProviderAccountId, UserId,
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

impl BalanceReport {
    /// How many accounts' balances come from here; those from [`BalanceSource::Stored`] failed.
    pub fn count(&self, source: BalanceSource) -> usize {
        self.accounts.iter().filter(|account| account.source == source).count()
    }
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
    /// The fault of the provider behind that, where there is one: of the live balances, or of the cached ones where neither
    /// could be had.
    pub fault: Option<ConnectionFault>,
}

impl SyncEngine {
    /// Asks the banks for balances, falls back to what the provider last saw, and stores what came.
    ///
    /// Each connection is asked once for all of its accounts, several connections at once. Live balances are slow (up to half a
    /// minute) and often paid for per call. A connection whose live balances fail is asked for cached ones, and the report says
    /// so for each account. A fault that says that the user must act becomes the connection's status. What came goes into
    /// the [history](SyncEngine::balance_history).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::{SampleBooks, ScriptedCall};
    /// use finance_core::{BalanceSource, ProviderErrorKind, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// let report = books.engine.sync_balances(&books.user, &SyncScope::All).await?;
    /// assert_eq!(report.count(BalanceSource::Live), 2);
    ///
    /// books.provider.fail(ScriptedCall::LiveBalances, [Some(ProviderErrorKind::Unavailable)]);
    /// let report = books.engine.sync_balances(&books.user, &SyncScope::All).await?;
    /// assert_eq!(report.count(BalanceSource::Cached), 2);
    /// assert_eq!(report.accounts[0].reason.as_deref(), Some("Your bank did not answer as hoped."));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`SyncEngine::sync_transactions`].
    pub async fn sync_balances(&self, user: &UserId, scope: &SyncScope) -> Result<BalanceReport, SyncError> {
        let connections = self.chosen_connections(user, scope).await?;
        let mut accounts = self.chosen_accounts(user, scope).await?;
        accounts.retain(|account| account.status == AccountStatus::Open);
        let of = u32::try_from(connections.len()).unwrap_or(u32::MAX);
        let asked = &AtomicU32::new(0);
        let reports = stream::iter(connections)
            .map(|connection| {
                let own =
                    accounts.iter().filter(|account| account.connection == connection.id).cloned().collect();
                let id = connection.id;
                let asking = self.connection_balances(connection, own);
                asking.inspect(move |_| {
                    let done = asked.fetch_add(1, Ordering::Relaxed) + 1;
                    self.tell(SyncProgress::BalancesAsked { connection: id, done, of });
                })
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
            Err(error) => {
                self.note_fault(&connection, &error).await;
                Err(error)
            }
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
                        reason: fetched.fault.as_ref().map(|fault| fault.user_message.clone()),
                        fault: fetched.fault.clone(),
                    },
                    None => stored_balance(account, "Your bank no longer lists this account.", None),
                };
                accounts.iter().map(entry).collect()
            }
            Err(error) => {
                let fault = error.fault(self.clock.now());
                let stored = |account| stored_balance(account, error.user_message(), fault.clone());
                accounts.iter().map(stored).collect()
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
        let not_older_than = at.checked_sub_signed(self.options.oldest_live_balance);
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
        if cached.is_empty() {
            // No bank closes every account at once.
            return Err(failure.into());
        }
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
        let fault = SyncError::from(failure).fault(at);
        Ok(FetchedBalances { accounts: cached, gone, source: BalanceSource::Cached, at, fault })
    }

    async fn store_balances(
        &self,
        connection: &Connection,
        fetched: FetchedBalances,
    ) -> Result<FetchedBalances, SyncError> {
        let change = ChangeSet {
            accounts: AccountChanges { listed: fetched.accounts.clone(), gone: fetched.gone.clone() },
            balance_source: fetched.source,
            balances_at: Some(fetched.at),
            ..self.fault_change(connection, fetched.fault.as_ref(), fetched.at).await?
        };
        self.store.apply(&change).await?;
        Ok(fetched)
    }

    /// What a fault says of the connection, if the user must act.
    async fn fault_change(
        &self,
        connection: &Connection,
        fault: Option<&ConnectionFault>,
        at: DateTime<Utc>,
    ) -> Result<ChangeSet, SyncError> {
        use ProviderErrorKind::{ConnectionRemoved, LinkAgain, SignInAgain};
        let change = ChangeSet::new(connection.id, at);
        let for_user =
            |fault: &&ConnectionFault| matches!(fault.kind, SignInAgain | LinkAgain | ConnectionRemoved);
        let Some(fault) = fault.filter(for_user) else { return Ok(change) };
        // Asking may have taken half a minute.
        let now = self.store.connection(&connection.user, connection.id).await?;
        let status = Some(now.status.after_failure(fault.kind));
        Ok(ChangeSet { status, fault: Some(fault.clone()), ..change })
    }

    /// Keeps what a failure says of the connection. The failure itself matters more than that it could not be kept.
    async fn note_fault(&self, connection: &Connection, error: &SyncError) {
        let at = self.clock.now();
        let fault = error.fault(at);
        let noted = async {
            let change = self.fault_change(connection, fault.as_ref(), at).await?;
            if change.status.is_some() {
                self.store.apply(&change).await?;
            }
            Ok::<(), SyncError>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(connection = %connection.id, %error, "a fault of the connection was not kept");
        }
    }
}

struct FetchedBalances {
    accounts: Vec<ProviderAccount>,
    /// Accounts asked for that the provider no longer lists.
    gone: Vec<AccountId>,
    source: BalanceSource,
    at: DateTime<Utc>,
    /// What the live balances failed with.
    fault: Option<ConnectionFault>,
}

impl FetchedBalances {
    const fn live(accounts: Vec<ProviderAccount>, at: DateTime<Utc>) -> Self {
        Self { accounts, gone: Vec::new(), source: BalanceSource::Live, at, fault: None }
    }
}

fn stored_balance(account: &Account, reason: &str, fault: Option<ConnectionFault>) -> AccountBalance {
    AccountBalance {
        account: account.id,
        source: BalanceSource::Stored,
        balances: account.provider.balances.clone(),
        balances_at: account.balances_at,
        reason: Some(reason.to_owned()),
        fault,
    }
}
