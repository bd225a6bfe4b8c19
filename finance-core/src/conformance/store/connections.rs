use super::{Linked, StoreFixture};
use crate::conformance::samples::{at, new_connection, user};
use crate::{
    AccessToken, ChangeSet, Connection, ConnectionFault, ConnectionStatus, HistoryStatus, InstitutionId,
    InstitutionRef, NewConnection, ProviderConnectionId, ProviderErrorKind, ProviderName, StoreErrorKind,
};

fn bank(name: Option<&str>) -> InstitutionRef {
    InstitutionRef { id: InstitutionId::new("ins_1").unwrap(), name: name.map(str::to_owned) }
}

pub(super) async fn a_connection_is_stored_as_it_was_given(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    store.ready_for_tokens().await.unwrap();
    let ada = user("ada");
    assert_eq!(store.connections(&ada).await.unwrap(), []);

    let new = NewConnection { institution: Some(bank(Some("First Bank"))), ..new_connection(&ada, "item-1") };
    let stored = store.insert_connection(new).await.unwrap();
    let expected = Connection {
        id: stored.id,
        user: ada.clone(),
        provider: ProviderName::new("test").unwrap(),
        provider_id: ProviderConnectionId::new("item-1").unwrap(),
        institution: Some(bank(Some("First Bank"))),
        status: ConnectionStatus::New,
        cursor: None,
        history: HistoryStatus::Unknown,
        created_at: at(0),
        synced_at: None,
        fault: None,
        consent_expires_at: None,
        bank_updated_at: None,
        bank_failed_at: None,
        new_accounts_available: false,
        revision: 0,
    };
    assert_eq!(stored, expected);
    assert_eq!(store.connection(&ada, stored.id).await.unwrap(), expected);
    assert_eq!(store.connections(&ada).await.unwrap(), [expected]);
    assert_eq!(store.access_token(&ada, stored.id).await.unwrap().expose(), "token-of-item-1");
}

pub(super) async fn a_connection_stored_again_gets_the_new_token_and_nothing_else(
    fixture: &mut dyn StoreFixture,
) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.apply(ChangeSet { cursor: Linked::step(None, Some("c1")), ..linked.change() }).await;
    let before = linked.connection().await;

    let again = NewConnection {
        access_token: Some(AccessToken::new("a newer token")),
        created_at: at(9),
        ..new_connection(&linked.user, "item-1")
    };
    assert_eq!(linked.store.insert_connection(again).await.unwrap(), before);
    assert_eq!(linked.store.connections(&linked.user).await.unwrap(), [before]);
    let token = linked.store.access_token(&linked.user, linked.id).await.unwrap();
    assert_eq!(token.expose(), "a newer token");
}

pub(super) async fn a_connection_of_another_user_is_a_conflict(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let (ada, bob) = (user("ada"), user("bob"));
    let first = store.insert_connection(new_connection(&ada, "item-1")).await.unwrap();
    let stolen = NewConnection {
        access_token: Some(AccessToken::new("another token")),
        ..new_connection(&bob, "item-1")
    };
    let error = store.insert_connection(stolen).await.expect_err("the connection is Ada's");
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    assert_eq!(store.connections(&bob).await.unwrap(), []);
    assert_eq!(store.access_token(&ada, first.id).await.unwrap().expose(), "token-of-item-1");

    let elsewhere = NewConnection {
        provider: ProviderName::new("another provider").unwrap(),
        ..new_connection(&bob, "item-1")
    };
    let second = store.insert_connection(elsewhere).await.unwrap();
    assert_ne!(second.id, first.id);
}

pub(super) async fn connections_come_oldest_first(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let ada = user("ada");
    for provider_id in ["z", "a", "m"] {
        store.insert_connection(new_connection(&ada, provider_id)).await.unwrap();
        store.insert_connection(new_connection(&user("bob"), &format!("bob-{provider_id}"))).await.unwrap();
    }
    let connections = store.connections(&ada).await.unwrap();
    let ids: Vec<&str> = connections.iter().map(|connection| connection.provider_id.as_str()).collect();
    assert_eq!(ids, ["z", "a", "m"]);
}

