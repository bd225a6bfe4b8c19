//! `preview_import` and `import_file`: a bank's file into an account.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::conflicts::again_on_conflict;
use super::import_planner::{ImportGround, ImportPlan, plan_import};
use super::manual::entry_currency;
use super::{ImportAction, ImportSuggestion, RowVerdict, SyncEngine, SyncError, SyncProgress};
use crate::account_kind::AccountClass;
use crate::audit::{AuditDraft, AuditHash, AuditSubject};
use crate::import::{
    CsvLayout, FileBalance, FileContents, FileFormat, FileRow, FileStatement, ImportError, ImportFormat,
    RowFault, RowIds, RowProblem, read_file, row_ids,
};
use crate::model::{
    Account, AccountId, Currency, DateWindow, Money, ProviderTransactionId, StatedBalance, Transaction,
    TransactionId, UserId,
};
use crate::store::{Applied, ChangeSet, KnownTransactions, RowSelection, StatementWrite, TransactionQuery};

/// A file to be taken into an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportRequest {
    /// The file as it is.
    pub bytes: Vec<u8>,
    /// How to read it.
    pub format: ImportFormat,
    /// Which of the file's accounts is meant, by its number there; needed when it has several.
    pub file_account: Option<String>,
    /// Takes the other rows when some cannot be read. Otherwise nothing is taken then.
    pub skip_unreadable: bool,
}

impl ImportRequest {
    /// A file that is read as what it looks like, whole or not at all.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), ..Self::default() }
    }
}

/// What a file brings, or brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// What the file is.
    pub format: FileFormat,
    /// How it was read, when it is a table.
    pub layout: Option<CsvLayout>,
    /// The number of the account in the file, where told.
    pub file_account: Option<String>,
    /// Its rows in order, each with what becomes of it.
    pub rows: Vec<ImportedRow>,
    /// What could not be read.
    pub problems: Vec<RowProblem>,
    /// Pairs that may be one transaction, best first.
    pub suggestions: Vec<ImportSuggestion>,
    /// The bank's own closing balance, where told; in the account's currency unless it names another one.
    pub balance: Option<FileBalance>,
    /// Whether the balance becomes a statement of the account: not when it has one of that day, not when a debt is told as a
    /// positive balance, which may mean either, and not in another currency than the account's, which is a problem.
    pub balance_is_new: bool,
    /// Purchases and sales of securities in the file, which are not read.
    pub securities: usize,
}

impl ImportReport {
    /// How many rows something becomes of.
    pub fn count(&self, action: ImportAction) -> usize {
        self.rows.iter().filter(|row| row.verdict.action == action).count()
    }
}

/// A row of a file with what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportedRow {
    /// What the file says.
    pub row: FileRow,
    /// The amount in its currency. Positive is money into the account.
    pub amount: Money,
    /// What becomes of it. After an import it names the row of the books even if that is new.
    pub verdict: RowVerdict,
}

impl SyncEngine {
    /// Tells what an import of a file would do, and changes nothing. Rows that cannot be read are listed with line and field.
    ///
    /// # Errors
    /// As for [`SyncEngine::import_file`], but that rows that cannot be read are no error.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ImportAction, ImportRequest};
    ///
    /// let books = SampleBooks::new().await;
    /// let file = ImportRequest::new("Date,Description,Amount\n2026-01-05,Rent,-900.00\n2026-01-06,?,abc\n");
    /// let report = books.engine.preview_import(&books.user, books.accounts[0], &file).await?;
    /// assert_eq!(report.count(ImportAction::Insert), 1);
    /// assert_eq!(report.problems[0].to_string(), "line 3, amount: `abc` is no amount");
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn preview_import(
        &self,
        user: &UserId,
        account: AccountId,
        request: &ImportRequest,
    ) -> Result<ImportReport, SyncError> {
        let account = self.open_account(user, account).await?;
        let file = self.read(&account, request)?;
        let planned = self.plan_file(user, &account, &file).await?;
        Ok(file.report(planned, None))
    }

