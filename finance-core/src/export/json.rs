//! Books as a JSON document, piece by piece.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::{
    AccountId, Connection, ConnectionFault, ConnectionId, ConnectionStatus, HistoryStatus, InstitutionRef,
    Money, ProviderConnectionId, ProviderName, ReconciliationId, UserId,
};
use crate::schedule::SyncFrequency;
use crate::store::{StoredReconciliation, StoredResolution};

/// What this version writes.
const VERSION: u32 = 1;

/// Bytes of a document in the making.
#[derive(Default)]
pub(crate) struct JsonText(Vec<u8>);

#[derive(Serialize)]
struct Head<'a> {
    format: &'static str,
    version: u32,
    user: &'a UserId,
    exported_at: DateTime<Utc>,
}

impl JsonText {
    /// The beginning of the document.
    pub(crate) fn head(
        &mut self,
        user: &UserId,
        exported_at: DateTime<Utc>,
    ) -> Result<(), serde_json::Error> {
        let head = Head { format: "finance-books", version: VERSION, user, exported_at };
        serde_json::to_writer(&mut self.0, &head)?;
        // The object goes on.
        self.0.pop();
        Ok(())
    }

    /// The beginning of a list.
    pub(crate) fn open(&mut self, name: &str) {
        self.0.extend_from_slice(format!(",\n\"{name}\":[").as_bytes());
    }

    /// An item of the list that was begun last, and whether it is the first one.
    pub(crate) fn item(&mut self, item: &impl Serialize, first: bool) -> Result<(), serde_json::Error> {
        self.0.extend_from_slice(if first { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut self.0, item)
    }

    /// The end of the list.
    pub(crate) fn close(&mut self) {
        self.0.push(b']');
    }

    /// The end of the document.
    pub(crate) fn tail(&mut self, changed_meanwhile: bool) {
        self.0.extend_from_slice(format!(",\n\"changed_meanwhile\":{changed_meanwhile}}}\n").as_bytes());
    }

    /// The bytes so far.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// A connection without its cursor.
#[derive(Serialize)]
pub(crate) struct ExportedConnection<'a> {
    id: ConnectionId,
    provider: &'a ProviderName,
    provider_id: &'a ProviderConnectionId,
    institution: Option<&'a InstitutionRef>,
    status: ConnectionStatus,
    history: HistoryStatus,
    created_at: DateTime<Utc>,
    synced_at: Option<DateTime<Utc>>,
    fault: Option<&'a ConnectionFault>,
    consent_expires_at: Option<DateTime<Utc>>,
    new_accounts_available: bool,
    /// `None` for what the user keeps by hand.
    sync_frequency: Option<String>,
}

impl<'a> ExportedConnection<'a> {
    pub(crate) fn new(connection: &'a Connection, frequency: Option<SyncFrequency>) -> Self {
        Self {
            id: connection.id,
            provider: &connection.provider,
            provider_id: &connection.provider_id,
            institution: connection.institution.as_ref(),
            status: connection.status,
            history: connection.history,
            created_at: connection.created_at,
            synced_at: connection.synced_at,
            fault: connection.fault.as_ref(),
            consent_expires_at: connection.consent_expires_at,
            new_accounts_available: connection.new_accounts_available,
            sync_frequency: frequency
                .filter(|_| !connection.is_manual())
                .map(|frequency| frequency.to_string()),
        }
    }
}

/// A comparison with the bank, with what was accepted of it.
#[derive(Serialize)]
pub(crate) struct ExportedReconciliation<'a> {
    id: ReconciliationId,
    account: AccountId,
    at: DateTime<Utc>,
    score: Option<u8>,
    difference: Option<&'a Money>,
    body: Box<RawValue>,
    resolutions: Vec<ExportedResolution>,
}

impl<'a> ExportedReconciliation<'a> {
    pub(crate) fn new(
        stored: &'a StoredReconciliation,
        resolutions: &[StoredResolution],
    ) -> Result<Self, serde_json::Error> {
        let summary = &stored.summary;
        Ok(Self {
            id: summary.id,
            account: summary.account,
            at: summary.at,
            score: summary.score,
            difference: summary.difference.as_ref(),
            body: exported_body(&stored.body)?,
            resolutions: resolutions.iter().map(ExportedResolution::new).collect::<Result<_, _>>()?,
        })
    }
}

/// An explanation that was accepted.
#[derive(Serialize)]
struct ExportedResolution {
    explanation: u32,
    resolved_at: DateTime<Utc>,
    undone_at: Option<DateTime<Utc>>,
    body: Box<RawValue>,
}

impl ExportedResolution {
    fn new(stored: &StoredResolution) -> Result<Self, serde_json::Error> {
        Ok(Self {
            explanation: stored.explanation,
            resolved_at: stored.resolved_at,
            undone_at: stored.undone_at,
            body: exported_body(&stored.body)?,
        })
    }
}

/// JSON that is stored as a text, as a part of the document.
fn exported_body(body: &str) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(body.to_owned())
}
