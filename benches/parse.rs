//! What does it cost to read a page of transactions exactly?
//!
//! The limit reads every documented field into plain owned structs with `f64` amounts. Ours reads the page and translates
//! it into the model, amounts digit for digit, without and with each row's own JSON kept.

use std::hint::black_box;
use std::time::Instant;

use benches::turns::{Contender, compare};
use benches::{Failure, bank, from_environment};
use finance_core::RawJson;
use finance_plaid::{translate, wire};
use serde::Deserialize;
use tokio::runtime::Runtime;

const ROWS: u32 = 500;

#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn main() -> Result<(), Failure> {
    let rounds = from_environment("BENCH_ROUNDS", 201)?;
    let text = Runtime::new()?.block_on(bank::page_as_sent(ROWS))?;
    let rows = serde_json::from_slice::<plain::Page>(&text)?.added.len();
    println!("\na page of {} bytes", text.len());

    let contenders = vec![
        Contender::new("limit: serde_json, owned structs, f64", || {
            let start = Instant::now();
            let page: plain::Page = serde_json::from_slice(&text)?;
            let took = start.elapsed();
            black_box(page);
            Ok(took)
        }),
        Contender::new("page and model, exact", || translated(&text, false)),
        Contender::new("page and model, exact, raw JSON kept", || translated(&text, true)),
    ];
    compare("Parse one page of /transactions/sync", rows, rounds, contenders)?;

    let records = serde_json::from_slice::<wire::SyncPage>(&text)?.added;
    let raws: Vec<RawJson> = records.iter().map(|record| RawJson::from_text(record.json())).collect();
    let (text_bytes, kept_bytes) = (
        records.iter().map(|record| record.json().len()).sum::<usize>() / rows,
        raws.iter().map(|raw| raw.as_bytes().len()).sum::<usize>() / rows,
    );
    println!("  raw JSON: {text_bytes} bytes a row as sent, {kept_bytes} as kept");
    Ok(())
}

fn translated(text: &[u8], keep_raw_json: bool) -> Result<std::time::Duration, Failure> {
    let start = Instant::now();
    let page: wire::SyncPage = serde_json::from_slice(text)?;
    let page = translate::update_page(&page, keep_raw_json)?;
    let took = start.elapsed();
    black_box(page);
    Ok(took)
}

/// The page as one would write it down in the plainest way.
#[expect(dead_code, reason = "the fields are there to be read into")]
mod plain {
    use super::Deserialize;

    #[derive(Deserialize)]
    pub(super) struct Page {
        pub(super) added: Vec<Transaction>,
        modified: Vec<Transaction>,
        removed: Vec<Removed>,
        accounts: Vec<Account>,
        next_cursor: String,
        has_more: bool,
        transactions_update_status: String,
        request_id: String,
    }

    #[derive(Deserialize)]
    struct Removed {
        transaction_id: String,
        account_id: String,
    }

    #[derive(Deserialize)]
    struct Account {
        account_id: String,
        balances: Balances,
        mask: Option<String>,
        name: String,
        official_name: Option<String>,
        #[serde(rename = "type")]
        kind: String,
        subtype: Option<String>,
        persistent_account_id: Option<String>,
        holder_category: Option<String>,
    }

    #[derive(Deserialize)]
    struct Balances {
        available: Option<f64>,
        current: Option<f64>,
        limit: Option<f64>,
        iso_currency_code: Option<String>,
        unofficial_currency_code: Option<String>,
        last_updated_datetime: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Transaction {
        account_id: String,
        account_owner: Option<String>,
        amount: f64,
        authorized_date: Option<String>,
        authorized_datetime: Option<String>,
        category: Option<Vec<String>>,
        category_id: Option<String>,
        check_number: Option<String>,
        counterparties: Vec<Counterparty>,
        date: String,
        datetime: Option<String>,
        iso_currency_code: Option<String>,
        location: Location,
        logo_url: Option<String>,
        merchant_category_code: Option<String>,
        merchant_entity_id: Option<String>,
        merchant_name: Option<String>,
        name: String,
        original_description: Option<String>,
        payment_channel: String,
        payment_meta: PaymentMeta,
        pending: bool,
        pending_transaction_id: Option<String>,
        personal_finance_category: Option<Category>,
        personal_finance_category_icon_url: Option<String>,
        transaction_code: Option<String>,
        transaction_id: String,
        transaction_type: Option<String>,
        unofficial_currency_code: Option<String>,
        website: Option<String>,
    }

    #[derive(Deserialize)]
    struct Counterparty {
        account_numbers: Option<AccountNumbers>,
        confidence_level: Option<String>,
        entity_id: Option<String>,
        logo_url: Option<String>,
        name: String,
        phone_number: Option<String>,
        #[serde(rename = "type")]
        kind: String,
        website: Option<String>,
    }

    #[derive(Deserialize)]
    struct AccountNumbers {
        bacs: Option<Bacs>,
        international: Option<International>,
    }

    #[derive(Deserialize)]
    struct Bacs {
        account: Option<String>,
        sort_code: Option<String>,
    }

    #[derive(Deserialize)]
    struct International {
        iban: Option<String>,
        bic: Option<String>,
    }

    #[derive(Deserialize)]
    struct Location {
        address: Option<String>,
        city: Option<String>,
        country: Option<String>,
        lat: Option<f64>,
        lon: Option<f64>,
        postal_code: Option<String>,
        region: Option<String>,
        store_number: Option<String>,
    }

    #[derive(Deserialize)]
    struct PaymentMeta {
        by_order_of: Option<String>,
        payee: Option<String>,
        payer: Option<String>,
        payment_method: Option<String>,
        payment_processor: Option<String>,
        ppd_id: Option<String>,
        reason: Option<String>,
        reference_number: Option<String>,
    }

    #[derive(Deserialize)]
    struct Category {
        primary: String,
        detailed: String,
        confidence_level: Option<String>,
        version: Option<String>,
    }
}
