//! `create_link_token` and `link`: from the link dialogue to a connection with its first data.

use tokio::sync::OwnedMutexGuard;

use super::attempt::take_over;
use super::leases::HeldLease;
use super::manual::refuse_manual;
use super::transactions::ended;
use super::{ConnectionSync, SyncEngine, SyncError, SyncErrorKind};
use crate::audit::{AuditDraft, AuditSubject};
use crate::dedup::{DuplicateConnection, LinkedAccount, find_duplicate_connection};
use crate::model::{
    Account, Connection, ConnectionId, ConnectionStatus, InstitutionRef, NewConnection, PublicToken, UserId,
};
use crate::provider::{ExchangedConnection, LinkDialogue, LinkMode, LinkSession, LinkTokenRequest};
use crate::store::{AccountChanges, ChangeSet, StoreError, StoreErrorKind};

/// How to open the link dialogue.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    /// The connection to repair or change; `None` links a new one.
    pub connection: Option<ConnectionId>,
    /// In update mode, whether the user may add and drop accounts.
    pub select_accounts: bool,
    /// For a new connection the provider's products, at least one; in update mode products to ask further consent for.
    pub products: Vec<String>,
    /// Days of history of a new connection, 1 to 730; it cannot be changed later.
    pub days_requested: Option<u16>,
    /// How the dialogue looks and where it leads.
    pub dialogue: LinkDialogue,
}

impl LinkOptions {
    /// A new connection with transactions and the longest history, in English, for banks in the United States. The name is what
    /// the dialogue calls the application; Plaid takes 30 characters at the most.
    pub fn new(client_name: impl Into<String>) -> Self {
        Self {
            connection: None,
            select_accounts: false,
            products: vec!["transactions".to_owned()],
            days_requested: Some(730),
            dialogue: LinkDialogue::new(client_name),
        }
    }

    /// The repair of a connection.
    pub fn update(client_name: impl Into<String>, connection: ConnectionId) -> Self {
        Self {
            connection: Some(connection),
            products: Vec::new(),
            days_requested: None,
            ..Self::new(client_name)
        }
    }
}

/// A finished session of the link dialogue.
#[derive(Debug, Clone)]
pub struct LinkRequest {
    /// What the dialogue handed out.
    pub public_token: PublicToken,
    /// The institution the user chose, from the dialogue's metadata.
    pub institution: Option<InstitutionRef>,
    /// The accounts the user chose, from the dialogue's metadata.
    pub accounts: Vec<LinkedAccount>,
    /// Links even though the user seems to have this connection already.
    pub allow_duplicate: bool,
}

impl LinkRequest {
    /// A session of which only the token is known, so that no duplicate can be found before the exchange.
    pub const fn new(public_token: PublicToken) -> Self {
        Self { public_token, institution: None, accounts: Vec::new(), allow_duplicate: false }
    }
}

/// A new connection with what its first sync brought.
#[derive(Debug)]
pub struct Linked {
    /// The connection as it stands.
    pub connection: Connection,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// A connection that the user had before and that looks like this one: one that has ended and that this one takes the place
    /// of ([`DuplicateConnection::has_ended`]), or one that was found only now that the provider described this one. What both
    /// have counts twice until the two become one ([`SyncEngine::plan_merge`], then
    /// [`SyncEngine::merge_connections`], from this one into the new one) or one of them is removed
    /// ([`SyncEngine::remove_connection`]). One that still works is found before the exchange when the session's institution
    /// and accounts are given.
    pub possible_duplicate: Option<DuplicateConnection>,
    /// The first sync. It may have failed or found nothing ready yet; the connection stands all the same.
    pub first_sync: ConnectionSync,
}

impl SyncEngine {
    /// Opens a session of the link dialogue: for a new connection, or in update mode for one of the user's.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such connection, [`SyncErrorKind::ConnectionEnded`] when it was removed,
    /// [`SyncErrorKind::InvalidInput`] when the user keeps it by hand, [`SyncErrorKind::Provider`] when the provider refuses, as
    /// for products that do not exist.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::LinkOptions;
    ///
    /// let books = SampleBooks::new().await;
    /// let new = books.engine.create_link_token(&books.user, &LinkOptions::new("My App")).await?;
    /// println!("open the dialogue with a token that is good until {}", new.expires_at);
    ///
    /// // To repair a connection, or to renew a consent:
    /// let repair = LinkOptions::update("My App", books.connection);
    /// books.engine.create_link_token(&books.user, &repair).await?;
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn create_link_token(
        &self,
        user: &UserId,
        options: &LinkOptions,
    ) -> Result<LinkSession, SyncError> {
        let mode = match options.connection {
            None => {
                LinkMode::New { products: options.products.clone(), days_requested: options.days_requested }
            }
            Some(id) => {
                let connection = self.store.connection(user, id).await?;
                refuse_manual(&connection)?;
                if connection.status == ConnectionStatus::Removed {
                    return Err(ended(&connection));
                }
                LinkMode::Update {
                    access_token: self.store.access_token(user, id).await?,
                    select_accounts: options.select_accounts,
                    additional_products: options.products.clone(),
                }
            }
        };
        let request = LinkTokenRequest { user: user.clone(), mode, dialogue: options.dialogue.clone() };
        Ok(self.provider.create_link_token(&request).await?)
    }

