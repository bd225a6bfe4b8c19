//! Which old account of a re-linked connection each new account is.

use finance_core::{
    AccountCandidate, AccountIdentity, AccountMatch, AccountReason, HolderCategory, match_relinked_accounts,
};
use serde::{Deserialize, Serialize};

use crate::case::{Answer, Fault, Object, answer, read};
use crate::field::{Id, Scalar};
use crate::row::{CurrencyCode, named, no_repeats};

#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"old\":[],\"new\":[]}")]
struct Case<'a> {
    #[serde(borrow)]
    old: Vec<Object<Account<'a>>>,
    #[serde(borrow)]
    new: Vec<Object<Account<'a>>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an account such as {\"id\":\"a1\",\"name\":\"Savings\",\"mask\":\"4321\"}")]
struct Account<'a> {
    #[serde(borrow)]
    id: Option<Id<'a>>,
    #[serde(borrow)]
    persistent_id: Option<Scalar<'a>>,
    name: Option<String>,
    official_name: Option<String>,
    #[serde(borrow)]
    mask: Option<Scalar<'a>>,
    #[serde(rename = "type")]
    provider_type: Option<String>,
    subtype: Option<String>,
    currency: Option<CurrencyCode>,
    holder: Option<String>,
}

#[derive(Serialize)]
struct Judged<'a> {
    accounts: Vec<Matched<'a>>,
    gone: Vec<Id<'a>>,
}

#[derive(Serialize)]
struct Matched<'a> {
    new: usize,
    verdict: &'static str,
    candidates: Vec<Candidate<'a>>,
}

#[derive(Serialize)]
struct Candidate<'a> {
    old: Option<Id<'a>>,
    score: u8,
    reasons: Vec<String>,
}

pub(crate) fn judge(line: &str) -> Answer {
    let case: Case<'_> = read(line)?;
    let missing =
        |index| Fault::at(format!("old[{index}].id"), "is missing: the answer names accounts by it");
    let ids = case.old.iter().enumerate().map(|(index, Object(old))| old.id.ok_or_else(|| missing(index)));
    let ids: Vec<Id<'_>> = ids.collect::<Result<_, Fault>>()?;
    no_repeats("old", &ids)?;
    let identities = |accounts: Vec<Object<Account<'_>>>| -> Vec<AccountIdentity> {
        accounts.into_iter().map(|Object(account)| account.into_identity()).collect()
    };

    let found = match_relinked_accounts(&identities(case.old), &identities(case.new));
    let candidate = |candidate: &AccountCandidate| Candidate {
        old: ids.get(candidate.old).copied(),
        score: candidate.score,
        reasons: candidate.reasons.iter().map(AccountReason::to_string).collect(),
    };
    let matched = |(new, matched): (usize, &AccountMatch)| Matched {
        new,
        verdict: matched.verdict.name(),
        candidates: matched.candidates.iter().map(candidate).collect(),
    };
    answer(&Judged {
        accounts: found.accounts.iter().enumerate().map(matched).collect(),
        gone: named(&ids, &found.gone),
    })
}

impl Account<'_> {
    fn into_identity(self) -> AccountIdentity {
        let text = |scalar: Option<Scalar<'_>>| scalar.map(|scalar| scalar.text().to_owned());
        AccountIdentity {
            persistent_id: text(self.persistent_id),
            name: self.name,
            official_name: self.official_name,
            mask: text(self.mask),
            provider_type: self.provider_type,
            provider_subtype: self.subtype,
            currency: self.currency.map(|code| code.0),
            holder: self.holder.map(|holder| match holder.as_str() {
                "personal" => HolderCategory::Personal,
                "business" => HolderCategory::Business,
                _ => HolderCategory::Other(holder),
            }),
        }
    }
}
