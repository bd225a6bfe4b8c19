//! Logins from a file in Plaid's custom-user format.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::account::Account;
use super::merchants::recognise;
use super::row::Row;
use crate::amount;

/// A login read from Plaid's custom-user JSON, as given to `user_custom` in the password or to the program by `--user`.
///
/// Everything is optional. What is taken, and what stands in where the file says nothing:
///
/// | Key | Meaning here | If absent or null |
/// | --- | --- | --- |
/// | `type`, `subtype` | as given; `payroll` accounts, which Plaid's account list has no type for, appear as `other` | `depository`, and the first subtype of the type |
/// | `starting_balance` | the current balance | 100.00 |
/// | `force_available_balance` | the available balance | current for depository, limit less current for credit, else null |
/// | `has_null_available_balance` | the available balance is null | |
/// | `meta.*`, `currency` | name, official name, limit, mask, APY | named after the subtype; mask from the account number, else by position; USD |
/// | `transactions[]` | exactly these, in Plaid's sign and the file's own digits and dates; posted after today means pending | none |
///
/// A transaction without amount or without any date is left out; so are those of accounts whose type Plaid serves
/// no transactions for (investment, other, payroll). Identity, liabilities, holdings and inflow models are not
/// simulated: no row appears that the file does not list.
#[derive(Debug, Clone, Default)]
pub struct CustomUser {
    pub(crate) accounts: Vec<Account>,
    rows: Vec<Row>,
    /// The error every sign-in of this user ends in.
    pub(crate) force_error: Option<String>,
}

/// Why a custom user cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("not a custom user: {0}")]
pub struct CustomUserError(#[source] Box<dyn std::error::Error + Send + Sync>);

#[derive(Deserialize)]
struct File {
    override_accounts: Option<Vec<FileAccount>>,
    force_error: Option<String>,
}

#[derive(Deserialize)]
struct FileAccount {
    #[serde(rename = "type")]
    kind: Option<String>,
    subtype: Option<String>,
    #[serde(default, with = "amount::option")]
    starting_balance: Option<Decimal>,
    #[serde(default, with = "amount::option")]
    force_available_balance: Option<Decimal>,
    has_null_available_balance: Option<bool>,
    currency: Option<String>,
    meta: Option<FileMeta>,
    numbers: Option<FileNumbers>,
    transactions: Option<Vec<FileTransaction>>,
}

#[derive(Deserialize, Default)]
struct FileMeta {
    name: Option<String>,
    official_name: Option<String>,
    #[serde(default, with = "amount::option")]
    limit: Option<Decimal>,
    mask: Option<String>,
    #[serde(default, with = "amount::option")]
    apy: Option<Decimal>,
}

#[derive(Deserialize)]
struct FileNumbers {
    account: Option<String>,
}

#[derive(Deserialize)]
struct FileTransaction {
    date_transacted: Option<NaiveDate>,
    date_posted: Option<NaiveDate>,
    amount: Option<Box<RawValue>>,
    description: Option<String>,
    currency: Option<String>,
}

impl CustomUser {
    /// Reads the JSON text of a custom user.
    ///
    /// # Errors
    /// Fails on text that is no JSON object, on wrong types, and on amounts of more than 28 digits.
    pub fn from_json(text: &[u8]) -> Result<Self, CustomUserError> {
        let file: File = serde_json::from_slice(text).map_err(|error| CustomUserError(error.into()))?;
        let mut user = Self { force_error: file.force_error, ..Self::default() };
        for (index, account) in file.override_accounts.unwrap_or_default().into_iter().enumerate() {
            user.add(index, account)?;
        }
        user.rows.sort_by_key(|row| std::cmp::Reverse(row.date));
        Ok(user)
    }

    fn add(&mut self, index: usize, file: FileAccount) -> Result<(), CustomUserError> {
        let number = u16::try_from(index).map_err(|_| CustomUserError("more than 65,535 accounts".into()))?;
        let (account, transactions) = file.into_account(index);
        for transaction in transactions.into_iter().filter(|_| account.has_transactions()) {
            self.rows.extend(transaction.into_row(number, &account.currency)?);
        }
        self.accounts.push(account);
        Ok(())
    }

    /// The rows, newest first, pending where they post after `today`.
    pub(crate) fn rows(&self, today: NaiveDate) -> Vec<Row> {
        self.rows.iter().map(|row| Row { pending: row.date > today, ..row.clone() }).collect()
    }
}

impl FileAccount {
    fn into_account(self, index: usize) -> (Account, Vec<FileTransaction>) {
        let meta = self.meta.unwrap_or_default();
        let given = self.kind.as_deref().unwrap_or("depository");
        let subtype = self.subtype.unwrap_or_else(|| default_subtype(given).into());
        let kind = if given == "payroll" { "other" } else { given };
        let current = self.starting_balance.unwrap_or_else(|| Decimal::new(10_000, 2));
        let usual = match kind {
            "depository" => Some(current),
            "credit" => meta.limit.map(|limit| limit - current),
            _ => None,
        };
        let available = self.force_available_balance.or(usual);
        let digits = self.numbers.and_then(|numbers| numbers.account).unwrap_or_default();
        let tail = digits.char_indices().rev().nth(3).map(|(start, _)| digits[start..].to_owned());
        let mask = meta.mask.or(tail).unwrap_or_else(|| format!("{:04}", index * 1111 % 10_000));
        let account = Account {
            name: meta.name.unwrap_or_else(|| format!("Plaid {}", title(&subtype))),
            official_name: meta.official_name,
            mask: (!mask.is_empty()).then_some(mask),
            currency: self.currency.unwrap_or_else(|| "USD".into()),
            current: Some(current),
            available: available.filter(|_| self.has_null_available_balance != Some(true)),
            limit: meta.limit,
            apy: meta.apy,
            closed: false,
            kind: kind.into(),
            subtype: Some(subtype),
        };
        (account, self.transactions.unwrap_or_default())
    }
}

impl FileTransaction {
    fn into_row(self, account: u16, currency: &str) -> Result<Option<Row>, CustomUserError> {
        let Some(text) = self.amount.as_ref().map(|raw| raw.get()).filter(|text| *text != "null") else {
            return Ok(None);
        };
        let amount = amount::parse(text)
            .ok_or_else(|| CustomUserError(format!("{text} is not an exact amount").into()))?;
        let Some(date) = self.date_posted.or(self.date_transacted) else { return Ok(None) };
        let name = self.description.unwrap_or_default();
        Ok(Some(Row {
            account,
            amount,
            date,
            authorized_date: self.date_transacted,
            pending: false,
            pending_row: None,
            merchant: recognise(&name, amount.is_sign_negative()),
            reference: 0,
            name: Some(name.into()),
            currency: self.currency.filter(|own| own != currency).map(Into::into),
            fields: None,
        }))
    }
}

fn default_subtype(kind: &str) -> &'static str {
    match kind {
        "credit" => "credit card",
        "loan" => "student",
        "investment" => "brokerage",
        "payroll" => "payroll",
        "other" => "other",
        _ => "checking",
    }
}

