use finance_core::{LinkDialogue, LinkMode, LinkSession, LinkTokenRequest};

use super::invalid_request;
use crate::error::PlaidError;
use crate::products::Product;
use crate::wire::{
    HostedLinkOptions, LinkTokenAnswer, LinkTokenCreate, LinkTransactionsOptions, LinkUpdateOptions, LinkUser,
};

/// Checks what can be checked here and leaves out what Plaid refuses in the mode.
pub(crate) fn link_token_create(request: &LinkTokenRequest) -> Result<LinkTokenCreate<'_>, PlaidError> {
    let dialogue = &request.dialogue;
    check_dialogue(dialogue)?;
    let mut wire = LinkTokenCreate {
        client_name: &dialogue.client_name,
        language: &dialogue.language,
        country_codes: &dialogue.country_codes,
        user: LinkUser { client_user_id: request.user.as_str() },
        products: &[],
        additional_consented_products: &[],
        transactions: None,
        webhook: None,
        redirect_uri: dialogue.redirect_uri.as_deref(),
        android_package_name: dialogue.android_package_name.as_deref(),
        access_token: None,
        update: None,
        hosted_link: dialogue.hosted.as_ref().map(|hosted| HostedLinkOptions {
            completion_redirect_uri: hosted.completion_redirect_uri.as_deref(),
            url_lifetime_seconds: hosted.url_lifetime_seconds,
        }),
    };
    match &request.mode {
        LinkMode::New { products, days_requested } => {
            check_products(products)?;
            if products.is_empty() {
                return Err(invalid_request(
                    "a new connection needs at least one product, such as `transactions`",
                ));
            }
            wire.products = products;
            wire.transactions = days_requested.map(|days| history(days, products)).transpose()?;
            wire.webhook = dialogue.webhook.as_deref();
        }
        LinkMode::Update { access_token, select_accounts, additional_products } => {
            check_products(additional_products)?;
            wire.access_token = Some(access_token.expose());
            wire.additional_consented_products = additional_products;
            wire.update = select_accounts.then_some(LinkUpdateOptions { account_selection_enabled: true });
        }
        _ => return Err(invalid_request("this way of linking is not known to finance-plaid")),
    }
    Ok(wire)
}

/// The opened dialogue.
pub(crate) fn link_session(answer: LinkTokenAnswer) -> LinkSession {
    LinkSession {
        token: answer.link_token,
        expires_at: answer.expiration,
        hosted_url: answer.hosted_link_url,
    }
}

fn check_dialogue(dialogue: &LinkDialogue) -> Result<(), PlaidError> {
    let letters =
        |text: &str, is_letter: fn(&u8) -> bool| text.len() == 2 && text.bytes().all(|b| is_letter(&b));
    if !(1..=30).contains(&dialogue.client_name.chars().count()) {
        return Err(invalid_request("client_name must have 1 to 30 characters"));
    }
    if !letters(&dialogue.language, u8::is_ascii_lowercase) {
        return Err(invalid_request("language must be a code of two lower-case letters, such as `en`"));
    }
    if dialogue.country_codes.is_empty() {
        return Err(invalid_request("at least one country code is needed, such as `US`"));
    }
    if let Some(wrong) = dialogue.country_codes.iter().find(|code| !letters(code, u8::is_ascii_uppercase)) {
        return Err(invalid_request(format!(
            "`{wrong}` is no country code: two upper-case letters are expected, such as `US`"
        )));
    }
    if dialogue.redirect_uri.as_deref().is_some_and(|uri| uri.contains(['?', '#'])) {
        return Err(invalid_request("redirect_uri must have no query and no fragment"));
    }
    if dialogue.redirect_uri.is_some() && dialogue.android_package_name.is_some() {
        return Err(invalid_request("give either redirect_uri or android_package_name, not both"));
    }
    Ok(())
}

fn check_products(products: &[String]) -> Result<(), PlaidError> {
    products.iter().try_for_each(|product| Product::new(product).map(drop)).map_err(PlaidError::from)
}

fn history(days: u16, products: &[String]) -> Result<LinkTransactionsOptions, PlaidError> {
    if !(1..=730).contains(&days) {
        return Err(invalid_request(format!("days_requested must be 1 to 730, not {days}")));
    }
    if !products.iter().any(|product| product == "transactions") {
        return Err(invalid_request("days_requested needs the product `transactions`"));
    }
    Ok(LinkTransactionsOptions { days_requested: days })
}

