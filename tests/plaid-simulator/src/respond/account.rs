//! The JSON of an account.

use chrono::{DateTime, Utc};

use crate::world::account::{Account, is_unofficial};
use crate::world::item::{Item, instant};
use crate::{amount, json};

/// Appends a list of the given accounts.
pub(crate) fn write_accounts<'a>(
    out: &mut Vec<u8>,
    item: &Item,
    accounts: impl Iterator<Item = (u16, &'a Account)>,
    now: DateTime<Utc>,
) {
    out.push(b'[');
    for (position, (index, account)) in accounts.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_account(out, item, index, account, now);
    }
    out.push(b']');
}

fn write_account(out: &mut Vec<u8>, item: &Item, index: u16, account: &Account, now: DateTime<Utc>) {
    out.extend_from_slice(b"{\"account_id\":");
    json::text(out, &item.ids.account(index));
    out.extend_from_slice(b",\"balances\":{\"available\":");
    amount::write_option(out, account.available);
    out.extend_from_slice(b",\"current\":");
    amount::write_option(out, account.current);
    out.extend_from_slice(b",\"limit\":");
    amount::write_option(out, account.limit);
    out.push(b',');
    write_currency(out, &account.currency);
    if item.institution.is_capital_one() && account.kind != "depository" {
        out.extend_from_slice(b",\"last_updated_datetime\":");
        json::text(out, &instant(now));
    }
    out.extend_from_slice(b"},\"mask\":");
    json::text_option(out, account.mask.as_deref());
    out.extend_from_slice(b",\"name\":");
    json::text(out, &account.name);
    out.extend_from_slice(b",\"official_name\":");
    json::text_option(out, account.official_name.as_deref());
    out.extend_from_slice(b",\"subtype\":");
    json::text_option(out, account.subtype.as_deref());
    out.extend_from_slice(b",\"type\":");
    json::text(out, &account.kind);
    out.extend_from_slice(b",\"holder_category\":\"personal\"");
    if let Some(id) = item.persistent_account_id(index, account) {
        out.extend_from_slice(b",\"persistent_account_id\":");
        json::text(out, &id);
    }
    if account.apy.is_some() {
        out.extend_from_slice(b",\"apy\":");
        amount::write_option(out, account.apy);
    }
    out.push(b'}');
}

/// Appends the two currency keys, exactly one of them set.
pub(super) fn write_currency(out: &mut Vec<u8>, currency: &str) {
    let unofficial = is_unofficial(currency);
    out.extend_from_slice(b"\"iso_currency_code\":");
    json::text_option(out, (!unofficial).then_some(currency));
    out.extend_from_slice(b",\"unofficial_currency_code\":");
    json::text_option(out, unofficial.then_some(currency));
}
