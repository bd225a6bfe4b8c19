//! The institutions of Plaid's Sandbox.

use serde_json::{Value, json};

use crate::options::NewInstitution;

/// A bank one can sign in to.
#[derive(Debug, Clone)]
pub(crate) struct Institution {
    pub(crate) id: String,
    pub(crate) name: String,
    country: String,
    oauth: bool,
}

/// Id, name, country, whether sign-in is by OAuth.
const SANDBOX: [(&str, &str, &str, bool); 18] = [
    ("ins_109508", "First Platypus Bank", "US", false),
    ("ins_109509", "First Gingham Credit Union", "US", false),
    ("ins_109510", "Tattersall Federal Credit Union", "US", false),
    ("ins_109511", "Tartan Bank", "US", false),
    ("ins_109512", "Houndstooth Bank", "US", false),
    ("ins_43", "Tartan-Dominion Bank of Canada", "CA", false),
    ("ins_116834", "The Royal Bank of Plaid", "GB", false),
    ("ins_117650", "Royal Bank of Plaid (OAuth)", "GB", true),
    ("ins_127287", "Platypus OAuth Bank", "US", true),
    ("ins_127990", "Platypus Tokenised Bank", "US", true),
    ("ins_132241", "First Platypus OAuth App2App Bank", "US", true),
    ("ins_132363", "Unhealthy Platypus Bank - Degraded", "US", false),
    ("ins_132361", "Unhealthy Platypus Bank - Down", "US", false),
    ("ins_133402", "Unsupported Platypus Bank", "US", false),
    ("ins_56", "Chase", "US", true),
    ("ins_13", "PNC", "US", true),
    ("ins_3", "Second Platypus Bank", "US", false),
    ("ins_128026", "Capital One", "US", true),
];

/// The institution of an id, among Plaid's and the host's own.
pub(crate) fn find(id: &str, own: &[NewInstitution]) -> Option<Institution> {
    let sandbox = SANDBOX.iter().find(|entry| entry.0 == id).map(|&(id, name, country, oauth)| Institution {
        id: id.into(),
        name: name.into(),
        country: country.into(),
        oauth,
    });
    sandbox.or_else(|| {
        own.iter().find(|one| one.institution_id == id).map(|one| Institution {
            id: one.institution_id.clone(),
            name: one.name.clone(),
            country: "US".into(),
            oauth: false,
        })
    })
}

impl Institution {
    /// Whether depository accounts carry a `persistent_account_id` here.
    pub(crate) fn has_persistent_ids(&self) -> bool {
        matches!(self.id.as_str(), "ins_56" | "ins_13" | "ins_127990" | "ins_127287")
    }

    /// Whether this is the one bank whose cards need `min_last_updated_datetime`.
    pub(crate) fn is_capital_one(&self) -> bool {
        self.id == "ins_128026"
    }

    /// The error any sign-in here meets.
    pub(crate) fn sign_in_error(&self) -> Option<&'static str> {
        match self.id.as_str() {
            "ins_132361" => Some("INSTITUTION_DOWN"),
            "ins_133402" => Some("INSTITUTION_NO_LONGER_SUPPORTED"),
            _ => None,
        }
    }

    pub(crate) fn serves(&self, country_codes: &[String]) -> bool {
        country_codes.contains(&self.country)
    }

    pub(crate) fn json(&self, optional_metadata: bool, status: bool, auth: bool) -> Value {
        let mut body = json!({
            "institution_id": self.id,
            "name": self.name,
            "products": ["assets", "auth", "balance", "identity", "investments", "liabilities", "transactions"],
            "country_codes": [self.country],
            "routing_numbers": if self.country == "US" { vec!["110000000"] } else { vec![] },
            "dtc_numbers": [],
            "oauth": self.oauth,
            // Required since mid-2026: current client libraries refuse an institution without it.
            "connection_availability": if self.sign_in_error().is_some() { "NOT_SUPPORTED" } else { "SUPPORTED" },
        });
        if optional_metadata {
            body["url"] = json!("https://plaid.com");
            body["primary_color"] = json!("#174e8d");
            body["logo"] = json!(null);
        }
        if status {
            body["status"] = json!(null);
        }
        if auth {
            body["auth_metadata"] = json!({"supported_methods": {
                "instant_auth": true, "instant_match": true,
                "automated_micro_deposits": true, "instant_micro_deposits": true,
            }});
        }
        body
    }
}
