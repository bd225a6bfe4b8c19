//! The JSON of a transaction.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::account::write_currency;
use crate::world::account::Account;
use crate::world::ids::IdSpace;
use crate::world::life::statement;
use crate::world::merchants::{Taxonomy, json_tail};
use crate::world::row::{Fields, Row};
use crate::{amount, json};

/// Writes transactions of one connection as one request wants them.
#[derive(Debug)]
pub(crate) struct TransactionWriter {
    ids: IdSpace,
    /// Per account: the opening brace, the account's id and its currency.
    heads: Vec<Head>,
    taxonomy: Taxonomy,
    original_description: bool,
}

#[derive(Debug)]
struct Head {
    id: Vec<u8>,
    currency: Vec<u8>,
}

impl TransactionWriter {
    pub(crate) fn new(
        ids: IdSpace,
        accounts: &[Account],
        taxonomy: Taxonomy,
        original_description: bool,
    ) -> Self {
        let heads = (0u16..).zip(accounts).map(|(index, account)| Head::new(ids, index, account)).collect();
        Self { ids, heads, taxonomy, original_description }
    }

    /// Appends one transaction.
    pub(crate) fn write(&self, out: &mut Vec<u8>, number: u32, row: &Row) {
        match &row.fields {
            None => self.write_plain(out, number, row),
            Some(fields) => {
                let mut plain = Vec::new();
                self.write_plain(&mut plain, number, row);
                write_overridden(out, &plain, fields);
            }
        }
    }

    fn write_plain(&self, out: &mut Vec<u8>, number: u32, row: &Row) {
        let Some(head) = self.heads.get(usize::from(row.account)) else { return };
        out.extend_from_slice(&head.id);
        match &row.currency {
            None => out.extend_from_slice(&head.currency),
            Some(currency) => write_currency(out, currency),
        }
        out.extend_from_slice(b",\"account_owner\":null,\"amount\":");
        amount::write(out, row.amount);
        out.extend_from_slice(b",\"authorized_date\":");
        json::date_option(out, row.authorized_date);
        out.extend_from_slice(b",\"authorized_datetime\":null,\"date\":");
        json::date(out, row.date);
        out.extend_from_slice(b",\"datetime\":null,\"name\":");
        let name = statement(row);
        json::text(out, &name);
        out.extend_from_slice(b",\"original_description\":");
        json::text_option(out, self.original_description.then_some(&name));
        out.extend_from_slice(if row.pending { b",\"pending\":true" } else { b",\"pending\":false" });
        out.extend_from_slice(b",\"pending_transaction_id\":");
        match row.pending_row {
            None => out.extend_from_slice(b"null"),
            Some(pending) => self.write_id(out, pending),
        }
        out.extend_from_slice(b",\"transaction_id\":");
        self.write_id(out, number);
        out.extend_from_slice(json_tail(row.merchant, self.taxonomy).as_bytes());
    }

    fn write_id(&self, out: &mut Vec<u8>, number: u32) {
        out.push(b'"');
        out.extend_from_slice(&self.ids.transaction(number));
        out.push(b'"');
    }

    /// Appends an entry of `removed`.
    pub(crate) fn write_removed(&self, out: &mut Vec<u8>, number: u32, account: u16) {
        let Some(head) = self.heads.get(usize::from(account)) else { return };
        out.extend_from_slice(&head.id);
        out.extend_from_slice(b"\"transaction_id\":");
        self.write_id(out, number);
        out.push(b'}');
    }
}

impl Head {
    fn new(ids: IdSpace, index: u16, account: &Account) -> Self {
        let mut currency = Vec::new();
        write_currency(&mut currency, &account.currency);
        Self { id: format!("{{\"account_id\":\"{}\",", ids.account(index)).into_bytes(), currency }
    }
}

/// Scripted transactions may set any key; they are few, so they may cost more.
fn write_overridden(out: &mut Vec<u8>, plain: &[u8], fields: &Fields) {
    let Ok(mut keys) = serde_json::from_slice::<BTreeMap<&str, &RawValue>>(plain) else { return };
    for (key, value) in fields {
        keys.insert(key, value);
    }
    json::value(out, &keys);
}
