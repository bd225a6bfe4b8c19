//! The formats in which a user's books leave the library.

use serde::{Deserialize, Serialize};

mod csv;
mod json;

pub(crate) use csv::{BYTE_ORDER_MARK, CsvText};
pub(crate) use json::{ExportedConnection, ExportedReconciliation, JsonText};

/// A format to export books in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExportFormat {
    /// The transactions that count, one a line, for a spreadsheet.
    ///
    /// As RFC 4180 says: UTF-8, commas, `"` around what needs it, lines that end with CR LF, and a first line with the names of
    /// the columns: `Date`, `Account`, `Institution`, `Name`, `Description`, `Category`, `Amount`, `Currency`, `Note`,
    /// `Pending`, `Parts`, `Id`. Day, name, category and amount are what counts: the user's, else the source's, categories by
    /// [`category_name`](crate::category_name). Amounts are
    /// exact, with a point, without thousands marks; **positive is money into the account**. `Parts` lists what the row is
    /// split into, as `-12.00 Groceries; -3.00 Gifts`; its amount counts them already.
    ///
    /// A spreadsheet takes a text that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula, and so would do what
    /// a payee's name tells it to. Such texts get a `'` in front of them, which
    /// [`SyncEngine::import_file`](crate::SyncEngine::import_file) takes off again; amounts, days and numbers do not. U+0000 is
    /// left out of texts.
    Csv,
    /// Everything that is stored of the user, as one JSON document.
    ///
    /// An object with `format` (`"finance-books"`), `version` (1), `user`, `exported_at`, the lists `connections`, `accounts`,
    /// `category_rules`, `transactions` (in every state, newest first, with the source's values, the user's edits and parts),
    /// `balances`, `statements`, `reconciliations`, `sync_runs` (those that are kept, newest first for each connection) and `audit`, and
    /// last `changed_meanwhile`. Amounts are texts with every digit, days and instants as ISO 8601 has them, hashes hexadecimal;
    /// statuses and kinds stand under their stable names, as in `needs_sign_in`. A connection has its `sync_frequency`, `null` for
    /// what is kept by hand. Left out are access tokens and cursors, which are keys and no records of the user's; events, which
    /// only tell of what the rest shows; when the next sync is due, which is worked out; and the provider's own JSON.
    Json,
}
