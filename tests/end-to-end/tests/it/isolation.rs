//! No operation shows or touches anything of another user, whatever identifiers it is given.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use end_to_end::Books;
use finance_core::conformance::samples::{account, row, user};
use finance_core::conformance::{BankChange, ManualClock, ProviderFixture, ScriptedProvider, Snapshot};
use finance_core::*;
use proptest::collection::vec;
use proptest::prelude::*;

const USERS: [&str; 3] = ["anna", "bob", "cleo"];
/// Somebody without books.
const STRANGER: &str = "nobody";

/// Who does what, and to which of everybody's records: a number among all of them, or past the last one.
#[derive(Debug, Clone)]
struct Step {
    actor: usize,
    operation: Operation,
    record: usize,
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Connections,
    Accounts,
    Totals,
    Transactions,
    Transaction,
    Edit,
    Delete,
    Refresh,
    Runs,
    LinkToken,
    SyncConnection,
    SyncAccounts,
    SyncAll,
    Balances,
    Events,
}

const OPERATIONS: [Operation; 15] = [
    Operation::Connections,
    Operation::Accounts,
    Operation::Totals,
    Operation::Transactions,
    Operation::Transaction,
    Operation::Edit,
    Operation::Delete,
    Operation::Refresh,
    Operation::Runs,
    Operation::LinkToken,
    Operation::SyncConnection,
    Operation::SyncAccounts,
    Operation::SyncAll,
    Operation::Balances,
    Operation::Events,
];

fn any_step() -> impl Strategy<Value = Step> {
    let operation = prop::sample::select(OPERATIONS.to_vec());
    (0..=USERS.len(), operation, 0_usize..40).prop_map(|(actor, operation, record)| Step {
        actor,
        operation,
        record,
    })
}

/// A record that an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    Connection(ConnectionId),
    Account(AccountId),
    Transaction(TransactionId),
}

struct World {
    engine: SyncEngine,
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    /// Whose each record is.
    owners: BTreeMap<Shown, UserId>,
    _folder: Option<tempfile::TempDir>,
}

impl World {
    /// Three users, each with two connections of two accounts with rows.
    async fn new(books: Books) -> Self {
        let (store, folder) = books.open().await;
        let provider = Arc::new(ScriptedProvider::new());
        let clock = Arc::new(ManualClock::default());
        let engine =
            SyncEngine::new(provider.clone(), store.clone(), clock.clone(), EngineOptions::default());
        for (number, name) in USERS.iter().enumerate() {
            for bank in 0..2 {
                let id = |what: &str, place: usize| format!("{what}-{number}-{bank}-{place}");
                let accounts = (0..2).map(|place| account(&id("a", place))).collect();
                let rows = (0..4).map(|place| row(&id("t", place), &id("a", place % 2), "-1.00")).collect();
                let token = provider.sign_in(accounts, rows, true).await;
                let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(token.clone()) };
                engine.link(&user(name), request).await.unwrap();
                // So that a sync of a stranger would bring something.
                let late = row(&id("late", 0), &id("a", 0), "-2.00");
                provider.change(&token, BankChange::Add(late)).await;
            }
        }
        let mut world = Self { engine, store, clock, owners: BTreeMap::new(), _folder: folder };
        world.learn_owners().await;
        world
    }

    async fn learn_owners(&mut self) {
        for owner in USERS.map(user) {
            let mut records = Vec::new();
            for connection in self.store.connections(&owner).await.unwrap() {
                records.push(Shown::Connection(connection.id));
            }
            for account in self.store.accounts(&owner).await.unwrap() {
                records.push(Shown::Account(account.id));
            }
            let query =
                TransactionQuery { limit: u32::MAX, rows: RowSelection::Any, ..TransactionQuery::default() };
            for row in self.store.transactions(&owner, &query).await.unwrap() {
                records.push(Shown::Transaction(row.id));
            }
            for record in records {
                let before = self.owners.insert(record, owner.clone());
                assert!(before.is_none_or(|before| before == owner), "{record:?} has two owners");
            }
        }
    }

    /// The identifier of somebody's record of a kind, or one that nobody has.
    fn pick<T>(&self, number: usize, of: impl Fn(&Shown) -> Option<T>, unknown: T) -> T {
        let mut all: Vec<T> = self.owners.keys().filter_map(of).collect();
        if number < all.len() { all.swap_remove(number) } else { unknown }
    }

    fn connection(&self, number: usize) -> ConnectionId {
        let of = |shown: &Shown| if let Shown::Connection(id) = shown { Some(*id) } else { None };
        self.pick(number, of, ConnectionId::new(9_999))
    }

    fn account(&self, number: usize) -> AccountId {
        let of = |shown: &Shown| if let Shown::Account(id) = shown { Some(*id) } else { None };
        self.pick(number, of, AccountId::new(9_999))
    }

    fn transaction(&self, number: usize) -> TransactionId {
        let of = |shown: &Shown| if let Shown::Transaction(id) = shown { Some(*id) } else { None };
        self.pick(number, of, TransactionId::new(9_999))
    }

    /// Performs an operation as a user and returns every record that its answer shows.
    async fn perform(&self, actor: &UserId, step: &Step) -> Result<Vec<Shown>, SyncError> {
        let engine = &self.engine;
        let (connection, account) = (self.connection(step.record % 7), self.account(step.record % 13));
        let transaction = self.transaction(step.record);
        Ok(match step.operation {
            Operation::Connections => {
                let connections = engine.connections(actor).await?;
                connections.iter().map(|one| Shown::Connection(one.id)).collect()
            }
            Operation::Accounts => {
                let accounts = engine.accounts(actor).await?;
                accounts
                    .iter()
                    .flat_map(|one| [Shown::Account(one.id), Shown::Connection(one.connection)])
                    .collect()
            }
            Operation::Totals => {
                let totals = engine.account_totals(actor).await?;
                totals.iter().map(|total| Shown::Account(total.account)).collect()
            }
            Operation::Transactions => {
                let accounts = if step.record.is_multiple_of(2) { vec![account] } else { Vec::new() };
                let query = TransactionQuery { accounts, ..TransactionQuery::default() };
                shown_rows(&engine.transactions(actor, &query).await?)
            }
            Operation::Transaction => shown_rows(&[engine.transaction(actor, transaction).await?]),
            Operation::Edit => {
                let note = Some(Some(format!("by {actor}")));
                let edit = TransactionEdit { note, ..TransactionEdit::default() };
                shown_rows(&[engine.edit_transaction(actor, transaction, &edit).await?])
            }
            Operation::Delete => {
                let edit = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
                shown_rows(&[engine.edit_transaction(actor, transaction, &edit).await?])
            }
            Operation::Refresh => {
                engine.refresh_transactions(actor, connection).await?;
                vec![Shown::Connection(connection)]
            }
            Operation::Runs => {
                let runs = engine.sync_runs(actor, connection, 10).await?;
                runs.iter().map(|run| Shown::Connection(run.connection)).collect()
            }
            Operation::LinkToken => {
                engine.create_link_token(actor, &LinkOptions::update("Test", connection)).await?;
                vec![Shown::Connection(connection)]
            }
            Operation::SyncConnection => self.sync(actor, SyncScope::Connection(connection)).await?,
            Operation::SyncAccounts => self.sync(actor, SyncScope::Accounts(vec![account])).await?,
            Operation::SyncAll => self.sync(actor, SyncScope::All).await?,
            Operation::Balances => {
                let report = engine.sync_balances(actor, &SyncScope::Accounts(vec![account])).await?;
                report.accounts.iter().map(|one| Shown::Account(one.account)).collect()
            }
            Operation::Events => {
                let page = self.store.events(actor, 0, u32::MAX).await?;
                assert!(page.events.iter().all(|event| event.user == *actor));
                page.events.iter().flat_map(|event| shown_by_event(&event.kind)).collect()
            }
        })
    }

    async fn sync(&self, actor: &UserId, scope: SyncScope) -> Result<Vec<Shown>, SyncError> {
        let request = SyncRequest { window: Some(DateWindow::default()), ..SyncRequest::new(scope) };
        let report = self.engine.sync_transactions(actor, &request).await?;
        let connections = report.connections.iter().map(|one| Shown::Connection(one.connection));
        Ok(connections.chain(shown_rows(&report.transactions)).collect())
    }
}

