//! `remove_connection`, `forget_user` and `records`: the end of connections and users.

use futures::future::BoxFuture;
use serde::Serialize;

use super::leases::HeldLease;
use super::progress::Throttle;
use super::{SyncEngine, SyncError, SyncErrorKind, SyncProgress};
use crate::model::{
    AccessToken, Connection, ConnectionId, ConnectionStatus, ProviderConnectionId, RecordCounts, UserId,
};
use crate::provider::{ProviderError, ProviderErrorKind};
use crate::store::{ConnectionRemoval, LocalRecords, StoreErrorKind};

/// How to remove a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemovalOptions {
    /// What becomes of its accounts, rows and histories here.
    pub local: LocalRecords,
    /// Goes on when the connection cannot be ended at the provider. It may then go on there, at a price, and nobody has its key
    /// any more: it can only be ended by hand, under [`ProviderEnd::NotEnded`]'s identifier.
    pub even_if_the_provider_fails: bool,
    /// Why, for the audit trail.
    pub reason: Option<String>,
}

/// What removing a connection did.
#[derive(Debug)]
pub struct Removal {
    /// The connection.
    pub connection: ConnectionId,
    /// What became of it at the provider.
    pub at_provider: ProviderEnd,
    /// What was erased here; nothing when the records were to be kept.
    pub erased: RecordCounts,
}

/// What became of a connection at its provider.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProviderEnd {
    /// It has ended there, now or before.
    Ended,
    /// There was nothing to end: it was removed before, or the user keeps it by hand.
    NothingToEnd,
    /// It could not be ended, and that was to be accepted.
    NotEnded {
        /// The provider's identifier of the connection.
        provider_id: ProviderConnectionId,
        /// Why.
        error: SyncError,
    },
}

/// How to forget a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForgetOptions {
    /// Erases everything even when connections cannot be ended at the provider. They may go on there, at a price, and can only
    /// be ended by hand: see [`ErasureReceipt::not_ended`].
    pub even_if_the_provider_fails: bool,
}

/// What was erased of a user, to be kept as a proof: it says nothing of what the records said.
#[derive(Debug, Serialize)]
pub struct ErasureReceipt {
    /// The user.
    pub user: UserId,
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
    /// Connections that were ended at the provider, now or before.
    pub ended: Vec<ProviderConnectionId>,
    /// Connections that could not be ended there, and why.
    pub not_ended: Vec<(ProviderConnectionId, SyncError)>,
    /// Records that were erased, kind by kind.
    pub erased: RecordCounts,
}