    /// Takes a file of the bank, CSV or OFX (QFX), into any account of the user's, whole or not at all, and tells row by row what
    /// became of it.
    ///
    /// A row that stands in the books already, from the bank, by hand or from an earlier file, is not entered again, and one that
    /// the user deleted stays deleted; one that the bank took back counts again, as the file's. The same file again changes
    /// nothing, and of files that overlap each row enters once. A closing balance becomes a statement of the account.
    ///
    /// # Errors
    /// Nothing is changed when there is one. [`SyncErrorKind::NotFound`](super::SyncErrorKind::NotFound) when the user has
    /// no such account. [`SyncErrorKind::InvalidInput`](super::SyncErrorKind::InvalidInput) when the account is kept by hand
    /// and closed, and for everything that is wrong with the file or must be chosen; then its source is the [`ImportError`],
    /// which says what and where.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ImportAction, ImportRequest};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[1]);
    /// let file = ImportRequest::new("Date,Description,Amount\n2026-01-05,Rent,-900.00\n2026-01-06,Salary,3000.00\n");
    /// assert_eq!(engine.import_file(user, account, &file).await?.count(ImportAction::Insert), 2);
    /// assert_eq!(engine.import_file(user, account, &file).await?.count(ImportAction::Unchanged), 2);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn import_file(
        &self,
        user: &UserId,
        account: AccountId,
        request: &ImportRequest,
    ) -> Result<ImportReport, SyncError> {
        let _turn = self.entering.lock(user.clone()).await;
        let account = self.open_account(user, account).await?;
        let file = self.read(&account, request)?;
        if let Some(first) = file.problems.first().filter(|_| !request.skip_unreadable) {
            return Err(ImportError::Rows { count: file.problems.len(), first: first.clone() }.into());
        }
        again_on_conflict(|| self.try_to_import(user, &account, &file, request)).await
    }

    async fn try_to_import(
        &self,
        user: &UserId,
        account: &Account,
        file: &ReadFile,
        request: &ImportRequest,
    ) -> Result<ImportReport, SyncError> {
        let mut planned = self.plan_file(user, account, file).await?;
        let change = &planned.change;
        let changes =
            change.inserts.len() + change.updates.len() + change.known_as.len() + change.edits.len();
        if changes == 0 && change.statements.is_empty() {
            return Ok(file.report(planned, None));
        }
        let report = file.report(planned.clone(), None);
        let draft = AuditDraft::new(self.actor.clone(), "file_imported", AuditSubject::Account(account.id));
        planned.change.audit.push(draft.changing(None::<&()>, Some(&summary(&report, &request.bytes))));
        let rows = changes as u64;
        self.tell(SyncProgress::Storing { connection: account.connection, rows });
        let applied = self.store.apply(&planned.change).await?;
        Ok(file.report(planned, Some(&applied)))
    }

    /// Reads a file and picks the account in it that is meant.
    fn read(&self, account: &Account, request: &ImportRequest) -> Result<ReadFile, SyncError> {
        let contents = read_file(&request.bytes, &request.format, &self.options.imports)?;
        let FileContents { format, layout, statements } = contents;
        let statement = chosen(statements, request.file_account.as_deref())?;
        let FileStatement { account: number, currency, rows: told, mut problems, balance, securities } =
            statement;
        let (mut rows, mut amounts) = (Vec::new(), Vec::new());
        for row in told {
            let given = row.currency.as_ref().or(currency.as_ref());
            match other_currency(account, given) {
                Some(other) => problems.push(in_other_currency(row.line, other)),
                None => {
                    amounts.push(Money::new(row.amount, entry_currency(account, given)?));
                    rows.push(row);
                }
            }
        }
        let balance = balance.map(|told| {
            let own = account.provider.balances.currency.clone();
            FileBalance { currency: told.currency.or(own), ..told }
        });
        let other = balance
            .as_ref()
            .and_then(|told| Some((told.line, other_currency(account, told.currency.as_ref())?)));
        problems.extend(other.map(|(line, currency)| in_other_currency(line, currency)));
        problems.sort_by_key(|problem| problem.line);
        let ids =
            row_ids(&rows, account.id).ok_or_else(|| super::manual::internal(&"a row has no identifier"))?;
        Ok(ReadFile { format, layout, number, rows, amounts, ids, problems, balance, securities })
    }

    async fn plan_file(
        &self,
        user: &UserId,
        account: &Account,
        file: &ReadFile,
    ) -> Result<ImportPlan, SyncError> {
        let connection = self.store.connection(user, account.connection).await?;
        self.tell(SyncProgress::Comparing { connection: connection.id, rows: file.rows.len() as u64 });
        let ids: Vec<ProviderTransactionId> =
            file.ids.iter().flat_map(|ids| ids.by_bank.iter().chain([&ids.by_content])).cloned().collect();
        let known = self.store.known_transactions(connection.id, KnownTransactions::Among(&ids)).await?;
        let known: HashMap<ProviderTransactionId, TransactionId> =
            known.into_iter().map(|known| (known.provider_id, known.id)).collect();
        let stored = self.rows_about(user, account, file, &known).await?;
        let ground = ImportGround { account, provider: &connection.provider, stored: &stored, known: &known };
        // Rows that a sync brings from here on make the revision grow, and the file is compared anew.
        let revision = Some(connection.revision);
        let change = ChangeSet { revision, ..ChangeSet::new(connection.id, self.clock.now()) };
        let mut plan =
            plan_import(&ground, &file.rows, &file.amounts, &file.ids, &self.options.dedup, change);
        plan.change.statements = self.file_statement(user, account, file.balance.as_ref()).await?;
        Ok(plan)
    }

    /// The rows of the account about the days of a file, and those to which its identifiers lead.
    async fn rows_about(
        &self,
        user: &UserId,
        account: &Account,
        file: &ReadFile,
        known: &HashMap<ProviderTransactionId, TransactionId>,
    ) -> Result<Vec<Transaction>, SyncError> {
        let days = file.rows.iter().map(|row| row.date);
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Ok(Vec::new()) };
        let window: DateWindow = self.days_around(first, last);
        let (accounts, rows) = (vec![account.id], RowSelection::Any);
        let query = TransactionQuery { accounts, window, rows, ..TransactionQuery::default() };
        let mut stored = self.all_transactions(user, query).await?;
        let found: std::collections::HashSet<TransactionId> = stored.iter().map(|row| row.id).collect();
        let mut elsewhere: Vec<TransactionId> = known.values().copied().collect();
        elsewhere.retain(|id| !found.contains(id));
        elsewhere.sort_unstable();
        elsewhere.dedup();
        for id in elsewhere {
            stored.push(self.store.transaction(user, id).await?);
        }
        Ok(stored)
    }

    /// What makes the closing balance of a file a statement.
    async fn file_statement(
        &self,
        user: &UserId,
        account: &Account,
        balance: Option<&FileBalance>,
    ) -> Result<Vec<StatementWrite>, SyncError> {
        let owed = account.classification().kind.class() == AccountClass::Liability;
        let is_plain = |told: &&FileBalance| !owed || told.amount.is_sign_negative() || told.amount.is_zero();
        let is_own = |told: &&FileBalance| other_currency(account, told.currency.as_ref()).is_none();
        let stated = balance.filter(is_plain).filter(is_own);
        let stated = stated.map(|told| StatedBalance { amount: told.amount, day: told.day });
        let mut writes = self.statement_writes(user, account.id, stated).await?;
        writes.retain(|write| write.before.is_none());
        Ok(writes)
    }
}

