//! MemoryStore under the suite that every store passes.

use std::sync::Arc;

use async_trait::async_trait;
use finance_core::conformance::StoreFixture;
use finance_core::{MemoryStore, Store};

struct InMemory(Arc<MemoryStore>);

#[async_trait]
impl StoreFixture for InMemory {
    async fn create() -> Self {
        Self(Arc::new(MemoryStore::new()))
    }

    fn store(&self) -> Arc<dyn Store> {
        self.0.clone()
    }

    async fn reopen(&mut self) {}
}

finance_core::store_conformance_tests!(InMemory);

#[tokio::test]
async fn debug_shows_no_secret_and_no_user() {
    let fixture = InMemory::create().await;
    finance_core::conformance::Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let shown = format!("{:?}", fixture.0);
    assert_eq!(shown, "MemoryStore { connections: 1, accounts: 1, transactions: 0 }");
}
