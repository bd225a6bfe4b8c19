//! Steps that look at the books first and write them then, while others write them, too.

use super::{SyncError, SyncErrorKind};
use crate::store::StoreErrorKind;

/// How often a whole sync, or the acceptance of an explanation, is tried at the most.
pub(super) const TRIES: usize = 5;

/// How often a step is taken at the most. Whoever fails was overtaken by one who did not, so this many may change the
/// same record at the same time.
const TRIES_OF_A_STEP: usize = 50;

/// Takes a step, and takes it again when somebody else wrote what it rests on in between.
pub(super) async fn again_on_conflict<T, F>(step: impl Fn() -> F) -> Result<T, SyncError>
where
    F: Future<Output = Result<T, SyncError>>,
{
    for _ in 1..TRIES_OF_A_STEP {
        match step().await {
            Err(error) if is_conflict(&error) => {}
            answer => return answer,
        }
    }
    step().await
}

/// Whether somebody else wrote the same records first.
pub(super) fn is_conflict(error: &SyncError) -> bool {
    *error.kind() == SyncErrorKind::Store(StoreErrorKind::Conflict)
}
