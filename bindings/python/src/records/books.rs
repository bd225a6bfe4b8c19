//! Accounts, balances, transactions.

use finance_core::{Currency, HolderCategory};

use crate::choices::*;
use crate::record::record;
use crate::values::{Amount, Day, Instant, Many, Text};

/// The code of a currency.
pub(crate) fn code(currency: &Currency) -> String {
    currency.code().to_owned()
}

record! {
    /// An exact amount of money with its currency.
    Money from finance_core::Money as it {
        /// The amount: positive into the account, negative out of it.
        amount: Amount = Amount(it.amount()),
        /// The ISO 4217 code, or the provider's own.
        currency: String = code(it.currency()),
    }
}

record! {
    /// The balances of an account at one instant. What is unknown is `None`, never zero.
    Balances from finance_core::Balances as it {
        /// What the account holds; negative when money is owed.
        current: Option<Amount> = it.current.map(Amount),
        /// What can be spent or withdrawn.
        available: Option<Amount> = it.available.map(Amount),
        /// The credit limit, or the overdraft that was agreed on.
        limit: Option<Amount> = it.limit.map(Amount),
        /// The currency of all three.
        currency: Option<String> = it.currency.as_ref().map(code),
        /// When the bank last updated them, where it says so.
        updated_at: Option<Instant> = it.updated_at.map(Into::into),
    }
}

record! {
    /// An account at an institution, or one kept by hand.
    Account from finance_core::Account as it {
        /// Its identifier.
        id: i64 = it.id.number(),
        /// The connection it came through.
        connection: i64 = it.connection.number(),
        /// The name that the institution or the user gave it.
        name: String = it.provider.name.clone(),
        /// The institution's name for the product.
        official_name: Option<String> = it.provider.official_name.clone(),
        /// The last digits of its number.
        mask: Option<String> = it.provider.mask.clone(),
        /// What kind of account it is.
        kind: AccountKind = it.classification().kind.into(),
        /// Whether it is something owned or something owed.
        account_class: AccountClass = it.classification().kind.class().into(),
        /// Whether the provider's type and subtype are known; if not, `kind` is a guess.
        kind_is_known: bool = it.classification().known,
        /// The provider's type, verbatim.
        provider_type: String = it.provider.provider_type.clone(),
        /// The provider's subtype, verbatim.
        provider_subtype: Option<String> = it.provider.provider_subtype.clone(),
        /// Who holds it: `personal`, `business` or the provider's word.
        holder: Option<String> = it.provider.holder.as_ref().map(holder),
        /// Whether the bank still lists it.
        status: AccountStatus = it.status.into(),
        /// Its balances.
        balances: Balances = it.provider.balances.clone().into(),
        /// When they were told.
        balances_at: Instant = it.balances_at.into(),
        /// The provider's identifier.
        provider_id: String = it.provider.id.as_str().to_owned(),
    }
}

fn holder(holder: &HolderCategory) -> String {
    match holder {
        HolderCategory::Personal => "personal".to_owned(),
        HolderCategory::Business => "business".to_owned(),
        HolderCategory::Other(word) => word.clone(),
        _ => "other".to_owned(),
    }
}

record! {
    /// What the rows of an account sum up to.
    AccountTotals from finance_core::AccountTotals as it {
        /// The account.
        account: i64 = it.account.number(),
        /// Rows that count, pending ones included.
        rows: u64 = it.rows,
        /// Pending rows among them.
        pending_rows: u64 = it.pending_rows,
        /// Their sum.
        sum: Money = it.sum.into(),
    }
}

record! {
    /// The balances of an account at one instant of the past.
    BalanceEntry from finance_core::BalanceEntry as it {
        /// The account.
        account: i64 = it.account.number(),
        /// When they were told.
        at: Instant = it.at.into(),
        /// The balances.
        balances: Balances = it.balances.into(),
        /// Where they came from.
        source: BalanceSource = it.source.into(),
    }
}

record! {
    /// A part of a transaction that the user split.
    TransactionPart from finance_core::TransactionPart as it {
        /// Its amount, in the transaction's currency and sign.
        amount: Amount = Amount(it.amount),
        /// Its name.
        name: Option<String> [None] = it.name,
        /// Its category.
        category: Option<String> [None] = it.category,
        /// Its note.
        note: Option<String> [None] = it.note,
    }
}

impl From<TransactionPart> for finance_core::TransactionPart {
    fn from(part: TransactionPart) -> Self {
        Self { amount: part.amount.0, name: part.name, category: part.category, note: part.note }
    }
}

record! {
    /// What the user changed of a transaction; it wins over whatever the provider says. `None` where they changed nothing.
    TransactionEdits from finance_core::TransactionEdits as it {
        /// Another name.
        name: Option<String> = it.name,
        /// Another category.
        category: Option<String> = it.category,
        /// A note.
        note: Option<String> = it.note,
        /// Whether it is hidden from lists; it still counts.
        hidden: bool = it.hidden,
        /// Another amount.
        amount: Option<Amount> = it.amount.map(Amount),
        /// Another day.
        date: Option<Day> = it.date.map(Day),
        /// Whether it counts while it is pending.
        counts_while_pending: Option<bool> = it.counts_while_pending,
        /// The parts it was split into.
        parts: Many<TransactionPart> = Many::of(it.parts),
    }
}

