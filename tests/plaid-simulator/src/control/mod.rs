//! The levers behind the server: what a test does that an application cannot.

mod change;
mod commands;
mod link;
mod routes;
mod truth;

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use crate::error::PlaidError;
use crate::fault::FaultRule;
use crate::journal::JournalEntry;
use crate::server::notice;
use crate::shared::Shared;
use crate::webhook::{Delivery, Notice};
use crate::world::generate::Size;
use crate::world::item::{Item, lock};
use crate::world::{SignIn, World};

pub use commands::{
    Advance, Change, Connection, FieldOverrides, FireWebhook, ModifyTransaction, NewAccount, NewConnection,
    NewTransaction, Outcome, PostPending,
};
pub use link::{LinkAccount, LinkInstitution, LinkMetadata, LinkResult, LinkSession};
pub(crate) use routes::router;
pub use truth::{Truth, TruthAccount, TruthTransaction};

/// Commands a running simulator obeys. Cheap to clone; every method also has a route under `/_simulator`.
///
/// Wherever a connection is named, its item id or its access token will do.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

/// Why a command was not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// No connection has this item id or access token.
    #[error("there is no connection {0}")]
    UnknownConnection(String),
    /// The connection has no open account of this id, name or mask.
    #[error("there is no account {0}")]
    UnknownAccount(String),
    /// The connection has no live transaction of this id.
    #[error("there is no transaction {0}")]
    UnknownTransaction(String),
    /// Only a pending transaction can post.
    #[error("transaction {0} is not pending")]
    NotPending(String),
    /// Link ended in an error of Plaid's.
    #[error("{code}: {message}")]
    Refused {
        /// The error code.
        code: String,
        /// The message.
        message: String,
    },
}

impl From<PlaidError> for ControlError {
    fn from(error: PlaidError) -> Self {
        Self::Refused { code: error.error_code, message: error.error_message }
    }
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Works on one connection, then sends the webhooks that came of it.
    fn with_item<T>(
        &self,
        id: &str,
        work: impl FnOnce(&mut World, usize) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        self.shared.with_world(|world| {
            let item = world.find_any(id).ok_or_else(|| ControlError::UnknownConnection(id.into()))?;
            work(world, item)
        })
    }

    /// Signs in and exchanges in one step: a connection with an access token, without Link.
    ///
    /// # Errors
    /// Fails as Link would: unknown institution, wrong password, institution down.
    pub fn connect(&self, new: NewConnection) -> Result<Connection, ControlError> {
        self.shared.with_world(|world| {
            let options = &world.options;
            let size = Size {
                accounts: new.accounts.unwrap_or(options.accounts),
                transactions: new.transactions.unwrap_or(options.transactions),
                days: new.days.unwrap_or(options.days),
                currencies: new.currencies.unwrap_or_else(|| options.currencies.clone()),
            };
            let item = world.sign_in(SignIn {
                institution_id: new.institution_id,
                username: new.username,
                password: new.password,
                products: new.products,
                webhook: new.webhook,
                size: Some(size),
            })?;
            world.grant(item);
            Ok(Connection::of(&world.items[item]))
        })
    }

    /// Every connection ever made, in order.
    pub fn connections(&self) -> Vec<Connection> {
        lock(&self.shared.world).items.iter().map(Connection::of).collect()
    }

    /// One connection.
    ///
    /// # Errors
    /// Fails if it does not exist.
    pub fn connection(&self, id: &str) -> Result<Connection, ControlError> {
        self.with_item(id, |world, item| Ok(Connection::of(&world.items[item])))
    }

    /// The same login again: a new connection with new account and transaction ids for the same real accounts
    /// and transactions. The old connection stays.
    ///
    /// # Errors
    /// Fails if the connection does not exist.
    pub fn relink(&self, id: &str) -> Result<Connection, ControlError> {
        self.with_item(id, |world, item| {
            let Item { institution, username, password, products, webhook, .. } = world.items[item].clone();
            let item = world.sign_in(SignIn {
                institution_id: institution.id,
                username,
                password,
                products,
                webhook,
                size: None,
            })?;
            world.grant(item);
            Ok(Connection::of(&world.items[item]))
        })
    }

