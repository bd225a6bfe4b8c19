//! How well the two sides of transfers are paired: counterparts of real payments put into other accounts of the same user.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use finance_core::{AccountId, LedgerRow, TransferPolicy, Transfers, pair_transfers};
use rust_decimal::Decimal;

use super::Figure;
use super::berka::BerkaAccount;

/// How many accounts one user has.
const ACCOUNTS: usize = 4;

/// What the texts of the two sides say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    /// Both sides speak of a transfer.
    Both,
    /// The side where it leaves has the bank's text, the other one speaks of a transfer.
    Arriving,
    /// Neither side has a text.
    Neither,
}

impl Texts {
    const ALL: [Self; 3] = [Self::Both, Self::Arriving, Self::Neither];

    const fn name(self) -> &'static str {
        match self {
            Self::Both => "both sides speak of a transfer",
            Self::Arriving => "the arriving side speaks of a transfer",
            Self::Neither => "no texts",
        }
    }
}

/// Every figure about transfers.
pub fn transfer_figures(accounts: &[BerkaAccount], seeds: &[u64]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for texts in Texts::ALL {
        figures.push(planted(accounts, texts, 1..4, seeds));
        figures.push(planted(accounts, texts, 0..1, seeds));
    }
    figures.push(none_there(accounts, false));
    figures.push(none_there(accounts, true));
    figures
}

/// The rows of users of some accounts each.
fn users(accounts: &[BerkaAccount]) -> Vec<Vec<LedgerRow>> {
    let rows = |accounts: &[BerkaAccount]| accounts.iter().flat_map(|account| account.rows.clone()).collect();
    accounts.chunks(ACCOUNTS).map(rows).collect()
}

/// Rows that nothing tells apart may stand for each other.
type Alike = (AccountId, NaiveDate, Decimal, Option<Arc<str>>, Option<Arc<str>>);

fn alike(row: &LedgerRow) -> Alike {
    (row.account, row.date, row.amount, row.description.clone(), row.counterparty.clone())
}

/// Puts the other side of a tenth of all payments into another account of the user, so many days later.
fn planted(
    accounts: &[BerkaAccount],
    texts: Texts,
    days_later: std::ops::Range<u64>,
    seeds: &[u64],
) -> Figure {
    let later = if days_later.end == 1 { "same day" } else { "1 to 3 days later" };
    let mut figure = Figure { case: format!("{}, {later}", texts.name()), ..Figure::default() };
    let mut asked = 0;
    for seed in seeds {
        let mut rng = Rng::with_seed(*seed);
        for mut rows in users(accounts) {
            let mut truth: BTreeMap<(Alike, Alike), usize> = BTreeMap::new();
            let own: Vec<AccountId> =
                rows.iter().map(|row| row.account).collect::<BTreeSet<_>>().into_iter().collect();
            for place in 0..rows.len() {
                let others: Vec<AccountId> =
                    own.iter().copied().filter(|own| *own != rows[place].account).collect();
                if rows[place].amount > Decimal::ZERO || others.is_empty() || rng.u8(0..10) > 0 {
                    continue;
                }
                let Some(account) = rng.choice(others) else { continue };
                let date = rows[place].date + Days::new(rng.u64(days_later.clone()));
                let mut other = LedgerRow::new(account, date, -rows[place].amount);
                if texts != Texts::Neither {
                    other.description = Some("PREVOD Z UCTU".into());
                }
                match texts {
                    Texts::Both => rows[place].description = Some("PREVOD NA UCET".into()),
                    Texts::Neither => rows[place].description = None,
                    Texts::Arriving => {}
                }
                *truth.entry((alike(&rows[place]), alike(&other))).or_default() += 1;
                rows.push(other);
            }
            let transfers = pair_transfers(&rows, &[], &[], &TransferPolicy::default());
            count(&mut figure, &mut asked, &rows, truth, &transfers);
        }
    }
    figure.note = format!("{asked} of the missed are suggested");
    figure
}

fn count(
    figure: &mut Figure,
    asked: &mut usize,
    rows: &[LedgerRow],
    mut truth: BTreeMap<(Alike, Alike), usize>,
    transfers: &Transfers,
) {
    let tried: usize = truth.values().sum();
    let mut take = |from: usize, to: usize| {
        let left = truth.get_mut(&(alike(&rows[from]), alike(&rows[to]))).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    };
    let right = transfers.pairs.iter().filter(|pair| take(pair.from, pair.to)).count();
    *asked += transfers.suggestions.iter().filter(|pair| take(pair.from, pair.to)).count();
    figure.tried += tried;
    figure.right += right;
    figure.wrong += transfers.pairs.len() - right;
    figure.missed += tried - right;
}

/// Accounts of different people, taken for one user's: every pair is a coincidence.
fn none_there(accounts: &[BerkaAccount], with_texts: bool) -> Figure {
    let case = if with_texts { "no transfers, texts as the bank has them" } else { "no transfers, no texts" };
    let mut figure = Figure { case: case.to_owned(), ..Figure::default() };
    let mut suggested = 0;
    for mut rows in users(accounts) {
        if !with_texts {
            rows.iter_mut().for_each(|row| row.description = None);
        }
        let transfers = pair_transfers(&rows, &[], &[], &TransferPolicy::default());
        figure.wrong += transfers.pairs.len();
        suggested += transfers.suggestions.len();
    }
    figure.note = format!("{suggested} suggestions");
    figure
}
