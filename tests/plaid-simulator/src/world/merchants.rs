//! The merchants of generated worlds and the part of a transaction's JSON that follows from one.

use std::sync::LazyLock;

use serde_json::json;

use super::ids::{mix_text, token};

/// Which taxonomy of personal finance categories a caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taxonomy {
    V1,
    V2,
}

/// Where the money goes or comes from.
#[derive(Debug)]
pub(crate) struct Merchant {
    pub(crate) name: Option<&'static str>,
    /// What a bank prints.
    pub(crate) statement: &'static str,
    website: Option<&'static str>,
    channel: &'static str,
    /// Primary and detailed category in the first and in the second taxonomy.
    category: [(&'static str, &'static str); 2],
    code: Option<&'static str>,
    /// The span of amounts in hundredths.
    pub(crate) cents: (i64, i64),
    pub(crate) role: Role,
}

/// On which accounts a merchant appears, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Anybody's purchase.
    Purchase,
    /// Paid from a bank account.
    Bill,
    /// Money into a bank account.
    Income,
    /// Money onto a card or a loan.
    Payment,
    /// Only for rows whose merchant is not known.
    Unknown,
}

const fn same(primary: &'static str, detailed: &'static str) -> [(&'static str, &'static str); 2] {
    [(primary, detailed), (primary, detailed)]
}

macro_rules! merchant {
    ($name:expr, $statement:expr, $website:expr, $channel:expr, $category:expr, $code:expr, $low:expr, $high:expr, $role:ident) => {
        Merchant {
            name: $name,
            statement: $statement,
            website: $website,
            channel: $channel,
            category: $category,
            code: $code,
            cents: ($low, $high),
            role: Role::$role,
        }
    };
}

