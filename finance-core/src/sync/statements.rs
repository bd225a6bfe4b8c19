//! Statements: what the user holds in hand of the bank's.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;

use super::{SyncEngine, SyncError, SyncErrorKind};
use crate::audit::{AuditDraft, AuditSubject};
use crate::model::{AccountId, InvalidEdit, SignConvention, Statement, UserId, check_amount, check_day};
use crate::reconcile::Anchor;
use crate::store::{ChangeSet, StatementWrite, StoreErrorKind};

/// Tries after somebody else wrote the same statement in between.
const TRIES: usize = 5;

/// A statement as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatement {
    /// The day at whose end the account held the balance: every row dated on this day or before it is contained.
    pub date: NaiveDate,
    /// The closing balance as printed, in the account's currency.
    pub balance: Decimal,
    /// How the balance is signed. Cards and loans that print a debt as a positive number are
    /// [`SignConvention::PositiveOut`]; for accounts that are owned it makes no difference.
    pub convention: SignConvention,
}

impl NewStatement {
    /// A balance in our sign: **what is owed is negative**.
    pub const fn new(date: NaiveDate, balance: Decimal) -> Self {
        Self { date, balance, convention: SignConvention::PositiveIn }
    }
}

impl SyncEngine {
    /// Adds a statement that the account is compared with from now on, in place of one of the same day. On its day it is
    /// believed rather than what the bank's interface told.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account; [`SyncErrorKind::InvalidInput`] for a day before 1900 or
    /// after tomorrow (UTC), since it may be tomorrow where the user is, and for a balance of more than 15 digits before the
    /// point; its source is the [`InvalidEdit`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewStatement, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let date = "2025-12-31".parse()?;
    /// engine.add_statement(user, account, &NewStatement::new(date, parse_amount("110.00")?)).await?;
    /// assert_eq!(engine.statements(user, account).await?[0].balance, parse_amount("110.00")?);
    /// engine.remove_statement(user, account, date).await?;
    /// assert_eq!(engine.statements(user, account).await?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn add_statement(
        &self,
        user: &UserId,
        account: AccountId,
        statement: &NewStatement,
    ) -> Result<Statement, SyncError> {
        let &NewStatement { date, balance, convention } = statement;
        check_day(date)?;
        if date > tomorrow(self.clock.now()) {
            return Err(InvalidEdit::FutureDay(date).into());
        }
        check_amount(balance)?;
        let owner = self.own_account(user, account).await?;
        let class = owner.classification().kind.class();
        let after = Anchor::of_statement(date, balance, class, convention).balance;
        self.write(user, owner.connection, StatementWrite { account, date, before: None, after }).await?;
        let written = self.statements(user, account).await?;
        written.into_iter().find(|written| written.date == date).ok_or_else(|| no_statement(account, date))
    }

    /// Takes a statement back: the account is compared with it no longer.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account, or the account no statement of that day.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewStatement, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let statement = NewStatement::new("2025-12-20".parse()?, parse_amount("105.00")?);
    /// engine.add_statement(user, account, &statement).await?;
    /// engine.remove_statement(user, account, statement.date).await?;
    /// assert!(engine.remove_statement(user, account, statement.date).await.is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn remove_statement(
        &self,
        user: &UserId,
        account: AccountId,
        date: NaiveDate,
    ) -> Result<(), SyncError> {
        let owner = self.own_account(user, account).await?;
        let write = StatementWrite { account, date, before: None, after: None };
        if self.write(user, owner.connection, write).await? {
            return Ok(());
        }
        Err(no_statement(account, date))
    }

    /// The statements of an account, oldest first, with balances in our sign.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewStatement, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let statement = NewStatement::new("2025-12-20".parse()?, parse_amount("105.00")?);
    /// engine.add_statement(user, account, &statement).await?;
    /// let listed = engine.statements(user, account).await?;
    /// assert_eq!((listed.len(), listed[0].date), (1, statement.date));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn statements(&self, user: &UserId, account: AccountId) -> Result<Vec<Statement>, SyncError> {
        Ok(self.store.statements(user, account).await?)
    }

    /// Writes over whatever the statement of that day says, and tells whether that made a difference.
    async fn write(
        &self,
        user: &UserId,
        connection: crate::ConnectionId,
        write: StatementWrite,
    ) -> Result<bool, SyncError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let stored = self.store.statements(user, write.account).await?;
            let stored = stored.into_iter().find(|stored| stored.date == write.date);
            let write = StatementWrite { before: stored.map(|stored| stored.balance), ..write.clone() };
            if write.before == write.after {
                return Ok(false);
            }
            let change = ChangeSet {
                audit: vec![self.statement_draft(&write)],
                statements: vec![write],
                ..ChangeSet::new(connection, self.clock.now())
            };
            match self.store.apply(&change).await {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == StoreErrorKind::Conflict && tries < TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What the trail says of a statement that is written.
    pub(super) fn statement_draft(&self, write: &StatementWrite) -> AuditDraft {
        let told = |balance: Option<Decimal>| {
            balance.map(|balance| json!({ "date": write.date, "balance": balance.to_string() }))
        };
        let action = match (write.before, write.after) {
            (None, _) => "statement_added",
            (Some(_), Some(_)) => "statement_changed",
            (Some(_), None) => "statement_removed",
        };
        let draft = AuditDraft::new(self.actor.clone(), action, AuditSubject::Account(write.account));
        draft.changing(told(write.before).as_ref(), told(write.after).as_ref())
    }
}

/// The last day (UTC) on which it may be today where the user is.
pub(super) fn tomorrow(now: DateTime<Utc>) -> NaiveDate {
    now.date_naive().checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX)
}

fn no_statement(account: AccountId, date: NaiveDate) -> SyncError {
    SyncError::new(SyncErrorKind::NotFound, format!("account {account} has no statement of {date}"))
}
