//! The cursor: paging, changes, readiness, streams.

use plaid_simulator::{
    Advance, Change, ModifyTransaction, NewAccount, NewConnection, NewTransaction, PostPending, PostingOrder,
    Readiness, ReadinessPlan,
};
use serde_json::{Value, json};

use crate::harness::{Bench, Count, Ledger, options, token};

const SYNC: &str = "/transactions/sync";

fn coffee(account: &str, pending: bool) -> Change {
    Change::AddTransaction(NewTransaction {
        account: account.into(),
        amount: "4.50".parse().unwrap(),
        name: "Coffee".into(),
        pending,
        ..NewTransaction::default()
    })
}

#[tokio::test]
async fn a_first_update_brings_everything_once_in_pages_of_any_size() {
    let mut options = options();
    options.transactions = 1_203;
    options.currencies = ["USD", "BTC", "JPY"].map(String::from).to_vec();
    let bench = Bench::start(options).await;
    let item = bench.connect();
    for (count, pages) in [(500, 3), (100, 13), (7, 172), (401, 3)] {
        let mut ledger = Ledger::default();
        let told = ledger.sync(&bench, &token(&item), count).await;
        assert_eq!(told, Count { added: 1_203, pages, ..Count::default() }, "{count}");
        ledger.assert_true(&bench.control(), &item.item_id);
        let again = ledger.sync(&bench, &token(&item), count).await;
        assert_eq!(again, Count { pages: 1, ..Count::default() });
    }
    assert!(
        bench.control().truth(&item.item_id).unwrap().transactions.iter().any(|row| row.amount.scale() > 2)
    );
}

#[tokio::test]
async fn changes_come_as_added_modified_and_removed_and_a_replay_brings_what_is_left() {
    let bench = Bench::start(options()).await;
    let (control, item) = (bench.control(), bench.connect());
    let mut ledger = Ledger::default();
    ledger.sync(&bench, &token(&item), 500).await;
    let some: Vec<String> =
        ledger.rows.iter().filter(|(_, row)| !row.pending).map(|(id, _)| id.clone()).take(2).collect();
    let modify = ModifyTransaction {
        transaction_id: some[0].clone(),
        amount: "99.990".parse().ok(),
        ..ModifyTransaction::default()
    };
    let made = control
        .change(
            &item.item_id,
            vec![
                coffee("Plaid Checking", true),
                Change::ModifyTransaction(modify),
                Change::RemoveTransaction { transaction_id: some[1].clone(), keep_balance: false },
                coffee("1111", false),
            ],
        )
        .unwrap();
    let told = ledger.sync(&bench, &token(&item), 2).await;
    assert_eq!(told, Count { added: 2, modified: 1, removed: 1, pages: 2 });
    assert_eq!(ledger.rows[&some[0]].amount, "99.990");
    let pending = made[0].transaction_id.clone().unwrap();
    let posted = control.change(&item.item_id, vec![Change::PostPending(PostPending::of(&pending))]).unwrap();
    let told = ledger.sync(&bench, &token(&item), 500).await;
    assert_eq!(told, Count { added: 1, removed: 1, pages: 1, ..Count::default() });
    let row = &ledger.rows[posted[0].transaction_id.as_ref().unwrap()];
    assert_eq!((row.pending, row.pending_transaction_id.as_ref()), (false, Some(&pending)));
    ledger.assert_true(&control, &item.item_id);
    let mut replay = Ledger::default();
    let told = replay.sync(&bench, &token(&item), 500).await;
    assert_eq!((told.modified, told.removed), (0, 0));
    assert_eq!(replay.rows, ledger.rows);
}

#[tokio::test]
async fn what_came_and_went_between_two_updates_is_never_told() {
    let bench = Bench::start(options()).await;
    let (control, item) = (bench.control(), bench.connect());
    let mut ledger = Ledger::default();
    ledger.sync(&bench, &token(&item), 500).await;
    let made = control.change(&item.item_id, vec![coffee("0000", true)]).unwrap();
    let transaction_id = made[0].transaction_id.clone().unwrap();
    let gone = Change::RemoveTransaction { transaction_id: transaction_id.clone(), keep_balance: false };
    control.change(&item.item_id, vec![gone]).unwrap();
    assert_eq!(ledger.sync(&bench, &token(&item), 500).await, Count { pages: 1, ..Count::default() });
    let unknown = Change::RemoveTransaction { transaction_id, keep_balance: false };
    assert!(control.change(&item.item_id, vec![unknown]).is_err());
}

