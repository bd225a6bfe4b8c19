use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Linked, StoreFixture};
use crate::conformance::samples::{at, new_connection, user};
use crate::{
    Actor, AuditDraft, AuditSubject, ChangeSet, ConnectionId, ConnectionStatus, Due, DueReason, LastAttempt,
    Lease, NewConnection, PauseReason, PollHours, ProviderErrorKind, ProviderName, ScheduleState,
    StoreErrorKind, StoredSchedule, SyncFrequency,
};

impl Linked {
    async fn schedule(&self) -> StoredSchedule {
        self.store.schedule(&self.user, self.id).await.unwrap()
    }

    /// Saves the schedule with another planned instant.
    async fn plan(&self, due: Due) {
        let schedule = StoredSchedule { due, ..self.schedule().await };
        self.store.save_schedule(&schedule, at(5), &[]).await.unwrap();
    }

    async fn take(&self, worker: &str, now: i64, until: i64) -> Result<Lease, StoreErrorKind> {
        let taken = self.store.take_lease(&self.user, self.id, worker, at(now), at(until)).await;
        taken.map_err(|error| error.kind())
    }

    async fn claims(&self, now: i64, limit: u32) -> Vec<ConnectionId> {
        let claimed = self.store.claim_due(&through(), "worker", at(now), at(now + 60), limit).await.unwrap();
        claimed.into_iter().map(|lease| lease.connection).collect()
    }
}

/// The provider of every connection here but one.
fn through() -> ProviderName {
    ProviderName::new("test").unwrap()
}

fn due_at(seconds: i64) -> Due {
    Due::At { at: at(seconds), why: DueReason::Period }
}

pub(super) async fn a_connection_has_a_schedule_from_its_beginning(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let expected = StoredSchedule {
        user: linked.user.clone(),
        connection: linked.id,
        state: ScheduleState::new(SyncFrequency::DEFAULT, linked.id.number().unsigned_abs(), at(0)),
        due: Due::At { at: at(0), why: DueReason::First },
        lease: None,
        revision: linked.schedule().await.revision,
    };
    assert_eq!(linked.schedule().await, expected);

    // Stored again, the connection keeps its schedule.
    linked.plan(due_at(50)).await;
    let saved = linked.schedule().await;
    let again = NewConnection {
        frequency: SyncFrequency::Daily,
        created_at: at(9),
        ..new_connection(&linked.user, "item-1")
    };
    linked.store.insert_connection(again).await.unwrap();
    assert_eq!(linked.schedule().await, saved);

    let by_hand =
        NewConnection { frequency: SyncFrequency::Manual, ..new_connection(&linked.user, "item-2") };
    let by_hand = linked.store.insert_connection(by_hand).await.unwrap();
    let schedule = linked.store.schedule(&linked.user, by_hand.id).await.unwrap();
    assert_eq!((schedule.state.frequency, schedule.due), (SyncFrequency::Manual, Due::Never));
    assert_eq!(linked.store.schedules(&linked.user).await.unwrap(), [saved, schedule]);
}

pub(super) async fn every_field_of_a_schedule_is_kept(fixture: &mut dyn StoreFixture) {
    let mut linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let other = Linked::new(fixture.store(), "ada", "item-2", &["a"]).await;
    let untouched = other.schedule().await;
    let precise = |seconds| at(seconds) + TimeDelta::microseconds(123_457);
    let full = ScheduleState {
        frequency: SyncFrequency::OnWebhook(PollHours::new(12).unwrap()),
        since: precise(1),
        last_attempt: Some(LastAttempt {
            started_at: precise(2),
            ended_at: precise(3),
            fault: Some(ProviderErrorKind::RetryLater),
            retry_after: Some(Duration::from_micros(90_000_001)),
        }),
        failures: u32::MAX,
        webhook_at: Some(precise(4)),
        requested_at: Some(precise(5)),
        ..linked.schedule().await.state
    };
    let short = ScheduleState {
        last_attempt: Some(LastAttempt { fault: None, retry_after: None, ..full.last_attempt.unwrap() }),
        ..ScheduleState::new(SyncFrequency::Weekly, full.seed, at(7))
    };
    let retry = DueReason::Retry(ProviderErrorKind::Unavailable);
    for (state, due) in [
        (full.clone(), Due::At { at: precise(9), why: retry }),
        (short, Due::Paused(PauseReason::SignInAgain)),
        (full, Due::Never),
    ] {
        let before = linked.schedule().await;
        let saved = StoredSchedule { state, due, ..before.clone() };
        linked.store.save_schedule(&saved, at(9), &[]).await.unwrap();
        fixture.reopen().await;
        linked.store = fixture.store();
        let found = linked.schedule().await;
        assert!(found.revision > before.revision);
        assert_eq!(StoredSchedule { revision: before.revision, ..found }, saved);
    }
    assert_eq!(fixture.store().schedule(&other.user, other.id).await.unwrap(), untouched);
}

