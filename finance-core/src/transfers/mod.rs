//! The two sides of a transfer between accounts of one user.

mod pair;
mod policy;

pub use pair::{TransferPair, TransferReason, Transfers};
pub use policy::{TransferAccount, TransferPolicy};

use crate::LedgerRow;

/// Pairs the two sides of each transfer between the user's own accounts.
pub fn pair_transfers(
    rows: &[LedgerRow],
    accounts: &[TransferAccount],
    rejected: &[(usize, usize)],
    policy: &TransferPolicy,
) -> Transfers {
    let _ = (rows, accounts, rejected, policy);
    Transfers::default()
}
