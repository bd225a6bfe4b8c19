//! A connection that ends exactly where a write is made last: before the server hears of it, or before it could answer.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use finance_core::conformance::samples::{at, insert, new_connection, row};
use finance_core::conformance::{Linked, ManualClock, ScriptedProvider};
use finance_core::*;
use finance_store::{PostgresOptions, PostgresStore};
use futures::StreamExt;
use postgres_server::{Cut, PostgresServer, Relay};

use crate::fixture::{connect_to, postgres_options};

#[derive(Debug, Clone, Copy)]
enum Write {
    ApplyASync,
    ImportAFile,
    EditARow,
    MergeConnections,
    KeepARemovedConnection,
    EraseAConnection,
    ForgetAUser,
    SaveASchedule,
    TakeALease,
    RenewALease,
    ReleaseALease,
    ClaimUncategorisedRows,
    ApplyCategories,
    SetCategoryRules,
    StoreAConnection,
    ReplaceAToken,
    RememberAWebhook,
    PruneEvents,
}

const WRITES: [Write; 18] = [
    Write::ApplyASync,
    Write::ImportAFile,
    Write::EditARow,
    Write::MergeConnections,
    Write::KeepARemovedConnection,
    Write::EraseAConnection,
    Write::ForgetAUser,
    Write::SaveASchedule,
    Write::TakeALease,
    Write::RenewALease,
    Write::ReleaseALease,
    Write::ClaimUncategorisedRows,
    Write::ApplyCategories,
    Write::SetCategoryRules,
    Write::StoreAConnection,
    Write::ReplaceAToken,
    Write::RememberAWebhook,
    Write::PruneEvents,
];

/// How long a lease is taken for.
const TERM: i64 = 60;

/// Books that every write finds something to do in, as they were before it.
struct Before {
    old: Linked,
    new: Linked,
    edit: EditWrite,
    schedule: StoredSchedule,
    lease: Lease,
    claim: CategoryClaim,
    account: AccountId,
    merge: ConnectionMerge,
}

fn claim(linked: &Linked, limit: u32) -> ClaimRequest {
    ClaimRequest {
        scope: CategoryScope::User(linked.user.clone()),
        fresh_only: false,
        after: None,
        limit,
        at: at(10),
        lease: TimeDelta::seconds(TERM),
        attempts: 5,
    }
}

async fn prepare(store: Arc<dyn Store>) -> Before {
    let old = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    let new = Linked::new(store.clone(), "ada", "item-2", &["x"]).await;
    old.insert((0..6).map(|n| row(&format!("old-{n}"), "a", "-4.50"))).await;
    new.insert((0..4).map(|n| row(&format!("new-{n}"), "x", "-4.50"))).await;
    let rows = vec![RowPair { old: old.id_of("old-0").await, new: new.id_of("new-0").await }];
    let accounts = vec![AccountPair { old: old.account_id("a").await, new: new.account_id("x").await }];
    let note = TransactionEdit { note: Some(Some("mine".to_owned())), ..TransactionEdit::default() };
    let merge = ConnectionMerge {
        user: old.user.clone(),
        from: old.id,
        into: new.id,
        at: at(20),
        from_revision: old.connection().await.revision,
        into_revision: new.connection().await.revision,
        accounts,
        rows,
        dropped: Vec::new(),
        renamed: Vec::new(),
        audit: vec![AuditDraft::new(Actor::User, "connections_merged", AuditSubject::Connection(new.id))],
    };
    Before {
        edit: old.edit_write("old-1", &note).await,
        account: old.account_id("a").await,
        lease: store.take_lease(&new.user, new.id, "early", at(5), at(5 + TERM)).await.unwrap(),
        claim: store.claim_uncategorised(&claim(&old, 2)).await.unwrap().unwrap(),
        schedule: store.schedule(&old.user, old.id).await.unwrap(),
        merge,
        old,
        new,
    }
}

fn removal(linked: &Linked, local: LocalRecords) -> ConnectionRemoval {
    ConnectionRemoval {
        user: linked.user.clone(),
        connection: linked.id,
        at: at(9),
        local,
        actor: Actor::User,
        reason: None,
    }
}

/// The refusal of a write: what it asks of the caller, and the words.
type Refused = (StoreErrorKind, String);

