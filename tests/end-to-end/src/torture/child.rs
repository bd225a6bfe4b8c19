//! The process that is killed: it works on the books until it dies, and tells what it is at on its standard output.

use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use fastrand::Rng;
use finance_core::{
    AccountKind, BankProvider, CategoryRule, Clock, Currency, EngineOptions, ForgetOptions, ImportRequest,
    LeasePolicy, MergeOptions, NewManualAccount, NewTransaction, PagerPolicy, ReconcileRequest,
    RemovalOptions, Store, SyncEngine, SyncError, SyncErrorKind, SyncProgress, SyncRequest, SyncScope,
    Transaction, TransactionEdit, TransactionQuery, UserId, parse_amount,
};

/// Rows of each file that is imported.
pub(super) const FILE_ROWS: usize = 20;

/// What the process is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the killer names them all")]
pub enum ChildTask {
    /// Anything an application does from day to day, in random order, without an end.
    Everyday,
    /// Sync the only connection.
    Sync,
    /// Import a file into the manual account.
    Import,
    /// Compare every account.
    Reconcile,
    /// Ask for balances.
    Balances,
    /// Make the user's two connections one.
    Merge,
    /// Remove the newest connection.
    Remove,
    /// Forget the user.
    Forget,
}

impl ChildTask {
    /// Those that end by themselves.
    pub const SINGLE: [Self; 7] =
        [Self::Sync, Self::Import, Self::Reconcile, Self::Balances, Self::Merge, Self::Remove, Self::Forget];

    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Everyday => "everyday",
            Self::Sync => "sync",
            Self::Import => "import",
            Self::Reconcile => "reconcile",
            Self::Balances => "balances",
            Self::Merge => "merge",
            Self::Remove => "remove",
            Self::Forget => "forget",
        }
    }
}

impl FromStr for ChildTask {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::SINGLE.into_iter().chain([Self::Everyday]).find(|task| task.name() == name);
        found.ok_or_else(|| format!("`{name}` is no task"))
    }
}

/// A clock so many seconds ahead: what a killed process held is over for the next one at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead(pub(super) i64);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.0)
    }
}

/// An engine whose leases are short.
pub(super) fn engine(provider: Arc<dyn BankProvider>, store: Arc<dyn Store>, ahead: i64) -> SyncEngine {
    let mut options = EngineOptions {
        pager: PagerPolicy { page_size: 12, ..PagerPolicy::default() },
        lease: LeasePolicy {
            term: Duration::from_secs(1),
            patience: Duration::from_secs(20),
            look_every: Duration::from_millis(10),
        },
        ..EngineOptions::default()
    };
    options.schedule.gap_seconds = 0;
    SyncEngine::new(provider, store, Arc::new(Ahead(ahead)), options)
}

/// Tells a line to whoever started the process.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever does not listen any more is about to kill.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Works on the books: `arguments` are the place, the simulator's address, seconds that the clock is ahead, a seed, the task, and
/// the number of the step at which to stand still, 0 for none.
///
/// # Panics
/// When anything fails that must not.
pub async fn run_child(arguments: &[String]) {
    let [place, url, ahead, seed, task, stop] = arguments else { panic!("six arguments") };
    let (ahead, seed, stop): (i64, u64, u32) =
        (ahead.parse().unwrap(), seed.parse().unwrap(), stop.parse().unwrap());
    let task: ChildTask = task.parse().unwrap();
    let store = crate::open(place).await;
    let steps = AtomicU32::new(0);
    let listener = move |step: SyncProgress| {
        let number = steps.fetch_add(1, Ordering::SeqCst) + 1;
        tell(&format!("step {number} {step:?}"));
        if number == stop {
            tell("standing");
            loop {
                std::thread::park();
            }
        }
    };
    let engine = engine(Arc::new(crate::provider(url)), store, ahead).with_progress(Arc::new(listener));
    let user = UserId::new("anna").unwrap();
    let mut hand = Hand { engine, user, rng: Rng::with_seed(seed), seed, done: 0 };
    tell("ready");
    hand.perform(&task).await.unwrap();
    tell("ended");
}

struct Hand {
    engine: SyncEngine,
    user: UserId,
    rng: Rng,
    seed: u64,
    done: u64,
}

impl Hand {
    async fn perform(&mut self, task: &ChildTask) -> Result<(), SyncError> {
        let (engine, user) = (&self.engine, &self.user);
        match task {
            ChildTask::Everyday => loop {
                Box::pin(self.do_something()).await;
            },
            ChildTask::Sync => {
                engine.sync_transactions(user, &SyncRequest::new(SyncScope::All)).await?;
            }
            ChildTask::Import => self.import().await?,
            ChildTask::Reconcile => {
                engine.reconcile(user, &ReconcileRequest::new(SyncScope::All)).await?;
            }
            ChildTask::Balances => {
                engine.sync_balances(user, &SyncScope::All).await?;
            }
            ChildTask::Merge => {
                let [from, into] = [0, 1];
                let banks = self.banks().await?;
                engine.merge_connections(user, banks[from], banks[into], &MergeOptions::default()).await?;
            }
            ChildTask::Remove => {
                let newest = *self.banks().await?.last().unwrap();
                engine.remove_connection(user, newest, &RemovalOptions::default()).await?;
            }
            ChildTask::Forget => {
                engine.forget_user(user, &ForgetOptions::default()).await?;
            }
        }
        Ok(())
    }

