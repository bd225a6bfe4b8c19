//! Events.

use pyo3::prelude::*;

use super::operations;
use crate::values::User;

operations! {
    /// The number of the user's newest event; 0 before the first.
    #[pyo3(signature = (user))]
    fn last_event(engine, user: User) -> u64 {
        Ok(engine.last_event(&user.0).await?)
    }

    /// Drops events that need not be kept any longer, of all users, and says how many.
    #[pyo3(signature = ())]
    fn prune_events(engine) -> u64 {
        Ok(engine.prune_events().await?)
    }
}
