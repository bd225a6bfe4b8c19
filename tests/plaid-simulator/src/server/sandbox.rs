//! The endpoints of the Sandbox.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::check_url;
use super::link::{INITIAL, check_products};
use super::pipeline::Call;
use crate::amount;
use crate::error::PlaidError;
use crate::webhook::Notice;
use crate::world::item::{instant, lock};
use crate::world::merchants::recognise;
use crate::world::row::Row;
use crate::world::{Effects, SignIn, World};

pub(super) fn create_public_token(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let products = call.texts("initial_products");
    check_products(&products, INITIAL, "initial_products")?;
    let option = |key: &str| call.option(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    option("webhook").map_or(Ok(()), check_url)?;
    let item = world.sign_in(SignIn {
        institution_id: call.text("institution_id").to_owned(),
        username: option("override_username").unwrap_or("user_good").to_owned(),
        password: option("override_password").unwrap_or("pass_good").to_owned(),
        products,
        webhook: option("webhook").map(str::to_owned),
        size: None,
    })?;
    Ok(json!({"public_token": world.public_token(item)}))
}

pub(super) fn reset_login(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = world.find(call.text("access_token"))?;
    world.break_login(item, &PlaidError::new("ITEM_LOGIN_REQUIRED"));
    Ok(json!({"reset_login": true}))
}

pub(super) fn fire_webhook(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = world.find(call.text("access_token"))?;
    let notice = notice(world, item, call.text("webhook_type"), call.text("webhook_code"))?;
    if world.items[item].webhook.is_none() {
        return Err(PlaidError::with("SANDBOX_WEBHOOK_INVALID", "the Item has no webhook URL"));
    }
    world.notify(item, notice);
    Ok(json!({"webhook_fired": true}))
}

/// The webhook of a code; the type matters only where a code exists under several.
pub(crate) fn notice(world: &World, item: usize, kind: &str, code: &str) -> Result<Notice, PlaidError> {
    let subject = &world.items[item];
    let first_account = || {
        let ledger = lock(&subject.ledger);
        subject.open_accounts(&ledger).next().map(|(index, _)| subject.ids.account(index)).unwrap_or_default()
    };
    let product = match (kind, code) {
        ("HOLDINGS" | "INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE") => "investments",
        ("LIABILITIES", "DEFAULT_UPDATE") => "liabilities",
        ("ASSETS", _) | (_, "PRODUCT_READY" | "ERROR") => "assets",
        (_, "DEFAULT_UPDATE" | "SYNC_UPDATES_AVAILABLE" | "RECURRING_TRANSACTIONS_UPDATE") => "transactions",
        (_, "AUTHORIZATION_GRANTED" | "SMS_MICRODEPOSITS_VERIFICATION") => "auth",
        _ => "",
    };
    if !product.is_empty() && !subject.has_product(product) {
        return Err(PlaidError::new("SANDBOX_PRODUCT_NOT_ENABLED"));
    }
    Ok(match (kind, code) {
        ("HOLDINGS", "DEFAULT_UPDATE") => Notice::plain(kind, code)
            .with("new_holdings", json!(1))
            .with("updated_holdings", json!(0))
            .without_error(),
        ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE") => Notice::plain(kind, code)
            .with("new_investments_transactions", json!(1))
            .with("cancelled_investments_transactions", json!(0))
            .without_error(),
        ("LIABILITIES", "DEFAULT_UPDATE") => Notice::plain(kind, code)
            .with("account_ids_with_new_liabilities", json!([]))
            .with("account_ids_with_updated_liabilities", json!({}))
            .without_error(),
        (_, "DEFAULT_UPDATE") => Notice::default_update(1),
        (_, "SYNC_UPDATES_AVAILABLE") => Notice::sync_updates_available(subject.readiness),
        (_, "RECURRING_TRANSACTIONS_UPDATE") => {
            Notice::plain("TRANSACTIONS", code).with("account_ids", json!([first_account()]))
        }
        (_, "NEW_ACCOUNTS_AVAILABLE") => Notice::plain("ITEM", code).without_error(),
        (_, "USER_PERMISSION_REVOKED") => {
            Notice::user_permission_revoked(&PlaidError::new("USER_PERMISSION_REVOKED"))
        }
        (_, "USER_ACCOUNT_REVOKED") => Notice::plain("ITEM", code).with("account_id", json!(first_account())),
        (_, "PENDING_DISCONNECT") => Notice::plain("ITEM", code)
            .with("reason", json!("INSTITUTION_MIGRATION"))
            .with("disconnect_time", json!(instant(world.now() + Days::new(7)))),
        (_, "LOGIN_REPAIRED") => Notice::plain("ITEM", code),
        (_, "PRODUCT_READY" | "ERROR") => {
            Notice::plain("ASSETS", code).with("asset_report_id", json!("asset-report"))
        }
        (_, "AUTHORIZATION_GRANTED" | "SMS_MICRODEPOSITS_VERIFICATION") => {
            Notice::plain("AUTH", code).with("account_id", json!(first_account()))
        }
        _ => return Err(PlaidError::new("SANDBOX_WEBHOOK_INVALID")),
    })
}

#[derive(Deserialize)]
struct CreateTransactions {
    transactions: Vec<CreateTransaction>,
}

#[derive(Deserialize)]
struct CreateTransaction {
    date_transacted: NaiveDate,
    date_posted: NaiveDate,
    #[serde(with = "amount")]
    amount: Decimal,
    description: String,
    iso_currency_code: Option<String>,
}

pub(super) fn create_transactions(world: &mut World, call: &Call<'_>) -> Result<Value, PlaidError> {
    let item = world.find_working(call.text("access_token"))?;
    let asked: CreateTransactions = serde_json::from_slice(call.raw)
        .map_err(|error| PlaidError::with("INVALID_FIELD", error.to_string()))?;
    let field = |message: &str| Err(PlaidError::with("INVALID_FIELD", message));
    if asked.transactions.len() > 10 {
        return field("transactions must hold at most 10");
    }
    let span = world.today - Days::new(14)..=world.today;
    if asked
        .transactions
        .iter()
        .any(|one| !span.contains(&one.date_posted) || one.date_transacted > one.date_posted)
    {
        return field("date_posted must lie between 14 days ago and today, and not before date_transacted");
    }
    let mut effects = Effects::default();
    {
        let mut ledger = lock(&world.items[item].ledger);
        let first =
            world.items[item].open_accounts(&ledger).find(|(_, account)| account.kind == "depository");
        let account = first.map(|(index, account)| (index, account.currency.clone()));
        let (Some((account, currency)), true) = (account, ledger.dynamic) else {
            return field(
                "transactions can be created for user_transactions_dynamic and a depository account only",
            );
        };
        for one in asked.transactions {
            ledger.add(one.into_row(account, &currency), true);
            effects.added += 1;
        }
    }
    world.notify_changes(item, &effects);
    Ok(json!({}))
}

impl CreateTransaction {
    fn into_row(self, account: u16, currency: &str) -> Row {
        let own = self.iso_currency_code.unwrap_or_else(|| "USD".into());
        Row {
            account,
            amount: self.amount,
            date: self.date_posted,
            authorized_date: Some(self.date_transacted),
            pending: false,
            pending_row: None,
            merchant: recognise(&self.description, self.amount.is_sign_negative()),
            reference: 0,
            name: Some(self.description.into()),
            currency: (own != currency).then(|| own.into()),
            fields: None,
        }
    }
}
