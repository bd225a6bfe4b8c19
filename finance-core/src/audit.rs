//! The audit trail: who changed what, when and why, in entries chained by hash so that a change or a gap shows.
//!
//! Each user has a trail of their own, numbered from 1. An entry's hash covers its number, its user, everything it says and
//! the hash of the entry before it. Whoever alters, drops, inserts or reorders entries breaks the chain, unless they compute
//! every later hash anew; an application that keeps an [`AuditHead`] elsewhere finds that out, too.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::model::{AccountId, ConnectionId, ReconciliationId, TransactionId, UserId};
use crate::store::Applied;

/// Who did something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Actor {
    /// The user whose books they are.
    #[default]
    User,
    /// The library itself, as in a background sync.
    Engine,
    /// Somebody else, under a name that the host gives: a member of its support, a program.
    Named(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user"),
            Self::Engine => f.write_str("engine"),
            Self::Named(name) => write!(f, "named:{name}"),
        }
    }
}

impl Actor {
    /// Reads what printing gave; `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        match text {
            "user" => Some(Self::User),
            "engine" => Some(Self::Engine),
            named => named.strip_prefix("named:").map(|name| Self::Named(name.to_owned())),
        }
    }
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditSubject {
    /// The user's books as a whole.
    Books,
    /// A connection.
    Connection(ConnectionId),
    /// An account.
    Account(AccountId),
    /// A transaction.
    Transaction(TransactionId),
    /// A reconciliation.
    Reconciliation(ReconciliationId),
    /// The row that the same change set inserts at this place; stored as [`AuditSubject::Transaction`].
    NewTransaction(usize),
    /// The account that the same change set lists at this place; stored as [`AuditSubject::Account`].
    NewAccount(usize),
    /// The reconciliation that the same change set adds at this place; stored as [`AuditSubject::Reconciliation`].
    NewReconciliation(usize),
}

impl AuditSubject {
    /// The subject under the identifier that the store gave it. A place that the change set does not have stays.
    #[must_use]
    pub fn resolved(self, applied: &Applied) -> Self {
        let found = match self {
            Self::NewTransaction(place) => applied.transactions.get(place).copied().map(Self::Transaction),
            Self::NewAccount(place) => applied.accounts.get(place).copied().map(Self::Account),
            Self::NewReconciliation(place) => {
                applied.reconciliations.get(place).copied().map(Self::Reconciliation)
            }
            _ => None,
        };
        found.unwrap_or(self)
    }

    /// The kind of subject by a stable name, and its number; the books have 0.
    pub const fn key(self) -> (&'static str, i64) {
        match self {
            Self::Books => ("books", 0),
            Self::Connection(id) => ("connection", id.number()),
            Self::Account(id) => ("account", id.number()),
            Self::Transaction(id) => ("transaction", id.number()),
            Self::Reconciliation(id) => ("reconciliation", id.number()),
            Self::NewTransaction(place) => ("new_transaction", place as i64),
            Self::NewAccount(place) => ("new_account", place as i64),
            Self::NewReconciliation(place) => ("new_reconciliation", place as i64),
        }
    }

    /// Reads what [`AuditSubject::key`] gave for a stored subject.
    pub fn from_key(kind: &str, number: i64) -> Option<Self> {
        match kind {
            "books" => Some(Self::Books),
            "connection" => Some(Self::Connection(ConnectionId::new(number))),
            "account" => Some(Self::Account(AccountId::new(number))),
            "transaction" => Some(Self::Transaction(TransactionId::new(number))),
            "reconciliation" => Some(Self::Reconciliation(ReconciliationId::new(number))),
            _ => None,
        }
    }
}

/// What to write into the trail; the store adds number, user, instant and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditDraft {
    /// Who did it.
    pub actor: Actor,
    /// What was done, by a stable name such as `transaction_edited`.
    pub action: &'static str,
    /// To what.
    pub subject: AuditSubject,
    /// How it was before, as JSON; `None` where there was nothing.
    pub before: Option<String>,
    /// How it is afterwards, as JSON; `None` where nothing is left.
    pub after: Option<String>,
    /// Why, where somebody said so.
    pub reason: Option<String>,
}

