use chrono::{DateTime, TimeDelta, Utc};

use super::{Linked, StoreFixture};
use crate::conformance::samples::{account, at, day, insert, row, user};
use crate::{
    Account, AccountChanges, BalanceEntry, BalanceSource, Balances, ChangeSet, Currency, DateWindow,
    EventKind, ProviderAccount, ProviderTransaction, StoreErrorKind, TransactionEdit, parse_amount,
};

const DAY: i64 = 86_400;

/// Tells the current balance of account `a` at an instant.
async fn tell(linked: &Linked, at: DateTime<Utc>, current: &str, source: BalanceSource) {
    let mut listed = account("a");
    listed.balances.current = Some(parse_amount(current).unwrap());
    let mut change = ChangeSet { balance_source: source, ..ChangeSet::new(linked.id, at) };
    change.accounts.listed = vec![listed];
    linked.apply(change).await;
}

async fn history(linked: &Linked, window: DateWindow, limit: u32) -> Vec<BalanceEntry> {
    let account = linked.account_id("a").await;
    linked.store.balance_history(&linked.user, account, window, limit).await.unwrap()
}

/// The seconds and current balances of every entry of account `a`.
async fn told(linked: &Linked) -> Vec<(i64, String)> {
    let entries = history(linked, DateWindow::default(), u32::MAX).await;
    let told = |entry: &BalanceEntry| {
        ((entry.at - at(0)).num_seconds(), entry.balances.current.unwrap().to_string())
    };
    entries.iter().map(told).collect()
}

fn entry(seconds: i64, current: &str) -> (i64, String) {
    (seconds, current.to_owned())
}

pub(super) async fn older_balances_leave_newer_ones(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let change = |current: &str, asked: i64, at_second: i64, name: &str| {
        let balances = Balances { current: parse_amount(current).ok(), ..account("a").balances };
        let listed = vec![ProviderAccount { name: name.to_owned(), balances, ..account("a") }];
        let accounts = AccountChanges { listed, gone: Vec::new() };
        ChangeSet { accounts, balances_at: Some(at(asked)), ..ChangeSet::new(linked.id, at(at_second)) }
    };
    linked.apply(change("250.00", 60, 61, "Account a")).await;
    let (before, events) = (linked.account("a").await, linked.events_after(0).await.len() as u64);
    assert_eq!(before.balances_at, at(60));
    // Asked for earlier and stored later, as by a sync that took longer: everything but the balances is taken over.
    linked.apply(change("100.00", 59, 62, "A new name")).await;
    let after = linked.account("a").await;
    let renamed = ProviderAccount { name: "A new name".to_owned(), ..before.provider.clone() };
    assert_eq!(after, Account { provider: renamed, ..before });
    // They were true in their time.
    assert_eq!(told(&linked).await, [entry(60, "250.00"), entry(59, "100.00"), entry(1, "100.00")]);
    let told_of = linked.events_after(events).await;
    assert!(
        told_of.iter().all(|event| !matches!(event.kind, EventKind::BalanceUpdated { .. })),
        "{told_of:?}"
    );
    linked.apply(change("99.00", 60, 63, "A new name")).await;
    assert_eq!(linked.account("a").await.provider.balances.current, parse_amount("99.00").ok());
}

pub(super) async fn balances_become_entries_when_they_are_news(fixture: &mut dyn StoreFixture) {
    use BalanceSource::{Cached, Live};
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let mut expected = vec![entry(1, "100.00")];
    for (seconds, current, source, news) in [
        (10, "100.00", Cached, false),
        (11, "100.00", Live, true),
        (12, "99.00", Cached, true),
        (12, "98.00", Cached, true),
        (DAY - 1, "98.00", Cached, false),
        (DAY, "98.00", Cached, true),
    ] {
        tell(&linked, at(seconds), current, source).await;
        if news {
            expected.insert(0, entry(seconds, current));
        }
        assert_eq!(told(&linked).await, expected, "{seconds}");
    }
    // An account that tells nothing, and a change set that lists none, add nothing.
    let mut silent = account("a");
    silent.balances = Balances::default();
    let mut change = ChangeSet::new(linked.id, at(9 * DAY));
    change.accounts.listed = vec![silent];
    linked.apply(change).await;
    linked.apply(ChangeSet::new(linked.id, at(9 * DAY))).await;
    assert_eq!(told(&linked).await, expected);
}

