//! What a user owns and owes, by currency and class.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::account_kind::AccountClass;
use crate::model::{Account, AccountId, AccountStatus, Currency, ExactSum, Money};

/// What a user's open accounts hold by the bank's word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BalanceTotals {
    /// By currency in its own order.
    pub by_currency: Vec<CurrencyTotal>,
    /// Open accounts whose current balance or its currency is not known, by identifier. They are in no sum: unknown is not
    /// zero.
    pub unknown: Vec<AccountId>,
}

/// What is owned and owed in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CurrencyTotal {
    /// The currency.
    pub currency: Currency,
    /// What is owned less what is owed, exactly; `None` when it has more digits than an amount can have.
    pub net: Option<Money>,
    /// The same by class: what is owned, then what is owed, which is negative. A class without accounts is left out.
    pub by_class: Vec<ClassTotal>,
}

/// The accounts of one class in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassTotal {
    /// The class.
    pub class: AccountClass,
    /// Its accounts with a known balance.
    pub accounts: u32,
    /// The exact sum of their current balances; `None` when it has more digits than an amount can have.
    pub sum: Option<Money>,
}

/// Adds up current balances. Accounts that are gone do not count.
pub fn balance_totals<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> BalanceTotals {
    let mut sums: BTreeMap<&Currency, BTreeMap<AccountClass, (u32, ExactSum)>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for account in accounts.into_iter().filter(|account| account.status == AccountStatus::Open) {
        let balances = &account.provider.balances;
        let (Some(current), Some(currency)) = (balances.current, &balances.currency) else {
            unknown.push(account.id);
            continue;
        };
        let class = account.classification().kind.class();
        let (accounts, sum) = sums.entry(currency).or_default().entry(class).or_default();
        *accounts += 1;
        sum.add(current);
    }
    unknown.sort_unstable();
    let by_currency = sums.into_iter().map(|(currency, classes)| currency_total(currency, &classes));
    BalanceTotals { by_currency: by_currency.collect(), unknown }
}

fn currency_total(currency: &Currency, classes: &BTreeMap<AccountClass, (u32, ExactSum)>) -> CurrencyTotal {
    let money = |sum: &ExactSum| sum.total().map(|total| Money::new(total, currency.clone()));
    let class_total = |(&class, (accounts, sum)): (&AccountClass, &(u32, ExactSum))| ClassTotal {
        class,
        accounts: *accounts,
        sum: money(sum),
    };
    let mut net = Some(ExactSum::default());
    for (_, sum) in classes.values() {
        net = net.zip(sum.total()).map(|(mut net, total)| {
            net.add(total);
            net
        });
    }
    CurrencyTotal {
        currency: currency.clone(),
        net: net.as_ref().and_then(money),
        by_class: classes.iter().map(class_total).collect(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{Balances, ConnectionId, ProviderAccount, ProviderAccountId, UserId};

    fn account(id: i64, kind: &str, current: Option<&str>, currency: Option<&str>) -> Account {
        let balances = Balances {
            current: current.map(|text| text.parse().unwrap()),
            currency: currency.map(|code| Currency::iso(code).unwrap()),
            ..Balances::default()
        };
        Account {
            id: AccountId::new(id),
            user: UserId::new("anna").unwrap(),
            connection: ConnectionId::new(1),
            provider: ProviderAccount {
                id: ProviderAccountId::new("a").unwrap(),
                persistent_id: None,
                name: String::new(),
                official_name: None,
                mask: None,
                provider_type: kind.to_owned(),
                provider_subtype: None,
                holder: None,
                balances,
            },
            status: AccountStatus::Open,
            balances_at: DateTime::UNIX_EPOCH,
        }
    }

    fn text(sum: Option<&Money>) -> String {
        sum.map_or_else(|| "too long".to_owned(), |sum| sum.amount().to_string())
    }

    /// `EUR net 1.10: asset 2 of 3.10, liability 1 of -2.00`
    fn lines(totals: &BalanceTotals) -> Vec<String> {
        let class = |total: &ClassTotal| {
            format!("{:?} {} of {}", total.class, total.accounts, text(total.sum.as_ref()))
        };
        let line = |total: &CurrencyTotal| {
            let classes: Vec<String> = total.by_class.iter().map(class).collect();
            format!("{} net {}: {}", total.currency, text(total.net.as_ref()), classes.join(", "))
        };
        totals.by_currency.iter().map(line).collect()
    }

    #[test]
    fn balances_add_up_by_currency_and_class() {
        let gone = AccountStatus::Gone;
        let accounts = [
            account(1, "credit", Some("-2.00"), Some("EUR")),
            account(2, "depository", Some("0.1"), Some("EUR")),
            account(3, "depository", Some("3.00"), Some("EUR")),
            account(4, "loan", Some("-0.005"), Some("CHF")),
            account(9, "depository", None, Some("EUR")),
            account(5, "depository", Some("7"), None),
            Account { status: gone, ..account(6, "depository", Some("1000"), Some("EUR")) },
            account(7, "credit", Some("0.00"), Some("EUR")),
        ];
        let totals = balance_totals(&accounts);
        let expected =
            ["CHF net -0.005: Liability 1 of -0.005", "EUR net 1.10: Asset 2 of 3.10, Liability 2 of -2.00"];
        assert_eq!(lines(&totals), expected);
        assert_eq!(totals.unknown, [AccountId::new(5), AccountId::new(9)]);
        assert_eq!(balance_totals(&[]), BalanceTotals::default());
    }

    #[test]
    fn a_sum_that_is_too_long_is_not_rounded() {
        let long = "9999999999999999999999999999";
        let many: Vec<Account> =
            (1..=9).map(|id| account(id, "depository", Some(long), Some("EUR"))).collect();
        assert_eq!(lines(&balance_totals(&many)), ["EUR net too long: Asset 9 of too long"]);
    }
}
