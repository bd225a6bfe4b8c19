//! The accounts of a login and how their balances move.

use rust_decimal::Decimal;

/// Codes Plaid reports as unofficial currencies.
const UNOFFICIAL: [&str; 23] = [
    "ADA", "BAT", "BCH", "BNB", "BTC", "BTG", "BSV", "CNH", "DASH", "DOGE", "ETC", "ETH", "GBX", "LSK",
    "NEO", "OMG", "QTUM", "USDT", "XLM", "XMR", "XRP", "ZEC", "ZRX",
];

/// Whether a code is reported as `unofficial_currency_code` instead of `iso_currency_code`.
pub(crate) fn is_unofficial(currency: &str) -> bool {
    UNOFFICIAL.contains(&currency)
}

/// One account as the bank knows it. Ids are not part of it: each connection sees its own.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) kind: String,
    pub(crate) subtype: Option<String>,
    pub(crate) name: String,
    pub(crate) official_name: Option<String>,
    pub(crate) mask: Option<String>,
    pub(crate) currency: String,
    pub(crate) current: Option<Decimal>,
    pub(crate) available: Option<Decimal>,
    pub(crate) limit: Option<Decimal>,
    pub(crate) apy: Option<Decimal>,
    pub(crate) closed: bool,
}

impl Account {
    /// Whether `/transactions/*` serves this account: depository, credit and every loan.
    pub(crate) fn has_transactions(&self) -> bool {
        matches!(self.kind.as_str(), "depository" | "credit" | "loan")
    }

    /// Whether a positive balance is money owed.
    fn owes(&self) -> bool {
        matches!(self.kind.as_str(), "credit" | "loan")
    }

    /// Lets the balances follow a row that appeared; `amount` in Plaid's sign, positive = money out.
    pub(crate) fn book(&mut self, amount: Decimal, pending: bool) {
        let sign = if self.owes() { amount } else { -amount };
        if !pending {
            self.current = self.current.map(|current| current + sign);
        }
        self.available = self.available.map(|available| available - amount);
    }

    /// The reverse of [`Account::book`].
    pub(crate) fn unbook(&mut self, amount: Decimal, pending: bool) {
        self.book(-amount, pending);
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Decimal};

    fn account(kind: &str) -> Account {
        Account {
            kind: kind.into(),
            subtype: None,
            name: String::new(),
            official_name: None,
            mask: None,
            currency: "USD".into(),
            current: Some(Decimal::from(100)),
            available: Some(Decimal::from(80)),
            limit: None,
            apy: None,
            closed: false,
        }
    }

    #[test]
    fn balances_follow_rows_with_the_sign_of_their_kind() {
        for (kind, pending, current, available) in [
            ("depository", false, 93, 73),
            ("depository", true, 100, 73),
            ("credit", false, 107, 73),
            ("credit", true, 100, 73),
        ] {
            let mut account = account(kind);
            account.book(Decimal::from(7), pending);
            let want = (Some(Decimal::from(current)), Some(Decimal::from(available)));
            assert_eq!((account.current, account.available), want, "{kind} {pending}");
            account.unbook(Decimal::from(7), pending);
            assert_eq!(account.current, Some(Decimal::from(100)));
        }
    }
}
