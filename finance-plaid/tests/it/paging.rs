//! How the pages of an update follow each other.

use std::time::Duration;

use finance_core::{BankProvider, PageRequest, ProviderErrorKind};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use wiremock::Request;

use super::*;

const FIRST: PageRequest = PageRequest { cursor: None, count: 7 };

/// Pages that lead from cursor to cursor; the last one is answered like this.
fn pages(cursors: &[&str], last: ResponseTemplate) -> Vec<(Option<String>, ResponseTemplate)> {
    let mut at = None;
    let mut pages = Vec::new();
    for cursor in cursors {
        let mut body = empty_page();
        body["has_more"] = json!(true);
        body["next_cursor"] = json!(cursor);
        pages.push((at.replace((*cursor).to_owned()), ok(body)));
    }
    pages.push((at, last));
    pages
}

/// A server of these pages, and the cursors that it was asked for.
async fn bank(
    pages: Vec<(Option<String>, ResponseTemplate)>,
) -> (MockServer, UnboundedReceiver<Option<String>>) {
    let (asked, asks) = unbounded_channel();
    let answer = move |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["count"], 7);
        let cursor = body["cursor"].as_str().map(str::to_owned);
        asked.send(cursor.clone()).unwrap();
        pages.iter().find(|page| page.0 == cursor).unwrap().1.clone()
    };
    let server = MockServer::start().await;
    Mock::given(path("/transactions/sync")).respond_with(answer).mount(&server).await;
    (server, asks)
}

async fn next_ask(asks: &mut UnboundedReceiver<Option<String>>) -> Option<String> {
    timeout(Duration::from_secs(20), asks.recv()).await.expect("a page is asked for").unwrap()
}

#[tokio::test]
async fn each_page_is_asked_for_once_and_none_before_the_first_is_awaited() {
    let (server, mut asks) = bank(pages(&["c1", "c2"], ok(empty_page()))).await;
    let (provider, token) = (provider(&server.uri()), token());
    let pages = provider.update_pages(&token, FIRST);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(asks.is_empty());

    let pages: Vec<_> = pages.try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.has_more).collect::<Vec<_>>(), [true, true, false]);
    for cursor in [None, Some("c1"), Some("c2")] {
        assert_eq!(asks.recv().await.unwrap().as_deref(), cursor);
    }
    assert!(asks.is_empty());
}

#[tokio::test]
async fn the_next_page_is_asked_for_while_one_is_read() {
    let (server, mut asks) = bank(pages(&["c1"], ok(empty_page()))).await;
    let (provider, token) = (provider(&server.uri()), token());
    let mut pages = provider.update_pages(&token, FIRST);
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(first.next_cursor.unwrap().as_str(), "c1");
    for cursor in [None, Some("c1")] {
        assert_eq!(next_ask(&mut asks).await.as_deref(), cursor);
    }
}

#[tokio::test]
async fn pages_end_with_the_first_failure() {
    let changed = failure(400, "TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION");
    let (server, _asks) = bank(pages(&["c1", "c2"], changed)).await;
    let (provider, token) = (provider(&server.uri()), token());
    let mut pages = provider.update_pages(&token, FIRST);
    for _ in 0..2 {
        assert!(pages.next().await.unwrap().is_ok());
    }
    let error = pages.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::RestartUpdate);
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn a_promise_without_a_place_to_go_on_ends_the_pages() {
    let mut body = empty_page();
    body["has_more"] = json!(true);
    body["next_cursor"] = json!("");
    let (server, mut asks) = bank(vec![(None, ok(body))]).await;
    let (provider, token) = (provider(&server.uri()), token());
    let pages: Vec<_> = provider.update_pages(&token, FIRST).try_collect().await.unwrap();
    assert_eq!((pages.len(), pages[0].has_more, asks.recv().await.unwrap()), (1, true, None));
    assert!(asks.is_empty());
}
