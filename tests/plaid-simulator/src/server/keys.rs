//! The keys of every request, with their types, as Plaid's schema of 2020-09-14 has them.

use super::shape::Kind::{Anything, Date, Flag, Instant, List, Number, Object, Text, Whole};
use super::shape::{Kind, Shape, may, must, null};

const TEXT: Kind = Text(0, &[]);
const FILLED: Kind = Text(1, &[]);
const TEXTS: Kind = List(&TEXT, 0);
const DAYS: Kind = Whole(1, 730);
const COUNTRIES: Kind = Text(
    0,
    &[
        "US", "GB", "ES", "NL", "FR", "IE", "CA", "DE", "IT", "PL", "DK", "NO", "SE", "EE", "LT", "LV", "PT",
        "BE", "AT", "FI",
    ],
);
const TAXONOMY: Kind = Text(0, &["v1", "v2"]);

const ONLY_TOKEN: &Shape = &[must("access_token", TEXT)];

const LINK_USER: &Shape = &[
    must("client_user_id", FILLED),
    may("legal_name", TEXT),
    null("name", Object(&[must("given_name", TEXT), must("family_name", TEXT)])),
    may("phone_number", TEXT),
    null("phone_number_verified_time", Instant),
    may("email_address", TEXT),
    null("email_address_verified_time", Instant),
    may("ssn", TEXT),
    null("date_of_birth", Date),
    null(
        "address",
        Object(&[
            must("country", TEXT),
            null("street", TEXT),
            null("street2", TEXT),
            null("city", TEXT),
            null("region", TEXT),
            null("postal_code", TEXT),
        ]),
    ),
    null("id_number", Object(&[must("value", TEXT), must("type", TEXT)])),
];

const FILTER: Kind = Object(&[must("account_subtypes", TEXTS)]);

const LINK_AUTH: &Shape = &[
    may("auth_type_select_enabled", Flag),
    may("automated_microdeposits_enabled", Flag),
    may("instant_match_enabled", Flag),
    may("same_day_microdeposits_enabled", Flag),
    may("instant_microdeposits_enabled", Flag),
    may("reroute_to_credentials", Text(0, &["OFF", "OPTIONAL", "FORCED"])),
    may("database_match_enabled", Flag),
    may("database_insights_enabled", Flag),
    may("flow_type", Text(0, &["FLEXIBLE_AUTH"])),
    may("sms_microdeposits_verification_enabled", Flag),
];

const LINK_TOKEN_CREATE: &Shape = &[
    must("client_name", FILLED),
    must("language", FILLED),
    must("country_codes", List(&COUNTRIES, 1)),
    may("user", Object(LINK_USER)),
    may("user_id", TEXT),
    null("products", TEXTS),
    null("required_if_supported_products", TEXTS),
    null("optional_products", TEXTS),
    null("additional_consented_products", TEXTS),
    may("webhook", TEXT),
    null("access_token", FILLED),
    may("access_tokens", TEXTS),
    may("link_customization_name", TEXT),
    null("appearance_mode", Text(0, &["LIGHT", "DARK", "SYSTEM"])),
    may("redirect_uri", TEXT),
    may("android_package_name", TEXT),
    may("institution_data", Object(&[may("routing_number", TEXT)])),
    may("card_switch", Object(&[must("card_bin", TEXT)])),
    may(
        "account_filters",
        Object(&[
            may(
                "depository",
                Object(&[
                    must("account_subtypes", TEXTS),
                    may("limited_purpose_types", List(&Text(0, &["RENT_MORTGAGE"]), 0)),
                ]),
            ),
            may("credit", FILTER),
            may("loan", FILTER),
            may("investment", FILTER),
            may("other", FILTER),
        ]),
    ),
    may("eu_config", Object(&[may("headless", Flag)])),
    may("institution_id", TEXT),
    may("payment_configuration", Anything),
    may("payment_initiation", Anything),
    may("employment", Anything),
    may("income_verification", Anything),
    may("base_report", Anything),
    may("credit_partner_insights", Anything),
    may("cra_options", Anything),
    may("consumer_report_permissible_purpose", Anything),
    may("auth", Object(LINK_AUTH)),
    may("transfer", Anything),
    may(
        "update",
        Object(&[
            may("account_selection_enabled", Flag),
            may("reauthorization_enabled", Flag),
            may("user", Flag),
            null("item_ids", TEXTS),
        ]),
    ),
    may("identity_verification", Anything),
    may("statements", Anything),
    may("third_party_user_token", TEXT),
    may(
        "investments",
        Object(&[may("allow_unverified_crypto_wallets", Flag), may("allow_manual_entry", Flag)]),
    ),
    may(
        "investments_auth",
        Object(&[
            null("manual_entry_enabled", Flag),
            null("masked_number_match_enabled", Flag),
            null("stated_account_number_enabled", Flag),
            null("rollover_401k_enabled", Flag),
        ]),
    ),
    may(
        "hosted_link",
        Object(&[
            may("delivery_method", Text(0, &["sms", "email"])),
            may("completion_redirect_uri", TEXT),
            may("url_lifetime_seconds", Whole(i64::MIN, i64::MAX)),
            may("is_mobile_app", Flag),
        ]),
    ),
    may("transactions", Object(&[may("days_requested", DAYS)])),
    may("cashflow_report", Object(&[may("days_requested", DAYS)])),
    may("cra_enabled", Flag),
    may(
        "identity",
        Object(&[
            may("is_document_upload", Flag),
            may("account_ids", TEXTS),
            may("parsing_configs", List(&Anything, 0)),
        ]),
    ),
    may("financekit_supported", Flag),
    may("enable_multi_item_link", Flag),
    may("user_token", TEXT),
];

