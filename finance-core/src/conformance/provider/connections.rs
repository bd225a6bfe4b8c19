use chrono::Utc;

use super::{BankChange, ProviderFixture, SignedIn, is_dead};
use crate::conformance::samples::{account, row, user};
use crate::*;

pub(super) async fn a_link_session_begins_and_ends_later(fixture: &dyn ProviderFixture) {
    let provider = fixture.provider();
    let session = provider.create_link_token(&LinkTokenRequest::new(user("anna"), "Test")).await.unwrap();
    assert!(!session.token.expose().is_empty());
    assert!(session.expires_at > Utc::now());
    assert!(!format!("{session:?}").contains(session.token.expose()), "a token shows in Debug");

    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![]).await;
    let update = LinkTokenRequest {
        mode: LinkMode::Update {
            access_token: signed_in.token().clone(),
            select_accounts: true,
            additional_products: vec![],
        },
        ..LinkTokenRequest::new(user("anna"), "Test")
    };
    provider.create_link_token(&update).await.unwrap();
}

pub(super) async fn an_exchanged_token_opens_the_connection(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a"), account("b")], vec![]).await;
    let connection = signed_in.provider.connection(signed_in.token()).await.unwrap();
    assert_eq!(connection.id, signed_in.exchanged.id);
    let names: Vec<String> = signed_in
        .provider
        .accounts(signed_in.token())
        .await
        .unwrap()
        .into_iter()
        .map(|own| own.name)
        .collect();
    assert_eq!(names, ["Account a", "Account b"]);
    assert!(!format!("{:?}", signed_in.exchanged).contains(signed_in.token().expose()));
}

pub(super) async fn a_public_token_is_good_for_one_exchange(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![]).await;
    for token in [&signed_in.public_token, &PublicToken::new("public-sandbox-never-handed-out")] {
        let error = signed_in.provider.exchange_public_token(token).await.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::LinkAgain);
        assert!(!error.user_message().is_empty());
    }
}

pub(super) async fn a_connection_names_its_institution(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![]).await;
    let connection = signed_in.provider.connection(signed_in.token()).await.unwrap();
    let institution = connection.institution.unwrap();
    assert_eq!(institution.id, fixture.institution());
    let described = signed_in.provider.institution(&institution.id, &["US".to_owned()]).await.unwrap();
    assert_eq!(described.id, institution.id);
    assert!(!described.name.is_empty());
}

pub(super) async fn a_removed_connection_answers_no_more(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![]).await;
    let (provider, token) = (&signed_in.provider, signed_in.token());
    provider.remove_connection(token).await.unwrap();
    // As after a lost answer.
    provider.remove_connection(token).await.unwrap();
    assert!(is_dead(provider.accounts(token).await.unwrap_err().kind()));
    let page = PageRequest { cursor: None, count: 10 };
    assert!(is_dead(provider.transactions_page(token, &page).await.unwrap_err().kind()));
}

pub(super) async fn a_rotated_token_replaces_the_old_one(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![row("t", "a", "-1.00")]).await;
    let (provider, old) = (&signed_in.provider, signed_in.token());
    let fresh = provider.rotate_access_token(old).await.unwrap();
    assert_ne!(fresh.expose(), old.expose());
    assert!(is_dead(provider.accounts(old).await.unwrap_err().kind()));
    assert_eq!(provider.connection(&fresh).await.unwrap().id, signed_in.exchanged.id);
}

pub(super) async fn a_broken_sign_in_asks_for_the_user_and_heals(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![row("t", "a", "-1.00")]).await;
    let (provider, token) = (&signed_in.provider, signed_in.token());
    let page = PageRequest { cursor: None, count: 10 };

    fixture.change(&signed_in.public_token, BankChange::BreakSignIn).await;
    let error = provider.transactions_page(token, &page).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::SignInAgain);
    assert!(!error.user_message().is_empty());
    let fault = provider.connection(token).await.unwrap().fault;
    let fault = fault.expect("a broken sign-in must be told");
    assert_eq!(fault.kind, ProviderErrorKind::SignInAgain);
    assert!(!fault.user_message.is_empty());

    fixture.change(&signed_in.public_token, BankChange::HealSignIn).await;
    assert_eq!(provider.transactions_page(token, &page).await.unwrap().added.len(), 1);
    assert_eq!(provider.connection(token).await.unwrap().fault, None);
}

pub(super) async fn an_unknown_institution_is_an_error(fixture: &dyn ProviderFixture) {
    let unknown = InstitutionId::new("ins_of_nowhere").unwrap();
    let error = fixture.provider().institution(&unknown, &["US".to_owned()]).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::Configuration);
}