fn shown_rows(rows: &[Transaction]) -> Vec<Shown> {
    let shown = |row: &Transaction| {
        [Shown::Transaction(row.id), Shown::Account(row.account), Shown::Connection(row.connection)]
    };
    rows.iter().flat_map(shown).collect()
}

fn shown_by_event(event: &EventKind) -> Vec<Shown> {
    match event {
        EventKind::AccountConnected { connection, account }
        | EventKind::AccountGone { connection, account } => {
            vec![Shown::Connection(*connection), Shown::Account(*account)]
        }
        EventKind::ConnectionChanged { connection, .. } => vec![Shown::Connection(*connection)],
        EventKind::BalanceUpdated { account, .. } | EventKind::AccountReconciled { account, .. } => {
            vec![Shown::Account(*account)]
        }
        EventKind::TransactionsCreated { account, transactions }
        | EventKind::TransactionsModified { account, transactions }
        | EventKind::TransactionsRemoved { account, transactions } => {
            let rows = transactions.iter().map(|id| Shown::Transaction(*id));
            rows.chain([Shown::Account(*account)]).collect()
        }
        EventKind::EntryCreated { account, transaction } => {
            vec![Shown::Account(*account), Shown::Transaction(*transaction)]
        }
        _ => Vec::new(),
    }
}

async fn play(steps: &[Step], books: Books) {
    let mut world = World::new(books).await;
    let everybody = USERS.map(user);
    let mut before = Snapshot::of(&*world.store, &everybody).await;
    for step in steps {
        let actor = user(USERS.get(step.actor).unwrap_or(&STRANGER));
        world.clock.advance(TimeDelta::minutes(5));
        let answer = world.perform(&actor, step).await;
        let after = Snapshot::of(&*world.store, &everybody).await;
        for ((owner, before), after) in everybody.iter().zip(&before.users).zip(&after.users) {
            assert!(*owner == actor || before == after, "{step:?} by {actor} changed what is {owner}'s");
        }
        world.learn_owners().await;
        match answer {
            Ok(shown) => {
                for record in shown {
                    assert_eq!(
                        world.owners.get(&record),
                        Some(&actor),
                        "{step:?} by {actor} shows {record:?}"
                    );
                }
            }
            Err(error) => assert_eq!(*error.kind(), SyncErrorKind::NotFound, "{step:?} by {actor}: {error}"),
        }
        before = after;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_operation_reaches_another_users_books(steps in vec(any_step(), 20..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for books in Books::ALL {
            runtime.block_on(play(&steps, books));
        }
    }
}
