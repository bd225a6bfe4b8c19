//! The records that operations return, by topic.

mod books;
mod categories;
mod provider;
mod provider_connections;
mod provider_webhooks;
mod syncs;

pub(crate) use books::*;
pub(crate) use categories::*;
pub(crate) use provider::*;
pub(crate) use provider_connections::*;
pub(crate) use provider_webhooks::*;
pub(crate) use syncs::*;
