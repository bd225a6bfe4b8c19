//! Transactions that are lent: plain values, and the texts that somebody asked for.

use std::borrow::Cow;

use finance_core::{
    AccountId, ConnectionId, Currency, StoreError, TransactionId, TransactionText, TransactionView,
};

use super::transactions::{origin, state};
use super::{Cells, Row};

/// From what a text is read, in the words of both engines: `t` is the transaction, `e` its edits, `c` the provider's category,
/// `g` the assigned one. What is not told apart here is in [`read`].
const fn source(text: TransactionText) -> &'static str {
    match text {
        TransactionText::Name => "coalesce(e.name, t.merchant_name, t.description)",
        TransactionText::Description => "t.description",
        TransactionText::OriginalDescription => "t.original_description",
        TransactionText::MerchantName => "t.merchant_name",
        TransactionText::MerchantId => "t.merchant_id",
        TransactionText::Category => "coalesce(e.category, g.category, c.detailed_name)",
        TransactionText::CategorySource => {
            "CASE WHEN e.category IS NOT NULL THEN 'user' WHEN g.category IS NOT NULL THEN g.source \
             WHEN c.detailed_name IS NOT NULL THEN 'provider' END"
        }
        TransactionText::ProviderCategory => "c.detailed_name",
        TransactionText::AssignedCategory => "g.category",
        TransactionText::AssignedSource => "g.source",
        TransactionText::Channel => "t.channel",
        TransactionText::Note => "e.note",
        TransactionText::ImportedId => "t.provider_id",
        TransactionText::Code => "t.code",
        TransactionText::CheckNumber => "t.check_number",
        TransactionText::MerchantCategoryCode => "t.merchant_category_code",
    }
}

/// Stands in a statement where [`with_texts`] puts what is asked for.
macro_rules! wanted_texts {
    () => {
        "{wanted texts}"
    };
}
pub(crate) use wanted_texts;

/// The statement with these texts, each behind a comma.
pub(crate) fn with_texts(statement: &str, texts: &[TransactionText]) -> String {
    let wanted: String = texts.iter().map(|text| format!(", {}", source(*text))).collect();
    statement.replace(wanted_texts!(), &wanted)
}

/// Reads `id, account_id, connection_id, created_at, updated_at, date`, the amount, `currency, authorized_date, datetime,
/// authorized_datetime, pending, hidden, confidence, origin, state`, and the texts in their order.
pub(crate) fn read<'r>(
    row: &'r impl Row,
    texts: &[TransactionText],
) -> Result<TransactionView<'r>, StoreError> {
    let mut cells = Cells::of(row);
    let (id, account) = (TransactionId::new(cells.number()?), AccountId::new(cells.number()?));
    let connection = ConnectionId::new(cells.number()?);
    let mut view = TransactionView::new(id, account, connection, cells.instant()?, cells.instant()?);
    view.date = cells.day()?;
    view.amount = cells.amount()?;
    view.currency = shortened(cells.text()?, |key| Some(Currency::code_in_key(key))).unwrap_or_default();
    view.authorized_date = cells.optional_day()?;
    view.datetime = cells.optional_instant()?;
    view.authorized_datetime = cells.optional_instant()?;
    view.pending = cells.flag()?;
    view.hidden = cells.flag()?;
    view.confidence = cells.optional_count()?;
    view.origin = origin(cells.number()?)?;
    view.state = state(cells.number()?);
    for text in texts {
        let mut value: Option<Cow<'r, str>> = cells.optional_text()?;
        if *text == TransactionText::ImportedId {
            value = value.and_then(|id| shortened(id, |id| view.origin.imported_id(id)));
        }
        view.set_text(*text, value);
    }
    Ok(view)
}

/// A part of a text, without copying it where that can be.
fn shortened<'r>(text: Cow<'r, str>, part: impl Fn(&str) -> Option<&str>) -> Option<Cow<'r, str>> {
    match text {
        Cow::Borrowed(text) => part(text).map(Cow::Borrowed),
        Cow::Owned(text) => part(&text).map(|part| Cow::Owned(part.to_owned())),
    }
}
