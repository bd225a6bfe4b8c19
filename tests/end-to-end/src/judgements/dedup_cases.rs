//! Labelled cases of deduplication, built from real purchases: which incoming row is which stored row is known by construction.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, Duration, NaiveDate};
use fastrand::Rng;
use finance_core::{ConnectionId, DedupPolicy, LedgerRow, TransactionState};
use rust_decimal::Decimal;

use super::birmingham::Purchase;
use super::wording::{chance, reword, short_payee};

/// One call with what it should answer.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What it is about.
    pub case: &'static str,
    /// The books.
    pub stored: Vec<LedgerRow>,
    /// The purchase behind each stored row; `None` for a hold that never became one.
    pub stored_of: Vec<Option<usize>>,
    /// What arrives.
    pub incoming: Vec<LedgerRow>,
    /// The purchase behind each incoming row.
    pub incoming_of: Vec<usize>,
    /// What should become of each incoming row.
    pub expected: Vec<Expected>,
    /// The policy to use.
    pub policy: DedupPolicy,
}

/// What should become of an incoming row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "scoring looks at each")]
pub enum Expected {
    /// A stored row is the same purchase and says so by an identifier or a link: no other row will do.
    Linked,
    /// A stored row is the same purchase; one that looks just the same will do.
    Same,
    /// A new row, and a suggestion names the stored row of the same purchase.
    Suggested,
    /// A new row.
    New,
    /// The user deleted it.
    Ignored,
}

/// How an amount changes between the pending and the posted row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drift {
    None,
    Tip,
    HoldOfOne,
    HoldOfHundred,
    Conversion,
}

/// What a statement file gives as identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileIds {
    None,
    /// Counted through each account, so that every account has the same ones.
    PerAccount,
    /// Counted anew every month.
    PerMonth,
    /// The day, and which of several equal rows: different rows of a day share it.
    PerDay,
}

/// Every case for one seed. The purchases are in the order of their days.
pub fn trials(purchases: &[Purchase], seed: u64) -> Vec<Trial> {
    let build = |case, number| Build::new(case, purchases, seed * 1000 + number);
    let mut trials = vec![
        build("re-link, told as before", 1).relink(|_| 0, false),
        build("re-link, reworded", 2).relink(|_| 0, true),
        build("re-link, reworded, every third a day off", 3).relink(a_third_off, true),
        build("re-link, reworded, all a day later", 4).relink(|_| 1, true),
        build("re-link, reworded, all a day earlier", 5).relink(|_| -1, true),
        build("pending posts with a link", 10).pending(true, Drift::None),
        build("pending posts with a link and a tip", 11).pending(true, Drift::Tip),
        build("pending posts without a link", 12).pending(false, Drift::None),
        build("tips of 10 to 25 %, no link", 13).pending(false, Drift::Tip),
        build("holds of 1.00, no link", 14).pending(false, Drift::HoldOfOne),
        build("holds of 100.00, no link", 15).pending(false, Drift::HoldOfHundred),
        build("conversion off by 2 %, no link", 16).pending(false, Drift::Conversion),
        build("cancelled holds of a real amount", 17).cancelled_holds(),
        build("files that overlap, no ids", 20).files(FileIds::None),
        build("files that overlap, FITIDs of an account", 21).files(FileIds::PerAccount),
        build("files that overlap, FITIDs anew every month", 22).files(FileIds::PerMonth),
        build("files that overlap, FITIDs shared within a day", 23).files(FileIds::PerDay),
        build("by hand against the bank", 30).hand(true, true),
        build("by hand against the bank, no text", 31).hand(true, false),
        build("the bank against rows by hand", 32).hand(false, true),
        build("the bank against rows by hand, no text", 33).hand(false, false),
        build("one live connection, other ids", 40).live(),
        build("deleted, told again", 50).deleted(true, false),
        build("deleted, through a re-link", 51).deleted(true, true),
        build("deleted, in a file without ids", 52).deleted(false, false),
        build("everything told again", 60).replay(),
    ];
    for trial in &mut trials {
        shuffle(trial, &mut Rng::with_seed(seed));
    }
    trials
}

fn a_third_off(random: &mut Rng) -> i64 {
    if random.u8(0..3) == 0 { [-1, 1][random.usize(0..2)] } else { 0 }
}

struct Build<'a> {
    purchases: &'a [Purchase],
    random: Rng,
    /// The day around which the case lies.
    cut: NaiveDate,
    trial: Trial,
}