record! {
    /// One movement on an account: what the provider says, with what the user changed on top.
    Transaction from finance_core::Transaction as it {
        /// Its identifier, the same from pending to posted.
        id: i64 = it.id.number(),
        /// The account.
        account: i64 = it.account.number(),
        /// The connection it came through.
        connection: i64 = it.connection.number(),
        /// The day: the posted one once it is posted, or the user's.
        date: Day = Day(it.date()),
        /// The amount: the provider's, or the user's. Positive into the account, negative out of it.
        amount: Money = it.amount().into(),
        /// What a list shows: the user's name, the merchant's, or the description.
        name: Text = Text(it.name().into()),
        /// The category that holds: the user's, an assigned one, or the provider's.
        category: Option<Text> = it.category().map(|category| Text(category.into())),
        /// Who said so: `user`, `provider`, or the rule, memory or model that assigned it.
        category_source: Option<Text> = category_source(&it),
        /// How sure an assigned category is, 0 to 100.
        category_confidence: Option<u8> = confidence(&it),
        /// The category as the provider says it, in its own words.
        provider_category: Option<Text> =
            it.provider.category.as_ref().map(|category| Text(category.detailed.as_str().into())),
        /// Whether it may still be replaced by a posted one.
        pending: bool = it.provider.pending,
        /// Whether it counts.
        state: TransactionState = it.state.into(),
        /// How it came into the books.
        origin: RowOrigin = it.origin.into(),
        /// The bank's description.
        description: Text = it.provider.description.clone().into(),
        /// The bank's untouched text.
        original_description: Option<Text> = it.provider.original_description.clone().map(Text),
        /// The merchant.
        merchant_name: Option<Text> = it.provider.merchant_name.clone().map(Text),
        /// The provider's identifier of the merchant.
        merchant_id: Option<Text> = it.provider.merchant_id.clone().map(Text),
        /// `online`, `in store`, `other` or the provider's word.
        channel: Text = Text(it.provider.channel.name().into()),
        /// The bank's code of the kind of transaction.
        code: Option<Text> = it.provider.code.clone().map(Text),
        /// The number of a cheque.
        check_number: Option<Text> = it.provider.check_number.clone().map(Text),
        /// The merchant category code (ISO 18245).
        merchant_category_code: Option<Text> = it.provider.merchant_category_code.clone().map(Text),
        /// The provider's amount.
        provider_amount: Money = it.provider.amount.clone().into(),
        /// The provider's day.
        provider_date: Day = Day(it.provider.date),
        /// The day it was made, which may lie before the posted one.
        authorized_date: Option<Day> = it.provider.authorized_date.map(Day),
        /// The instant it was posted, where the bank tells it.
        datetime: Option<Instant> = it.provider.datetime.map(Into::into),
        /// The instant it was made, where the bank tells it.
        authorized_datetime: Option<Instant> = it.provider.authorized_datetime.map(Into::into),
        /// The provider's identifier.
        provider_id: Text = Text(it.provider.id.as_str().into()),
        /// The provider's identifier of the pending row it replaced.
        pending_id: Option<Text> = it.provider.pending_id.as_ref().map(|id| Text(id.as_str().into())),
        /// What the user changed.
        edits: TransactionEdits = it.edits.clone().into(),
        /// Whether the parts of a split still sum up to the amount, which the bank may have changed since; true of one that is whole.
        parts_fit: bool = it.edits.parts_fit(it.amount().amount()),
        /// When it came into the books.
        created_at: Instant = it.created_at.into(),
        /// When it last changed there.
        updated_at: Instant = it.updated_at.into(),
    }
}

fn category_source(row: &finance_core::Transaction) -> Option<Text> {
    let word = |word: &str| Some(Text(word.into()));
    match (&row.edits.category, &row.assigned, &row.provider.category) {
        (Some(_), ..) => word("user"),
        (None, Some(assigned), _) => word(&assigned.source),
        (None, None, Some(_)) => word("provider"),
        (None, None, None) => None,
    }
}

fn confidence(row: &finance_core::Transaction) -> Option<u8> {
    if row.edits.category.is_some() { None } else { row.assigned.as_ref()?.confidence }
}

record! {
    /// What a statement of the bank says an account held.
    Statement from finance_core::Statement as it {
        /// The account.
        account: i64 = it.account.number(),
        /// The day at whose end it held.
        date: Day = Day(it.date),
        /// The balance; negative when money is owed.
        balance: Amount = Amount(it.balance),
        /// When somebody wrote it down.
        written_at: Instant = it.written_at.into(),
    }
}

record! {
    /// Two rows that may be one transaction.
    DuplicatePair from finance_core::DuplicatePair as it {
        /// The row to keep.
        keep: i64 = it.keep.number(),
        /// The row to drop.
        drop: i64 = it.drop.number(),
        /// How alike they are, 0 to 100.
        score: u8 = it.score,
        /// Why.
        reasons: Many<super::Reason> = Many(it.reasons.iter().map(super::Reason::of).collect()),
    }
}
