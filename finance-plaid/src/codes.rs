//! What each of Plaid's error codes asks of the caller, and the sentence for the user.

use finance_core::ProviderErrorKind as Kind;

use crate::wire::ErrorBody;

/// A known error code. Codes are unique across Plaid's error types, and one of them
/// (`USER_PERMISSION_REVOKED`) is seen under two, so the code alone decides.
struct Code {
    name: &'static str,
    kind: Kind,
    /// The sentence for the user where the kind's own does not fit.
    user_message: Option<&'static str>,
}

const fn code(name: &'static str, kind: Kind) -> Code {
    Code { name, kind, user_message: None }
}

const fn told(name: &'static str, kind: Kind, user_message: &'static str) -> Code {
    Code { name, kind, user_message: Some(user_message) }
}

const CODES: &[Code] = &[
    code("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION", Kind::RestartUpdate),
    // Limits a minute, for this application or at the bank.
    code("ACCOUNTS_LIMIT", Kind::RetryLater),
    code("ACCOUNTS_BALANCE_GET_LIMIT", Kind::RetryLater),
    code("BALANCE_LIMIT", Kind::RetryLater),
    code("ITEM_GET_LIMIT", Kind::RetryLater),
    code("TRANSACTIONS_LIMIT", Kind::RetryLater),
    code("TRANSACTIONS_SYNC_LIMIT", Kind::RetryLater),
    code("TRANSACTIONS_REFRESH_LIMIT", Kind::RetryLater),
    code("INSTITUTIONS_GET_LIMIT", Kind::RetryLater),
    code("INSTITUTIONS_GET_BY_ID_LIMIT", Kind::RetryLater),
    code("INVESTMENT_HOLDINGS_GET_LIMIT", Kind::RetryLater),
    code("INVESTMENT_TRANSACTIONS_LIMIT", Kind::RetryLater),
    code("INSTITUTION_RATE_LIMIT", Kind::RetryLater),
    code("RATE_LIMIT", Kind::RetryLater),
    code("INTERNAL_SERVER_ERROR", Kind::RetryLater),
    code("plaid-internal-error", Kind::RetryLater),
    // Out for longer.
    told(
        "PLANNED_MAINTENANCE",
        Kind::Unavailable,
        "The connection service is down for maintenance. Please try again later.",
    ),
    code("INSTITUTION_DOWN", Kind::Unavailable),
    code("INSTITUTION_NOT_RESPONDING", Kind::Unavailable),
    code("INSTITUTION_NOT_AVAILABLE", Kind::Unavailable),
    code("PRODUCT_NOT_READY", Kind::NotReady),
    // The user must act in update mode.
    code("ITEM_LOGIN_REQUIRED", Kind::SignInAgain),
    code("INVALID_CREDENTIALS", Kind::SignInAgain),
    code("INVALID_MFA", Kind::SignInAgain),
    code("INSUFFICIENT_CREDENTIALS", Kind::SignInAgain),
    told(
        "USER_SETUP_REQUIRED",
        Kind::SignInAgain,
        "Your bank wants you to finish a step on its own site first. Do that, then sign in again here.",
    ),
    told(
        "PASSWORD_RESET_REQUIRED",
        Kind::SignInAgain,
        "Your bank wants a new password. Change it on the bank's own site, then sign in again here.",
    ),
    told(
        "ITEM_LOCKED",
        Kind::SignInAgain,
        "Your bank has locked this sign-in. Unlock it on the bank's own site, then sign in again here.",
    ),
    code("MANUAL_VERIFICATION_REQUIRED", Kind::SignInAgain),
    told(
        "ACCESS_NOT_GRANTED",
        Kind::SignInAgain,
        "The bank was not given permission to share your data. Sign in again and allow it.",
    ),
    told(
        "NO_ACCOUNTS",
        Kind::SignInAgain,
        "No account is shared any more. Sign in again and choose at least one account.",
    ),
    told(
        "ADDITIONAL_CONSENT_REQUIRED",
        Kind::SignInAgain,
        "Your bank needs your permission for this. Sign in again and allow it.",
    ),
    // The Item is dead, or a short-lived token is stale.
    code("ITEM_NOT_FOUND", Kind::LinkAgain),
    code("ITEM_NOT_SUPPORTED", Kind::LinkAgain),
    code("MFA_NOT_SUPPORTED", Kind::LinkAgain),
    code("INVALID_UPDATED_USERNAME", Kind::LinkAgain),
    told(
        "USER_PERMISSION_REVOKED",
        Kind::LinkAgain,
        "Access to this bank was withdrawn. Connect the bank again if you want to go on using it here.",
    ),
    told("INVALID_PUBLIC_TOKEN", Kind::LinkAgain, "Connecting took too long. Please connect the bank again."),
    told("INVALID_LINK_TOKEN", Kind::LinkAgain, "Connecting took too long. Please connect the bank again."),
    // Not to be had for this Item, which is sound.
    code("PRODUCTS_NOT_SUPPORTED", Kind::ProductNotSupported),
    code("PRODUCT_NOT_ENABLED", Kind::ProductNotSupported),
    code("NO_AUTH_ACCOUNTS", Kind::ProductNotSupported),
    code("NO_INVESTMENT_ACCOUNTS", Kind::ProductNotSupported),
    code("NO_LIABILITY_ACCOUNTS", Kind::ProductNotSupported),
    code("SANDBOX_PRODUCT_NOT_ENABLED", Kind::ProductNotSupported),
    code("INVALID_ACCOUNT_ID", Kind::UnknownAccount),
    code("ITEM_CONCURRENTLY_DELETED", Kind::ConnectionRemoved),
    code("LAST_UPDATED_DATETIME_OUT_OF_RANGE", Kind::BalanceTooOld),
    // Status 429, and yet no use trying again.
    code("CREDITS_EXHAUSTED", Kind::QuotaUsedUp),
    code("TRIAL_CONNECTION_LIMIT", Kind::QuotaUsedUp),
    // The host application's set-up.
    code("INVALID_API_KEYS", Kind::Configuration),
    code("INVALID_ACCESS_TOKEN", Kind::Configuration),
    code("INVALID_PRODUCT", Kind::Configuration),
    code("INVALID_INSTITUTION", Kind::Configuration),
    code("UNAUTHORIZED_ENVIRONMENT", Kind::Configuration),
    code("UNAUTHORIZED_ROUTE_ACCESS", Kind::Configuration),
    code("INVALID_LINK_CUSTOMIZATION", Kind::Configuration),
    code("UNAUTHORIZED_INSTITUTION", Kind::Configuration),
    code("INSTITUTION_REGISTRATION_REQUIRED", Kind::Configuration),
    code("INSTITUTION_NOT_ENABLED_IN_ENVIRONMENT", Kind::Configuration),
    // The request itself. INVALID_FIELD with a cursor is told apart in `kind_of_body`.
    code("MISSING_FIELDS", Kind::InvalidRequest),
    code("UNKNOWN_FIELDS", Kind::InvalidRequest),
    code("INVALID_FIELD", Kind::InvalidRequest),
    code("INVALID_CONFIGURATION", Kind::InvalidRequest),
    code("INCOMPATIBLE_API_VERSION", Kind::InvalidRequest),
    code("INVALID_BODY", Kind::InvalidRequest),
    code("INVALID_HEADERS", Kind::InvalidRequest),
    code("NOT_FOUND", Kind::InvalidRequest),
    code("SANDBOX_ONLY", Kind::InvalidRequest),
    code("NO_LONGER_AVAILABLE", Kind::InvalidRequest),
    code("INVALID_WEBHOOK_VERIFICATION_KEY_ID", Kind::InvalidRequest),
    // Only Plaid can mend it.
    told(
        "INSTITUTION_NO_LONGER_SUPPORTED",
        Kind::ProviderFault,
        "This bank can no longer be connected. What you have so far is kept.",
    ),
    code("UNSUPPORTED_RESPONSE", Kind::ProviderFault),
];

