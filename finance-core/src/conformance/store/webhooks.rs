use super::StoreFixture;
use crate::WebhookDigest;
use crate::conformance::samples::at;

pub(super) async fn a_remembered_webhook_is_known(fixture: &mut dyn StoreFixture) {
    let (one, other) = (WebhookDigest([1; 32]), WebhookDigest([2; 32]));
    let store = fixture.store();
    assert!(!store.knows_webhook(&one).await.unwrap());
    store.remember_webhook(&one, at(1), at(0)).await.unwrap();
    store.remember_webhook(&one, at(2), at(0)).await.unwrap();
    drop(store);
    fixture.reopen().await;
    let store = fixture.store();
    assert!(store.knows_webhook(&one).await.unwrap());
    assert!(!store.knows_webhook(&other).await.unwrap());
}

pub(super) async fn old_webhooks_are_forgotten(fixture: &mut dyn StoreFixture) {
    let [first, second, third] = [1, 2, 3].map(|n| WebhookDigest([n; 32]));
    let store = fixture.store();
    store.remember_webhook(&first, at(1), at(0)).await.unwrap();
    store.remember_webhook(&second, at(2), at(0)).await.unwrap();
    // Remembered again, a webhook keeps the instant at which it was first remembered.
    store.remember_webhook(&first, at(9), at(0)).await.unwrap();
    store.remember_webhook(&third, at(3), at(2)).await.unwrap();
    let mut known = Vec::new();
    for digest in [first, second, third] {
        known.push(store.knows_webhook(&digest).await.unwrap());
    }
    assert_eq!(known, [false, true, true]);
}
