use finance_core::{
    AccountClass, Balances, HolderCategory, ProviderAccount, ProviderAccountId, classify_account,
    parse_amount,
};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use super::{SIGNS, currency, filled};
use crate::error::PlaidError;
use crate::wire::{Account, AccountBalances, AccountRecord};

/// Accounts in the order given, their balances in our sign.
///
/// # Errors
/// [`InvalidAnswer`](finance_core::ProviderErrorKind::InvalidAnswer) for the first record that cannot be used; the
/// message names its id and the field.
pub fn accounts(records: &[AccountRecord]) -> Result<Vec<ProviderAccount>, PlaidError> {
    records.iter().map(|record| account(&record.read()?)).collect()
}

fn account(wire: &Account<'_>) -> Result<ProviderAccount, PlaidError> {
    let unusable = |problem: &str| PlaidError::unreadable_record("account", Some(&wire.account_id), problem);
    let id =
        ProviderAccountId::new(&*wire.account_id).map_err(|_| unusable("field `account_id` is empty"))?;
    let class = classify_account(&wire.kind, wire.subtype.as_deref()).kind.class();
    Ok(ProviderAccount {
        id,
        persistent_id: filled(wire.persistent_account_id.as_ref()),
        name: wire.name.as_deref().unwrap_or_default().to_owned(),
        official_name: filled(wire.official_name.as_ref()),
        mask: filled(wire.mask.as_ref()),
        provider_type: String::from(&*wire.kind),
        provider_subtype: filled(wire.subtype.as_ref()),
        holder: filled(wire.holder_category.as_ref()).map(holder),
        balances: balances(&wire.balances, class).map_err(|problem| unusable(&problem))?,
    })
}

fn balances(wire: &AccountBalances<'_>, class: AccountClass) -> Result<Balances, String> {
    let amount = |field: &str, number: Option<&RawValue>| -> Result<Option<Decimal>, String> {
        let amount = number.map(|number| parse_amount(number.get())).transpose();
        amount.map_err(|problem| format!("field `balances.{field}`: {problem}"))
    };
    Ok(Balances {
        current: amount("current", wire.current)?.map(|current| SIGNS.balance(class, current)),
        available: amount("available", wire.available)?,
        limit: amount("limit", wire.limit)?,
        currency: currency(wire.iso_currency_code.as_ref(), wire.unofficial_currency_code.as_ref()),
        updated_at: wire.last_updated_datetime.as_ref().and_then(super::instant),
    })
}

fn holder(text: String) -> HolderCategory {
    match text.as_str() {
        "personal" => HolderCategory::Personal,
        "business" => HolderCategory::Business,
        _ => HolderCategory::Other(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ProviderAccount, PlaidError> {
        let record: AccountRecord = serde_json::from_str(json).unwrap();
        accounts(&[record]).map(|mut accounts| accounts.remove(0))
    }

    fn with_balance(kind: &str, balances: &str) -> Result<ProviderAccount, PlaidError> {
        read(&format!(
            r#"{{"account_id":"a1","balances":{balances},"mask":null,"name":"N","official_name":null,
                "type":"{kind}","subtype":null}}"#
        ))
    }

    #[test]
    fn what_is_owed_is_negative_and_what_is_unknown_is_none() {
        let usd = r#""iso_currency_code":"USD","unofficial_currency_code":null"#;
        for (kind, current, ours) in [
            ("depository", "110.10", Some("110.10")),
            ("depository", "-5", Some("-5")),
            ("credit", "410.00", Some("-410.00")),
            ("credit", "-3.20", Some("3.20")),
            ("loan", "0", Some("0")),
            ("investment", "320.76", Some("320.76")),
            ("a type of tomorrow", "1.5", Some("1.5")),
            ("credit", "null", None),
        ] {
            let json = format!(r#"{{"current":{current},"available":7.25,"limit":null,{usd}}}"#);
            let balances = with_balance(kind, &json).unwrap().balances;
            assert_eq!(
                balances.current.map(|amount| amount.to_string()).as_deref(),
                ours,
                "{kind} {current}"
            );
            assert_eq!(balances.available.unwrap().to_string(), "7.25");
            assert_eq!((balances.limit, balances.currency.unwrap().code()), (None, "USD"));
        }
        assert_eq!(with_balance("credit", "{}").unwrap().balances, Balances::default());
    }

    #[test]
    fn a_balance_that_does_not_fit_names_the_account_and_the_field() {
        let error =
            with_balance("depository", r#"{"available":12345678901234567890123456789.5}"#).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("`a1`") && message.contains("`balances.available`"), "{message}");
    }

    #[test]
    fn words_are_kept_and_empty_words_are_none() {
        let account = read(
            r#"{"account_id":"a1","balances":{"unofficial_currency_code":"BTC"},"mask":"","name":null,"official_name":"O",
                "type":"credit","subtype":"charge card","persistent_account_id":"p","holder_category":"unrecognized",
                "verification_status":"something new","apy":1.5}"#,
        )
        .unwrap();
        assert_eq!((account.mask, account.name.as_str()), (None, ""));
        assert_eq!(account.official_name.as_deref(), Some("O"));
        assert_eq!(account.provider_subtype.as_deref(), Some("charge card"));
        assert_eq!(account.persistent_id.as_deref(), Some("p"));
        assert_eq!(account.holder, Some(HolderCategory::Other("unrecognized".to_owned())));
        assert_eq!(account.balances.currency.unwrap().key(), "*BTC");
    }
}