pub(super) async fn a_connection_is_found_by_the_providers_name_for_it(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let ada = Linked::new(store.clone(), "ada", "item-1", &[]).await.connection().await;
    let bob = Linked::new(store.clone(), "bob", "item-2", &[]).await.connection().await;
    for stored in [ada, bob] {
        let found = store.connection_of_provider(&stored.provider, &stored.provider_id).await.unwrap();
        assert_eq!(found, Some(stored));
    }
    for (provider, id) in [("test", "item-3"), ("test", "ITEM-1"), ("another provider", "item-1")] {
        let (provider, id) = (ProviderName::new(provider).unwrap(), ProviderConnectionId::new(id).unwrap());
        assert_eq!(store.connection_of_provider(&provider, &id).await.unwrap(), None);
    }
}

pub(super) async fn a_token_is_replaced(fixture: &mut dyn StoreFixture) {
    let first = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &[]).await;
    // Tokens of every length, as a cipher that works in blocks might stumble over one.
    for text in ["x", "déjà vu 🔑", &"long ".repeat(1_000), ""] {
        let token = AccessToken::new(text);
        first.store.replace_access_token(&first.user, first.id, &token).await.unwrap();
        let stored = first.store.access_token(&first.user, first.id).await.unwrap();
        assert_eq!(stored.expose(), text);
    }
    let untouched = second.store.access_token(&second.user, second.id).await.unwrap();
    assert_eq!(untouched.expose(), "token-of-item-2");
}

pub(super) async fn a_connection_without_a_token_is_kept(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let (ada, bob) = (user("ada"), user("bob"));
    let stored = store.insert_connection(NewConnection::manual(&ada, at(0))).await.unwrap();
    assert!(stored.is_manual() && stored.status == ConnectionStatus::Good);
    assert_eq!(store.insert_connection(NewConnection::manual(&ada, at(5))).await.unwrap(), stored);
    let others = store.insert_connection(NewConnection::manual(&bob, at(0))).await.unwrap();
    assert_ne!(others.id, stored.id);
    assert_eq!(store.connections(&ada).await.unwrap(), std::slice::from_ref(&stored));
    let error = store.access_token(&ada, stored.id).await.expect_err("there is none");
    assert_eq!(error.kind(), StoreErrorKind::NoToken);
    let error = store.access_token(&bob, stored.id).await.expect_err("it is Ada's");
    assert_eq!(error.kind(), StoreErrorKind::NotFound);

    // A connection that comes again without a token keeps the one it has.
    let linked = store.insert_connection(new_connection(&ada, "item-1")).await.unwrap();
    let again = NewConnection { access_token: None, ..new_connection(&ada, "item-1") };
    assert_eq!(store.insert_connection(again).await.unwrap(), linked);
    assert_eq!(store.access_token(&ada, linked.id).await.unwrap().expose(), "token-of-item-1");

    fixture.reopen().await;
    let error = fixture.store().access_token(&bob, others.id).await.expect_err("there is none");
    assert!(matches!(error.kind(), StoreErrorKind::NoToken));
}

