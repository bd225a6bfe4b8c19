use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use finance_core::{
    Cursor, HistoryStatus, Money, PaymentChannel, ProviderAccountId, ProviderCategory, ProviderTransaction,
    ProviderTransactionId, RawJson, RemovedTransaction, UpdatePage, parse_amount,
};

use super::{SIGNS, accounts, currency, day, instant, invalid_answer};
use crate::error::PlaidError;
use crate::wire::{PersonalFinanceCategory, Removed, SyncPage, Text, Transaction, TransactionRecord};

/// One page of an update, in Plaid's order.
///
/// `keep_raw_json` keeps each transaction's own JSON beside it.
///
/// # Errors
/// [`InvalidAnswer`](finance_core::ProviderErrorKind::InvalidAnswer) for the first record that cannot be used; the
/// message names its id and the field.
pub fn update_page(page: &SyncPage, keep_raw_json: bool) -> Result<UpdatePage, PlaidError> {
    let mut shared = Shared::default();
    Ok(UpdatePage {
        added: rows(&page.added, keep_raw_json, &mut shared)?,
        modified: rows(&page.modified, keep_raw_json, &mut shared)?,
        removed: page.removed.iter().map(removed).collect::<Result<_, _>>()?,
        accounts: accounts(&page.accounts)?,
        next_cursor: next_cursor(page),
        has_more: page.has_more,
        history: page.transactions_update_status.as_deref().map(history),
        retries: page.retries,
    })
}

/// Where the update goes on; `None` while Plaid has nothing yet.
pub(crate) fn next_cursor(page: &SyncPage) -> Option<Cursor> {
    page.next_cursor.as_deref().and_then(Cursor::new)
}

/// Transactions in the order given, as those of a [`GetPage`](crate::wire::GetPage).
///
/// # Errors
/// As [`update_page`].
pub fn transactions(
    records: &[TransactionRecord],
    keep_raw_json: bool,
) -> Result<Vec<ProviderTransaction>, PlaidError> {
    rows(records, keep_raw_json, &mut Shared::default())
}

fn rows<'a>(
    records: &'a [TransactionRecord],
    keep_raw_json: bool,
    shared: &mut Shared<'a>,
) -> Result<Vec<ProviderTransaction>, PlaidError> {
    let read = |record: &'a TransactionRecord| {
        let raw = keep_raw_json.then(|| RawJson::from_text(record.json()));
        transaction(record.read()?, raw, shared)
    };
    records.iter().map(read).collect()
}

fn transaction<'a>(
    wire: Transaction<'a>,
    raw: Option<RawJson>,
    shared: &mut Shared<'a>,
) -> Result<ProviderTransaction, PlaidError> {
    let unusable =
        |problem: &str| PlaidError::unreadable_record("transaction", Some(&wire.transaction_id), problem);
    let date = |field: &str, text: &str| -> Result<NaiveDate, PlaidError> {
        day(text).ok_or_else(|| unusable(&format!("field `{field}` is no calendar day")))
    };
    let amount =
        parse_amount(wire.amount.get()).map_err(|problem| unusable(&format!("field `amount`: {problem}")))?;
    let currency = currency(wire.iso_currency_code.as_ref(), wire.unofficial_currency_code.as_ref())
        .ok_or_else(|| unusable("it has no currency"))?;
    let account = shared.text(&wire.account_id);
    let description: Arc<str> = Arc::from(&*wire.name);
    let pending_id = wire.pending_transaction_id.as_deref().filter(|id| !id.is_empty());
    Ok(ProviderTransaction {
        id: ProviderTransactionId::new(&*wire.transaction_id)
            .map_err(|_| unusable("field `transaction_id` is empty"))?,
        account: ProviderAccountId::new(account).map_err(|_| unusable("field `account_id` is empty"))?,
        amount: Money::new(SIGNS.amount(amount), currency),
        date: date("date", &wire.date)?,
        authorized_date: wire
            .authorized_date
            .as_deref()
            .map(|text| date("authorized_date", text))
            .transpose()?,
        datetime: wire.datetime.as_ref().and_then(instant),
        authorized_datetime: wire.authorized_datetime.as_ref().and_then(instant),
        pending: wire.pending,
        pending_id: pending_id.and_then(|id| ProviderTransactionId::new(id).ok()),
        original_description: wire
            .original_description
            .as_deref()
            .map(|text| if *text == *description { Arc::clone(&description) } else { Arc::from(text) }),
        description,
        merchant_name: shared.optional(wire.merchant_name.as_ref()),
        merchant_id: shared.optional(wire.merchant_entity_id.as_ref()),
        channel: wire.payment_channel.as_deref().map_or(PaymentChannel::Other, PaymentChannel::from_name),
        code: shared.optional(wire.transaction_code.as_ref()),
        check_number: wire.check_number.as_deref().map(Arc::from),
        merchant_category_code: shared.optional(wire.merchant_category_code.as_ref()),
        category: wire.personal_finance_category.map(|category| shared.category(category)),
        raw,
    })
}