const ITEM_PUBLIC_TOKEN_EXCHANGE: &Shape = &[must("public_token", TEXT)];

const ITEM_WEBHOOK_UPDATE: &Shape = &[must("access_token", TEXT), null("webhook", TEXT)];

const WEBHOOK_VERIFICATION_KEY_GET: &Shape = &[must("key_id", TEXT)];

const ITEM_REMOVE: &Shape = &[
    must("access_token", TEXT),
    null(
        "reason_code",
        Text(
            0,
            &[
                "FRAUD_FIRST_PARTY",
                "FRAUD_FALSE_IDENTITY",
                "FRAUD_ABUSE",
                "FRAUD_OTHER",
                "CONNECTION_IS_NON_FUNCTIONAL",
                "OTHER",
            ],
        ),
    ),
    null("reason_note", TEXT),
];

const ACCOUNTS_GET: &Shape =
    &[must("access_token", TEXT), may("options", Object(&[may("account_ids", TEXTS)]))];

const ACCOUNTS_BALANCE_GET: &Shape = &[
    must("access_token", TEXT),
    may("options", Object(&[may("account_ids", TEXTS), may("min_last_updated_datetime", Instant)])),
];

const TRANSACTIONS_SYNC: &Shape = &[
    must("access_token", TEXT),
    may("cursor", TEXT),
    may("count", Whole(1, 500)),
    may(
        "options",
        Object(&[
            null("include_original_description", Flag),
            may("include_personal_finance_category", Flag),
            may("include_logo_and_counterparty_beta", Flag),
            may("personal_finance_category_version", TAXONOMY),
            may("days_requested", DAYS),
            may("account_id", TEXT),
        ]),
    ),
];

const TRANSACTIONS_GET: &Shape = &[
    must("access_token", TEXT),
    must("start_date", Date),
    must("end_date", Date),
    may(
        "options",
        Object(&[
            may("account_ids", TEXTS),
            may("count", Whole(1, 500)),
            may("offset", Whole(0, i64::MAX)),
            null("include_original_description", Flag),
            may("include_personal_finance_category_beta", Flag),
            may("include_personal_finance_category", Flag),
            may("include_logo_and_counterparty_beta", Flag),
            may("personal_finance_category_version", TAXONOMY),
            may("days_requested", DAYS),
        ]),
    ),
];

const INSTITUTIONS_GET_BY_ID: &Shape = &[
    must("institution_id", FILLED),
    must("country_codes", List(&COUNTRIES, 0)),
    may(
        "options",
        Object(&[
            may("include_optional_metadata", Flag),
            may("include_status", Flag),
            may("include_auth_metadata", Flag),
            may("include_payment_initiation_metadata", Flag),
        ]),
    ),
];

