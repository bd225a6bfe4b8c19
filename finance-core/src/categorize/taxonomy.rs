//! The categories that Plaid is known to assign, in both versions of its taxonomy, with names for screens.
//!
//! Facts: Plaid's personal finance categories, version 1 (16 primary, 104 detailed) and version 2 (18 and 123). The lists are
//! open: a value that is not here is kept and shown as it came. A row's primary category is never made of its detailed one,
//! since Plaid's do not always agree.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A version of Plaid's taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaxonomyVersion {
    /// `v1`, of before December 2025.
    V1,
    /// `v2`.
    V2,
}

/// A detailed category of Plaid's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct KnownCategory {
    /// The value (`FOOD_AND_DRINK_COFFEE`).
    pub detailed: &'static str,
    /// Its name for screens (`Coffee`).
    pub name: &'static str,
    /// The primary category under which the taxonomy lists it (`FOOD_AND_DRINK`).
    pub primary: &'static str,
    /// That one's name for screens (`Food and drink`).
    pub primary_name: &'static str,
    /// The value that version 2 has in place of this one, where it has another.
    pub renamed_to: Option<&'static str>,
    versions: &'static [TaxonomyVersion],
}

impl KnownCategory {
    /// The versions that have it, the older first.
    pub const fn versions(&self) -> &'static [TaxonomyVersion] {
        self.versions
    }
}

const V1: &[TaxonomyVersion] = &[TaxonomyVersion::V1];
const V2: &[TaxonomyVersion] = &[TaxonomyVersion::V2];
const BOTH: &[TaxonomyVersion] = &[TaxonomyVersion::V1, TaxonomyVersion::V2];

/// Declares primary categories and, in braces, their detailed ones: versions, value, name, and the value's new name.
macro_rules! categories {
    ($($primary_versions:ident $primary:literal = $primary_name:literal {
        $($versions:ident $detailed:literal = $name:literal $(-> $renamed:literal)?,)*
    })*) => {
        static PRIMARY: &[(&str, &str, &[TaxonomyVersion])] = &[$(($primary, $primary_name, $primary_versions),)*];

        static DETAILED: &[KnownCategory] = &[$($(KnownCategory {
            detailed: $detailed,
            name: $name,
            primary: $primary,
            primary_name: $primary_name,
            renamed_to: categories!(@renamed $($renamed)?),
            versions: $versions,
        },)*)*];
    };
    (@renamed) => { None };
    (@renamed $renamed:literal) => { Some($renamed) };
}