    /// Ends update mode: the user finished the dialogue that [`SyncEngine::create_link_token`] opened for the connection. What
    /// was said of it before, such as that it ends soon, is forgotten, and a sync shows whether it works now.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
    /// use finance_core::{ConnectionStatus, SyncRequest, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// books.provider.change(&books.sign_in, BankChange::BreakSignIn).await;
    /// books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await?;
    ///
    /// // The user signs in to the bank again, and the dialogue tells the application that it is done.
    /// books.provider.change(&books.sign_in, BankChange::HealSignIn).await;
    /// let sync = books.engine.finish_update(&books.user, books.connection).await?;
    /// assert!(sync.error.is_none());
    /// let report = books.engine.connection_status(&books.user).await?;
    /// assert_eq!(report.connections[0].state, ConnectionStatus::Good);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such connection, [`SyncErrorKind::ConnectionEnded`] when it was removed,
    /// [`SyncErrorKind::InvalidInput`] for that of the accounts kept by hand. That the sync failed is part of the answer.
    pub async fn finish_update(
        &self,
        user: &UserId,
        connection: ConnectionId,
    ) -> Result<ConnectionSync, SyncError> {
        let stored = self.store.connection(user, connection).await?;
        refuse_manual(&stored)?;
        if stored.status == ConnectionStatus::Removed {
            return Err(ended(&stored));
        }
        let status = if stored.status == ConnectionStatus::New {
            ConnectionStatus::New
        } else {
            ConnectionStatus::Good
        };
        let subject = AuditSubject::Connection(connection);
        let draft = AuditDraft::new(self.actor.clone(), "connection_updated", subject);
        let change = ChangeSet {
            status: Some(status),
            new_accounts_available: Some(false),
            audit: vec![draft.changing(Some(&stored.status.name()), Some(&status.name()))],
            ..ChangeSet::new(connection, self.clock.now())
        };
        self.store.apply(&change).await?;
        self.request(&stored).await?;
        Ok(self.sync_connection(stored, None, None, None).await)
    }

    /// Turns a finished link session into a connection with its accounts and a first sync.
    ///
    /// The session is first compared with the user's own connections, because a second one would double every row. The token
    /// is stored before anything else is asked. The first sync also makes the provider send webhooks from now on.
    ///
    /// # Errors
    /// [`SyncErrorKind::AlreadyLinked`] before the exchange; [`SyncErrorKind::Store`] with no key before the exchange, too;
    /// [`SyncErrorKind::Provider`] when the exchange fails. Faults of the provider after the token is stored do not fail the
    /// link: they are in [`Linked::first_sync`]. Should the store fail to read the result back, the connection stands all
    /// the same.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::conformance::samples::account;
    /// use finance_core::conformance::ProviderFixture;
    /// use finance_core::LinkRequest;
    ///
    /// let books = SampleBooks::new().await;
    /// // What the dialogue hands back when the user has signed in:
    /// let public_token = books.provider.sign_in(vec![account("c")], vec![], true).await;
    /// let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(public_token) };
    /// let linked = books.engine.link(&books.user, request).await?;
    /// assert_eq!(linked.accounts[0].provider.name, "Account c");
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn link(&self, user: &UserId, request: LinkRequest) -> Result<Linked, SyncError> {
        self.store.ready_for_tokens().await?;
        // Two sessions that end at once must see each other.
        let turn = self.linking.lock(user.clone()).await;
        if !request.allow_duplicate {
            self.refuse_duplicate(user, &request).await?;
        }
        let (connection, lease) =
            self.exchange_and_store(user.clone(), request.public_token, request.institution, turn).await?;
        let connection = self.store.connection(user, connection.id).await?;
        let first_sync = self.sync_connection(connection, lease, None, None).await;
        let id = first_sync.connection;
        let mut accounts = self.store.accounts(user).await?;
        accounts.retain(|account| account.connection == id);
        let connection = self.store.connection(user, id).await?;
        let possible_duplicate = self.possible_duplicate(&connection, &accounts).await?;
        Ok(Linked { connection, accounts, possible_duplicate, first_sync })
    }