/// What an unknown code of a known error type asks for. Other types go by the HTTP status.
const TYPES: &[(&str, Kind)] = &[
    ("RATE_LIMIT_EXCEEDED", Kind::RetryLater),
    ("API_ERROR", Kind::RetryLater),
    ("INSTITUTION_ERROR", Kind::Unavailable),
    ("ITEM_ERROR", Kind::SignInAgain),
    ("OAUTH_ERROR", Kind::SignInAgain),
    ("INVALID_RESULT", Kind::ProductNotSupported),
    ("INVALID_INPUT", Kind::Configuration),
    ("INVALID_REQUEST", Kind::InvalidRequest),
];

/// What Plaid's error object asks for: by its code, else by its type, else by the HTTP status it came with.
///
/// `cursor_sent` tells that the request held a cursor: a refused field is then taken for a cursor that
/// belongs to another Item, which is all that Plaid says of it.
pub(crate) fn kind_of_body(body: &ErrorBody, status: Option<u16>, cursor_sent: bool) -> Kind {
    let name = body.error_code.as_deref().unwrap_or_default();
    if name == "INVALID_FIELD" && cursor_sent {
        return Kind::RestartFromEmpty;
    }
    if let Some(known) = known(name) {
        return known.kind;
    }
    let error_type = body.error_type.as_deref().unwrap_or_default();
    let by_type = TYPES.iter().find(|(name, _)| *name == error_type).map(|(_, kind)| *kind);
    by_type.unwrap_or_else(|| status.map_or(Kind::ProviderFault, kind_of_status))
}

