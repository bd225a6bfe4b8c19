//! What the user keeps by hand: accounts that no provider feeds, and transactions typed in.

use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::edit::{check_amount, check_day, check_filled, check_length, check_moved};
use super::{
    Balances, CATEGORY_CHARS_MAX, Currency, HolderCategory, InvalidEdit, NAME_CHARS_MAX, NOTE_CHARS_MAX,
    ProviderAccount, ProviderAccountId, TransactionEdits, money::decimal_text,
};
use crate::account_kind::AccountKind;

/// Before the identifier of what was typed in, in [`ProviderTransaction::id`](super::ProviderTransaction::id) and
/// [`ProviderAccount::id`]. No provider's identifier begins so.
pub const MANUAL_ID_PREFIX: &str = "manual:";

/// The longest mask of an account that the user keeps by hand, in characters.
pub const MASK_CHARS_MAX: usize = 20;

/// What the user says an account held at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedBalance {
    /// The balance in the account's currency. What is owned is positive, **what is owed is negative**.
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// The calendar day.
    pub day: NaiveDate,
}

/// An account that the user is about to keep by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewManualAccount {
    /// The name, 1 to [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// Its currency.
    pub currency: Currency,
    /// The last letters or digits of its number, if it has one.
    pub mask: Option<String>,
    /// Who holds it, if that matters.
    pub holder: Option<HolderCategory>,
    /// What it holds to begin with; `None` leaves the balance unknown.
    pub opening: Option<StatedBalance>,
}

impl NewManualAccount {
    /// An account of which nothing else is known.
    pub fn new(name: impl Into<String>, kind: AccountKind, currency: Currency) -> Self {
        Self { name: name.into(), kind, currency, mask: None, holder: None, opening: None }
    }

    /// The account as the books keep it.
    ///
    /// # Errors
    /// [`InvalidEdit`] when a text is too long, the name is blank, or the balance is out of reason.
    pub fn account(&self, id: ProviderAccountId) -> Result<ProviderAccount, InvalidEdit> {
        let account = ProviderAccount {
            id,
            persistent_id: None,
            name: self.name.clone(),
            official_name: None,
            mask: self.mask.clone(),
            provider_type: String::new(),
            provider_subtype: None,
            holder: self.holder.clone(),
            balances: Balances { currency: Some(self.currency.clone()), ..Balances::default() },
        };
        let stated = ManualAccountUpdate {
            kind: Some(self.kind),
            balance: Some(self.opening),
            ..ManualAccountUpdate::default()
        };
        stated.applied(&account)
    }
}

/// A change to an account that the user keeps by hand. `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualAccountUpdate {
    /// Another name.
    pub name: Option<String>,
    /// Another kind.
    pub kind: Option<AccountKind>,
    /// `Some(None)` removes the mask.
    pub mask: Option<Option<String>>,
    /// What it holds now; `Some(None)` makes that unknown.
    pub balance: Option<Option<StatedBalance>>,
    /// `Some(None)` removes the credit limit.
    #[serde(skip)]
    pub limit: Option<Option<Decimal>>,
    /// Opens an account again that was closed.
    pub reopen: bool,
}

impl ManualAccountUpdate {
    /// The account after this change.
    ///
    /// # Errors
    /// [`InvalidEdit`] as for a new account, and for a negative limit.
    pub fn applied(&self, before: &ProviderAccount) -> Result<ProviderAccount, InvalidEdit> {
        let mut account = before.clone();
        account.name = self.name.clone().unwrap_or(account.name);
        if let Some(kind) = self.kind {
            let (provider_type, subtype) = kind.type_and_subtype();
            account.provider_type = provider_type.to_owned();
            account.provider_subtype = subtype.map(str::to_owned);
        }
        account.mask = self.mask.clone().unwrap_or(account.mask);
        if let Some(stated) = self.balance {
            account.balances.current = stated.map(|stated| stated.amount);
            account.balances.updated_at = stated.map(|stated| stated.day.and_time(NaiveTime::MIN).and_utc());
            stated
                .map_or(Ok(()), |stated| check_amount(stated.amount).and_then(|()| check_day(stated.day)))?;
        }
        if let Some(limit) = self.limit {
            if limit.is_some_and(|limit| limit.is_sign_negative() && !limit.is_zero()) {
                return Err(InvalidEdit::NegativeLimit);
            }
            limit.map_or(Ok(()), check_amount)?;
            account.balances.limit = limit;
        }
        check_filled("name", &account.name)?;
        check_length("name", Some(&account.name), NAME_CHARS_MAX)?;
        check_length("mask", account.mask.as_deref(), MASK_CHARS_MAX)?;
        Ok(account)
    }
}