    /// Compares a new connection with the user's other ones, now that the provider told institution and accounts.
    async fn possible_duplicate(
        &self,
        new: &Connection,
        accounts: &[Account],
    ) -> Result<Option<DuplicateConnection>, SyncError> {
        let mut others = self.store.connections(&new.user).await?;
        others.retain(|other| other.id != new.id);
        let session: Vec<LinkedAccount> = accounts.iter().map(LinkedAccount::from).collect();
        let all = self.store.accounts(&new.user).await?;
        Ok(find_duplicate_connection(new.institution.as_ref(), &session, &others, &all))
    }

    async fn refuse_duplicate(&self, user: &UserId, request: &LinkRequest) -> Result<(), SyncError> {
        let connections = self.store.connections(user).await?;
        let accounts = self.store.accounts(user).await?;
        let institution = request.institution.as_ref();
        let found = find_duplicate_connection(institution, &request.accounts, &connections, &accounts);
        match found.filter(|found| !found.has_ended) {
            None => Ok(()),
            Some(duplicate) => {
                let advice = if duplicate.needs_repair {
                    "repair it in update mode"
                } else {
                    "sync it, or link with `allow_duplicate`"
                };
                let message = format!(
                    "the user already has this connection as {} ({}): {advice}. The public token was not exchanged",
                    duplicate.connection, duplicate.reason
                );
                Err(SyncError::new(SyncErrorKind::AlreadyLinked(duplicate), message))
            }
        }
    }

    /// Exchanges the token, stores the result and keeps workers from it, so that the first sync is this one. It runs as a
    /// task of its own, because a caller who gave up in between would leave a connection at the provider that nobody has the
    /// key to.
    async fn exchange_and_store(
        &self,
        user: UserId,
        public_token: PublicToken,
        institution: Option<InstitutionRef>,
        turn: OwnedMutexGuard<()>,
    ) -> Result<(Connection, Option<HeldLease>), SyncError> {
        let engine = self.clone();
        let task = self.unfinished.spawn(async move {
            let _turn = turn;
            let exchanged = engine.provider.exchange_public_token(&public_token).await?;
            let new = NewConnection {
                user,
                provider: engine.provider.name(),
                provider_id: exchanged.id.clone(),
                institution,
                access_token: Some(exchanged.access_token.clone()),
                frequency: engine.options.frequency,
                created_at: engine.clock.now(),
            };
            let user = new.user.clone();
            match engine.store.insert_connection(new).await {
                Ok(connection) => {
                    // Without it the first sync waits for whoever was faster.
                    let lease = engine.try_lease(&user, connection.id).await.ok();
                    match &lease {
                        Some(lease) => lease.keep(engine.describe(&connection)).await,
                        None => engine.describe(&connection).await,
                    }
                    Ok((connection, lease))
                }
                Err(error) => Err(engine.give_back(&user, &exchanged, error).await),
            }
        });
        task.await.unwrap_or_else(|error| {
            Err(SyncError::new(SyncErrorKind::Internal, format!("the exchange did not end: {error}")))
        })
    }

    /// Ends a connection at the provider whose token could not be stored, unless somebody holds a token to it.
    async fn give_back(
        &self,
        user: &UserId,
        exchanged: &ExchangedConnection,
        error: StoreError,
    ) -> SyncError {
        let held = match self.store.connections(user).await {
            _ if error.kind() == StoreErrorKind::Conflict => true,
            Ok(connections) => connections.iter().any(|connection| connection.provider_id == exchanged.id),
            Err(_) => true,
        };
        if !held && let Err(error) = self.provider.remove_connection(&exchanged.access_token).await {
            tracing::error!(
                connection = %exchanged.id, %error,
                "a connection could be neither stored nor removed at the provider"
            );
        }
        error.into()
    }

    /// Stores what the provider knows of a new connection: its institution, consent and accounts. What cannot be
    /// read now comes with the first sync.
    async fn describe(&self, connection: &Connection) {
        if let Err(error) = self.try_to_describe(connection).await {
            tracing::warn!(connection = %connection.id, %error, "what is known of the connection was not stored");
        }
    }

    async fn try_to_describe(&self, connection: &Connection) -> Result<(), SyncError> {
        let token = self.store.access_token(&connection.user, connection.id).await?;
        let (known, listed) =
            futures::join!(self.provider.connection(&token), self.provider.accounts(&token));
        let known = known.inspect_err(|error| {
            tracing::warn!(connection = %connection.id, %error, "the connection could not be described");
        });
        let listed = listed.inspect_err(|error| {
            tracing::warn!(connection = %connection.id, %error, "the accounts could not be read");
        });
        let mut change = ChangeSet {
            accounts: AccountChanges { listed: listed.unwrap_or_default(), gone: Vec::new() },
            ..ChangeSet::new(connection.id, self.clock.now())
        };
        if let Ok(known) = &known {
            take_over(&mut change, connection, known);
        }
        self.store.apply(&change).await?;
        Ok(())
    }
}