/// Row 0 is an unknown payee, row 1 an unknown payer.
#[rustfmt::skip]
pub(crate) static MERCHANTS: &[Merchant] = &[
    merchant!(None, "Withdrawal", None, "other", [("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_OTHER_GENERAL_MERCHANDISE"), ("OTHER", "OTHER_OTHER")], None, 100, 9_000, Unknown),
    merchant!(None, "Deposit", None, "other", [("INCOME", "INCOME_OTHER_INCOME"), ("INCOME", "INCOME_OTHER")], None, 100, 9_000, Unknown),
    merchant!(Some("Starbucks"), "STARBUCKS STORE", Some("starbucks.com"), "in store", same("FOOD_AND_DRINK", "FOOD_AND_DRINK_COFFEE"), Some("5814"), 325, 1_450, Purchase),
    merchant!(Some("Whole Foods Market"), "WHOLEFDS MKT", Some("wholefoodsmarket.com"), "in store", same("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES"), Some("5411"), 1_200, 18_500, Purchase),
    merchant!(Some("Trader Joe's"), "TRADER JOE S", Some("traderjoes.com"), "in store", same("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES"), Some("5411"), 900, 12_000, Purchase),
    merchant!(Some("McDonald's"), "MCDONALD'S F", Some("mcdonalds.com"), "in store", same("FOOD_AND_DRINK", "FOOD_AND_DRINK_FAST_FOOD"), Some("5814"), 450, 2_800, Purchase),
    merchant!(Some("Chipotle"), "CHIPOTLE", Some("chipotle.com"), "in store", same("FOOD_AND_DRINK", "FOOD_AND_DRINK_FAST_FOOD"), Some("5814"), 950, 3_600, Purchase),
    merchant!(Some("Uber"), "UBER *TRIP", Some("uber.com"), "online", same("TRANSPORTATION", "TRANSPORTATION_TAXIS_AND_RIDE_SHARES"), Some("4121"), 650, 7_800, Purchase),
    merchant!(Some("Lyft"), "LYFT *RIDE", Some("lyft.com"), "online", same("TRANSPORTATION", "TRANSPORTATION_TAXIS_AND_RIDE_SHARES"), Some("4121"), 600, 6_500, Purchase),
    merchant!(Some("Shell"), "SHELL OIL", Some("shell.com"), "in store", same("TRANSPORTATION", "TRANSPORTATION_GAS"), Some("5541"), 2_000, 9_800, Purchase),
    merchant!(Some("Amazon"), "AMZN Mktp US*", Some("amazon.com"), "online", same("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES"), Some("5942"), 599, 24_999, Purchase),
    merchant!(Some("Target"), "TARGET T-", Some("target.com"), "in store", same("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_SUPERSTORES"), Some("5310"), 800, 21_000, Purchase),
    merchant!(Some("Apple"), "APPLE.COM/BILL", Some("apple.com"), "online", same("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_ELECTRONICS"), Some("5732"), 99, 129_900, Purchase),
    merchant!(Some("Netflix"), "NETFLIX.COM", Some("netflix.com"), "online", same("ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES"), Some("4899"), 1_549, 1_550, Purchase),
    merchant!(Some("Spotify"), "SPOTIFY USA", Some("spotify.com"), "online", same("ENTERTAINMENT", "ENTERTAINMENT_MUSIC_AND_AUDIO"), Some("5815"), 1_199, 1_200, Purchase),
    merchant!(Some("CVS"), "CVS/PHARMACY #", Some("cvs.com"), "in store", same("MEDICAL", "MEDICAL_PHARMACIES_AND_SUPPLEMENTS"), Some("5912"), 499, 8_900, Purchase),
    merchant!(Some("The Home Depot"), "THE HOME DEPOT #", Some("homedepot.com"), "in store", same("HOME_IMPROVEMENT", "HOME_IMPROVEMENT_HARDWARE"), Some("5200"), 900, 48_000, Purchase),
    merchant!(Some("United Airlines"), "UNITED AIRLINES", Some("united.com"), "online", same("TRAVEL", "TRAVEL_FLIGHTS"), Some("3000"), 8_900, 92_000, Purchase),
    merchant!(Some("Planet Fitness"), "PLANET FIT CLUB FEES", Some("planetfitness.com"), "other", same("PERSONAL_CARE", "PERSONAL_CARE_GYMS_AND_FITNESS_CENTERS"), Some("7997"), 1_000, 2_500, Purchase),
    merchant!(Some("Comcast"), "COMCAST CABLE COMM", Some("comcast.com"), "online", same("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_INTERNET_AND_CABLE"), Some("4899"), 4_999, 18_999, Bill),
    merchant!(Some("Verizon"), "VERIZON WIRELESS PAYMENTS", Some("verizon.com"), "online", same("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_TELEPHONE"), Some("4814"), 3_500, 22_000, Bill),
    merchant!(Some("Pacific Gas & Electric"), "PGANDE WEB ONLINE", Some("pge.com"), "online", same("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY"), None, 4_200, 31_000, Bill),
    merchant!(None, "RENT PAYMENT ACH", None, "other", same("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_RENT"), None, 120_000, 320_000, Bill),
    merchant!(None, "ATM WITHDRAWAL", None, "other", same("TRANSFER_OUT", "TRANSFER_OUT_WITHDRAWAL"), None, 2_000, 40_000, Bill),
    merchant!(None, "MONTHLY MAINTENANCE FEE", None, "other", same("BANK_FEES", "BANK_FEES_OTHER_BANK_FEES"), None, 500, 1_500, Bill),
    merchant!(None, "ONLINE TRANSFER TO SAV", None, "other", same("TRANSFER_OUT", "TRANSFER_OUT_SAVINGS"), None, 5_000, 100_000, Bill),
    merchant!(None, "PAYROLL DIRECT DEPOSIT", None, "other", [("INCOME", "INCOME_WAGES"), ("INCOME", "INCOME_SALARY")], None, 140_000, 480_000, Income),
    merchant!(None, "INTEREST PAYMENT", None, "other", same("INCOME", "INCOME_INTEREST_EARNED"), None, 1, 2_500, Income),
    merchant!(Some("Venmo"), "VENMO CASHOUT", Some("venmo.com"), "online", same("TRANSFER_IN", "TRANSFER_IN_ACCOUNT_TRANSFER"), None, 500, 30_000, Income),
    merchant!(None, "AUTOMATIC PAYMENT - THANK", None, "other", same("LOAN_PAYMENTS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT"), None, 2_500, 200_000, Payment),
    merchant!(None, "PAYMENT RECEIVED", None, "other", same("LOAN_PAYMENTS", "LOAN_PAYMENTS_OTHER_PAYMENT"), None, 5_000, 60_000, Payment),
];

