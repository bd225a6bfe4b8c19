//! Plaid's errors: the codes a caller may meet, with the type, the HTTP status and a message for each.

use serde::Serialize;
use serde_json::{Value, json};

/// An error as Plaid words it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PlaidError {
    pub(crate) error_type: String,
    pub(crate) error_code: String,
    pub(crate) error_message: String,
    pub(crate) display_message: Option<String>,
    #[serde(skip)]
    pub(crate) status: u16,
}

macro_rules! table {
    ($($kind:literal $status:literal { $($code:literal $message:literal)* })*) => {
        /// Code, type, status, message.
        const CODES: &[(&str, &str, u16, &str)] = &[$($(($code, $kind, $status, $message),)*)*];
    };
}

#[rustfmt::skip]
table! {
    "INVALID_REQUEST" 400 {
        "MISSING_FIELDS" "a required field is missing"
        "UNKNOWN_FIELDS" "an unrecognized field is present"
        "INVALID_FIELD" "a field has an invalid value"
        "INVALID_CONFIGURATION" "the configuration is invalid"
        "INCOMPATIBLE_API_VERSION" "the API version does not know this request"
        "INVALID_BODY" "the body is not valid JSON"
        "INVALID_HEADERS" "a required header is missing or invalid"
        "SANDBOX_ONLY" "this endpoint exists in the Sandbox environment only"
        "NO_LONGER_AVAILABLE" "this endpoint is no longer available"
    }
    "INVALID_REQUEST" 404 {
        "NOT_FOUND" "there is no such endpoint"
    }
    "INVALID_INPUT" 400 {
        "INVALID_API_KEYS" "invalid client_id or secret provided"
        "INVALID_ACCESS_TOKEN" "the provided access token is in an invalid format or unknown here"
        "INVALID_PUBLIC_TOKEN" "the provided public token is invalid, expired or already exchanged"
        "INVALID_LINK_TOKEN" "the provided link token is invalid or expired"
        "INVALID_PRODUCT" "a product is invalid here or not enabled"
        "INVALID_ACCOUNT_ID" "an account id does not belong to this Item"
        "INVALID_INSTITUTION" "there is no such institution"
        "INVALID_LINK_CUSTOMIZATION" "the Link customization is not valid for this request"
        "INVALID_WEBHOOK_VERIFICATION_KEY_ID" "there is no such webhook verification key"
        "UNAUTHORIZED_ENVIRONMENT" "this client may not use this environment"
        "UNAUTHORIZED_ROUTE_ACCESS" "this client may not use this endpoint"
        "ADDITIONAL_CONSENT_REQUIRED" "the user has not consented to this product"
        "USER_PERMISSION_REVOKED" "the user has revoked access to this Item"
    }
    "INVALID_RESULT" 400 {
        "LAST_UPDATED_DATETIME_OUT_OF_RANGE" "no balance is as fresh as requested"
    }
    "ITEM_ERROR" 400 {
        "ITEM_LOGIN_REQUIRED" "the login details of this item have changed"
        "INVALID_CREDENTIALS" "the provided credentials were not correct"
        "INVALID_MFA" "the provided MFA response was not correct"
        "INSUFFICIENT_CREDENTIALS" "the user did not finish the login"
        "USER_SETUP_REQUIRED" "the user has to act at the institution first"
        "PASSWORD_RESET_REQUIRED" "the user has to reset the password at the institution"
        "ITEM_LOCKED" "the account is locked"
        "MANUAL_VERIFICATION_REQUIRED" "the user has to verify the account manually"
        "ACCESS_NOT_GRANTED" "the user did not grant the necessary permissions"
        "NO_ACCOUNTS" "no valid accounts were found for this item"
        "ITEM_NOT_FOUND" "the Item does not exist or has been removed"
        "ITEM_NOT_SUPPORTED" "this user account is not supported"
        "MFA_NOT_SUPPORTED" "the MFA of this account is not supported"
        "INVALID_UPDATED_USERNAME" "the username does not match the Item's"
        "PRODUCTS_NOT_SUPPORTED" "the product is not supported by this institution or Item"
        "PRODUCT_NOT_ENABLED" "the product is not enabled for this Item"
        "PRODUCT_NOT_READY" "the requested product is not yet ready"
        "NO_AUTH_ACCOUNTS" "there are no valid checking or savings accounts"
        "NO_INVESTMENT_ACCOUNTS" "there are no valid investment accounts"
        "NO_LIABILITY_ACCOUNTS" "there are no valid liability accounts"
        "ITEM_CONCURRENTLY_DELETED" "the Item was deleted while this request ran"
    }
    "INSTITUTION_ERROR" 400 {
        "INSTITUTION_DOWN" "this institution is not currently responding"
        "INSTITUTION_NOT_RESPONDING" "this institution is not currently responding to this request"
        "INSTITUTION_NOT_AVAILABLE" "this institution is not currently available"
        "INSTITUTION_NO_LONGER_SUPPORTED" "this institution is no longer supported"
        "INSTITUTION_NOT_ENABLED_IN_ENVIRONMENT" "this institution is not enabled in this environment"
        "INSTITUTION_REGISTRATION_REQUIRED" "this institution requires registration"
        "UNAUTHORIZED_INSTITUTION" "this client may not use this institution"
        "UNSUPPORTED_RESPONSE" "the institution's answer could not be understood"
    }
    "TRANSACTIONS_ERROR" 400 {
        "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"
            "Underlying transaction data changed since last page was fetched. Please restart pagination from last update."
    }
    "SANDBOX_ERROR" 400 {
        "SANDBOX_PRODUCT_NOT_ENABLED" "the product of this webhook is not enabled on the Item"
        "SANDBOX_WEBHOOK_INVALID" "the webhook cannot be fired"
        "SANDBOX_ACCOUNT_SELECT_V2_NOT_ENABLED" "the Item was made without account selection"
    }
    "RATE_LIMIT_EXCEEDED" 429 {
        "ACCOUNTS_LIMIT" "rate limit exceeded for attempts to access accounts"
        "ACCOUNTS_BALANCE_GET_LIMIT" "rate limit exceeded for attempts to access balances"
        "BALANCE_LIMIT" "rate limit exceeded for attempts to access balances"
        "ITEM_GET_LIMIT" "rate limit exceeded for attempts to access this Item"
        "TRANSACTIONS_LIMIT" "rate limit exceeded for attempts to access transactions"
        "TRANSACTIONS_SYNC_LIMIT" "rate limit exceeded for attempts to sync transactions"
        "TRANSACTIONS_REFRESH_LIMIT" "rate limit exceeded for attempts to refresh transactions"
        "INSTITUTIONS_GET_LIMIT" "rate limit exceeded for attempts to access institutions"
        "INSTITUTIONS_GET_BY_ID_LIMIT" "rate limit exceeded for attempts to access this institution"
        "INVESTMENT_HOLDINGS_GET_LIMIT" "rate limit exceeded for attempts to access holdings"
        "INVESTMENT_TRANSACTIONS_LIMIT" "rate limit exceeded for attempts to access investment transactions"
        "INSTITUTION_RATE_LIMIT" "rate limit exceeded at this institution"
        "RATE_LIMIT" "rate limit exceeded"
        "CREDITS_EXHAUSTED" "the credits of this client are used up"
        "TRIAL_CONNECTION_LIMIT" "the Item limit of the trial is reached"
    }
    "API_ERROR" 500 {
        "INTERNAL_SERVER_ERROR" "an unexpected error occurred"
        "plaid-internal-error" "an unexpected error occurred"
    }
    "API_ERROR" 503 {
        "PLANNED_MAINTENANCE" "the service is undergoing planned maintenance"
    }
}