impl<'a> Build<'a> {
    fn new(case: &'static str, purchases: &'a [Purchase], seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let cut = purchases[random.usize(purchases.len() / 3..purchases.len() * 3 / 4)].date;
        let trial = Trial {
            case,
            stored: Vec::new(),
            stored_of: Vec::new(),
            incoming: Vec::new(),
            incoming_of: Vec::new(),
            expected: Vec::new(),
            policy: DedupPolicy::default(),
        };
        Self { purchases, random, cut, trial }
    }

    /// The purchases of the days from and to the cut.
    fn days(&self, days: RangeInclusive<i64>) -> std::ops::Range<usize> {
        let (from, to) = (self.cut + Duration::days(*days.start()), self.cut + Duration::days(*days.end()));
        let first = self.purchases.partition_point(|purchase| purchase.date < from);
        first..self.purchases.partition_point(|purchase| purchase.date <= to)
    }

    fn store(&mut self, purchase: Option<usize>, row: LedgerRow) {
        self.trial.stored.push(row);
        self.trial.stored_of.push(purchase);
    }

    fn import(&mut self, purchase: usize, row: LedgerRow, expected: Expected) {
        self.trial.incoming.push(row);
        self.trial.incoming_of.push(purchase);
        self.trial.expected.push(expected);
    }

    /// The purchase as it stands in the data.
    fn plain(&self, purchase: usize) -> LedgerRow {
        let own = &self.purchases[purchase];
        LedgerRow {
            description: Some(own.merchant.clone()),
            ..LedgerRow::new(own.account, own.date, own.amount)
        }
    }

    fn bank(&self, purchase: usize, connection: i64) -> LedgerRow {
        LedgerRow {
            imported_id: Some(format!("c{connection}-{purchase}").into()),
            provider: Some("plaid".into()),
            connection: Some(ConnectionId::new(connection)),
            ..self.plain(purchase)
        }
    }

    fn reworded(&mut self, row: &mut LedgerRow, purchase: usize) {
        let own = &self.purchases[purchase];
        row.description = Some(reword(&own.merchant, own.date, &mut self.random).into());
    }

    fn relink(mut self, shift: fn(&mut Rng) -> i64, reworded: bool) -> Trial {
        let (until, from, on) = (0, -self.random.i64(60..150), 45);
        let old = self.days(-400..=until);
        for purchase in old.clone() {
            let row = LedgerRow { user_edited: chance(&mut self.random, 10), ..self.bank(purchase, 1) };
            self.store(Some(purchase), row);
        }
        for purchase in self.days(from..=on) {
            let mut row = LedgerRow { relinked: true, ..self.bank(purchase, 2) };
            row.date += Duration::days(shift(&mut self.random));
            if reworded {
                self.reworded(&mut row, purchase);
            }
            self.import(purchase, row, if old.contains(&purchase) { Expected::Same } else { Expected::New });
        }
        self.trial
    }

    fn pending(mut self, linked: bool, drift: Drift) -> Trial {
        self.history();
        let mut held = HashSet::new();
        for purchase in self.days(-13..=0) {
            let pends = chance(&mut self.random, 70);
            let mut posted_amount = if pends { self.drifted(purchase, drift) } else { None };
            if posted_amount.is_some() && matches!(drift, Drift::HoldOfOne | Drift::HoldOfHundred) {
                // Two holds of one sum at one merchant are told apart by nothing.
                let own = &self.purchases[purchase];
                posted_amount = posted_amount.filter(|_| held.insert((own.account, &own.merchant)));
            }
            let mut row = LedgerRow { pending: pends, ..self.bank(purchase, 1) };
            if !pends {
                self.store(Some(purchase), row);
                continue;
            }
            if posted_amount.is_some() && matches!(drift, Drift::HoldOfOne | Drift::HoldOfHundred) {
                row.amount = if drift == Drift::HoldOfOne { -Decimal::ONE } else { -Decimal::ONE_HUNDRED };
            }
            self.store(Some(purchase), row);
            self.posted(purchase, linked, posted_amount);
        }
        for purchase in self.days(1..=10) {
            // Posted at once, and no pending row looks like it.
            if chance(&mut self.random, 30)
                && !self.has_rival(purchase, |own, other| own.merchant == other.merchant)
            {
                let row = LedgerRow {
                    imported_id: Some(format!("new-{purchase}").into()),
                    ..self.bank(purchase, 1)
                };
                self.import(purchase, row, Expected::New);
            }
        }
        self.trial
    }

