//! Access tokens: sealed on the disk, opened with the right key only, rotated.

use std::sync::Arc;

use finance_core::conformance::Linked;
use finance_core::conformance::samples::{at, new_connection, row, user};
use finance_core::{AccessToken, ConnectionStore, NewConnection, Store, StoreErrorKind, TransactionQuery};
use finance_store::TokenKeys;

use crate::fixture::{Home, KEY, Place, kind, on_every_store};

const NO_KEY: Option<StoreErrorKind> = Some(StoreErrorKind::NoKey);
const DAMAGED: Option<StoreErrorKind> = Some(StoreErrorKind::Damaged);

async fn open(home: &Home, keys: TokenKeys) -> Arc<dyn Store> {
    home.open_with(Some(keys)).await
}

fn both_keys() -> TokenKeys {
    TokenKeys::new("key-2", [2; 32]).with_earlier("key-1", KEY)
}

on_every_store! {
    without_a_key_everything_works_but_tokens
    another_key_under_the_same_name_is_noticed
    keys_rotate
    a_token_that_was_tampered_with_or_moved_does_not_open
    a_connection_without_a_token_needs_no_key_and_is_not_resealed
}

#[tokio::test]
async fn a_token_never_touches_the_disk_in_the_clear() {
    let place = Place::new();
    let store = place.open().await;
    let secret = "access-production-4f1c-never-to-be-found";
    let new = NewConnection {
        access_token: Some(AccessToken::new(secret)),
        ..new_connection(&user("ada"), "item-to-be-found")
    };
    let connection = store.insert_connection(new).await.unwrap();
    let later = "access-production-9a7b-nor-this-one";
    store.replace_access_token(&connection.user, connection.id, &AccessToken::new(later)).await.unwrap();
    for closed in [false, true] {
        if closed {
            store.close().await.unwrap();
        }
        assert!(place.holds(b"item-to-be-found"), "the search finds what is there");
        assert!(!place.holds(secret.as_bytes()) && !place.holds(later.as_bytes()));
        assert!(!place.holds(&KEY));
    }
    assert!(!format!("{store:?}").contains(later));
}

async fn without_a_key_everything_works_but_tokens(home: Home) {
    let keyed = Linked::new(home.open().await, "ada", "item-1", &["a"]).await;
    let store = home.open_with(None).await;
    assert_eq!(kind(store.ready_for_tokens().await), NO_KEY);
    assert_eq!(kind(store.insert_connection(new_connection(&keyed.user, "item-2")).await), NO_KEY);
    assert_eq!(kind(store.access_token(&keyed.user, keyed.id).await), NO_KEY);
    let token = AccessToken::new("another");
    assert_eq!(kind(store.replace_access_token(&keyed.user, keyed.id, &token).await), NO_KEY);
    assert_eq!(kind(home.reseal(None).await), NO_KEY);
    assert_eq!(store.connections(&keyed.user).await.unwrap().len(), 1);

    let unkeyed = Linked { store: store.clone(), ..keyed.clone() };
    unkeyed.insert([row("tx", "a", "1.00")]).await;
    assert_eq!(unkeyed.list(&TransactionQuery::default()).await, ["tx"]);
    assert_eq!(store.account_totals(&keyed.user).await.unwrap().len(), 1);
    assert_eq!(keyed.store.access_token(&keyed.user, keyed.id).await.unwrap().expose(), "token-of-item-1");
}

async fn another_key_under_the_same_name_is_noticed(home: Home) {
    let linked = Linked::new(home.open().await, "ada", "item-1", &[]).await;
    let wrong = open(&home, TokenKeys::new("key-1", [8; 32])).await;
    assert_eq!(kind(wrong.ready_for_tokens().await), NO_KEY);
    assert_eq!(kind(wrong.access_token(&linked.user, linked.id).await), NO_KEY);
    // Nothing is sealed with it either: two keys under one name could never be told apart again.
    assert_eq!(kind(wrong.insert_connection(new_connection(&linked.user, "item-2")).await), NO_KEY);
    let token = AccessToken::new("another");
    assert_eq!(kind(wrong.replace_access_token(&linked.user, linked.id, &token).await), NO_KEY);
    assert_eq!(wrong.connections(&linked.user).await.unwrap().len(), 1);
}

