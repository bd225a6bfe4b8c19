use super::{Linked, StoreFixture};
use crate::conformance::samples::{at, row, user};
use crate::{
    AccessToken, AccountId, ConnectionId, StoreError, StoreErrorKind, TransactionId, TransactionQuery, UserId,
};

fn assert_not_found<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert_eq!(answer.expect_err("nothing may be found").kind(), StoreErrorKind::NotFound);
}

/// Asks, as this user, for a connection, an account and a row that are not theirs.
async fn ask(
    linked: &Linked,
    asking: &UserId,
    connection: ConnectionId,
    account: AccountId,
    id: TransactionId,
) {
    let store = &linked.store;
    assert_not_found(store.connection(asking, connection).await);
    assert_not_found(store.access_token(asking, connection).await.map(|_| "a token"));
    assert_not_found(store.replace_access_token(asking, connection, &AccessToken::new("a stranger's")).await);
    assert_not_found(store.transaction(asking, id).await);
    assert_not_found(store.raw_transaction(asking, id).await);
    assert_not_found(store.runs(asking, connection, 10).await);
    let query = TransactionQuery { accounts: vec![account], ..TransactionQuery::default() };
    assert_eq!(store.transactions(asking, &query).await.unwrap(), []);
}

pub(super) async fn nothing_of_another_user_is_found(fixture: &mut dyn StoreFixture) {
    let ada = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    ada.insert([row("tx", "a", "1.00")]).await;
    let (account, id) = (ada.account_id("a").await, ada.id_of("tx").await);
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;

    for stranger in [&bob.user, &user("nobody"), &user("ADA"), &user("ada ")] {
        ask(&ada, stranger, ada.id, account, id).await;
        assert_eq!(ada.store.account_totals(stranger).await.unwrap(), []);
        assert_eq!(ada.store.transactions(stranger, &TransactionQuery::default()).await.unwrap(), []);
        assert!(ada.store.accounts(stranger).await.unwrap().iter().all(|it| it.user == *stranger));
        assert!(ada.store.connections(stranger).await.unwrap().iter().all(|it| it.user == *stranger));
    }
    assert_eq!(ada.list(&TransactionQuery::default()).await, ["tx"]);
    assert_eq!(ada.store.access_token(&ada.user, ada.id).await.unwrap().expose(), "token-of-item-1");
    assert_eq!(ada.store.runs(&ada.user, ada.id, 10).await.unwrap(), []);
}

pub(super) async fn nothing_unknown_is_found(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    for number in [0, -1, 99, i64::MAX, i64::MIN] {
        let (connection, account, id) =
            (ConnectionId::new(number), AccountId::new(number), TransactionId::new(number));
        ask(&linked, &linked.user, connection, account, id).await;
        assert_not_found(linked.store.apply(&crate::ChangeSet::new(connection, at(3))).await);
    }
}
