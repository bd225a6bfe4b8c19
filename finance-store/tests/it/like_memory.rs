//! Whatever is asked of them, stores with a database answer as MemoryStore does.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::TimeDelta;
use finance_core::conformance::samples::{
    account, at, day, insert, money, new_connection, row, row_id, user,
};
use finance_core::conformance::{Linked, Snapshot};
use finance_core::{
    AccountChanges, AccountId, AccountPair, Actor, AfterAnswers, AssignedCategory, AuditDraft, AuditSubject,
    CategoryAnswer, CategoryAnswers, CategoryScope, ChangeSet, ClaimRequest, ConnectionFault, ConnectionId,
    ConnectionMerge, ConnectionRemoval, ConnectionStatus, Currency, Cursor, CursorStep, DateWindow, Due,
    DueReason, EditCarry, EditWrite, HistoryStatus, KnownTransactions, Lease, LocalRecords, MemoryStore,
    PauseReason, ProviderAccount, ProviderCategory, ProviderErrorKind, ProviderName, ProviderTransaction,
    RawJson, RowInsert, RowOrigin, RowPair, RowSelection, RowUpdate, RunOutcome, Store, StoreError,
    SyncCounts, SyncRun, TransactionEdit, TransactionEdits, TransactionId, TransactionQuery, TransactionText,
    UserId,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::fixture::Home;

/// One call that writes.
#[derive(Debug, Clone)]
enum Call {
    Link {
        user: usize,
        item: usize,
    },
    Apply(Box<Step>),
    Edit {
        user: usize,
        id: i64,
        edit: TransactionEdit,
    },
    Record {
        connection: i64,
        fault: bool,
    },
    Plan {
        user: usize,
        connection: i64,
        due: Due,
        careless: bool,
    },
    Lease {
        user: usize,
        connection: i64,
        number: u64,
        seconds: i64,
        action: LeaseAction,
    },
    Categorise {
        user: Option<usize>,
        fresh_only: bool,
        limit: u32,
        then: AfterAnswers,
    },
    Remove {
        user: usize,
        connection: i64,
        erase: bool,
    },
    /// Accounts and rows are paired off in their order, so many rows and no more.
    Merge {
        user: usize,
        from: i64,
        into: i64,
        rows: usize,
        dropped: usize,
    },
    Forget {
        user: usize,
    },
}

#[derive(Debug, Clone, Copy)]
enum LeaseAction {
    Claim,
    Take,
    Renew,
    Release,
}

/// The makings of a change set, in small numbers, so that calls meet.
#[derive(Debug, Clone)]
struct Step {
    connection: i64,
    /// Whether the step is taken as it is, with all that may be wrong with it.
    careless: bool,
    cursor: Option<(Option<u8>, Option<u8>)>,
    listed: Vec<usize>,
    gone: Vec<i64>,
    updates: Vec<(i64, ProviderTransaction, bool)>,
    inserts: Vec<ProviderTransaction>,
    removals: Vec<i64>,
    carried: Option<(i64, i64)>,
    told: bool,
    /// What the user says of the new rows.
    typed: Option<TransactionEdits>,
}

fn provider() -> ProviderName {
    ProviderName::new("test").unwrap()
}

const USERS: [&str; 2] = ["ada", "bob"];

fn any_row() -> impl Strategy<Value = ProviderTransaction> {
    let amount = prop_oneof![
        4 => (-100_000_i64..100_000, 0_u32..4).prop_map(|(mantissa, scale)| (i128::from(mantissa), scale)),
        1 => (-(10_i128.pow(28) - 1)..10_i128.pow(28), 0_u32..=28),
        1 => (any::<i64>().prop_map(i128::from), 0_u32..=28),
    ];
    let currency = prop_oneof![
        4 => Just(Currency::iso("USD").unwrap()),
        1 => Just(Currency::unofficial("BTC").unwrap()),
    ];
    let texts = (option::of("\\PC{0,8}"), "\\PC{0,12}|a\0b", option::of("[A-C]{1}"));
    let rest = (option::of(0_u64..60), any::<bool>(), option::of("[0-9]{1,3}"));
    ((0_u8..14, 0_usize..3), amount, currency, 0_u64..40, texts, rest).prop_map(
        |(
            (id, account),
            (mantissa, scale),
            currency,
            date,
            (merchant, text, category),
            (authorized, pending, raw),
        )| {
            let amount = rust_decimal::Decimal::from_i128_with_scale(mantissa, scale);
            ProviderTransaction {
                amount: money(&amount.to_string(), &currency),
                date: day(date),
                authorized_date: authorized.map(day),
                pending,
                merchant_name: merchant.map(Into::into),
                description: text.into(),
                category: category.map(|name| {
                    let version = (name == "A").then(|| "v2".to_owned());
                    Arc::new(ProviderCategory {
                        primary: name,
                        detailed: "D".into(),
                        confidence: None,
                        version,
                    })
                }),
                raw: raw.map(|raw| RawJson::from_text(&raw)),
                ..row(&format!("t{id}"), &format!("a{account}"), "0")
            }
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    let cursor = option::weighted(0.3, (option::of(0_u8..3), option::of(0_u8..3)));
    let accounts = (vec(0_usize..3, 0..3), vec(1_i64..6, 0..2));
    let updates = vec((1_i64..12, any_row(), any::<bool>()), 0..3);
    let carried = option::weighted(0.3, (1_i64..12, 1_i64..12));
    let rows = (updates, vec(any_row(), 0..4), vec(1_i64..12, 0..2), carried);
    let careless = prop::bool::weighted(0.2);
    let typed =
        option::weighted(0.2, any_edit().prop_map(|edit| edit.applied_to(&TransactionEdits::default())));
    (1_i64..4, careless, cursor, accounts, rows, any::<bool>(), typed).prop_map(
        |(
            connection,
            careless,
            cursor,
            (listed, gone),
            (updates, inserts, removals, carried),
            told,
            typed,
        )| Step {
            connection,
            careless,
            cursor,
            listed,
            gone,
            updates,
            inserts,
            removals,
            carried,
            told,
            typed,
        },
    )
}

fn any_edit() -> impl Strategy<Value = TransactionEdit> {
    let text = || option::of(option::of("[a-c]{0,2}"));
    let amount =
        option::of(option::of((-500_i64..500).prop_map(|cents| rust_decimal::Decimal::new(cents, 2))));
    let date = option::of(option::of((0_u64..40).prop_map(day)));
    let flag = || option::of(any::<bool>());
    (text(), text(), text(), (flag(), flag(), option::of(flag())), amount, date).prop_map(
        |(name, category, note, (hidden, deleted, counts_while_pending), amount, date)| TransactionEdit {
            name,
            category,
            note,
            hidden,
            deleted,
            amount,
            date,
            counts_while_pending,
            parts: None,
        },
    )
}

fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => (0_usize..2, 0_usize..3).prop_map(|(user, item)| Call::Link { user, item }),
        8 => any_step().prop_map(|step| Call::Apply(Box::new(step))),
        3 => (0_usize..2, 1_i64..12, any_edit()).prop_map(|(user, id, edit)| Call::Edit { user, id, edit }),
        1 => (1_i64..4, any::<bool>()).prop_map(|(connection, fault)| Call::Record { connection, fault }),
        2 => (0_usize..2, 1_i64..4, any_due(), any::<bool>())
            .prop_map(|(user, connection, due, careless)| Call::Plan { user, connection, due, careless }),
        3 => (0_usize..2, 1_i64..4, 1_u64..4, 0_i64..6, any_lease_action()).prop_map(
            |(user, connection, number, seconds, action)| Call::Lease { user, connection, number, seconds, action }
        ),
        3 => (option::of(0_usize..2), any::<bool>(), 1_u32..5, any_end())
            .prop_map(|(user, fresh_only, limit, then)| Call::Categorise { user, fresh_only, limit, then }),
        1 => (0_usize..2, 1_i64..5, prop::bool::weighted(0.3))
            .prop_map(|(user, connection, erase)| Call::Remove { user, connection, erase }),
        2 => (0_usize..2, 1_i64..6, 1_i64..6, 0_usize..4, 0_usize..2)
            .prop_map(|(user, from, into, rows, dropped)| Call::Merge { user, from, into, rows, dropped }),
        1 => (0_usize..2).prop_map(|user| Call::Forget { user }),
    ]
}

fn any_due() -> impl Strategy<Value = Due> {
    prop_oneof![
        (0_i64..30).prop_map(|second| Due::At { at: at(second), why: DueReason::Webhook }),
        Just(Due::Paused(PauseReason::LinkAgain)),
        Just(Due::Never),
    ]
}

fn any_lease_action() -> impl Strategy<Value = LeaseAction> {
    use LeaseAction::{Claim, Release, Renew, Take};
    prop_oneof![Just(Claim), Just(Take), Just(Renew), Just(Release)]
}

fn any_end() -> impl Strategy<Value = AfterAnswers> {
    prop_oneof![
        Just(AfterAnswers::Done),
        Just(AfterAnswers::GoOn),
        Just(AfterAnswers::PassOn),
        Just(AfterAnswers::Retry { wait: TimeDelta::seconds(1), attempts: 2 }),
    ]
}

/// Claims rows and gives every other one a category.
async fn categorise(
    request: ClaimRequest,
    then: AfterAnswers,
    store: &dyn Store,
) -> Result<String, StoreError> {
    let Some(claim) = store.claim_uncategorised(&request).await? else { return Ok("nothing".to_owned()) };
    let answers = claim.questions.iter().step_by(2).map(|question| CategoryAnswer {
        transaction: question.transaction,
        assigned: AssignedCategory {
            category: format!("C{}", request.limit),
            confidence: None,
            source: "model".to_owned(),
        },
    });
    let answers = CategoryAnswers {
        scope: request.scope,
        claim: claim.id,
        at: request.at,
        answers: answers.collect(),
        then,
    };
    let changed = store.apply_categories(&answers).await?;
    Ok(format!("{changed} {:?} {:?} {:?}", claim.until, claim.last, claim.questions))
}

fn run(connection: i64, fault: bool) -> SyncRun {
    let fault = fault.then(|| ConnectionFault {
        kind: ProviderErrorKind::Unavailable,
        code: None,
        user_message: "later".to_owned(),
        at: at(3),
    });
    SyncRun {
        connection: ConnectionId::new(connection),
        started_at: at(1),
        ended_at: at(2),
        outcome: RunOutcome::Failed,
        counts: SyncCounts::default(),
        pages: 1,
        restarts: 0,
        retries: 0,
        fault,
    }
}

fn told_account(number: usize, second: i64) -> ProviderAccount {
    let mut told = account(&format!("a{number}"));
    told.balances.current = (second % 4 != 0).then(|| (second % 3).into());
    told
}

/// The change set of a step. What would be wrong with it is left out, unless the step is careless.
async fn change_set(step: &Step, second: i64, store: &dyn Store) -> ChangeSet {
    let connection = ConnectionId::new(step.connection);
    let known = store.known_transactions(connection, KnownTransactions::All).await.unwrap();
    let present = |id: i64| known.iter().find(|known| known.id.number() == id && !known.superseded);
    let leads_to = |row: &ProviderTransaction| {
        known.iter().find(|known| known.provider_id == row.id).map(|known| known.id.number())
    };
    let mut taken = HashSet::new();

    let mut updates: Vec<RowUpdate> = Vec::new();
    for (id, row, renamed) in &step.updates {
        let (mut row, mut renamed) = (row.clone(), *renamed);
        if let Some(present) = present(*id) {
            let free = leads_to(&row).is_none_or(|other| other == *id) && row.id != present.provider_id;
            if !renamed || (!free && !step.careless) {
                (row.id, renamed) = (present.provider_id.clone(), false);
            }
        }
        let sound = present(*id).is_some() && taken.insert(row.id.clone());
        let twice = updates.iter().any(|update| update.id.number() == *id);
        if step.careless || (sound && !twice) {
            let (id, digest) = (TransactionId::new(*id), row.digest());
            updates.push(RowUpdate { id, digest, row, renamed, origin: RowOrigin::Provider });
        }
    }
    let mut inserts = step.inserts.clone();
    inserts.retain(|row| step.careless || (leads_to(row).is_none() && taken.insert(row.id.clone())));
    let mut removals = step.removals.clone();
    removals.retain(|id| step.careless || present(*id).is_some());

    let mut carries: Vec<(i64, i64)> = step.carried.into_iter().collect();
    carries.retain(|(from, to)| {
        step.careless || (present(*from).is_some() && present(*to).is_some() && from != to)
    });

    let cursor = |number: Option<u8>| number.and_then(|number| Cursor::new(&format!("c{number}")));
    let mut stands = None;
    for user in USERS.map(user) {
        if let Ok(found) = store.connection(&user, connection).await {
            stands = found.cursor;
        }
    }
    ChangeSet {
        cursor: step.cursor.map(|(from, to)| CursorStep {
            expected: if step.careless { cursor(from) } else { stands },
            next: cursor(to),
        }),
        accounts: AccountChanges {
            listed: step.listed.iter().map(|number| told_account(*number, second)).collect(),
            gone: step.gone.iter().filter(|_| step.careless).map(|id| AccountId::new(*id)).collect(),
        },
        edit_carries: carries
            .into_iter()
            .map(|(from, to)| EditCarry { from: TransactionId::new(from), to: TransactionId::new(to) })
            .collect(),
        updates,
        inserts: inserts
            .into_iter()
            .map(|row| RowInsert { edits: step.typed.clone().map(Box::new), ..insert(row) })
            .collect(),
        removals: removals.into_iter().map(TransactionId::new).collect(),
        status: step.told.then_some(ConnectionStatus::Good),
        history: step.told.then_some(HistoryStatus::Recent),
        run: step.told.then(|| run(step.connection, false)),
        ..ChangeSet::new(connection, at(second))
    }
}

/// A merge of two connections as they stand.
async fn merge_of(
    place: usize,
    (from, into): (i64, i64),
    (rows, dropped): (usize, usize),
    second: i64,
    store: &dyn Store,
) -> Result<ConnectionMerge, StoreError> {
    let user = user(USERS[place]);
    let (from, into) = (ConnectionId::new(from), ConnectionId::new(into));
    let accounts = store.accounts(&user).await?;
    let of = |connection: ConnectionId| {
        accounts.iter().filter(move |account| account.connection == connection).map(|account| account.id)
    };
    let accounts: Vec<AccountPair> =
        of(from).zip(of(into)).map(|(old, new)| AccountPair { old, new }).collect();
    let mut known = Vec::new();
    for connection in [from, into] {
        let mut own = store.known_transactions(connection, KnownTransactions::All).await?;
        own.retain(|known| !known.superseded);
        own.sort_by_key(|known| known.id);
        known.push(own);
    }
    let mut pairs = Vec::new();
    for pair in &accounts {
        let in_account = |side: usize, account: AccountId| {
            known[side].iter().filter(move |known| known.account == account).map(|known| known.id)
        };
        let paired = in_account(0, pair.old).zip(in_account(1, pair.new));
        pairs.extend(paired.map(|(old, new)| RowPair { old, new }));
    }
    pairs.truncate(rows);
    let moved = known[0].iter().map(|known| (known.id, known.account));
    let moved = moved.filter(|(_, account)| accounts.iter().any(|pair| pair.old == *account));
    let moved: Vec<TransactionId> =
        moved.map(|(id, _)| id).filter(|id| !pairs.iter().any(|pair| pair.old == *id)).collect();
    let renamed = |id: &TransactionId| (*id, row_id(&format!("m{second}-{id}")));
    Ok(ConnectionMerge {
        from_revision: store.connection(&user, from).await?.revision,
        into_revision: store.connection(&user, into).await?.revision,
        user,
        from,
        into,
        at: at(second),
        accounts,
        rows: pairs,
        dropped: moved.iter().copied().take(dropped).collect(),
        renamed: moved.iter().map(renamed).collect(),
        audit: Vec::new(),
    })
}

/// Makes the call and gives its answer as text.
async fn make(call: &Call, second: i64, store: &dyn Store) -> Result<String, StoreError> {
    let users = USERS.map(user);
    Ok(match call {
        Call::Link { user, item } => {
            let mut new = new_connection(&users[*user], &format!("item-{item}"));
            if *item == 2 {
                new.access_token = None;
            }
            format!("{:?}", store.insert_connection(new).await?)
        }
        Call::Remove { user, connection, erase } => {
            let removal = ConnectionRemoval {
                user: users[*user].clone(),
                connection: ConnectionId::new(*connection),
                at: at(second),
                local: if *erase { LocalRecords::Erase } else { LocalRecords::Keep },
                actor: Actor::User,
                reason: None,
            };
            format!("{:?}", store.remove_connection(&removal).await?)
        }
        &Call::Merge { user, from, into, rows, dropped } => {
            let merge = merge_of(user, (from, into), (rows, dropped), second, store).await?;
            format!("{:?} {merge:?}", store.merge_connections(&merge).await?)
        }
        Call::Forget { user } => format!("{:?}", store.forget_user(&users[*user]).await?),
        Call::Apply(step) => format!("{:?}", store.apply(&change_set(step, second, store).await).await?),
        Call::Edit { user, id, edit } => {
            let id = TransactionId::new(*id);
            let row = store.transaction(&users[*user], id).await?;
            let Ok(after) = edit.applied(&row) else { return Ok("an invalid edit".to_owned()) };
            let edits = vec![EditWrite { id, before: row.edit_state(), after }];
            let audit = vec![
                AuditDraft::new(Actor::User, "edited", AuditSubject::Transaction(id))
                    .changing(None::<&u8>, Some(&edits[0].after)),
            ];
            let change = ChangeSet { edits, audit, ..ChangeSet::new(row.connection, at(second)) };
            format!("{:?} {:?}", store.apply(&change).await?, store.transaction(&users[*user], id).await?)
        }
        Call::Categorise { user, fresh_only, limit, then } => {
            let request = ClaimRequest {
                scope: user.map_or(CategoryScope::AllUsers, |user| CategoryScope::User(users[user].clone())),
                fresh_only: *fresh_only,
                after: None,
                limit: *limit,
                at: at(second),
                lease: TimeDelta::seconds(3),
                attempts: 2,
            };
            categorise(request, *then, store).await?
        }
        Call::Record { connection, fault } => {
            let (run, status) = (run(*connection, *fault), Some(ConnectionStatus::Degraded));
            let fault = run.fault.clone();
            let change = ChangeSet::new(run.connection, run.ended_at);
            format!("{:?}", store.apply(&ChangeSet { run: Some(run), status, fault, ..change }).await?)
        }
        Call::Plan { user, connection, due, careless } => {
            let mut schedule = store.schedule(&users[*user], ConnectionId::new(*connection)).await?;
            schedule.due = *due;
            schedule.state.requested_at = Some(at(second));
            schedule.revision -= u64::from(*careless);
            format!("{:?}", store.save_schedule(&schedule, at(second), &[]).await?)
        }
        Call::Lease { user, connection, number, seconds, action } => {
            let (user, connection) = (users[*user].clone(), ConnectionId::new(*connection));
            let (now, until) = (at(second), at(second + seconds));
            let worker = "a worker".to_owned();
            let lease = Lease { user: user.clone(), connection, worker, number: *number, until };
            match action {
                LeaseAction::Claim => {
                    format!("{:?}", store.claim_due(&provider(), "claimer", now, until, 2).await?)
                }
                LeaseAction::Take => {
                    format!("{:?}", store.take_lease(&user, connection, "taker", now, until).await?)
                }
                LeaseAction::Renew => format!("{:?}", store.renew_lease(&lease, until).await?),
                LeaseAction::Release => format!("{:?}", store.release_lease(&lease).await?),
            }
        }
    })
}

fn queries() -> Vec<TransactionQuery> {
    let window = DateWindow::new(Some(day(10)), Some(day(30))).unwrap();
    let after = Some((day(20), TransactionId::new(5)));
    let accounts = vec![AccountId::new(1), AccountId::new(3)];
    let plain = TransactionQuery { limit: 3, ..TransactionQuery::default() };
    let small = (1..9).flat_map(|limit| {
        let selections =
            [RowSelection::Live, RowSelection::WithHidden, RowSelection::Any, RowSelection::AwaitingTheBank];
        selections.map(|rows| TransactionQuery { limit, rows, ..TransactionQuery::default() })
    });
    let others = [
        TransactionQuery { window, ..plain.clone() },
        TransactionQuery { after, ..plain },
        TransactionQuery { accounts, window, after, limit: 100, ..TransactionQuery::default() },
        TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() },
        TransactionQuery { rows: RowSelection::Any, ..TransactionQuery::default() },
        TransactionQuery { rows: RowSelection::DeletedByUser, ..TransactionQuery::default() },
        TransactionQuery { rows: RowSelection::Restorable, ..TransactionQuery::default() },
    ];
    small.chain(others).collect()
}

