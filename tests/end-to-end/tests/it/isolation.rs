//! No operation shows or touches anything of another user, whatever identifiers it is given.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use end_to_end::{Books, Ground};
use finance_core::conformance::samples::{account, row, user};
use finance_core::conformance::{
    BankChange, BankNews, ManualClock, ProviderFixture, ScriptedProvider, Snapshot, VisitedRows,
};
use finance_core::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Everybody; the last one begins without books.
const USERS: [&str; 4] = ["anna", "bob", "cleo", "nobody"];

/// What somebody tries: an operation, on everybody's records of each kind by their number, or on one that nobody has.
#[derive(Debug, Clone)]
struct Step {
    actor: usize,
    operation: usize,
    connection: usize,
    account: usize,
    transaction: usize,
    other: usize,
}

fn any_step() -> impl Strategy<Value = Step> {
    let records = (0_usize..8, 0_usize..14, 0_usize..40, 0_usize..40);
    (0..USERS.len(), 0..OPERATIONS.len(), records).prop_map(
        |(actor, operation, (connection, account, transaction, other))| Step {
            actor,
            operation,
            connection,
            account,
            transaction,
            other,
        },
    )
}

/// A record, by its kind and number.
type Record = (&'static str, i64);

const KINDS: [&str; 4] = ["ConnectionId", "AccountId", "TransactionId", "ReconciliationId"];

/// Every operation by name, with the kinds of records that it is given.
const OPERATIONS: [(&str, &[&str]); 67] = [
    ("connections", &[]),
    ("accounts", &[]),
    ("account_totals", &[]),
    ("transactions", &[]),
    ("transactions_of", &["AccountId"]),
    ("visit_transactions", &[]),
    ("transaction_days", &[]),
    ("transaction", &["TransactionId"]),
    ("transaction_json", &["TransactionId"]),
    ("refresh_transactions", &["ConnectionId"]),
    ("sync_runs", &["ConnectionId"]),
    ("create_link_token", &["ConnectionId"]),
    ("finish_update", &["ConnectionId"]),
    ("sync_connection", &["ConnectionId"]),
    ("sync_accounts", &["AccountId"]),
    ("sync_all", &[]),
    ("sync_now", &["ConnectionId"]),
    ("request_sync", &["AccountId"]),
    ("schedule", &[]),
    ("scheduler_status", &[]),
    ("set_sync_frequency", &["ConnectionId"]),
    ("sync_balances", &["AccountId"]),
    ("balance_history", &["AccountId"]),
    ("connection_status", &[]),
    ("account_health", &["AccountId"]),
    ("sync_status_account", &["AccountId"]),
    ("sync_status_connection", &["ConnectionId"]),
    ("sync_overview", &[]),
    ("edit_transaction", &["TransactionId"]),
    ("edit_transactions", &["TransactionId", "OtherId"]),
    ("delete", &["TransactionId"]),
    ("transaction_history", &["TransactionId"]),
    ("reconcile_account", &["AccountId"]),
    ("reconcile_all", &[]),
    ("reconciliation", &["ReconciliationId"]),
    ("reconciliations", &["AccountId"]),
    ("resolve", &["ReconciliationId"]),
    ("undo_resolution", &["ReconciliationId"]),
    ("add_statement", &["AccountId"]),
    ("remove_statement", &["AccountId"]),
    ("statements", &["AccountId"]),
    ("audit_trail", &[]),
    ("verify_audit", &[]),
    ("create_manual_account", &[]),
    ("update_manual_account", &["AccountId"]),
    ("add_transaction", &["AccountId"]),
    ("review_duplicates", &["AccountId"]),
    ("merge_transactions", &["TransactionId", "OtherId"]),
    ("categorise", &[]),
    ("claim_and_apply", &[]),
    ("merge_connections", &["ConnectionId", "OtherConnectionId"]),
    ("remove_connection", &["ConnectionId"]),
    ("export", &[]),
    ("preview_import", &["AccountId"]),
    ("import_file", &["AccountId"]),
    ("close_manual_account", &["AccountId"]),
    ("split", &["TransactionId"]),
    ("plan_merge", &["ConnectionId", "OtherConnectionId"]),
    ("category_rules", &[]),
    ("set_category_rules", &[]),
    ("category_backlog", &[]),
    ("claim_and_release", &[]),
    ("records", &[]),
    ("last_event", &[]),
    ("events", &[]),
    (WEBHOOK, &["ConnectionId"]),
    ("forget_user", &[]),
];

/// What the provider sends, and nobody performs: it may concern the user whose connection it names.
const WEBHOOK: &str = "handle_webhook";

struct World {
    engine: SyncEngine,
    store: Arc<dyn Store>,
    provider: Arc<ScriptedProvider>,
    clock: Arc<ManualClock>,
    /// The sign-in behind each connection.
    sign_ins: BTreeMap<ConnectionId, PublicToken>,
    /// Whose each record is, or was.
    owners: BTreeMap<Record, UserId>,
    _ground: Ground,
}

/// What texts of a user's records say, and no other text does.
fn mark(user: &str) -> String {
    format!("of-{user}-")
}

impl World {
    /// Three users, each with two connections of two accounts with rows.
    async fn new(books: Books) -> Self {
        let (store, ground) = books.open().await;
        let provider = Arc::new(ScriptedProvider::new());
        let clock = Arc::new(ManualClock::default());
        let engine =
            SyncEngine::new(provider.clone(), store.clone(), clock.clone(), EngineOptions::default());
        let mut sign_ins = BTreeMap::new();
        for name in &USERS[..3] {
            for bank in 0..2 {
                let id = |what: &str, place: usize| format!("{what}-{}{bank}-{place}", mark(name));
                let accounts = (0..2).map(|place| account(&id("a", place))).collect();
                let rows = (0..4).map(|place| row(&id("t", place), &id("a", place % 2), "-1.00")).collect();
                let token = provider.sign_in(accounts, rows, true).await;
                let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(token.clone()) };
                let linked = engine.link(&user(name), request).await.unwrap();
                sign_ins.insert(linked.connection.id, token.clone());
                // So that a sync of a stranger would bring something.
                let late = row(&id("late", 0), &id("a", 0), "-2.00");
                provider.change(&token, BankChange::Add(late)).await;
            }
            engine.reconcile(&user(name), &ReconcileRequest::new(SyncScope::All)).await.unwrap();
        }
        let owners = BTreeMap::new();
        let mut world = Self { engine, store, provider, clock, sign_ins, owners, _ground: ground };
        world.learn_owners().await;
        world
    }

    async fn learn_owners(&mut self) {
        for owner in USERS.map(user) {
            let mut records: Vec<Record> = Vec::new();
            for connection in self.store.connections(&owner).await.unwrap() {
                records.push((KINDS[0], connection.id.number()));
            }
            for account in self.store.accounts(&owner).await.unwrap() {
                records.push((KINDS[1], account.id.number()));
                let reconciliations = self.store.reconciliations(&owner, account.id, u32::MAX).await.unwrap();
                records.extend(reconciliations.iter().map(|one| (KINDS[3], one.id.number())));
            }
            let query =
                TransactionQuery { limit: u32::MAX, rows: RowSelection::Any, ..TransactionQuery::default() };
            for row in self.store.transactions(&owner, &query).await.unwrap() {
                records.push((KINDS[2], row.id.number()));
            }
            for record in records {
                let before = self.owners.insert(record, owner.clone());
                assert!(before.is_none_or(|before| before == owner), "{record:?} has had two owners");
            }
        }
    }

    /// The number of somebody's record of a kind, or one that nobody has.
    fn pick(&self, kind: &str, place: usize) -> i64 {
        let numbers: Vec<i64> =
            self.owners.keys().filter(|(own, _)| *own == kind).map(|(_, number)| *number).collect();
        numbers.get(place).copied().unwrap_or(9_999)
    }

    /// The records that a step is given.
    fn given(&self, step: &Step) -> Vec<Record> {
        let given = |kind: &&'static str| match *kind {
            "ConnectionId" => (KINDS[0], self.pick(KINDS[0], step.connection)),
            "OtherConnectionId" => (KINDS[0], self.pick(KINDS[0], step.other % 8)),
            "AccountId" => (KINDS[1], self.pick(KINDS[1], step.account)),
            "OtherId" => (KINDS[2], self.pick(KINDS[2], step.other)),
            "ReconciliationId" => (KINDS[3], self.pick(KINDS[3], step.account)),
            _ => (KINDS[2], self.pick(KINDS[2], step.transaction)),
        };
        OPERATIONS[step.operation].1.iter().map(given).collect()
    }

    /// Performs an operation as a user and returns everything it answers.
    async fn perform(&self, actor: &UserId, step: &Step) -> Result<String, SyncError> {
        let engine = &self.engine;
        let connection = ConnectionId::new(self.pick(KINDS[0], step.connection));
        let other_connection = ConnectionId::new(self.pick(KINDS[0], step.other % 8));
        let account = AccountId::new(self.pick(KINDS[1], step.account));
        let transaction = TransactionId::new(self.pick(KINDS[2], step.transaction));
        let other = TransactionId::new(self.pick(KINDS[2], step.other));
        let reconciliation = ReconciliationId::new(self.pick(KINDS[3], step.account));
        let day = NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
        let note = Some(Some(format!("a note {}", mark(actor.as_str()))));
        let edit =
            TransactionEdit { note, category: Some(Some("Food".into())), ..TransactionEdit::default() };
        let all = CategoryScope::User(actor.clone());
        let file = || {
            let row = format!("2025-12-30,{},-12.00", mark(actor.as_str()));
            ImportRequest::new(format!("Date,Description,Amount\n{row}\n"))
        };
        match OPERATIONS[step.operation].0 {
            "connections" => said(engine.connections(actor).await),
            "accounts" => said(engine.accounts(actor).await),
            "account_totals" => said(engine.account_totals(actor).await),
            "transactions" => said(engine.transactions(actor, &TransactionQuery::default()).await),
            "visit_transactions" => {
                let visited = VisitedRows::default();
                let (query, texts) = (TransactionQuery::default(), &TransactionText::ALL);
                let visitor = Box::new(visited.clone());
                let outcome = engine.visit_transactions(actor, &query, texts, visitor).await;
                said(outcome.map(|()| visited.take()))
            }
            "transaction_days" => said(engine.transaction_days(actor, &TransactionQuery::default()).await),
            "transactions_of" => {
                let query = TransactionQuery {
                    accounts: vec![account],
                    rows: RowSelection::Any,
                    ..TransactionQuery::default()
                };
                said(engine.transactions(actor, &query).await)
            }
            "transaction" => said(engine.transaction(actor, transaction).await),
            "transaction_json" => said(engine.transaction_json(actor, transaction).await),
            "refresh_transactions" => said(engine.refresh_transactions(actor, connection).await),
            "sync_runs" => said(engine.sync_runs(actor, connection, 10).await),
            "create_link_token" => {
                said(engine.create_link_token(actor, &LinkOptions::update("Test", connection)).await)
            }
            "finish_update" => said(engine.finish_update(actor, connection).await),
            "sync_connection" => self.sync(actor, SyncScope::Connection(connection)).await,
            "sync_accounts" => self.sync(actor, SyncScope::Accounts(vec![account])).await,
            "sync_all" => self.sync(actor, SyncScope::All).await,
            "sync_now" => said(engine.sync_now(actor, &SyncScope::Connection(connection)).await),
            "request_sync" => said(engine.request_sync(actor, &SyncScope::Accounts(vec![account])).await),
            "schedule" => said(engine.schedule(actor).await),
            "scheduler_status" => said(engine.scheduler_status(actor).await),
            "set_sync_frequency" => {
                said(engine.set_sync_frequency(actor, connection, SyncFrequency::Weekly).await)
            }
            "sync_balances" => said(engine.sync_balances(actor, &SyncScope::Accounts(vec![account])).await),
            "balance_history" => {
                said(engine.balance_history(actor, account, DateWindow::default(), 10).await)
            }
            "connection_status" => said(engine.connection_status(actor).await),
            "account_health" => said(engine.account_health(actor, account).await),
            "sync_status_account" => said(engine.sync_status(actor, StatusSubject::Account(account)).await),
            "sync_status_connection" => {
                said(engine.sync_status(actor, StatusSubject::Connection(connection)).await)
            }
            "sync_overview" => said(engine.sync_overview(actor).await),
            "edit_transaction" => said(engine.edit_transaction(actor, transaction, &edit).await),
            "edit_transactions" => said(engine.edit_transactions(actor, &[transaction, other], &edit).await),
            "delete" => {
                let edit = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
                said(engine.edit_transaction(actor, transaction, &edit).await)
            }
            "transaction_history" => said(engine.transaction_history(actor, transaction).await),
            "reconcile_account" => {
                let request = ReconcileRequest::new(SyncScope::Accounts(vec![account]));
                said(engine.reconcile(actor, &request).await)
            }
            "reconcile_all" => said(engine.reconcile(actor, &ReconcileRequest::new(SyncScope::All)).await),
            "reconciliation" => said(engine.reconciliation(actor, reconciliation).await),
            "reconciliations" => said(engine.reconciliations(actor, account, 10).await),
            "resolve" => said(engine.resolve(actor, reconciliation, 1, None).await),
            "undo_resolution" => said(engine.undo_resolution(actor, reconciliation, 1, None).await),
            "add_statement" => {
                let statement = NewStatement::new(day, parse_amount("77.00").unwrap());
                said(engine.add_statement(actor, account, &statement).await)
            }
            "remove_statement" => said(engine.remove_statement(actor, account, day).await),
            "statements" => said(engine.statements(actor, account).await),
            "audit_trail" => said(engine.audit_trail(actor, 0, 1_000).await),
            "verify_audit" => said(engine.verify_audit(actor, None).await),
            "create_manual_account" => {
                let currency = Currency::iso("EUR").unwrap();
                let new = NewManualAccount::new(mark(actor.as_str()), AccountKind::Checking, currency);
                said(engine.create_manual_account(actor, &new).await)
            }
            "update_manual_account" => {
                let update = ManualAccountUpdate {
                    name: Some(mark(actor.as_str())),
                    ..ManualAccountUpdate::default()
                };
                said(engine.update_manual_account(actor, account, &update).await)
            }
            "add_transaction" => {
                let new = NewTransaction::new(day, parse_amount("-3.00").unwrap(), mark(actor.as_str()));
                said(engine.add_transaction(actor, account, &new).await)
            }
            "review_duplicates" => said(engine.review_duplicates(actor, account).await),
            "merge_transactions" => said(engine.merge_transactions(actor, transaction, other).await),
            "categorise" => said(engine.categorize_now(actor).await),
            "claim_and_apply" => {
                let Some(claim) = engine.claim_uncategorised(&all, 5).await? else {
                    return Ok(String::new());
                };
                let shown = format!("{claim:?}");
                let assigned = AssignedCategory {
                    category: "Food".to_owned(),
                    confidence: Some(50),
                    source: "a model".to_owned(),
                };
                let foreign = vec![CategoryAnswer { transaction, assigned }];
                let _ = engine.apply_categories(&all, claim.id, foreign).await;
                Ok(shown)
            }
            "merge_connections" => {
                let options = MergeOptions::default();
                said(engine.merge_connections(actor, connection, other_connection, &options).await)
            }
            "remove_connection" => {
                let options = RemovalOptions::default();
                said(engine.remove_connection(actor, connection, &options).await)
            }
            "export" => {
                let mut stream = engine.export(actor, &ExportOptions::new(ExportFormat::Json)).await?;
                let mut bytes = Vec::new();
                while let Some(chunk) = stream.next().await? {
                    bytes.extend(chunk);
                }
                Ok(String::from_utf8(bytes).unwrap())
            }
            "preview_import" => said(engine.preview_import(actor, account, &file()).await),
            "import_file" => said(engine.import_file(actor, account, &file()).await),
            "close_manual_account" => said(engine.close_manual_account(actor, account).await),
            "split" => {
                let part = |amount| {
                    let amount = parse_amount(amount).unwrap();
                    TransactionPart { amount, name: None, category: None, note: None }
                };
                let parts = Some(vec![part("-0.40"), part("-0.60")]);
                let edit = TransactionEdit { parts, ..TransactionEdit::default() };
                said(engine.edit_transaction(actor, transaction, &edit).await)
            }
            "plan_merge" => {
                let answers = MergeAnswers::default();
                said(engine.plan_merge(actor, connection, other_connection, &answers).await)
            }
            "category_rules" => said(engine.category_rules(actor).await),
            "set_category_rules" => {
                let (text_contains, category) = (Some(mark(actor.as_str())), "Food".to_owned());
                let rule = CategoryRule { text_contains, category, ..CategoryRule::default() };
                said(engine.set_category_rules(actor, &[rule]).await)
            }
            "category_backlog" => said(engine.category_backlog(actor).await),
            "claim_and_release" => {
                let Some(claim) = engine.claim_uncategorised(&all, 5).await? else {
                    return Ok(String::new());
                };
                for other in USERS.iter().filter(|other| **other != actor.as_str()) {
                    let theirs = CategoryScope::User(user(other));
                    assert!(engine.release_categories(&theirs, claim.id).await.is_err());
                }
                engine.release_categories(&all, claim.id).await?;
                Ok(format!("{claim:?}"))
            }
            "records" => said(engine.records(actor).await),
            "last_event" => said(engine.last_event(actor).await),
            "events" => {
                let last = engine.last_event(actor).await?;
                let (mut stream, mut told, mut number) = (engine.events(actor, 0), String::new(), 0);
                while number < last {
                    let event = stream.next().await?;
                    number = event.number;
                    told.push_str(&format!("{event:?}"));
                }
                Ok(told)
            }
            WEBHOOK => {
                let Some(sign_in) = self.sign_ins.get(&connection) else { return Ok(String::new()) };
                let news = [
                    BankNews::TransactionsReady,
                    BankNews::ConnectionBroken,
                    BankNews::ConnectionRepaired,
                    BankNews::AccountsChanged,
                ];
                let news = &news[step.other % news.len()];
                let webhook = self.provider.webhook_at(sign_in, news, self.clock.now());
                said(engine.handle_webhook(webhook.headers, webhook.body).await)
            }
            "forget_user" => said(engine.forget_user(actor, &ForgetOptions::default()).await),
            unknown => panic!("{unknown} is not performed"),
        }
    }

    async fn sync(&self, actor: &UserId, scope: SyncScope) -> Result<String, SyncError> {
        let request = SyncRequest { window: Some(DateWindow::default()), ..SyncRequest::new(scope) };
        said(self.engine.sync_transactions(actor, &request).await)
    }

    /// The records that an answer names.
    fn named(answer: &str) -> Vec<Record> {
        let of_kind = |kind: &'static str| {
            let numbers = answer.match_indices(kind).filter_map(move |(at, _)| {
                let digits = answer[at + kind.len()..].trim_start_matches(['(', '\n', ' ']);
                digits.split(|digit: char| !digit.is_ascii_digit()).next()?.parse().ok()
            });
            numbers.map(move |number: i64| (kind, number)).collect::<Vec<_>>()
        };
        KINDS.into_iter().flat_map(of_kind).collect()
    }
}