pub(super) async fn a_schedule_is_saved_only_over_the_revision_it_was_read_at(
    fixture: &mut dyn StoreFixture,
) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let first = linked.schedule().await;
    let draft = || {
        let subject = AuditSubject::Connection(linked.id);
        [AuditDraft::new(Actor::User, "frequency_set", subject).because(Some("why".to_owned()))]
    };
    let daily = |schedule: &StoredSchedule| {
        let mut schedule = schedule.clone();
        schedule.state.frequency = SyncFrequency::Daily;
        schedule
    };
    linked.store.save_schedule(&daily(&first), at(3), &draft()).await.unwrap();
    let saved = linked.schedule().await;
    let error = linked.store.save_schedule(&first, at(4), &draft()).await.expect_err("it was saved since");
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    assert_eq!(linked.schedule().await, saved);
    let trail = linked.store.audit_entries(&linked.user, 0, 9).await.unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!((trail[0].action.as_str(), trail[0].at), ("frequency_set", at(3)));

    // A lease taken meanwhile changes no revision, and a save leaves it.
    let lease = linked.take("one", 4, 64).await.unwrap();
    linked.store.save_schedule(&saved, at(5), &[]).await.unwrap();
    assert_eq!(linked.schedule().await.lease, Some(lease));

    let strangers = StoredSchedule { user: user("bob"), ..linked.schedule().await };
    let error = linked.store.save_schedule(&strangers, at(5), &draft()).await.expect_err("it is Ada's");
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    assert_eq!(linked.store.audit_entries(&strangers.user, 0, 9).await.unwrap(), []);
}

pub(super) async fn a_schedule_tells_the_status_of_its_connection(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    for status in ConnectionStatus::ALL {
        linked.apply(ChangeSet { status: Some(status), ..linked.change() }).await;
        assert_eq!(linked.schedule().await.state.status, status);
        let mut schedule = linked.schedule().await;
        schedule.state.status = ConnectionStatus::Good;
        linked.store.save_schedule(&schedule, at(3), &[]).await.unwrap();
        assert_eq!(linked.connection().await.status, status);
    }
}

pub(super) async fn due_connections_are_claimed_longest_waiting_first(fixture: &mut dyn StoreFixture) {
    let first = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let second = Linked::new(fixture.store(), "bob", "item-2", &[]).await;
    let third = Linked::new(fixture.store(), "ada", "item-3", &[]).await;
    let (later, paused, never) = (
        Linked::new(fixture.store(), "ada", "item-4", &[]).await,
        Linked::new(fixture.store(), "ada", "item-5", &[]).await,
        Linked::new(fixture.store(), "ada", "item-6", &[]).await,
    );
    first.plan(due_at(30)).await;
    second.plan(due_at(10)).await;
    third.plan(due_at(20)).await;
    later.plan(due_at(101)).await;
    paused.plan(Due::Paused(PauseReason::LinkAgain)).await;
    never.plan(Due::Never).await;

    assert_eq!(first.claims(100, 0).await, []);
    let store = &first.store;
    let claimed = store.claim_due(&through(), "one", at(100), at(160), 2).await.unwrap();
    let expected = [&second, &third].map(|linked| Lease {
        user: linked.user.clone(),
        connection: linked.id,
        worker: "one".to_owned(),
        number: 1,
        until: at(160),
    });
    assert_eq!(claimed, expected);
    assert_eq!(second.schedule().await.lease.as_ref(), Some(&claimed[0]));
    assert_eq!(first.claims(100, u32::MAX).await, [first.id]);
    assert_eq!(first.claims(100, u32::MAX).await, []);

    // What is not released is free again when its lease is over, at that very instant.
    assert_eq!(first.claims(159, 9).await, [later.id]);
    let again = store.claim_due(&through(), "two", at(160), at(170), 9).await.unwrap();
    let numbers: Vec<_> = again.iter().map(|lease| (lease.connection, lease.number)).collect();
    assert_eq!(numbers, [(second.id, 2), (third.id, 2), (first.id, 2)]);
}

