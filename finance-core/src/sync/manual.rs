//! Accounts that the user keeps by hand, and transactions that the user types in.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::conflicts::again_on_conflict;
use super::{SyncEngine, SyncError, SyncErrorKind};
use crate::audit::{AuditDraft, AuditHead, AuditSubject};
use crate::model::{
    Account, AccountId, AccountStatus, Connection, Currency, InvalidEdit, MANUAL_ID_PREFIX,
    ManualAccountUpdate, Money, NewConnection, NewManualAccount, NewTransaction, PaymentChannel,
    ProviderAccount, ProviderAccountId, ProviderTransaction, ProviderTransactionId, RowOrigin, StatedBalance,
    Transaction, UserId,
};
use crate::store::{AccountChanges, ChangeSet, RowInsert, StatementWrite};

impl SyncEngine {
    /// Opens an account that the user keeps by hand and returns it. All of a user's manual accounts hang on one connection of
    /// the provider `manual`, made with the first of them; it has no access token and is never synced.
    ///
    /// The opening balance becomes the account's balance and a statement of its day; without one the balance is unknown.
    ///
    /// # Errors
    /// [`SyncErrorKind::InvalidInput`] when the name is blank, a text too long, or the balance out of reason. Nothing is
    /// changed then.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{AccountKind, Currency, NewManualAccount, StatedBalance, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let opening = StatedBalance { amount: parse_amount("80.00")?, day: "2026-01-01".parse()? };
    /// let wallet = NewManualAccount {
    ///     opening: Some(opening),
    ///     ..NewManualAccount::new("Wallet", AccountKind::DigitalWallet, Currency::iso("EUR")?)
    /// };
    /// let account = books.engine.create_manual_account(&books.user, &wallet).await?;
    /// assert_eq!(account.provider.balances.current, Some(opening.amount));
    /// assert_ne!(account.connection, books.connection);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn create_manual_account(
        &self,
        user: &UserId,
        new: &NewManualAccount,
    ) -> Result<Account, SyncError> {
        let _turn = self.entering.lock(user.clone()).await;
        let at = self.clock.now();
        let id = manual_id(self.store.audit_head(user).await?, at, &format!("{new:?}"));
        let id = ProviderAccountId::new(id).map_err(|error| internal(&error))?;
        let provider = new.account(id)?;
        let connection = self.store.insert_connection(NewConnection::manual(user, at)).await?;
        let draft =
            AuditDraft::new(self.actor.clone(), "manual_account_created", AuditSubject::NewAccount(0));
        let change = ChangeSet {
            audit: vec![draft.changing(None::<&()>, Some(new))],
            accounts: AccountChanges { listed: vec![provider], gone: Vec::new() },
            ..ChangeSet::new(connection.id, at)
        };
        let applied = self.store.apply(&change).await?;
        let id = applied.accounts.first().copied();
        let id = id.ok_or_else(|| internal(&"the store gave the account no identifier"))?;
        if let Some(opening) = new.opening {
            // The account had to be there first; without the statement it is none the less whole.
            let statements = self.statement_writes(user, id, Some(opening)).await?;
            self.store.apply(&ChangeSet { statements, ..ChangeSet::new(connection.id, at) }).await?;
        }
        self.own_account(user, id).await
    }

    /// Changes an account that the user keeps by hand, its balance included, and returns it as it stands afterwards. A balance
    /// is also a statement of its day. A change that changes nothing is not written.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account; [`SyncErrorKind::InvalidInput`] when a provider feeds
    /// it, when it is closed and the change does not open it again, and as for a new account. Nothing is changed then.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{
    ///     AccountKind, Currency, ManualAccountUpdate, NewManualAccount, StatedBalance, parse_amount,
    /// };
    ///
    /// let books = SampleBooks::new().await;
    /// let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, Currency::iso("USD")?);
    /// let jar = books.engine.create_manual_account(&books.user, &jar).await?;
    /// assert_eq!(jar.provider.balances.current, None);
    ///
    /// let counted = StatedBalance { amount: parse_amount("12.35")?, day: "2026-02-01".parse()? };
    /// let update = ManualAccountUpdate { balance: Some(Some(counted)), ..ManualAccountUpdate::default() };
    /// let jar = books.engine.update_manual_account(&books.user, jar.id, &update).await?;
    /// assert_eq!(jar.provider.balances.current, Some(counted.amount));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn update_manual_account(
        &self,
        user: &UserId,
        account: AccountId,
        update: &ManualAccountUpdate,
    ) -> Result<Account, SyncError> {
        let _turn = self.entering.lock(user.clone()).await;
        let before = self.manual_account(user, account).await?;
        if before.status == AccountStatus::Gone && !update.reopen {
            let message = format!("account {account} is closed: open it again with `reopen`");
            return Err(SyncError::invalid_input(message, "This account is closed."));
        }
        let after = update.applied(&before.provider)?;
        if after == before.provider && before.status == AccountStatus::Open {
            return Ok(before);
        }
        let listed = vec![after];
        let draft =
            self.account_draft("manual_account_updated", account, Some(&before.provider), listed.first());
        let change = ChangeSet {
            audit: vec![draft],
            accounts: AccountChanges { listed, gone: Vec::new() },
            statements: self.statement_writes(user, account, update.balance.flatten()).await?,
            ..ChangeSet::new(before.connection, self.clock.now())
        };
        self.store.apply(&change).await?;
        self.own_account(user, account).await
    }

    /// Closes an account that the user keeps by hand and returns it. Its history stays, and until
    /// [`SyncEngine::update_manual_account`] opens it again nothing is entered into it, by hand or from a file. Closing it again
    /// changes nothing.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account, [`SyncErrorKind::InvalidInput`] when a provider feeds
    /// it.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{AccountKind, AccountStatus, Currency, NewManualAccount};
    ///
    /// let books = SampleBooks::new().await;
    /// let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, Currency::iso("USD")?);
    /// let jar = books.engine.create_manual_account(&books.user, &jar).await?;
    /// let jar = books.engine.close_manual_account(&books.user, jar.id).await?;
    /// assert_eq!(jar.status, AccountStatus::Gone);
    /// assert!(books.engine.close_manual_account(&books.user, books.accounts[0]).await.is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn close_manual_account(
        &self,
        user: &UserId,
        account: AccountId,
    ) -> Result<Account, SyncError> {
        let _turn = self.entering.lock(user.clone()).await;
        let before = self.manual_account(user, account).await?;
        if before.status == AccountStatus::Gone {
            return Ok(before);
        }
        let draft = self.account_draft("manual_account_closed", account, Some(&before.provider), None);
        let change = ChangeSet {
            audit: vec![draft],
            accounts: AccountChanges { listed: Vec::new(), gone: vec![account] },
            ..ChangeSet::new(before.connection, self.clock.now())
        };
        self.store.apply(&change).await?;
        self.own_account(user, account).await
    }

    /// Takes a transaction that the user typed in into any account of the user's, kept by hand or linked, and returns it.
    ///
    /// It counts from now on and can be edited and deleted like any other. Should the bank report the same movement later, the
    /// sync finds that out and the row becomes the bank's, identifier and edits kept.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account; [`SyncErrorKind::InvalidInput`] for an amount of zero or
    /// out of reason, a day out of reason, texts that are too long, another currency than the account's, and none where the
    /// account's is unknown, and when the account is kept by hand and closed. Nothing is changed then.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewTransaction, RowOrigin, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let coffee = NewTransaction {
    ///     category: Some("Coffee".to_owned()),
    ///     ..NewTransaction::new("2026-01-05".parse()?, parse_amount("-4.50")?, "Blue Bottle")
    /// };
    /// let row = books.engine.add_transaction(&books.user, books.accounts[0], &coffee).await?;
    /// assert_eq!((row.name(), row.category(), row.origin), ("Blue Bottle", Some("Coffee"), RowOrigin::Manual));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn add_transaction(
        &self,
        user: &UserId,
        account: AccountId,
        new: &NewTransaction,
    ) -> Result<Transaction, SyncError> {
        new.check()?;
        let _turn = self.entering.lock(user.clone()).await;
        let account = self.open_account(user, account).await?;
        let currency = entry_currency(&account, new.currency.as_ref())?;
        again_on_conflict(|| self.try_to_add(user, &account, &currency, new)).await
    }

    async fn try_to_add(
        &self,
        user: &UserId,
        account: &Account,
        currency: &Currency,
        new: &NewTransaction,
    ) -> Result<Transaction, SyncError> {
        let at = self.clock.now();
        let id = manual_id(self.store.audit_head(user).await?, at, &format!("{} {new:?}", account.id));
        let id = ProviderTransactionId::new(id).map_err(|error| internal(&error))?;
        let row = entry_row(id, account, currency, new);
        let edits = Some(Box::new(new.edits()));
        let draft = AuditDraft::new(self.actor.clone(), "transaction_added", AuditSubject::NewTransaction(0));
        let change = ChangeSet {
            audit: vec![draft.changing(None::<&()>, Some(new))],
            inserts: vec![RowInsert { edits, ..RowInsert::new(row, RowOrigin::Manual) }],
            ..ChangeSet::new(account.connection, at)
        };
        let applied = self.store.apply(&change).await?;
        let id = applied.transactions.first().copied();
        let id = id.ok_or_else(|| internal(&"the store gave the row no identifier"))?;
        Ok(self.store.transaction(user, id).await?)
    }

    /// What makes a stated balance a statement of its day, unless it is one.
    pub(super) async fn statement_writes(
        &self,
        user: &UserId,
        account: AccountId,
        stated: Option<StatedBalance>,
    ) -> Result<Vec<StatementWrite>, SyncError> {
        let Some(StatedBalance { amount, day: date }) = stated else { return Ok(Vec::new()) };
        let statements = self.store.statements(user, account).await?;
        let before = statements.iter().find(|statement| statement.date == date);
        let before = before.map(|statement| statement.balance);
        let write = StatementWrite { account, date, before, after: Some(amount) };
        Ok(if before == Some(amount) { Vec::new() } else { vec![write] })
    }

    /// An account of the user's.
    pub(super) async fn own_account(&self, user: &UserId, id: AccountId) -> Result<Account, SyncError> {
        let accounts = self.store.accounts(user).await?;
        accounts.into_iter().find(|account| account.id == id).ok_or_else(|| {
            SyncError::new(SyncErrorKind::NotFound, format!("there is no account {id} for this user"))
        })
    }

    /// An account of the user's into which something may be entered. What a bank no longer lists still has a history.
    pub(super) async fn open_account(&self, user: &UserId, id: AccountId) -> Result<Account, SyncError> {
        let account = self.own_account(user, id).await?;
        let is_open = account.status == AccountStatus::Open;
        if is_open || !self.store.connection(user, account.connection).await?.is_manual() {
            return Ok(account);
        }
        Err(closed(id))
    }

    /// An account that the user keeps by hand.
    async fn manual_account(&self, user: &UserId, id: AccountId) -> Result<Account, SyncError> {
        let account = self.own_account(user, id).await?;
        let connection = self.store.connection(user, account.connection).await?;
        if connection.is_manual() {
            return Ok(account);
        }
        let message = format!("account {id} is not kept by hand: {} feeds it", connection.provider);
        Err(SyncError::invalid_input(message, "This account is kept by your bank, not by hand."))
    }

    fn account_draft(
        &self,
        action: &'static str,
        account: AccountId,
        before: Option<&ProviderAccount>,
        after: Option<&ProviderAccount>,
    ) -> AuditDraft {
        AuditDraft::new(self.actor.clone(), action, AuditSubject::Account(account)).changing(before, after)
    }
}

