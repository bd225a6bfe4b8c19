//! What is proposed and noted, in sentences for people.

use std::fmt;

use super::{AnchorSource, ComparisonNote, ProposedChange};

/// `1 transaction`, `2 transactions`.
fn transactions<T>(rows: &[T]) -> String {
    let s = if rows.len() == 1 { "" } else { "s" };
    format!("{} transaction{s}", rows.len())
}

impl fmt::Display for AnchorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpeningDerived => "the opening balance",
            Self::Provider => "the bank",
            Self::File => "the bank's file",
            Self::Statement => "your statement",
        })
    }
}

impl fmt::Display for ProposedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InsertRow { date, amount, .. } => write!(f, "Add a transaction of {amount} on {date}."),
            Self::RestoreRows { rows } => write!(f, "Restore {} that you deleted.", transactions(rows)),
            Self::RemoveRows { rows } => write!(f, "Delete {}.", transactions(rows)),
            Self::ChangeAmount { to, .. } => write!(f, "Change the amount of a transaction to {to}."),
            Self::MoveRow { to, .. } => write!(f, "Move a transaction to {to}."),
            Self::CountPending { rows } => write!(f, "Count {} now, although pending.", transactions(rows)),
            Self::LeavePendingOut { rows } => {
                write!(f, "Do not count {} while pending.", transactions(rows))
            }
            Self::AdjustAnchor { date, to } => write!(f, "Set the balance of {date} to {to}."),
            Self::WaitForBank { date } => {
                write!(f, "Wait for the bank: its balance of {date} may not be up to date.")
            }
            Self::Nothing => f.write_str("Change nothing."),
        }
    }
}

impl fmt::Display for ComparisonNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKnownBalance => f.write_str("No balance is known, so nothing can be compared."),
            Self::OneKnownBalance { date } => {
                write!(f, "Only the balance of {date} is known; a second one is needed to compare.")
            }
            Self::BalanceUnknown { date } => write!(f, "The balance of {date} was not told."),
            Self::BalanceReplaced { date, left_out, believed, agrees: true } => {
                write!(f, "Both {left_out} and {believed} tell the same balance of {date}.")
            }
            Self::BalanceReplaced { date, left_out, believed, agrees: false } => {
                write!(f, "The balance of {date} is the one of {believed}; {left_out} tells another one.")
            }
            Self::OtherCurrency { transactions: rows } => {
                let verb = if rows.len() == 1 { "is" } else { "are" };
                write!(f, "{} in another currency {verb} not counted.", transactions(rows))
            }
            Self::TooLarge => f.write_str("The amounts are too large to be added exactly."),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{TransactionId, parse_amount};
    use crate::{AnchorSource, ComparisonNote, ProposedChange};

    #[test]
    fn what_is_proposed_and_noted_is_said() {
        let date = "2026-01-31".parse().unwrap();
        let (one, two) = (vec![TransactionId::new(1)], vec![TransactionId::new(1), TransactionId::new(2)]);
        let amount = parse_amount("-4.50").unwrap();
        let replaced = |agrees| ComparisonNote::BalanceReplaced {
            date,
            left_out: AnchorSource::Provider,
            believed: AnchorSource::Statement,
            agrees,
        };
        for (said, expected) in [
            (
                ProposedChange::InsertRow { date, amount, like: None }.to_string(),
                "Add a transaction of -4.50 on 2026-01-31.",
            ),
            (ProposedChange::RemoveRows { rows: one.clone() }.to_string(), "Delete 1 transaction."),
            (
                ProposedChange::RestoreRows { rows: two.clone() }.to_string(),
                "Restore 2 transactions that you deleted.",
            ),
            (
                ComparisonNote::OtherCurrency { transactions: one }.to_string(),
                "1 transaction in another currency is not counted.",
            ),
            (
                ComparisonNote::OtherCurrency { transactions: two }.to_string(),
                "2 transactions in another currency are not counted.",
            ),
            (
                replaced(true).to_string(),
                "Both the bank and your statement tell the same balance of 2026-01-31.",
            ),
            (
                replaced(false).to_string(),
                "The balance of 2026-01-31 is the one of your statement; the bank tells another one.",
            ),
        ] {
            assert_eq!(said, expected);
        }
    }
}