/// A transaction that the user types in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTransaction {
    /// The calendar day.
    pub date: NaiveDate,
    /// **Positive is money into the account, negative is money out of it.** Never zero.
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// The currency; `None` is the account's.
    pub currency: Option<Currency>,
    /// What it was, up to [`NAME_CHARS_MAX`] characters; may be empty.
    pub description: String,
    /// Who was paid, or who paid, up to [`NAME_CHARS_MAX`] characters.
    pub payee: Option<String>,
    /// The user's category, up to [`CATEGORY_CHARS_MAX`] characters.
    pub category: Option<String>,
    /// The user's note, up to [`NOTE_CHARS_MAX`] characters.
    pub note: Option<String>,
    /// The number of a cheque, up to [`MASK_CHARS_MAX`] characters.
    pub check_number: Option<String>,
}

impl NewTransaction {
    /// A transaction in the account's currency of which nothing else is known.
    pub fn new(date: NaiveDate, amount: Decimal, description: impl Into<String>) -> Self {
        let description = description.into();
        Self {
            date,
            amount,
            currency: None,
            description,
            payee: None,
            category: None,
            note: None,
            check_number: None,
        }
    }

    /// What stands in the books as the user's own words on it.
    pub(crate) fn edits(&self) -> TransactionEdits {
        TransactionEdits {
            category: self.category.clone(),
            note: self.note.clone(),
            ..TransactionEdits::default()
        }
    }

    /// Whether it can be taken into the books.
    ///
    /// # Errors
    /// [`InvalidEdit`] when a text is too long, the amount is zero or out of reason, or the day is.
    pub fn check(&self) -> Result<(), InvalidEdit> {
        check_moved(self.amount)?;
        check_day(self.date)?;
        if let Some(category) = &self.category {
            check_filled("category", category)?;
        }
        for (field, text, most) in [
            ("description", Some(self.description.as_str()), NAME_CHARS_MAX),
            ("payee", self.payee.as_deref(), NAME_CHARS_MAX),
            ("category", self.category.as_deref(), CATEGORY_CHARS_MAX),
            ("note", self.note.as_deref(), NOTE_CHARS_MAX),
            ("check number", self.check_number.as_deref(), MASK_CHARS_MAX),
        ] {
            check_length(field, text, most)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_amount;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_out_of_reason_is_refused() {
        let good = NewTransaction::new(day("2026-03-01"), parse_amount("-4.50").unwrap(), "Coffee");
        assert_eq!(good.check(), Ok(()));
        let long = |length: usize| Some("x".repeat(length));
        let bad = [
            NewTransaction { amount: Decimal::ZERO, ..good.clone() },
            NewTransaction { amount: parse_amount("1e15").unwrap(), ..good.clone() },
            NewTransaction { date: day("0202-03-01"), ..good.clone() },
            NewTransaction { date: day("2260-03-01"), ..good.clone() },
            NewTransaction { description: "x".repeat(501), ..good.clone() },
            NewTransaction { payee: long(501), ..good.clone() },
            NewTransaction { category: long(201), ..good.clone() },
            NewTransaction { category: Some(" ".to_owned()), ..good.clone() },
            NewTransaction { note: long(10_001), ..good.clone() },
            NewTransaction { check_number: long(21), ..good },
        ];
        for entry in bad {
            assert!(entry.check().is_err(), "{:?} {}", entry.amount, entry.date);
        }
    }

    #[test]
    fn an_account_is_of_the_kind_that_was_chosen() {
        let id = ProviderAccountId::new("manual:1").unwrap();
        let usd = Currency::iso("USD").unwrap();
        for &kind in AccountKind::ALL {
            let account = NewManualAccount::new("Mine", kind, usd.clone()).account(id.clone()).unwrap();
            assert_eq!(account.classification().kind, kind);
            assert_eq!(account.balances.current, None);
        }
        assert_eq!(
            NewManualAccount::new(" ", AccountKind::Checking, usd).account(id),
            Err(InvalidEdit::Blank("name"))
        );
    }
}
