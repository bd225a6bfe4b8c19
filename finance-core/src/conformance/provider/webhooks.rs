use chrono::{DateTime, TimeDelta, Utc};

use super::{BankNews, ProviderFixture, SignedIn};
use crate::conformance::samples::account;
use crate::*;

async fn signed_in(fixture: &dyn ProviderFixture) -> SignedIn {
    SignedIn::new(fixture, vec![account("a")], vec![]).await
}

fn refusal(answer: Result<ProviderWebhook, WebhookError>) -> WebhookErrorKind {
    let error = answer.expect_err("the webhook must be refused");
    assert!(!error.to_string().is_empty());
    error.kind()
}

/// A webhook with plain news, or nothing for a provider that sends none.
async fn webhook(fixture: &dyn ProviderFixture, signed_in: &SignedIn) -> Option<WebhookDelivery> {
    fixture.webhook(&signed_in.public_token, BankNews::TransactionsReady).await
}

pub(super) async fn a_webhook_tells_its_connection_and_its_news(fixture: &dyn ProviderFixture) {
    let signed_in = signed_in(fixture).await;
    let accounts = signed_in.provider.accounts(signed_in.token()).await.unwrap();
    let soon = DateTime::from_timestamp(Utc::now().timestamp() + 6 * 24 * 3600, 0).unwrap();
    let account = accounts[0].id.clone();
    let all = [
        (BankNews::TransactionsReady, "transactions_ready"),
        (BankNews::AccountsChanged, "accounts_changed"),
        (BankNews::ConnectionBroken, "connection_broken"),
        (BankNews::ConnectionRepaired, "connection_repaired"),
        (BankNews::ConsentEndsSoon(soon), "consent_ends_soon"),
        (BankNews::DisconnectsSoon(soon), "disconnects_soon"),
        (BankNews::AccessRevoked, "access_revoked"),
        (BankNews::AccountRevoked(account.clone()), "account_revoked"),
        (BankNews::NewAccounts, "new_accounts"),
        (BankNews::LinkFinished, "link_finished"),
        (BankNews::Unheard, "nothing"),
    ];
    for (news, expected) in all {
        let Some(delivery) = fixture.webhook(&signed_in.public_token, news).await else { continue };
        let webhook = signed_in.provider.verify_webhook(&delivery).await.unwrap();
        assert_eq!(webhook.news.name(), expected);
        let age = (delivery.received_at - webhook.sent_at).abs();
        assert!(age < TimeDelta::minutes(1), "{expected} was sent at {}", webhook.sent_at);
        if expected != "link_finished" {
            assert_eq!(webhook.connection.as_ref(), Some(&signed_in.exchanged.id), "{expected}");
        }
        match &webhook.news {
            WebhookNews::ConsentEndsSoon { at } | WebhookNews::DisconnectsSoon { at } => {
                assert_eq!(*at, Some(soon));
            }
            WebhookNews::AccountRevoked { account: told } => assert_eq!(*told, account),
            WebhookNews::ConnectionBroken { fault } => {
                assert_eq!(fault.kind, ProviderErrorKind::SignInAgain);
                assert!(!fault.user_message.is_empty());
            }
            WebhookNews::AccessRevoked { fault } => assert!(!fault.user_message.is_empty()),
            WebhookNews::LinkFinished { link_token, public_tokens } => {
                assert!(!public_tokens.is_empty());
                let shown = format!("{webhook:?} {delivery:?}");
                let secrets = public_tokens.iter().map(PublicToken::expose).chain([link_token.expose()]);
                assert!(secrets.into_iter().all(|secret| !shown.contains(secret)), "a token shows in Debug");
            }
            _ => {}
        }
    }
}

pub(super) async fn a_webhook_is_known_again_by_its_digest(fixture: &dyn ProviderFixture) {
    let signed_in = signed_in(fixture).await;
    let Some(first) = webhook(fixture, &signed_in).await else { return };
    let second = fixture.webhook(&signed_in.public_token, BankNews::ConnectionRepaired).await.unwrap();
    let mut digests = Vec::new();
    for delivery in [&first, &second, &first] {
        digests.push(signed_in.provider.verify_webhook(delivery).await.unwrap().digest);
    }
    assert_eq!(digests[0], digests[2]);
    assert_ne!(digests[0], digests[1]);
}