    /// Carries out changes in order and sends the webhooks Plaid would. If one fails, those before it stand.
    ///
    /// # Errors
    /// Fails on the first change that names an account or transaction which is not there.
    pub fn change(&self, id: &str, changes: Vec<Change>) -> Result<Vec<Outcome>, ControlError> {
        self.with_item(id, |world, item| change::apply(world, item, changes, true))
    }

    /// The same without webhooks, as when Plaid loses them.
    ///
    /// # Errors
    /// As [`Control::change`].
    pub fn change_silently(&self, id: &str, changes: Vec<Change>) -> Result<Vec<Outcome>, ControlError> {
        self.with_item(id, |world, item| change::apply(world, item, changes, false))
    }

    /// Lets days pass: pendings appear, post, drop; rows change and vanish; balances follow. What happens follows
    /// from the seed. Returns the new day.
    ///
    /// # Errors
    /// Fails if the connection it names does not exist.
    pub fn advance(&self, advance: &Advance) -> Result<NaiveDate, ControlError> {
        let unknown = |id: &String| ControlError::UnknownConnection(id.clone());
        self.shared.with_world(|world| {
            let only =
                advance.item.as_ref().map(|id| world.find_any(id).ok_or_else(|| unknown(id))).transpose()?;
            world.advance(advance.days, advance.seed, only);
            Ok(world.today)
        })
    }

    /// The virtual day.
    pub fn today(&self) -> NaiveDate {
        lock(&self.shared.world).today
    }

    /// Does what a user does in Link with a link token.
    ///
    /// # Errors
    /// Fails if the token is unknown or expired, or as the bank refuses the sign-in.
    pub fn link_session(&self, session: LinkSession) -> Result<LinkResult, ControlError> {
        self.shared.with_world(|world| link::finish(world, session))
    }

    /// Adds a rule; of several that fit a request the earliest strikes.
    pub fn add_fault(&self, rule: FaultRule) {
        lock(&self.shared.faults).add(rule);
    }

    /// The rules still in force.
    pub fn faults(&self) -> Vec<FaultRule> {
        lock(&self.shared.faults).list()
    }

    /// Takes all rules away.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// The requests so far, oldest first; only those of one path if given.
    pub fn journal(&self, endpoint: Option<&str>) -> Vec<JournalEntry> {
        lock(&self.shared.journal).entries(endpoint)
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        lock(&self.shared.journal).clear();
    }

    /// Every attempt to deliver a webhook, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.shared.deliveries).clone()
    }

    /// Waits until every webhook sent so far has been taken or given up.
    pub async fn webhooks_settled(&self) {
        self.shared.webhooks_settled().await;
    }

    /// Makes a new signing key and expires the old one; returns the new key's id.
    pub fn rotate_key(&self) -> String {
        lock(&self.shared.keys).rotate()
    }

    /// Sets the clock that dates webhooks so far ahead of the machine's, or behind it.
    pub fn set_webhook_clock(&self, ahead: TimeDelta) {
        lock(&self.shared.keys).ahead = ahead;
    }

    /// The id of the key that signs now.
    pub fn key_id(&self) -> String {
        lock(&self.shared.keys).live_id()
    }

    /// Sends any webhook, including those Plaid's Sandbox cannot fire on demand.
    ///
    /// # Errors
    /// Fails if the connection does not exist.
    pub fn fire_webhook(&self, id: &str, fire: FireWebhook) -> Result<(), ControlError> {
        self.with_item(id, |world, item| {
            let FireWebhook { webhook_type, webhook_code, extra } = fire;
            let known = notice(world, item, &webhook_type, &webhook_code);
            let known = known.unwrap_or_else(|_| Notice::plain(&webhook_type, &webhook_code));
            let full = extra.into_iter().fold(known, |notice, (key, value)| notice.with(&key, value));
            world.notify(item, full);
            Ok(())
        })
    }
}
