//! `/link/token/create` and the rules of products.

use std::collections::HashMap;

use chrono::Duration;
use serde_json::{Value, json};

use super::answer::{check_url, texts};
use super::pipeline::Call;
use crate::error::PlaidError;
use crate::world::item::instant;
use crate::world::{LinkToken, World};

const LANGUAGES: [&str; 17] =
    ["da", "nl", "en", "et", "fr", "de", "hi", "it", "lv", "lt", "no", "pl", "pt", "ro", "es", "sv", "vi"];

/// What `products` may hold; prefixes end in `*`.
const PRODUCTS: &[&str] = &[
    "assets",
    "auth",
    "beacon",
    "employment",
    "identity",
    "income_verification",
    "identity_verification",
    "investments",
    "investments_auth",
    "liabilities",
    "payment_initiation",
    "protect_transactions",
    "standing_orders",
    "signal",
    "statements",
    "transactions",
    "transfer",
    "layer",
    "protect_linked_bank",
    "cra_*",
];
const REQUIRED_IF_SUPPORTED: &[&str] = &[
    "auth",
    "identity",
    "investments",
    "liabilities",
    "transactions",
    "signal",
    "statements",
    "protect_linked_bank",
    "protect_transactions",
];
const OPTIONAL: &[&str] =
    &["auth", "identity", "investments", "liabilities", "signal", "statements", "transactions", "cra_*"];
const ADDITIONAL_CONSENTED: &[&str] = &[
    "auth",
    "balance_plus",
    "identity",
    "investments",
    "investments_auth",
    "liabilities",
    "transactions",
    "signal",
];
/// What `initial_products` of the sandbox may hold.
pub(super) const INITIAL: &[&str] = &[
    "assets",
    "auth",
    "identity",
    "income_verification",
    "investments_auth",
    "investments",
    "liabilities",
    "payment_initiation",
    "signal",
    "standing_orders",
    "statements",
    "transactions",
    "transfer",
    "cra_*",
];

/// `accounts` and `balance` are no products, however often they are asked for.
pub(super) fn check_products(asked: &[String], allowed: &[&str], key: &str) -> Result<(), PlaidError> {
    let fits = |product: &String| {
        allowed
            .iter()
            .any(|one| one.strip_suffix('*').map_or(*one == product, |start| product.starts_with(start)))
    };
    match asked.iter().find(|product| !fits(product)) {
        None => Ok(()),
        Some(product) => {
            Err(PlaidError::with("INVALID_PRODUCT", format!("{key}: \"{product}\" is not valid here")))
        }
    }
}

pub(super) fn create_token(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    if !LANGUAGES.contains(&call.text("language")) {
        return Err(PlaidError::with("INVALID_FIELD", "language is not supported"));
    }
    if !call.body.contains_key("user") && !call.body.contains_key("user_id") {
        return Err(PlaidError::with("MISSING_FIELDS", "the following required fields are missing: user"));
    }
    let token = call.text("access_token");
    let products = products(call)?;
    let item = if token.is_empty() { None } else { Some(world.find(token)?) };
    if item.is_some() && !call.texts("products").is_empty() {
        let message = "products must be left out in update mode";
        return Err(PlaidError::with("INVALID_FIELD", message));
    }
    if item.is_none() && products.is_empty() {
        let message = "the following required fields are missing: products";
        return Err(PlaidError::with("MISSING_FIELDS", message));
    }
    let webhook = Some(call.text("webhook").to_owned()).filter(|url| !url.is_empty());
    webhook.as_deref().map_or(Ok(()), check_url)?;
    let hosted = call.body.contains_key("hosted_link");
    let minutes = if item.is_some() { 30 } else { 4 * 60 };
    let expires = world.now() + Duration::minutes(minutes);
    let token =
        world.link_token(LinkToken { expires, products, webhook, item, hosted, filters: filters(call) });
    let mut body = json!({"link_token": token, "expiration": instant(expires)});
    if hosted {
        body["hosted_link_url"] = json!(format!("https://secure.plaid.com/hl/{}", world.fresh_id(16)));
    }
    let user = call.text("user_id");
    if !user.is_empty() {
        body["user_id"] = json!(user);
    }
    Ok(body)
}

/// Checks the four lists of products and returns those the Item will have.
fn products(call: &Call<'_>) -> Result<Vec<String>, PlaidError> {
    let mut seen = Vec::new();
    for (key, allowed) in [
        ("products", PRODUCTS),
        ("required_if_supported_products", REQUIRED_IF_SUPPORTED),
        ("optional_products", OPTIONAL),
        ("additional_consented_products", ADDITIONAL_CONSENTED),
    ] {
        let asked = call.texts(key);
        check_products(&asked, allowed, key)?;
        if let Some(twice) = asked.iter().find(|product| seen.contains(*product)) {
            let message = format!("{key}: \"{twice}\" is in another list of products already");
            return Err(PlaidError::with("INVALID_FIELD", message));
        }
        seen.extend(asked);
    }
    let mut products = call.texts("products");
    products.extend(call.texts("required_if_supported_products"));
    Ok(products)
}

fn filters(call: &Call<'_>) -> Option<HashMap<String, Vec<String>>> {
    let filters = call.body.get("account_filters")?.as_object()?;
    Some(filters.iter().map(|(kind, filter)| (kind.clone(), texts(filter.get("account_subtypes")))).collect())
}
