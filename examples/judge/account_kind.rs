//! What kind of account a provider's type and subtype stand for.

use finance_core::{AccountClass, AccountKind, classify_account};
use serde::{Deserialize, Serialize};

use crate::case::{Answer, answer, read};

#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"type\":\"depository\",\"subtype\":\"checking\"}")]
struct Case {
    #[serde(rename = "type")]
    provider_type: Option<String>,
    subtype: Option<String>,
}

#[derive(Serialize)]
struct Classified {
    kind: AccountKind,
    class: AccountClass,
    known: bool,
}

pub(crate) fn judge(line: &str) -> Answer {
    let case: Case = read(line)?;
    let found = classify_account(case.provider_type.as_deref().unwrap_or_default(), case.subtype.as_deref());
    answer(&Classified { kind: found.kind, class: found.kind.class(), known: found.known })
}
