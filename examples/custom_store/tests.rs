//! The suite that every store passes.

use std::sync::Arc;

use async_trait::async_trait;
use finance_core::conformance::StoreFixture;
use finance_core::{MemoryStore, Store};

use crate::store::MeteredStore;

finance_core::store_conformance_tests!(InMemory);

struct InMemory(MeteredStore);

#[async_trait]
impl StoreFixture for InMemory {
    async fn create() -> Self {
        Self(MeteredStore::new(Arc::new(MemoryStore::new())))
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }

    async fn reopen(&mut self) {
        // It keeps nothing on any disk.
    }
}