fn title(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::CustomUser;
    use chrono::NaiveDate;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_file_is_taken_digit_for_digit() {
        let user = CustomUser::from_json(
            br#"{"override_accounts":[{"type":"credit","starting_balance":1245.60,"meta":{"limit":10000,"mask":""},
                "transactions":[
                  {"date_transacted":"2026-07-01","date_posted":"2026-07-02","amount":45,"description":"old"},
                  {"date_transacted":"2026-07-20","date_posted":"2026-07-23","amount":-12.10,"description":"new","currency":"EUR"},
                  {"date_transacted":null,"date_posted":null,"amount":null,"description":null}]}]}"#,
        )
        .unwrap();
        let account = &user.accounts[0];
        assert_eq!((account.name.as_str(), account.mask.as_deref()), ("Plaid Credit Card", None));
        assert_eq!(account.available.unwrap().to_string(), "8754.40");
        let rows = user.rows(day("2026-07-22"));
        let seen: Vec<_> = rows.iter().map(|row| (row.amount.to_string(), row.pending)).collect();
        assert_eq!(seen, [("-12.10".to_owned(), true), ("45".to_owned(), false)]);
        assert_eq!(rows[0].currency.as_deref(), Some("EUR"));
    }

    #[test]
    fn anything_may_be_absent_and_nonsense_is_an_error() {
        for text in ["{}", r#"{"ocr_status":"SUCCESS"}"#, r#"{"override_accounts":null,"seed":null}"#] {
            assert!(CustomUser::from_json(text.as_bytes()).unwrap().accounts.is_empty());
        }
        let empty =
            CustomUser::from_json(br#"{"override_accounts":[{"type":null,"meta":{"name":null}}]}"#).unwrap();
        assert_eq!(empty.accounts[0].kind, "depository");
        for text in ["", "[1", r#"{"override_accounts":[{"transactions":[{"amount":"x"}]}]}"#] {
            assert!(CustomUser::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
