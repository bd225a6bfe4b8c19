//! A scenario on its way: the bank's side, links, syncs and edits.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use end_to_end::{Books, World};
use finance_core::{
    CategoryClaim, ConnectionId, Linked, ReconciliationId, RowOrigin, SyncErrorKind, Transaction,
    TransactionEdit, TransactionId, parse_amount,
};
use plaid_simulator::{
    Change, ModifyTransaction, NewTransaction, PostPending, PostingOrder, Readiness, ReadinessPlan,
    SimulatorOptions,
};

use super::{Counts, Expected, Row, Scenario, Step};

/// A scenario on its way.
pub(super) struct Play<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: World,
    pub(super) item: String,
    pub(super) linked: Option<Linked>,
    /// The connection before it, where the bank was linked twice.
    pub(super) earlier: Option<ConnectionId>,
    /// The simulator's ids of rows, by the scenario's names.
    pub(super) ids: BTreeMap<String, String>,
    /// The identifiers that rows got in the books when they first stood there.
    pub(super) first_seen: BTreeMap<String, TransactionId>,
    /// The last comparison with the bank.
    pub(super) compared: Option<ReconciliationId>,
    /// Entries of the audit trail that were looked at.
    pub(super) trail_seen: u64,
    /// What a worker claimed last.
    pub(super) claim: Option<CategoryClaim>,
    /// The number of the last event that was looked at.
    pub(super) events_seen: u64,
}