categories! {
    BOTH "INCOME" = "Income" {
        V2 "INCOME_CHILD_SUPPORT" = "Child support",
        BOTH "INCOME_DIVIDENDS" = "Dividends",
        V2 "INCOME_GIG_ECONOMY" = "Gig work",
        BOTH "INCOME_INTEREST_EARNED" = "Interest earned",
        V2 "INCOME_LONG_TERM_DISABILITY" = "Long term disability",
        V2 "INCOME_MILITARY" = "Military pay",
        V2 "INCOME_RENTAL" = "Rental income",
        BOTH "INCOME_RETIREMENT_PENSION" = "Pension",
        V2 "INCOME_SALARY" = "Salary",
        BOTH "INCOME_TAX_REFUND" = "Tax refund",
        BOTH "INCOME_UNEMPLOYMENT" = "Unemployment benefits",
        V2 "INCOME_OTHER" = "Other income",
        V1 "INCOME_WAGES" = "Wages" -> "INCOME_SALARY",
        V1 "INCOME_OTHER_INCOME" = "Other income" -> "INCOME_OTHER",
    }
    V2 "LOAN_DISBURSEMENTS" = "Loans received" {
        V2 "LOAN_DISBURSEMENTS_AUTO" = "Car loan",
        V2 "LOAN_DISBURSEMENTS_BNPL" = "Buy now, pay later",
        V2 "LOAN_DISBURSEMENTS_CASH_ADVANCES" = "Cash advances",
        V2 "LOAN_DISBURSEMENTS_EWA" = "Earned wage access",
        V2 "LOAN_DISBURSEMENTS_MORTGAGE" = "Mortgage",
        V2 "LOAN_DISBURSEMENTS_PERSONAL" = "Personal loan",
        V2 "LOAN_DISBURSEMENTS_STUDENT" = "Student loan",
        V2 "LOAN_DISBURSEMENTS_OTHER_DISBURSEMENT" = "Other loan",
    }
    BOTH "LOAN_PAYMENTS" = "Loan payments" {
        BOTH "LOAN_PAYMENTS_CAR_PAYMENT" = "Car payment",
        V2 "LOAN_PAYMENTS_CASH_ADVANCES" = "Cash advance payment",
        BOTH "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT" = "Credit card payment",
        V2 "LOAN_PAYMENTS_EWA" = "Earned wage access payment",
        BOTH "LOAN_PAYMENTS_MORTGAGE_PAYMENT" = "Mortgage payment",
        BOTH "LOAN_PAYMENTS_PERSONAL_LOAN_PAYMENT" = "Personal loan payment",
        BOTH "LOAN_PAYMENTS_STUDENT_LOAN_PAYMENT" = "Student loan payment",
        BOTH "LOAN_PAYMENTS_OTHER_PAYMENT" = "Other loan payment",
    }
    BOTH "TRANSFER_IN" = "Transfer in" {
        BOTH "TRANSFER_IN_ACCOUNT_TRANSFER" = "Transfer from an account",
        BOTH "TRANSFER_IN_DEPOSIT" = "Deposit",
        BOTH "TRANSFER_IN_INVESTMENT_AND_RETIREMENT_FUNDS" = "Transfer from investments",
        BOTH "TRANSFER_IN_SAVINGS" = "Transfer from savings",
        V2 "TRANSFER_IN_WIRE" = "Wire received",
        BOTH "TRANSFER_IN_OTHER_TRANSFER_IN" = "Other transfer in",
        V1 "TRANSFER_IN_CASH_ADVANCES_AND_LOANS" = "Cash advances and loans" -> "LOAN_DISBURSEMENTS_OTHER_DISBURSEMENT",
    }
    BOTH "TRANSFER_OUT" = "Transfer out" {
        BOTH "TRANSFER_OUT_ACCOUNT_TRANSFER" = "Transfer to an account",
        BOTH "TRANSFER_OUT_INVESTMENT_AND_RETIREMENT_FUNDS" = "Transfer to investments",
        BOTH "TRANSFER_OUT_SAVINGS" = "Transfer to savings",
        V2 "TRANSFER_OUT_WIRE" = "Wire sent",
        BOTH "TRANSFER_OUT_WITHDRAWAL" = "Withdrawal",
        BOTH "TRANSFER_OUT_OTHER_TRANSFER_OUT" = "Other transfer out",
    }
    BOTH "BANK_FEES" = "Bank fees" {
        BOTH "BANK_FEES_ATM_FEES" = "ATM fees",
        BOTH "BANK_FEES_INSUFFICIENT_FUNDS" = "Insufficient funds fees",
        BOTH "BANK_FEES_INTEREST_CHARGE" = "Interest charge",
        BOTH "BANK_FEES_FOREIGN_TRANSACTION_FEES" = "Foreign transaction fees",
        BOTH "BANK_FEES_OVERDRAFT_FEES" = "Overdraft fees",
        V2 "BANK_FEES_LATE_FEES" = "Late fees",
        V2 "BANK_FEES_CASH_ADVANCE" = "Cash advance fees",
        BOTH "BANK_FEES_OTHER_BANK_FEES" = "Other bank fees",
    }
    BOTH "ENTERTAINMENT" = "Entertainment" {
        BOTH "ENTERTAINMENT_CASINOS_AND_GAMBLING" = "Casinos and gambling",
        BOTH "ENTERTAINMENT_MUSIC_AND_AUDIO" = "Music and audio",
        BOTH "ENTERTAINMENT_SPORTING_EVENTS_AMUSEMENT_PARKS_AND_MUSEUMS" = "Sports events, amusement parks and museums",
        BOTH "ENTERTAINMENT_TV_AND_MOVIES" = "TV and movies",
        BOTH "ENTERTAINMENT_VIDEO_GAMES" = "Video games",
        BOTH "ENTERTAINMENT_OTHER_ENTERTAINMENT" = "Other entertainment",
    }
    BOTH "FOOD_AND_DRINK" = "Food and drink" {
        BOTH "FOOD_AND_DRINK_BEER_WINE_AND_LIQUOR" = "Beer, wine and liquor",
        BOTH "FOOD_AND_DRINK_COFFEE" = "Coffee",
        BOTH "FOOD_AND_DRINK_FAST_FOOD" = "Fast food",
        BOTH "FOOD_AND_DRINK_GROCERIES" = "Groceries",
        BOTH "FOOD_AND_DRINK_RESTAURANT" = "Restaurants",
        BOTH "FOOD_AND_DRINK_VENDING_MACHINES" = "Vending machines",
        BOTH "FOOD_AND_DRINK_OTHER_FOOD_AND_DRINK" = "Other food and drink",
    }
    BOTH "GENERAL_MERCHANDISE" = "General merchandise" {
        BOTH "GENERAL_MERCHANDISE_BOOKSTORES_AND_NEWSSTANDS" = "Bookstores and newsstands",
        BOTH "GENERAL_MERCHANDISE_CLOTHING_AND_ACCESSORIES" = "Clothing and accessories",
        BOTH "GENERAL_MERCHANDISE_CONVENIENCE_STORES" = "Convenience stores",
        BOTH "GENERAL_MERCHANDISE_DEPARTMENT_STORES" = "Department stores",
        BOTH "GENERAL_MERCHANDISE_DISCOUNT_STORES" = "Discount stores",
        BOTH "GENERAL_MERCHANDISE_ELECTRONICS" = "Electronics",
        BOTH "GENERAL_MERCHANDISE_GIFTS_AND_NOVELTIES" = "Gifts and novelties",
        BOTH "GENERAL_MERCHANDISE_OFFICE_SUPPLIES" = "Office supplies",
        BOTH "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES" = "Online marketplaces",
        BOTH "GENERAL_MERCHANDISE_PET_SUPPLIES" = "Pet supplies",
        BOTH "GENERAL_MERCHANDISE_SPORTING_GOODS" = "Sporting goods",
        BOTH "GENERAL_MERCHANDISE_SUPERSTORES" = "Superstores",
        BOTH "GENERAL_MERCHANDISE_TOBACCO_AND_VAPE" = "Tobacco and vape",
        BOTH "GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE" = "Other merchandise",
    }
    BOTH "HOME_IMPROVEMENT" = "Home improvement" {
        BOTH "HOME_IMPROVEMENT_FURNITURE" = "Furniture",
        BOTH "HOME_IMPROVEMENT_HARDWARE" = "Hardware",
        BOTH "HOME_IMPROVEMENT_REPAIR_AND_MAINTENANCE" = "Repair and maintenance",
        BOTH "HOME_IMPROVEMENT_SECURITY" = "Security",
        BOTH "HOME_IMPROVEMENT_OTHER_HOME_IMPROVEMENT" = "Other home improvement",
    }
    BOTH "MEDICAL" = "Medical" {
        BOTH "MEDICAL_DENTAL_CARE" = "Dental care",
        BOTH "MEDICAL_EYE_CARE" = "Eye care",
        BOTH "MEDICAL_NURSING_CARE" = "Nursing care",
        BOTH "MEDICAL_PHARMACIES_AND_SUPPLEMENTS" = "Pharmacies and supplements",
        BOTH "MEDICAL_PRIMARY_CARE" = "Primary care",
        BOTH "MEDICAL_VETERINARY_SERVICES" = "Veterinary services",
        BOTH "MEDICAL_OTHER_MEDICAL" = "Other medical",
    }
    BOTH "PERSONAL_CARE" = "Personal care" {
        BOTH "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS" = "Gyms and fitness centers",
        BOTH "PERSONAL_CARE_HAIR_AND_BEAUTY" = "Hair and beauty",
        BOTH "PERSONAL_CARE_LAUNDRY_AND_DRY_CLEANING" = "Laundry and dry cleaning",
        BOTH "PERSONAL_CARE_OTHER_PERSONAL_CARE" = "Other personal care",
    }
    BOTH "GENERAL_SERVICES" = "General services" {
        BOTH "GENERAL_SERVICES_ACCOUNTING_AND_FINANCIAL_PLANNING" = "Accounting and financial planning",
        BOTH "GENERAL_SERVICES_AUTOMOTIVE" = "Car services",
        BOTH "GENERAL_SERVICES_CHILDCARE" = "Childcare",
        BOTH "GENERAL_SERVICES_CONSULTING_AND_LEGAL" = "Consulting and legal",
        BOTH "GENERAL_SERVICES_EDUCATION" = "Education",
        BOTH "GENERAL_SERVICES_INSURANCE" = "Insurance",
        BOTH "GENERAL_SERVICES_POSTAGE_AND_SHIPPING" = "Postage and shipping",
        BOTH "GENERAL_SERVICES_STORAGE" = "Storage",
        BOTH "GENERAL_SERVICES_OTHER_GENERAL_SERVICES" = "Other services",
    }
    BOTH "GOVERNMENT_AND_NON_PROFIT" = "Government and non-profit" {
        BOTH "GOVERNMENT_AND_NON_PROFIT_DONATIONS" = "Donations",
        BOTH "GOVERNMENT_AND_NON_PROFIT_GOVERNMENT_DEPARTMENTS_AND_AGENCIES" = "Government departments and agencies",
        BOTH "GOVERNMENT_AND_NON_PROFIT_TAX_PAYMENT" = "Tax payment",
        BOTH "GOVERNMENT_AND_NON_PROFIT_OTHER_GOVERNMENT_AND_NON_PROFIT" = "Other government and non-profit",
    }
    BOTH "TRANSPORTATION" = "Transportation" {
        BOTH "TRANSPORTATION_BIKES_AND_SCOOTERS" = "Bikes and scooters",
        BOTH "TRANSPORTATION_GAS" = "Fuel",
        BOTH "TRANSPORTATION_PARKING" = "Parking",
        BOTH "TRANSPORTATION_PUBLIC_TRANSIT" = "Public transit",
        BOTH "TRANSPORTATION_TAXIS_AND_RIDE_SHARES" = "Taxis and ride shares",
        BOTH "TRANSPORTATION_TOLLS" = "Tolls",
        BOTH "TRANSPORTATION_OTHER_TRANSPORTATION" = "Other transportation",
    }
    BOTH "TRAVEL" = "Travel" {
        BOTH "TRAVEL_FLIGHTS" = "Flights",
        BOTH "TRAVEL_LODGING" = "Lodging",
        BOTH "TRAVEL_RENTAL_CARS" = "Rental cars",
        BOTH "TRAVEL_OTHER_TRAVEL" = "Other travel",
    }
    BOTH "RENT_AND_UTILITIES" = "Rent and utilities" {
        BOTH "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY" = "Gas and electricity",
        BOTH "RENT_AND_UTILITIES_INTERNET_AND_CABLE" = "Internet and cable",
        BOTH "RENT_AND_UTILITIES_RENT" = "Rent",
        BOTH "RENT_AND_UTILITIES_SEWAGE_AND_WASTE_MANAGEMENT" = "Sewage and waste management",
        BOTH "RENT_AND_UTILITIES_TELEPHONE" = "Telephone",
        BOTH "RENT_AND_UTILITIES_WATER" = "Water",
        BOTH "RENT_AND_UTILITIES_OTHER_UTILITIES" = "Other utilities",
    }
    V2 "OTHER" = "Other" {
        V2 "OTHER_OTHER" = "Other",
    }
}

