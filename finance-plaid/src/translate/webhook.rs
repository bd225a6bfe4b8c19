use chrono::{DateTime, Utc};
use finance_core::{
    ConnectionFault, LinkToken, ProviderAccountId, ProviderConnectionId, PublicToken, WebhookError,
    WebhookErrorKind, WebhookNews,
};

use crate::codes::{kind_of_body, user_message};
use crate::options::Environment;
use crate::wire::{ErrorBody, WebhookBody};

/// The longest name of a webhook that is told.
const NAME_CHARS_MAX: usize = 120;

/// What the body of a webhook tells, and of which connection. Whether Plaid sent it is for
/// [`verify_webhook`](finance_core::BankProvider::verify_webhook) to say first.
///
/// # Errors
/// [`WebhookErrorKind::Malformed`] when it is no webhook. One that is not known is no error.
pub fn webhook(
    body: &[u8],
    sent_at: DateTime<Utc>,
    environment: &Environment,
) -> Result<(Option<ProviderConnectionId>, WebhookNews), WebhookError> {
    let body: WebhookBody = serde_json::from_slice(body).map_err(|error| {
        let message = format!("the body cannot be read as a webhook, at column {}", error.column());
        WebhookError::new(WebhookErrorKind::Malformed, message)
    })?;
    let connection = body.item_id.as_deref().and_then(|id| ProviderConnectionId::new(id).ok());
    let own = match environment {
        Environment::Sandbox => "sandbox",
        Environment::Production => "production",
        Environment::Custom(_) => body.environment.as_deref().unwrap_or_default(),
    };
    let news = match body.environment.as_deref() {
        Some(other) if other != own => WebhookNews::OtherEnvironment { environment: other.to_owned() },
        _ => news(body, sent_at),
    };
    Ok((connection, news))
}

/// The pair of type and code is the name: several codes exist under several types.
fn news(body: WebhookBody, sent_at: DateTime<Utc>) -> WebhookNews {
    match (body.webhook_type.as_str(), body.webhook_code.as_str()) {
        ("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE") => WebhookNews::TransactionsReady,
        ("HOLDINGS" | "LIABILITIES", "DEFAULT_UPDATE")
        | ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE" | "HISTORICAL_UPDATE") => {
            WebhookNews::AccountsChanged
        }
        ("ITEM", "ERROR") => {
            WebhookNews::ConnectionBroken { fault: fault(&body.error.unwrap_or_default(), sent_at) }
        }
        ("ITEM", "LOGIN_REPAIRED") => WebhookNews::ConnectionRepaired,
        ("ITEM", "PENDING_EXPIRATION") => {
            WebhookNews::ConsentEndsSoon { at: instant(body.consent_expiration_time.as_deref()) }
        }
        ("ITEM", "PENDING_DISCONNECT") => {
            WebhookNews::DisconnectsSoon { at: instant(body.disconnect_time.as_deref()) }
        }
        ("ITEM", "USER_PERMISSION_REVOKED") => {
            // The error is often left out; the webhook's own code is the code of that error.
            let code = Some(body.webhook_code);
            WebhookNews::AccessRevoked {
                fault: fault(&ErrorBody { error_code: code, ..ErrorBody::default() }, sent_at),
            }
        }
        ("ITEM", "USER_ACCOUNT_REVOKED") => {
            match body.account_id.as_deref().and_then(|id| ProviderAccountId::new(id).ok()) {
                Some(account) => WebhookNews::AccountRevoked { account },
                None => nothing(&body),
            }
        }
        ("ITEM", "NEW_ACCOUNTS_AVAILABLE") => WebhookNews::NewAccounts,
        ("LINK", "SESSION_FINISHED") => link_finished(body),
        _ => nothing(&body),
    }
}

fn nothing(body: &WebhookBody) -> WebhookNews {
    let name = format!("{}/{}", body.webhook_type, body.webhook_code);
    WebhookNews::Nothing { name: name.chars().take(NAME_CHARS_MAX).collect() }
}

