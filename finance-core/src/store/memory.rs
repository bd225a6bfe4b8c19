//! A store in memory, for tests and for trying things out.

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore;
