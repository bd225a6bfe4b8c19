//! What kind of account a provider's type and subtype stand for.
//!
//! One table decides. A pair that it does not list is never an error: the type alone still tells an asset from
//! a liability, and [`AccountClassification::known`] says that the subtype was new.

use std::fmt;

use serde::{Deserialize, Serialize};

use AccountClass::{Asset, Liability};
use AccountGroup::{Cash, Credit, Investment, Loan};

/// Declares the kinds once: variant, stable name, class, group.
macro_rules! account_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $class:expr, $group:expr;)*) => {
        /// What an account is, independent of any provider's words.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum AccountKind {
            $($(#[$doc])* $kind,)*
        }

        impl AccountKind {
            /// Every kind, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The stable name, as in `credit_card`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// Whether the account is something owned or something owed.
            pub const fn class(self) -> AccountClass {
                match self { $(Self::$kind => $class,)* }
            }

            /// The group under which screens list it.
            pub const fn group(self) -> AccountGroup {
                match self { $(Self::$kind => $group,)* }
            }
        }
    };
}

account_kinds! {
    /// An everyday account for payments.
    Checking = "checking", Asset, Cash;
    /// Money put aside at a bank.
    Savings = "savings", Asset, Cash;
    /// A money market account.
    MoneyMarket = "money_market", Asset, Cash;
    /// Money locked in for a term (CD, GIC).
    CertificateOfDeposit = "certificate_of_deposit", Asset, Cash;
    /// Cash at a broker or non-bank.
    CashManagement = "cash_management", Asset, Cash;
    /// A tax-free cash savings account (UK).
    CashIsa = "cash_isa", Asset, Cash;
    /// Money kept at a payment service.
    DigitalWallet = "digital_wallet", Asset, Cash;
    /// A prepaid card.
    Prepaid = "prepaid", Asset, Cash;
    /// Government benefits on a card (EBT).
    BenefitsCard = "benefits_card", Asset, Cash;
    /// Money for medical costs (HSA, HRA).
    HealthSavings = "health_savings", Asset, Cash;
    /// A deposit account of a kind not listed.
    OtherDepository = "other_depository", Asset, Cash;
    /// A credit card.
    CreditCard = "credit_card", Liability, Credit;
    /// A card to be paid in full each month.
    ChargeCard = "charge_card", Liability, Credit;
    /// Revolving credit without a card, also against securities.
    LineOfCredit = "line_of_credit", Liability, Credit;
    /// An overdraft kept as an account of its own.
    Overdraft = "overdraft", Liability, Credit;
    /// Revolving credit of a kind not listed.
    OtherCredit = "other_credit", Liability, Credit;
    /// A loan for a vehicle.
    AutoLoan = "auto_loan", Liability, Loan;
    /// A loan to a business.
    BusinessLoan = "business_loan", Liability, Loan;
    /// A loan for building.
    ConstructionLoan = "construction_loan", Liability, Loan;
    /// A loan against a home's value.
    HomeEquity = "home_equity", Liability, Loan;
    /// A loan for a home.
    Mortgage = "mortgage", Liability, Loan;
    /// A consumer or instalment loan.
    PersonalLoan = "personal_loan", Liability, Loan;
    /// A loan for studies.
    StudentLoan = "student_loan", Liability, Loan;
    /// A loan of a kind not listed.
    OtherLoan = "other_loan", Liability, Loan;
    /// Taxable investments, funds among them.
    Brokerage = "brokerage", Asset, Investment;
    /// Investments sheltered from tax (ISA, TFSA).
    TaxFreeInvestment = "tax_free_investment", Asset, Investment;
    /// Investments for retirement (401k, IRA, RRSP).
    Retirement = "retirement", Asset, Investment;
    /// A pension.
    Pension = "pension", Asset, Investment;
    /// Savings for studies (529, RESP).
    EducationSavings = "education_savings", Asset, Investment;
    /// Savings for a first home (FHSA).
    HomeSavings = "home_savings", Asset, Investment;
    /// Savings for a person with a disability (RDSP).
    DisabilitySavings = "disability_savings", Asset, Investment;
    /// Held by an adult for a minor (UGMA, UTMA).
    Custodial = "custodial", Asset, Investment;
    /// Held in trust.
    Trust = "trust", Asset, Investment;
    /// Shares from an employer.
    StockPlan = "stock_plan", Asset, Investment;
    /// Crypto currencies.
    Crypto = "crypto", Asset, Investment;
    /// Positions on a prediction market.
    PredictionMarket = "prediction_market", Asset, Investment;
    /// An annuity.
    Annuity = "annuity", Asset, Investment;
    /// An insurance with a value.
    Insurance = "insurance", Asset, Investment;
    /// Investments of a kind not listed.
    OtherInvestment = "other_investment", Asset, Investment;
    /// Income reported by a payroll service.
    Payroll = "payroll", Asset, AccountGroup::Other;
    /// Anything else, unknown types included.
    Other = "other", Asset, AccountGroup::Other;
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl AccountKind {
    /// The type and subtype that stand for the kind, as [`classify_account`] reads them; no subtype for a kind that its type
    /// alone means.
    pub fn type_and_subtype(self) -> (&'static str, Option<&'static str>) {
        let alone = ["depository", "credit", "loan", "investment", "payroll"];
        if let Some(provider_type) = alone.into_iter().find(|word| of_type_alone(word) == self) {
            return (provider_type, None);
        }
        let own_name = self.name().replace('_', " ");
        let mut pairs = TABLE.iter().filter(|(_, _, kind)| *kind == self);
        let called_so = pairs.clone().find(|(_, subtype, _)| *subtype == own_name);
        let pair = called_so.or_else(|| pairs.next());
        pair.map_or(("other", None), |(provider_type, subtype, _)| (*provider_type, Some(*subtype)))
    }
}

/// Whether an account is something owned or something owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a balance sheet has two sides")]
pub enum AccountClass {
    /// Owned: it adds to what the user has.
    Asset,
    /// Owed: it takes away from what the user has.
    Liability,
}

/// The group under which screens list an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountGroup {
    /// Money at hand.
    Cash,
    /// Cards and other revolving credit.
    Credit,
    /// Loans paid back by a plan.
    Loan,
    /// Everything invested.
    Investment,
    /// None of these.
    Other,
}