async fn keys_rotate(home: Home) {
    let first = Linked::new(home.open().await, "ada", "item-1", &[]).await;
    Linked::new(first.store.clone(), "bob", "item-2", &[]).await;

    // The new key alone opens nothing, but seals what is new.
    let new_only = open(&home, TokenKeys::new("key-2", [2; 32])).await;
    new_only.ready_for_tokens().await.unwrap();
    assert_eq!(kind(new_only.access_token(&first.user, first.id).await), NO_KEY);
    assert_eq!(kind(home.reseal(Some(TokenKeys::new("key-2", [2; 32]))).await), NO_KEY);
    let third = new_only.insert_connection(new_connection(&first.user, "item-3")).await.unwrap();

    let both = open(&home, both_keys()).await;
    assert_eq!(both.access_token(&first.user, first.id).await.unwrap().expose(), "token-of-item-1");
    assert_eq!(both.access_token(&first.user, third.id).await.unwrap().expose(), "token-of-item-3");
    assert_eq!(home.reseal(Some(both_keys())).await.unwrap(), 2);
    assert_eq!(home.reseal(Some(both_keys())).await.unwrap(), 0);

    assert_eq!(new_only.access_token(&first.user, first.id).await.unwrap().expose(), "token-of-item-1");
    assert_eq!(kind(first.store.access_token(&first.user, first.id).await), NO_KEY);
    // The name of the earlier key is free again.
    let reused = open(&home, TokenKeys::new("key-1", [9; 32])).await;
    reused.ready_for_tokens().await.unwrap();
}

async fn a_token_that_was_tampered_with_or_moved_does_not_open(home: Home) {
    let ada = Linked::new(home.open().await, "ada", "item-1", &[]).await;
    let bob = Linked::new(ada.store.clone(), "bob", "item-2", &[]).await;
    home
        .execute(
            "UPDATE finance_connections SET token = (SELECT token FROM finance_connections WHERE user_id = 'ada') \
             WHERE user_id = 'bob'",
        )
        .await;
    assert_eq!(kind(bob.store.access_token(&bob.user, bob.id).await), DAMAGED);
    home.execute("UPDATE finance_connections SET token = substr(token, 1, 30)").await;
    assert_eq!(kind(ada.store.access_token(&ada.user, ada.id).await), DAMAGED);
    home.execute(&format!("UPDATE finance_connections SET token = {}", home.literal(b""))).await;
    assert_eq!(kind(ada.store.access_token(&ada.user, ada.id).await), DAMAGED);
    // Rotation touches nothing when one token cannot be opened.
    assert_eq!(kind(home.reseal(Some(both_keys())).await), DAMAGED);
    // A new token mends it.
    let token = AccessToken::new("fresh");
    ada.store.replace_access_token(&ada.user, ada.id, &token).await.unwrap();
    assert_eq!(ada.store.access_token(&ada.user, ada.id).await.unwrap().expose(), "fresh");
}

async fn a_connection_without_a_token_needs_no_key_and_is_not_resealed(home: Home) {
    let unkeyed = home.open_with(None).await;
    let ada = user("ada");
    let manual = unkeyed.insert_connection(NewConnection::manual(&ada, at(0))).await.unwrap();
    let no_token = Some(StoreErrorKind::NoToken);
    assert_eq!(kind(unkeyed.access_token(&ada, manual.id).await), no_token);

    let store = home.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &[]).await;
    let both = open(&home, both_keys()).await;
    assert_eq!(home.reseal(Some(both_keys())).await.unwrap(), 1);
    assert_eq!(kind(both.access_token(&ada, manual.id).await), no_token);
    assert_eq!(both.access_token(&ada, linked.id).await.unwrap().expose(), "token-of-item-1");
    assert!(both.connection(&ada, manual.id).await.unwrap().is_manual());
}