/// What a status asks for, when that is all there is: the answer of a gateway or proxy, or of a newer Plaid.
pub(crate) const fn kind_of_status(status: u16) -> Kind {
    match status {
        408 | 425 | 429 | 500..=599 => Kind::RetryLater,
        300..=399 | 401 | 403 | 404 | 407 => Kind::Configuration,
        400..=499 => Kind::InvalidRequest,
        _ => Kind::InvalidAnswer,
    }
}

/// A sentence fit for the user: the code's own, else that of the kind.
pub(crate) fn user_message(kind: Kind, code: Option<&str>) -> &'static str {
    code.and_then(known).and_then(|code| code.user_message).unwrap_or_else(|| kind_message(kind))
}

fn known(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.name == name)
}

const fn kind_message(kind: Kind) -> &'static str {
    match kind {
        Kind::RetryLater => "The connection to your bank is busy right now. Please try again later.",
        Kind::Unavailable => "Your bank is not reachable right now. Please try again later.",
        Kind::NotReady => "Your bank is still preparing your data. This can take a few minutes.",
        Kind::RestartUpdate => "New data arrived while we were reading. We will read it again.",
        Kind::RestartFromEmpty => "Your data has to be read again from the beginning. Nothing is lost.",
        Kind::SignInAgain => "Your bank wants you to sign in again.",
        Kind::LinkAgain => "This connection no longer works. Please connect the bank again.",
        Kind::ConnectionRemoved => "This connection was removed.",
        Kind::ProductNotSupported => "Your bank does not offer this for your accounts.",
        Kind::UnknownAccount => "Your bank's list of accounts has changed. We will read it again.",
        Kind::BalanceTooOld => "Your bank has no newer balance at the moment.",
        Kind::QuotaUsedUp => "No more connections or updates are possible right now. Please contact support.",
        Kind::Configuration => "Bank connections are not set up correctly. Please contact support.",
        Kind::ProviderFault => "Your bank cannot be read at the moment. Please contact support.",
        Kind::InvalidAnswer => "Your bank sent something we could not read. Nothing was changed.",
        _ => "Something went wrong on our side. Please contact support.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn body(error_type: &str, code: &str) -> ErrorBody {
        ErrorBody {
            error_type: Some(error_type.to_owned()),
            error_code: Some(code.to_owned()),
            ..ErrorBody::default()
        }
    }

    #[test]
    fn every_class_has_as_many_codes_as_documented() {
        let mut counts = BTreeMap::<&str, usize>::new();
        for code in CODES {
            *counts.entry(code.kind.name()).or_default() += 1;
        }
        let expected = [
            ("restart_update", 1),
            ("retry_later", 15),
            ("unavailable", 4),
            ("not_ready", 1),
            ("sign_in_again", 11),
            ("link_again", 7),
            ("product_not_supported", 6),
            ("unknown_account", 1),
            ("connection_removed", 1),
            ("balance_too_old", 1),
            ("quota_used_up", 2),
            ("configuration", 10),
            ("invalid_request", 11),
            ("provider_fault", 2),
        ];
        assert_eq!(counts, BTreeMap::from(expected));
        let names: BTreeSet<&str> = CODES.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), CODES.len(), "a code stands twice");
    }

    #[test]
    fn the_code_decides_before_the_type_and_the_type_before_the_status() {
        let cases = [
            ("ITEM_ERROR", "USER_PERMISSION_REVOKED", 400, Kind::LinkAgain),
            ("INVALID_INPUT", "USER_PERMISSION_REVOKED", 400, Kind::LinkAgain),
            ("RATE_LIMIT_EXCEEDED", "CREDITS_EXHAUSTED", 429, Kind::QuotaUsedUp),
            ("RATE_LIMIT_EXCEEDED", "A_NEW_LIMIT", 400, Kind::RetryLater),
            ("INSTITUTION_ERROR", "A_NEW_OUTAGE", 400, Kind::Unavailable),
            ("ITEM_ERROR", "A_NEW_STATE", 400, Kind::SignInAgain),
            ("INVALID_REQUEST", "A_NEW_MISTAKE", 500, Kind::InvalidRequest),
            ("ENRICH_ERROR", "A_NEW_CODE", 500, Kind::RetryLater),
            ("ENRICH_ERROR", "A_NEW_CODE", 429, Kind::RetryLater),
            ("ENRICH_ERROR", "A_NEW_CODE", 403, Kind::Configuration),
            ("ENRICH_ERROR", "A_NEW_CODE", 400, Kind::InvalidRequest),
        ];
        for (error_type, code, status, kind) in cases {
            assert_eq!(
                kind_of_body(&body(error_type, code), Some(status), false),
                kind,
                "{error_type} {code}"
            );
        }
        // Embedded in an Item there is no status.
        assert_eq!(kind_of_body(&body("ENRICH_ERROR", "A_NEW_CODE"), None, false), Kind::ProviderFault);
    }

    #[test]
    fn a_refused_field_is_the_cursor_when_one_was_sent() {
        let refused = body("INVALID_REQUEST", "INVALID_FIELD");
        assert_eq!(kind_of_body(&refused, Some(400), true), Kind::RestartFromEmpty);
        assert_eq!(kind_of_body(&refused, Some(400), false), Kind::InvalidRequest);
    }

    #[test]
    fn sentences_are_short_and_free_of_jargon() {
        let of_kinds = Kind::ALL.iter().map(|kind| user_message(*kind, None));
        for sentence in of_kinds.chain(CODES.iter().map(|code| user_message(code.kind, Some(code.name)))) {
            assert!(sentence.len() <= 100 && sentence.ends_with('.'), "{sentence}");
            let jargon =
                ["Item", "API", "token", "cursor", "HTTP", "JSON", "Plaid", "_", "pagina", "error", "null"];
            for word in jargon {
                assert!(!sentence.contains(word), "{sentence} says {word}");
            }
        }
        assert_ne!(
            user_message(Kind::SignInAgain, Some("ITEM_LOCKED")),
            user_message(Kind::SignInAgain, None)
        );
    }
}
