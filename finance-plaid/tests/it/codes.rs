//! Every documented error code through the client.

use finance_core::ProviderErrorKind as Kind;
use finance_core::{BankProvider, Cursor, PageRequest};

use super::*;

/// Class, error type, codes: written down from Plaid's documentation, apart from the library's own table.
const DOCUMENTED: &[(Kind, &str, &str)] = &[
    (Kind::RestartUpdate, "TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"),
    (
        Kind::RetryLater,
        "RATE_LIMIT_EXCEEDED",
        "ACCOUNTS_LIMIT ACCOUNTS_BALANCE_GET_LIMIT BALANCE_LIMIT ITEM_GET_LIMIT TRANSACTIONS_LIMIT \
         TRANSACTIONS_SYNC_LIMIT TRANSACTIONS_REFRESH_LIMIT INSTITUTIONS_GET_LIMIT INSTITUTIONS_GET_BY_ID_LIMIT \
         INVESTMENT_HOLDINGS_GET_LIMIT INVESTMENT_TRANSACTIONS_LIMIT INSTITUTION_RATE_LIMIT RATE_LIMIT",
    ),
    (Kind::RetryLater, "API_ERROR", "INTERNAL_SERVER_ERROR plaid-internal-error"),
    (Kind::Unavailable, "API_ERROR", "PLANNED_MAINTENANCE"),
    (
        Kind::Unavailable,
        "INSTITUTION_ERROR",
        "INSTITUTION_DOWN INSTITUTION_NOT_RESPONDING INSTITUTION_NOT_AVAILABLE",
    ),
    (Kind::NotReady, "ITEM_ERROR", "PRODUCT_NOT_READY"),
    (
        Kind::SignInAgain,
        "ITEM_ERROR",
        "ITEM_LOGIN_REQUIRED INVALID_CREDENTIALS INVALID_MFA INSUFFICIENT_CREDENTIALS USER_SETUP_REQUIRED \
         PASSWORD_RESET_REQUIRED ITEM_LOCKED MANUAL_VERIFICATION_REQUIRED ACCESS_NOT_GRANTED NO_ACCOUNTS",
    ),
    (Kind::SignInAgain, "INVALID_INPUT", "ADDITIONAL_CONSENT_REQUIRED"),
    (
        Kind::LinkAgain,
        "ITEM_ERROR",
        "ITEM_NOT_FOUND ITEM_NOT_SUPPORTED MFA_NOT_SUPPORTED INVALID_UPDATED_USERNAME USER_PERMISSION_REVOKED",
    ),
    (Kind::LinkAgain, "INVALID_INPUT", "USER_PERMISSION_REVOKED INVALID_PUBLIC_TOKEN INVALID_LINK_TOKEN"),
    (
        Kind::ProductNotSupported,
        "ITEM_ERROR",
        "PRODUCTS_NOT_SUPPORTED PRODUCT_NOT_ENABLED NO_AUTH_ACCOUNTS NO_INVESTMENT_ACCOUNTS NO_LIABILITY_ACCOUNTS",
    ),
    (Kind::ProductNotSupported, "SANDBOX_ERROR", "SANDBOX_PRODUCT_NOT_ENABLED"),
    (Kind::UnknownAccount, "INVALID_INPUT", "INVALID_ACCOUNT_ID"),
    (Kind::ConnectionRemoved, "ITEM_ERROR", "ITEM_CONCURRENTLY_DELETED"),
    (Kind::BalanceTooOld, "INVALID_RESULT", "LAST_UPDATED_DATETIME_OUT_OF_RANGE"),
    (Kind::QuotaUsedUp, "RATE_LIMIT_EXCEEDED", "CREDITS_EXHAUSTED TRIAL_CONNECTION_LIMIT"),
    (
        Kind::Configuration,
        "INVALID_INPUT",
        "INVALID_API_KEYS INVALID_ACCESS_TOKEN INVALID_PRODUCT INVALID_INSTITUTION UNAUTHORIZED_ENVIRONMENT \
         UNAUTHORIZED_ROUTE_ACCESS INVALID_LINK_CUSTOMIZATION",
    ),
    (
        Kind::Configuration,
        "INSTITUTION_ERROR",
        "UNAUTHORIZED_INSTITUTION INSTITUTION_REGISTRATION_REQUIRED INSTITUTION_NOT_ENABLED_IN_ENVIRONMENT",
    ),
    (
        Kind::InvalidRequest,
        "INVALID_REQUEST",
        "MISSING_FIELDS UNKNOWN_FIELDS INVALID_FIELD INVALID_CONFIGURATION INCOMPATIBLE_API_VERSION INVALID_BODY \
         INVALID_HEADERS NOT_FOUND SANDBOX_ONLY NO_LONGER_AVAILABLE",
    ),
    (Kind::InvalidRequest, "INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID"),
    (Kind::ProviderFault, "INSTITUTION_ERROR", "INSTITUTION_NO_LONGER_SUPPORTED UNSUPPORTED_RESPONSE"),
    // Codes of tomorrow go by their type.
    (Kind::Unavailable, "INSTITUTION_ERROR", "A_CODE_OF_TOMORROW"),
    (Kind::SignInAgain, "ITEM_ERROR", "A_CODE_OF_TOMORROW"),
];

#[tokio::test]
async fn every_code_asks_for_what_is_documented() {
    for (kind, error_type, codes) in DOCUMENTED {
        for code in codes.split_whitespace() {
            let status = match *error_type {
                "RATE_LIMIT_EXCEEDED" => 429,
                "API_ERROR" if code == "PLANNED_MAINTENANCE" => 503,
                "API_ERROR" => 500,
                _ => 400,
            };
            let server = server("/accounts/get", failure(status, error_type, code)).await;
            let error = client(&server.uri()).accounts_get(&token(), &[]).await.unwrap_err();
            assert_eq!(error.kind(), *kind, "{code}");
            assert_eq!((error.code(), error.error_type()), (Some(code), Some(*error_type)));
            assert_eq!((error.status(), error.request_id()), (Some(status), Some("request-1")));
            let text = error.to_string();
            assert!(text.starts_with("/accounts/get: what Plaid says") && text.contains(code), "{text}");
            let expected = if *kind == Kind::RetryLater { 3 } else { 1 };
            assert_eq!(calls(&server).await, expected, "{code}");
        }
    }
}

#[tokio::test]
async fn a_cursor_that_is_refused_starts_over_but_only_if_one_was_sent() {
    let server = server("/transactions/sync", failure(400, "INVALID_REQUEST", "INVALID_FIELD")).await;
    for (cursor, kind) in [(Cursor::new("c"), Kind::RestartFromEmpty), (None, Kind::InvalidRequest)] {
        let request = PageRequest { cursor, count: 500 };
        let error = provider(&server.uri()).transactions_page(&token(), &request).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, Some("INVALID_FIELD")));
    }
}

#[tokio::test]
async fn an_answer_from_something_else_goes_by_its_status() {
    for (status, kind) in [
        (401, Kind::Configuration),
        (403, Kind::Configuration),
        (404, Kind::Configuration),
        (413, Kind::InvalidRequest),
        (429, Kind::RetryLater),
        (502, Kind::RetryLater),
    ] {
        let answer = ResponseTemplate::new(status).set_body_raw("<html>nginx</html>", "text/html");
        let server = server("/accounts/get", answer).await;
        let error = client(&server.uri()).accounts_get(&token(), &[]).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, None), "{status}");
        let text = error.to_string();
        assert!(text.contains(&status.to_string()) && text.contains("text/html"), "{text}");
        assert!(!text.contains("nginx") && !error.user_message().is_empty());
    }
}
