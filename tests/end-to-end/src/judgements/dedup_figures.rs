//! How often deduplication answers a labelled case as it should.

use std::collections::HashMap;

use finance_core::{DedupAction, Deduplication, deduplicate};

use super::Figure;
use super::birmingham::Purchase;
use super::dedup_cases::{Expected, Trial};

/// What was counted over a case, and over its seeds when added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Incoming rows.
    pub rows: usize,
    /// Rows for which a stored row is the answer, or the tombstone of one.
    pub pairs: usize,
    /// Of these, answered by it or by one that cannot be told from it.
    pub right: usize,
    /// Of the right ones, answered by another day's row of the same merchant and amount, as the days were told wrong.
    pub exchanged: usize,
    /// Answers that take a row for another transaction.
    pub wrong: usize,
    /// Groups of identical rows.
    pub groups: usize,
    /// Groups that end with more or fewer rows than are real.
    pub groups_off: usize,
    /// Rows for which a suggestion is the answer.
    pub drifted: usize,
    /// Of these, suggested.
    pub suggested: usize,
    /// Suggestions of two different transactions.
    pub suggested_wrong: usize,
}

/// Purchases of one account, merchant and amount, each so few days after the one before that they may be matched across: where
/// days are told wrong, nothing tells which is which, only how many there are.
#[derive(Default)]
struct Cluster {
    same_expected: usize,
    same: usize,
    same_day: usize,
    ignored_expected: usize,
    ignored: usize,
    new_expected: usize,
    inserted: usize,
    /// Whether two of its purchases are identical, their day included.
    repeats: bool,
}

/// The clusters, and the cluster of each purchase of a case.
#[derive(Default)]
struct Clusters {
    all: Vec<Cluster>,
    of: HashMap<usize, usize>,
}

impl Clusters {
    fn new(trial: &Trial, purchases: &[Purchase]) -> Self {
        let mut concerned: Vec<usize> =
            trial.stored_of.iter().flatten().chain(&trial.incoming_of).copied().collect();
        concerned.sort_by_key(|place| {
            let own = &purchases[*place];
            (own.account, own.amount, &own.merchant, own.date, *place)
        });
        concerned.dedup();
        let pending = trial.stored.iter().any(|row| row.pending);
        let policy = &trial.policy;
        let reach = if pending { policy.pending_window_days_back } else { policy.date_window_days };
        let mut clusters = Self::default();
        let mut before: Option<&Purchase> = None;
        for place in concerned {
            let own = &purchases[place];
            if !before.is_some_and(|before| continues(before, own, reach)) {
                clusters.all.push(Cluster::default());
            }
            if let Some(cluster) = clusters.all.last_mut() {
                cluster.repeats |= before == Some(own);
            }
            clusters.of.insert(place, clusters.all.len() - 1);
            before = Some(own);
        }
        clusters
    }
}

fn continues(before: &Purchase, own: &Purchase, reach: u16) -> bool {
    (before.account, before.amount, &before.merchant) == (own.account, own.amount, &own.merchant)
        && (own.date - before.date).num_days() <= i64::from(reach)
}

/// Runs a case and counts.
pub fn measure(trial: &Trial, purchases: &[Purchase]) -> Score {
    score(trial, &deduplicate(&trial.stored, &trial.incoming, &trial.policy), purchases)
}

/// Counts an answer.
///
/// Rows that nothing tells apart may stand for each other: what is counted of them is how many were taken.
pub fn score(trial: &Trial, answer: &Deduplication, purchases: &[Purchase]) -> Score {
    let mut score = Score { rows: trial.incoming.len(), ..Score::default() };
    let mut clusters = Clusters::new(trial, purchases);
    for (incoming, decision) in answer.decisions.iter().enumerate() {
        let (purchase, expected) = (trial.incoming_of[incoming], trial.expected[incoming]);
        let taken = match decision.action {
            DedupAction::Update | DedupAction::UpgradePending | DedupAction::Match => decision.stored,
            DedupAction::Insert | DedupAction::DuplicateOfIncoming | DedupAction::Ignore => None,
        };
        let stored_of = taken.map(|stored| trial.stored_of[stored]);
        let own = clusters.of[&purchase];
        let cluster = &mut clusters.all[own];
        cluster.new_expected += usize::from(matches!(expected, Expected::New | Expected::Suggested));
        cluster.inserted += usize::from(decision.action == DedupAction::Insert);
        if expected == Expected::Linked {
            score.pairs += 1;
            score.right += usize::from(stored_of == Some(Some(purchase)));
            score.wrong += usize::from(stored_of.is_some_and(|stored| stored != Some(purchase)));
            continue;
        }
        cluster.same_expected += usize::from(expected == Expected::Same);
        cluster.ignored_expected += usize::from(expected == Expected::Ignored);
        match (decision.action, stored_of) {
            (_, Some(Some(stored))) if clusters.of[&stored] == own => {
                cluster.same += 1;
                let same_day = purchases[stored] == purchases[purchase];
                cluster.same_day += usize::from(same_day && expected == Expected::Same);
            }
            (_, Some(_)) | (DedupAction::DuplicateOfIncoming, None) => score.wrong += 1,
            (DedupAction::Ignore, None) => cluster.ignored += 1,
            (_, None) => {}
        }
    }
    for cluster in &clusters.all {
        add_cluster(&mut score, cluster);
    }
    count_suggestions(&mut score, trial, answer, purchases);
    score
}

