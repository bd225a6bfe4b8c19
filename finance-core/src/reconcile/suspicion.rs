//! A possible reason of a difference, weighed but not yet compared with the others.

use chrono::NaiveDate;

use super::bits::{BIT, Weight, log2, share};
use super::habits::Habits;
use super::ledger::{Entry, Ledger};
use super::periods::Period;
use super::{Agreement, Anchor, Correction, ExplanationKind, ReconcilePolicy};

/// A possible reason of the difference in one period, or a part of it.
#[derive(Debug, Clone)]
pub(super) struct Suspicion {
    pub(super) kind: ExplanationKind,
    /// Rows by their place in the input.
    pub(super) rows: Vec<usize>,
    /// What the correction adds to the books in the period.
    pub(super) effect: i128,
    /// How much better than chance it explains what is seen; a fault in any one row of the period as likely as in any other.
    pub(super) weight: Weight,
    pub(super) date: Option<NaiveDate>,
    pub(super) reason: String,
    pub(super) correction: Correction,
}

/// All that suspicions about one account are drawn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) ledger: &'a Ledger<'a>,
    pub(super) habits: &'a Habits,
    pub(super) policy: &'a ReconcilePolicy,
    pub(super) anchors: &'a [Anchor],
    pub(super) periods: &'a [Period],
    pub(super) noise: Noise,
}

/// How much the bank's balances wander without any row's fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    quiet: u32,
    drifting: u32,
    /// The smallest step in which amounts differ.
    step: i128,
    /// What a bank rounds away at once.
    drift: i128,
    /// Whether this bank is seen to round.
    rounds: bool,
    /// What the application takes for no difference.
    tolerance: i128,
}

/// Rows from which the roundness of all amounts tells that the bank rounds.
const ROUND_ROWS_LEAST: u32 = 20;

impl Noise {
    pub(super) fn new(periods: &[Period], habits: &Habits, drift: i128, tolerance: i128) -> Self {
        let count = |agreement: Agreement| {
            let periods = periods.iter().filter(|period| period.agreement == agreement).count();
            u32::try_from(periods).unwrap_or(u32::MAX / 2)
        };
        let step = 10_i128.pow(habits.usual_zeros());
        let steps = |units: i128| drift > 0 && units % drift == 0;
        // Either the balances drift, or the rows show that nothing finer is booked.
        let drifts = |period: &Period| period.agreement == Agreement::Drifts && steps(period.difference);
        let rounds = periods.iter().any(drifts) || habits.rows() >= ROUND_ROWS_LEAST && steps(step);
        Self {
            quiet: count(Agreement::Agrees),
            drifting: count(Agreement::Drifts),
            step,
            drift,
            rounds,
            tolerance,
        }
    }

    /// Whether rounding, as far as this bank is seen to round, or the tolerance may leave this much.
    fn may_leave(&self, rest: i128) -> bool {
        rest.unsigned_abs() <= self.tolerance.unsigned_abs()
            || self.rounds && rest.checked_rem(self.drift) == Some(0)
    }

    /// Whether two roundings make up for this much.
    pub(super) fn is_near(&self, rest: i128) -> bool {
        rest.unsigned_abs() <= self.drift.saturating_mul(2).unsigned_abs()
    }

    /// Whether an amount is as round as nearly all of the account's are.
    pub(super) fn is_usual(&self, units: i128) -> bool {
        units % self.step == 0
    }

    /// How likely it is that rounding leaves this much between a fault and the difference it makes; `None` where a fault must
    /// make the difference exactly.
    pub(super) fn of(&self, rest: i128, slack: i128) -> Option<Weight> {
        if rest.unsigned_abs() > slack.unsigned_abs() || !self.may_leave(rest) {
            return None;
        }
        // Before anything is seen, one month in four is thought to drift; a longer time more likely than not.
        let months = (slack / self.drift.max(1) - 2).clamp(0, 12).pow(2).unsigned_abs();
        let all = u128::from(4 * (self.quiet + self.drifting) + 4) + months;
        if rest == 0 {
            return Some(share(u128::from(4 * self.quiet + 3), all));
        }
        let values = (slack.saturating_mul(2) / self.step).max(1).unsigned_abs();
        // Roundings seldom add up one way.
        let many =
            i32::try_from(rest.abs() / self.drift.saturating_mul(2).max(1)).unwrap_or(i32::MAX).min(4) * BIT;
        let odd = if self.is_usual(rest) { 0 } else { 4 * BIT };
        Some(share(u128::from(4 * self.drifting + 1) + months, all) - log2(values) - many - odd)
    }
}