fn said<T: Debug>(answer: Result<T, SyncError>) -> Result<String, SyncError> {
    answer.map(|answer| format!("{answer:?}"))
}

async fn play(steps: &[Step], books: Books) {
    let mut world = World::new(books).await;
    let everybody = USERS.map(user);
    let mut before = Snapshot::of(&*world.store, &everybody).await;
    for step in steps {
        let mut actor = user(USERS[step.actor]);
        if OPERATIONS[step.operation].0 == WEBHOOK
            && let Some(owner) = world.owners.get(&(KINDS[0], world.pick(KINDS[0], step.connection)))
        {
            actor = owner.clone();
        }
        let told = format!("{} by {actor}, {step:?}", OPERATIONS[step.operation].0);
        world.clock.advance(TimeDelta::minutes(5));
        let is_foreign = |record: &Record| world.owners.get(record) != Some(&actor);
        let foreign = OPERATIONS[step.operation].0 != WEBHOOK && world.given(step).iter().any(is_foreign);
        let answer = world.perform(&actor, step).await;
        let after = Snapshot::of(&*world.store, &everybody).await;
        for ((owner, before), after) in everybody.iter().zip(&before.users).zip(&after.users) {
            assert!(*owner == actor || before == after, "{told} changed what is {owner}'s");
        }
        world.learn_owners().await;
        match answer {
            Ok(answer) => {
                assert!(!foreign, "{told} was given what is not {actor}'s and answered {answer}");
                for other in USERS.iter().filter(|other| **other != actor.as_str()) {
                    assert!(!answer.contains(&mark(other)), "{told} shows what is {other}'s: {answer}");
                }
                for record in World::named(&answer) {
                    assert_eq!(world.owners.get(&record), Some(&actor), "{told} shows {record:?}");
                }
            }
            Err(error) if foreign => {
                assert_eq!(*error.kind(), SyncErrorKind::NotFound, "{told}: {error}");
            }
            // What is wrong with a wish that concerns nobody else is tested elsewhere.
            Err(_) => {}
        }
        before = after;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_operation_reaches_another_users_books(steps in vec(any_step(), 30..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for books in Books::ALL {
            runtime.block_on(play(&steps, books));
        }
    }
}