pub(super) async fn no_two_claims_get_one_connection(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let mut all = Vec::new();
    for number in 0..20 {
        all.push(Linked::new(store.clone(), "ada", &format!("item-{number}"), &[]).await.id);
    }
    let claim = |worker: String| {
        let store = store.clone();
        async move { store.claim_due(&through(), &worker, at(9), at(69), 3).await.unwrap() }
    };
    let claims = (0..8).map(|number| claim(format!("worker {number}")));
    let mut claimed: Vec<ConnectionId> =
        futures::future::join_all(claims).await.into_iter().flatten().map(|lease| lease.connection).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, all);
}

pub(super) async fn one_holds_a_lease_at_a_time(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let lease = linked.take("one", 10, 70).await.unwrap();
    assert_eq!((lease.number, lease.until, lease.worker.as_str()), (1, at(70), "one"));
    assert_eq!((&lease.user, lease.connection), (&linked.user, linked.id));
    for (worker, now) in [("two", 10), ("one", 20), ("two", 69)] {
        assert_eq!(linked.take(worker, now, now + 60).await, Err(StoreErrorKind::Conflict));
        assert_eq!(linked.claims(now, 9).await, []);
    }
    assert_eq!(linked.schedule().await.lease, Some(lease.clone()));
    assert_eq!(linked.schedule().await.running(at(69)), Some(&lease));
    assert_eq!(linked.schedule().await.running(at(70)), None);

    let renewed = linked.store.renew_lease(&lease, at(200)).await.unwrap();
    assert_eq!(renewed, Lease { until: at(200), ..lease.clone() });
    assert_eq!(linked.take("two", 150, 210).await, Err(StoreErrorKind::Conflict));
    // The handle from before the renewal is of the same taking.
    linked.store.release_lease(&lease).await.unwrap();
    assert_eq!(linked.schedule().await.lease, None);
    assert_eq!(linked.take("two", 150, 210).await.unwrap().number, 2);
    // What is paused or planned for later may be taken all the same.
    linked.plan(Due::Paused(PauseReason::SignInAgain)).await;
    assert_eq!(linked.take("three", 210, 270).await.unwrap().number, 3);

    let strangers = linked.store.take_lease(&user("bob"), linked.id, "b", at(900), at(960)).await;
    assert_eq!(strangers.expect_err("it is Ada's").kind(), StoreErrorKind::NotFound);
    let error = linked.store.schedule(&user("bob"), linked.id).await.expect_err("it is Ada's");
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    assert_eq!(linked.store.schedules(&user("bob")).await.unwrap(), []);
}

pub(super) async fn a_lost_lease_can_be_neither_renewed_nor_released(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &[]).await;
    let released = linked.take("one", 10, 70).await.unwrap();
    linked.store.release_lease(&released).await.unwrap();
    assert_lost(&linked, &released).await;
    let overtaken = linked.take("one", 10, 70).await.unwrap();
    let holder = linked.take("one", 70, 130).await.unwrap();
    assert!(holder.number > overtaken.number && overtaken.number > released.number);
    for lost in [released, overtaken, Lease { connection: ConnectionId::new(99), ..holder.clone() }] {
        assert_lost(&linked, &lost).await;
    }
    assert_eq!(linked.schedule().await.lease, Some(holder.clone()));
    // One that is over and that nobody took since holds again.
    let again = linked.store.renew_lease(&holder, at(900)).await.unwrap();
    assert_eq!(linked.schedule().await.running(at(899)), Some(&again));
}

async fn assert_lost(linked: &Linked, lease: &Lease) {
    let renewed = linked.store.renew_lease(lease, at(999)).await;
    assert_eq!(renewed.expect_err("it is lost").kind(), StoreErrorKind::Conflict);
    let released = linked.store.release_lease(lease).await;
    assert_eq!(released.expect_err("it is lost").kind(), StoreErrorKind::Conflict);
}

