use std::sync::Arc;

use async_trait::async_trait;
use finance_core::Store;
use finance_core::conformance::StoreFixture;
use finance_store::{PostgresStore, SqliteStore};
use postgres_server::Database;

use crate::fixture::{Place, connect_to, database};

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

mod sqlite {
    use super::InAFile;

    finance_core::store_conformance_tests!(InAFile);
}

struct OnAServer {
    database: Database,
    store: Arc<PostgresStore>,
}

#[async_trait]
impl StoreFixture for OnAServer {
    async fn create() -> Self {
        let database = database().await;
        let store = connect_to(&database).await;
        Self { database, store }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = connect_to(&self.database).await;
    }
}

mod postgres {
    use super::OnAServer;

    finance_core::store_conformance_tests!(OnAServer);
}