fn fault(error: &ErrorBody, at: DateTime<Utc>) -> ConnectionFault {
    let kind = kind_of_body(error, None, false);
    let user_message = user_message(kind, error.error_code.as_deref()).to_owned();
    ConnectionFault { kind, code: error.error_code.clone(), user_message, at }
}

fn instant(text: Option<&str>) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text?).ok()?.to_utc())
}

/// A session that links several banks has a list of tokens; older ones have the only token beside it.
fn link_finished(body: WebhookBody) -> WebhookNews {
    let Some(link_token) = body.link_token.clone() else { return nothing(&body) };
    let mut tokens = body.public_tokens.unwrap_or_default();
    if tokens.is_empty() {
        tokens.extend(body.public_token);
    }
    tokens.retain(|token| !token.is_empty());
    if body.status.as_deref() != Some("SUCCESS") {
        tokens.clear();
    }
    WebhookNews::LinkFinished {
        link_token: LinkToken::new(link_token),
        public_tokens: tokens.into_iter().map(PublicToken::new).collect(),
    }
}

#[cfg(test)]
mod tests {
    use finance_core::ProviderErrorKind;

    use super::*;

    fn read(body: &str) -> (Option<ProviderConnectionId>, WebhookNews) {
        let sent_at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        webhook(body.as_bytes(), sent_at, &Environment::Sandbox).unwrap()
    }

    fn body(kind: &str, code: &str, rest: &str) -> String {
        format!(
            r#"{{"webhook_type":"{kind}","webhook_code":"{code}","item_id":"item-1","environment":"sandbox"{rest}}}"#
        )
    }