impl fmt::Display for AccountGroup {
    /// A heading for the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cash => "Cash",
            Self::Credit => "Cards and credit",
            Self::Loan => "Loans",
            Self::Investment => "Investments",
            Self::Other => "Other",
        })
    }
}

/// What our table says of a provider's type and subtype.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClassification {
    /// The kind; `Other` or the `Other…` of its type when the pair is not listed.
    pub kind: AccountKind,
    /// Whether the pair stands in the table. An unlisted one is worth a report, never an error.
    pub known: bool,
}

/// Looks a provider's type and subtype up, both in any case and with spaces around or `_` inside.
///
/// ```
/// use finance_core::{AccountClass, AccountKind, classify_account};
///
/// let card = classify_account("credit", Some("credit card"));
/// assert_eq!((card.kind, card.known), (AccountKind::CreditCard, true));
///
/// let new = classify_account("loan", Some("moon landing"));
/// assert_eq!((new.kind, new.known), (AccountKind::OtherLoan, false));
/// assert_eq!(new.kind.class(), AccountClass::Liability);
/// ```
pub fn classify_account(provider_type: &str, subtype: Option<&str>) -> AccountClassification {
    let provider_type = normalised(provider_type);
    // `brokerage` is the old name of the type `investment`.
    let provider_type = if provider_type == "brokerage" { "investment" } else { &provider_type };
    let subtype = normalised(subtype.unwrap_or_default());
    match TABLE.iter().find(|(t, s, _)| *t == provider_type && s.eq_ignore_ascii_case(&subtype)) {
        Some((_, _, kind)) => AccountClassification { kind: *kind, known: true },
        None => AccountClassification { kind: of_type_alone(provider_type), known: false },
    }
}

fn normalised(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('_', " ")
}

fn of_type_alone(provider_type: &str) -> AccountKind {
    match provider_type {
        "depository" => AccountKind::OtherDepository,
        "credit" => AccountKind::OtherCredit,
        "loan" => AccountKind::OtherLoan,
        "investment" => AccountKind::OtherInvestment,
        "payroll" => AccountKind::Payroll,
        _ => AccountKind::Other,
    }
}