pub(super) async fn the_next_claim_is_told(fixture: &mut dyn StoreFixture) {
    let next = async |linked: &Linked| -> Option<DateTime<Utc>> {
        linked.store.next_claim_at(&through()).await.unwrap()
    };
    let store = fixture.store();
    assert_eq!(store.next_claim_at(&through()).await.unwrap(), None);
    let one = Linked::new(store.clone(), "ada", "item-1", &[]).await;
    let two = Linked::new(store.clone(), "bob", "item-2", &[]).await;
    assert_eq!(next(&one).await, Some(at(0)));
    one.plan(due_at(50)).await;
    two.plan(due_at(80)).await;
    assert_eq!(next(&one).await, Some(at(50)));
    let lease = one.take("one", 10, 70).await.unwrap();
    assert_eq!(next(&one).await, Some(at(70)));
    store.renew_lease(&lease, at(90)).await.unwrap();
    assert_eq!(next(&one).await, Some(at(80)));
    // A lease that is over before the connection is due makes no difference.
    store.renew_lease(&lease, at(20)).await.unwrap();
    assert_eq!(next(&one).await, Some(at(50)));
    store.release_lease(&lease).await.unwrap();
    two.take("two", 10, 100).await.unwrap();
    one.plan(Due::Never).await;
    assert_eq!(next(&one).await, Some(at(100)));
    two.plan(Due::Paused(PauseReason::ProviderFault)).await;
    assert_eq!(next(&one).await, None);
}

pub(super) async fn schedules_of_all_users_are_counted(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    assert_eq!(store.scheduler_status(&through(), at(100)).await.unwrap(), crate::SchedulerStatus::default());
    let pauses = [PauseReason::SignInAgain, PauseReason::SignInAgain, PauseReason::Configuration];
    let plans = [10, 20, 100, 101, 150].map(due_at).into_iter().chain(pauses.map(Due::Paused));
    let mut all = Vec::new();
    for (number, due) in plans.chain([Due::Never, Due::Never]).enumerate() {
        let owner = if number % 2 == 0 { "ada" } else { "bob" };
        let linked = Linked::new(store.clone(), owner, &format!("item-{number}"), &[]).await;
        linked.plan(due).await;
        all.push(linked);
    }
    // Of those due one is in work; of those planned one is, and one was until just now.
    for (index, worker, until) in [(0, "one", 101), (3, "one", 160), (4, "two", 100), (5, "two", 160)] {
        all[index].take(worker, 90, until).await.unwrap();
    }
    let status = store.scheduler_status(&through(), at(100)).await.unwrap();
    assert_eq!((status.due, status.oldest_due), (2, Some(at(20))));
    assert_eq!((status.planned, status.next_due), (1, Some(at(150))));
    assert_eq!(status.running, BTreeMap::from([("one".to_owned(), 2), ("two".to_owned(), 1)]));
    assert_eq!(status.in_work(), 3);
    let paused = BTreeMap::from([(PauseReason::SignInAgain, 2), (PauseReason::Configuration, 1)]);
    assert_eq!((status.paused, status.by_request), (paused, 2));
}

pub(super) async fn providers_are_claimed_and_counted_apart(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let ada = user("ada");
    let other = ProviderName::new("another provider").unwrap();
    let elsewhere = NewConnection { provider: other.clone(), ..new_connection(&ada, "item-1") };
    let elsewhere = store.insert_connection(elsewhere).await.unwrap();
    assert_eq!(store.claim_due(&through(), "one", at(5), at(65), 9).await.unwrap(), []);
    assert_eq!(store.next_claim_at(&through()).await.unwrap(), None);
    assert_eq!(store.scheduler_status(&through(), at(5)).await.unwrap(), crate::SchedulerStatus::default());
    assert_eq!(store.next_claim_at(&other).await.unwrap(), Some(at(0)));
    assert_eq!(store.scheduler_status(&other, at(5)).await.unwrap().due, 1);
    let claimed = store.claim_due(&other, "one", at(5), at(65), 9).await.unwrap();
    assert_eq!(claimed[0].connection, elsewhere.id);
    assert_eq!(store.scheduler_status(&through(), at(5)).await.unwrap().in_work(), 0);
    assert_eq!(store.scheduler_status(&other, at(5)).await.unwrap().in_work(), 1);
}

