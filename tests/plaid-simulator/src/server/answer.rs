//! Sends a checked request to its endpoint, and what the endpoints have in common.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::pipeline::Call;
use super::{Endpoint, accounts, link, sandbox, transactions};
use crate::error::PlaidError;
use crate::shared::Shared;
use crate::world::World;
use crate::world::institutions::find;
use crate::world::item::lock;

pub(super) type Answered = Result<Vec<u8>, PlaidError>;

/// The body of an endpoint's answer.
pub(super) fn answer(shared: &Arc<Shared>, call: &Call<'_>) -> Answered {
    match call.endpoint {
        Endpoint::TransactionsSync => transactions::sync(shared, call),
        Endpoint::TransactionsGet => transactions::get(shared, call),
        Endpoint::AccountsGet | Endpoint::AccountsBalanceGet => accounts::get(shared, call),
        Endpoint::WebhookVerificationKeyGet => verification_key(shared, call),
        _ => shared.with_world(|world| {
            let body = match call.endpoint {
                Endpoint::LinkTokenCreate => link::create_token(world, call),
                Endpoint::SandboxPublicTokenCreate => sandbox::create_public_token(world, call),
                Endpoint::SandboxItemResetLogin => sandbox::reset_login(world, call),
                Endpoint::SandboxItemFireWebhook => sandbox::fire_webhook(world, call),
                Endpoint::SandboxTransactionsCreate => sandbox::create_transactions(world, call),
                Endpoint::ItemPublicTokenExchange => exchange(world, call),
                Endpoint::ItemGet => item_get(world, call),
                Endpoint::ItemRemove => item_remove(world, call),
                Endpoint::ItemWebhookUpdate => webhook_update(world, call),
                Endpoint::ItemAccessTokenInvalidate => invalidate(world, call),
                Endpoint::TransactionsRefresh => refresh(world, call),
                Endpoint::InstitutionsGetById => institution(world, call),
                _ => Err(PlaidError::new("NOT_FOUND")),
            }?;
            Ok(call.finish(body))
        }),
    }
}

impl Call<'_> {
    /// A text key of the body, empty if absent; the shape has made sure that it is one.
    pub(super) fn text(&self, key: &str) -> &str {
        self.body.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn options(&self) -> Option<&Map<String, Value>> {
        self.body.get("options")?.as_object()
    }

    pub(super) fn option(&self, key: &str) -> Option<&Value> {
        self.options()?.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.option(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A list of texts anywhere in the body.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        texts(self.body.get(key))
    }

    fn finish(&self, mut body: Value) -> Vec<u8> {
        body["request_id"] = json!(self.request_id);
        body.to_string().into_bytes()
    }
}

pub(super) fn texts(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    list.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
}

fn exchange(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = world.exchange(call.text("public_token"))?;
    let item = &world.items[item];
    Ok(json!({"access_token": item.access_token, "item_id": item.item_id}))
}

fn item_get(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = &world.items[world.find(call.text("access_token"))?];
    Ok(json!({"item": item.json_with_consent(), "status": item.status_json()}))
}

fn item_remove(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let note = call.text("reason_note");
    if note.chars().count() > 512 {
        return Err(PlaidError::with("INVALID_FIELD", "reason_note must have at most 512 characters"));
    }
    let item = world.find(call.text("access_token"))?;
    world.items[item].removed = true;
    Ok(json!({}))
}

fn webhook_update(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = world.find(call.text("access_token"))?;
    let url = call.body.get("webhook").and_then(Value::as_str).filter(|url| !url.is_empty());
    if let Some(url) = url {
        check_url(url)?;
    }
    world.items[item].webhook = url.map(str::to_owned);
    if let Some(url) = url {
        let notice = crate::webhook::Notice::plain("ITEM", "WEBHOOK_UPDATE_ACKNOWLEDGED");
        world.notify(item, notice.with("new_webhook_url", json!(url)).without_error());
    }
    Ok(json!({"item": world.items[item].json()}))
}

pub(super) fn check_url(url: &str) -> Result<(), PlaidError> {
    let fits = url.starts_with("http://") || url.starts_with("https://");
    if fits { Ok(()) } else { Err(PlaidError::with("INVALID_FIELD", "webhook must be a URL")) }
}

fn invalidate(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = world.find(call.text("access_token"))?;
    Ok(json!({"new_access_token": world.grant(item)}))
}

fn refresh(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = world.find_working(call.text("access_token"))?;
    if !world.items[item].has_product("transactions") {
        return Err(PlaidError::new("PRODUCTS_NOT_SUPPORTED"));
    }
    world.refresh(item);
    Ok(json!({}))
}

fn institution(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let found = find(call.text("institution_id"), &world.options.institutions)
        .filter(|institution| institution.serves(&call.texts("country_codes")))
        .ok_or_else(|| PlaidError::new("INVALID_INSTITUTION"))?;
    let metadata = call.flag("include_optional_metadata");
    Ok(
        json!({"institution": found.json(metadata, call.flag("include_status"), call.flag("include_auth_metadata"))}),
    )
}

fn verification_key(shared: &Shared, call: &Call<'_>) -> Answered {
    let key = lock(&shared.keys).jwk(call.text("key_id"));
    let key = key.ok_or_else(|| PlaidError::new("INVALID_WEBHOOK_VERIFICATION_KEY_ID"))?;
    Ok(call.finish(json!({"key": key})))
}
