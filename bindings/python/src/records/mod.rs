//! The records that operations return, by topic.

mod audit;
mod books;
mod categories;
mod connections;
mod events;
mod imports;
mod judgements;
mod links;
mod merges;
mod options;
mod overview;
mod provider;
mod provider_connections;
mod provider_webhooks;
mod reconciliations;
mod schedules;
mod syncs;

use std::fmt;

use serde::Serialize;

use crate::choices::word;
use crate::record::record;

pub(crate) use audit::*;
pub(crate) use books::*;
pub(crate) use categories::*;
pub(crate) use connections::*;
pub(crate) use events::*;
pub(crate) use imports::*;
pub(crate) use judgements::*;
pub(crate) use links::*;
pub(crate) use merges::*;
pub(crate) use options::*;
pub(crate) use overview::*;
pub(crate) use provider::*;
pub(crate) use provider_connections::*;
pub(crate) use provider_webhooks::*;
pub(crate) use reconciliations::*;
pub(crate) use schedules::*;
pub(crate) use syncs::*;

record! {
    /// One reason of a judgement.
    Reason {
        /// Its stable name, for programs.
        name: String,
        /// What it says, for people.
        text: String,
    }
}

impl Reason {
    pub(crate) fn of(reason: &(impl Serialize + fmt::Display)) -> Self {
        Self { name: word(reason), text: reason.to_string() }
    }
}

/// The stable name of a variant that is told in a field of this name.
fn tag(value: &impl Serialize, field: &str) -> String {
    let tagged = serde_json::to_value(value).unwrap_or_default();
    tagged.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// The numbers of identifiers.
macro_rules! numbers {
    ($ids:expr) => {
        $crate::values::Many($ids.iter().map(|id| id.number()).collect())
    };
}
pub(crate) use numbers;
