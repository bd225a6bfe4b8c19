//! Merging a bank that was linked twice, and ending connections.

use finance_core::{ProviderEnd as CoreEnd, RecordCounts};

use super::{Count, OperationError, Reason, numbers};
use crate::choices::*;
use crate::record::record;
use crate::values::{Instant, Many};

record! {
    /// An older account that a newer one may be.
    PlannedCandidate from finance_core::PlannedCandidate as it {
        /// The older account.
        old: i64 = it.old.number(),
        /// How alike they are, 0 to 100.
        score: u8 = it.score,
        /// Why.
        reasons: Many<Reason> = Many(it.reasons.iter().map(Reason::of).collect()),
    }
}

record! {
    /// A newer account, and which older one it is.
    PlannedAccount from finance_core::PlannedAccount as it {
        /// The newer account.
        new: i64 = it.new.number(),
        /// Whether it is an older one.
        verdict: AccountVerdict = it.verdict.into(),
        /// The older ones it may be, the likeliest first.
        candidates: Many<PlannedCandidate> = Many::of(it.candidates),
    }
}

record! {
    /// Two rows that are one transaction, or may be.
    PlannedRow from finance_core::PlannedRow as it {
        /// The older row.
        old: i64 = it.old.number(),
        /// The newer row.
        new: i64 = it.new.number(),
        /// How alike they are, 0 to 100.
        score: u8 = it.score,
        /// Why.
        reasons: Many<Reason> = Many(it.reasons.iter().map(Reason::of).collect()),
    }
}

record! {
    /// What a merge does. Rows and accounts keep the older identifiers.
    MergePlan from finance_core::MergePlan as it {
        /// The older connection, which ends.
        source: i64 = it.from.number(),
        /// The newer connection, which stays.
        target: i64 = it.into.number(),
        /// The newer connection's accounts.
        accounts: Many<PlannedAccount> = Many::of(it.accounts),
        /// Older accounts that the bank no longer lists.
        gone: Many<i64> = numbers!(it.gone),
        /// Rows that are one.
        matched: Many<PlannedRow> = Many::of(it.matched),
        /// Rows that only the older connection has.
        only_old: Many<i64> = numbers!(it.only_old),
        /// Rows that only the newer connection has.
        only_new: Many<i64> = numbers!(it.only_new),
        /// Rows that go.
        dropped: Many<i64> = numbers!(it.dropped),
        /// Rows that may be one, which a person decides.
        suggestions: Many<PlannedRow> = Many::of(it.suggestions),
    }
}

record! {
    /// How a connection ended at its provider.
    ProviderEnd {
        /// `ended`, `nothing_to_end` or `not_ended`.
        kind: String,
        /// The provider's identifier of one that was not ended.
        provider_id: Option<String>,
        /// Why it was not.
        error: Option<OperationError>,
    }
}

impl From<CoreEnd> for ProviderEnd {
    fn from(end: CoreEnd) -> Self {
        let (kind, provider_id, error) = match end {
            CoreEnd::NotEnded { provider_id, error } => {
                ("not_ended", Some(provider_id.as_str().to_owned()), Some(error.into()))
            }
            CoreEnd::Ended => ("ended", None, None),
            _ => ("nothing_to_end", None, None),
        };
        Self { kind: kind.to_owned(), provider_id, error }
    }
}

record! {
    /// What a merge did.
    MergeReport from finance_core::MergeReport as it {
        /// What was done.
        plan: MergePlan = it.plan.into(),
        /// How the older connection ended at its provider.
        at_provider: ProviderEnd = it.at_provider.into(),
    }
}

/// How many records there are of each kind.
pub(crate) fn record_counts(of: &RecordCounts) -> Many<Count> {
    Many(of.iter().map(|(kind, count)| Count { name: kind.name().to_owned(), count }).collect())
}

record! {
    /// What became of a connection that was removed.
    Removal from finance_core::Removal as it {
        /// The connection.
        connection: i64 = it.connection.number(),
        /// How it ended at its provider.
        at_provider: ProviderEnd = it.at_provider.into(),
        /// Records that were erased, by kind.
        erased: Many<Count> = record_counts(&it.erased),
    }
}

record! {
    /// A connection that could not be ended at its provider.
    NotEnded {
        /// The provider's identifier.
        provider_id: String,
        /// Why.
        error: OperationError,
    }
}

record! {
    /// The proof that a user was forgotten.
    ErasureReceipt from finance_core::ErasureReceipt as it {
        /// The user.
        user: String = it.user.as_str().to_owned(),
        /// When.
        at: Instant = it.at.into(),
        /// Connections that were ended at their provider.
        ended: Many<String> = Many(it.ended.iter().map(|id| id.as_str().to_owned()).collect()),
        /// Those that could not be.
        not_ended: Many<NotEnded> = Many(
            it.not_ended
                .into_iter()
                .map(|(id, error)| NotEnded { provider_id: id.as_str().to_owned(), error: error.into() })
                .collect(),
        ),
        /// Records that were erased, by kind.
        erased: Many<Count> = record_counts(&it.erased),
    }
}
