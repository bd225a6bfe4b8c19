use super::{ProviderFixture, SignedIn};
use crate::conformance::samples::{account, money, row, usd};
use crate::*;

async fn rows_of(signed_in: &SignedIn) -> Vec<ProviderTransaction> {
    let page = PageRequest { cursor: None, count: 500 };
    signed_in.provider.transactions_page(signed_in.token(), &page).await.unwrap().added
}

pub(super) async fn money_in_is_positive_and_money_out_negative(fixture: &dyn ProviderFixture) {
    let rows = vec![row("purchase", "a", "-12.10"), row("pay", "a", "1200.00")];
    let signed_in = SignedIn::new(fixture, vec![account("a")], rows).await;
    let told = rows_of(&signed_in).await;
    let amount = |text: &str| told.iter().find(|row| &*row.description == text).unwrap().amount.clone();
    assert_eq!(amount("ROW purchase"), usd("-12.10"));
    assert_eq!(amount("ROW pay"), usd("1200.00"));
}

pub(super) async fn amounts_come_out_digit_for_digit(fixture: &dyn ProviderFixture) {
    let texts = [
        "0.1",
        "-12.10",
        "1234567.89",
        "144575.57",
        "575.67",
        "0.00000001",
        "-9999999999999999999999999999",
        "1.234567890123456789012345678",
    ];
    let rows = texts.iter().enumerate().map(|(index, text)| row(&format!("t{index}"), "a", text)).collect();
    let signed_in = SignedIn::new(fixture, vec![account("a")], rows).await;
    let told: Vec<String> =
        rows_of(&signed_in).await.iter().map(|row| row.amount.amount().to_string()).collect();
    assert_eq!(told.len(), texts.len());
    for text in texts {
        assert!(told.iter().any(|amount| amount == text), "{text} is not among {told:?}");
    }
}

pub(super) async fn what_is_owed_is_a_negative_balance(fixture: &dyn ProviderFixture) {
    let mut card = account("card");
    card.provider_type = "credit".to_owned();
    card.provider_subtype = Some("credit card".to_owned());
    card.balances.current = Some(usd("-410.00").amount());
    card.balances.available = Some(usd("1590.00").amount());
    card.balances.limit = Some(usd("2000.00").amount());
    let signed_in = SignedIn::new(fixture, vec![account("a"), card.clone()], vec![]).await;
    let told = signed_in.provider.accounts(signed_in.token()).await.unwrap();
    assert_eq!(told[0].balances.current, Some(usd("100.00").amount()));
    assert_eq!(told[1].classification().kind, AccountKind::CreditCard);
    assert_eq!(told[1].balances, card.balances);
}

pub(super) async fn a_missing_balance_is_unknown(fixture: &dyn ProviderFixture) {
    let mut unknown = account("a");
    unknown.balances.available = None;
    unknown.balances.limit = None;
    let signed_in = SignedIn::new(fixture, vec![unknown], vec![]).await;
    let told = &signed_in.provider.accounts(signed_in.token()).await.unwrap()[0].balances;
    assert_eq!((told.available, told.limit), (None, None));
}

pub(super) async fn unofficial_currencies_stay_unofficial(fixture: &dyn ProviderFixture) {
    let bitcoin = Currency::unofficial("BTC").unwrap();
    let mut bought = row("t", "a", "1.00");
    bought.amount = money("0.00012345", &bitcoin);
    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![bought.clone()]).await;
    assert_eq!(rows_of(&signed_in).await[0].amount, bought.amount);
}

pub(super) async fn live_balances_can_be_asked_for_chosen_accounts(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a"), account("b")], vec![]).await;
    let (provider, token) = (&signed_in.provider, signed_in.token());
    let all = provider.live_balances(token, &BalanceRequest::default()).await.unwrap();
    assert_eq!(all.len(), 2);
    let chosen = BalanceRequest { accounts: vec![all[1].id.clone()], not_older_than: None };
    let told = provider.live_balances(token, &chosen).await.unwrap();
    assert_eq!(told.iter().map(|own| &own.id).collect::<Vec<_>>(), [&all[1].id]);

    let unknown = ProviderAccountId::new("an-account-of-nobody").unwrap();
    let request = BalanceRequest { accounts: vec![unknown], not_older_than: None };
    let error = provider.live_balances(token, &request).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::UnknownAccount);
}

pub(super) async fn an_unknown_account_type_is_no_error(fixture: &dyn ProviderFixture) {
    let mut odd = account("odd");
    odd.provider_type = "loan".to_owned();
    odd.provider_subtype = Some("moon landing".to_owned());
    odd.balances.current = Some(usd("-5.00").amount());
    let signed_in = SignedIn::new(fixture, vec![odd, account("a")], vec![]).await;
    let told = signed_in.provider.accounts(signed_in.token()).await.unwrap();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].provider_subtype.as_deref(), Some("moon landing"));
    let classified = told[0].classification();
    assert_eq!((classified.kind, classified.known), (AccountKind::OtherLoan, false));
    assert_eq!(told[0].balances.current, Some(usd("-5.00").amount()));
}