/// Type and subtype as Plaid writes them (schema of August 2026), and our kind.
const TABLE: &[(&str, &str, AccountKind)] = &[
    ("depository", "checking", AccountKind::Checking),
    ("depository", "savings", AccountKind::Savings),
    ("depository", "hsa", AccountKind::HealthSavings),
    ("depository", "cd", AccountKind::CertificateOfDeposit),
    ("depository", "money market", AccountKind::MoneyMarket),
    ("depository", "paypal", AccountKind::DigitalWallet),
    ("depository", "prepaid", AccountKind::Prepaid),
    ("depository", "cash management", AccountKind::CashManagement),
    ("depository", "ebt", AccountKind::BenefitsCard),
    ("depository", "limited purpose checking", AccountKind::Checking),
    ("credit", "credit card", AccountKind::CreditCard),
    ("credit", "paypal", AccountKind::LineOfCredit),
    ("credit", "charge card", AccountKind::ChargeCard),
    ("loan", "auto", AccountKind::AutoLoan),
    ("loan", "business", AccountKind::BusinessLoan),
    ("loan", "commercial", AccountKind::BusinessLoan),
    ("loan", "commercial line of credit", AccountKind::LineOfCredit),
    ("loan", "construction", AccountKind::ConstructionLoan),
    ("loan", "consumer", AccountKind::PersonalLoan),
    ("loan", "home equity", AccountKind::HomeEquity),
    ("loan", "home equity loan", AccountKind::HomeEquity),
    ("loan", "installment", AccountKind::PersonalLoan),
    ("loan", "line of credit", AccountKind::LineOfCredit),
    ("loan", "loan", AccountKind::OtherLoan),
    ("loan", "mortgage", AccountKind::Mortgage),
    ("loan", "overdraft", AccountKind::Overdraft),
    ("loan", "student", AccountKind::StudentLoan),
    ("loan", "other", AccountKind::OtherLoan),
    ("investment", "401a", AccountKind::Retirement),
    ("investment", "401k", AccountKind::Retirement),
    ("investment", "403B", AccountKind::Retirement),
    ("investment", "457b", AccountKind::Retirement),
    ("investment", "529", AccountKind::EducationSavings),
    ("investment", "brokerage", AccountKind::Brokerage),
    ("investment", "cash isa", AccountKind::CashIsa),
    ("investment", "crypto exchange", AccountKind::Crypto),
    ("investment", "education savings account", AccountKind::EducationSavings),
    ("investment", "fhsa", AccountKind::HomeSavings),
    ("investment", "fixed annuity", AccountKind::Annuity),
    ("investment", "gic", AccountKind::CertificateOfDeposit),
    ("investment", "health reimbursement arrangement", AccountKind::HealthSavings),
    ("investment", "hsa", AccountKind::HealthSavings),
    ("investment", "ira", AccountKind::Retirement),
    ("investment", "isa", AccountKind::TaxFreeInvestment),
    ("investment", "keogh", AccountKind::Retirement),
    ("investment", "lif", AccountKind::Retirement),
    ("investment", "life insurance", AccountKind::Insurance),
    ("investment", "line of credit", AccountKind::LineOfCredit),
    ("investment", "lira", AccountKind::Retirement),
    ("investment", "lrif", AccountKind::Retirement),
    ("investment", "lrsp", AccountKind::Retirement),
    ("investment", "mutual fund", AccountKind::Brokerage),
    ("investment", "non-custodial wallet", AccountKind::Crypto),
    ("investment", "non-taxable brokerage account", AccountKind::TaxFreeInvestment),
    ("investment", "other", AccountKind::OtherInvestment),
    ("investment", "other annuity", AccountKind::Annuity),
    ("investment", "other insurance", AccountKind::Insurance),
    ("investment", "pension", AccountKind::Pension),
    ("investment", "prediction market", AccountKind::PredictionMarket),
    ("investment", "prif", AccountKind::Retirement),
    ("investment", "profit sharing plan", AccountKind::Retirement),
    ("investment", "qshr", AccountKind::TaxFreeInvestment),
    ("investment", "rdsp", AccountKind::DisabilitySavings),
    ("investment", "resp", AccountKind::EducationSavings),
    ("investment", "retirement", AccountKind::Retirement),
    ("investment", "rlif", AccountKind::Retirement),
    ("investment", "roth", AccountKind::Retirement),
    ("investment", "roth 401k", AccountKind::Retirement),
    ("investment", "roth 403B", AccountKind::Retirement),
    ("investment", "roth 457b", AccountKind::Retirement),
    ("investment", "roth pension", AccountKind::Pension),
    ("investment", "roth profit sharing plan", AccountKind::Retirement),
    ("investment", "roth thrift savings plan", AccountKind::Retirement),
    ("investment", "rrif", AccountKind::Retirement),
    ("investment", "rrsp", AccountKind::Retirement),
    ("investment", "sarsep", AccountKind::Retirement),
    ("investment", "sep ira", AccountKind::Retirement),
    ("investment", "simple ira", AccountKind::Retirement),
    ("investment", "sipp", AccountKind::Pension),
    ("investment", "stock plan", AccountKind::StockPlan),
    ("investment", "tfsa", AccountKind::TaxFreeInvestment),
    ("investment", "thrift savings plan", AccountKind::Retirement),
    ("investment", "trust", AccountKind::Trust),
    ("investment", "ugma", AccountKind::Custodial),
    ("investment", "utma", AccountKind::Custodial),
    ("investment", "variable annuity", AccountKind::Annuity),
    ("payroll", "payroll", AccountKind::Payroll),
    ("other", "other", AccountKind::Other),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_lists_every_pair_once() {
        let pairs: BTreeSet<_> = TABLE.iter().map(|(t, s, _)| (t, s)).collect();
        assert_eq!(pairs.len(), TABLE.len());
        for (provider_type, count) in [
            ("depository", 10),
            ("credit", 3),
            ("loan", 15),
            ("investment", 58),
            ("payroll", 1),
            ("other", 1),
        ] {
            let listed = TABLE.iter().filter(|(t, _, _)| *t == provider_type).count();
            assert_eq!(listed, count, "{provider_type}");
        }
    }

    #[test]
    fn every_listed_pair_is_known_and_every_debt_is_a_liability() {
        for (provider_type, subtype, kind) in TABLE {
            let classified = classify_account(provider_type, Some(subtype));
            assert_eq!(classified, AccountClassification { kind: *kind, known: true });
            let owed = matches!(*provider_type, "credit" | "loan") || *subtype == "line of credit";
            assert_eq!(kind.class() == Liability, owed, "{provider_type} {subtype}");
        }
    }

    #[test]
    fn the_same_subtype_means_different_things_under_different_types() {
        for (provider_type, subtype, kind) in [
            ("depository", "paypal", AccountKind::DigitalWallet),
            ("credit", "paypal", AccountKind::LineOfCredit),
            ("depository", "hsa", AccountKind::HealthSavings),
            ("loan", "other", AccountKind::OtherLoan),
            ("other", "other", AccountKind::Other),
            ("brokerage", "ira", AccountKind::Retirement),
            ("investment", "roth 403b", AccountKind::Retirement),
            ("INVESTMENT", " Roth_403B ", AccountKind::Retirement),
        ] {
            assert_eq!(
                classify_account(provider_type, Some(subtype)).kind,
                kind,
                "{provider_type} {subtype}"
            );
        }
    }

    #[test]
    fn unlisted_pairs_keep_the_side_of_their_type() {
        for (provider_type, subtype, kind) in [
            ("credit", Some("store card"), AccountKind::OtherCredit),
            ("depository", None, AccountKind::OtherDepository),
            ("loan", Some(""), AccountKind::OtherLoan),
            ("investment", Some("moon fund"), AccountKind::OtherInvestment),
            ("timeshare", Some("checking"), AccountKind::Other),
            ("", None, AccountKind::Other),
        ] {
            let classified = classify_account(provider_type, subtype);
            assert_eq!(classified, AccountClassification { kind, known: false });
        }
    }

    proptest! {
        #[test]
        fn any_text_is_classified(provider_type in ".{0,20}", subtype in proptest::option::of(".{0,20}")) {
            let _ = classify_account(&provider_type, subtype.as_deref());
        }
    }
}