const SANDBOX_PUBLIC_TOKEN_CREATE: &Shape = &[
    must("institution_id", TEXT),
    must("initial_products", List(&TEXT, 1)),
    may(
        "options",
        Object(&[
            may("webhook", TEXT),
            null("override_username", TEXT),
            null("override_password", TEXT),
            null(
                "transactions",
                Object(&[may("start_date", Date), may("end_date", Date), may("days_requested", DAYS)]),
            ),
            null("statements", Object(&[must("start_date", Date), must("end_date", Date)])),
            may("income_verification", Anything),
        ]),
    ),
    may("user_token", TEXT),
    may("user_id", TEXT),
];

const SANDBOX_ITEM_FIRE_WEBHOOK: &Shape = &[
    must("access_token", TEXT),
    must(
        "webhook_code",
        Text(
            0,
            &[
                "DEFAULT_UPDATE",
                "NEW_ACCOUNTS_AVAILABLE",
                "SMS_MICRODEPOSITS_VERIFICATION",
                "AUTHORIZATION_GRANTED",
                "USER_PERMISSION_REVOKED",
                "USER_ACCOUNT_REVOKED",
                "PENDING_DISCONNECT",
                "RECURRING_TRANSACTIONS_UPDATE",
                "LOGIN_REPAIRED",
                "SYNC_UPDATES_AVAILABLE",
                "PRODUCT_READY",
                "ERROR",
            ],
        ),
    ),
    may(
        "webhook_type",
        Text(
            0,
            &[
                "AUTH",
                "HOLDINGS",
                "INVESTMENTS_TRANSACTIONS",
                "ITEM",
                "LIABILITIES",
                "TRANSACTIONS",
                "ASSETS",
            ],
        ),
    ),
];

const SANDBOX_TRANSACTIONS_CREATE: &Shape = &[
    must("access_token", TEXT),
    must(
        "transactions",
        List(
            &Object(&[
                must("date_transacted", Date),
                must("date_posted", Date),
                must("amount", Number),
                must("description", TEXT),
                may("iso_currency_code", TEXT),
            ]),
            0,
        ),
    ),
];

/// The keys of an endpoint's request.
pub(crate) fn shape(endpoint: super::Endpoint) -> &'static Shape {
    use super::Endpoint::*;
    match endpoint {
        LinkTokenCreate => LINK_TOKEN_CREATE,
        ItemPublicTokenExchange => ITEM_PUBLIC_TOKEN_EXCHANGE,
        ItemGet | ItemAccessTokenInvalidate | TransactionsRefresh | SandboxItemResetLogin => ONLY_TOKEN,
        ItemRemove => ITEM_REMOVE,
        ItemWebhookUpdate => ITEM_WEBHOOK_UPDATE,
        AccountsGet => ACCOUNTS_GET,
        AccountsBalanceGet => ACCOUNTS_BALANCE_GET,
        TransactionsSync => TRANSACTIONS_SYNC,
        TransactionsGet => TRANSACTIONS_GET,
        InstitutionsGetById => INSTITUTIONS_GET_BY_ID,
        WebhookVerificationKeyGet => WEBHOOK_VERIFICATION_KEY_GET,
        SandboxPublicTokenCreate => SANDBOX_PUBLIC_TOKEN_CREATE,
        SandboxItemFireWebhook => SANDBOX_ITEM_FIRE_WEBHOOK,
        SandboxTransactionsCreate => SANDBOX_TRANSACTIONS_CREATE,
    }
}

#[cfg(test)]
mod tests {
    use super::shape;
    use crate::server::Endpoint;
    use crate::server::shape::{Key, Kind, Shape};
    use serde_json::{Map, Value};
    use std::collections::BTreeSet;

    /// Enums that a request may go beyond with an error of its own, or that this server need not know.
    const OPEN: [&str; 7] = [
        "#Products",
        "#IDNumberType",
        "#DepositoryAccountSubtype",
        "#CreditAccountSubtype",
        "#LoanAccountSubtype",
        "#InvestmentAccountSubtype",
        "#OtherAccountSubtype",
    ];

    struct Facts(Value);

