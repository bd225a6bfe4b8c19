//! How many due connections do eight workers claim in a second in PostgreSQL, ten at a time?
//!
//! The limit is the bare statement on connections of its own: no pool, no lease that is over, nobody's name in the answer. A turn
//! ends when none is left; nothing is released meanwhile, and a connection that is claimed twice or never is a failure. The
//! server is a throw-away one without `fsync`, in memory where there is room.

use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::turns::{Contender, compare};
use benches::{Failure, from_environment};
use chrono::{DateTime, TimeDelta, Utc};
use finance_core::{ProviderName, ScheduleStore};
use finance_store::{PostgresOptions, PostgresStore};
use postgres_server::{Database, PostgresServer};
use sqlx::AssertSqlSafe;
use tokio::runtime::Runtime;

const WORKERS: usize = 8;
/// Connections that a worker claims at once.
const AT_ONCE: u32 = 10;

const FILL: &str = "INSERT INTO finance_connections (user_id, provider, provider_id, status, history, created_at, token_key, token) \
     SELECT 'user-' || n, 'plaid', 'due-' || n, 'good', 'complete', now(), 0, '' FROM generate_series(1, $1) n";
const PLAN: &str = "INSERT INTO finance_schedules \
     (connection_id, provider, revision, frequency, since, failures, due_at, why, lease_number) \
     SELECT id, provider, 1, 'every_6_hours', now(), 0, now(), 'period', 0 FROM finance_connections";

const BARE: &str = "UPDATE finance_schedules SET lease_number = lease_number + 1, lease_worker = $1, lease_until = $2 \
     WHERE connection_id = ANY (ARRAY (SELECT connection_id FROM finance_schedules \
         WHERE provider = 'plaid' AND due_at <= $3 AND lease_until IS NULL \
         ORDER BY due_at, connection_id LIMIT 10 FOR UPDATE SKIP LOCKED)) \
     RETURNING connection_id";

fn main() -> Result<(), Failure> {
    let rounds = from_environment("BENCH_ROUNDS", 5)?;
    let due = from_environment("BENCH_DUE", 20_000)?;
    let runtime = Runtime::new()?;
    let bare = || runtime.block_on(bare(due));
    let ours = || runtime.block_on(ours(due));
    let contenders =
        vec![Contender::new("limit: the bare statement", bare), Contender::new("claim_due", ours)];
    let title = format!("PostgreSQL, due connections claimed by {WORKERS} workers, {AT_ONCE} at a time");
    compare(&title, due, rounds, contenders)
}

/// Books with so many connections that are due, in a database of their own.
async fn books(due: usize) -> Result<(Database, Arc<PostgresStore>), Failure> {
    let database = PostgresServer::shared().database().await;
    let store = Arc::new(PostgresStore::connect(&database.url(), PostgresOptions::default()).await?);
    let mut plain = database.connect().await;
    sqlx::query(FILL).bind(i64::try_from(due)?).execute(&mut plain).await?;
    for sql in [PLAN, "VACUUM ANALYZE finance_connections, finance_schedules"] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut plain).await?;
    }
    Ok((database, store))
}

/// The instant of the claims, at which all are due, and the end of the leases.
fn instants() -> (DateTime<Utc>, DateTime<Utc>) {
    let now = Utc::now() + TimeDelta::seconds(5);
    (now, now + TimeDelta::minutes(10))
}

async fn bare(due: usize) -> Result<Duration, Failure> {
    let (database, _store) = books(due).await?;
    let (now, until) = instants();
    let mut plain = Vec::new();
    for _ in 0..WORKERS {
        plain.push(database.connect().await);
    }
    let start = Instant::now();
    let workers = plain.into_iter().enumerate().map(|(number, mut plain)| async move {
        let mut all: Vec<i64> = Vec::new();
        loop {
            let query = sqlx::query_scalar(BARE).bind(format!("worker-{number}")).bind(until).bind(now);
            let claimed: Vec<i64> = query.fetch_all(&mut plain).await?;
            if claimed.is_empty() {
                return Ok(all);
            }
            all.extend(claimed);
        }
    });
    each_once(workers.map(tokio::spawn).collect(), due, start).await
}

async fn ours(due: usize) -> Result<Duration, Failure> {
    let (_database, store) = books(due).await?;
    let (now, until) = instants();
    let provider = ProviderName::new("plaid")?;
    let start = Instant::now();
    let workers = (0..WORKERS).map(|number| {
        let (store, provider) = (store.clone(), provider.clone());
        async move {
            let (name, mut all) = (format!("worker-{number}"), Vec::new());
            loop {
                let claimed = store.claim_due(&provider, &name, now, until, AT_ONCE).await?;
                if claimed.is_empty() {
                    return Ok(all);
                }
                all.extend(claimed.into_iter().map(|lease| lease.connection.number()));
            }
        }
    });
    each_once(workers.map(tokio::spawn).collect(), due, start).await
}

/// What it took until all workers found nothing more, when they claimed each once.
async fn each_once(
    workers: Vec<tokio::task::JoinHandle<Result<Vec<i64>, Failure>>>,
    due: usize,
    start: Instant,
) -> Result<Duration, Failure> {
    let mut claimed = Vec::new();
    for worker in workers {
        claimed.extend(worker.await??);
    }
    let took = start.elapsed();
    let all = claimed.len();
    claimed.sort_unstable();
    claimed.dedup();
    match claimed.len() == due && all == due {
        true => Ok(took),
        false => {
            Err(format!("{all} claims of {} connections, of which {due} were due", claimed.len()).into())
        }
    }
}