#[tokio::test]
async fn a_posting_can_be_told_in_both_orders_and_on_two_pages() {
    let bench = Bench::start(options()).await;
    let (control, item) = (bench.control(), bench.connect());
    let mut ledger = Ledger::default();
    ledger.sync(&bench, &token(&item), 500).await;
    for (order, first) in [(PostingOrder::RemovedFirst, "removed"), (PostingOrder::AddedFirst, "added")] {
        let made = control.change(&item.item_id, vec![coffee("0000", true)]).unwrap();
        ledger.sync(&bench, &token(&item), 500).await;
        let post = PostPending {
            order: Some(order),
            split_pages: Some(true),
            link: false,
            ..PostPending::of(made[0].transaction_id.as_ref().unwrap())
        };
        control.change(&item.item_id, vec![Change::PostPending(post)]).unwrap();
        let body = json!({"access_token": item.access_token, "cursor": ledger.cursor, "count": 500});
        let page = bench.ok(SYNC, body).await;
        assert_eq!(page["has_more"], true);
        for array in ["added", "modified", "removed"] {
            assert_eq!(
                page[array].as_array().unwrap().len(),
                usize::from(array == first),
                "{array} {order:?}"
            );
        }
        let told = ledger.sync(&bench, &token(&item), 500).await;
        assert_eq!(told, Count { added: 1, removed: 1, pages: 2, ..Count::default() });
        ledger.assert_true(&control, &item.item_id);
    }
}

#[tokio::test]
async fn a_year_of_life_never_parts_a_ledger_from_the_truth() {
    for (seed, order, split) in [
        (1, PostingOrder::RemovedFirst, false),
        (2, PostingOrder::AddedFirst, true),
        (3, PostingOrder::AddedFirst, false),
    ] {
        let mut options = options();
        options.posting = order;
        options.split_postings = split;
        options.seed = seed;
        let bench = Bench::start(options).await;
        let (control, item) = (bench.control(), bench.connect());
        let mut ledger = Ledger::default();
        let mut all = Count::default();
        for step in 0..40u32 {
            let told = ledger.sync(&bench, &token(&item), 1 + step % 17).await;
            all.added += told.added;
            all.modified += told.modified;
            all.removed += told.removed;
            ledger.assert_true(&control, &item.item_id);
            let days = step % 20;
            control.advance(&Advance { days, seed: u64::from(step), item: None }).unwrap();
        }
        assert!(all.added > 600 && all.modified > 40 && all.removed > 120, "{all:?}");
    }
}

#[tokio::test]
async fn a_change_while_paging_waits_for_the_next_update_or_fails_it() {
    for fails in [false, true] {
        let mut options = options();
        options.mutation_fails_paging = fails;
        let bench = Bench::start(options).await;
        let (control, item) = (bench.control(), bench.connect());
        let access_token = token(&item);
        let first = bench.ok(SYNC, json!({"access_token": access_token, "count": 50})).await;
        let seen = first["added"][0]["transaction_id"].as_str().unwrap().to_owned();
        control
            .change(
                &item.item_id,
                vec![
                    Change::RemoveTransaction { transaction_id: seen.clone(), keep_balance: false },
                    coffee("0000", false),
                ],
            )
            .unwrap();
        let second = json!({"access_token": access_token, "count": 50, "cursor": first["next_cursor"]});
        if fails {
            assert_eq!(bench.error(SYNC, second).await, "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION");
            let mut ledger = Ledger::default();
            ledger.sync(&bench, &access_token, 50).await;
            ledger.assert_true(&control, &item.item_id);
            continue;
        }
        let mut ledger =
            Ledger { cursor: first["next_cursor"].as_str().unwrap().to_owned(), ..Ledger::default() };
        ledger.sync(&bench, &access_token, 50).await;
        let told = ledger.sync(&bench, &access_token, 50).await;
        assert_eq!(told, Count { added: 1, removed: 1, pages: 1, ..Count::default() });
        assert!(!ledger.rows.contains_key(&seen));
    }
}

#[tokio::test]
async fn history_becomes_ready_in_steps() {
    let mut options = options();
    options.readiness = ReadinessPlan::ByUpdates { not_ready: 1, initial: 1 };
    let bench = Bench::start(options).await;
    let (control, item) = (bench.control(), bench.connect());
    let early = bench.ok(SYNC, json!({"access_token": item.access_token})).await;
    assert_eq!(early["next_cursor"], "");
    assert_eq!(early["transactions_update_status"], "NOT_READY");
    assert_eq!((&early["added"], &early["has_more"]), (&json!([]), &json!(false)));
    let mut ledger = Ledger::default();
    let recent = ledger.sync(&bench, &token(&item), 500).await.added;
    assert!(recent > 10 && ledger.rows.values().all(|row| row.date.as_str() >= "2026-10-23"));
    control.change(&item.item_id, vec![coffee("0000", false)]).unwrap();
    let told = ledger.sync(&bench, &token(&item), 500).await;
    assert_eq!(recent + told.added, 201);
    ledger.assert_true(&control, &item.item_id);
}

