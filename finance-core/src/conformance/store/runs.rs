use chrono::TimeDelta;

use super::{Linked, StoreFixture};
use crate::conformance::samples::at;
use crate::{
    ChangeSet, ConnectionFault, ConnectionId, ConnectionStatus, ProviderErrorKind, RunOutcome,
    StoreErrorKind, SyncCounts, SyncRun,
};

fn run(linked: &Linked, number: u32) -> SyncRun {
    SyncRun {
        connection: linked.id,
        started_at: at(i64::from(number)),
        ended_at: at(i64::from(number) + 1),
        outcome: RunOutcome::NotReady,
        counts: SyncCounts::default(),
        pages: number,
        restarts: 0,
        retries: 0,
        fault: None,
    }
}

fn fault(kind: ProviderErrorKind) -> ConnectionFault {
    ConnectionFault {
        kind,
        code: Some("ITEM_LOGIN_REQUIRED".to_owned()),
        user_message: "Please \"sign in\" again – naïvely,\0\n\\ you".to_owned(),
        at: at(3) + TimeDelta::microseconds(7),
    }
}

async fn runs(linked: &Linked, limit: u32) -> Vec<SyncRun> {
    linked.store.runs(&linked.user, linked.id, limit).await.unwrap()
}

pub(super) async fn runs_come_newest_first(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let other = Linked::new(fixture.store(), "ada", "item-2", &[]).await;
    assert_eq!(runs(&linked, 10).await, []);
    // The one that began last is recorded first: what counts is the order of recording.
    let numbers = [9, 1, 2, 3, 4];
    for number in numbers {
        if number == 2 {
            linked.apply(ChangeSet { run: Some(run(&linked, number)), ..linked.change() }).await;
        } else {
            linked.record(&run(&linked, number), Some(ConnectionStatus::New)).await;
        }
        other.record(&run(&other, 100), Some(ConnectionStatus::New)).await;
    }
    for (limit, expected) in
        [(0, &[][..]), (1, &[4]), (3, &[4, 3, 2]), (5, &[4, 3, 2, 1, 9]), (u32::MAX, &[4, 3, 2, 1, 9])]
    {
        let found: Vec<u32> = runs(&linked, limit).await.iter().map(|run| run.pages).collect();
        assert_eq!(found, expected);
    }
}

pub(super) async fn every_field_of_a_run_is_kept(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let counts = SyncCounts {
        added: 1,
        modified: 2,
        posted: 3,
        removed: 4,
        unchanged: 5,
        kept_deleted: 6,
        matched: 7,
    };
    let mut recorded = Vec::new();
    for outcome in RunOutcome::ALL {
        let full = SyncRun {
            ended_at: at(70) + TimeDelta::microseconds(999_999),
            outcome,
            counts,
            restarts: 8,
            retries: u32::MAX,
            fault: Some(fault(ProviderErrorKind::SignInAgain)),
            ..run(&linked, 7)
        };
        let short = ConnectionFault { code: None, ..fault(ProviderErrorKind::RetryLater) };
        let short = SyncRun { fault: Some(short), ..full.clone() };
        linked.record(&full, Some(ConnectionStatus::NeedsSignIn)).await;
        linked.apply(ChangeSet { run: Some(short.clone()), ..linked.change() }).await;
        recorded.extend([full, short]);
    }
    recorded.reverse();
    assert_eq!(runs(&linked, 100).await, recorded);
}

pub(super) async fn a_recorded_run_sets_status_and_fault(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let other = Linked::new(fixture.store(), "ada", "item-2", &[]).await;
    let before = linked.connection().await;
    for (runs, kind) in (1..).zip(ProviderErrorKind::ALL) {
        let failed = SyncRun { outcome: RunOutcome::Failed, fault: Some(fault(kind)), ..run(&linked, 1) };
        linked.record(&failed, Some(ConnectionStatus::NeedsSignIn)).await;
        let after = linked.connection().await;
        assert_eq!(after.status, ConnectionStatus::NeedsSignIn);
        let revision = before.revision + runs;
        let expected =
            crate::Connection { status: after.status, fault: failed.fault, revision, ..before.clone() };
        assert_eq!(after, expected);
    }
    assert_eq!(other.connection().await.status, ConnectionStatus::New);
    assert_eq!(other.connection().await.fault, None);
}

pub(super) async fn a_status_applied_clears_the_fault(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let failed = SyncRun { fault: Some(fault(ProviderErrorKind::Unavailable)), ..run(&linked, 1) };
    linked.record(&failed, Some(ConnectionStatus::Degraded)).await;

    // A step that says nothing of the status leaves the fault too, whatever its run says.
    let other = SyncRun { fault: Some(fault(ProviderErrorKind::RetryLater)), ..run(&linked, 2) };
    linked.apply(ChangeSet { run: Some(other), ..linked.change() }).await;
    assert_eq!(linked.connection().await.fault, failed.fault);

    let good = ChangeSet { status: Some(ConnectionStatus::Good), ..linked.change() };
    linked.apply(good).await;
    let after = linked.connection().await;
    assert_eq!((after.status, after.fault), (ConnectionStatus::Good, None));
    assert_eq!(runs(&linked, 10).await[1].fault, failed.fault);
}

pub(super) async fn a_run_of_another_connection_is_refused(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let nowhere = SyncRun { connection: ConnectionId::new(77), ..run(&linked, 1) };
    linked.refuse(ChangeSet { run: Some(nowhere), ..linked.change() }, StoreErrorKind::InvalidInput).await;
    assert_eq!(runs(&linked, 10).await, []);
}

pub(super) async fn recent_runs_are_so_many_of_each_connection(fixture: &mut dyn StoreFixture) {
    let first = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &[]).await;
    Linked::new(fixture.store(), "ada", "item-3", &[]).await;
    let strange = Linked::new(fixture.store(), "bob", "item-4", &[]).await;
    for number in [5, 1, 2] {
        for linked in [&first, &second, &strange] {
            linked.record(&run(linked, number), None).await;
        }
    }
    second.record(&run(&second, 3), None).await;
    let found = |user, per_connection| {
        let (first, store) = (&first, &first.store);
        async move {
            let runs: Vec<SyncRun> = store.recent_runs(user, per_connection).await.unwrap();
            runs.iter().map(|run| (run.connection == first.id, run.pages)).collect::<Vec<_>>()
        }
    };
    let (one, two) = (|pages| (true, pages), |pages| (false, pages));
    assert_eq!(found(&first.user, 2).await, [one(2), one(1), two(3), two(2)]);
    assert_eq!(found(&first.user, 0).await, []);
    let all = [one(2), one(1), one(5), two(3), two(2), two(1), two(5)];
    assert_eq!(found(&first.user, u32::MAX).await, all);
    assert_eq!(found(&strange.user, 9).await, [two(2), two(1), two(5)]);
    assert_eq!(found(&crate::conformance::samples::user("nobody"), 9).await, []);
}
