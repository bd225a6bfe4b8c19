//! Plain values to test with.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use crate::{
    AccessToken, Balances, Currency, Money, NewConnection, PaymentChannel, ProviderAccount,
    ProviderAccountId, ProviderConnectionId, ProviderName, ProviderTransaction, ProviderTransactionId,
    RowInsert, RowOrigin, RowUpdate, SyncFrequency, TransactionId, UserId, parse_amount,
};

/// The instant that lies so many seconds after the beginning of 2026.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// The day that lies so many days after the first of 2026.
pub fn day(days: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(days)
}

/// A user.
pub fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// An identifier of a row at the provider.
pub fn row_id(id: &str) -> ProviderTransactionId {
    ProviderTransactionId::new(id).unwrap()
}

/// An amount in US dollars.
pub fn usd(amount: &str) -> Money {
    money(amount, &Currency::iso("USD").unwrap())
}

/// An amount in some currency.
pub fn money(amount: &str, currency: &Currency) -> Money {
    Money::new(parse_amount(amount).unwrap(), currency.clone())
}

/// A connection of the provider `test`, linked at second 0 and synced as often as usual, with the token `token-of-` and its
/// identifier.
pub fn new_connection(user: &UserId, id: &str) -> NewConnection {
    NewConnection {
        user: user.clone(),
        provider: ProviderName::new("test").unwrap(),
        provider_id: ProviderConnectionId::new(id).unwrap(),
        institution: None,
        access_token: Some(AccessToken::new(format!("token-of-{id}"))),
        frequency: SyncFrequency::DEFAULT,
        created_at: at(0),
    }
}

/// A checking account that holds 100.00 US dollars, and nothing that a provider may leave out.
pub fn account(id: &str) -> ProviderAccount {
    ProviderAccount {
        id: ProviderAccountId::new(id).unwrap(),
        persistent_id: None,
        name: format!("Account {id}"),
        official_name: None,
        mask: None,
        provider_type: "depository".to_owned(),
        provider_subtype: Some("checking".to_owned()),
        holder: None,
        balances: Balances {
            current: Some(parse_amount("100.00").unwrap()),
            currency: Some(Currency::iso("USD").unwrap()),
            ..Balances::default()
        },
    }
}

/// A posted row in US dollars on day 0, and nothing that a provider may leave out.
pub fn row(id: &str, account: &str, amount: &str) -> ProviderTransaction {
    ProviderTransaction {
        id: row_id(id),
        account: ProviderAccountId::new(account).unwrap(),
        amount: usd(amount),
        date: day(0),
        authorized_date: None,
        datetime: None,
        authorized_datetime: None,
        pending: false,
        pending_id: None,
        description: format!("ROW {id}").into(),
        original_description: None,
        merchant_name: None,
        merchant_id: None,
        category: None,
        channel: PaymentChannel::Other,
        code: None,
        check_number: None,
        merchant_category_code: None,
        raw: None,
    }
}

/// The row as a new one.
pub fn insert(row: ProviderTransaction) -> RowInsert {
    RowInsert::new(row, RowOrigin::Provider)
}

/// The row as what a stored one, under the same provider id, becomes.
pub fn update(id: TransactionId, row: ProviderTransaction) -> RowUpdate {
    RowUpdate { id, digest: row.digest(), row, renamed: false, origin: RowOrigin::Provider }
}

/// The row as what a stored one, under another provider id, becomes.
pub fn rename(id: TransactionId, row: ProviderTransaction) -> RowUpdate {
    RowUpdate { renamed: true, ..update(id, row) }
}