/// What is wrong with one row of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Sign,
    Digits,
    /// The right amount is this many times as large, or the reverse.
    Times(i128),
    Divided(i128),
}

/// A row with another amount.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edit {
    pub(super) entry: Entry,
    pub(super) flaw: Flaw,
    pub(super) to: i128,
}

impl Edit {
    pub(super) fn effect(&self) -> i128 {
        self.to.saturating_sub(self.entry.units)
    }

    /// How much likelier the books are when the row has the other amount.
    pub(super) fn weight(&self, habits: &Habits) -> Weight {
        let class = habits.class(&self.entry);
        let gain = habits.likelihood(class, self.to, Some(&self.entry))
            - habits.likelihood(class, self.entry.units, Some(&self.entry));
        // A wrong sign can happen in one way, digits can change places in several.
        let ways = match self.flaw {
            Flaw::Sign => 0,
            // Nobody types a number that begins with a zero.
            Flaw::Digits if digits(self.to) != digits(self.entry.units) => 6 * BIT,
            Flaw::Digits => 2 * BIT,
            Flaw::Times(10) | Flaw::Divided(10) => BIT,
            Flaw::Times(_) | Flaw::Divided(_) => 2 * BIT,
        };
        gain - ways
    }

    pub(super) fn suspicion(&self, case: &Case<'_>, noise: Weight) -> Option<Suspicion> {
        let class = case.habits.class(&self.entry);
        let (now, to) = (case.ledger.amount(self.entry.units)?, case.ledger.amount(self.to)?);
        let (kind, what) = match self.flaw {
            Flaw::Sign => (ExplanationKind::WrongSign, format!("{now} should be {to}")),
            Flaw::Digits => (
                ExplanationKind::SwappedDigits,
                format!("two digits of {now} changed places, it should be {to}"),
            ),
            Flaw::Times(by) => (
                ExplanationKind::DroppedDecimals,
                format!("{now} is {by} times too small, it should be {to}"),
            ),
            Flaw::Divided(by) => (
                ExplanationKind::DroppedDecimals,
                format!("{now} is {by} times too large, it should be {to}"),
            ),
        };
        let habit = match case.habits.times(class, self.to) {
            0 => String::new(),
            1 => "; another such row has that amount".to_owned(),
            times => format!("; {times} other such rows have that amount"),
        };
        Some(Suspicion {
            kind,
            rows: vec![self.entry.row],
            effect: self.effect(),
            weight: self.weight(case.habits).saturating_add(noise),
            date: Some(self.entry.date),
            reason: format!("In the row of {} {what}{habit}.", self.entry.date),
            correction: Correction::ChangeAmount { row: self.entry.row, to },
        })
    }
}

fn digits(units: i128) -> Option<u32> {
    units.unsigned_abs().checked_ilog10()
}

/// Every single change of this row's amount that people and programs make by mistake.
pub(super) fn edits(entry: Entry) -> impl Iterator<Item = Edit> {
    let edit = move |flaw, to| Edit { entry, flaw, to };
    let sign = (entry.units != 0).then(|| edit(Flaw::Sign, -entry.units));
    let scaled = [10_i128, 100].into_iter().flat_map(move |by| {
        let more = entry.units.checked_mul(by).map(|to| edit(Flaw::Times(by), to));
        let less = (entry.units % by == 0).then(|| edit(Flaw::Divided(by), entry.units / by));
        [more, less].into_iter().flatten().filter(move |_| entry.units != 0)
    });
    sign.into_iter().chain(scaled).chain(swaps(entry.units).map(move |to| edit(Flaw::Digits, to)))
}

/// The amounts that result when two neighbouring digits change places, a leading zero included.
fn swaps(units: i128) -> impl Iterator<Item = i128> {
    let mut rest = units.unsigned_abs();
    let mut place = 9_i128;
    let sign = units.signum();
    std::iter::from_fn(move || {
        while rest != 0 {
            let (low, high) = (rest % 10, rest / 10 % 10);
            let step = place;
            rest /= 10;
            place = place.checked_mul(10)?;
            if low != high {
                let change = (low.cast_signed() - high.cast_signed()).checked_mul(step)?;
                return units.checked_add(sign * change);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_digits_change_places() {
        for (units, expected) in [
            (0, vec![]),
            (7, vec![70]),
            (12, vec![21, 102]),
            (1_460, vec![1_406, 1_640, 4_160, 10_460]),
            (-340_100, vec![-340_010, -341_000, -304_100, -430_100, -3_040_100]),
            (330, vec![303, 3_030]),
        ] {
            assert_eq!(swaps(units).collect::<Vec<_>>(), expected, "{units}");
        }
        assert!(swaps(i128::MAX / 4).count() > 20);
    }
}