    /// One thing that a user or a schedule does. What two of them do at once may be refused, and nothing else.
    async fn do_something(&mut self) {
        self.done += 1;
        let done = match self.rng.u8(..100) {
            0..35 => self.perform(&ChildTask::Sync).await,
            35..60 => self.note().await,
            60..70 => self.type_in().await,
            70..78 => self.perform(&ChildTask::Import).await,
            78..86 => self.perform(&ChildTask::Reconcile).await,
            86..90 => self.correct().await,
            90..94 => self.perform(&ChildTask::Balances).await,
            94..97 => self.rules().await,
            _ => self.engine.categorize_now(&self.user).await.map(drop),
        };
        match done {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), SyncErrorKind::Store(_) | SyncErrorKind::NotResolved) => {
                tell(&format!("refused {error}"));
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn banks(&self) -> Result<Vec<finance_core::ConnectionId>, SyncError> {
        let connections = self.engine.connections(&self.user).await?;
        Ok(connections.into_iter().filter(|one| !one.is_manual()).map(|one| one.id).collect())
    }

    async fn any_row(&mut self) -> Result<Option<Transaction>, SyncError> {
        let query = TransactionQuery { limit: 200, ..TransactionQuery::default() };
        let rows = self.engine.transactions(&self.user, &query).await?;
        Ok(self.rng.choice(rows))
    }

    async fn note(&mut self) -> Result<(), SyncError> {
        let Some(row) = self.any_row().await? else { return Ok(()) };
        let note = format!("note-{}-{}", self.seed, self.done);
        let edit = TransactionEdit { note: Some(Some(note.clone())), ..TransactionEdit::default() };
        tell(&format!("noting {} {note}", row.id));
        self.engine.edit_transaction(&self.user, row.id, &edit).await?;
        tell(&format!("noted {} {note}", row.id));
        Ok(())
    }

    /// The manual account, made when there is none.
    async fn manual_account(&self) -> Result<finance_core::AccountId, SyncError> {
        let connections = self.engine.connections(&self.user).await?;
        let manual = connections.iter().find(|connection| connection.is_manual());
        let accounts = self.engine.accounts(&self.user).await?;
        let own = accounts.iter().find(|account| Some(account.connection) == manual.map(|it| it.id));
        if let Some(account) = own {
            return Ok(account.id);
        }
        let currency = Currency::iso("USD").unwrap();
        let new = NewManualAccount::new("Jar", AccountKind::OtherDepository, currency);
        Ok(self.engine.create_manual_account(&self.user, &new).await?.id)
    }

    async fn type_in(&mut self) -> Result<(), SyncError> {
        let account = self.manual_account().await?;
        let text = format!("typed-{}-{}", self.seed, self.done);
        let new = NewTransaction::new(self.day(), parse_amount("-3.00").unwrap(), &text);
        tell(&format!("typing {text}"));
        self.engine.add_transaction(&self.user, account, &new).await?;
        tell(&format!("typed {text}"));
        Ok(())
    }

    async fn import(&self) -> Result<(), SyncError> {
        let account = self.manual_account().await?;
        let mark = format!("file-{}-{}", self.seed, self.done);
        // No amount comes twice, so that no row is taken for one of another file.
        let amount = self.seed % 1_000_000 * 1_000 + self.done;
        let rows = (0..FILE_ROWS).map(|row| format!("2026-01-05,{mark} {row},-{amount}.{row:02}\n"));
        let file = ImportRequest::new(format!("Date,Description,Amount\n{}", rows.collect::<String>()));
        tell(&format!("importing {mark}"));
        self.engine.import_file(&self.user, account, &file).await?;
        tell(&format!("imported {mark}"));
        Ok(())
    }

    /// Accepts an explanation, or takes one back that was accepted.
    async fn correct(&mut self) -> Result<(), SyncError> {
        let request = ReconcileRequest::new(SyncScope::All);
        let report = self.engine.reconcile(&self.user, &request).await?;
        for account in report.accounts {
            let Ok(found) = account.outcome else { continue };
            if found.comparison.explanations.is_empty() {
                continue;
            }
            self.engine.resolve(&self.user, found.id, 1, None).await?;
            self.engine.undo_resolution(&self.user, found.id, 1, None).await?;
            return Ok(());
        }
        Ok(())
    }

    async fn rules(&mut self) -> Result<(), SyncError> {
        let text_contains = Some(format!("mark {}", self.done));
        let rule = CategoryRule { text_contains, category: "Food".to_owned(), ..CategoryRule::default() };
        self.engine.set_category_rules(&self.user, &[rule]).await
    }

    fn day(&mut self) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, self.rng.u32(1..=28)).unwrap_or_default()
    }
}
