//! What each incoming row is: new, an update, a posted version, a copy.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use finance_core::{Decision, DedupPolicy, DedupReason, LedgerRow, Suggestion, deduplicate};
use serde::{Deserialize, Serialize};

use crate::case::{Answer, Object, answer, read};
use crate::field::Id;
use crate::row::{Names, Row, ledger_rows};

#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"existing\":[],\"incoming\":[]}")]
struct Case<'a> {
    #[serde(borrow)]
    existing: Vec<Object<Row<'a>>>,
    #[serde(borrow)]
    incoming: Vec<Object<Row<'a>>>,
    policy: Option<Object<DedupPolicy>>,
}

#[derive(Serialize)]
struct Judged<'a> {
    decisions: Vec<Decided<'a>>,
    suggestions: Vec<Suggested<'a>>,
}

#[derive(Serialize)]
struct Decided<'a> {
    incoming: usize,
    action: &'static str,
    existing: Option<Id<'a>>,
    of: Option<usize>,
    score: u8,
    reasons: Vec<String>,
}

#[derive(Serialize)]
struct Suggested<'a> {
    incoming: usize,
    existing: Option<Id<'a>>,
    score: u8,
    reasons: Vec<String>,
}

pub(crate) fn judge(line: &str) -> Answer {
    let case: Case<'_> = read(line)?;
    let mut names = Names::default();
    let (ids, mut stored) = ledger_rows("existing", case.existing, &mut names)?;
    let mut incoming_ids = Vec::with_capacity(case.incoming.len());
    let mut incoming = Vec::with_capacity(case.incoming.len());
    for Object(row) in case.incoming {
        incoming_ids.push(row.id);
        incoming.push(row.into_ledger_row(&mut names));
    }
    link_by_row_id(&mut stored, &ids, &mut incoming, &incoming_ids);

    let found = deduplicate(&stored, &incoming, &case.policy.unwrap_or_default().0);
    let id = |stored: usize| ids.get(stored).copied();
    let decided = |(incoming, decision): (usize, &Decision)| Decided {
        incoming,
        action: decision.action.name(),
        existing: decision.stored.and_then(id),
        of: decision.of,
        score: decision.score,
        reasons: words(&decision.reasons),
    };
    let suggested = |suggestion: &Suggestion| Suggested {
        incoming: suggestion.incoming,
        existing: id(suggestion.stored),
        score: suggestion.score,
        reasons: words(&suggestion.reasons),
    };
    answer(&Judged {
        decisions: found.decisions.iter().enumerate().map(decided).collect(),
        suggestions: found.suggestions.iter().map(suggested).collect(),
    })
}

fn words(reasons: &[DedupReason]) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}

/// A file whose rows have one identifier only writes it as `id`, and `pending_of` then names an `id`. Such a link is turned
/// into one by `imported_id`, as the judgement knows it.
fn link_by_row_id(
    stored: &mut [LedgerRow],
    ids: &[Id<'_>],
    incoming: &mut [LedgerRow],
    incoming_ids: &[Option<Id<'_>>],
) {
    let all = || stored.iter().chain(incoming.iter());
    let known: HashSet<&str> = all().filter_map(|row| row.imported_id.as_deref()).collect();
    let dangling: HashSet<Arc<str>> =
        all().filter_map(|row| row.pending_of.clone()).filter(|link| !known.contains(&**link)).collect();
    if dangling.is_empty() {
        return;
    }
    let mut imported: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    let ids = ids.iter().copied().map(Some).chain(incoming_ids.iter().copied());
    for (row, id) in stored.iter_mut().chain(incoming.iter_mut()).zip(ids) {
        let name = id.map(Id::name);
        if let Some(link) = name.as_ref().and_then(|name| dangling.get(name.text())).filter(|_| row.pending) {
            let target = row.imported_id.get_or_insert_with(|| link.clone());
            imported.entry(link.clone()).or_insert_with(|| target.clone());
        }
    }
    for row in stored.iter_mut().chain(incoming.iter_mut()) {
        if let Some(target) = row.pending_of.as_ref().and_then(|link| imported.get(link)) {
            row.pending_of = Some(target.clone());
        }
    }
}