impl<'a> Play<'a> {
    pub(super) async fn begin(
        scenario: &'a Scenario,
        books: Books,
        posting: PostingOrder,
        split: bool,
    ) -> Play<'a> {
        let mut options = SimulatorOptions::default();
        options.accounts = 0;
        options.transactions = 0;
        options.today = NaiveDate::from_ymd_opt(2026, 3, 31);
        options.posting = posting;
        options.split_postings = split;
        options.readiness = ReadinessPlan::ByCommand;
        options.webhook_tries = 1;
        options.webhook_retry_delay = std::time::Duration::ZERO;
        let world = World::new(books, options, scenario.page_size).await;
        Play {
            scenario,
            world,
            item: String::new(),
            linked: None,
            earlier: None,
            ids: BTreeMap::new(),
            first_seen: BTreeMap::new(),
            compared: None,
            trail_seen: 0,
            claim: None,
            events_seen: 0,
        }
    }

    pub(super) async fn run(mut self) {
        for step in &self.scenario.steps {
            self.step(step.clone()).await;
        }
        self.check_ledger().await;
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Books(step) => self.books(step).await,
            Step::Categories(step) => self.categories(step).await,
            Step::Link(counts) => self.link(&counts).await,
            Step::Sync(counts) => self.sync(&counts).await,
            Step::Entry(step) => self.entry(step).await,
            Step::Edits(step) => self.edits(step).await,
            Step::Ends(step) => self.ends(step).await,
            Step::Reconcile(step) => self.reconcile(step).await,
            Step::Schedules(step) => self.schedules(step).await,
            Step::Events(step) => self.events(step).await,
            Step::Webhooks(step) => self.webhooks(step).await,
            Step::Status(step) => self.status(step).await,
            Step::Add(row) => self.add(&row),
            Step::Post { row, becomes, link, amount, name } => {
                let amount = amount.map(|amount| parse_amount(&amount).unwrap());
                let post = PostPending { link, amount, name, ..PostPending::of(&self.ids[&row]) };
                let id = self.change(Change::PostPending(post));
                self.ids.insert(becomes, id.unwrap());
            }
            Step::Modify { row, amount, name, date } => {
                let amount = amount.map(|amount| parse_amount(&amount).unwrap());
                let transaction_id = self.ids[&row].clone();
                let modify =
                    ModifyTransaction { transaction_id, amount, name, date, ..ModifyTransaction::default() };
                self.change(Change::ModifyTransaction(modify));
            }
            Step::Remove { row } => {
                let transaction_id = self.ids[&row].clone();
                self.change(Change::RemoveTransaction { transaction_id, keep_balance: false });
            }
            Step::Bank(change) => {
                self.change(change);
            }
            Step::Ready(readiness) => {
                self.change(Change::SetReadiness { readiness });
            }
            Step::Fault(rule) => self.world.control.add_fault(rule),
            Step::ClearFaults => self.world.control.clear_faults(),
            Step::Edit { row, note, category, deleted } => {
                let edit = TransactionEdit {
                    note: note.map(Some),
                    category: category.map(Some),
                    deleted,
                    ..TransactionEdit::default()
                };
                let id = self.first_seen[&row];
                self.world.engine.edit_transaction(&self.world.user, id, &edit).await.unwrap();
            }
        }
    }

    pub(super) fn change(&self, change: Change) -> Option<String> {
        self.world.control.change(&self.item, vec![change]).unwrap().remove(0).transaction_id
    }

    fn add(&mut self, row: &Row) {
        let added = NewTransaction {
            account: row.account.clone(),
            amount: parse_amount(&row.amount).unwrap(),
            name: row.name.clone(),
            date: Some(row.date),
            pending: row.pending,
            pending_transaction_id: row.replaces.as_ref().map(|replaced| self.ids[replaced].clone()),
            ..NewTransaction::default()
        };
        let id = self.change(Change::AddTransaction(added)).unwrap();
        self.ids.insert(row.row.clone(), id);
    }

    async fn link(&mut self, counts: &Counts) {
        let (request, item) = self.world.sign_in("user_good", None).await;
        self.item = item;
        for account in &self.scenario.accounts {
            self.change(Change::OpenAccount(account.clone()));
        }
        for row in &self.scenario.transactions {
            self.add(row);
        }
        if self.scenario.ready {
            self.change(Change::SetReadiness { readiness: Readiness::HistoricalUpdateComplete });
        }
        let mut linked = self.world.engine.link(&self.world.user, request).await.unwrap();
        let first = linked.first_sync.error.take();
        self.check_sync(linked.first_sync.run.as_ref().unwrap(), first.as_ref(), counts);
        self.linked = Some(linked);
        self.see_rows().await;
    }

    async fn sync(&mut self, counts: &Counts) {
        let connection = self.linked.as_ref().unwrap().connection.id;
        let sync = self.world.sync(connection).await;
        self.check_sync(sync.run.as_ref().unwrap(), sync.error.as_ref(), counts);
        self.see_rows().await;
    }

    pub(super) fn check_sync(
        &self,
        run: &finance_core::SyncRun,
        error: Option<&finance_core::SyncError>,
        expected: &Counts,
    ) {
        let kind = error.map(|error| match error.kind() {
            SyncErrorKind::Provider(kind) => kind.name().to_owned(),
            other => format!("{other:?}"),
        });
        assert_eq!(kind, expected.error, "{error:?}");
        assert_eq!(run.outcome.name(), expected.outcome.as_deref().unwrap_or("applied"));
        let counts = run.counts;
        assert_eq!(
            [counts.added, counts.modified, counts.posted, counts.removed, counts.kept_deleted],
            [expected.added, expected.modified, expected.posted, expected.removed, expected.kept_deleted],
            "added, modified, posted, removed, kept deleted: {counts:?}"
        );
        assert_eq!(counts.unchanged, expected.unchanged, "rows that did not change");
        assert_eq!(counts.matched, expected.matched, "rows that stood in the books");
        assert_eq!(run.restarts, expected.restarts, "restarts");
    }

    pub(super) async fn see_rows(&mut self) {
        for row in self.world.ledger().await {
            self.first_seen.entry(self.name(&row)).or_insert(row.id);
        }
    }

    /// The scenario's name of a row. One that did not come from the bank is named by its text.
    pub(super) fn name(&self, row: &Transaction) -> String {
        let named = self.ids.iter().find(|(_, id)| **id == row.provider.id.as_str());
        match named {
            Some((name, _)) => name.clone(),
            None if row.origin == RowOrigin::Provider => panic!("the bank has no row {}", row.provider.id),
            None => row.provider.description.to_string(),
        }
    }

    async fn check_ledger(&self) {
        let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
        let mut books: Vec<Expected> = Vec::new();
        for row in self.world.ledger().await {
            let name = self.name(&row);
            let account = accounts.iter().find(|account| account.id == row.account).unwrap();
            let expected = self.scenario.ledger.iter().find(|expected| expected.row == name);
            let kept_from = expected.and_then(|expected| expected.kept_from.clone());
            if let Some(earlier) = &kept_from {
                assert_eq!(row.id, self.first_seen[earlier], "{name} must be the row that was {earlier}");
            }
            books.push(Expected {
                row: name,
                kept_from,
                account: account.provider.name.clone(),
                amount: row.amount().amount().to_string(),
                note: row.edits.note.clone(),
                category: row.edits.category.clone(),
            });
        }
        let mut expected = self.scenario.ledger.clone();
        expected.sort();
        books.sort();
        assert_eq!(books, expected);
    }
}
