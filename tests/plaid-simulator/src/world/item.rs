//! A connection as Plaid sees it: one sign-in of one user at one institution.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::account::Account;
use super::ids::{IdSpace, mix, token};
use super::institutions::Institution;
use super::ledger::Ledger;
use super::update::Sight;
use crate::error::PlaidError;
use crate::options::{Readiness, ReadinessPlan};

/// A login's ledger, shared by every connection of the login.
pub(crate) type SharedLedger = Arc<Mutex<Ledger>>;

/// Locks a mutex; a test thread that panicked while holding it does not spoil it for the others.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection. It exists from Link on; its access token from the exchange on.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) item_id: String,
    pub(crate) access_token: Option<String>,
    pub(crate) institution: Institution,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) products: Vec<String>,
    pub(crate) webhook: Option<String>,
    pub(crate) error: Option<PlaidError>,
    pub(crate) readiness: Readiness,
    pub(crate) plan: ReadinessPlan,
    /// Updates asked for so far; the first arms `SYNC_UPDATES_AVAILABLE`.
    pub(crate) updates: u32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_success: DateTime<Utc>,
    pub(crate) last_failure: Option<DateTime<Utc>>,
    pub(crate) last_webhook: Option<(DateTime<Utc>, String)>,
    pub(crate) ids: IdSpace,
    pub(crate) login_seed: u64,
    pub(crate) ledger: SharedLedger,
    /// The accounts chosen in Link; `None` for all.
    pub(crate) chosen: Option<BTreeSet<u16>>,
    pub(crate) removed: bool,
}

impl Item {
    pub(crate) fn sight(&self) -> Sight<'_> {
        self.chosen.as_ref().map_or(Sight::All, Sight::Chosen)
    }

    /// The accounts the connection shows, by index; closed ones are not among them.
    pub(crate) fn open_accounts<'a>(
        &'a self,
        ledger: &'a Ledger,
    ) -> impl Iterator<Item = (u16, &'a Account)> {
        let accounts = (0u16..).zip(&ledger.accounts);
        accounts.filter(|(index, account)| !account.closed && self.sight().sees(*index))
    }

    /// The index of an open account by its id.
    pub(crate) fn account_index(&self, ledger: &Ledger, account_id: &str) -> Option<u16> {
        self.open_accounts(ledger)
            .map(|(index, _)| index)
            .find(|&index| self.ids.account(index) == account_id)
    }

    /// An id that stays over relinks, where the bank gives one.
    pub(crate) fn persistent_account_id(&self, index: u16, account: &Account) -> Option<String> {
        let has = self.institution.has_persistent_ids() && account.kind == "depository";
        has.then(|| token(mix(self.login_seed ^ u64::from(index)), 64).to_lowercase())
    }

    /// How many of the initial rows the caller may see.
    pub(crate) fn visible(&self, ledger: &Ledger) -> u32 {
        match self.readiness {
            Readiness::NotReady => 0,
            Readiness::InitialUpdateComplete => ledger.recent_len(self.created_at.date_naive()),
            Readiness::HistoricalUpdateComplete => ledger.base_len(),
        }
    }

    /// Counts an update asked for and lets readiness follow the plan.
    pub(crate) fn count_update(&mut self) {
        if let ReadinessPlan::ByUpdates { not_ready, initial } = self.plan {
            let planned = if self.updates < not_ready {
                Readiness::NotReady
            } else if self.updates < not_ready.saturating_add(initial) {
                Readiness::InitialUpdateComplete
            } else {
                Readiness::HistoricalUpdateComplete
            };
            self.readiness = self.readiness.max(planned);
        }
        self.updates = self.updates.saturating_add(1);
    }

    pub(crate) fn has_product(&self, product: &str) -> bool {
        self.products.iter().any(|one| one == product)
    }

    pub(crate) fn json(&self) -> Value {
        let all = ["assets", "auth", "balance", "identity", "investments", "liabilities", "transactions"];
        let available: Vec<_> = all.into_iter().filter(|product| !self.has_product(product)).collect();
        json!({
            "item_id": self.item_id,
            "webhook": self.webhook,
            "error": self.error.as_ref().map(PlaidError::embedded),
            "available_products": available,
            "billed_products": self.products,
            "products": self.products,
            "consented_products": self.products,
            "consent_expiration_time": null,
            "update_type": "background",
            "institution_id": self.institution.id,
            "institution_name": self.institution.name,
            "auth_method": null,
        })
    }

    /// The object of `/item/get`, which says more.
    pub(crate) fn json_with_consent(&self) -> Value {
        let mut body = self.json();
        body["created_at"] = json!(instant(self.created_at));
        body["consented_use_cases"] = json!([]);
        body["consented_data_scopes"] = json!(["account_balance_info", "transactions"]);
        body
    }

    pub(crate) fn status_json(&self) -> Value {
        let ready = self.readiness > Readiness::NotReady;
        json!({
            "investments": null,
            "transactions": {
                "last_successful_update": ready.then(|| instant(self.last_success)),
                "last_failed_update": self.last_failure.map(instant),
            },
            "last_webhook": self.last_webhook.as_ref().map(|(at, code)| {
                json!({"sent_at": instant(*at), "code_sent": code})
            }),
        })
    }
}

/// An instant as Plaid writes it.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