/// The currency given, when it is another one than the account's.
fn other_currency<'a>(account: &Account, given: Option<&'a Currency>) -> Option<&'a Currency> {
    let own = account.provider.balances.currency.as_ref()?;
    given.filter(|given| *given != own)
}

fn in_other_currency(line: usize, currency: &Currency) -> RowProblem {
    let (field, found) = ("currency".to_owned(), currency.code().to_owned());
    RowProblem { line, field, found, fault: RowFault::OtherCurrency }
}

/// The statement of a file that is meant.
fn chosen(statements: Vec<FileStatement>, number: Option<&str>) -> Result<FileStatement, ImportError> {
    let numbers: Vec<String> = statements
        .iter()
        .map(|it| it.account.clone().unwrap_or_else(|| "without a number".to_owned()))
        .collect();
    let mut fitting = statements.into_iter().filter(|it| number.is_none() || it.account.as_deref() == number);
    match (fitting.next(), fitting.next(), number) {
        (Some(only), None, _) => Ok(only),
        (Some(_), Some(_), _) => Err(ImportError::SeveralAccounts(numbers)),
        (None, _, Some(number)) => Err(ImportError::UnknownAccount(number.to_owned())),
        (None, ..) => Err(ImportError::NoStatement),
    }
}

/// A file as it was read for an account.
struct ReadFile {
    format: FileFormat,
    layout: Option<CsvLayout>,
    number: Option<String>,
    rows: Vec<FileRow>,
    amounts: Vec<Money>,
    ids: Vec<RowIds>,
    problems: Vec<RowProblem>,
    balance: Option<FileBalance>,
    securities: usize,
}

impl ReadFile {
    fn report(&self, planned: ImportPlan, applied: Option<&Applied>) -> ImportReport {
        let ImportPlan { change, verdicts, suggestions } = planned;
        let mut new = applied.map_or(&[][..], |applied| &applied.transactions).iter().copied();
        let rows = self.rows.iter().zip(&self.amounts).zip(verdicts).map(|((row, amount), mut verdict)| {
            if verdict.action == ImportAction::Insert {
                verdict.transaction = new.next();
            }
            ImportedRow { row: row.clone(), amount: amount.clone(), verdict }
        });
        ImportReport {
            format: self.format,
            layout: self.layout.clone(),
            file_account: self.number.clone(),
            rows: rows.collect(),
            problems: self.problems.clone(),
            suggestions,
            balance: self.balance.clone(),
            balance_is_new: !change.statements.is_empty(),
            securities: self.securities,
        }
    }
}

/// What the trail says of an import.
fn summary(report: &ImportReport, bytes: &[u8]) -> serde_json::Value {
    let days: Vec<NaiveDate> = report.rows.iter().map(|row| row.row.date).collect();
    json!({
        "sha256": AuditHash(Sha256::digest(bytes).into()).to_string(),
        "format": report.format,
        "rows": report.rows.len(),
        "unreadable": report.problems.len(),
        "first_day": days.iter().min(),
        "last_day": days.iter().max(),
        "inserted": report.count(ImportAction::Insert),
        "updated": report.count(ImportAction::Update),
        "restored": report.count(ImportAction::Restore),
        "matched": report.count(ImportAction::Match),
        "unchanged": report.count(ImportAction::Unchanged),
        "kept_deleted": report.count(ImportAction::KeptDeleted),
    })
}