pub(super) async fn a_change_set_updates_the_connection(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let before = linked.connection().await;
    assert_eq!((before.status, before.synced_at), (ConnectionStatus::New, None));
    linked
        .apply(ChangeSet {
            cursor: Linked::step(None, Some("c1")),
            status: Some(ConnectionStatus::Good),
            history: Some(HistoryStatus::Recent),
            institution: Some(bank(None)),
            consent_expires_at: Some(Some(at(1_000))),
            bank_updated_at: Some(at(3)),
            bank_failed_at: Some(at(4)),
            new_accounts_available: Some(true),
            ..linked.change()
        })
        .await;
    let expected = Connection {
        cursor: crate::Cursor::new("c1"),
        synced_at: Some(at(2)),
        status: ConnectionStatus::Good,
        history: HistoryStatus::Recent,
        institution: Some(bank(None)),
        consent_expires_at: Some(at(1_000)),
        bank_updated_at: Some(at(3)),
        bank_failed_at: Some(at(4)),
        new_accounts_available: true,
        revision: before.revision + 1,
        ..before
    };
    assert_eq!(linked.connection().await, expected);

    linked
        .apply(ChangeSet {
            consent_expires_at: Some(None),
            new_accounts_available: Some(false),
            ..linked.change()
        })
        .await;
    let revision = expected.revision + 1;
    let expected =
        Connection { consent_expires_at: None, new_accounts_available: false, revision, ..expected };
    assert_eq!(linked.connection().await, expected);
}

pub(super) async fn what_a_change_set_does_not_tell_stays(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    linked
        .apply(ChangeSet {
            cursor: Linked::step(None, Some("c1")),
            status: Some(ConnectionStatus::ConsentEndsSoon),
            history: Some(HistoryStatus::Complete),
            institution: Some(bank(Some("First Bank"))),
            fault: Some(fault(1)),
            consent_expires_at: Some(Some(at(1_000))),
            bank_updated_at: Some(at(3)),
            bank_failed_at: Some(at(4)),
            new_accounts_available: Some(true),
            ..linked.change()
        })
        .await;
    let before = linked.connection().await;
    linked.apply(ChangeSet::new(linked.id, at(7))).await;
    assert_eq!(linked.connection().await, before);
}

pub(super) async fn a_fault_goes_with_the_status(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let told = |status, fault| ChangeSet { status, fault, ..linked.change() };
    for (status, said, expected) in [
        (Some(ConnectionStatus::NeedsSignIn), Some(fault(1)), Some(fault(1))),
        (None, Some(fault(2)), Some(fault(1))),
        (None, None, Some(fault(1))),
        (Some(ConnectionStatus::Good), Some(fault(3)), Some(fault(3))),
        (Some(ConnectionStatus::Good), None, None),
    ] {
        linked.apply(told(status, said)).await;
        assert_eq!(linked.connection().await.fault, expected, "{status:?}");
    }
}

fn fault(seconds: i64) -> ConnectionFault {
    ConnectionFault {
        kind: ProviderErrorKind::SignInAgain,
        code: (seconds > 1).then(|| "CODE".to_owned()),
        user_message: "Please sign in – again".to_owned(),
        at: at(seconds),
    }
}

pub(super) async fn every_status_and_history_is_kept(fixture: &mut dyn StoreFixture) {
    use HistoryStatus::{Complete, NotReady, Recent, Unknown};
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    for status in ConnectionStatus::ALL {
        linked.apply(ChangeSet { status: Some(status), ..linked.change() }).await;
        assert_eq!(linked.connection().await.status, status);
    }
    for history in [NotReady, Recent, Complete, Unknown] {
        linked.apply(ChangeSet { history: Some(history), ..linked.change() }).await;
        assert_eq!(linked.connection().await.history, history);
    }
}

pub(super) async fn identifiers_that_differ_in_case_differ(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let upper = Linked::new(store.clone(), "Ada", "ITEM", &["Acc", "aCC"]).await;
    let lower = Linked::new(store.clone(), "ada", "item", &["acc"]).await;
    assert_ne!(upper.id, lower.id);
    assert_eq!(store.connections(&lower.user).await.unwrap().len(), 1);
    assert_eq!(store.accounts(&upper.user).await.unwrap().len(), 2);

    use crate::conformance::samples::row;
    upper.insert([row("tx", "Acc", "1"), row("Tx", "Acc", "2"), row("tX", "aCC", "3")]).await;
    let ids = [upper.id_of("tx").await, upper.id_of("Tx").await, upper.id_of("tX").await];
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    assert_eq!(upper.known("TX").await, None);
    assert_eq!(upper.row("tX").await.account, upper.account_id("aCC").await);
}
