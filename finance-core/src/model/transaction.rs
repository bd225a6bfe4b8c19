//! Transactions: what the provider says, what the user changed, and the row in the books.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::Xxh3;

use super::{
    AccountId, ConnectionId, EditState, Money, ProviderAccountId, ProviderTransactionId, RawJson,
    TransactionEdits, TransactionId, TransactionText,
};

/// A transaction as a provider reports it, its amount already in our sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderTransaction {
    /// The provider's identifier. A pending row and the posted row that replaces it have different ones.
    pub id: ProviderTransactionId,
    /// The provider's identifier of the account.
    pub account: ProviderAccountId,
    /// **Positive is money into the account, negative is money out of it.**
    pub amount: Money,
    /// The calendar day, without a zone: of posting for a posted row, of occurrence for a pending one.
    pub date: NaiveDate,
    /// The calendar day on which the user acted, where the bank tells it.
    pub authorized_date: Option<NaiveDate>,
    /// The instant of posting, where the bank tells it. Some banks send a meaningless midnight.
    pub datetime: Option<DateTime<Utc>>,
    /// The instant at which the user acted, where the bank tells it.
    pub authorized_datetime: Option<DateTime<Utc>>,
    /// Whether it may still be replaced, changed or dropped by the bank.
    pub pending: bool,
    /// The pending row that this posted row replaces, where the provider matched them.
    pub pending_id: Option<ProviderTransactionId>,
    /// The bank's text, cleaned by the provider. Never missing, may be empty.
    pub description: Arc<str>,
    /// The bank's text untouched, where the provider passes it on.
    pub original_description: Option<Arc<str>>,
    /// The merchant's name, where the provider knows it.
    pub merchant_name: Option<Arc<str>>,
    /// The provider's identifier of the merchant, stable across rows.
    pub merchant_id: Option<Arc<str>>,
    /// The provider's category.
    pub category: Option<Arc<ProviderCategory>>,
    /// How the payment was made.
    pub channel: PaymentChannel,
    /// The bank's kind of movement (`direct debit`, `atm`, …), verbatim, where told.
    pub code: Option<Arc<str>>,
    /// The number of a cheque.
    pub check_number: Option<Arc<str>>,
    /// The four-digit merchant category code of card payments, where told.
    pub merchant_category_code: Option<Arc<str>>,
    /// The provider's own JSON of the row, when it is to be kept.
    pub raw: Option<RawJson>,
}

/// A category as a provider assigns it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderCategory {
    /// The coarse category (`FOOD_AND_DRINK`).
    pub primary: String,
    /// The fine category (`FOOD_AND_DRINK_COFFEE`). Its beginning need not agree with `primary`.
    pub detailed: String,
    /// How sure the provider is, verbatim.
    pub confidence: Option<String>,
    /// The version of the taxonomy (`v1`, `v2`), where told.
    pub version: Option<String>,
}

/// How a payment was made. It crosses serde as its [name](PaymentChannel::name).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaymentChannel {
    /// Over the internet.
    Online,
    /// At a counter.
    InStore,
    /// Neither, or not known.
    Other,
    /// A value newer than this library, verbatim.
    Unlisted(Arc<str>),
}

impl PaymentChannel {
    /// The provider-neutral name: `online`, `in store`, `other`, or the unlisted text.
    pub fn name(&self) -> &str {
        match self {
            Self::Online => "online",
            Self::InStore => "in store",
            Self::Other => "other",
            Self::Unlisted(text) => text,
        }
    }

    /// Reads what [`PaymentChannel::name`] gave; any text is a channel.
    pub fn from_name(name: &str) -> Self {
        match name {
            "online" => Self::Online,
            "in store" => Self::InStore,
            "other" => Self::Other,
            unlisted => Self::Unlisted(unlisted.into()),
        }
    }
}

impl Serialize for PaymentChannel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for PaymentChannel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_name(&String::deserialize(deserializer)?))
    }
}