impl AuditDraft {
    /// An entry that says no more than what was done to what.
    pub const fn new(actor: Actor, action: &'static str, subject: AuditSubject) -> Self {
        Self { actor, action, subject, before: None, after: None, reason: None }
    }

    /// Adds how the subject was before, and how it is afterwards.
    #[must_use]
    pub fn changing(mut self, before: Option<&impl Serialize>, after: Option<&impl Serialize>) -> Self {
        // Values of this library have text keys only and no fallible fields, so they always are JSON.
        self.before = before.and_then(|before| serde_json::to_string(before).ok());
        self.after = after.and_then(|after| serde_json::to_string(after).ok());
        self
    }

    /// Adds why it was done.
    #[must_use]
    pub fn because(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }
}

/// An entry of the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number in the user's trail: 1, 2, 3, …
    pub number: u64,
    /// Whose trail it stands in.
    pub user: UserId,
    /// When it was written, to the microsecond.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// What was done, by a stable name.
    pub action: String,
    /// To what.
    pub subject: AuditSubject,
    /// How it was before, as JSON.
    pub before: Option<String>,
    /// How it was afterwards, as JSON.
    pub after: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The hash of everything above and of the entry before.
    pub hash: AuditHash,
}

/// The hash of an entry: SHA-256. Printed and in JSON, it is 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AuditHash(pub [u8; 32]);

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl AuditHash {
    /// Reads what printing gave; `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut hash = Self::default();
        for (byte, pair) in hash.0.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(hash)
    }
}

impl Serialize for AuditHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AuditHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| D::Error::custom("an audit hash has 64 hexadecimal digits"))
    }
}

/// Where a trail ends. Kept elsewhere, it proves later that nothing up to it was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The number of the last entry; 0 when there is none.
    pub number: u64,
    /// Its hash; all zeros when there is none.
    pub hash: AuditHash,
}

impl AuditEntry {
    /// The entry that follows `head` in the user's trail.
    pub fn after(
        head: AuditHead,
        user: &UserId,
        at: DateTime<Utc>,
        draft: &AuditDraft,
        applied: &Applied,
    ) -> Self {
        let at = DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at);
        let mut entry = Self {
            number: head.number.saturating_add(1),
            user: user.clone(),
            at,
            actor: draft.actor.clone(),
            action: draft.action.to_owned(),
            subject: draft.subject.resolved(applied),
            before: draft.before.clone(),
            after: draft.after.clone(),
            reason: draft.reason.clone(),
            hash: AuditHash::default(),
        };
        entry.hash = entry.hash_after(head.hash);
        entry
    }

    /// Where the trail ends with this entry.
    pub const fn head(&self) -> AuditHead {
        AuditHead { number: self.number, hash: self.hash }
    }

    /// What the hash of this entry must be when the entry before has this one.
    fn hash_after(&self, previous: AuditHash) -> AuditHash {
        let mut hash = Sha256::new();
        let (kind, number) = self.subject.key();
        hash.update(previous.0);
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.timestamp_micros().to_be_bytes());
        hash.update(number.to_be_bytes());
        let actor = self.actor.to_string();
        let texts = [
            Some(self.user.as_str()),
            Some(&actor),
            Some(&self.action),
            Some(kind),
            self.before.as_deref(),
            self.after.as_deref(),
            self.reason.as_deref(),
        ];
        for text in texts {
            // A length before each text, so that no two entries are written alike.
            hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(text.unwrap_or_default());
        }
        AuditHash(hash.finalize().into())
    }
}