    /// The posted row of a pending one, up to 14 days later and reworded.
    fn posted(&mut self, purchase: usize, linked: bool, amount: Option<Decimal>) {
        let later = match self.random.u8(0..10) {
            0..7 => self.random.i64(0..=3),
            7..9 => self.random.i64(4..=7),
            _ => self.random.i64(8..=14),
        };
        let mut row = self.bank(purchase, 1);
        row.pending_of = if linked { row.imported_id.take() } else { None };
        row.imported_id = Some(format!("posted-{purchase}").into());
        row.date += Duration::days(later);
        row.amount = amount.unwrap_or(row.amount);
        self.reworded(&mut row, purchase);
        let expected = match (linked, amount) {
            (true, _) => Expected::Linked,
            (false, None) => Expected::Same,
            (false, Some(_)) => Expected::Suggested,
        };
        self.import(purchase, row, expected);
    }

    /// The amount that posts, when the purchase is one of those whose amount changes.
    fn drifted(&mut self, purchase: usize, drift: Drift) -> Option<Decimal> {
        let own = &self.purchases[purchase];
        let share = match drift {
            Drift::None => return None,
            Drift::Tip | Drift::Conversion => 30,
            Drift::HoldOfOne | Drift::HoldOfHundred => 60,
        };
        if own.amount > Decimal::NEGATIVE_ONE * Decimal::TWO || !chance(&mut self.random, share) {
            return None;
        }
        let percent = |hundredths: i64| (own.amount * Decimal::new(10_000 + hundredths, 4)).round_dp(2);
        let amount = match drift {
            Drift::Tip => percent(self.random.i64(1000..=2500)),
            Drift::Conversion => percent(self.random.i64(20..=200) * [-1, 1][self.random.usize(0..2)]),
            _ if own.holds_first() && own.amount != -Decimal::ONE_HUNDRED => own.amount,
            _ => return None,
        };
        (amount != own.amount || !matches!(drift, Drift::Conversion | Drift::Tip)).then_some(amount)
    }

    /// Posted rows of the live connection before the days that matter.
    fn history(&mut self) {
        for purchase in self.days(-60..=-14) {
            self.store(Some(purchase), self.bank(purchase, 1));
        }
    }

    fn cancelled_holds(mut self) -> Trial {
        self.history();
        for purchase in self.days(-13..=10) {
            if !chance(&mut self.random, 40) {
                continue;
            }
            let other = self.random.usize(0..self.purchases.len());
            if self.purchases[other].merchant.get(..4) != self.purchases[purchase].merchant.get(..4) {
                let mut hold = LedgerRow { pending: true, ..self.bank(purchase, 1) };
                hold.imported_id = Some(format!("hold-{purchase}").into());
                hold.date -= Duration::days(self.random.i64(0..=5));
                self.reworded(&mut hold, other);
                self.store(None, hold);
            }
            let row = self.bank(purchase, 1);
            self.import(purchase, row, Expected::New);
        }
        self.trial
    }

    fn files(mut self, ids: FileIds) -> Trial {
        let named = self.file_ids(ids);
        let file = |build: &Self, purchase: usize| {
            let imported_id = named.get(&purchase).cloned();
            LedgerRow { imported_id, ..build.plain(purchase) }
        };
        let first = self.days(-60..=0);
        for purchase in first.clone() {
            self.store(Some(purchase), file(&self, purchase));
        }
        let from = -self.random.i64(5..40);
        for purchase in self.days(from..=40) {
            let expected = match (first.contains(&purchase), ids) {
                (false, _) => Expected::New,
                (true, FileIds::PerAccount) => Expected::Linked,
                (true, _) => Expected::Same,
            };
            self.import(purchase, file(&self, purchase), expected);
        }
        self.trial
    }

