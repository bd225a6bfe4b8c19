//! A transaction that a store lends for a moment, for tables of very many rows.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{AccountId, ConnectionId, RowOrigin, Transaction, TransactionId, TransactionState};

/// A text of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "every store must answer every question")]
pub enum TransactionText {
    /// [`Transaction::name`].
    Name,
    /// The bank's text, cleaned by the provider.
    Description,
    /// The bank's text untouched.
    OriginalDescription,
    /// The merchant's name.
    MerchantName,
    /// The provider's identifier of the merchant.
    MerchantId,
    /// [`Transaction::category`].
    Category,
    /// [`Transaction::category_source`].
    CategorySource,
    /// The provider's fine category.
    ProviderCategory,
    /// The category that a categoriser assigned.
    AssignedCategory,
    /// Which categoriser that was.
    AssignedSource,
    /// The stable name of the payment's channel.
    Channel,
    /// The user's note.
    Note,
    /// [`Transaction::imported_id`].
    ImportedId,
    /// The bank's kind of movement.
    Code,
    /// The number of a cheque.
    CheckNumber,
    /// The merchant category code.
    MerchantCategoryCode,
}

impl TransactionText {
    /// Every text, in the order of declaration.
    pub const ALL: [Self; 16] = [
        Self::Name,
        Self::Description,
        Self::OriginalDescription,
        Self::MerchantName,
        Self::MerchantId,
        Self::Category,
        Self::CategorySource,
        Self::ProviderCategory,
        Self::AssignedCategory,
        Self::AssignedSource,
        Self::Channel,
        Self::Note,
        Self::ImportedId,
        Self::Code,
        Self::CheckNumber,
        Self::MerchantCategoryCode,
    ];
}

/// A transaction in plain values, and those of its texts that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionView<'a> {
    /// Our identifier.
    pub id: TransactionId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The connection that reported it.
    pub connection: ConnectionId,
    /// [`Transaction::date`].
    pub date: NaiveDate,
    /// The number of [`Transaction::amount`]. Positive is money in.
    pub amount: Decimal,
    /// The code of its currency.
    pub currency: Cow<'a, str>,
    /// The calendar day on which the user acted.
    pub authorized_date: Option<NaiveDate>,
    /// The instant of posting.
    pub datetime: Option<DateTime<Utc>>,
    /// The instant at which the user acted.
    pub authorized_datetime: Option<DateTime<Utc>>,
    /// Whether the bank may still replace, change or drop it.
    pub pending: bool,
    /// Whether the user hid it.
    pub hidden: bool,
    /// How sure the categoriser was whose category is assigned, in whole points from 0 to 100.
    pub confidence: Option<u8>,
    /// Where the row comes from.
    pub origin: RowOrigin,
    /// Whether it counts.
    pub state: TransactionState,
    /// When the row was first written.
    pub created_at: DateTime<Utc>,
    /// When the provider's values were last written.
    pub updated_at: DateTime<Utc>,
    texts: [Option<Cow<'a, str>>; TransactionText::ALL.len()],
}

impl<'a> TransactionView<'a> {
    /// What a transaction says, with these texts of it.
    pub fn of(row: &'a Transaction, texts: &[TransactionText]) -> Self {
        let mut view = Self::new(row.id, row.account, row.connection, row.created_at, row.updated_at);
        let provider = &row.provider;
        view.date = row.date();
        view.amount = row.edits.amount.unwrap_or(provider.amount.amount());
        view.currency = Cow::Borrowed(provider.amount.currency().code());
        view.authorized_date = provider.authorized_date;
        view.datetime = provider.datetime;
        view.authorized_datetime = provider.authorized_datetime;
        view.pending = provider.pending;
        view.hidden = row.edits.hidden;
        view.confidence = row.assigned.as_ref().and_then(|assigned| assigned.confidence);
        view.origin = row.origin;
        view.state = row.state;
        for text in texts {
            view.set_text(*text, row.text(*text).map(Cow::Borrowed));
        }
        view
    }

    /// A live row of the provider's, dated 1970-01-01, over nothing, without texts: for a store to fill in.
    pub fn new(
        id: TransactionId,
        account: AccountId,
        connection: ConnectionId,
        created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            account,
            connection,
            date: NaiveDate::default(),
            amount: Decimal::ZERO,
            currency: Cow::Borrowed(""),
            authorized_date: None,
            datetime: None,
            authorized_datetime: None,
            pending: false,
            hidden: false,
            confidence: None,
            origin: RowOrigin::Provider,
            state: TransactionState::Live,
            created_at,
            updated_at,
            texts: [const { None }; TransactionText::ALL.len()],
        }
    }

    /// The view with texts of its own.
    pub fn to_owned_view(&self) -> TransactionView<'static> {
        let owned = |text: &Cow<'a, str>| Cow::Owned(text.clone().into_owned());
        TransactionView {
            currency: owned(&self.currency),
            texts: self.texts.each_ref().map(|text| text.as_ref().map(owned)),
            ..*self
        }
    }

    /// A text; `None` where the row has none, and for one that was not asked for.
    pub fn text(&self, text: TransactionText) -> Option<&str> {
        self.texts[text as usize].as_deref()
    }

    /// Puts a text in.
    pub fn set_text(&mut self, text: TransactionText, value: Option<Cow<'a, str>>) {
        self.texts[text as usize] = value;
    }
}

/// Takes rows that a store lends, one after another.
pub trait TransactionVisitor: Send {
    /// Takes one row.
    fn visit(&mut self, row: &TransactionView<'_>);
}