impl SyncEngine {
    /// Ends a connection at the provider, and removes it here.
    ///
    /// Its access token is destroyed and it is never synced again. With [`LocalRecords::Keep`] it is
    /// [`ConnectionStatus::Removed`], and its accounts, rows and histories can be read and edited as before. With
    /// [`LocalRecords::Erase`] they are gone with it; events and audit trail stay, which may name what the user wrote on rows. The
    /// trail says who removed it and how many records were erased.
    ///
    /// The provider comes first. Whatever interrupts the call, the same call again completes it: a connection that has ended at
    /// the provider counts as ended. Removing a connection again that was kept can erase its records.
    ///
    /// # Errors
    /// Nothing is changed here when there is one.
    /// - [`SyncErrorKind::NotFound`] when the user has no such connection.
    /// - [`SyncErrorKind::Provider`] when it cannot be ended at the provider, and [`SyncErrorKind::Store`] when its token
    ///   cannot be read, unless [`RemovalOptions::even_if_the_provider_fails`].
    /// - [`SyncErrorKind::Busy`] when it is being synced for longer than a sync waits.
    /// - [`SyncErrorKind::InvalidInput`] for accounts that the user keeps by hand whose records are to be kept: nothing feeds
    ///   them that could end.
    ///
    /// One kind of error comes after the fact: [`SyncErrorKind::Store`]`(Unavailable)` or `(NoSpace)` when the records are erased
    /// but their bytes could not be wiped from the store's files, as while another process reads them or when the disk is full.
    /// The next erasure wipes them, whoever's it is.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ConnectionStatus, LocalRecords, RecordKind, RemovalOptions, TransactionQuery};
    ///
    /// let books = SampleBooks::new().await;
    /// books.engine.remove_connection(&books.user, books.connection, &RemovalOptions::default()).await?;
    /// assert_eq!(books.engine.connections(&books.user).await?[0].status, ConnectionStatus::Removed);
    /// assert_eq!(books.engine.transactions(&books.user, &TransactionQuery::default()).await?.len(), 4);
    ///
    /// // Later the user wants the rows gone, too.
    /// let erase = RemovalOptions { local: LocalRecords::Erase, ..RemovalOptions::default() };
    /// let removal = books.engine.remove_connection(&books.user, books.connection, &erase).await?;
    /// assert_eq!(removal.erased.of(RecordKind::Transactions), 4);
    /// assert!(books.engine.connections(&books.user).await?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn remove_connection(
        &self,
        user: &UserId,
        connection: ConnectionId,
        options: &RemovalOptions,
    ) -> Result<Removal, SyncError> {
        let stored = self.store.connection(user, connection).await?;
        if stored.is_manual() && options.local == LocalRecords::Keep {
            let message = "the user keeps these accounts by hand: nothing feeds them that could end";
            let sentence = "Accounts that you keep by hand can only be removed with all their transactions.";
            return Err(SyncError::invalid_input(message, sentence));
        }
        let leases = self.alone_with(&[&stored]).await?;
        keep_all(leases, self.end_and_remove(&stored, options)).await
    }

    async fn end_and_remove(
        &self,
        connection: &Connection,
        options: &RemovalOptions,
    ) -> Result<Removal, SyncError> {
        let at_provider = self.end_at_provider(connection, options.even_if_the_provider_fails).await?;
        self.tell(SyncProgress::EndedAtProvider { connection: connection.id, done: 1, of: 1 });
        if options.local == LocalRecords::Erase {
            self.tell(SyncProgress::Erasing);
        }
        let removal = self.removal_of(connection, options.local, options.reason.clone());
        let erased = self.store.remove_connection(&removal).await?;
        Ok(Removal { connection: connection.id, at_provider, erased })
    }

    fn removal_of(
        &self,
        connection: &Connection,
        local: LocalRecords,
        reason: Option<String>,
    ) -> ConnectionRemoval {
        ConnectionRemoval {
            user: connection.user.clone(),
            connection: connection.id,
            at: self.clock.now(),
            local,
            actor: self.actor.clone(),
            reason,
        }
    }

    /// Erases everything that is stored of a user, after ending the user's connections at the provider.
    ///
    /// Connections, accounts, rows, edits, histories, schedules, events, audit trail and whatever else there is: nothing of it
    /// can be read afterwards, neither through this library nor from the bytes of the store's files. What the file system or
    /// backups kept of earlier states of the files is beyond its reach. The store is asked afterwards whether anything is left.
    /// Keep the receipt if a proof is wanted: no record of the user is kept here, not even of this. A user who comes back
    /// starts anew: events are numbered from 1 again.
    ///
    /// Whatever interrupts the call, the same call again completes it.
    ///
    /// # Errors
    /// - [`SyncErrorKind::NotEnded`] when connections cannot be ended at the provider, unless
    ///   [`ForgetOptions::even_if_the_provider_fails`]. Every connection was tried; those that could be ended are removed with
    ///   their records kept, and nothing is erased.
    /// - [`SyncErrorKind::Busy`] when a connection is being synced for longer than a sync waits.
    /// - [`SyncErrorKind::Store`]`(Unavailable)`, too, when everything is erased but the bytes could not be wiped, as while
    ///   another process reads them; [`SyncErrorKind::Store`]`(Conflict)` when something was written for the user meanwhile,
    ///   as when a bank is linked right now. The same call does it later.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ForgetOptions, RecordKind};
    ///
    /// let books = SampleBooks::new().await;
    /// let receipt = books.engine.forget_user(&books.user, &ForgetOptions::default()).await?;
    /// assert_eq!(receipt.erased.of(RecordKind::Accounts), 2);
    /// assert!(receipt.not_ended.is_empty());
    /// assert!(books.engine.records(&books.user).await?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn forget_user(
        &self,
        user: &UserId,
        options: &ForgetOptions,
    ) -> Result<ErasureReceipt, SyncError> {
        // No bank is linked meanwhile, and no sync is under way when it all goes.
        let _no_links = self.linking.lock(user.clone()).await;
        let connections = self.store.connections(user).await?;
        let leases = self.alone_with(&connections.iter().collect::<Vec<_>>()).await?;
        keep_all(leases, self.end_and_forget(user, &connections, options)).await
    }

    async fn end_and_forget(
        &self,
        user: &UserId,
        connections: &[Connection],
        options: &ForgetOptions,
    ) -> Result<ErasureReceipt, SyncError> {
        let (mut ended, mut not_ended) = (Vec::new(), Vec::new());
        let of = u32::try_from(connections.len()).unwrap_or(u32::MAX);
        for (done, connection) in (1..).zip(connections) {
            let at_provider = self.end_at_provider(connection, true).await?;
            self.tell(SyncProgress::EndedAtProvider { connection: connection.id, done, of });
            match at_provider {
                ProviderEnd::NothingToEnd => {}
                ProviderEnd::Ended => ended.push(connection),
                ProviderEnd::NotEnded { provider_id, error } => {
                    not_ended.push((connection.id, provider_id, error));
                }
            }
        }
        if !not_ended.is_empty() && !options.even_if_the_provider_fails {
            for connection in ended {
                let removal = self.removal_of(connection, LocalRecords::Keep, None);
                self.store.remove_connection(&removal).await?;
            }
            return Err(still_there(not_ended));
        }
        self.tell(SyncProgress::Erasing);
        let erased = self.store.forget_user(user).await?;
        if !self.store.records(user).await?.is_empty() {
            let message =
                "something was written for the user while everything was erased: forget the user again";
            return Err(SyncError::new(SyncErrorKind::Store(StoreErrorKind::Conflict), message));
        }
        Ok(ErasureReceipt {
            user: user.clone(),
            at: self.clock.now(),
            ended: ended.into_iter().map(|connection| connection.provider_id.clone()).collect(),
            not_ended: not_ended.into_iter().map(|(_, id, error)| (id, error)).collect(),
            erased,
        })
    }

    /// How many records of each kind are stored of a user.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::RecordKind;
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let records = books.engine.records(&books.user).await?;
    /// assert_eq!((records.of(RecordKind::Connections), records.of(RecordKind::Transactions)), (1, 4));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn records(&self, user: &UserId) -> Result<RecordCounts, SyncError> {
        Ok(self.store.records(user).await?)
    }

    /// Waits until nobody syncs these connections, and keeps others from them.
    pub(super) async fn alone_with(&self, connections: &[&Connection]) -> Result<Vec<HeldLease>, SyncError> {
        // Always in one order, so that two who want the same ones cannot wait for each other.
        let mut ordered: Vec<&Connection> =
            connections.iter().copied().filter(|one| one.status != ConnectionStatus::Removed).collect();
        ordered.sort_by_key(|connection| connection.id);
        let mut leases = Vec::with_capacity(ordered.len());
        for connection in ordered {
            leases.push(self.wait_for_lease(connection, None, &Throttle::new(self)).await?);
        }
        Ok(leases)
    }

    /// Ends a connection at the provider, if there is one to end. With `go_on` a failure is part of the answer.
    pub(super) async fn end_at_provider(
        &self,
        connection: &Connection,
        go_on: bool,
    ) -> Result<ProviderEnd, SyncError> {
        let token = match self.token_to_end(connection).await {
            Ok(None) => return Ok(ProviderEnd::NothingToEnd),
            Ok(Some(token)) => Ok(token),
            Err(error) => Err(error),
        };
        let ended = match token {
            Ok(token) => {
                self.provider.remove_connection(&token).await.or_else(gone_is_ended).map_err(SyncError::from)
            }
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => Ok(ProviderEnd::Ended),
            Err(error) if go_on => {
                tracing::warn!(connection = %connection.id, %error, "the connection could not be ended at the provider");
                Ok(ProviderEnd::NotEnded { provider_id: connection.provider_id.clone(), error })
            }
            Err(error) => Err(error),
        }
    }

    /// The token of a connection, if it has one.
    async fn token_to_end(&self, connection: &Connection) -> Result<Option<AccessToken>, SyncError> {
        match self.store.access_token(&connection.user, connection.id).await {
            Ok(token) => Ok(Some(token)),
            Err(error) if error.kind() == StoreErrorKind::NoToken => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Does some work, renews leases meanwhile, and releases them.
pub(super) async fn keep_all<T: Send>(leases: Vec<HeldLease>, work: impl Future<Output = T> + Send) -> T {
    let done = {
        let mut work: BoxFuture<'_, T> = Box::pin(work);
        for lease in &leases {
            work = Box::pin(lease.keep(work));
        }
        work.await
    };
    for lease in leases {
        lease.release().await;
    }
    done
}

/// A connection that has ended at the provider by itself is where it was to be.
fn gone_is_ended(error: ProviderError) -> Result<(), ProviderError> {
    if error.kind() == ProviderErrorKind::ConnectionRemoved { Ok(()) } else { Err(error) }
}

fn still_there(not_ended: Vec<(ConnectionId, ProviderConnectionId, SyncError)>) -> SyncError {
    let ids = not_ended.iter().map(|(id, _, _)| *id).collect();
    let reasons: Vec<String> =
        not_ended.iter().map(|(id, _, error)| format!("connection {id}: {error}")).collect();
    let message =
        format!("nothing was erased, because connections live on at the provider: {}", reasons.join("; "));
    let first = not_ended.into_iter().next().map(|(_, _, error)| error);
    SyncError::new(SyncErrorKind::NotEnded(ids), message).caused_by(first)
}
