//! The two sides of a transfer between accounts of one user.

use std::collections::HashMap;

use finance_core::{
    AccountKind, TransferAccount, TransferPair, TransferPolicy, TransferReason, pair_transfers,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::case::{Answer, Object, answer, read};
use crate::field::{Id, Scalar};
use crate::row::{Names, Row, ledger_rows};

#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"transactions\":[]}")]
struct Case<'a> {
    #[serde(borrow)]
    transactions: Vec<Object<Row<'a>>>,
    #[serde(borrow)]
    accounts: Option<Vec<Object<Known<'a>>>>,
    #[serde(borrow)]
    rejected: Option<Vec<TwoIds<'a>>>,
    policy: Option<Object<TransferPolicy>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an account such as {\"account\":\"a1\",\"name\":\"Savings\",\"mask\":\"4321\"}")]
struct Known<'a> {
    #[serde(borrow)]
    account: Id<'a>,
    name: Option<String>,
    #[serde(borrow)]
    mask: Option<Scalar<'a>>,
    kind: Option<AccountKind>,
}

struct TwoIds<'a>([Id<'a>; 2]);

impl<'de: 'a, 'a> Deserialize<'de> for TwoIds<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Vec::<Id<'a>>::deserialize(deserializer)?[..] {
            [one, other] if one.name() == other.name() => {
                Err(D::Error::custom("names the same row twice: a pair has two ids"))
            }
            [one, other] => Ok(Self([one, other])),
            ref ids => Err(D::Error::custom(format!("holds {}: a pair has two ids", ids.len()))),
        }
    }
}

#[derive(Serialize)]
struct Judged<'a> {
    pairs: Vec<Pair<'a>>,
    suggestions: Vec<Pair<'a>>,
}

#[derive(Serialize)]
struct Pair<'a> {
    from: Option<Id<'a>>,
    to: Option<Id<'a>>,
    score: u8,
    reasons: Vec<String>,
}

pub(crate) fn judge(line: &str) -> Answer {
    let case: Case<'_> = read(line)?;
    let mut names = Names::default();
    let (ids, rows) = ledger_rows("transactions", case.transactions, &mut names)?;
    let known = case.accounts.unwrap_or_default().into_iter();
    let known = known.map(|Object(known)| TransferAccount {
        account: names.account(Some(known.account)),
        name: known.name,
        mask: known.mask.map(|mask| mask.text().to_owned()),
        kind: known.kind,
    });
    let accounts: Vec<TransferAccount> = known.collect();
    let rejected = rejected(&ids, &case.rejected.unwrap_or_default());

    let found = pair_transfers(&rows, &accounts, &rejected, &case.policy.unwrap_or_default().0);
    let pair = |pair: &TransferPair| Pair {
        from: ids.get(pair.from).copied(),
        to: ids.get(pair.to).copied(),
        score: pair.score,
        reasons: pair.reasons.iter().map(TransferReason::to_string).collect(),
    };
    answer(&Judged {
        pairs: found.pairs.iter().map(pair).collect(),
        suggestions: found.suggestions.iter().map(pair).collect(),
    })
}

/// The places of rejected pairs. A pair with a row that is not here is passed over: such lists outlive the rows of one case.
fn rejected<'a>(ids: &[Id<'a>], pairs: &[TwoIds<'a>]) -> Vec<(usize, usize)> {
    if pairs.is_empty() {
        return Vec::new();
    }
    let places: HashMap<Scalar<'_>, usize> =
        ids.iter().enumerate().map(|(place, id)| (id.name(), place)).collect();
    let place = |id: &Id<'a>| places.get(&id.name()).copied();
    pairs.iter().filter_map(|TwoIds([one, other])| Some((place(one)?, place(other)?))).collect()
}
