use std::collections::BTreeSet;

use futures::TryStreamExt;

use super::{BankChange, ProviderFixture, SignedIn};
use crate::conformance::samples::{account, row, usd};
use crate::*;

fn rows(count: usize) -> Vec<ProviderTransaction> {
    (0..count).map(|index| row(&format!("t{index:03}"), "a", "-1.00")).collect()
}

fn request(cursor: Option<&Cursor>, count: u16) -> PageRequest {
    PageRequest { cursor: cursor.cloned(), count }
}

impl SignedIn {
    /// Fetches an update whole, page by page and as the stream has it.
    async fn update(&self, start: Option<&Cursor>) -> (Vec<UpdatePage>, Cursor) {
        let mut pages = Vec::new();
        let mut cursor = start.cloned();
        loop {
            let page =
                self.provider.transactions_page(self.token(), &request(cursor.as_ref(), 4)).await.unwrap();
            let (next, has_more) = (page.next_cursor.clone(), page.has_more);
            assert!(page.rows() <= 4);
            pages.push(page);
            cursor = next;
            if !has_more {
                break;
            }
        }
        let streamed = self.provider.update_pages(self.token(), request(start, 4));
        let streamed: Vec<UpdatePage> = streamed.try_collect().await.unwrap();
        assert_eq!(format!("{streamed:?}"), format!("{pages:?}"));
        (pages, cursor.unwrap())
    }
}

fn added(pages: &[UpdatePage]) -> Vec<&ProviderTransaction> {
    pages.iter().flat_map(|page| &page.added).collect()
}

pub(super) async fn pages_tell_every_row_once(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], rows(10)).await;
    let (pages, _) = signed_in.update(None).await;
    assert_eq!(pages.len(), 3);
    let told: BTreeSet<&str> = added(&pages).iter().map(|row| &*row.description).collect();
    assert_eq!((added(&pages).len(), told.len()), (10, 10));
    let accounts = signed_in.provider.accounts(signed_in.token()).await.unwrap();
    assert!(added(&pages).iter().all(|row| row.account == accounts[0].id));
}

pub(super) async fn the_last_cursor_tells_what_happened_since(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], rows(3)).await;
    let (pages, cursor) = signed_in.update(None).await;
    let (mut changed, gone) = (added(&pages)[0].clone(), added(&pages)[1].id.clone());
    changed.amount = usd("-7.77");
    let late = ProviderTransaction { account: changed.account.clone(), ..row("late", "a", "-2.00") };
    let changes =
        [BankChange::Add(late), BankChange::Modify(changed.clone()), BankChange::Remove(gone.clone())];
    for change in changes {
        fixture.change(&signed_in.public_token, change).await;
    }

    let (news, _) = signed_in.update(Some(&cursor)).await;
    let told: Vec<&str> = added(&news).iter().map(|row| &*row.description).collect();
    assert_eq!(told, ["ROW late"]);
    let modified: Vec<_> =
        news.iter().flat_map(|page| &page.modified).map(|row| (&row.id, &row.amount)).collect();
    assert_eq!(modified, [(&changed.id, &changed.amount)]);
    let removed: Vec<_> = news.iter().flat_map(|page| &page.removed).map(|removed| &removed.id).collect();
    assert_eq!(removed, [&gone]);
}

pub(super) async fn an_update_without_news_is_empty_and_keeps_its_place(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], rows(3)).await;
    let (_, mut cursor) = signed_in.update(None).await;
    for _ in 0..3 {
        let (pages, next) = signed_in.update(Some(&cursor)).await;
        assert_eq!(pages.len(), 1);
        assert!(pages[0].added.is_empty() && pages[0].modified.is_empty() && pages[0].removed.is_empty());
        cursor = next;
    }
}

