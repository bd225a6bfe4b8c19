//! The records that operations return, by topic.

mod books;
pub(crate) use books::*;
