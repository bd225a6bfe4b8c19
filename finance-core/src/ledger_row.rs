//! A transaction reduced to what the judgements look at.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::model::{
    AccountId, ConnectionId, Currency, ProviderName, ProviderTransaction, RowOrigin, Transaction,
    TransactionEdits, TransactionState,
};

/// Stands for whichever connection fed an account before its present one: no connection has this number.
const EARLIER_CONNECTION: ConnectionId = ConnectionId::new(0);

/// One transaction as deduplication, reconciliation and the other judgements see it, wherever it comes from: a bank, a file,
/// or the user's own hand.
///
/// Judgements name rows by their place in the slice they were given, so a row needs no identifier of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The account it belongs to.
    pub account: AccountId,
    /// The calendar day, without a zone.
    pub date: NaiveDate,
    /// **Positive is money into the account, negative is money out of it.**
    pub amount: Decimal,
    /// The currency; `None` is the account's own, whichever that is.
    pub currency: Option<Currency>,
    /// The merchant or payee, where known.
    pub payee: Option<Arc<str>>,
    /// The bank's text.
    pub description: Option<Arc<str>>,
    /// The memo of a file, or the user's note.
    pub notes: Option<Arc<str>>,
    /// Who is on the other side by an identifier that stays the same from row to row: a merchant id, an account number.
    pub counterparty: Option<Arc<str>>,
    /// The identifier the source gave it: a provider's transaction id, a statement's FITID.
    pub imported_id: Option<Arc<str>>,
    /// Whether the bank may still replace, change or drop it.
    pub pending: bool,
    /// The `imported_id` of the pending row that this posted row replaces, where the provider tells.
    pub pending_of: Option<Arc<str>>,
    /// The provider it came through; `None` for a file or the user's own hand.
    pub provider: Option<Arc<str>>,
    /// The connection it came through.
    pub connection: Option<ConnectionId>,
    /// Whether it came through a re-link of an account already in the books, so that all its identifiers are new.
    pub relinked: bool,
    /// Whether it counts.
    pub state: TransactionState,
    /// Whether the user changed it.
    pub user_edited: bool,
    /// Whether it is a part of a split row, which the whole row already counts.
    pub is_part: bool,
}

impl LedgerRow {
    /// A posted row of the account's own currency with nothing else known.
    pub const fn new(account: AccountId, date: NaiveDate, amount: Decimal) -> Self {
        Self {
            account,
            date,
            amount,
            currency: None,
            payee: None,
            description: None,
            notes: None,
            counterparty: None,
            imported_id: None,
            pending: false,
            pending_of: None,
            provider: None,
            connection: None,
            relinked: false,
            state: TransactionState::Live,
            user_edited: false,
            is_part: false,
        }
    }

    /// Whether the row counts in a balance: it is live, and no part of a split.
    pub fn counts(&self) -> bool {
        self.state == TransactionState::Live && !self.is_part
    }

    /// Whether the row would count in a balance if the user had not deleted it.
    pub(crate) fn is_deleted(&self) -> bool {
        self.state == TransactionState::DeletedByUser && !self.is_part
    }

    /// Whether both rows are of one currency as far as they tell.
    pub fn same_currency(&self, other: &Self) -> bool {
        match (&self.currency, &other.currency) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        }
    }

    /// A row as this provider tells it, of an account of the books.
    pub(crate) fn of_provider(
        row: &ProviderTransaction,
        account: AccountId,
        connection: ConnectionId,
        provider: &ProviderName,
    ) -> Self {
        Self {
            imported_id: Some(row.id.as_str().into()),
            provider: Some(provider.as_str().into()),
            connection: Some(connection),
            ..Self::of_source(row, account)
        }
    }

    /// What the source of a row says of it, wherever it comes from.
    pub(crate) fn of_source(row: &ProviderTransaction, account: AccountId) -> Self {
        Self {
            currency: Some(row.amount.currency().clone()),
            payee: row.merchant_name.clone(),
            description: Some(row.original_description.as_ref().unwrap_or(&row.description).clone()),
            counterparty: row.merchant_id.clone(),
            pending: row.pending,
            pending_of: row.pending_id.as_ref().map(|id| id.as_str().into()),
            ..Self::new(account, row.date, row.amount.amount())
        }
    }

    /// A transaction of the books. Unless it came from a file or by hand, it came through this provider.
    pub fn of_transaction(transaction: &Transaction, provider: &ProviderName) -> Self {
        let from_provider = transaction.origin.is_reported();
        let connection = match transaction.origin {
            RowOrigin::Provider => Some(transaction.connection),
            RowOrigin::EarlierConnection => Some(EARLIER_CONNECTION),
            _ => None,
        };
        Self {
            date: transaction.date(),
            amount: transaction.amount().amount(),
            notes: transaction.edits.note.as_deref().map(Arc::from),
            imported_id: transaction.imported_id().map(Into::into),
            provider: from_provider.then(|| provider.as_str().into()),
            connection,
            state: transaction.state,
            user_edited: transaction.edits != TransactionEdits::default(),
            ..Self::of_source(&transaction.provider, transaction.account)
        }
    }
}

/// The places of the pending rows that a posted row of the same account names as the one it replaces: they are the same payment.
pub(crate) fn replaced_pendings(rows: &[LedgerRow]) -> BTreeSet<usize> {
    let posted = rows.iter().filter(|row| row.counts() && !row.pending);
    let named: BTreeSet<_> =
        posted.filter_map(|row| Some((row.account, row.pending_of.as_deref()?))).collect();
    let is_named = |row: &LedgerRow| {
        row.pending && row.imported_id.as_deref().is_some_and(|id| named.contains(&(row.account, id)))
    };
    (0..rows.len()).filter(|place| is_named(&rows[*place])).collect()
}
