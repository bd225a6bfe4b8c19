use super::{Linked, StoreFixture};
use crate::conformance::samples::{account, at};
use crate::{
    Account, AccountChanges, AccountStatus, Balances, ChangeSet, Currency, HolderCategory, ProviderAccount,
    parse_amount,
};

fn listing(linked: &Linked, listed: Vec<ProviderAccount>) -> ChangeSet {
    ChangeSet { accounts: AccountChanges { listed, gone: Vec::new() }, ..linked.change() }
}

pub(super) async fn accounts_come_by_connection_and_appearance(fixture: &mut dyn StoreFixture) {
    let first = Linked::new(fixture.store(), "ada", "item-1", &["z", "b"]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &["y", "a"]).await;
    Linked::new(fixture.store(), "bob", "item-3", &["x"]).await;
    first.apply(listing(&first, vec![account("a-late"), account("b")])).await;
    let accounts = first.store.accounts(&first.user).await.unwrap();
    let found: Vec<_> = accounts.iter().map(|it| (it.connection, it.provider.id.as_str())).collect();
    let expected =
        [(first.id, "z"), (first.id, "b"), (first.id, "a-late"), (second.id, "y"), (second.id, "a")];
    assert_eq!(found, expected);
}

pub(super) async fn every_field_of_an_account_is_kept(fixture: &mut dyn StoreFixture) {
    let amount = |text| Some(parse_amount(text).unwrap());
    let full = ProviderAccount {
        persistent_id: Some("persistent".to_owned()),
        name: String::new(),
        official_name: Some("Plus Chèque № 1".to_owned()),
        mask: Some("0a".to_owned()),
        provider_type: "a type of tomorrow".to_owned(),
        provider_subtype: None,
        holder: Some(HolderCategory::Other("trustee".to_owned())),
        balances: Balances {
            current: amount("-9999999999999999999999999999"),
            available: amount("0.0000000000000000000000000001"),
            limit: amount("0.00"),
            currency: Some(Currency::unofficial("USD").unwrap()),
            updated_at: Some(at(-5)),
        },
        ..account("full")
    };
    let holder = |id, holder| ProviderAccount { holder: Some(holder), ..account(id) };
    let personal = holder("personal", HolderCategory::Personal);
    let business = holder("business", HolderCategory::Business);
    let nothing_known = ProviderAccount { balances: Balances::default(), ..account("nothing") };
    let listed = vec![full, personal, business, nothing_known];

    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    linked.apply(listing(&linked, listed.clone())).await;
    for provider in listed {
        let stored = linked.account(provider.id.as_str()).await;
        let written = |amount: Option<rust_decimal::Decimal>| amount.map(|amount| amount.to_string());
        assert_eq!(written(stored.provider.balances.limit), written(provider.balances.limit));
        let expected = Account {
            id: stored.id,
            user: linked.user.clone(),
            connection: linked.id,
            provider,
            status: AccountStatus::Open,
            balances_at: at(2),
        };
        assert_eq!(stored, expected);
    }
}

pub(super) async fn an_account_is_updated_under_its_provider_id(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let (a, b) = (linked.account("a").await, linked.account("b").await);
    assert_eq!(a.balances_at, at(1));
    let renamed = ProviderAccount {
        name: "Renamed".to_owned(),
        balances: Balances { current: None, currency: None, ..account("a").balances },
        ..account("a")
    };
    linked.apply(listing(&linked, vec![renamed.clone()])).await;
    assert_eq!(linked.account("a").await, Account { provider: renamed, balances_at: at(2), ..a });
    assert_eq!(linked.account("b").await, b);

    // The same account listed twice: the later word holds.
    let twice = ["first", "second"].map(|name| ProviderAccount { name: name.to_owned(), ..account("b") });
    linked.apply(listing(&linked, twice.to_vec())).await;
    let now = linked.account("b").await;
    assert_eq!((now.id, now.provider.name.as_str()), (b.id, "second"));
}

pub(super) async fn an_account_that_is_gone_can_come_back(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let open = linked.account("a").await;
    let gone = AccountChanges { listed: Vec::new(), gone: vec![open.id] };
    linked.apply(ChangeSet { accounts: gone, ..linked.change() }).await;
    let found = linked.account("a").await;
    assert_eq!(found, Account { status: AccountStatus::Gone, ..open.clone() });
    assert_eq!(linked.account("b").await.status, AccountStatus::Open);

    linked.apply(listing(&linked, vec![account("a")])).await;
    assert_eq!(linked.account("a").await, Account { balances_at: at(2), ..open });
}

pub(super) async fn accounts_of_two_connections_share_no_provider_id(fixture: &mut dyn StoreFixture) {
    let first = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &["a"]).await;
    let (one, other) = (first.account("a").await, second.account("a").await);
    assert_ne!(one.id, other.id);
    let renamed = ProviderAccount { name: "Renamed".to_owned(), ..account("a") };
    second.apply(listing(&second, vec![renamed])).await;
    assert_eq!(first.account("a").await, one);
}