async fn make(write: Write, store: &Arc<dyn Store>, before: &Before) -> Result<(), Refused> {
    let Before { old, new, .. } = before;
    let user = &old.user;
    let made = match write {
        Write::ApplyASync => {
            let inserts = (0..3).map(|n| insert(row(&format!("next-{n}"), "a", "1.00"))).collect();
            let cursor = Linked::step(None, Some("c1"));
            store.apply(&ChangeSet { inserts, cursor, ..old.change() }).await.map(drop)
        }
        Write::ImportAFile => {
            let clock = Arc::new(ManualClock::default());
            let options = EngineOptions::default();
            let engine = SyncEngine::new(Arc::new(ScriptedProvider::new()), store.clone(), clock, options);
            let file = "Date,Description,Amount\n2026-01-05,Rent,-900.00\n2026-01-06,Salary,3000.00\n";
            let imported = engine.import_file(user, before.account, &ImportRequest::new(file)).await;
            return imported.map(drop).map_err(|error| match error.kind() {
                SyncErrorKind::Store(kind) => (*kind, error.to_string()),
                _ => panic!("{error}"),
            });
        }
        Write::EditARow => {
            let edits = vec![before.edit.clone()];
            store.apply(&ChangeSet { edits, ..ChangeSet::new(old.id, at(5)) }).await.map(drop)
        }
        Write::MergeConnections => store.merge_connections(&before.merge).await,
        Write::KeepARemovedConnection => {
            store.remove_connection(&removal(old, LocalRecords::Keep)).await.map(drop)
        }
        Write::EraseAConnection => {
            store.remove_connection(&removal(old, LocalRecords::Erase)).await.map(drop)
        }
        Write::ForgetAUser => store.forget_user(user).await.map(drop),
        Write::SaveASchedule => {
            let due = Due::At { at: at(500), why: DueReason::Requested };
            let schedule = StoredSchedule { due, ..before.schedule.clone() };
            let draft = AuditDraft::new(Actor::User, "planned", AuditSubject::Connection(old.id));
            store.save_schedule(&schedule, at(6), &[draft]).await
        }
        Write::TakeALease => store.take_lease(user, old.id, "late", at(10), at(10 + TERM)).await.map(drop),
        Write::RenewALease => store.renew_lease(&before.lease, at(30 + TERM)).await.map(drop),
        Write::ReleaseALease => store.release_lease(&before.lease).await,
        Write::ClaimUncategorisedRows => store.claim_uncategorised(&claim(old, 100)).await.map(drop),
        Write::ApplyCategories => {
            let answer = |question: &CategoryQuestion| CategoryAnswer {
                transaction: question.transaction,
                assigned: AssignedCategory {
                    category: "Food".to_owned(),
                    confidence: None,
                    source: "model".to_owned(),
                },
            };
            let answers = CategoryAnswers {
                scope: CategoryScope::User(user.clone()),
                claim: before.claim.id,
                at: at(11),
                answers: before.claim.questions.iter().map(answer).collect(),
                then: AfterAnswers::Done,
            };
            store.apply_categories(&answers).await.map(drop)
        }
        Write::SetCategoryRules => {
            let text_contains = Some("row".to_owned());
            let rule = CategoryRule { text_contains, category: "B".to_owned(), ..CategoryRule::default() };
            let draft = AuditDraft::new(Actor::User, "category_rules_set", AuditSubject::Books);
            store.set_category_rules(user, &[], &[rule], at(7), &draft).await
        }
        Write::StoreAConnection => store.insert_connection(new_connection(user, "item-3")).await.map(drop),
        Write::ReplaceAToken => {
            store.replace_access_token(user, new.id, &AccessToken::new("another-token")).await
        }
        Write::RememberAWebhook => store.remember_webhook(&WebhookDigest([3; 32]), at(1), at(0)).await,
        Write::PruneEvents => store.prune_events(at(3), 1).await.map(drop),
    };
    made.map_err(|error| (error.kind(), error.to_string()))
}