fn add_cluster(score: &mut Score, cluster: &Cluster) {
    let same = cluster.same.min(cluster.same_expected);
    let ignored = cluster.ignored.min(cluster.ignored_expected);
    score.pairs += cluster.same_expected + cluster.ignored_expected;
    score.right += same + ignored;
    score.exchanged += same - same.min(cluster.same_day);
    score.wrong += cluster.same - same + cluster.ignored - ignored;
    // A group keeps its count when as many of its rows are inserted as are new.
    score.groups += usize::from(cluster.repeats);
    score.groups_off += usize::from(cluster.repeats && cluster.new_expected != cluster.inserted);
}

fn count_suggestions(score: &mut Score, trial: &Trial, answer: &Deduplication, purchases: &[Purchase]) {
    let mut named = vec![false; trial.incoming.len()];
    for suggestion in &answer.suggestions {
        let own = &purchases[trial.incoming_of[suggestion.incoming]];
        let true_pair = trial.stored_of[suggestion.stored].is_some_and(|stored| purchases[stored] == *own);
        match trial.expected[suggestion.incoming] {
            Expected::Suggested if true_pair => named[suggestion.incoming] = true,
            Expected::Same if true_pair => {}
            _ => score.suggested_wrong += 1,
        }
    }
    score.drifted += trial.expected.iter().filter(|expected| **expected == Expected::Suggested).count();
    score.suggested += named.iter().filter(|named| **named).count();
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.pairs += other.pairs;
        self.right += other.right;
        self.exchanged += other.exchanged;
        self.wrong += other.wrong;
        self.groups += other.groups;
        self.groups_off += other.groups_off;
        self.drifted += other.drifted;
        self.suggested += other.suggested;
        self.suggested_wrong += other.suggested_wrong;
    }
}

/// What the decisions of a case, its groups of identical rows, and its suggestions come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFigures {
    /// The decisions.
    pub automatic: Figure,
    /// The groups of identical rows; right are those that keep their count.
    pub groups: Figure,
    /// The suggestions.
    pub suggestions: Figure,
}

impl CaseFigures {
    /// The figures of a case.
    pub fn new(case: &str, score: &Score) -> Self {
        let (pairs, exchanged) = (score.pairs, score.exchanged);
        let automatic = if pairs == 0 {
            let right = score.rows - score.wrong;
            let note = "rows to be left alone".to_owned();
            Figure { case: case.to_owned(), tried: score.rows, right, wrong: score.wrong, missed: 0, note }
        } else {
            let note = match exchanged {
                0 => String::new(),
                _ => format!("{exchanged} take another day's equal purchase"),
            };
            let missed = pairs - score.right;
            Figure {
                case: case.to_owned(),
                tried: pairs,
                right: score.right,
                wrong: score.wrong,
                missed,
                note,
            }
        };
        let groups = Figure {
            case: format!("{case}: repeats"),
            tried: score.groups,
            right: score.groups - score.groups_off,
            wrong: score.groups_off,
            ..Figure::default()
        };
        let suggestions = Figure {
            case: format!("{case}: suggestions"),
            tried: score.drifted,
            right: score.suggested,
            wrong: score.suggested_wrong,
            missed: score.drifted - score.suggested,
            note: String::new(),
        };
        Self { automatic, groups, suggestions }
    }
}

/// Runs every case once for each seed; the figures are over all of them.
pub fn dedup_figures(purchases: &[Purchase], seeds: &[u64]) -> Vec<CaseFigures> {
    let mut scores: Vec<(&str, Score)> = Vec::new();
    for &seed in seeds {
        for trial in super::dedup_cases::trials(purchases, seed) {
            let own = measure(&trial, purchases);
            match scores.iter_mut().find(|(case, _)| *case == trial.case) {
                Some((_, score)) => *score += own,
                None => scores.push((trial.case, own)),
            }
        }
    }
    scores.iter().map(|(case, score)| CaseFigures::new(case, score)).collect()
}
