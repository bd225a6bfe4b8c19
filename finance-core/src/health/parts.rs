//! Each part judged by itself.

use chrono::{DateTime, Utc};

use super::{AppliedCap, HardFault, HealthFactor, HealthInput, HealthPart, HealthPolicy, Recommendation};

/// A part before the weights are scaled.
pub(super) struct Judged {
    pub(super) factor: HealthFactor,
    /// `None` leaves the part out.
    pub(super) percent: Option<u8>,
    reason: String,
    action: Option<Recommendation>,
}

impl Judged {
    /// Points are rounded down, so that only a perfect part earns all of them.
    pub(super) fn into_part(self, weight: u8) -> HealthPart {
        let Self { factor, percent, reason, action } = self;
        let points = percent.map(|percent| {
            u8::try_from(u32::from(weight) * u32::from(percent.min(100)) / 100).unwrap_or(weight)
        });
        HealthPart { factor, weight, points, reason, action }
    }
}

pub(super) struct Findings {
    pub(super) judged: Vec<Judged>,
    pub(super) faults: Vec<AppliedCap>,
}

pub(super) fn findings(_input: &HealthInput, _policy: &HealthPolicy, _now: DateTime<Utc>) -> Findings {
    let judged = HealthFactor::ALL
        .into_iter()
        .map(|factor| Judged { factor, percent: None, reason: String::new(), action: None })
        .collect();
    let _ = HardFault::Removed;
    Findings { judged, faults: Vec::new() }
}