#[tokio::test]
async fn history_becomes_ready_by_command_after_the_world_has_moved_on() {
    let mut options = options();
    options.readiness = ReadinessPlan::ByCommand;
    let bench = Bench::start(options).await;
    let (control, item) = (bench.control(), bench.connect());
    let ready = |readiness| control.change(&item.item_id, vec![Change::SetReadiness { readiness }]).unwrap();
    let mut ledger = Ledger::default();
    assert_eq!(ledger.sync(&bench, &token(&item), 500).await.added, 0);
    let get =
        json!({"access_token": item.access_token, "start_date": "2026-01-01", "end_date": "2026-12-31"});
    assert_eq!(bench.error("/transactions/get", get).await, "PRODUCT_NOT_READY");
    ready(Readiness::InitialUpdateComplete);
    ledger.sync(&bench, &token(&item), 3).await;
    ledger.assert_true(&control, &item.item_id);
    control.advance(&Advance { days: 60, seed: 4, item: None }).unwrap();
    ledger.sync(&bench, &token(&item), 3).await;
    ready(Readiness::HistoricalUpdateComplete);
    ledger.sync(&bench, &token(&item), 3).await;
    ledger.assert_true(&control, &item.item_id);
}

#[tokio::test]
async fn an_account_has_a_stream_of_its_own() {
    let bench = Bench::start(options()).await;
    let item = bench.connect();
    let account = bench.control().truth_accounts(&item.item_id).unwrap()[2].clone();
    let body = json!({"access_token": item.access_token, "count": 500, "options": {"account_id": account.account_id}});
    let page = bench.ok(SYNC, body).await;
    let rows = page["added"].as_array().unwrap();
    assert_eq!(rows.len() as u64, account.transactions);
    assert!(!rows.is_empty() && rows.iter().all(|row| row["account_id"] == account.account_id.as_str()));
    assert_eq!(page["accounts"].as_array().unwrap().len(), 1);
    let mixed = json!({"access_token": item.access_token, "cursor": page["next_cursor"]});
    assert_eq!(bench.error(SYNC, mixed).await, "INVALID_FIELD");
    let unknown = json!({"access_token": item.access_token, "options": {"account_id": "nobody"}});
    assert_eq!(bench.error(SYNC, unknown).await, "INVALID_ACCOUNT_ID");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_item_and_survives_a_new_token() {
    let bench = Bench::start(options()).await;
    let (one, two) = (bench.connect(), bench.control().relink(&bench.connect().item_id).unwrap());
    let mut ledger = Ledger::default();
    ledger.sync(&bench, &token(&one), 500).await;
    for cursor in [ledger.cursor.as_str(), "nonsense"] {
        let (status, error) =
            bench.call(SYNC, json!({"access_token": two.access_token, "cursor": cursor})).await;
        assert_eq!((status, &error["error_type"]), (400, &json!("INVALID_REQUEST")));
        assert_eq!(error["error_code"], "INVALID_FIELD");
        assert_eq!(error["error_message"], "cursor not associated with access_token");
    }
    let fresh = bench.ok("/item/access_token/invalidate", json!({"access_token": one.access_token})).await;
    let fresh = fresh["new_access_token"].as_str().unwrap();
    assert_eq!(ledger.sync(&bench, fresh, 500).await, Count { pages: 1, ..Count::default() });
    assert_eq!(bench.error(SYNC, json!({"access_token": one.access_token})).await, "INVALID_ACCESS_TOKEN");
}

#[tokio::test]
async fn now_skips_what_was_and_tells_old_rows_as_added_when_they_change() {
    let bench = Bench::start(options()).await;
    let (control, item) = (bench.control(), bench.connect());
    let page = bench.ok(SYNC, json!({"access_token": item.access_token, "cursor": "now"})).await;
    assert_eq!((&page["added"], &page["has_more"]), (&json!([]), &json!(false)));
    let old = control.truth(&item.item_id).unwrap().transactions[100].transaction_id.clone();
    let touch = || {
        let modify = ModifyTransaction {
            transaction_id: old.clone(),
            name: Some("touched".into()),
            ..ModifyTransaction::default()
        };
        control.change(&item.item_id, vec![Change::ModifyTransaction(modify)]).unwrap();
    };
    let mut ledger = Ledger { cursor: page["next_cursor"].as_str().unwrap().to_owned(), ..Ledger::default() };
    touch();
    assert_eq!(ledger.sync(&bench, &token(&item), 9).await, Count { added: 1, pages: 1, ..Count::default() });
    touch();
    assert_eq!(
        ledger.sync(&bench, &token(&item), 9).await,
        Count { modified: 1, pages: 1, ..Count::default() }
    );
}

#[tokio::test]
async fn a_relink_brings_the_same_transactions_under_new_ids() {
    let bench = Bench::start(options()).await;
    let control = bench.control();
    let connect = |institution: &str| {
        control
            .connect(NewConnection { institution_id: institution.into(), ..NewConnection::default() })
            .unwrap()
    };
    let old = connect("ins_56");
    control.advance(&Advance { days: 9, seed: 1, item: None }).unwrap();
    let new = control.relink(&old.item_id).unwrap();
    let (mut before, mut after) = (Ledger::default(), Ledger::default());
    before.sync(&bench, &token(&old), 500).await;
    after.sync(&bench, &token(&new), 500).await;
    let content = |ledger: &Ledger| {
        let mut rows: Vec<_> = ledger
            .rows
            .values()
            .map(|row| (row.date.clone(), row.amount.clone(), row.name.clone()))
            .collect();
        rows.sort();
        rows
    };
    assert_eq!(content(&before), content(&after));
    assert!(before.rows.keys().all(|id| !after.rows.contains_key(id)));
    let mut ids = Vec::new();
    for item in [&old, &new] {
        let answer = bench.ok("/accounts/get", json!({"access_token": item.access_token})).await;
        let checking: &Value = &answer["accounts"][0];
        ids.push((checking["account_id"].clone(), checking["persistent_account_id"].clone()));
    }
    assert_ne!(ids[0].0, ids[1].0);
    assert_eq!(ids[0].1, ids[1].1);
    assert!(ids[0].1.is_string());
}

#[tokio::test]
async fn accounts_open_close_and_change_their_name() {
    let bench = Bench::start(options()).await;
    let (control, item) = (bench.control(), bench.connect());
    let mut ledger = Ledger::default();
    ledger.sync(&bench, &token(&item), 500).await;
    let new = NewAccount {
        kind: "depository".into(),
        subtype: Some("savings".into()),
        name: "Rainy day".into(),
        mask: Some("9999".into()),
        currency: None,
        current: "10.00".parse().ok(),
        available: None,
        limit: None,
    };
    let rename = Change::RenameAccount {
        account: "0000".into(),
        name: Some("Everyday".into()),
        official_name: None,
        mask: None,
    };
    let close = Change::CloseAccount { account: "Plaid Credit Card".into() };
    let changes = vec![Change::OpenAccount(new), coffee("9999", false), rename, close];
    control.change(&item.item_id, changes).unwrap();
    let told = ledger.sync(&bench, &token(&item), 500).await;
    assert_eq!(told, Count { added: 1, pages: 1, ..Count::default() });
    let answer = bench.ok("/accounts/get", json!({"access_token": item.access_token})).await;
    let names: Vec<_> =
        answer["accounts"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["Everyday", "Plaid Saving", "Plaid 401k", "Rainy day"]);
    let (_, text) = bench.text("/accounts/get", &json!({"access_token": item.access_token})).await;
    assert!(text.contains("\"current\":5.50"), "the balance followed the coffee: {text}");
    let closed = control.truth_accounts(&item.item_id).unwrap();
    assert!(closed.iter().any(|account| account.closed && account.transactions > 0));
}

#[tokio::test]
async fn upheavals_break_and_heal_logins_and_open_and_close_accounts() {
    let mut options = options();
    options.upheavals = true;
    let bench = Bench::start(options).await;
    let (control, item) = (bench.control(), bench.connect());
    let (mut broken, mut healed) = (0, 0);
    let mut was_broken = false;
    for _ in 0..200 {
        control.advance(&Advance { days: 1, seed: 8, item: None }).unwrap();
        let is_broken = control.connection(&item.item_id).unwrap().error_code.is_some();
        broken += usize::from(is_broken && !was_broken);
        healed += usize::from(was_broken && !is_broken);
        was_broken = is_broken;
    }
    let accounts = control.truth_accounts(&item.item_id).unwrap();
    let closed = accounts.iter().filter(|account| account.closed).count();
    assert!(broken > 2 && healed > 2 && accounts.len() > 4 && closed > 0, "{broken} {healed} {accounts:?}");
}
