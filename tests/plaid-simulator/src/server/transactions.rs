//! `/transactions/sync` and `/transactions/get`.

use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::Value;

use super::accounts::{chosen_accounts, write_item};
use super::answer::Answered;
use super::pipeline::Call;
use crate::error::PlaidError;
use crate::fault::Fault;
use crate::json;
use crate::options::Readiness;
use crate::respond::{TransactionWriter, write_accounts};
use crate::shared::Shared;
use crate::world::World;
use crate::world::cursor::Cursor;
use crate::world::ids::mix;
use crate::world::item::{Item, lock};
use crate::world::ledger::Ledger;
use crate::world::merchants::Taxonomy;
use crate::world::update::{Entry, Sight};
use crate::world::window::Window;

/// A transaction of this shape takes about so many bytes.
const BYTES_PER_TRANSACTION: usize = 1_700;

pub(super) fn sync(shared: &Arc<Shared>, call: &Call<'_>) -> Answered {
    let token = call.text("access_token");
    let asked = Asked::read(call)?;
    let (item, now) = {
        let mut world = lock(&shared.world);
        let item = world.find_working(token)?;
        asked.check_owner(&world.items[item])?;
        add_product(&mut world, item);
        if !asked.cursor.is_some_and(|cursor| cursor.within_update()) {
            world.items[item].count_update();
        }
        (world.items[item].clone(), world.now())
    };
    let ledger = lock(&item.ledger);
    let stream = asked.stream(&item, &ledger)?;
    let sight = stream.map_or(item.sight(), Sight::One);
    let visible = item.visible(&ledger);
    let mut page = SyncPage::new(&item, &ledger, call);
    let (next_cursor, has_more) = if item.readiness == Readiness::NotReady {
        (String::new(), false)
    } else {
        let number = stream.map_or(0, stream_number);
        let cursor = asked.start(&item, &ledger, visible, number)?;
        if shared.options.mutation_fails_paging && ledger.moved_since(&cursor, visible) {
            return Err(PlaidError::new("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"));
        }
        let count = asked.count.min(shared.options.page_limit.unwrap_or(usize::MAX).max(1));
        let end = ledger.page(&cursor, count, visible, sight, |entry| page.add(entry));
        match call.fault {
            Some(Fault::DuplicatePage) => {
                let again = Cursor { page: cursor.page + 1, end: end.next.end, ..cursor };
                (again.encode(), true)
            }
            Some(Fault::UnchangedCursor) => (call.text("cursor").to_owned(), true),
            Some(Fault::EmptyCursor) => (String::new(), true),
            _ => (end.next.encode(), end.has_more),
        }
    };
    let SyncPage { added, modified, removed, touched, .. } = page;
    let mut out = added;
    out.extend_from_slice(b"],\"modified\":[");
    out.extend_from_slice(&modified);
    out.extend_from_slice(b"],\"removed\":[");
    out.extend_from_slice(&removed);
    out.extend_from_slice(b"],\"accounts\":");
    let accounts = item.open_accounts(&ledger).filter(|(index, _)| touched[usize::from(*index)]);
    write_accounts(&mut out, &item, accounts, now);
    out.extend_from_slice(if has_more { b",\"has_more\":true" } else { b",\"has_more\":false" });
    out.extend_from_slice(b",\"next_cursor\":");
    json::text(&mut out, &next_cursor);
    out.extend_from_slice(b",\"request_id\":");
    json::text(&mut out, call.request_id);
    out.extend_from_slice(b",\"transactions_update_status\":");
    json::text(&mut out, item.readiness.as_str());
    out.push(b'}');
    Ok(out)
}

/// Calling a product's endpoint adds the product to the Item.
fn add_product(world: &mut World, item: usize) {
    let item = &mut world.items[item];
    if !item.has_product("transactions") {
        item.products.push("transactions".into());
    }
}

/// A number for an account's own stream of changes, never 0.
fn stream_number(account: u16) -> u32 {
    mix(u64::from(account)) as u32 | 1
}

/// What a sync request asks for.
struct Asked<'a> {
    /// `None` without a cursor or with an empty one.
    cursor: Option<Cursor>,
    from_now: bool,
    count: usize,
    account_id: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(call: &'a Call<'_>) -> Result<Self, PlaidError> {
        let text = call.text("cursor");
        let cursor = match text {
            "" | "now" => None,
            text => Some(Cursor::decode(text).ok_or_else(not_this_cursor)?),
        };
        let count = call.body.get("count").and_then(Value::as_u64).unwrap_or(100) as usize;
        let account_id = call.option("account_id").and_then(Value::as_str);
        Ok(Self { cursor, from_now: text == "now", count, account_id })
    }

    fn check_owner(&self, item: &Item) -> Result<(), PlaidError> {
        let fits = self.cursor.is_none_or(|cursor| cursor.owner == item.ids.owner());
        if fits { Ok(()) } else { Err(not_this_cursor()) }
    }

    fn stream(&self, item: &Item, ledger: &Ledger) -> Result<Option<u16>, PlaidError> {
        let Some(id) = self.account_id else { return Ok(None) };
        item.account_index(ledger, id).map(Some).ok_or_else(|| PlaidError::new("INVALID_ACCOUNT_ID"))
    }

    fn start(&self, item: &Item, ledger: &Ledger, visible: u32, stream: u32) -> Result<Cursor, PlaidError> {
        match self.cursor {
            Some(cursor) if cursor.stream == stream => Ok(cursor),
            Some(_) => Err(not_this_cursor()),
            None => {
                let now = self.from_now.then(|| ledger.place(visible));
                Ok(Cursor::complete(item.ids.owner(), stream, now, now.unwrap_or_default()))
            }
        }
    }
}

