use std::sync::Arc;

use async_trait::async_trait;
use finance_core::Store;
use finance_core::conformance::StoreFixture;
use finance_store::SqliteStore;

use crate::fixture::Place;

struct InAFile {
    place: Place,
    store: Arc<SqliteStore>,
}

#[async_trait]
impl StoreFixture for InAFile {
    async fn create() -> Self {
        let place = Place::new();
        let store = place.open().await;
        Self { place, store }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn reopen(&mut self) {
        self.store.close().await.unwrap();
        self.store = self.place.open().await;
    }
}

finance_core::store_conformance_tests!(InAFile);
