//! What crosses the port of a provider that is written in Python: accounts and rows.

use finance_core::{
    Currency, Cursor, HolderCategory, PaymentChannel, ProviderAccountId, ProviderTransactionId, RawJson,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::choices::HistoryStatus;
use crate::record::record;
use crate::values::{Amount, Day, Instant, Many, Text};

/// What a provider told cannot be used.
pub(crate) fn unusable(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

pub(crate) fn account_id(id: Text) -> PyResult<ProviderAccountId> {
    ProviderAccountId::new(id.0).map_err(unusable)
}

fn row_id(id: Text) -> PyResult<ProviderTransactionId> {
    ProviderTransactionId::new(id.0).map_err(unusable)
}

record! {
    /// An account as a provider tells it. Balances are what the user has: money that is owed is negative, and what is not known is `None`.
    ProviderAccount from finance_core::ProviderAccount as it {
        /// The provider's identifier; it changes on a re-link.
        id: Text = Text(it.id.into()),
        /// The name the user or the bank gave.
        name: String = it.name,
        /// The provider's type, such as `depository` or `credit`.
        provider_type: String = it.provider_type,
        /// The provider's subtype, such as `checking`.
        provider_subtype: Option<String> [None] = it.provider_subtype,
        /// What the account holds.
        current: Option<Amount> [None] = it.balances.current.map(Amount),
        /// What can be spent or withdrawn.
        available: Option<Amount> [None] = it.balances.available.map(Amount),
        /// The credit limit.
        limit: Option<Amount> [None] = it.balances.limit.map(Amount),
        /// The currency of all three: an ISO 4217 code, or `*` and an unofficial one.
        currency: Option<String> [None] = it.balances.currency.map(|currency| currency.key()),
        /// When the bank last updated them.
        updated_at: Option<Instant> [None] = it.balances.updated_at.map(Into::into),
        /// An identifier that stays the same across re-links, where the institution has one.
        persistent_id: Option<String> [None] = it.persistent_id,
        /// The bank's official product name.
        official_name: Option<String> [None] = it.official_name,
        /// The last two to four letters or digits of some account number.
        mask: Option<String> [None] = it.mask,
        /// Who holds it: `personal`, `business`, or another word of the provider's.
        holder: Option<String> [None] = it.holder.map(|holder| match holder {
            HolderCategory::Personal => "personal".to_owned(),
            HolderCategory::Business => "business".to_owned(),
            HolderCategory::Other(other) => other,
            _ => "other".to_owned(),
        }),
    }
}

impl ProviderAccount {
    pub(crate) fn core(self) -> PyResult<finance_core::ProviderAccount> {
        let currency = self.currency.as_deref().map(Currency::from_key).transpose().map_err(unusable)?;
        Ok(finance_core::ProviderAccount {
            id: account_id(self.id)?,
            persistent_id: self.persistent_id,
            name: self.name,
            official_name: self.official_name,
            mask: self.mask,
            provider_type: self.provider_type,
            provider_subtype: self.provider_subtype,
            holder: self.holder.map(|holder| match holder.as_str() {
                "personal" => HolderCategory::Personal,
                "business" => HolderCategory::Business,
                _ => HolderCategory::Other(holder),
            }),
            balances: finance_core::Balances {
                current: self.current.map(|amount| amount.0),
                available: self.available.map(|amount| amount.0),
                limit: self.limit.map(|amount| amount.0),
                currency,
                updated_at: self.updated_at.map(|at| at.0),
            },
        })
    }
}

record! {
    /// A category as a provider assigns it.
    ProviderCategory from finance_core::ProviderCategory as it {
        /// The coarse category.
        primary: String = it.primary,
        /// The fine category.
        detailed: String = it.detailed,
        /// How sure the provider is, in its own words.
        confidence: Option<String> [None] = it.confidence,
        /// The version of the taxonomy.
        version: Option<String> [None] = it.version,
    }
}

impl ProviderCategory {
    fn core(self) -> finance_core::ProviderCategory {
        finance_core::ProviderCategory {
            primary: self.primary,
            detailed: self.detailed,
            confidence: self.confidence,
            version: self.version,
        }
    }
}

record! {
    /// A row as a provider tells it. **A positive amount is money into the account, a negative one money out of it.**
    ProviderTransaction from finance_core::ProviderTransaction as it {
        /// The provider's identifier. A pending row and the posted one that replaces it have different ones.
        id: Text = Text(it.id.into()),
        /// The provider's identifier of the account.
        account: Text = Text(it.account.into()),
        /// The amount.
        amount: Amount = Amount(it.amount.amount()),
        /// Its currency: an ISO 4217 code, or `*` and an unofficial one.
        currency: String = it.amount.currency().key(),
        /// The calendar day: of posting for a posted row, of occurrence for a pending one.
        date: Day = Day(it.date),
        /// The bank's text, cleaned by the provider; may be empty.
        description: Text = Text(it.description),
        /// Whether the bank may still replace, change or drop it.
        pending: bool [false] = it.pending,
        /// The pending row that this posted row replaces.
        pending_id: Option<Text> [None] = it.pending_id.map(|id| Text(id.into())),
        /// The calendar day on which the user acted.
        authorized_date: Option<Day> [None] = it.authorized_date.map(Day),
        /// The instant of posting.
        datetime: Option<Instant> [None] = it.datetime.map(Into::into),
        /// The instant at which the user acted.
        authorized_datetime: Option<Instant> [None] = it.authorized_datetime.map(Into::into),
        /// The bank's text untouched.
        original_description: Option<Text> [None] = it.original_description.map(Text),
        /// The merchant's name.
        merchant_name: Option<Text> [None] = it.merchant_name.map(Text),
        /// The provider's identifier of the merchant, stable across rows.
        merchant_id: Option<Text> [None] = it.merchant_id.map(Text),
        /// The provider's category.
        category: Option<ProviderCategory> [None] = it.category.map(|category| (*category).clone().into()),
        /// How the payment was made: `online`, `in store`, `other`, or another word of the provider's.
        channel: String ["other".to_owned()] = it.channel.name().to_owned(),
        /// The bank's kind of movement, in its own words.
        code: Option<Text> [None] = it.code.map(Text),
        /// The number of a cheque.
        check_number: Option<Text> [None] = it.check_number.map(Text),
        /// The four-digit merchant category code of card payments.
        merchant_category_code: Option<Text> [None] = it.merchant_category_code.map(Text),
        /// The provider's own JSON of the row, when it is to be kept.
        raw: Option<String> [None] = it.raw.and_then(|raw| raw.to_text().ok()),
    }
}

impl ProviderTransaction {
    pub(crate) fn core(self) -> PyResult<finance_core::ProviderTransaction> {
        let currency = Currency::from_key(&self.currency).map_err(unusable)?;
        let text = |text: Option<Text>| text.map(|text| text.0);
        Ok(finance_core::ProviderTransaction {
            id: row_id(self.id)?,
            account: account_id(self.account)?,
            amount: finance_core::Money::new(self.amount.0, currency),
            date: self.date.0,
            authorized_date: self.authorized_date.map(|day| day.0),
            datetime: self.datetime.map(|at| at.0),
            authorized_datetime: self.authorized_datetime.map(|at| at.0),
            pending: self.pending,
            pending_id: self.pending_id.map(row_id).transpose()?,
            description: self.description.0,
            original_description: text(self.original_description),
            merchant_name: text(self.merchant_name),
            merchant_id: text(self.merchant_id),
            category: self.category.map(|category| category.core().into()),
            channel: PaymentChannel::from_name(&self.channel),
            code: text(self.code),
            check_number: text(self.check_number),
            merchant_category_code: text(self.merchant_category_code),
            raw: self.raw.as_deref().map(RawJson::from_text),
        })
    }
}

record! {
    /// A row that is gone.
    RemovedTransaction {
        /// The provider's identifier of the row.
        id: Text,
        /// The provider's identifier of its account.
        account: Option<Text> [None],
    }
}

record! {
    /// Which page to fetch.
    PageRequest from finance_core::PageRequest as it {
        /// The place to go on from; `None` is the beginning.
        cursor: Option<String> = it.cursor.map(|cursor| cursor.as_str().to_owned()),
        /// Rows a page at the most: 1 to 500.
        count: u16 = it.count,
    }
}

record! {
    /// One page of what changed, in the order in which it happened.
    UpdatePage {
        /// New rows; may name rows that are known.
        added: Many<ProviderTransaction> [Many(Vec::new())],
        /// Changed rows; may name rows that are not known.
        modified: Many<ProviderTransaction> [Many(Vec::new())],
        /// Rows that are gone; may name rows that are not known.
        removed: Many<RemovedTransaction> [Many(Vec::new())],
        /// The accounts that this page's rows belong to.
        accounts: Many<ProviderAccount> [Many(Vec::new())],
        /// Where to go on; `None` when the provider gave no progress.
        next_cursor: Option<String> [None],
        /// Whether the update goes on at `next_cursor`.
        has_more: bool [false],
        /// How much of the history is ready.
        history: Option<HistoryStatus> [None],
        /// How often the call was repeated after a passing fault before it gave this page.
        retries: u32 [0],
    }
}

impl UpdatePage {
    pub(crate) fn core(self) -> PyResult<finance_core::UpdatePage> {
        let rows = |rows: Many<ProviderTransaction>| -> PyResult<_> {
            rows.0.into_iter().map(ProviderTransaction::core).collect()
        };
        let removed = |removed: RemovedTransaction| {
            Ok(finance_core::RemovedTransaction {
                id: row_id(removed.id)?,
                account: removed.account.map(account_id).transpose()?,
            })
        };
        Ok(finance_core::UpdatePage {
            added: rows(self.added)?,
            modified: rows(self.modified)?,
            removed: self.removed.0.into_iter().map(removed).collect::<PyResult<_>>()?,
            accounts: self.accounts.0.into_iter().map(ProviderAccount::core).collect::<PyResult<_>>()?,
            next_cursor: self.next_cursor.as_deref().and_then(Cursor::new),
            has_more: self.has_more,
            history: self.history.map(|history| history.value()).transpose()?,
            retries: self.retries,
        })
    }
}

record! {
    /// Which balances to ask from the bank.
    BalanceRequest from finance_core::BalanceRequest as it {
        /// The provider's identifiers of the accounts; none means all.
        accounts: Many<Text> = Many(it.accounts.into_iter().map(|id| Text(id.into())).collect()),
        /// The oldest balance that will do.
        not_older_than: Option<Instant> = it.not_older_than.map(Into::into),
    }
}
