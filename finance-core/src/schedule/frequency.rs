//! How often a connection is brought up to date, and the stable names of that.

use std::fmt;
use std::str::FromStr;

/// How often a connection is brought up to date.
///
/// Printed, it is a stable name that reads back: `manual`, `hourly`, `every_6_hours`, `daily`, `weekly`, `on_webhook` (with a
/// poll a day as backstop), `on_webhook_or_every_12_hours`.
///
/// ```
/// use finance_core::{PollHours, SyncFrequency};
///
/// let frequency: SyncFrequency = "every_6_hours".parse()?;
/// assert_eq!(frequency, SyncFrequency::EveryHours(PollHours::new(6)?));
/// assert_eq!(frequency.to_string(), "every_6_hours");
/// assert_eq!(
///     "every_0_hours".parse::<SyncFrequency>().unwrap_err().to_string(),
///     "0 hours is no sync frequency: give 1 to 720",
/// );
/// # Ok::<(), finance_core::FrequencyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SyncFrequency {
    /// Only when somebody asks.
    Manual,
    /// Once an hour.
    Hourly,
    /// Once in so many hours.
    EveryHours(PollHours),
    /// Once a day, at about the same time of day.
    Daily,
    /// Once a week, on the same day at about the same time.
    Weekly,
    /// When the provider tells of news, and so many hours after the last attempt if it does not: webhooks get lost.
    OnWebhook(PollHours),
}

/// A number of hours between two polls: 1 to 720, which is 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PollHours(u16);

impl PollHours {
    /// A poll a day.
    pub const DAY: Self = Self(24);
    /// The longest: 30 days.
    pub const MAX: Self = Self(720);

    /// Wraps a number of hours.
    ///
    /// # Errors
    /// [`FrequencyError::Hours`] when it is 0 or more than [`PollHours::MAX`].
    pub fn new(hours: u16) -> Result<Self, FrequencyError> {
        if (1..=Self::MAX.0).contains(&hours) {
            Ok(Self(hours))
        } else {
            Err(FrequencyError::Hours(hours.to_string()))
        }
    }

    /// The number of hours.
    pub const fn hours(self) -> u16 {
        self.0
    }
}

/// A text or number that names no sync frequency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrequencyError {
    /// The hours are 0 or too many.
    #[error("{0} hours is no sync frequency: give 1 to {max}", max = PollHours::MAX.0)]
    Hours(String),
    /// The text is none of the names.
    #[error(
        "{0:?} is no sync frequency: write manual, hourly, every_6_hours, daily, weekly, on_webhook or \
         on_webhook_or_every_12_hours"
    )]
    Name(String),
}

impl SyncFrequency {
    /// What suits most banks: a poll every 6 hours, as Plaid itself looks at a bank one to four times a day.
    pub const DEFAULT: Self = Self::EveryHours(PollHours(6));

    /// The time between two polls in seconds; for [`SyncFrequency::OnWebhook`] that of the backstop, `None` when nothing polls.
    pub const fn period_seconds(self) -> Option<u32> {
        let hours = match self {
            Self::Manual => return None,
            Self::Hourly => 1,
            Self::EveryHours(hours) | Self::OnWebhook(hours) => hours.0,
            Self::Daily => 24,
            Self::Weekly => 7 * 24,
        };
        Some(hours as u32 * 3600)
    }
}

impl fmt::Display for SyncFrequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manual => f.write_str("manual"),
            Self::Hourly => f.write_str("hourly"),
            Self::EveryHours(PollHours(hours)) => write!(f, "every_{hours}_hours"),
            Self::Daily => f.write_str("daily"),
            Self::Weekly => f.write_str("weekly"),
            Self::OnWebhook(PollHours::DAY) => f.write_str("on_webhook"),
            Self::OnWebhook(PollHours(hours)) => write!(f, "on_webhook_or_every_{hours}_hours"),
        }
    }
}

impl FromStr for SyncFrequency {
    type Err = FrequencyError;

    /// Reads exactly what printing a frequency gives.
    fn from_str(text: &str) -> Result<Self, FrequencyError> {
        let unknown = || FrequencyError::Name(text.chars().take(40).collect());
        let read = match text {
            "manual" => Self::Manual,
            "hourly" => Self::Hourly,
            "daily" => Self::Daily,
            "weekly" => Self::Weekly,
            "on_webhook" => Self::OnWebhook(PollHours::DAY),
            _ => {
                let (rest, backstop) = match text.strip_prefix("on_webhook_or_") {
                    Some(rest) => (rest, true),
                    None => (text, false),
                };
                let digits = rest.strip_prefix("every_").and_then(|rest| rest.strip_suffix("_hours"));
                let digits = digits.ok_or_else(unknown)?;
                let hours = poll_hours(digits).ok_or_else(unknown)??;
                if backstop { Self::OnWebhook(hours) } else { Self::EveryHours(hours) }
            }
        };
        Ok(read)
    }
}

/// `None` when the text is no number in its shortest form.
fn poll_hours(digits: &str) -> Option<Result<PollHours, FrequencyError>> {
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = digits == "0" || !digits.starts_with('0');
    (number && shortest).then(|| match digits.parse() {
        Ok(hours) => PollHours::new(hours),
        Err(_) => Err(FrequencyError::Hours(digits.chars().take(40).collect())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let hours = |hours| PollHours::new(hours).unwrap();
        for (frequency, name) in [
            (SyncFrequency::Manual, "manual"),
            (SyncFrequency::Hourly, "hourly"),
            (SyncFrequency::EveryHours(hours(1)), "every_1_hours"),
            (SyncFrequency::EveryHours(hours(720)), "every_720_hours"),
            (SyncFrequency::Daily, "daily"),
            (SyncFrequency::Weekly, "weekly"),
            (SyncFrequency::OnWebhook(PollHours::DAY), "on_webhook"),
            (SyncFrequency::OnWebhook(hours(12)), "on_webhook_or_every_12_hours"),
        ] {
            assert_eq!(frequency.to_string(), name);
            assert_eq!(name.parse(), Ok(frequency));
        }
        // Two spellings of one frequency are read, one is printed.
        assert_eq!("on_webhook_or_every_24_hours".parse(), Ok(SyncFrequency::OnWebhook(PollHours::DAY)));
    }

    #[test]
    fn bad_names_and_hours_are_told_apart() {
        for text in ["every_0_hours", "every_721_hours", "every_99999_hours", "on_webhook_or_every_0_hours"] {
            assert!(matches!(text.parse::<SyncFrequency>(), Err(FrequencyError::Hours(_))), "{text}");
        }
        for text in [
            "",
            "Daily",
            " daily",
            "every_hours",
            "every__hours",
            "every_+6_hours",
            "every_06_hours",
            "every_six_hours",
        ] {
            assert!(matches!(text.parse::<SyncFrequency>(), Err(FrequencyError::Name(_))), "{text}");
        }
        let long = "x".repeat(10_000).parse::<SyncFrequency>().unwrap_err();
        assert!(long.to_string().len() < 200);
    }
}
