//! What a run used as a secret is nowhere to be read afterwards.

use end_to_end::{Books, World};
use finance_core::LinkOptions;
use plaid_simulator::SimulatorOptions;

#[tokio::test]
async fn no_secret_shows_in_debug_or_errors() {
    let world = World::new(Books::InSqlite, SimulatorOptions::default(), 100).await;
    let (request, item) = world.sign_in("user_good", None).await;
    let public_token = request.public_token.expose().to_owned();
    let mut shown = format!("{request:?}");
    let linked = world.engine.link(&world.user, request).await.unwrap();
    shown += &format!("{linked:?} {:?} {:?}", world.engine, world.provider);
    let access_token = world.control.connection(&item).unwrap().access_token.unwrap();
    let stored = world.store.access_token(&world.user, linked.connection.id).await.unwrap();
    assert_eq!(stored.expose(), access_token);
    shown += &format!("{stored:?}");
    let link = world.engine.create_link_token(&world.user, &LinkOptions::new("Test")).await.unwrap();
    shown += &format!("{link:?}");

    world.provider.client().item_access_token_invalidate(&stored).await.unwrap();
    let error = world.sync(linked.connection.id).await.error.unwrap();
    shown += &format!("{error:?} {error}");
    for secret in [&access_token, &public_token, link.token.expose(), "test-secret-not-real"] {
        assert!(!shown.contains(secret), "a secret shows");
    }
    // The simulator sees secrets in headers and bodies; its journal is what a log of requests would be.
    let journal = format!("{:?}", world.control.journal(None));
    assert!(!journal.contains("test-secret-not-real") && !journal.contains(&access_token));
}
