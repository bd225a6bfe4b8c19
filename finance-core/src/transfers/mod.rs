//! The two sides of a transfer between accounts of one user.

mod assign;
mod evidence;
mod pair;
mod policy;
mod side;

use std::collections::BTreeSet;

pub use pair::{TransferPair, TransferReason, Transfers};
pub use policy::{TransferAccount, TransferPolicy};

use crate::LedgerRow;
use assign::Assignment;
use evidence::Accounts;

/// Pairs the two sides of each transfer between the user's own accounts.
///
/// Two rows can be a transfer when they are of different accounts of `rows` (all of them the user's own), exactly opposite in
/// amount, of one currency as far as they tell, and at most [`TransferPolicy::date_window_days`] apart. The best pair is taken
/// first: the nearest, unless texts speak for another one by words of transfer, the name or number of the other account
/// (`accounts`, which may be empty or lack some), or payment of a card or loan. No row is paired twice. Rows that do not count
/// ([`LedgerRow::counts`]), amounts of zero, and the pairs of `rejected` (places in `rows`, either way round; others are ignored)
/// are left out. Pending rows take part; posted ones go first.
///
/// Nothing is guessed: where rows of several accounts fit equally well, all of them are suggestions, and so is a pair whose two
/// texts both name somebody else. An amount that changes on the way, by a fee or another currency, is not looked for.
///
/// The answer does not depend on the order of `rows`, save that of rows which are equal in everything. It takes time as sorting
/// does.
///
/// ```
/// use chrono::NaiveDate;
/// use finance_core::{AccountId, LedgerRow, TransferPolicy, pair_transfers};
/// use rust_decimal::Decimal;
///
/// let day = |day| NaiveDate::from_ymd_opt(2026, 8, day).unwrap();
/// let rows = [
///     LedgerRow::new(AccountId::new(1), day(3), Decimal::new(-250_00, 2)),
///     LedgerRow::new(AccountId::new(1), day(3), Decimal::new(-19_90, 2)),
///     LedgerRow::new(AccountId::new(2), day(5), Decimal::new(250_00, 2)),
/// ];
///
/// let found = pair_transfers(&rows, &[], &[], &TransferPolicy::default());
/// assert_eq!((found.pairs[0].from, found.pairs[0].to), (0, 2));
///
/// // The user says that these two are something else.
/// let found = pair_transfers(&rows, &[], &[(0, 2)], &TransferPolicy::default());
/// assert!(found.pairs.is_empty() && found.suggestions.is_empty());
/// ```
pub fn pair_transfers(
    rows: &[LedgerRow],
    accounts: &[TransferAccount],
    rejected: &[(usize, usize)],
    policy: &TransferPolicy,
) -> Transfers {
    let accounts = Accounts::of(accounts);
    let rejected: BTreeSet<(usize, usize)> =
        rejected.iter().map(|(one, other)| (*one.min(other), *one.max(other))).collect();
    let mut all = Transfers::default();
    for same_amount in side::by_amount(rows, &rejected) {
        let found = Assignment::of(same_amount, &accounts, &rejected, policy);
        all.pairs.extend(found.pairs);
        all.suggestions.extend(found.suggestions);
    }
    let days = |pair: &TransferPair| (rows[pair.from].date, rows[pair.to].date);
    all.pairs.sort_by_key(days);
    all.suggestions.sort_by_key(|pair| (u8::MAX - pair.score, days(pair)));
    all
}