/// What can be told apart of the books, but for numbers that a write which came to nothing uses up.
async fn state(store: &dyn Store, user: &UserId) -> String {
    let mut connections = Vec::new();
    for connection in store.connections(user).await.unwrap() {
        let token = match store.access_token(user, connection.id).await {
            Ok(token) => token.expose().to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        let schedule = store.schedule(user, connection.id).await.unwrap();
        let (due, revision) = (schedule.due, schedule.revision);
        connections.push(format!(
            "{:?} {:?} {} {token} {due:?} {revision} {:?}",
            connection.status, connection.cursor, connection.revision, schedule.lease
        ));
    }
    let rows = TransactionQuery { limit: u32::MAX, rows: RowSelection::Any, ..TransactionQuery::default() };
    let mut rows: Vec<String> = store
        .transactions(user, &rows)
        .await
        .unwrap()
        .into_iter()
        .map(|row| {
            let assigned = row.assigned.map(|assigned| assigned.category);
            format!("{} {:?} {assigned:?} {:?}", row.provider.description, row.edits.note, row.state)
        })
        .collect();
    rows.sort();
    let events = store.events(user, 0, u32::MAX).await.unwrap();
    format!(
        "{connections:#?}\n{rows:#?}\n{:?}\n{} events up to {}\n{} entries\n{:?}\n{} rules\nwebhook {}",
        store.records(user).await.unwrap(),
        events.events.len(),
        events.last,
        store.audit_entries(user, 0, u32::MAX).await.unwrap().len(),
        store.category_backlog(user).await.unwrap(),
        store.category_rules(user).await.unwrap().len(),
        store.knows_webhook(&WebhookDigest([3; 32])).await.unwrap(),
    )
}

struct Tried {
    outcome: Result<(), Refused>,
    before: String,
    once: String,
    after: String,
    /// The outcome and the books when the caller does the same again.
    again: Result<(), Refused>,
    twice: String,
}

/// Makes a write whose commit is cut, and the same elsewhere undisturbed.
async fn try_cut(server: &PostgresServer, write: Write, cut: Cut, then_nothing: bool) -> Tried {
    let undisturbed = server.database().await;
    let store: Arc<dyn Store> = connect_to(&undisturbed).await;
    let prepared = prepare(store.clone()).await;
    make(write, &store, &prepared).await.unwrap();
    let once = state(&*store, &prepared.old.user).await;

    let database = server.database().await;
    let direct: Arc<dyn Store> = connect_to(&database).await;
    let prepared = prepare(direct.clone()).await;
    let before = state(&*direct, &prepared.old.user).await;
    let relay = Relay::to(server);
    // A pool as small as can be: what became of a write must be found out all the same.
    let acquire_timeout = Duration::from_millis(300);
    let options = PostgresOptions { connections: 1, acquire_timeout, ..postgres_options() };
    let store: Arc<dyn Store> =
        Arc::new(PostgresStore::connect(&relay.url(&database), options).await.unwrap());
    relay.cut_next_commit(cut, then_nothing);
    let outcome = make(write, &store, &prepared).await;
    assert_eq!(relay.cuts(), 1, "{write:?} commits");
    let after = state(&*direct, &prepared.old.user).await;
    relay.open();
    let again = make(write, &store, &prepared).await;
    let twice = state(&*direct, &prepared.old.user).await;
    Tried { outcome, before, once, after, again, twice }
}

/// Every write with every cut, some at a time.
async fn try_all(then_nothing: bool) -> Vec<(Write, Cut, Tried)> {
    let server = PostgresServer::own();
    let all = WRITES.iter().flat_map(|write| [(*write, Cut::BeforeCommit), (*write, Cut::BeforeAnswer)]);
    let tried = futures::stream::iter(all).map(|(write, cut)| {
        let server = &server;
        async move { (write, cut, try_cut(server, write, cut, then_nothing).await) }
    });
    tried.buffered(6).collect().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_cut_off_is_made_once() {
    for (write, cut, tried) in try_all(false).await {
        tried.outcome.unwrap_or_else(|error| panic!("{write:?}, {cut:?}: {error:?}"));
        assert_eq!(tried.after, tried.once, "{write:?}, {cut:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_outcome_nobody_can_tell_is_left_to_the_caller() {
    for (write, cut, tried) in try_all(true).await {
        let (kind, words) = tried.outcome.expect_err("nobody can tell");
        assert_eq!(kind, StoreErrorKind::Unavailable, "{write:?}, {cut:?}: {words}");
        assert!(words.contains("read again"), "{write:?}, {cut:?}: {words}");
        match cut {
            Cut::BeforeCommit => assert_eq!(tried.after, tried.before, "{write:?}"),
            Cut::BeforeAnswer => assert_eq!(tried.after, tried.once, "{write:?}"),
        }
        // Whoever does the same again does not do it twice.
        if let Err((kind, words)) = &tried.again {
            let refused = matches!(kind, StoreErrorKind::Conflict | StoreErrorKind::NotFound);
            assert!(cut == Cut::BeforeAnswer && refused, "{write:?}: {words}");
        }
        assert_eq!(tried.twice, tried.once, "{write:?}, {cut:?}, again: {:?}", tried.again);
    }
}
