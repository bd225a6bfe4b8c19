//! Books to try an operation on, in a few lines.

use std::sync::Arc;

use super::samples::{account, row, user};
use super::{ManualClock, ProviderFixture, ScriptedProvider};
use crate::*;

/// A user with one connection to a scripted bank and its first data, over a store in memory.
///
/// The connection has two accounts, `a` and `b`, that hold 100.00 US dollars each. Account `a` has four rows of the first of
/// January 2026: `t0` of -1.00 to `t3` of -4.00.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use finance_core::conformance::SampleBooks;
/// use finance_core::TransactionQuery;
///
/// let books = SampleBooks::new().await;
/// let rows = books.engine.transactions(&books.user, &TransactionQuery::default()).await?;
/// assert_eq!(rows.len(), 4);
/// # Ok::<(), finance_core::SyncError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SampleBooks {
    /// The engine.
    pub engine: SyncEngine,
    /// The user.
    pub user: UserId,
    /// The connection.
    pub connection: ConnectionId,
    /// Its accounts, `a` and `b`.
    pub accounts: Vec<AccountId>,
    /// The bank's side.
    pub provider: Arc<ScriptedProvider>,
    /// The name of the connection at the bank, to change the bank's side with.
    pub sign_in: PublicToken,
    /// The time, which stands still unless it is advanced.
    pub clock: Arc<ManualClock>,
    /// The store behind the engine.
    pub store: Arc<MemoryStore>,
}

impl SampleBooks {
    /// The books of the user `anna`.
    pub async fn new() -> Self {
        Self::with(EngineOptions::default()).await
    }

    /// The same on an engine that works otherwise.
    pub async fn with(options: EngineOptions) -> Self {
        let (provider, store) = (Arc::new(ScriptedProvider::new()), Arc::new(MemoryStore::new()));
        let clock = Arc::new(ManualClock::default());
        let engine = SyncEngine::new(provider.clone(), store.clone(), clock.clone(), options);
        let rows = ["-1.00", "-2.00", "-3.00", "-4.00"].iter().enumerate();
        let rows = rows.map(|(number, amount)| row(&format!("t{number}"), "a", amount)).collect();
        let sign_in = provider.sign_in(vec![account("a"), account("b")], rows, true).await;
        let user = user("anna");
        let linked = engine.link(&user, LinkRequest::new(sign_in.clone())).await.unwrap();
        let accounts = linked.accounts.iter().map(|account| account.id).collect();
        Self { engine, user, connection: linked.connection.id, accounts, provider, sign_in, clock, store }
    }
}
