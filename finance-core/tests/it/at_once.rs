//! Several connections synced at once.

use std::sync::Arc;

use async_trait::async_trait;
use finance_core::conformance::samples::{account, row};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
use finance_core::*;
use tokio::sync::Barrier;

use crate::expect_kind;

/// Links one more connection to the books, with an account and a row.
async fn link_another(books: &SampleBooks, row_id: &str) -> PublicToken {
    let token = books.provider.sign_in(vec![account("a")], vec![row(row_id, "a", "-1.00")], true).await;
    let link = LinkRequest { allow_duplicate: true, ..LinkRequest::new(token.clone()) };
    books.engine.link(&books.user, link).await.unwrap();
    token
}

#[tokio::test]
async fn a_sync_that_panics_does_not_stop_the_others() {
    let books = SampleBooks::new().await;
    let broken = link_another(&books, "x").await;
    link_another(&books, "y").await;
    books.provider.panic_over(&broken);
    // Twice: it keeps nobody from its connection.
    for _ in 0..2 {
        let request = SyncRequest::new(SyncScope::All);
        let report = books.engine.sync_transactions(&books.user, &request).await.unwrap();
        let mut syncs = report.connections.into_iter();
        let [first, second, third] = [syncs.next(), syncs.next(), syncs.next()].map(Option::unwrap);
        assert!(first.error.is_none() && third.error.is_none());
        expect_kind(second.error.map_or(Ok(()), Err), &SyncErrorKind::Internal);
    }
}

/// Answers when it is asked for rows of two connections at the same time.
struct WaitsForAnother(Barrier);

#[async_trait]
impl Categorizer for WaitsForAnother {
    fn name(&self) -> &str {
        "waits"
    }

    async fn categorize(
        &self,
        batch: &[CategoryQuestion],
    ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError> {
        self.0.wait().await;
        let answer =
            AssignedCategory { category: "Model".to_owned(), confidence: None, source: "model".to_owned() };
        Ok(vec![Some(answer); batch.len()])
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_connection_is_synced_while_the_rows_of_an_earlier_one_are_categorised() {
    let options = EngineOptions { concurrent_connections: 1, ..EngineOptions::default() };
    let books = SampleBooks::with(options).await;
    let other = link_another(&books, "x").await;
    for (token, id) in [(&books.sign_in, "n1"), (&other, "n2")] {
        books.provider.change(token, BankChange::Add(row(id, "a", "-1.00"))).await;
    }
    let engine = books.engine.with_categorizer(Arc::new(WaitsForAnother(Barrier::new(2))));
    let report = engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    assert!(report.is_complete());

    let rows = engine.transactions(&books.user, &TransactionQuery::default()).await.unwrap();
    let new: Vec<_> = rows.iter().filter(|row| row.provider.id.as_str().starts_with('n')).collect();
    assert_eq!(new.len(), 2);
    for row in new {
        assert_eq!(row.category(), Some("Model"));
    }
}
