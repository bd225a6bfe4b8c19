//! `/accounts/get` and `/accounts/balance/get`.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde_json::Value;

use super::Endpoint;
use super::answer::{Answered, texts};
use super::pipeline::Call;
use crate::error::PlaidError;
use crate::json;
use crate::respond::write_accounts;
use crate::shared::Shared;
use crate::world::World;
use crate::world::item::{Item, lock};
use crate::world::ledger::Ledger;

pub(super) fn get(shared: &Shared, call: &Call<'_>) -> Answered {
    let world = lock(&shared.world);
    let item = &world.items[world.find_working(call.text("access_token"))?];
    let ledger = lock(&item.ledger);
    let chosen = chosen_accounts(item, &ledger, call)?;
    if call.endpoint == Endpoint::AccountsBalanceGet {
        check_freshness(&world, item, &ledger, call)?;
    }
    let mut out = Vec::with_capacity(4_096);
    out.extend_from_slice(b"{\"accounts\":");
    let wanted = |index: &u16| chosen.as_ref().is_none_or(|chosen| chosen.contains(index));
    let accounts = item.open_accounts(&ledger).filter(|(index, _)| wanted(index));
    write_accounts(&mut out, item, accounts, world.now());
    write_item(&mut out, item, call);
    Ok(out)
}

/// Appends the Item and the request id, and closes the body.
pub(super) fn write_item(out: &mut Vec<u8>, item: &Item, call: &Call<'_>) {
    out.extend_from_slice(b",\"item\":");
    json::value(out, &item.json());
    out.extend_from_slice(b",\"request_id\":");
    json::text(out, call.request_id);
    out.push(b'}');
}

/// The accounts of `options.account_ids`; `None` for all. An id that is not the Item's is an error.
pub(super) fn chosen_accounts(
    item: &Item,
    ledger: &Ledger,
    call: &Call<'_>,
) -> Result<Option<BTreeSet<u16>>, PlaidError> {
    let Some(list) = call.option("account_ids") else { return Ok(None) };
    let index =
        |id: &String| item.account_index(ledger, id).ok_or_else(|| PlaidError::new("INVALID_ACCOUNT_ID"));
    texts(Some(list)).iter().map(index).collect::<Result<_, _>>().map(Some)
}

/// Capital One alone wants to know how old a balance of a card may be.
fn check_freshness(world: &World, item: &Item, ledger: &Ledger, call: &Call<'_>) -> Result<(), PlaidError> {
    let concerned = item.open_accounts(ledger).any(|(_, account)| account.kind != "depository");
    if !item.institution.is_capital_one() || !concerned {
        return Ok(());
    }
    let key = "min_last_updated_datetime";
    let least =
        call.option(key).and_then(Value::as_str).and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    match least {
        None => Err(PlaidError::with("INVALID_FIELD", format!("{key} must be set for this institution"))),
        Some(least) if least > world.now() => Err(PlaidError::new("LAST_UPDATED_DATETIME_OUT_OF_RANGE")),
        Some(_) => Ok(()),
    }
}
