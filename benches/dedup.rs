//! What does deduplication cost, and how does it grow?
//!
//! The limit does what no deduplication gets around: it puts account and amount of every stored row into a hash map and looks
//! every incoming row up. The rows are those of one user with 20 accounts over ten years, where a tenth of the incoming rows is
//! new and the others come through a re-link: no identifier helps, so this is the dearest case.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::turns::{Contender, compare};
use benches::{Failure, from_environment};
use chrono::NaiveDate;
use fastrand::Rng;
use finance_core::{AccountId, ConnectionId, DedupAction, DedupPolicy, LedgerRow, deduplicate};
use rust_decimal::Decimal;

const ACCOUNTS: i64 = 20;
const DAYS: u64 = 3650;

fn main() -> Result<(), Failure> {
    let rounds = from_environment("BENCH_ROUNDS", 7)?;
    let largest = from_environment("BENCH_ROWS", 1_000_000)?;
    for stored in [10_000, 100_000, 1_000_000].into_iter().filter(|stored| *stored <= largest) {
        for incoming in [1_000, 10_000] {
            let relinked = Books::new(stored, incoming, true);
            let replayed = Books::new(stored, incoming, false);
            let contenders = vec![
                Contender::new("limit: a hash map on account and amount", || Ok(limit(&relinked))),
                Contender::new("through a re-link, reworded, days off", || relinked.deduplicated()),
                Contender::new("told again, all identifiers known", || replayed.deduplicated()),
            ];
            let title = format!("{incoming} incoming rows against {stored} stored");
            compare(&title, stored + incoming, rounds, contenders)?;
        }
    }
    Ok(())
}

fn limit(books: &Books) -> Duration {
    let start = Instant::now();
    let mut places: HashMap<(AccountId, Decimal), Vec<usize>> = HashMap::new();
    for (place, row) in books.stored.iter().enumerate() {
        places.entry((row.account, row.amount)).or_default().push(place);
    }
    let found = books.incoming.iter().filter(|row| places.contains_key(&(row.account, row.amount))).count();
    let took = start.elapsed();
    black_box((places, found));
    took
}

struct Books {
    stored: Vec<LedgerRow>,
    incoming: Vec<LedgerRow>,
    /// How many incoming rows are new.
    new: usize,
}

impl Books {
    /// The latest stored rows, told again by the same connection or through a re-link, and a tenth that is new.
    fn new(stored: usize, incoming: usize, relinked: bool) -> Self {
        let mut random = Rng::with_seed(7);
        let mut rows: Vec<LedgerRow> = (0..stored).map(|number| row(number, stored, &mut random)).collect();
        rows.sort_by_key(|row| row.date);
        let new = incoming / 10;
        let mut told: Vec<LedgerRow> = rows[stored - (incoming - new).min(stored)..].to_vec();
        if relinked {
            for row in &mut told {
                relink(row, &mut random);
            }
        }
        let new = incoming - told.len();
        for number in 0..new {
            let mut row = row(stored + number, stored + number + 1, &mut random);
            // No stored row has an amount with three decimals.
            row.amount += Decimal::new(1, 3);
            row.relinked = relinked;
            told.push(row);
        }
        random.shuffle(&mut told);
        Self { stored: rows, incoming: told, new }
    }

    fn deduplicated(&self) -> Result<Duration, Failure> {
        let start = Instant::now();
        let answer = deduplicate(&self.stored, &self.incoming, &DedupPolicy::default());
        let took = start.elapsed();
        let inserted =
            answer.decisions.iter().filter(|decision| decision.action == DedupAction::Insert).count();
        // Where a hundred equal rows stand within a few days, a re-link that moves days may leave one without its own.
        if inserted < self.new || inserted > self.new + self.incoming.len() / 100 {
            return Err(format!("{inserted} rows inserted, {} are new", self.new).into());
        }
        black_box(answer);
        Ok(took)
    }
}

/// A row on a day that grows with its number; round amounts and few merchants make many rows alike.
fn row(number: usize, of: usize, random: &mut Rng) -> LedgerRow {
    let account = AccountId::new(random.i64(0..ACCOUNTS));
    let day = number as u64 * DAYS / of as u64;
    let date = NaiveDate::from_ymd_opt(2015, 1, 1).unwrap_or_default() + chrono::Days::new(day);
    let cents = if random.bool() { random.i64(1..400) * 50 } else { random.i64(100..20_000) };
    let text = format!("CARD PAYMENT MERCHANT {:04} STORE {}", random.u16(0..2000), random.u8(..));
    LedgerRow {
        imported_id: Some(format!("old-{number}").into()),
        provider: Some("plaid".into()),
        connection: Some(ConnectionId::new(1)),
        description: Some(text.into()),
        ..LedgerRow::new(account, date, Decimal::new(-cents, 2))
    }
}

fn relink(row: &mut LedgerRow, random: &mut Rng) {
    let text = row.description.as_deref().unwrap_or_default().to_lowercase();
    let bare = text.trim_start_matches("card payment ").to_owned();
    row.description = Some(if random.bool() { text } else { bare }.into());
    row.imported_id = Some(format!("new-{}", random.u64(..)).into());
    row.connection = Some(ConnectionId::new(2));
    row.relinked = true;
    if random.u8(0..3) == 0 {
        row.date = row.date + chrono::Days::new(1);
    }
}
