use chrono::TimeDelta;

use super::{Linked, StoreFixture};
use crate::conformance::samples::{money, row, update};
use crate::{ChangeSet, Currency, ProviderTransaction, StoreErrorKind, TransactionEdit, TransactionQuery};

/// Account, rows, pending rows, sum and currency of each total.
async fn totals(linked: &Linked) -> Vec<(String, u64, u64, String, String)> {
    let accounts = linked.store.accounts(&linked.user).await.unwrap();
    let name = |id| accounts.iter().find(|it| it.id == id).map(|it| it.provider.id.as_str().to_owned());
    let totals = linked.store.account_totals(&linked.user).await.unwrap();
    totals
        .into_iter()
        .map(|total| {
            let (sum, currency) = (total.sum.amount().to_string(), total.sum.currency().key());
            (name(total.account).unwrap(), total.rows, total.pending_rows, sum, currency)
        })
        .collect()
}

fn total(account: &str, rows: u64, pending: u64, sum: &str) -> (String, u64, u64, String, String) {
    (account.to_owned(), rows, pending, sum.to_owned(), "USD".to_owned())
}

pub(super) async fn sums_are_exact(fixture: &mut dyn StoreFixture) {
    for (number, (amounts, sum)) in [
        (&["0.1", "0.2"][..], "0.3"),
        (&["-12.10", "12.1"], "0.00"),
        (&["1.50", "-2.505", "3"], "1.995"),
        (&["575.67", "144575.57", "0.01"], "145151.25"),
        (&["9223372036854775807", "9223372036854775807", "1"], "18446744073709551615"),
        (&["-9223372036854775808", "-9223372036854775808"], "-18446744073709551616"),
        (&["9999999999999999999999999999", "-9999999999999999999999999998"], "1"),
        (&["99999999999999.99999999999999", "0.00000000000001"], "100000000000000.00000000000000"),
        (&["0.0000000000000000000000000001", "-1"], "-0.9999999999999999999999999999"),
        (&["9999999999999999999999999999", "0.01", "-9999999999999999999999999999"], "0.01"),
    ]
    .into_iter()
    .enumerate()
    {
        let owner = format!("user-{number}");
        let linked = Linked::new(fixture.store(), &owner, &owner, &["a"]).await;
        linked
            .insert(amounts.iter().enumerate().map(|(index, amount)| row(&index.to_string(), "a", amount)))
            .await;
        assert_eq!(totals(&linked).await, [total("a", amounts.len() as u64, 0, sum)]);
    }
}

pub(super) async fn currencies_are_summed_apart(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["z", "a"]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &["b"]).await;
    let (euro, official, unofficial) =
        (Currency::iso("EUR").unwrap(), Currency::iso("BTC").unwrap(), Currency::unofficial("BTC").unwrap());
    let of = |id: &str, account: &str, amount: &str, currency: &Currency, pending| ProviderTransaction {
        amount: money(amount, currency),
        pending,
        ..row(id, account, "0")
    };
    linked
        .insert([
            of("1", "z", "1.5", &euro, false),
            of("2", "z", "0.00000001", &unofficial, true),
            of("3", "z", "-0.25", &euro, true),
            of("4", "z", "7", &official, false),
            row("5", "z", "10.00"),
            row("6", "a", "20.00"),
        ])
        .await;
    second.insert([row("1", "b", "30.00")]).await;
    let in_currency = |account: &str, rows, pending, sum: &str, currency: &str| {
        (account.to_owned(), rows, pending, sum.to_owned(), currency.to_owned())
    };
    let expected = [
        in_currency("z", 1, 0, "7", "BTC"),
        in_currency("z", 2, 1, "1.25", "EUR"),
        total("z", 1, 0, "10.00"),
        in_currency("z", 1, 1, "0.00000001", "*BTC"),
        total("a", 1, 0, "20.00"),
        total("b", 1, 0, "30.00"),
    ];
    assert_eq!(totals(&linked).await, expected);
}