    fn file_ids(&self, ids: FileIds) -> HashMap<usize, Arc<str>> {
        if ids == FileIds::None {
            return HashMap::new();
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        let named = self.purchases.iter().enumerate().map(|(purchase, own)| {
            let counted = match ids {
                FileIds::PerMonth => format!("{} {} {}", own.account, own.date.year(), own.date.month()),
                FileIds::PerDay => format!("{} {} {} {}", own.account, own.date, own.amount, own.merchant),
                FileIds::PerAccount | FileIds::None => own.account.to_string(),
            };
            let count = counts.entry(counted).or_default();
            *count += 1;
            let id = match ids {
                FileIds::PerDay => format!("{}-{count}", own.date.format("%Y%m%d")),
                _ => format!("{count:06}"),
            };
            (purchase, id.into())
        });
        named.collect()
    }

    fn hand(mut self, bank_first: bool, text: bool) -> Trial {
        for purchase in self.days(-60..=0) {
            let bank = self.bank(purchase, 1);
            let typed = chance(&mut self.random, 25)
                && !self.has_rival(purchase, |own, other| {
                    own.merchant != other.merchant
                        && (!text || short_payee(&own.merchant) == short_payee(&other.merchant))
                });
            let by_hand = typed.then(|| self.by_hand(purchase, text));
            let expected = if typed { Expected::Same } else { Expected::New };
            if bank_first {
                self.store(Some(purchase), bank);
                if let Some(row) = by_hand {
                    self.import(purchase, row, expected);
                }
            } else {
                if let Some(row) = by_hand {
                    self.store(Some(purchase), row);
                }
                self.import(purchase, bank, expected);
            }
        }
        // Not at the bank yet: no row of the other side belongs to it.
        for purchase in self.days(1..=2) {
            if self.has_rival(purchase, |own, other| {
                !text || short_payee(&own.merchant) == short_payee(&other.merchant)
            }) {
                continue;
            }
            let row = self.by_hand(purchase, text);
            if bank_first {
                self.import(purchase, row, Expected::New);
            } else {
                self.store(Some(purchase), row);
            }
        }
        self.trial
    }

    /// Whether the account has another purchase of the same amount near the day that looks the same as told: then nothing tells
    /// to which of the two a row belongs.
    fn has_rival(&self, purchase: usize, looks_same: impl Fn(&Purchase, &Purchase) -> bool) -> bool {
        let own = &self.purchases[purchase];
        let near = |other: &&Purchase| (other.date - own.date).num_days().abs() <= 15;
        let (before, after) = (&self.purchases[..purchase], &self.purchases[purchase + 1..]);
        let mut others = before.iter().rev().take_while(near).chain(after.iter().take_while(near));
        others
            .any(|other| (other.account, other.amount) == (own.account, own.amount) && looks_same(own, other))
    }

    fn by_hand(&mut self, purchase: usize, text: bool) -> LedgerRow {
        let mut row = self.plain(purchase);
        row.date -= Duration::days([0, 0, 0, 1, 1, 2, 3][self.random.usize(0..7)]);
        row.description = None;
        row.payee = text.then(|| short_payee(&self.purchases[purchase].merchant).into());
        row
    }

    fn live(mut self) -> Trial {
        for purchase in self.days(-60..=0) {
            self.store(Some(purchase), self.bank(purchase, 1));
            let mut row = self.bank(purchase, 1);
            row.imported_id = Some(format!("other-{purchase}").into());
            row.date += Duration::days(self.random.i64(0..=1));
            self.import(purchase, row, Expected::New);
        }
        self.trial
    }

    fn deleted(mut self, bank: bool, relinked: bool) -> Trial {
        for purchase in self.days(-60..=0) {
            let mut row = if bank { self.bank(purchase, 1) } else { self.plain(purchase) };
            let deleted = chance(&mut self.random, 10);
            if deleted {
                row.state = TransactionState::DeletedByUser;
            }
            self.store(Some(purchase), row);
            let mut again = match (bank, relinked) {
                (true, true) => LedgerRow { relinked: true, ..self.bank(purchase, 2) },
                (true, false) => self.bank(purchase, 1),
                (false, _) => self.plain(purchase),
            };
            if relinked {
                self.reworded(&mut again, purchase);
            }
            let kept = if bank && !relinked { Expected::Linked } else { Expected::Same };
            self.import(purchase, again, if deleted { Expected::Ignored } else { kept });
        }
        self.trial
    }

    fn replay(mut self) -> Trial {
        for purchase in self.days(-60..=0) {
            self.store(Some(purchase), self.bank(purchase, 1));
            let mut row = self.bank(purchase, 1);
            if chance(&mut self.random, 20) {
                self.reworded(&mut row, purchase);
                row.date += Duration::days(self.random.i64(0..=2));
            }
            if chance(&mut self.random, 5) {
                row.amount += Decimal::new(self.random.i64(-500..=500), 2);
            }
            self.import(purchase, row, Expected::Linked);
        }
        self.trial
    }
}

/// Brings the rows into an order that tells nothing.
fn shuffle(trial: &mut Trial, random: &mut Rng) {
    let mut stored: Vec<_> = trial.stored.drain(..).zip(trial.stored_of.drain(..)).collect();
    random.shuffle(&mut stored);
    (trial.stored, trial.stored_of) = stored.into_iter().unzip();
    let truth = trial.incoming_of.drain(..).zip(trial.expected.drain(..));
    let mut incoming: Vec<_> = trial.incoming.drain(..).zip(truth).collect();
    random.shuffle(&mut incoming);
    let (rows, truth): (Vec<_>, Vec<_>) = incoming.into_iter().unzip();
    trial.incoming = rows;
    (trial.incoming_of, trial.expected) = truth.into_iter().unzip();
}
