//! From weights to confidences.

use super::bits::{BIT, Weight, millionths};
use super::suspicion::Suspicion;

/// What may have happened: one suspicion, or several at once.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) parts: Vec<usize>,
    pub(super) weight: Weight,
}

/// That none of the stories is true.
const NONE_OF_THESE: Weight = -30 * BIT;

/// How likely each suspicion is, in whole points: the share of the stories it occurs in. The last is that none is true.
pub(super) fn confidences(suspicions: &[Suspicion], stories: &[Story]) -> (Vec<u8>, u8) {
    let best = stories.iter().map(|story| story.weight).fold(NONE_OF_THESE, Weight::max);
    let mut parts = vec![0_u64; suspicions.len()];
    let none = millionths(NONE_OF_THESE.saturating_sub(best));
    let mut total = none;
    for story in stories {
        let likely = millionths(story.weight.saturating_sub(best));
        total += likely;
        for &part in &story.parts {
            parts[part] += likely;
        }
    }
    let points = |part: u64| u8::try_from(part * 100 / total.max(1)).unwrap_or(100);
    (parts.into_iter().map(points).collect(), points(none))
}