fn not_this_cursor() -> PlaidError {
    PlaidError::with("INVALID_FIELD", "cursor not associated with access_token")
}

/// The three arrays of a page while they are filled; `added` begins with the body's own start.
struct SyncPage {
    writer: TransactionWriter,
    added: Vec<u8>,
    modified: Vec<u8>,
    removed: Vec<u8>,
    any_added: bool,
    touched: Vec<bool>,
}

impl SyncPage {
    fn new(item: &Item, ledger: &Ledger, call: &Call<'_>) -> Self {
        Self {
            writer: writer(item, ledger, call),
            added: b"{\"added\":[".to_vec(),
            modified: Vec::new(),
            removed: Vec::new(),
            any_added: false,
            touched: vec![false; ledger.accounts.len()],
        }
    }

    fn add(&mut self, entry: Entry<'_>) {
        let account = match entry {
            Entry::Added(number, row) => {
                if self.any_added {
                    self.added.push(b',');
                } else {
                    // One guess at the size of a full page saves copying it while it grows.
                    self.added.reserve(500 * BYTES_PER_TRANSACTION);
                    self.any_added = true;
                }
                self.writer.write(&mut self.added, number, &row);
                row.account
            }
            Entry::Modified(number, row) => {
                comma(&mut self.modified);
                self.writer.write(&mut self.modified, number, &row);
                row.account
            }
            Entry::Removed(number, account) => {
                comma(&mut self.removed);
                self.writer.write_removed(&mut self.removed, number, account);
                account
            }
        };
        if let Some(touched) = self.touched.get_mut(usize::from(account)) {
            *touched = true;
        }
    }
}

fn comma(out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b',');
    }
}

fn writer(item: &Item, ledger: &Ledger, call: &Call<'_>) -> TransactionWriter {
    let second = call.option("personal_finance_category_version").and_then(Value::as_str) == Some("v2");
    let taxonomy = if second { Taxonomy::V2 } else { Taxonomy::V1 };
    TransactionWriter::new(item.ids, &ledger.accounts, taxonomy, call.flag("include_original_description"))
}

pub(super) fn get(shared: &Shared, call: &Call<'_>) -> Answered {
    let mut world = lock(&shared.world);
    let item = world.find_working(call.text("access_token"))?;
    add_product(&mut world, item);
    let item = world.items[item].clone();
    let now = world.now();
    drop(world);
    if item.readiness == Readiness::NotReady {
        return Err(PlaidError::new("PRODUCT_NOT_READY"));
    }
    let ledger = lock(&item.ledger);
    let chosen = chosen_accounts(&item, &ledger, call)?;
    let window = window(call, item.visible(&ledger))?;
    let open: Vec<bool> = (0u16..)
        .zip(&ledger.accounts)
        .map(|(index, account)| {
            !account.closed
                && item.sight().sees(index)
                && chosen.as_ref().is_none_or(|only| only.contains(&index))
        })
        .collect();
    let sees = |index: u16| open.get(usize::from(index)).copied().unwrap_or(false);
    let writer = writer(&item, &ledger, call);
    let mut out = b"{\"accounts\":".to_vec();
    write_accounts(&mut out, &item, item.open_accounts(&ledger).filter(|(index, _)| sees(*index)), now);
    out.extend_from_slice(b",\"transactions\":[");
    let empty = out.len();
    let total = ledger.window(&window, sees, |number, row| {
        if out.len() > empty {
            out.push(b',');
        }
        writer.write(&mut out, number, &row);
    });
    out.extend_from_slice(b"],\"total_transactions\":");
    json::value(&mut out, &total);
    write_item(&mut out, &item, call);
    Ok(out)
}

fn window(call: &Call<'_>, visible: u32) -> Result<Window, PlaidError> {
    let date = |key: &str| {
        let fault = || PlaidError::with("INVALID_FIELD", format!("{key} must be a date as YYYY-MM-DD"));
        call.text(key).parse::<NaiveDate>().map_err(|_| fault())
    };
    let number =
        |key: &str, default: u64| call.option(key).and_then(Value::as_u64).unwrap_or(default) as usize;
    let (start, end) = (date("start_date")?, date("end_date")?);
    if start > end {
        return Err(PlaidError::with("INVALID_FIELD", "start_date must not be after end_date"));
    }
    Ok(Window { start, end, offset: number("offset", 0), count: number("count", 100), visible })
}