/// The merchants of one role, by index.
pub(crate) fn of_role(roles: &[Role]) -> Vec<u16> {
    (0u16..)
        .zip(MERCHANTS)
        .filter(|(_, merchant)| roles.contains(&merchant.role))
        .map(|(index, _)| index)
        .collect()
}

/// The merchant a statement text speaks of, else the unknown payee or payer by the sign.
pub(crate) fn recognise(text: &str, money_in: bool) -> u16 {
    let text = text.to_lowercase();
    let named = (0u16..)
        .zip(MERCHANTS)
        .find(|(_, merchant)| merchant.name.is_some_and(|name| text.contains(&name.to_lowercase())));
    named.map_or(u16::from(money_in), |(index, _)| index)
}

static FRAGMENTS: LazyLock<Vec<[String; 2]>> = LazyLock::new(|| {
    MERCHANTS.iter().map(|merchant| [fragment(merchant, 0), fragment(merchant, 1)]).collect()
});

/// The keys of a transaction's JSON that follow from its merchant, from a comma to the closing brace.
pub(crate) fn json_tail(merchant: u16, taxonomy: Taxonomy) -> &'static str {
    let versions = FRAGMENTS.get(usize::from(merchant)).unwrap_or(&FRAGMENTS[0]);
    &versions[usize::from(taxonomy == Taxonomy::V2)]
}

fn fragment(merchant: &Merchant, version: usize) -> String {
    let (primary, detailed) = merchant.category[version];
    let entity = merchant.name.map(|name| token(mix_text(11, name), 37));
    let logo = merchant.website.map(|site| {
        let slug = site.split('.').next().unwrap_or(site);
        format!("https://plaid-merchant-logos.plaid.com/{slug}_{}.png", mix_text(3, site) % 10_000)
    });
    let counterparties: Vec<_> = merchant
        .name
        .iter()
        .map(|name| {
            json!({
                "name": name, "type": "merchant", "website": merchant.website, "logo_url": logo,
                "entity_id": entity, "confidence_level": "VERY_HIGH", "account_numbers": null,
            })
        })
        .collect();
    let in_store = merchant.channel == "in store";
    let place = |value: &'static str| in_store.then_some(value);
    let tail = json!({
        "category": null,
        "category_id": null,
        "check_number": null,
        "counterparties": counterparties,
        "location": {
            "address": null, "city": place("San Francisco"), "region": place("CA"), "postal_code": place("94105"),
            "country": place("US"), "lat": null, "lon": null, "store_number": null,
        },
        "logo_url": logo,
        "merchant_category_code": merchant.code,
        "merchant_entity_id": entity,
        "merchant_name": merchant.name,
        "payment_channel": merchant.channel,
        "payment_meta": {
            "by_order_of": null, "payee": null, "payer": null, "payment_method": null,
            "payment_processor": null, "ppd_id": null, "reason": null, "reference_number": null,
        },
        "personal_finance_category": {
            "primary": primary, "detailed": detailed,
            "confidence_level": if merchant.name.is_some() { "VERY_HIGH" } else { "LOW" },
            "version": if version == 0 { "v1" } else { "v2" },
        },
        "personal_finance_category_icon_url":
            format!("https://plaid-category-icons.plaid.com/PFC_{primary}.png"),
        "transaction_code": null,
        "transaction_type": if in_store { "place" } else if merchant.channel == "online" { "digital" } else { "special" },
        "website": merchant.website,
    });
    let text = tail.to_string();
    format!(",{}", &text[1..])
}

#[cfg(test)]
mod tests {
    use super::{MERCHANTS, Taxonomy, json_tail, recognise};

    #[test]
    fn every_tail_completes_a_json_object() {
        for index in 0..MERCHANTS.len() as u16 {
            for taxonomy in [Taxonomy::V1, Taxonomy::V2] {
                let text = format!("{{\"a\":1{}", json_tail(index, taxonomy));
                serde_json::from_str::<serde_json::Value>(&text).expect(&text);
            }
        }
    }

    #[test]
    fn statement_texts_lead_to_their_merchant() {
        let name = |text, money_in| MERCHANTS[usize::from(recognise(text, money_in))].name;
        assert_eq!(name("Starbucks Coffee", false), Some("Starbucks"));
        assert_eq!(recognise("SOMEWHERE", false), 0);
        assert_eq!(recognise("SOMEWHERE", true), 1);
    }
}