fn removed(wire: &Removed) -> Result<RemovedTransaction, PlaidError> {
    Ok(RemovedTransaction {
        id: ProviderTransactionId::new(wire.transaction_id.as_str())
            .map_err(|_| invalid_answer("a removed transaction has an empty identifier"))?,
        account: wire.account_id.as_deref().and_then(|id| ProviderAccountId::new(id).ok()),
    })
}

fn history(status: &str) -> HistoryStatus {
    match status {
        "NOT_READY" => HistoryStatus::NotReady,
        "INITIAL_UPDATE_COMPLETE" => HistoryStatus::Recent,
        "HISTORICAL_UPDATE_COMPLETE" => HistoryStatus::Complete,
        _ => HistoryStatus::Unknown,
    }
}

/// Text and categories that repeat from row to row of a page, kept once.
#[derive(Default)]
struct Shared<'a> {
    texts: HashSet<Arc<str>>,
    categories: HashMap<PersonalFinanceCategory<'a>, Arc<ProviderCategory>>,
}

impl<'a> Shared<'a> {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    fn optional(&mut self, text: Option<&Text<'_>>) -> Option<Arc<str>> {
        text.map(|text| self.text(text))
    }

    fn category(&mut self, wire: PersonalFinanceCategory<'a>) -> Arc<ProviderCategory> {
        if let Some(known) = self.categories.get(&wire) {
            return Arc::clone(known);
        }
        let new = Arc::new(ProviderCategory {
            primary: String::from(&*wire.primary),
            detailed: String::from(&*wire.detailed),
            confidence: wire.confidence_level.as_deref().map(String::from),
            version: wire.version.as_deref().map(String::from),
        });
        self.categories.insert(wire, Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"transaction_id":"t1","account_id":"a1","amount":AMOUNT,"iso_currency_code":"USD",
        "unofficial_currency_code":null,"date":"2026-03-01","authorized_date":null,"datetime":null,
        "authorized_datetime":null,"pending":false,"pending_transaction_id":null,"name":"COFFEE",
        "payment_channel":"in store","transaction_code":null}"#;

    fn page_of(row: &str) -> SyncPage {
        serde_json::from_str(&format!(r#"{{"added":[{row}],"modified":null,"has_more":false}}"#)).unwrap()
    }

    fn read(row: &str) -> Result<ProviderTransaction, PlaidError> {
        update_page(&page_of(row), true).map(|mut page| page.added.remove(0))
    }

    #[test]
    fn amounts_come_out_digit_for_digit_in_our_sign() {
        for (written, ours) in [
            ("0.1", "-0.1"),
            ("-12.10", "12.10"),
            ("1234567.89", "-1234567.89"),
            ("144575.57", "-144575.57"),
            ("575.67", "-575.67"),
            ("1e-8", "-0.00000001"),
            ("1E2", "-100"),
            ("0", "0"),
            ("-0.00", "0.00"),
            ("123456789012345.67", "-123456789012345.67"),
            ("-1234567890123456789012.345678", "1234567890123456789012.345678"),
            ("0.1234567890123456789012345678", "-0.1234567890123456789012345678"),
        ] {
            let amount = read(&ROW.replace("AMOUNT", written)).unwrap().amount;
            assert_eq!(amount.amount().to_string(), ours, "{written}");
        }
    }

    #[test]
    fn a_row_that_cannot_be_used_is_an_error_that_names_it() {
        let good = ROW.replace("AMOUNT", "1.00");
        for (row, words) in [
            (ROW.replace("AMOUNT", "12345678901234567890123456.789"), "`amount`"),
            (ROW.replace("AMOUNT", "1e40"), "`amount`"),
            (ROW.replace("AMOUNT", "null"), "`amount`"),
            (ROW.replace("AMOUNT", "\"1.00\""), "`amount`"),
            (good.replace("\"amount\"", "\"amont\""), "missing field `amount`"),
            (good.replace("\"date\"", "\"data\""), "missing field `date`"),
            (good.replace("2026-03-01", "2026-02-30"), "`date`"),
            (good.replace("\"pending\":false", "\"pending\":\"no\""), "`pending`"),
            (good.replace("\"USD\"", "null"), "no currency"),
            (good.replace("\"a1\"", "\"\""), "`account_id`"),
        ] {
            let message = read(&row).unwrap_err().to_string();
            assert!(message.contains("transaction `t1`") && message.contains(words), "{message}");
        }
    }

    #[test]
    fn every_field_of_the_model_is_taken_over() {
        let row = r#"{"transaction_id":"t1","account_id":"a1","amount":4.5,"iso_currency_code":null,
            "unofficial_currency_code":"GBX","date":"2026-03-02","authorized_date":"2026-03-01",
            "datetime":"2026-03-02T10:00:00+02:00","authorized_datetime":"no instant","pending":true,
            "pending_transaction_id":"p1","name":"Caf\u00e9","original_description":"CAFE 1",
            "merchant_name":"Caf\u00e9","merchant_entity_id":"m1","merchant_category_code":"5814",
            "personal_finance_category":{"primary":"FOOD","detailed":"FOOD_COFFEE","confidence_level":"HIGH",
                "version":"v2"},
            "payment_channel":"by pigeon","transaction_code":"purchase","check_number":"12",
            "counterparties":null,"location":{"lat":1.5},"a_new_key":{"x":[1]}}"#;
        let read = read(row).unwrap();
        assert_eq!(read.amount.currency().key(), "*GBX");
        assert_eq!(read.authorized_date, NaiveDate::from_ymd_opt(2026, 3, 1));
        assert_eq!(read.datetime.unwrap().to_rfc3339(), "2026-03-02T08:00:00+00:00");
        assert_eq!((read.authorized_datetime, read.pending), (None, true));
        assert_eq!(read.pending_id.unwrap().as_str(), "p1");
        assert_eq!((&*read.description, read.merchant_name.as_deref()), ("Café", Some("Café")));
        assert_eq!(read.original_description.as_deref(), Some("CAFE 1"));
        assert_eq!((read.merchant_id.as_deref(), read.code.as_deref()), (Some("m1"), Some("purchase")));
        assert_eq!(read.merchant_category_code.as_deref(), Some("5814"));
        assert_eq!(read.check_number.as_deref(), Some("12"));
        assert_eq!(read.channel, PaymentChannel::Unlisted("by pigeon".into()));
        let category = read.category.unwrap();
        assert_eq!((category.primary.as_str(), category.detailed.as_str()), ("FOOD", "FOOD_COFFEE"));
        assert_eq!((category.confidence.as_deref(), category.version.as_deref()), (Some("HIGH"), Some("v2")));
        assert_eq!(read.raw.unwrap().to_text().unwrap(), row);
    }

    #[test]
    fn raw_json_is_kept_only_when_asked_for() {
        let page = page_of(&ROW.replace("AMOUNT", "1"));
        assert!(update_page(&page, false).unwrap().added[0].raw.is_none());
    }

    #[test]
    fn cursors_and_history_are_read_leniently() {
        let read = |json: &str| update_page(&serde_json::from_str(json).unwrap(), true).unwrap();
        for no_cursor in ["", r#","next_cursor":null"#, r#","next_cursor":"""#] {
            let page = read(&format!(r#"{{"has_more":false,"removed":null{no_cursor}}}"#));
            assert_eq!((page.next_cursor, page.history), (None, None));
        }
        for (status, history) in [
            ("NOT_READY", HistoryStatus::NotReady),
            ("INITIAL_UPDATE_COMPLETE", HistoryStatus::Recent),
            ("HISTORICAL_UPDATE_COMPLETE", HistoryStatus::Complete),
            ("TRANSACTIONS_UPDATE_STATUS_UNKNOWN", HistoryStatus::Unknown),
            ("SOMETHING_NEW", HistoryStatus::Unknown),
        ] {
            let json =
                format!(r#"{{"has_more":true,"next_cursor":"c","transactions_update_status":"{status}"}}"#);
            let page = read(&json);
            assert_eq!((page.history, page.has_more), (Some(history), true));
            assert_eq!(page.next_cursor.unwrap().as_str(), "c");
        }
        let page = read(
            r#"{"has_more":false,"removed":[{"transaction_id":"t","account_id":"a"},{"transaction_id":"u"}]}"#,
        );
        assert_eq!(page.removed[0].account.as_ref().unwrap().as_str(), "a");
        assert_eq!((page.removed[1].id.as_str(), page.removed[1].account.as_ref()), ("u", None));
    }
}