/// What is wrong with a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditFault {
    /// An entry is missing, or stands in another place.
    #[error(
        "entry {found} stands where entry {expected} belongs: entries are missing, added or out of order"
    )]
    Gap {
        /// The number that should follow.
        expected: u64,
        /// The number that does.
        found: u64,
    },
    /// An entry, or the one before it, is not as it was written.
    #[error("entry {number} is not as it was written, or the one before it is not")]
    Altered {
        /// The first entry whose hash does not fit.
        number: u64,
    },
    /// The trail ends before or after the entry that it should end with.
    #[error("the trail ends with entry {found}, it should end with entry {expected}")]
    WrongEnd {
        /// The last entry there should be.
        expected: u64,
        /// The last entry there is.
        found: u64,
    },
    /// The trail does not contain the head that was kept elsewhere: it was written anew.
    #[error("entry {number} is not the one that was noted elsewhere: the trail was written anew")]
    Rewritten {
        /// The number of the head that was kept.
        number: u64,
    },
}

/// Checks a trail entry by entry, from the first one on.
///
/// ```
/// use finance_core::{Actor, Applied, AuditDraft, AuditEntry, AuditFault, AuditHead, AuditSubject, AuditVerifier, UserId};
///
/// let user = UserId::new("anna")?;
/// let mut head = AuditHead::default();
/// let mut trail = Vec::new();
/// for action in ["statement_added", "reconciled"] {
///     let draft = AuditDraft::new(Actor::User, action, AuditSubject::Books);
///     let entry = AuditEntry::after(head, &user, chrono::DateTime::UNIX_EPOCH, &draft, &Applied::default());
///     head = entry.head();
///     trail.push(entry);
/// }
///
/// let mut verifier = AuditVerifier::new(None);
/// trail.iter().try_for_each(|entry| verifier.check(entry))?;
/// verifier.finish(head)?;
///
/// trail[0].reason = Some("another one".to_owned());
/// assert_eq!(AuditVerifier::new(None).check(&trail[0]), Err(AuditFault::Altered { number: 1 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct AuditVerifier {
    head: AuditHead,
    kept: Option<AuditHead>,
}

impl AuditVerifier {
    /// A check from the first entry on, against a head that was kept elsewhere if there is one.
    pub const fn new(kept: Option<AuditHead>) -> Self {
        Self { head: AuditHead { number: 0, hash: AuditHash([0; 32]) }, kept }
    }

    /// Checks the next entry.
    ///
    /// # Errors
    /// The first [`AuditFault`]; what follows it cannot be judged.
    pub fn check(&mut self, entry: &AuditEntry) -> Result<(), AuditFault> {
        let expected = self.head.number.saturating_add(1);
        if entry.number != expected {
            return Err(AuditFault::Gap { expected, found: entry.number });
        }
        if entry.hash_after(self.head.hash) != entry.hash {
            return Err(AuditFault::Altered { number: entry.number });
        }
        self.head = entry.head();
        match self.kept {
            Some(kept) if kept.number == entry.number && kept.hash != entry.hash => {
                Err(AuditFault::Rewritten { number: entry.number })
            }
            _ => Ok(()),
        }
    }

    /// Checks that the trail ends where it should, and returns its end.
    ///
    /// # Errors
    /// [`AuditFault::WrongEnd`], [`AuditFault::Rewritten`].
    pub fn finish(self, stored: AuditHead) -> Result<AuditHead, AuditFault> {
        let found = self.head.number;
        if let Some(kept) = self.kept.filter(|kept| kept.number > found) {
            return Err(AuditFault::WrongEnd { expected: kept.number, found });
        }
        if stored.number != found {
            return Err(AuditFault::WrongEnd { expected: stored.number, found });
        }
        if stored.hash != self.head.hash {
            return Err(AuditFault::Altered { number: found });
        }
        Ok(self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_no_other_text_is_one() {
        let mut hash = AuditHash::default();
        (hash.0[0], hash.0[31]) = (0xa0, 0x0f);
        let text = hash.to_string();
        assert_eq!(AuditHash::from_text(&text), Some(hash));
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{text}\""));
        for wrong in
            ["", &text[1..], &text.to_uppercase(), &text.replace("a0", "+0"), &text.replace("a0", "é")]
        {
            assert_eq!(AuditHash::from_text(wrong), None, "{wrong}");
            assert!(serde_json::from_str::<AuditHash>(&format!("\"{wrong}\"")).is_err());
        }
    }
}