pub(super) async fn a_pending_row_posts_with_its_link(fixture: &dyn ProviderFixture) {
    let pending = ProviderTransaction { pending: true, ..row("p", "a", "-1.00") };
    let signed_in = SignedIn::new(fixture, vec![account("a")], vec![pending]).await;
    let (pages, cursor) = signed_in.update(None).await;
    let pending = added(&pages)[0].clone();
    assert!(pending.pending);

    let posted = ProviderTransaction {
        account: pending.account.clone(),
        pending_id: Some(pending.id.clone()),
        ..row("posted", "a", "-1.20")
    };
    for change in [BankChange::Add(posted), BankChange::Remove(pending.id.clone())] {
        fixture.change(&signed_in.public_token, change).await;
    }
    let (news, _) = signed_in.update(Some(&cursor)).await;
    let posted = added(&news)[0];
    assert_eq!((posted.pending, posted.pending_id.as_ref()), (false, Some(&pending.id)));
    assert_ne!(posted.id, pending.id);
    assert_eq!(
        news.iter().flat_map(|page| &page.removed).next().map(|removed| &removed.id),
        Some(&pending.id)
    );
}

pub(super) async fn a_replay_tells_what_exists_as_added(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], rows(6)).await;
    let (pages, _) = signed_in.update(None).await;
    let (mut changed, gone) = (added(&pages)[0].clone(), added(&pages)[1].id.clone());
    changed.amount = usd("-7.77");
    for change in [BankChange::Modify(changed.clone()), BankChange::Remove(gone.clone())] {
        fixture.change(&signed_in.public_token, change).await;
    }
    let (replay, _) = signed_in.update(None).await;
    assert!(replay.iter().all(|page| page.modified.is_empty() && page.removed.is_empty()));
    assert_eq!(added(&replay).len(), 5);
    assert!(added(&replay).iter().all(|row| row.id != gone));
    assert!(added(&replay).iter().any(|row| row.id == changed.id && row.amount == changed.amount));
}

pub(super) async fn a_change_while_paging_asks_to_begin_again(fixture: &dyn ProviderFixture) {
    let signed_in = SignedIn::new(fixture, vec![account("a")], rows(6)).await;
    let (provider, token) = (&signed_in.provider, signed_in.token());
    let first = provider.transactions_page(token, &request(None, 4)).await.unwrap();
    assert!(first.has_more);
    let late = ProviderTransaction { account: first.added[0].account.clone(), ..row("late", "a", "-2.00") };
    fixture.change(&signed_in.public_token, BankChange::Add(late)).await;
    let error = provider.transactions_page(token, &request(first.next_cursor.as_ref(), 4)).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::RestartUpdate);
    let (pages, _) = signed_in.update(None).await;
    assert_eq!(added(&pages).len(), 7);
}

pub(super) async fn a_cursor_of_another_connection_is_refused(fixture: &dyn ProviderFixture) {
    let one = SignedIn::new(fixture, vec![account("a")], rows(2)).await;
    let other = SignedIn::new(fixture, vec![account("a")], rows(2)).await;
    let (_, foreign) = other.update(None).await;
    let answer = one.provider.transactions_page(one.token(), &request(Some(&foreign), 4)).await;
    assert_eq!(answer.unwrap_err().kind(), ProviderErrorKind::RestartFromEmpty);
}

pub(super) async fn a_bank_that_is_not_ready_gives_no_cursor(fixture: &dyn ProviderFixture) {
    let provider = fixture.provider();
    let public_token = fixture.sign_in(vec![account("a")], rows(2), false).await;
    let exchanged = provider.exchange_public_token(&public_token).await.unwrap();
    let signed_in = SignedIn { provider, public_token, exchanged };
    let page = signed_in.provider.transactions_page(signed_in.token(), &request(None, 4)).await.unwrap();
    assert_eq!((page.added.len(), page.has_more, page.next_cursor), (0, false, None));
    assert_eq!(page.history, Some(HistoryStatus::NotReady));

    fixture.change(&signed_in.public_token, BankChange::BecomeReady).await;
    let (pages, _) = signed_in.update(None).await;
    assert_eq!(added(&pages).len(), 2);
}