async fn compare(home: &Home, calls: Vec<Call>) {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let other = home.open().await;
    let users: Vec<UserId> = USERS.map(user).to_vec();
    for store in [&memory, &other] {
        Linked::new(store.clone(), USERS[0], "item-0", &["a0", "a1", "a2"]).await;
        Linked::new(store.clone(), USERS[1], "item-1", &["a0", "a1", "a2"]).await;
    }
    for (second, call) in (10..).zip(&calls) {
        let numbers = home.numbers().await;
        // Of several faults a store may name any, so that a call was refused is all that is compared.
        let expected = make(call, second, &*memory).await;
        let found = make(call, second, &*other).await;
        let refusals = (expected.as_ref().err(), found.as_ref().err());
        assert_eq!(found.as_ref().ok(), expected.as_ref().ok(), "{refusals:?} {call:?}");
        if found.is_err() {
            home.give_back(numbers).await;
        }
    }
    assert_eq!(Snapshot::of(&*other, &users).await, Snapshot::of(&*memory, &users).await);
    for user in &users {
        assert_eq!(other.records(user).await.unwrap(), memory.records(user).await.unwrap());
    }
    assert_eq!(
        other.next_claim_at(&provider()).await.unwrap(),
        memory.next_claim_at(&provider()).await.unwrap()
    );
    let now = at(20);
    assert_eq!(
        other.scheduler_status(&provider(), now).await.unwrap(),
        memory.scheduler_status(&provider(), now).await.unwrap()
    );
    for query in queries() {
        for user in &users {
            let found = list(&*other, user, &query).await;
            assert_eq!(found, list(&*memory, user, &query).await, "{query:?}");
            let days = memory.transaction_days(user, &query).await.unwrap();
            assert_eq!(other.transaction_days(user, &query).await.unwrap(), days, "{query:?}");
            let linked = Linked { store: other.clone(), user: user.clone(), id: ConnectionId::new(1) };
            linked.compare_visits(&query, &TransactionText::ALL).await;
        }
    }
}

async fn list(store: &dyn Store, user: &UserId, query: &TransactionQuery) -> Vec<finance_core::Transaction> {
    store.transactions(user, query).await.unwrap()
}

fn run_on(home: impl AsyncFnOnce() -> Home, calls: Vec<Call>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let home = home().await;
        compare(&home, calls).await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_lead_to_the_same_books(calls in vec(any_call(), 5..40)) {
        run_on(async || Home::in_a_file(), calls);
    }

    #[test]
    fn any_calls_lead_to_the_same_books_on_a_server(calls in vec(any_call(), 5..40)) {
        run_on(async || Home::on_a_server().await, calls);
    }
}