pub(super) async fn a_lease_of_a_clock_that_ran_ahead_holds_for_nobody(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let day = TimeDelta::days(1).num_seconds();
    linked.plan(due_at(5)).await;
    let lost = linked.take("ahead", 10 * day, 10 * day + 60).await.unwrap();
    // It ends more than a day from now.
    let status = linked.store.scheduler_status(&through(), at(10)).await.unwrap();
    assert_eq!((status.due, status.in_work()), (1, 0));
    assert_eq!(linked.claims(10, 9).await, [linked.id]);
    let error = linked.store.renew_lease(&lost, at(20)).await.expect_err("it was taken by somebody else");
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    assert_eq!(linked.take("other", 11, 71).await, Err(StoreErrorKind::Conflict));
    assert!(linked.take("other", 70, 70 + day).await.is_ok());
    // One that ends a day from now holds.
    assert_eq!(linked.take("third", 71, 80).await, Err(StoreErrorKind::Conflict));
    assert!(linked.take("third", 69, 80).await.is_ok());
}

pub(super) async fn plans_after_attempts_in_the_future_are_found(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["b"]).await;
    let unplanned = Linked::new(fixture.store(), "bob", "item-3", &["c"]).await;
    let attempt = |ended| LastAttempt {
        started_at: at(ended - 1),
        ended_at: at(ended),
        fault: None,
        retry_after: None,
    };
    for (linked, ended, due) in
        [(&linked, 100, due_at(500)), (&bob, 200, due_at(50)), (&unplanned, 300, Due::Never)]
    {
        let mut schedule = StoredSchedule { due, ..linked.schedule().await };
        schedule.state.last_attempt = Some(attempt(ended));
        linked.store.save_schedule(&schedule, at(5), &[]).await.unwrap();
    }
    let found = |now| {
        let store = linked.store.clone();
        async move { store.attempted_after(&through(), at(now)).await.unwrap() }
    };
    let (first, second) = ((linked.user.clone(), linked.id), (bob.user.clone(), bob.id));
    assert_eq!(found(99).await, [first, second.clone()]);
    assert_eq!(found(100).await, [second]);
    assert_eq!(found(200).await, []);
    let strange = ProviderName::new("another").unwrap();
    assert_eq!(linked.store.attempted_after(&strange, at(0)).await.unwrap(), []);
}

/// Claimers overtake each other by what they claim at once, and no further: whoever waits longest is in one of the next claims.
pub(super) async fn however_many_claim_at_once_those_due_longest_go_first(fixture: &mut dyn StoreFixture) {
    const CONNECTIONS: usize = 24;
    const CLAIMERS: usize = 3;
    const LIMIT: u32 = 2;
    let store = fixture.store();
    let mut due_longest = Vec::new();
    for number in 0..CONNECTIONS {
        let linked =
            Linked::new(store.clone(), &format!("user-{}", number % 5), &format!("item-{number}"), &["a"])
                .await;
        // Not in the order in which they were linked.
        let due = i64::try_from(number * 7 % CONNECTIONS).unwrap();
        linked.plan(due_at(100 + due)).await;
        due_longest.push((due, linked.id));
    }
    due_longest.sort();
    let due_longest: Vec<ConnectionId> = due_longest.into_iter().map(|(_, id)| id).collect();
    let provider = through();
    let claim_together = async |now: i64, worker: &str| {
        let claims = (0..CLAIMERS).map(|_| store.claim_due(&provider, worker, at(now), at(now + 60), LIMIT));
        let claimed = futures::future::try_join_all(claims).await.unwrap();
        let mut claimed: Vec<ConnectionId> =
            claimed.into_iter().flatten().map(|lease| lease.connection).collect();
        claimed.sort();
        claimed
    };
    let in_order = |from: usize| {
        let mut expected = due_longest[from..(from + CLAIMERS * LIMIT as usize).min(CONNECTIONS)].to_vec();
        expected.sort();
        expected
    };
    // Those who claim first are gone with what they claimed.
    assert_eq!(claim_together(200, "gone").await, in_order(0));
    assert_eq!(claim_together(201, "worker").await, in_order(6));
    // When their leases are over, nobody comes before the connections that they left.
    assert_eq!(claim_together(260, "worker").await, in_order(0));
    assert_eq!(claim_together(260, "worker").await, in_order(12));
    assert_eq!(claim_together(260, "worker").await, in_order(18));
}