pub(super) async fn an_altered_webhook_is_refused(fixture: &dyn ProviderFixture) {
    let signed_in = signed_in(fixture).await;
    let Some(genuine) = webhook(fixture, &signed_in).await else { return };
    let provider = &signed_in.provider;
    provider.verify_webhook(&genuine).await.unwrap();

    for place in [0, genuine.body.len() / 2, genuine.body.len() - 1] {
        let mut altered = genuine.clone();
        altered.body[place] ^= 1;
        assert_eq!(refusal(provider.verify_webhook(&altered).await), WebhookErrorKind::Forged);
    }
    let longer = WebhookDelivery { body: [genuine.body.as_slice(), b" "].concat(), ..genuine.clone() };
    assert_eq!(refusal(provider.verify_webhook(&longer).await), WebhookErrorKind::Forged);
    let other = fixture.webhook(&signed_in.public_token, BankNews::ConnectionRepaired).await.unwrap();
    let crossed = WebhookDelivery { headers: other.headers, ..genuine.clone() };
    assert_eq!(refusal(provider.verify_webhook(&crossed).await), WebhookErrorKind::Forged);
    for body in [&b"{}"[..], b"", &[0xff, 0xfe, 0x00]] {
        let replaced = WebhookDelivery { body: body.to_vec(), ..genuine.clone() };
        assert_eq!(refusal(provider.verify_webhook(&replaced).await), WebhookErrorKind::Forged);
    }
    let unsigned = WebhookDelivery { headers: Vec::new(), ..genuine };
    assert_eq!(refusal(provider.verify_webhook(&unsigned).await), WebhookErrorKind::Malformed);
}

pub(super) async fn a_webhook_goes_stale(fixture: &dyn ProviderFixture) {
    let signed_in = signed_in(fixture).await;
    let Some(delivery) = webhook(fixture, &signed_in).await else { return };
    for (minutes, kind) in
        [(-60, Some(WebhookErrorKind::Stale)), (4, None), (60, Some(WebhookErrorKind::Stale))]
    {
        let received_at = delivery.received_at + TimeDelta::minutes(minutes);
        let moved = WebhookDelivery { received_at, ..delivery.clone() };
        let answer = signed_in.provider.verify_webhook(&moved).await;
        assert_eq!(answer.err().map(|error| error.kind()), kind, "{minutes} minutes later");
    }
}

pub(super) async fn names_of_headers_have_no_case(fixture: &dyn ProviderFixture) {
    let signed_in = signed_in(fixture).await;
    let Some(mut delivery) = webhook(fixture, &signed_in).await else { return };
    for (name, _) in &mut delivery.headers {
        *name = name.to_ascii_uppercase();
    }
    signed_in.provider.verify_webhook(&delivery).await.unwrap();
    for (name, _) in &mut delivery.headers {
        *name = name.to_ascii_lowercase();
    }
    signed_in.provider.verify_webhook(&delivery).await.unwrap();
    // Which of two signatures counts nobody can say.
    let twice = delivery.headers.clone();
    delivery.headers.extend(twice);
    assert_eq!(refusal(signed_in.provider.verify_webhook(&delivery).await), WebhookErrorKind::Malformed);
}

pub(super) async fn a_provider_without_webhooks_says_so(fixture: &dyn ProviderFixture) {
    let signed_in = signed_in(fixture).await;
    if webhook(fixture, &signed_in).await.is_some() {
        return;
    }
    let anything = WebhookDelivery { headers: Vec::new(), body: b"{}".to_vec(), received_at: Utc::now() };
    let answer = signed_in.provider.verify_webhook(&anything).await;
    assert_eq!(refusal(answer), WebhookErrorKind::Unsupported);
}