fn closed(account: AccountId) -> SyncError {
    let message =
        format!("account {account} is closed: open it again with `update_manual_account` and `reopen`");
    SyncError::new(SyncErrorKind::InvalidInput, message)
}

/// Refuses what only a provider can do for a connection that the user keeps by hand.
pub(super) fn refuse_manual(connection: &Connection) -> Result<(), SyncError> {
    if !connection.is_manual() {
        return Ok(());
    }
    let message = format!("connection {} is kept by hand: no provider feeds it", connection.id);
    Err(SyncError::invalid_input(message, "This account is kept by hand: there is no bank to ask."))
}

/// An identifier of 128 bits for what is entered by hand. The user's trail ends with another entry each time, so only the same
/// entry made twice at once gets the same, and the store refuses the second.
fn manual_id(head: AuditHead, at: DateTime<Utc>, entry: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(head.hash.0);
    hash.update(at.timestamp_micros().to_be_bytes());
    hash.update(entry);
    let digest = hash.finalize();
    digest.iter().take(16).fold(MANUAL_ID_PREFIX.to_owned(), |id, byte| id + &format!("{byte:02x}"))
}

/// The currency of a new row: the account's, which one given must be.
pub(super) fn entry_currency(account: &Account, given: Option<&Currency>) -> Result<Currency, InvalidEdit> {
    match (account.provider.balances.currency.as_ref(), given) {
        (Some(own), Some(given)) if own != given => {
            Err(InvalidEdit::OtherCurrency { account: own.clone(), given: given.clone() })
        }
        (own, given) => own.or(given).cloned().ok_or(InvalidEdit::NoCurrency),
    }
}

fn entry_row(
    id: ProviderTransactionId,
    account: &Account,
    currency: &Currency,
    new: &NewTransaction,
) -> ProviderTransaction {
    ProviderTransaction {
        id,
        account: account.provider.id.clone(),
        amount: Money::new(new.amount, currency.clone()),
        date: new.date,
        authorized_date: None,
        datetime: None,
        authorized_datetime: None,
        pending: false,
        pending_id: None,
        description: new.description.as_str().into(),
        original_description: None,
        merchant_name: new.payee.as_deref().map(Into::into),
        merchant_id: None,
        category: None,
        channel: PaymentChannel::Other,
        code: None,
        check_number: new.check_number.as_deref().map(Into::into),
        merchant_category_code: None,
        raw: None,
    }
}

pub(super) fn internal(what: &dyn std::fmt::Display) -> SyncError {
    SyncError::new(SyncErrorKind::Internal, what.to_string())
}