impl ProviderTransaction {
    /// A number that changes when anything the provider says of the row changes, the raw JSON aside.
    ///
    /// It tells a replayed row that is as it was from one that is not, without reading the stored row
    /// back. Two different rows share it with a chance of one in 2^64.
    pub fn digest(&self) -> u64 {
        let mut hash = Xxh3::new();
        let mut field = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        field(self.id.as_str().as_bytes());
        field(self.account.as_str().as_bytes());
        field(&self.amount.amount().serialize());
        field(self.amount.currency().code().as_bytes());
        field(&[u8::from(self.amount.currency().is_iso()), u8::from(self.pending)]);
        field(&day_bytes(Some(self.date)));
        field(&day_bytes(self.authorized_date));
        field(&instant_bytes(self.datetime));
        field(&instant_bytes(self.authorized_datetime));
        field(self.channel.name().as_bytes());
        for text in [
            self.pending_id.as_ref().map(ProviderTransactionId::as_str),
            Some(&*self.description),
            self.original_description.as_deref(),
            self.merchant_name.as_deref(),
            self.merchant_id.as_deref(),
            self.code.as_deref(),
            self.check_number.as_deref(),
            self.merchant_category_code.as_deref(),
            self.category.as_ref().map(|category| category.primary.as_str()),
            self.category.as_ref().map(|category| category.detailed.as_str()),
            self.category.as_ref().and_then(|category| category.confidence.as_deref()),
            self.category.as_ref().and_then(|category| category.version.as_deref()),
        ] {
            field(&[u8::from(text.is_some())]);
            field(text.unwrap_or_default().as_bytes());
        }
        hash.digest()
    }
}

fn day_bytes(day: Option<NaiveDate>) -> [u8; 4] {
    use chrono::Datelike;
    day.map_or(0, |day| day.num_days_from_ce()).to_le_bytes()
}

fn instant_bytes(instant: Option<DateTime<Utc>>) -> [u8; 8] {
    instant.map_or(i64::MIN, |instant| instant.timestamp_micros()).to_le_bytes()
}

/// A transaction in the books: exactly one row for one real movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Our identifier; it stays when a pending row posts and over a full replay.
    pub id: TransactionId,
    /// The account it belongs to.
    pub account: AccountId,
    /// The connection that reported it.
    pub connection: ConnectionId,
    /// What the source, a provider as a rule, last said of it. `raw` is left out here; ask the store for it.
    pub provider: ProviderTransaction,
    /// Where the row comes from.
    pub origin: RowOrigin,
    /// What the user changed.
    pub edits: TransactionEdits,
    /// The category that a categoriser assigned, where one did.
    pub assigned: Option<AssignedCategory>,
    /// Whether it counts.
    pub state: TransactionState,
    /// When the row was first written.
    pub created_at: DateTime<Utc>,
    /// When the provider's values were last written.
    pub updated_at: DateTime<Utc>,
}

impl Transaction {
    /// The name to show: the user's, else the merchant's, else the bank's text.
    pub fn name(&self) -> &str {
        let provider = &self.provider;
        self.edits.name.as_deref().or(provider.merchant_name.as_deref()).unwrap_or(&provider.description)
    }

    /// The category: the user's, else a categoriser's, else the provider's fine one. It may be a provider's code;
    /// [`category_name`](crate::category_name) gives what to show of it.
    pub fn category(&self) -> Option<&str> {
        let assigned = self.assigned.as_ref().map(|assigned| assigned.category.as_str());
        let provider = self.provider.category.as_deref().map(|category| category.detailed.as_str());
        self.edits.category.as_deref().or(assigned).or(provider)
    }

    /// Who says what [`Transaction::category`] is: `user`, who assigned it ([`AssignedCategory::source`]), or `provider`; `None`
    /// without a category.
    pub fn category_source(&self) -> Option<&str> {
        let assigned = self.assigned.as_ref().map(|assigned| assigned.source.as_str());
        let provider = self.provider.category.as_ref().map(|_| PROVIDER_SOURCE);
        self.edits.category.as_ref().map(|_| USER_SOURCE).or(assigned).or(provider)
    }