pub(super) async fn only_live_rows_count(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    assert_eq!(totals(&linked).await, []);
    linked.insert(["1", "2", "4", "8"].map(|amount| row(amount, "a", amount))).await;
    assert_eq!(totals(&linked).await, [total("a", 4, 0, "15")]);
    linked.remove("1").await;
    let delete = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
    linked.edit("2", &delete).await;
    linked.edit("4", &TransactionEdit { hidden: Some(true), ..TransactionEdit::default() }).await;
    assert_eq!(totals(&linked).await, [total("a", 2, 0, "12")]);

    let pending = ProviderTransaction { pending: true, ..row("8", "b", "80.0") };
    let updates = vec![update(linked.id_of("8").await, pending)];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;
    assert_eq!(totals(&linked).await, [total("a", 1, 0, "4"), total("b", 1, 1, "80.0")]);
    linked.edit("2", &TransactionEdit { deleted: Some(false), ..delete }).await;
    linked.remove("4").await;
    assert_eq!(totals(&linked).await, [total("a", 1, 0, "2"), total("b", 1, 1, "80.0")]);
}

pub(super) async fn a_sum_too_long_is_refused(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("huge", "a", "9999999999999999999999999999"), row("small", "a", "0.01")]).await;
    let refused = linked.store.account_totals(&linked.user).await.expect_err("30 digits do not fit");
    assert_eq!(refused.kind(), StoreErrorKind::InvalidInput);
    // The rows themselves are as readable as ever.
    assert_eq!(linked.list(&TransactionQuery::default()).await, ["small", "huge"]);
}

pub(super) async fn what_is_posted_after_a_day_is_summed(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let stranger = Linked::new(fixture.store(), "eve", "item-2", &["a"]).await;
    let (first, last) = (row("day", "a", "0").date, row("day", "a", "0").date + TimeDelta::days(9));
    let dated = |id: &str, days: i64, amount: &str| ProviderTransaction {
        date: first + TimeDelta::days(days),
        ..row(id, "a", amount)
    };
    let euro = Currency::iso("EUR").unwrap();
    linked
        .insert([
            dated("old", 0, "1000"),
            dated("day", 1, "100"),
            dated("next", 2, "-0.10"),
            dated("later", 9, "-20.005"),
            ProviderTransaction { pending: true, ..dated("pending", 3, "-3") },
            dated("deleted", 3, "-4"),
            dated("removed", 3, "-5"),
            dated("hidden", 3, "-6"),
            ProviderTransaction { amount: money("7.5", &euro), ..dated("euro", 3, "0") },
            dated("moved away", 3, "-8"),
            dated("moved in", 0, "-9"),
            dated("corrected", 3, "-11"),
            ProviderTransaction { date: last, ..row("elsewhere", "b", "-12") },
        ])
        .await;
    stranger.insert([ProviderTransaction { date: last, ..row("theirs", "a", "-13") }]).await;
    linked.remove("removed").await;
    linked.edit("deleted", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    linked.edit("hidden", &TransactionEdit { hidden: Some(true), ..TransactionEdit::default() }).await;
    for (id, days) in [("moved away", 1), ("moved in", 2)] {
        let date = Some(Some(first + TimeDelta::days(days)));
        linked.edit(id, &TransactionEdit { date, ..TransactionEdit::default() }).await;
    }
    let amount = Some(Some(money("-11.5", &euro).amount()));
    linked.edit("corrected", &TransactionEdit { amount, ..TransactionEdit::default() }).await;

    let account = linked.row("old").await.account;
    let after = async |user, days: i64| {
        let day = first + TimeDelta::days(days);
        let sums = linked.store.posted_sums_after(user, account, day).await.unwrap();
        sums.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    // -0.10 - 20.005 - 6 - 9 - 11.5
    assert_eq!(after(&linked.user, 1).await, ["7.5 EUR", "-46.605 USD"]);
    assert_eq!(after(&linked.user, 8).await, ["-20.005 USD"]);
    assert_eq!(after(&linked.user, 9).await, [""; 0]);
    assert_eq!(after(&stranger.user, 0).await, [""; 0]);

    let huge = "9999999999999999999999999999";
    linked.insert([dated("huge", 9, huge)]).await;
    let day = first + TimeDelta::days(8);
    let refused = linked.store.posted_sums_after(&linked.user, account, day).await;
    assert_eq!(refused.expect_err("31 digits do not fit").kind(), StoreErrorKind::InvalidInput);
}
