//! A ROW of a case as a row of a ledger.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use finance_core::{AccountId, ConnectionId, Currency, LedgerRow, TransactionState};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::case::{Fault, Object};
use crate::field::{Amount, Day, Id, Scalar};

/// One transaction as a case writes it. Keys that are not listed are passed over.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a row such as {\"id\":\"t1\",\"date\":\"2026-03-31\",\"amount\":\"-12.50\"}")]
pub(crate) struct Row<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Id<'a>>,
    #[serde(borrow)]
    account: Option<Id<'a>>,
    date: Day,
    amount: Amount,
    currency: Option<CurrencyCode>,
    payee: Option<Arc<str>>,
    description: Option<Arc<str>>,
    notes: Option<Arc<str>>,
    #[serde(borrow)]
    counterparty: Option<Scalar<'a>>,
    #[serde(borrow)]
    imported_id: Option<Scalar<'a>>,
    pending: Option<bool>,
    #[serde(borrow)]
    pending_of: Option<Scalar<'a>>,
    provider: Option<Arc<str>>,
    #[serde(borrow)]
    connection: Option<Scalar<'a>>,
    relinked: Option<bool>,
    deleted: Option<bool>,
    user_edited: Option<bool>,
    #[serde(borrow)]
    parent_id: Option<Scalar<'a>>,
}

/// Sources that are no provider: rows of a file or of the user's own hand.
const NO_PROVIDER: &[&str] = &["", "file", "manual", "csv", "ofx", "qfx", "qif", "camt", "mt940"];

impl<'a> Row<'a> {
    pub(crate) fn into_ledger_row(self, names: &mut Names<'a>) -> LedgerRow {
        // Tables turned into JSON write a missing identifier as an empty one, which would be the same for all rows.
        let told = |scalar: &Scalar<'_>| !scalar.text().is_empty();
        let text = |scalar: Option<Scalar<'_>>| scalar.filter(told).map(|scalar| Arc::from(scalar.text()));
        let of_provider = |name: &Arc<str>| !NO_PROVIDER.iter().any(|none| none.eq_ignore_ascii_case(name));
        LedgerRow {
            currency: self.currency.map(|code| code.0),
            payee: self.payee,
            description: self.description,
            notes: self.notes,
            counterparty: text(self.counterparty),
            imported_id: text(self.imported_id),
            pending: self.pending.unwrap_or_default(),
            pending_of: text(self.pending_of),
            provider: self.provider.filter(of_provider),
            connection: self.connection.filter(told).map(|name| names.connection(name)),
            relinked: self.relinked.unwrap_or_default(),
            state: match self.deleted {
                Some(true) => TransactionState::DeletedByUser,
                _ => TransactionState::Live,
            },
            user_edited: self.user_edited.unwrap_or_default(),
            is_part: self.parent_id.filter(told).is_some(),
            ..LedgerRow::new(
                names.account(self.account.filter(|id| told(&id.name()))),
                self.date.0,
                self.amount.0,
            )
        }
    }
}

/// The ledger rows of a list, and their identifiers, by which the answer names them.
pub(crate) fn ledger_rows<'a>(
    list: &str,
    rows: Vec<Object<Row<'a>>>,
    names: &mut Names<'a>,
) -> Result<(Vec<Id<'a>>, Vec<LedgerRow>), Fault> {
    let row = |(index, Object(row)): (usize, Object<Row<'a>>)| match row.id {
        Some(id) => Ok((id, row.into_ledger_row(names))),
        None => Err(Fault::at(format!("{list}[{index}].id"), "is missing: the answer names rows by it")),
    };
    let (ids, rows): (Vec<_>, Vec<_>) =
        rows.into_iter().enumerate().map(row).collect::<Result<_, Fault>>()?;
    no_repeats(list, &ids)?;
    Ok((ids, rows))
}

/// Refuses a list in which two have the same identifier: an answer that names it would mean either.
pub(crate) fn no_repeats(list: &str, ids: &[Id<'_>]) -> Result<(), Fault> {
    let mut seen = HashSet::with_capacity(ids.len());
    let Some(second) = ids.iter().position(|id| !seen.insert(id.name())) else { return Ok(()) };
    let first = ids.iter().position(|id| id.name() == ids[second].name()).unwrap_or(second);
    let message = format!("is that of {list}[{first}], too: the answer could not tell them apart");
    Err(Fault::at(format!("{list}[{second}].id"), message))
}

/// Rows by their identifiers, in the order of their places.
pub(crate) fn named<'a>(ids: &[Id<'a>], places: &[usize]) -> Vec<Id<'a>> {
    places.iter().filter_map(|place| ids.get(*place).copied()).collect()
}

/// The numbers under which one case's accounts and connections go.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    accounts: HashMap<Scalar<'a>, AccountId>,
    connections: HashMap<Scalar<'a>, ConnectionId>,
    written: Vec<Id<'a>>,
}

impl<'a> Names<'a> {
    /// Rows that name no account are all of the same one, 0; the others are numbered from 1 on as they first appear.
    pub(crate) fn account(&mut self, id: Option<Id<'a>>) -> AccountId {
        let Some(id) = id else { return AccountId::new(0) };
        *self.accounts.entry(id.name()).or_insert_with(|| {
            self.written.push(id);
            AccountId::new(number(self.written.len()))
        })
    }

    fn connection(&mut self, name: Scalar<'a>) -> ConnectionId {
        let next = ConnectionId::new(number(self.connections.len()));
        *self.connections.entry(name).or_insert(next)
    }

    /// An account as it was first written; `None` for the one without a name.
    pub(crate) fn written(&self, account: AccountId) -> Option<Id<'a>> {
        let place = account.number().checked_sub(1)?;
        self.written.get(usize::try_from(place).ok()?).copied()
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An ISO 4217 code in any case, or any other text as an unofficial code.
#[derive(Debug)]
pub(crate) struct CurrencyCode(pub(crate) Currency);

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        let currency = Currency::from_key(&code).or_else(|_| Currency::unofficial(&code));
        currency.map(Self).map_err(|_| D::Error::custom("is empty: leave it out where it is not known"))
    }
}