pub(super) async fn every_field_of_an_entry_is_kept(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let amount = |text: &str| Some(parse_amount(text).unwrap());
    let full = Balances {
        current: amount("-12345678901234567890.1200"),
        available: amount("0.00"),
        limit: amount("5000"),
        currency: Some(Currency::unofficial("BTC").unwrap()),
        updated_at: Some(at(3) + TimeDelta::microseconds(5)),
    };
    let short = Balances { available: amount("-0.10"), ..Balances::default() };
    let written_at = at(7) + TimeDelta::microseconds(999_999);
    for (balances, source) in [(full, BalanceSource::Live), (short, BalanceSource::Cached)] {
        let mut listed = account("a");
        listed.balances = balances.clone();
        let mut change = ChangeSet { balance_source: source, ..ChangeSet::new(linked.id, written_at) };
        change.accounts.listed = vec![listed];
        linked.apply(change).await;
        let account = linked.account_id("a").await;
        let newest = history(&linked, DateWindow::default(), 1).await;
        assert_eq!(newest, [BalanceEntry { account, at: written_at, balances, source }]);
    }
}

pub(super) async fn entries_are_chosen_by_day_and_number(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    for days in 1..5 {
        tell(&linked, at(days * DAY), "1", BalanceSource::Cached).await;
        tell(&linked, at((days + 1) * DAY - 1), "2", BalanceSource::Cached).await;
    }
    let days = |window, limit| {
        let linked = &linked;
        async move {
            let entries = history(linked, window, limit).await;
            entries.iter().map(|entry| (entry.at - at(0)).num_days()).collect::<Vec<_>>()
        }
    };
    let window = |from: Option<u64>, to: Option<u64>| DateWindow::new(from.map(day), to.map(day)).unwrap();
    assert_eq!(days(window(None, None), 3).await, [4, 4, 3]);
    assert!(days(window(None, None), 0).await.is_empty());
    assert_eq!(days(window(Some(2), Some(3)), 9).await, [3, 3, 2, 2]);
    assert_eq!(days(window(Some(4), None), 9).await, [4, 4]);
    assert_eq!(days(window(None, Some(1)), 9).await, [1, 1, 0]);
    assert!(days(window(Some(9), None), 9).await.is_empty());
    let far = DateWindow::new(Some(chrono::NaiveDate::MIN), Some(chrono::NaiveDate::MAX)).unwrap();
    assert_eq!(days(far, 99).await.len(), 9);

    let account = linked.account_id("a").await;
    let strange = linked.store.balance_history(&user("bob"), account, DateWindow::default(), 9).await;
    assert_eq!(strange.unwrap_err().kind(), StoreErrorKind::NotFound);
}

pub(super) async fn a_balance_told_late_stands_at_its_instant(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    tell(&linked, at(100), "3", BalanceSource::Cached).await;
    tell(&linked, at(50), "2", BalanceSource::Cached).await;
    // Compared with the newest entry, not with the one written last.
    tell(&linked, at(101), "3", BalanceSource::Cached).await;
    assert_eq!(told(&linked).await, [entry(100, "3"), entry(50, "2"), entry(1, "100.00")]);
}

pub(super) async fn a_refused_change_set_leaves_no_balance(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1")]).await;
    let mut change =
        ChangeSet { inserts: vec![insert(row("tx", "a", "1"))], ..ChangeSet::new(linked.id, at(DAY)) };
    change.accounts.listed = vec![account("a")];
    linked.refuse(change, StoreErrorKind::Conflict).await;
    assert_eq!(told(&linked).await, [entry(1, "100.00")]);
}

pub(super) async fn pending_days_are_of_live_pending_rows(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let strange = Linked::new(fixture.store(), "bob", "item-2", &["c"]).await;
    let pending = |id: &str, account: &str, days| ProviderTransaction {
        pending: true,
        date: day(days),
        ..row(id, account, "1")
    };
    linked
        .insert([pending("p1", "a", 9), pending("p2", "a", 3), pending("p3", "a", 3), row("t", "a", "1")])
        .await;
    linked.insert([pending("p4", "b", 5), pending("p5", "a", 6), pending("p6", "a", 7)]).await;
    strange.insert([pending("p7", "c", 1)]).await;
    linked.remove("p5").await;
    linked.edit("p6", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    linked.edit("p4", &TransactionEdit { date: Some(Some(day(4))), ..TransactionEdit::default() }).await;
    let second = Linked::new(fixture.store(), "ada", "item-3", &["d"]).await;
    second.insert([pending("p8", "d", 2)]).await;
    let (store, user) = (&linked.store, &linked.user);
    let of_one = store.pending_days(user, Some(second.id)).await.unwrap();
    assert_eq!(of_one.into_iter().collect::<Vec<_>>(), [(second.account_id("d").await, vec![day(2)])]);
    assert!(store.pending_days(user, Some(strange.id)).await.unwrap().is_empty());
    assert_eq!(store.pending_days(user, None).await.unwrap().len(), 3);
    let days = store.pending_days(user, Some(linked.id)).await.unwrap();
    let (a, b) = (linked.account_id("a").await, linked.account_id("b").await);
    assert_eq!(days.into_iter().collect::<Vec<_>>(), [(a, vec![day(3), day(3), day(9)]), (b, vec![day(4)])]);
}
