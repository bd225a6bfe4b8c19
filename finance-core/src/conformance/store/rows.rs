use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::{Linked, StoreFixture};
use crate::conformance::samples::{account, at, day, insert, money, row, row_id, update};
use crate::{
    AccountChanges, ChangeSet, Currency, PaymentChannel, ProviderCategory, ProviderTransaction, RawJson,
    RowOrigin, Transaction, TransactionEdit, TransactionEdits, TransactionQuery, TransactionState,
};

fn text(text: &str) -> Option<Arc<str>> {
    Some(text.into())
}

fn full_row(id: &str) -> ProviderTransaction {
    let category = ProviderCategory {
        primary: "FOOD_AND_DRINK".to_owned(),
        detailed: "FOOD_AND_DRINK_COFFEE".to_owned(),
        confidence: Some("VERY_HIGH".to_owned()),
        version: Some("v2".to_owned()),
    };
    ProviderTransaction {
        date: day(3),
        authorized_date: Some(day(2)),
        datetime: Some(at(100) + TimeDelta::microseconds(123_456)),
        authorized_datetime: Some(at(-100) + TimeDelta::microseconds(1)),
        pending: true,
        pending_id: Some(row_id("an earlier one")),
        original_description: text("COFFEE  SHOP *1"),
        merchant_name: text("Coffee Shop"),
        merchant_id: text("merchant-1"),
        category: Some(category.into()),
        channel: PaymentChannel::InStore,
        code: text("atm"),
        check_number: text("0017"),
        merchant_category_code: text("5812"),
        raw: Some(RawJson::from_text(r#"{"amount": 4.50}"#)),
        ..row(id, "a", "-4.50")
    }
}

pub(super) async fn every_field_of_a_row_is_kept(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let odd_category =
        ProviderCategory { primary: String::new(), detailed: "x".into(), confidence: None, version: None };
    let rows = [
        full_row("full"),
        row("bare", "a", "7"),
        ProviderTransaction { channel: PaymentChannel::Online, ..row("online", "a", "7") },
        ProviderTransaction {
            channel: PaymentChannel::Unlisted("by pigeon".into()),
            category: Some(odd_category.into()),
            amount: money("7.0", &Currency::unofficial("BTC").unwrap()),
            description: "".into(),
            merchant_name: text(""),
            ..row("odd", "a", "0")
        },
    ];
    linked.insert(rows.clone()).await;
    for provider in rows {
        let stored = linked.row(provider.id.as_str()).await;
        let expected = Transaction {
            id: stored.id,
            account: linked.account_id("a").await,
            connection: linked.id,
            provider: ProviderTransaction { raw: None, ..provider },
            origin: RowOrigin::Provider,
            edits: TransactionEdits::default(),
            assigned: None,
            state: TransactionState::Live,
            created_at: at(2),
            updated_at: at(2),
        };
        assert_eq!(stored, expected);
        let query = TransactionQuery::default();
        let listed = linked.store.transactions(&linked.user, &query).await.unwrap();
        assert!(listed.contains(&expected));
    }
}

pub(super) async fn texts_of_any_kind_are_kept(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let long = "a line of a hundred kilobytes, ".repeat(3_200);
    let texts = [
        "",
        " spaces at both ends ",
        "nul\0inside",
        "\0",
        "☕🇦🇹👩‍👩‍👧 Ünïcödé \u{10FFFF}\u{FEFF}",
        "'; DROP TABLE transactions; --",
        "\"quotes\" \\ and\r\nlines",
        "e\u{301} is not é",
        &long,
    ];
    let rows = texts.iter().enumerate().map(|(number, &any)| ProviderTransaction {
        description: any.into(),
        merchant_name: text(any),
        raw: Some(RawJson::from_text(any)),
        ..row(&format!("id {number} {}", any.get(..30).unwrap_or(any)), "a", "1")
    });
    linked.insert(rows).await;
    for (number, &any) in texts.iter().enumerate() {
        let id = format!("id {number} {}", any.get(..30).unwrap_or(any));
        let edit = TransactionEdit { note: Some(Some(any.to_owned())), ..TransactionEdit::default() };
        linked.edit(&id, &edit).await;
        let stored = linked.row(&id).await;
        assert_eq!(&*stored.provider.description, any);
        assert_eq!(stored.provider.merchant_name.as_deref(), Some(any));
        assert_eq!(stored.edits.note.as_deref(), Some(any));
        assert_eq!(linked.raw(&id).await.as_deref(), Some(any));
    }
}

pub(super) async fn amounts_are_kept_digit_for_digit(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let amounts = [
        "0",
        "0.00",
        "-12.10",
        "1234567.89",
        "575.67",
        "0.00000001",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "-92233720368547758.09",
        "9999999999999999999999999999",
        "-0.9999999999999999999999999999",
        "99999999999999.99999999999999",
    ];
    linked.insert(amounts.map(|amount| row(amount, "a", amount))).await;
    for amount in amounts {
        assert_eq!(linked.row(amount).await.provider.amount.amount().to_string(), amount);
    }
}

pub(super) async fn days_far_away_are_kept(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let days = ["0001-01-01", "1582-10-15", "1969-12-31", "2024-02-29", "9999-12-31"];
    let dates = days.map(|day| day.parse::<NaiveDate>().unwrap());
    linked
        .insert(dates.map(|date| ProviderTransaction {
            date,
            authorized_date: Some(date),
            datetime: Some(date.and_hms_micro_opt(23, 59, 59, 999_999).unwrap().and_utc()),
            ..row(&date.to_string(), "a", "1")
        }))
        .await;
    for date in dates {
        let stored = linked.row(&date.to_string()).await.provider;
        assert_eq!((stored.date, stored.authorized_date), (date, Some(date)));
        assert_eq!(stored.datetime, date.and_hms_micro_opt(23, 59, 59, 999_999).map(|it| it.and_utc()));
    }
    let mut newest_first = days.to_vec();
    newest_first.reverse();
    assert_eq!(linked.list(&TransactionQuery::default()).await, newest_first);
}

pub(super) async fn raw_json_is_kept_replaced_and_removed(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let with_raw = |raw: Option<&str>| ProviderTransaction {
        raw: raw.map(RawJson::from_text),
        ..row("tx", "a", "1.00")
    };
    linked.insert([with_raw(Some(r#"{"a":  1.0}"#)), row("other", "a", "1")]).await;
    assert_eq!(linked.raw("tx").await.as_deref(), Some(r#"{"a":  1.0}"#));
    assert_eq!(linked.raw("other").await, None);
    let id = linked.id_of("tx").await;
    for raw in [Some("{}"), None, None, Some(r#"{"b":2}"#)] {
        linked.apply(ChangeSet { updates: vec![update(id, with_raw(raw))], ..linked.change() }).await;
        assert_eq!(linked.raw("tx").await.as_deref(), raw);
    }
    linked.remove("tx").await;
    assert_eq!(linked.raw("tx").await.as_deref(), Some(r#"{"b":2}"#));
}

pub(super) async fn an_update_keeps_the_id_the_edits_and_the_creation(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "-10.00"), row("other", "a", "1")]).await;
    let edit = TransactionEdit {
        name: Some(Some("Mine".to_owned())),
        hidden: Some(true),
        ..TransactionEdit::default()
    };
    let before = linked.edit("tx", &edit).await;
    let other = linked.row("other").await;

    for provider in [full_row("tx"), row("tx", "a", "-12.00")] {
        let updates = vec![update(before.id, provider.clone())];
        linked.apply(ChangeSet { updates, ..ChangeSet::new(linked.id, at(8)) }).await;
        let provider = ProviderTransaction { raw: None, ..provider };
        assert_eq!(linked.row("tx").await, Transaction { provider, updated_at: at(8), ..before.clone() });
    }
    assert_eq!(linked.row("other").await, other);
}

pub(super) async fn an_update_may_move_a_row_to_another_account(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    linked.insert([row("tx", "a", "5.00")]).await;
    let id = linked.id_of("tx").await;
    linked.apply(ChangeSet { updates: vec![update(id, row("tx", "b", "5.00"))], ..linked.change() }).await;
    let b = linked.account_id("b").await;
    let moved = linked.row("tx").await;
    assert_eq!((moved.account, moved.provider.account.as_str()), (b, "b"));
    let totals = linked.store.account_totals(&linked.user).await.unwrap();
    assert_eq!(totals.iter().map(|total| total.account).collect::<Vec<_>>(), [b]);
}

pub(super) async fn a_removed_row_stays_and_revives_on_an_update(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "5.00")]).await;
    let edit = TransactionEdit { note: Some(Some("kept".to_owned())), ..TransactionEdit::default() };
    let before = linked.edit("tx", &edit).await;
    let removals = vec![before.id, before.id];
    linked.apply(ChangeSet { removals, ..ChangeSet::new(linked.id, at(6)) }).await;
    let removed =
        Transaction { state: TransactionState::RemovedByProvider, updated_at: at(6), ..before.clone() };
    assert_eq!(linked.row("tx").await, removed);
    assert!(linked.list(&TransactionQuery::default()).await.is_empty());

    let updates = vec![update(before.id, row("tx", "a", "5.00"))];
    linked.apply(ChangeSet { updates, ..ChangeSet::new(linked.id, at(7)) }).await;
    assert_eq!(linked.row("tx").await, Transaction { updated_at: at(7), ..before });
}

pub(super) async fn a_removal_comes_after_the_update_of_its_row(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "5.00")]).await;
    let id = linked.id_of("tx").await;
    let updates = vec![update(id, row("tx", "a", "6.00"))];
    linked.apply(ChangeSet { updates, removals: vec![id], ..linked.change() }).await;
    let stored = linked.row("tx").await;
    assert_eq!(stored.state, TransactionState::RemovedByProvider);
    assert_eq!(stored.provider.amount.amount().to_string(), "6.00");
}

pub(super) async fn a_row_may_come_with_its_account(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let accounts = AccountChanges { listed: vec![account("new")], gone: vec![linked.account_id("a").await] };
    let inserts = vec![insert(row("tx", "new", "5.00")), insert(row("late", "a", "1.00"))];
    linked.apply(ChangeSet { accounts, inserts, ..linked.change() }).await;
    assert_eq!(linked.row("tx").await.account, linked.account_id("new").await);
    assert_eq!(linked.row("late").await.account, linked.account_id("a").await);
}

pub(super) async fn many_rows_at_once_are_written_like_few(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let many = |amount: &'static str| {
        (0..1_203).map(move |number| ProviderTransaction {
            date: day(number % 30),
            raw: number
                .is_multiple_of(3)
                .then(|| RawJson::from_text(&format!("{{\"n\":{number},\"a\":{amount}}}"))),
            ..row(&format!("tx-{number}"), if number % 2 == 0 { "a" } else { "b" }, amount)
        })
    };
    linked.insert(many("1.01")).await;
    let mut ids = Vec::new();
    for number in 0..1_203 {
        ids.push(linked.id_of(&format!("tx-{number}")).await);
    }
    let updates = ids.iter().zip(many("-2.5")).skip(100).map(|(&id, row)| update(id, row)).collect();
    let removals = ids[..50].iter().chain(&ids[1_000..]).copied().collect();
    linked.apply(ChangeSet { updates, removals, ..linked.change() }).await;

    for (number, (&id, expected)) in ids.iter().zip(many("-2.5")).enumerate() {
        let stored = linked.store.transaction(&linked.user, id).await.unwrap();
        let raw = linked.store.raw_transaction(&linked.user, id).await.unwrap();
        let removed = !(50..1_000).contains(&number);
        assert_eq!(stored.state == TransactionState::RemovedByProvider, removed, "{number}");
        let amount = if number < 100 { "1.01" } else { "-2.5" };
        assert_eq!(stored.provider.amount.amount().to_string(), amount, "{number}");
        assert_eq!(stored.provider.id, expected.id);
        let raw_expected = number.is_multiple_of(3).then(|| format!("{{\"n\":{number},\"a\":{amount}}}"));
        assert_eq!(raw, raw_expected, "{number}");
    }
    let everything = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
    assert_eq!(linked.list(&everything).await.len(), 950);
}