static BY_VALUE: LazyLock<HashMap<&'static str, &'static KnownCategory>> =
    LazyLock::new(|| DETAILED.iter().map(|known| (known.detailed, known)).collect());

/// The detailed category with this value; `None` for one that this library does not know.
///
/// ```
/// use finance_core::{category_name, known_category};
///
/// let coffee = known_category("FOOD_AND_DRINK_COFFEE").expect("in both versions");
/// assert_eq!((coffee.name, coffee.primary_name), ("Coffee", "Food and drink"));
/// assert_eq!(known_category("INCOME_WAGES").and_then(|wages| wages.renamed_to), Some("INCOME_SALARY"));
/// assert_eq!(category_name("FOOD_AND_DRINK"), "Food and drink");
/// assert_eq!(category_name("Lunch with Ben"), "Lunch with Ben");
/// ```
pub fn known_category(detailed: &str) -> Option<&'static KnownCategory> {
    BY_VALUE.get(detailed).copied()
}

/// The detailed categories of a version, by primary category.
pub fn known_categories(version: TaxonomyVersion) -> Vec<&'static KnownCategory> {
    DETAILED.iter().filter(|known| known.versions.contains(&version)).collect()
}

/// The name for screens of a detailed or primary category; anything else is a name already.
pub fn category_name(category: &str) -> &str {
    let primary = || PRIMARY.iter().find(|(value, ..)| *value == category).map(|(_, name, _)| *name);
    known_category(category).map(|known| known.name).or_else(primary).unwrap_or(category)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde::Deserialize;

    use super::*;

    fn values(version: TaxonomyVersion) -> BTreeMap<String, BTreeSet<String>> {
        let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for known in known_categories(version) {
            values.entry(known.primary.to_owned()).or_default().insert(known.detailed.to_owned());
        }
        values
    }

    #[test]
    fn the_versions_are_as_large_as_they_are_told_to_be() {
        for (version, primary, detailed) in [(TaxonomyVersion::V1, 16, 104), (TaxonomyVersion::V2, 18, 123)] {
            assert_eq!(PRIMARY.iter().filter(|(.., versions)| versions.contains(&version)).count(), primary);
            assert_eq!(values(version).len(), primary);
            assert_eq!(known_categories(version).len(), detailed);
        }
        assert_eq!(BY_VALUE.len(), DETAILED.len(), "a value stands twice");
    }

    #[test]
    fn what_version_2_renamed_is_in_it_and_the_old_name_is_not() {
        let renamed: Vec<(&str, &str)> =
            DETAILED.iter().filter_map(|known| Some((known.detailed, known.renamed_to?))).collect();
        let expected = [
            ("INCOME_WAGES", "INCOME_SALARY"),
            ("INCOME_OTHER_INCOME", "INCOME_OTHER"),
            ("TRANSFER_IN_CASH_ADVANCES_AND_LOANS", "LOAN_DISBURSEMENTS_OTHER_DISBURSEMENT"),
        ];
        assert_eq!(renamed.iter().collect::<BTreeSet<_>>(), expected.iter().collect());
        for (old, new) in renamed {
            assert_eq!(known_category(old).unwrap().versions(), V1);
            assert_eq!(known_category(new).unwrap().versions(), V2);
        }
    }

    #[test]
    fn names_within_a_primary_category_and_version_differ() {
        for version in [TaxonomyVersion::V1, TaxonomyVersion::V2] {
            let known = known_categories(version);
            let names: BTreeSet<_> = known.iter().map(|known| (known.primary, known.name)).collect();
            assert_eq!(names.len(), known.len());
        }
    }

    #[derive(Deserialize)]
    struct Facts {
        v1: BTreeMap<String, BTreeSet<String>>,
        v2: BTreeMap<String, BTreeSet<String>>,
        v2_value_renamed_from_v1: BTreeMap<String, String>,
    }

    #[test]
    #[ignore = "needs PLAID_FACTS, the folder of Plaid's public facts"]
    fn by_plaid_facts_the_taxonomies_are_complete() {
        let folder = std::env::var("PLAID_FACTS").unwrap();
        let text = std::fs::read_to_string(format!("{folder}/pfc-values.json")).unwrap();
        let facts: Facts = serde_json::from_str(&text).unwrap();
        assert_eq!(values(TaxonomyVersion::V1), facts.v1);
        assert_eq!(values(TaxonomyVersion::V2), facts.v2);
        for (new, old) in facts.v2_value_renamed_from_v1 {
            assert_eq!(known_category(&old).unwrap().renamed_to, Some(new.as_str()));
        }
    }
}
