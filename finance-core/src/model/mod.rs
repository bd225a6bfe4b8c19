//! The nouns of the library: plain values without I/O, clock or randomness.
//!
//! Everything is owned data that can be cloned and sent between threads. Text that repeats from row to row
//! is kept as `Arc<str>`, so that an update of hundreds of thousands of rows stays compact.

mod account;
mod balance;
mod connection;
mod currency;
mod cursor;
mod edit;
mod exact_sum;
mod id;
mod institution;
mod manual;
mod money;
mod raw;
mod records;
mod run;
mod secret;
mod sign;
mod statement;
mod transaction;
mod view;
mod window;

pub use account::{Account, AccountStatus, AccountTotals, HolderCategory, ProviderAccount};
pub use balance::{BalanceEntry, BalanceSource, Balances};
pub use connection::{
    CONSENT_ENDS_SOON_DAYS, Connection, ConnectionFault, ConnectionStatus, HistoryStatus, MANUAL_PROVIDER,
    NewConnection,
};
pub use currency::{Currency, InvalidCurrency};
pub use cursor::Cursor;
pub use edit::{
    CATEGORY_CHARS_MAX, EditState, InvalidEdit, NAME_CHARS_MAX, NOTE_CHARS_MAX, PARTS_MAX, TransactionEdit,
    TransactionEdits, TransactionPart,
};
pub(crate) use edit::{check_amount, check_day, check_length};
pub use exact_sum::ExactSum;
pub use id::{
    AccountId, ConnectionId, EmptyId, InstitutionId, ProviderAccountId, ProviderConnectionId, ProviderName,
    ProviderTransactionId, ReconciliationId, TransactionId, UserId,
};
pub use institution::{Institution, InstitutionRef};
pub use manual::{
    MANUAL_ID_PREFIX, MASK_CHARS_MAX, ManualAccountUpdate, NewManualAccount, NewTransaction, StatedBalance,
};
pub(crate) use money::decimal_text;
pub use money::{AmountError, Money, MoneyError, parse_amount};
pub use raw::{InvalidRawJson, RawJson};
pub use records::{RecordCounts, RecordKind};
pub use run::{RunOutcome, SyncCounts, SyncRun};
pub use secret::{AccessToken, LinkToken, PublicToken};
pub use sign::SignConvention;
pub use statement::Statement;
pub use transaction::{
    AssignedCategory, FILE_ID_PREFIX, PROVIDER_SOURCE, PaymentChannel, ProviderCategory, ProviderTransaction,
    RowOrigin, Transaction, TransactionState, USER_SOURCE,
};
pub use view::{TransactionText, TransactionView, TransactionVisitor};
pub use window::{DateWindow, ReversedWindow};