    /// Every webhook that Plaid documents for this library's products, with its keys.
    #[test]
    fn every_documented_webhook_is_understood() {
        let login = r#","error":{"error_type":"ITEM_ERROR","error_code":"ITEM_LOGIN_REQUIRED","status":400}"#;
        for (kind, code, rest, news) in [
            (
                "TRANSACTIONS",
                "SYNC_UPDATES_AVAILABLE",
                r#","initial_update_complete":true,"historical_update_complete":false"#,
                "transactions_ready",
            ),
            ("TRANSACTIONS", "INITIAL_UPDATE", r#","new_transactions":3,"error":"odd""#, "nothing"),
            ("TRANSACTIONS", "HISTORICAL_UPDATE", r#","new_transactions":3,"error":null"#, "nothing"),
            ("TRANSACTIONS", "DEFAULT_UPDATE", r#","new_transactions":3,"error":{"status":[1]}"#, "nothing"),
            ("TRANSACTIONS", "TRANSACTIONS_REMOVED", r#","removed_transactions":["a"]"#, "nothing"),
            ("TRANSACTIONS", "RECURRING_TRANSACTIONS_UPDATE", r#","account_ids":["a"]"#, "nothing"),
            ("ITEM", "ERROR", login, "connection_broken"),
            ("ITEM", "LOGIN_REPAIRED", "", "connection_repaired"),
            (
                "ITEM",
                "PENDING_EXPIRATION",
                r#","consent_expiration_time":"2026-01-08T00:00:00Z""#,
                "consent_ends_soon",
            ),
            ("ITEM", "PENDING_DISCONNECT", r#","reason":"INSTITUTION_MIGRATION""#, "disconnects_soon"),
            ("ITEM", "USER_PERMISSION_REVOKED", r#","error":null"#, "access_revoked"),
            ("ITEM", "USER_ACCOUNT_REVOKED", r#","account_id":"acc-1""#, "account_revoked"),
            ("ITEM", "USER_ACCOUNT_REVOKED", r#","account_id":7"#, "nothing"),
            ("ITEM", "NEW_ACCOUNTS_AVAILABLE", r#","error":null"#, "new_accounts"),
            ("ITEM", "WEBHOOK_UPDATE_ACKNOWLEDGED", r#","new_webhook_url":"https://a.example""#, "nothing"),
            (
                "LIABILITIES",
                "DEFAULT_UPDATE",
                r#","account_ids_with_updated_liabilities":{"a":[]}"#,
                "accounts_changed",
            ),
            ("HOLDINGS", "DEFAULT_UPDATE", r#","new_holdings":1,"updated_holdings":0"#, "accounts_changed"),
            ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE", "", "accounts_changed"),
            ("INVESTMENTS_TRANSACTIONS", "HISTORICAL_UPDATE", "", "accounts_changed"),
            (
                "LINK",
                "SESSION_FINISHED",
                r#","status":"SUCCESS","link_token":"link-1","public_tokens":[]"#,
                "link_finished",
            ),
            ("LINK", "SESSION_FINISHED", r#","status":"SUCCESS""#, "nothing"),
            ("ASSETS", "ERROR", login, "nothing"),
            ("ITEM", "SOMETHING_NEW", r#","status":{"a":1},"error":[],"account_id":{}"#, "nothing"),
        ] {
            let (connection, told) = read(&body(kind, code, rest));
            assert_eq!(told.name(), news, "{kind}/{code}{rest}");
            assert_eq!(connection.unwrap().as_str(), "item-1");
            if let WebhookNews::Nothing { name } = told {
                assert_eq!(name, format!("{kind}/{code}"));
            }
        }
    }

    #[test]
    fn what_a_webhook_adds_is_kept() {
        let at = Some(DateTime::from_timestamp(1_767_830_400, 0).unwrap());
        let ends = r#","disconnect_time":"2026-01-08T01:00:00+01:00""#;
        let (_, news) = read(&body("ITEM", "PENDING_DISCONNECT", ends));
        assert!(matches!(news, WebhookNews::DisconnectsSoon { at: told } if told == at));

        let locked = r#","error":{"error_type":"ITEM_ERROR","error_code":"ITEM_LOCKED"}"#;
        let (_, news) = read(&body("ITEM", "ERROR", locked));
        let WebhookNews::ConnectionBroken { fault } = news else { panic!("{news:?}") };
        assert_eq!(
            (fault.kind, fault.code.as_deref()),
            (ProviderErrorKind::SignInAgain, Some("ITEM_LOCKED"))
        );
        let (_, news) = read(&body("ITEM", "USER_PERMISSION_REVOKED", ""));
        let WebhookNews::AccessRevoked { fault } = news else { panic!("{news:?}") };
        assert_eq!(fault.kind, ProviderErrorKind::LinkAgain);

        let tokens = |rest: &str| match read(&body("LINK", "SESSION_FINISHED", rest)).1 {
            WebhookNews::LinkFinished { public_tokens, .. } => {
                public_tokens.iter().map(|token| token.expose().to_owned()).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let list = r#","link_token":"l","public_token":"a","public_tokens":["a","b"]"#;
        assert_eq!(tokens(&format!(r#","status":"SUCCESS"{list}"#)), ["a", "b"]);
        assert_eq!(tokens(r#","status":"SUCCESS","link_token":"l","public_token":"a""#), ["a"]);
        assert!(tokens(&format!(r#","status":"EXITED"{list}"#)).is_empty());
    }

    #[test]
    fn another_environment_is_told_as_such() {
        let sandbox = body("ITEM", "LOGIN_REPAIRED", "");
        let production = sandbox.replace("sandbox", "production");
        let name = |text: &str, environment: &Environment| {
            webhook(text.as_bytes(), DateTime::UNIX_EPOCH, environment).unwrap().1.name()
        };
        assert_eq!(name(&sandbox, &Environment::Production), "other_environment");
        assert_eq!(name(&production, &Environment::Sandbox), "other_environment");
        assert_eq!(name(&production, &Environment::Production), "connection_repaired");
        assert_eq!(name(&production, &Environment::Custom("http://a.example".into())), "connection_repaired");
    }

    #[test]
    fn a_body_that_is_no_webhook_is_malformed() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let bodies: [&[u8]; 8] = [
            b"",
            b"null",
            b"[]",
            b"{}",
            br#"{"webhook_type":"ITEM"}"#,
            br#"{"webhook_type":"ITEM","webhook_code":7}"#,
            &[0xff, 0xfe],
            deep.as_bytes(),
        ];
        for body in bodies {
            let error = webhook(body, DateTime::UNIX_EPOCH, &Environment::Sandbox).unwrap_err();
            assert_eq!(error.kind(), WebhookErrorKind::Malformed);
        }
    }
}
