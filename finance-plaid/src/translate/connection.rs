use finance_core::{
    Institution, InstitutionId, InstitutionRef, ProviderConnection, ProviderConnectionId, ProviderFault,
};

use super::invalid_answer;
use crate::codes::{kind_of_body, user_message};
use crate::error::PlaidError;
use crate::wire::{self, ErrorBody, ItemAnswer};

/// An Item and how its updates went.
pub(crate) fn connection(answer: ItemAnswer) -> Result<ProviderConnection, PlaidError> {
    let item = answer.item;
    let institution = item.institution_id.and_then(|id| InstitutionId::new(id).ok());
    let fault = item.error.filter(|error| error.error_code.is_some() || error.error_type.is_some());
    let updates = answer.status.and_then(|status| status.transactions);
    Ok(ProviderConnection {
        id: ProviderConnectionId::new(item.item_id)
            .map_err(|_| invalid_answer("field `item_id` is empty"))?,
        institution: institution.map(|id| InstitutionRef { id, name: item.institution_name }),
        consent_expires_at: item.consent_expiration_time,
        fault: fault.map(told_fault),
        transactions_updated_at: updates.as_ref().and_then(|updates| updates.last_successful_update),
        transactions_failed_at: updates.as_ref().and_then(|updates| updates.last_failed_update),
    })
}

fn told_fault(error: ErrorBody) -> ProviderFault {
    let kind = kind_of_body(&error, None, false);
    let user_message = user_message(kind, error.error_code.as_deref()).to_owned();
    ProviderFault { kind, code: error.error_code, user_message }
}

/// An institution.
pub(crate) fn institution(wire: wire::Institution) -> Result<Institution, PlaidError> {
    let id = InstitutionId::new(wire.institution_id);
    Ok(Institution {
        id: id.map_err(|_| invalid_answer("field `institution_id` is empty"))?,
        name: wire.name,
        country_codes: wire.country_codes,
        oauth: wire.oauth,
        url: wire.url,
    })
}

#[cfg(test)]
mod tests {
    use finance_core::ProviderErrorKind;

    use super::*;

    #[test]
    fn a_fault_is_told_in_the_words_of_a_failed_call() {
        let with_error = |error: &str| {
            let json =
                format!(r#"{{"item":{{"item_id":"i","webhook":null,"error":{error}}},"status":null}}"#);
            connection(serde_json::from_str(&json).unwrap()).unwrap().fault
        };
        assert_eq!(with_error("null"), None);
        assert_eq!(with_error("{}"), None);
        let login = r#"{"error_type":"ITEM_ERROR","error_code":"ITEM_LOGIN_REQUIRED","status":400}"#;
        let fault = with_error(login).unwrap();
        assert_eq!(
            (fault.kind, fault.code.as_deref()),
            (ProviderErrorKind::SignInAgain, Some("ITEM_LOGIN_REQUIRED"))
        );
        assert_eq!(fault.user_message, "Your bank wants you to sign in again.");
    }

    #[test]
    fn times_and_institution_are_taken_over() {
        let json = r#"{"item":{"item_id":"i","institution_id":"ins_1","institution_name":"Bank",
                "consent_expiration_time":"2026-01-02T03:04:05Z","available_products":null,"new_key":[1]},
            "status":{"transactions":{"last_successful_update":"2026-01-01T00:00:00.123Z",
                "last_failed_update":null},"investments":null,"last_webhook":null},"request_id":"r"}"#;
        let connection = connection(serde_json::from_str(json).unwrap()).unwrap();
        assert_eq!(connection.institution.unwrap().name.as_deref(), Some("Bank"));
        assert_eq!(connection.consent_expires_at.unwrap().to_rfc3339(), "2026-01-02T03:04:05+00:00");
        assert_eq!(connection.transactions_updated_at.unwrap().timestamp_subsec_millis(), 123);
        assert_eq!((connection.transactions_failed_at, connection.fault), (None, None));
    }
}