impl PlaidError {
    /// The error of a code, with the table's type, status and message. An unknown code is an `ITEM_ERROR` of 400.
    pub(crate) fn new(code: &str) -> Self {
        let known = CODES.iter().find(|entry| entry.0 == code);
        let (kind, status, message) = known.map_or(("ITEM_ERROR", 400, "an error"), |e| (e.1, e.2, e.3));
        let display = matches!(kind, "ITEM_ERROR" | "INSTITUTION_ERROR").then(|| display_message(kind));
        Self {
            error_type: kind.into(),
            error_code: code.into(),
            error_message: message.into(),
            display_message: display.map(Into::into),
            status,
        }
    }

    /// The same with a message of its own.
    pub(crate) fn with(code: &str, message: impl Into<String>) -> Self {
        Self { error_message: message.into(), ..Self::new(code) }
    }

    /// The body of an HTTP answer.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let mut body = self.embedded();
        body["request_id"] = json!(request_id);
        body
    }

    /// The object inside an Item, which carries no request id.
    pub(crate) fn embedded(&self) -> Value {
        json!({
            "error_type": self.error_type,
            "error_code": self.error_code,
            "error_message": self.error_message,
            "display_message": self.display_message,
            "error_code_reason": null,
            "documentation_url": format!(
                "https://plaid.com/docs/?ref=error#{}",
                self.error_type.to_lowercase().replace('_', "-")
            ),
            "suggested_action": null,
            "causes": [],
        })
    }

    /// The object inside a webhook, which carries the status.
    pub(crate) fn in_webhook(&self) -> Value {
        let mut body = self.embedded();
        body["status"] = json!(self.status);
        body
    }
}

fn display_message(kind: &str) -> &'static str {
    if kind == "INSTITUTION_ERROR" {
        "This financial institution is not currently available. Please try again later."
    } else {
        "The connection to this account needs your attention."
    }
}

/// Every code of the table, for tests that sweep them.
pub fn error_codes() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|entry| entry.0)
}

#[cfg(test)]
mod tests {
    use super::PlaidError;

    #[test]
    fn codes_have_their_type_and_status() {
        for (code, kind, status) in [
            ("TRANSACTIONS_SYNC_LIMIT", "RATE_LIMIT_EXCEEDED", 429),
            ("CREDITS_EXHAUSTED", "RATE_LIMIT_EXCEEDED", 429),
            ("INSTITUTION_DOWN", "INSTITUTION_ERROR", 400),
            ("PLANNED_MAINTENANCE", "API_ERROR", 503),
            ("INTERNAL_SERVER_ERROR", "API_ERROR", 500),
            ("ITEM_LOGIN_REQUIRED", "ITEM_ERROR", 400),
            ("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION", "TRANSACTIONS_ERROR", 400),
        ] {
            let error = PlaidError::new(code);
            assert_eq!((error.error_type.as_str(), error.status), (kind, status), "{code}");
        }
    }
}
