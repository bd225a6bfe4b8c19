//! Days on which something is due: numbered slots, each with its calendar day.

use chrono::{Datelike, NaiveDate, Weekday};

use super::RecurringPeriod;

/// The days of a period from a known phase on. Slots of a period are [`Grid::step`] apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    /// Every so many days; `phase` is the day number of slot 0.
    Days { days: i32, phase: i32 },
    /// A day of the month, 31 being the last; each month is a slot, of which every `months`-th is used.
    Months { months: i32, day: u32 },
    /// Two days of each month, each of them a slot.
    TwiceAMonth { first: u32, second: u32 },
}

impl Grid {
    /// Slots from one occurrence to the next.
    pub(super) const fn step(self) -> i32 {
        match self {
            Self::Months { months, .. } => months,
            Self::Days { .. } | Self::TwiceAMonth { .. } => 1,
        }
    }

    /// The day of a slot; `None` outside the calendar.
    pub(super) fn day_of(self, slot: i32) -> Option<NaiveDate> {
        match self {
            Self::Days { days, phase } => {
                NaiveDate::from_num_days_from_ce_opt(slot.checked_mul(days)?.checked_add(phase)?)
            }
            Self::Months { day, .. } => day_in_month(slot, day),
            Self::TwiceAMonth { first, second } => {
                day_in_month(slot.div_euclid(2), if slot.rem_euclid(2) == 0 { first } else { second })
            }
        }
    }

    /// The slot whose day is nearest, and by how many days the given one is later; negative is earlier. A day next to a weekend
    /// on which the slot falls is not off at all.
    pub(super) fn nearest(self, date: NaiveDate) -> (i32, i32) {
        let about = match self {
            Self::Days { days, phase } => {
                let since = date.num_days_from_ce().saturating_sub(phase);
                let slot = since.saturating_add(days / 2).div_euclid(days);
                return (slot, since - slot * days);
            }
            Self::Months { .. } => month_of(date),
            Self::TwiceAMonth { .. } => month_of(date) * 2,
        };
        let off = |slot: i32| self.day_of(slot).map(|due| (slot, days_off(due, date)));
        (about - 1..=about + 2).filter_map(off).min_by_key(|(_, off)| off.abs()).unwrap_or((about, i32::MAX))
    }

    /// The last slot whose day is not after the given one.
    pub(super) fn last_until(self, date: NaiveDate) -> i32 {
        let (slot, _) = self.nearest(date);
        let until = |slot: &i32| self.day_of(*slot).is_some_and(|due| due <= date);
        (slot - 1..=slot + 1).rev().find(until).unwrap_or(slot - 1)
    }
}

/// Months since the year 0.
fn month_of(date: NaiveDate) -> i32 {
    date.year() * 12 + date.month0().cast_signed()
}

/// The given day of a month, or its last one if it has no such day.
fn day_in_month(month: i32, day: u32) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12).cast_unsigned() + 1, 1)?;
    first.with_day(day.min(u32::from(first.num_days_in_month())))
}

/// Days from the day due to the actual one, 0 when only a weekend lies between.
fn days_off(due: NaiveDate, actual: NaiveDate) -> i32 {
    let off = actual.num_days_from_ce() - due.num_days_from_ce();
    match (due.weekday(), off) {
        (Weekday::Sat, -1 | 2) | (Weekday::Sun, -2 | 1) => 0,
        _ => off,
    }
}

/// Whether the day is the last of its month.
pub(super) fn ends_month(date: NaiveDate) -> bool {
    date.day() == u32::from(date.num_days_in_month())
}

impl RecurringPeriod {
    /// Days from one occurrence to the next, about.
    pub(super) const fn days(self) -> i32 {
        match self {
            Self::Weekly => 7,
            Self::Biweekly => 14,
            Self::SemiMonthly => 15,
            Self::FourWeekly => 28,
            Self::Monthly => 30,
            Self::EveryTwoMonths => 61,
            Self::Quarterly => 91,
            Self::HalfYearly => 182,
            Self::Yearly => 365,
        }
    }

    /// Months from one occurrence to the next, where it goes by months.
    pub(super) const fn months(self) -> Option<i32> {
        match self {
            Self::Monthly => Some(1),
            Self::EveryTwoMonths => Some(2),
            Self::Quarterly => Some(3),
            Self::HalfYearly => Some(6),
            Self::Yearly => Some(12),
            Self::Weekly | Self::Biweekly | Self::SemiMonthly | Self::FourWeekly => None,
        }
    }

    /// By how many days an occurrence may be off its day and still be it.
    pub(super) const fn days_off_max(self) -> i32 {
        match self {
            Self::Weekly => 1,
            Self::Biweekly | Self::FourWeekly => 2,
            Self::SemiMonthly => 3,
            Self::Monthly => 4,
            Self::EveryTwoMonths => 5,
            Self::Quarterly => 6,
            Self::HalfYearly => 8,
            Self::Yearly => 10,
        }
    }
}
