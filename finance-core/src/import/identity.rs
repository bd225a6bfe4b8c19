//! Under which identifiers the rows of a file stand in the books, so that the same file again says nothing new.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::FileRow;
use crate::model::{AccountId, FILE_ID_PREFIX, ProviderTransactionId};

/// Before the identifier of a row of a file that has none of its own: made of what it says, and of how many rows before it
/// say the same.
pub const FILE_ROW_PREFIX: &str = "file-row:";

/// The identifiers that a row of a file may have in the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowIds {
    /// The one by the bank's own identifier, where it gave one.
    pub(crate) by_bank: Option<ProviderTransactionId>,
    /// The one by what the row says.
    pub(crate) by_content: ProviderTransactionId,
}

/// The identifiers of rows that go into one account, in their order. The bank's own is only good within the account.
pub(crate) fn row_ids(rows: &[FileRow], account: AccountId) -> Option<Vec<RowIds>> {
    let mut counts: HashMap<[u8; 16], usize> = HashMap::new();
    let ids = rows.iter().map(|row| {
        let content = content(row);
        let count = counts.entry(content).or_default();
        *count += 1;
        let digest = content.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let by_content = format!("{FILE_ROW_PREFIX}{account}:{digest}-{count}");
        let by_bank = row.id.as_ref().map(|id| format!("{FILE_ID_PREFIX}{account}:{id}"));
        Some(RowIds {
            by_bank: by_bank.map(ProviderTransactionId::new).transpose().ok()?,
            by_content: ProviderTransactionId::new(by_content).ok()?,
        })
    });
    ids.collect()
}

fn content(row: &FileRow) -> [u8; 16] {
    let mut hash = Sha256::new();
    let amount = row.amount.normalize().to_string();
    let date = row.date.to_string();
    let currency = row.currency.as_ref().map(|currency| currency.key()).unwrap_or_default();
    let texts = [&row.id, &row.payee, &row.details, &row.check_number].map(|text| text.as_deref());
    let parts = [Some(amount.as_str()), Some(&date), Some(&currency), Some(&row.description)];
    for part in parts.into_iter().chain(texts) {
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    let digest = hash.finalize();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}
