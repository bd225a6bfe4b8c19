//! Telling what is the same from what merely looks alike.

mod account;
mod by_id;
mod connection;
mod copies;
mod dating;
mod decision;
mod drift;
mod likeness;
mod matching;
mod merge;
mod pair;
mod policy;
mod suggest;
mod work;

pub use account::{
    AccountCandidate, AccountIdentity, AccountMatch, AccountMatches, AccountReason, AccountVerdict,
    match_relinked_accounts,
};
pub use connection::{DuplicateConnection, LinkedAccount, find_duplicate_connection};
pub use decision::{Decision, DedupAction, DedupReason, Deduplication, Suggestion};
pub use merge::{
    AccountAnswer, InvalidAnswer, MergeAnswers, MergePlan, MergeSide, PlannedAccount, PlannedCandidate,
    PlannedRow, RowAnswer, plan_connection_merge,
};
pub use policy::{DedupPolicy, InBatchDedup};

use crate::LedgerRow;
use matching::Rivals;
use pair::Pair;
use work::{Nearby, Work};

/// Decides what each incoming row is: new, a stored row again, the posted version of a pending row, a copy of another
/// incoming row, or nothing to keep.
///
/// `stored` are the rows of the accounts concerned, of as wide a time as is at hand: at least `pending_window_days_back`
/// around the batch for amounts and texts, and all of them where identifiers matter. Rows of other accounts do no harm.
///
/// In this order:
/// 1. incoming rows that repeat another incoming row,
/// 2. rows with the identifier of a stored row,
/// 3. posted rows that name their pending row,
/// 4. rows with the account, currency and amount of a stored row, near in time and alike in text: one to one over the whole
///    batch, the best pair first, so that no row takes another one's match. Two rows with different identifiers of one live
///    connection are two transactions, however alike, unless one is the pending version of the other.
///
/// What is left is inserted. Pairs that are not sure enough are suggested and nothing is done about them.
///
/// The answer does not depend on the order of either slice, except where one identifier comes in several versions: there the
/// last one holds. The cost grows with the number of stored rows and, but for a logarithm, of incoming rows.
///
/// ```
/// use finance_core::{AccountId, DedupAction, DedupPolicy, LedgerRow, deduplicate, parse_amount};
///
/// let account = AccountId::new(1);
/// let coffee = |day: &str, text: &str| -> Result<LedgerRow, Box<dyn std::error::Error>> {
///     let row = LedgerRow::new(account, day.parse()?, parse_amount("-4.50")?);
///     Ok(LedgerRow { description: Some(text.into()), ..row })
/// };
/// let bank = LedgerRow {
///     imported_id: Some("t1".into()),
///     provider: Some("plaid".into()),
///     ..coffee("2026-03-02", "SQ *BLUE BOTTLE 0042")?
/// };
/// let by_hand = [coffee("2026-03-01", "Blue Bottle")?, coffee("2026-03-01", "Tartine")?];
///
/// let answer = deduplicate(&[bank], &by_hand, &DedupPolicy::default());
/// assert_eq!(answer.decisions[0].action, DedupAction::Match);
/// assert_eq!(answer.decisions[0].stored, Some(0));
/// assert_eq!(answer.decisions[1].action, DedupAction::Insert);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn deduplicate(stored: &[LedgerRow], incoming: &[LedgerRow], policy: &DedupPolicy) -> Deduplication {
    let mut work = Work::new(stored, incoming, policy);
    let nearby = Nearby::of(&work);
    copies::decide(&mut work);
    let reused = by_id::decide(&mut work, &nearby);
    let pairs = matching::decide(&mut work, &nearby);
    let suggestions = suggest::suggest(&mut work, &nearby, &pairs);
    let rivals = Rivals::of(&pairs);
    for place in work.undecided() {
        let new = insert(&work, rivals.best_of(place, &pairs), reused.contains(&place));
        work.decide(place, new);
    }
    let decisions = work.into_decisions();
    Deduplication { decisions, suggestions }
}

/// A new transaction, as sure as the best pair that was turned down is unlikely. What looks like a stored row that another
/// incoming row is, is one more.
fn insert(work: &Work<'_>, best: Option<&Pair>, id_reused: bool) -> Decision {
    let mut reasons = Vec::new();
    if id_reused {
        reasons.push(DedupReason::IdReused);
    }
    let doubt = match best {
        Some(pair) if work.is_taken(pair.stored) => {
            reasons.push(DedupReason::OneMore);
            10
        }
        Some(pair) => {
            reasons.extend(pair.reasons());
            pair.score.min(90)
        }
        None => {
            reasons.push(DedupReason::NothingAlike);
            0
        }
    };
    Decision { action: DedupAction::Insert, stored: None, of: None, score: 100 - doubt, reasons }
}