#[cfg(test)]
mod tests {
    use finance_core::{AccessToken, HostedLink, ProviderErrorKind, UserId};
    use serde_json::{Value, json};

    use super::*;

    fn request() -> LinkTokenRequest {
        LinkTokenRequest::new(UserId::new("user-1").unwrap(), "My App")
    }

    fn sent(request: &LinkTokenRequest) -> Value {
        serde_json::to_value(link_token_create(request).unwrap()).unwrap()
    }

    fn update(additional_products: &[&str]) -> LinkMode {
        LinkMode::Update {
            access_token: AccessToken::new("access-1"),
            select_accounts: true,
            additional_products: additional_products.iter().map(ToString::to_string).collect(),
        }
    }

    fn new(products: &[&str], days_requested: Option<u16>) -> LinkMode {
        LinkMode::New { products: products.iter().map(ToString::to_string).collect(), days_requested }
    }

    #[test]
    fn a_new_connection_sends_no_more_than_asked() {
        let base = json!({
            "client_name": "My App", "language": "en", "country_codes": ["US"],
            "user": {"client_user_id": "user-1"}, "products": ["transactions"],
        });
        assert_eq!(sent(&request()), base);

        let mut full = request();
        full.mode = new(&["transactions", "liabilities"], Some(730));
        full.dialogue.webhook = Some("https://app.example/hook".to_owned());
        full.dialogue.redirect_uri = Some("https://app.example/back".to_owned());
        full.dialogue.hosted =
            Some(HostedLink { completion_redirect_uri: None, url_lifetime_seconds: Some(900) });
        let mut expected = base;
        expected["products"] = json!(["transactions", "liabilities"]);
        expected["transactions"] = json!({"days_requested": 730});
        expected["webhook"] = json!("https://app.example/hook");
        expected["redirect_uri"] = json!("https://app.example/back");
        expected["hosted_link"] = json!({"url_lifetime_seconds": 900});
        assert_eq!(sent(&full), expected);
    }

    #[test]
    fn update_mode_sends_neither_products_nor_history_nor_webhook() {
        let mut repair = request();
        repair.dialogue.webhook = Some("https://app.example/hook".to_owned());
        repair.mode = update(&[]);
        let expected = json!({
            "client_name": "My App", "language": "en", "country_codes": ["US"],
            "user": {"client_user_id": "user-1"}, "access_token": "access-1",
            "update": {"account_selection_enabled": true},
        });
        assert_eq!(sent(&repair), expected);
        repair.mode = update(&["liabilities"]);
        assert_eq!(sent(&repair)["additional_consented_products"], json!(["liabilities"]));
    }

    #[test]
    fn what_plaid_would_refuse_is_refused_before_the_call() {
        type Change = fn(&mut LinkTokenRequest);
        let cases: [(&str, Change); 13] = [
            ("client_name", |r| r.dialogue.client_name.clear()),
            ("client_name", |r| r.dialogue.client_name = "x".repeat(31)),
            ("language", |r| r.dialogue.language = "English".to_owned()),
            ("language", |r| r.dialogue.language = "EN".to_owned()),
            ("country code", |r| r.dialogue.country_codes.clear()),
            ("`us`", |r| r.dialogue.country_codes.push("us".to_owned())),
            ("redirect_uri", |r| r.dialogue.redirect_uri = Some("https://a.example/?x=1".to_owned())),
            ("not both", |r| {
                r.dialogue.redirect_uri = Some("https://a.example/".to_owned());
                r.dialogue.android_package_name = Some("com.example".to_owned());
            }),
            ("at least one product", |r| r.mode = new(&[], None)),
            ("/accounts/get works on every Item", |r| r.mode = new(&["transactions", "accounts"], None)),
            ("sync_balances", |r| r.mode = update(&["balance"])),
            ("1 to 730", |r| r.mode = new(&["transactions"], Some(731))),
            ("needs the product `transactions`", |r| r.mode = new(&["auth"], Some(30))),
        ];
        for (words, change) in cases {
            let mut request = request();
            change(&mut request);
            let error = link_token_create(&request).err().unwrap_or_else(|| panic!("{words} was accepted"));
            assert!(error.to_string().contains(words), "{error}");
            assert!(matches!(
                error.kind(),
                ProviderErrorKind::InvalidRequest | ProviderErrorKind::Configuration
            ));
        }
        let mut longest = request();
        longest.dialogue.client_name = "é".repeat(30);
        assert!(link_token_create(&longest).is_ok(), "characters count, not bytes");
    }
}
