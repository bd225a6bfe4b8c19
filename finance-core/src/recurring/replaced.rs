//! Pending rows whose posted row is there too.

use std::collections::BTreeSet;

use crate::LedgerRow;

/// The places of the pending rows that a posted row of the same account names as the one it replaces: they are the same payment.
pub(crate) fn replaced_pendings(rows: &[LedgerRow]) -> BTreeSet<usize> {
    let posted = rows.iter().filter(|row| row.counts() && !row.pending);
    let named: BTreeSet<_> =
        posted.filter_map(|row| Some((row.account, row.pending_of.as_deref()?))).collect();
    let is_named = |row: &LedgerRow| {
        row.pending && row.imported_id.as_deref().is_some_and(|id| named.contains(&(row.account, id)))
    };
    (0..rows.len()).filter(|place| is_named(&rows[*place])).collect()
}