    /// One of its texts.
    pub fn text(&self, text: TransactionText) -> Option<&str> {
        let provider = &self.provider;
        match text {
            TransactionText::Name => Some(self.name()),
            TransactionText::Description => Some(&provider.description),
            TransactionText::OriginalDescription => provider.original_description.as_deref(),
            TransactionText::MerchantName => provider.merchant_name.as_deref(),
            TransactionText::MerchantId => provider.merchant_id.as_deref(),
            TransactionText::Category => self.category(),
            TransactionText::CategorySource => self.category_source(),
            TransactionText::ProviderCategory => {
                provider.category.as_deref().map(|category| category.detailed.as_str())
            }
            TransactionText::AssignedCategory => {
                self.assigned.as_ref().map(|assigned| assigned.category.as_str())
            }
            TransactionText::AssignedSource => {
                self.assigned.as_ref().map(|assigned| assigned.source.as_str())
            }
            TransactionText::Channel => Some(provider.channel.name()),
            TransactionText::Note => self.edits.note.as_deref(),
            TransactionText::ImportedId => self.imported_id(),
            TransactionText::Code => provider.code.as_deref(),
            TransactionText::CheckNumber => provider.check_number.as_deref(),
            TransactionText::MerchantCategoryCode => provider.merchant_category_code.as_deref(),
        }
    }

    /// The amount that counts: the user's correction, else the source's, in the source's currency. Positive is money in.
    pub fn amount(&self) -> Money {
        match self.edits.amount {
            Some(amount) => Money::new(amount, self.provider.amount.currency().clone()),
            None => self.provider.amount.clone(),
        }
    }

    /// The calendar day that counts: the user's correction, else the source's.
    pub fn date(&self) -> NaiveDate {
        self.edits.date.unwrap_or(self.provider.date)
    }

    /// The identifier that the row's source gave it: the provider's, or the one in a bank's file ([`FILE_ID_PREFIX`]). A
    /// row that was made here has none.
    pub fn imported_id(&self) -> Option<&str> {
        self.origin.imported_id(self.provider.id.as_str())
    }

    /// What the user made of the row, a deletion included.
    pub fn edit_state(&self) -> EditState {
        EditState { edits: self.edits.clone(), deleted: self.state == TransactionState::DeletedByUser }
    }
}

/// Before a file's own identifier of a row, in [`ProviderTransaction::id`] of the row. No provider's identifier begins so.
pub const FILE_ID_PREFIX: &str = "file:";

/// Who says so of a category that the user chose, in [`Transaction::category_source`].
pub const USER_SOURCE: &str = "user";
/// Who says so of the bank's own category, in [`Transaction::category_source`].
pub const PROVIDER_SOURCE: &str = "provider";

/// A category that a categoriser assigned. The user's own always wins over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedCategory {
    /// The category, in the words of whoever assigned it.
    pub category: String,
    /// How sure it is, in whole points from 0 to 100; `None` where the categoriser does not say.
    pub confidence: Option<u8>,
    /// Who assigned it: `rule`, `memory`, or the name of a model, which is neither [`USER_SOURCE`] nor [`PROVIDER_SOURCE`].
    pub source: String,
}

/// Where a row of the books comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RowOrigin {
    /// The provider of the account's connection reports it. A whole replay that leaves it out removes it.
    #[default]
    Provider,
    /// An earlier connection to the same account reported it; the present one need not know it, or has not reported it yet.
    EarlierConnection,
    /// A file of the bank.
    File,
    /// The user's own hand.
    Manual,
    /// A correction that the user accepted when the books were compared with the bank.
    Correction,
}

impl RowOrigin {
    /// Every origin, in the order of declaration.
    pub const ALL: [Self; 5] =
        [Self::Provider, Self::EarlierConnection, Self::File, Self::Manual, Self::Correction];

    /// The stable name under which stores and bindings keep it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::EarlierConnection => "earlier_connection",
            Self::File => "file",
            Self::Manual => "manual",
            Self::Correction => "correction",
        }
    }

    /// Reads what [`RowOrigin::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }

    /// Of a row's identifier, what its source gave it: see [`Transaction::imported_id`].
    pub fn imported_id(self, id: &str) -> Option<&str> {
        match self {
            Self::Provider | Self::EarlierConnection => Some(id),
            Self::File => id.strip_prefix(FILE_ID_PREFIX),
            Self::Manual | Self::Correction => None,
        }
    }

    /// Whether the row entered the books without the account's present connection, which may report the same movement later.
    pub const fn awaits_the_bank(self) -> bool {
        !matches!(self, Self::Provider)
    }

    /// Whether a provider reported the row, through whichever connection.
    pub const fn is_reported(self) -> bool {
        matches!(self, Self::Provider | Self::EarlierConnection)
    }
}