    impl Facts {
        fn read() -> Self {
            let folder =
                std::env::var("PLAID_FACTS").expect("PLAID_FACTS is the folder of Plaid's public facts");
            let text = std::fs::read(format!("{folder}/plaid-schema-facts.json")).unwrap();
            Self(serde_json::from_slice(&text).unwrap())
        }

        fn schema(&self, name: &str) -> &Value {
            &self.0["schemas"][name.trim_start_matches('#')]
        }

        fn nullable(&self, property: &Value) -> bool {
            let null = |value: &Value| value["nullable"] == true;
            null(property)
                || property["type"].as_str().filter(|kind| kind.starts_with('#')).is_some_and(|name| {
                    let schema = self.schema(name);
                    let parts = schema["composed"]["allOf"].as_array().cloned().unwrap_or_default();
                    null(schema) || parts.iter().filter_map(Value::as_str).any(|part| null(self.schema(part)))
                })
        }

        fn compare(&self, path: &str, shape: &Shape, schema: &Value, also: &[&str]) {
            let names = |keys: &Map<String, Value>| keys.keys().cloned().collect::<BTreeSet<_>>();
            let mut want = names(schema["properties"].as_object().expect(path));
            also.iter().for_each(|name| assert!(want.remove(*name), "{path}"));
            let ours: BTreeSet<String> = shape.iter().map(|key| key.name.to_owned()).collect();
            assert_eq!(ours, want, "keys of {path}");
            for key in shape {
                self.compare_key(&format!("{path}.{}", key.name), key, schema);
            }
        }

        fn compare_key(&self, path: &str, key: &Key, schema: &Value) {
            let property = &schema["properties"][key.name];
            let required = schema["required"].as_array().unwrap().contains(&Value::from(key.name));
            assert_eq!(key.required, required, "{path} required");
            assert_eq!(key.nullable, self.nullable(property), "{path} nullable");
            if let (Kind::Whole(low, high), Some(limits)) = (&key.kind, property["constraints"].as_object()) {
                assert_eq!(limits["inclusive_minimum"], *low, "{path}");
                assert_eq!(
                    limits.get("inclusive_maximum").map_or(*high, |most| most.as_i64().unwrap()),
                    *high,
                    "{path}"
                );
            }
            self.compare_kind(path, &key.kind, property);
        }

        fn compare_kind(&self, path: &str, kind: &Kind, property: &Value) {
            let declared = &property["type"];
            if let Some(name) = declared.as_str().filter(|kind| kind.starts_with('#')) {
                let schema = self.schema(name);
                let open = OPEN.contains(&name);
                return match (kind, schema["omitted"] == true) {
                    (Kind::Anything, omitted) => assert!(omitted, "{path} is known"),
                    (Kind::Text(_, []), _) if open => {}
                    _ => self.compare_kind(path, kind, schema),
                };
            }
            match kind {
                Kind::Text(_, choices) => {
                    assert_eq!(declared, "string", "{path}");
                    let want = property["enum"].as_array().cloned().unwrap_or_default();
                    assert_eq!(
                        choices.iter().map(|one| Value::from(*one)).collect::<Vec<_>>(),
                        want,
                        "{path}"
                    );
                }
                Kind::Whole(..) => assert_eq!(declared, "integer", "{path}"),
                Kind::Number => assert_eq!(declared, "number", "{path}"),
                Kind::Flag => assert_eq!(declared, "boolean", "{path}"),
                Kind::Date => assert_eq!(declared, "date", "{path}"),
                Kind::Instant => assert_eq!(declared, "date-time", "{path}"),
                Kind::List(of, _) => {
                    let mut element = property.clone();
                    element["type"] = declared["array"].clone();
                    self.compare_kind(path, of, &element);
                }
                Kind::Object(shape) => self.compare(path, shape, property, &[]),
                Kind::Anything => panic!("{path} is known"),
            }
        }
    }

    #[test]
    #[ignore = "needs PLAID_FACTS, the folder of Plaid's public facts"]
    fn by_plaid_facts_keys_are_those_of_the_schema() {
        let facts = Facts::read();
        for &endpoint in Endpoint::ALL {
            let request = facts.0["operations"][endpoint.path()]["request"].as_str().expect("an operation");
            facts.compare(endpoint.path(), shape(endpoint), facts.schema(request), &["client_id", "secret"]);
        }
    }
}