/// Whether a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransactionState {
    /// It counts.
    Live,
    /// The provider took it back; should the provider report it again, it lives again, edits and all.
    RemovedByProvider,
    /// The user deleted it; whatever the provider reports, it stays deleted.
    DeletedByUser,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, parse_amount};

    fn coffee() -> ProviderTransaction {
        ProviderTransaction {
            id: ProviderTransactionId::new("t1").unwrap(),
            account: ProviderAccountId::new("a1").unwrap(),
            amount: Money::new(parse_amount("-4.50").unwrap(), Currency::iso("USD").unwrap()),
            date: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
            authorized_date: None,
            datetime: None,
            authorized_datetime: None,
            pending: false,
            pending_id: None,
            description: "COFFEE".into(),
            original_description: None,
            merchant_name: None,
            merchant_id: None,
            category: None,
            channel: PaymentChannel::InStore,
            code: None,
            check_number: None,
            merchant_category_code: None,
            raw: None,
        }
    }

    #[test]
    fn the_digest_sees_every_field_but_the_raw_json() {
        let text = |text: &str| Some(Arc::<str>::from(text));
        let category = |primary: &str, version: Option<&str>| {
            Some(Arc::new(ProviderCategory {
                primary: primary.to_owned(),
                detailed: "D".to_owned(),
                confidence: None,
                version: version.map(str::to_owned),
            }))
        };
        let base = coffee();
        let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let instant = DateTime::from_timestamp(0, 0);
        let variants = [
            base.clone(),
            ProviderTransaction { id: ProviderTransactionId::new("t2").unwrap(), ..base.clone() },
            ProviderTransaction { account: ProviderAccountId::new("a2").unwrap(), ..base.clone() },
            ProviderTransaction { amount: base.amount.negated(), ..base.clone() },
            ProviderTransaction {
                amount: Money::new(base.amount.amount(), Currency::unofficial("USD").unwrap()),
                ..base.clone()
            },
            ProviderTransaction { date: day, ..base.clone() },
            ProviderTransaction { authorized_date: Some(day), ..base.clone() },
            ProviderTransaction { datetime: instant, ..base.clone() },
            ProviderTransaction { authorized_datetime: instant, ..base.clone() },
            ProviderTransaction { pending: true, ..base.clone() },
            ProviderTransaction {
                pending_id: Some(ProviderTransactionId::new("p").unwrap()),
                ..base.clone()
            },
            ProviderTransaction { description: "COFFEE ".into(), ..base.clone() },
            ProviderTransaction { original_description: text("x"), ..base.clone() },
            ProviderTransaction { merchant_name: text("x"), ..base.clone() },
            ProviderTransaction { merchant_name: text(""), ..base.clone() },
            ProviderTransaction { merchant_id: text("x"), ..base.clone() },
            ProviderTransaction { code: text("x"), ..base.clone() },
            ProviderTransaction { check_number: text("x"), ..base.clone() },
            ProviderTransaction { merchant_category_code: text("x"), ..base.clone() },
            ProviderTransaction { category: category("A", None), ..base.clone() },
            ProviderTransaction { category: category("B", None), ..base.clone() },
            ProviderTransaction { category: category("A", Some("v2")), ..base.clone() },
            ProviderTransaction { channel: PaymentChannel::Online, ..base.clone() },
        ];
        let digests: std::collections::BTreeSet<u64> =
            variants.iter().map(ProviderTransaction::digest).collect();
        assert_eq!(digests.len(), variants.len());

        let with_raw = ProviderTransaction { raw: Some(RawJson::from_text("{}")), ..base.clone() };
        assert_eq!(with_raw.digest(), base.digest());
    }
}
