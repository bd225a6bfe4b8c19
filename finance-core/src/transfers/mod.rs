//! The two sides of a transfer between accounts of one user.

mod assign;
mod evidence;
mod pair;
mod policy;
mod side;
mod words;

use std::collections::BTreeSet;

pub use pair::{TransferPair, TransferReason, Transfers};
pub use policy::{TransferAccount, TransferPolicy};

use crate::LedgerRow;
use assign::Assignment;
use evidence::Accounts;

/// Pairs the two sides of each transfer between the user's own accounts.
///
/// Two rows can be a transfer when they are of different accounts of `rows` (all of them the user's own), exactly opposite in
/// amount, of one currency as far as they tell, and at most [`TransferPolicy::date_window_days`] apart. The best pair is taken
/// first: the nearest, unless texts speak for another one by words of transfer, the name or number of the other account
/// (`accounts`, which may be empty or lack some), or payment of a card or loan. No row is paired twice. Rows that do not count
/// ([`LedgerRow::counts`]), amounts of zero, and the pairs of `rejected` (places in `rows`, either way round; others are ignored)
/// are left out. Pending rows take part, unless a posted one replaces them ([`LedgerRow::pending_of`]); posted ones go first.
///
/// Nothing is guessed: where rows of several accounts fit equally well, all of them are suggestions, and so is a pair whose texts
/// speak of a purchase, a refund or pay, or name somebody else. A name is no objection where both sides have it, where both speak
/// of a transfer, and where an account of the user is named or a card or loan is paid off. An amount that changes on the way, by a fee or another currency, is not looked for.
///
/// The answer does not depend on the order of `rows`, save that of rows which are equal in everything. It takes time as sorting
/// does.
///
/// ```
/// use chrono::NaiveDate;
/// use finance_core::{AccountId, LedgerRow, TransferPolicy, pair_transfers};
/// use rust_decimal::Decimal;
///
/// let day = |day| NaiveDate::from_ymd_opt(2026, 8, day).unwrap();
/// let rows = [
///     LedgerRow::new(AccountId::new(1), day(3), Decimal::new(-250_00, 2)),
///     LedgerRow::new(AccountId::new(1), day(3), Decimal::new(-19_90, 2)),
///     LedgerRow::new(AccountId::new(2), day(5), Decimal::new(250_00, 2)),
/// ];
///
/// let found = pair_transfers(&rows, &[], &[], &TransferPolicy::default());
/// assert_eq!((found.pairs[0].from, found.pairs[0].to), (0, 2));
///
/// // The user says that these two are something else.
/// let found = pair_transfers(&rows, &[], &[(0, 2)], &TransferPolicy::default());
/// assert!(found.pairs.is_empty() && found.suggestions.is_empty());
/// ```
pub fn pair_transfers(
    rows: &[LedgerRow],
    accounts: &[TransferAccount],
    rejected: &[(usize, usize)],
    policy: &TransferPolicy,
) -> Transfers {
    let accounts = Accounts::of(accounts);
    let rejected: BTreeSet<(usize, usize)> =
        rejected.iter().map(|(one, other)| (*one.min(other), *one.max(other))).collect();
    let mut all = Transfers::default();
    for same_amount in side::by_amount(rows, &rejected) {
        let found = Assignment::of(same_amount, &accounts, &rejected, policy);
        all.pairs.extend(found.pairs);
        all.suggestions.extend(found.suggestions);
    }
    let days = |pair: &TransferPair| (rows[pair.from].date, rows[pair.to].date);
    all.pairs.sort_by_key(days);
    all.suggestions.sort_by_key(|pair| (u8::MAX - pair.score, days(pair)));
    all
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::account_kind::AccountKind;
    use crate::model::{AccountId, Currency, TransactionState};

    /// `account day amount [text]`, of August 2026.
    fn row(line: &str) -> LedgerRow {
        let mut words = line.splitn(4, ' ');
        let mut next = || words.next().unwrap_or_default();
        let account = AccountId::new(next().parse().unwrap());
        let date = NaiveDate::from_ymd_opt(2026, 8, next().parse().unwrap()).unwrap();
        let mut row = LedgerRow::new(account, date, next().parse().unwrap());
        row.description = Some(next()).filter(|text| !text.is_empty()).map(Into::into);
        row
    }

    fn rows(lines: &[&str]) -> Vec<LedgerRow> {
        lines.iter().map(|line| row(line)).collect()
    }

    fn pairs(transfers: &[TransferPair]) -> Vec<(usize, usize)> {
        transfers.iter().map(|pair| (pair.from, pair.to)).collect()
    }

    fn found(rows: &[LedgerRow]) -> Transfers {
        pair_transfers(rows, &[], &[], &TransferPolicy::default())
    }

    #[test]
    fn pairs_and_suggestions() {
        type Places = &'static [(usize, usize)];
        let cases: [(&str, &[&str], Places, Places); 18] = [
            ("same day", &["1 3 -10", "2 3 10"], &[(0, 1)], &[]),
            ("four days", &["1 3 -10", "2 7 10"], &[(0, 1)], &[]),
            ("five days", &["1 3 -10", "2 8 10"], &[], &[]),
            ("there before it left", &["1 5 -10", "2 3 10"], &[(0, 1)], &[]),
            ("trailing zeros", &["1 3 -10.00", "2 3 10.0"], &[(0, 1)], &[]),
            ("a cent off", &["1 3 -10.00", "2 3 10.01"], &[], &[]),
            ("one account", &["1 3 -10", "1 3 10"], &[], &[]),
            ("same sign", &["1 3 -10", "2 3 -10"], &[], &[]),
            ("nothing moved", &["1 3 0", "2 3 0"], &[], &[]),
            ("the nearest", &["1 3 -10", "2 7 10", "3 5 10"], &[(0, 2)], &[]),
            (
                "text before nearness",
                &["1 3 -10 Transfer", "2 3 10 Refund Zalando", "3 4 10 Transfer"],
                &[(0, 2)],
                &[],
            ),
            ("two accounts fit", &["1 3 -10", "2 3 10", "3 3 10"], &[], &[(0, 1), (0, 2)]),
            ("both sides of two accounts", &["1 3 -10", "2 4 10", "3 2 10"], &[], &[(0, 2), (0, 1)]),
            ("one each, and both leave", &["1 3 -10", "1 3 -10", "2 3 10", "3 3 10"], &[(0, 2), (1, 3)], &[]),
            ("one of two equal rows", &["1 3 -10 x", "1 3 -10 x", "2 3 10"], &[(0, 2)], &[]),
            ("one of two texts", &["1 3 -10 Anna", "1 3 -10 Bernd", "2 3 10"], &[], &[(0, 2), (1, 2)]),
            ("weekly", &["1 3 -10", "2 4 10", "1 10 -10", "2 11 10"], &[(0, 1), (2, 3)], &[]),
            ("shop and salary", &["1 3 -10 Kiosk Huber", "2 3 10 ACME Payroll"], &[], &[(0, 1)]),
        ];
        for (name, lines, expected, suggested) in cases {
            let transfers = found(&rows(lines));
            assert_eq!(pairs(&transfers.pairs), expected, "{name}");
            assert_eq!(pairs(&transfers.suggestions), suggested, "{name}");
            assert!(transfers.suggestions.iter().all(|pair| pair.score < 60), "{name}");
        }
    }

    #[test]
    fn texts_speak_for_and_against() {
        for (from, to, certain) in [
            ("Transfer to savings", "Online deposit", true),
            ("Transfer 4711", "Transfer from John Smith", true),
            ("Ally Bank", "ALLY BANK 4711", true),
            ("Uberweisung", "", true),
            ("PREVOD NA UCET", "PREVOD Z UCTU", true),
            ("BILL PAYMENT COMCAST", "AMAZON REFUND", false),
            ("Landlord LLC RENT PAYMENT", "Best Buy LLC REFUND", false),
            ("Zelle transfer to John", "Zelle transfer from Mary", false),
            ("TRANSFER TO JOHN SMITH", "ACME PAYROLL", false),
            ("TRANSFER TO JOHN SMITH", "TRANSFER FROM JOHN DOE", false),
            ("TRANSFER", "SALARY", false),
            ("TRANSFER REVERSAL", "TRANSFER", false),
            ("Kiosk Huber", "", false),
            ("Kiosk Huber", "Kiosk Huber refund", false),
        ] {
            let transfers = found(&rows(&[&format!("1 3 -10 {from}"), &format!("2 3 10 {to}")]));
            assert_eq!(transfers.pairs.len(), usize::from(certain), "{from} / {to}");
            assert_eq!(transfers.suggestions.len(), usize::from(!certain), "{from} / {to}");
        }
    }

    #[test]
    fn a_card_is_paid_off_when_a_side_says_so() {
        let card = TransferAccount {
            account: AccountId::new(2),
            name: Some("Gold Card".to_owned()),
            mask: None,
            kind: Some(AccountKind::CreditCard),
        };
        for (from, to, pays) in [
            ("CITY BANK", "PAYMENT RECEIVED", true),
            ("CITY BANK", "Thank you", true),
            ("Gold epay", "CITY", true),
            ("BILL PAYMENT COMCAST", "AMAZON REFUND", false),
            ("BILL PAYMENT COMCAST", "AMAZON", false),
            ("CITY BANK", "PAYMENT REVERSAL", false),
        ] {
            let rows = rows(&[&format!("1 3 -10 {from}"), &format!("2 3 10 {to}")]);
            let transfers =
                pair_transfers(&rows, std::slice::from_ref(&card), &[], &TransferPolicy::default());
            assert_eq!(transfers.pairs.len(), usize::from(pays), "{from} / {to}");
        }
    }

    #[test]
    fn a_replaced_pending_row_is_left_out() {
        let mut rows = rows(&["1 3 -10", "2 3 10", "2 5 10"]);
        rows[1].pending = true;
        rows[1].imported_id = Some("p1".into());
        assert_eq!(pairs(&found(&rows).pairs), [(0, 1)]);
        rows[2].pending_of = Some("p1".into());
        assert_eq!(pairs(&found(&rows).pairs), [(0, 2)]);
    }

    #[test]
    fn rows_that_do_not_count_are_no_transfer() {
        let both = rows(&["1 3 -10", "2 3 10"]);
        let with = |change: fn(&mut LedgerRow)| {
            let mut rows = both.clone();
            change(&mut rows[1]);
            found(&rows).pairs.len()
        };
        assert_eq!(with(|row| row.state = TransactionState::DeletedByUser), 0);
        assert_eq!(with(|row| row.is_part = true), 0);
        assert_eq!(with(|row| row.pending = true), 1);
        assert_eq!(with(|row| row.currency = Some(Currency::iso("EUR").unwrap())), 1);
        let mut rows = both.clone();
        rows[0].currency = Some(Currency::iso("USD").unwrap());
        rows[1].currency = Some(Currency::iso("EUR").unwrap());
        assert_eq!(found(&rows), Transfers::default());
    }

    #[test]
    fn posted_goes_before_pending() {
        let mut rows = rows(&["1 3 -10", "2 3 10", "2 3 10"]);
        rows[1].pending = true;
        assert_eq!(pairs(&found(&rows).pairs), [(0, 2)]);
    }

    #[test]
    fn a_rejected_pair_stays_rejected() {
        let rows = rows(&["1 3 -10", "2 3 10", "2 3 10", "2 5 10"]);
        let with = |rejected: &[(usize, usize)]| {
            let transfers = pair_transfers(&rows, &[], rejected, &TransferPolicy::default());
            assert!(transfers.suggestions.is_empty());
            pairs(&transfers.pairs)
        };
        assert_eq!(with(&[(0, 1)]), [(0, 2)]);
        assert_eq!(with(&[(2, 0), (1, 0)]), [(0, 3)]);
        assert_eq!(with(&[(0, 1), (0, 2), (0, 3), (7, 9)]), []);
    }

    #[test]
    fn accounts_that_are_named() {
        let of = |account, name: &str, mask: &str, kind| TransferAccount {
            account: AccountId::new(account),
            name: Some(name.to_owned()),
            mask: Some(mask.to_owned()),
            kind: Some(kind),
        };
        let accounts = [
            of(1, "Everyday", "1111", AccountKind::Checking),
            of(2, "Rainy Day", "2222", AccountKind::Savings),
            of(3, "Gold Card", "3333", AccountKind::CreditCard),
            of(4, "Savings", "4444", AccountKind::Savings),
        ];
        let with = |lines: &[&str]| {
            let transfers = pair_transfers(&rows(lines), &accounts, &[], &TransferPolicy::default());
            transfers.pairs.into_iter().map(|pair| (pair.from, pair.to, pair.reasons)).collect::<Vec<_>>()
        };
        let by_name = with(&["1 3 -10 to RAINY DAY", "3 3 10 Refund", "2 4 10"]);
        assert_eq!((by_name[0].0, by_name[0].1), (0, 2));
        assert!(by_name[0].2.contains(&TransferReason::NamesAccount));
        let by_common_name = with(&["1 3 -10 transfer to savings", "4 5 10"]);
        assert!(by_common_name[0].2.contains(&TransferReason::NamesAccount));
        let by_number = with(&["1 3 -10", "3 3 10", "2 4 10 from xxxxxx1111"]);
        assert_eq!((by_number[0].0, by_number[0].1), (0, 2));
        let card = with(&["1 3 -10 CITY BANK AUTOPAY", "2 3 10", "3 4 10 PAYMENT THANK YOU"]);
        assert_eq!((card[0].0, card[0].1), (0, 2));
        assert!(card[0].2.contains(&TransferReason::PaysDebt));
    }

    #[test]
    fn many_rows_of_one_amount_take_their_time_and_no_more() {
        let texts: Vec<String> = (0..4000)
            .map(|n| format!("{} {} {} t{n}", n % 4, 1 + n % 28, if n % 8 < 4 { -5 } else { 5 }))
            .collect();
        let rows: Vec<LedgerRow> = texts.iter().map(|line| row(line)).collect();
        let transfers = found(&rows);
        assert!(transfers.pairs.len() + transfers.suggestions.len() > 0);
    }

    #[test]
    fn ends_of_calendar_and_of_numbers() {
        let at = |account, date, amount| LedgerRow::new(AccountId::new(account), date, amount);
        let rows = [
            at(1, NaiveDate::MIN, Decimal::MIN),
            at(2, NaiveDate::MIN, Decimal::MAX),
            at(1, NaiveDate::MAX, Decimal::MAX),
            at(2, NaiveDate::MAX, Decimal::MIN),
        ];
        let policy = TransferPolicy { date_window_days: u16::MAX, pair_from_score: 0 };
        assert_eq!(pairs(&pair_transfers(&rows, &[], &[], &policy).pairs), [(0, 1), (3, 2)]);
        assert_eq!(found(&[]), Transfers::default());
    }

    fn any_row() -> impl Strategy<Value = LedgerRow> {
        let amount = prop_oneof![Just(-5_i64), Just(5), Just(-7), Just(7)];
        let text = proptest::sample::select(&["", "Transfer", "Kiosk", "to 9999"][..]);
        (0_i64..4, 0_u64..9, amount, text, proptest::bool::weighted(0.2)).prop_map(
            |(account, day, amount, text, pending)| {
                let start = NaiveDate::from_ymd_opt(2024, 2, 26).unwrap();
                let mut row = LedgerRow::new(AccountId::new(account), start + Days::new(day), amount.into());
                row.description = Some(text).filter(|text| !text.is_empty()).map(Into::into);
                row.pending = pending;
                row
            },
        )
    }

    proptest! {
        #[test]
        fn one_to_one_whatever_the_order(
            rows in proptest::collection::vec(any_row(), 0..24),
            turn in 0_usize..24,
            rejected in proptest::collection::vec((0_usize..24, 0_usize..24), 0..6),
        ) {
            let policy = TransferPolicy::default();
            // Identifiers make every row its own, so that the order has nothing to decide.
            let rows: Vec<LedgerRow> = rows.into_iter().enumerate()
                .map(|(id, row)| LedgerRow { imported_id: Some(id.to_string().into()), ..row })
                .collect();
            let transfers = pair_transfers(&rows, &[], &rejected, &policy);
            let mut used = BTreeSet::new();
            for pair in &transfers.pairs {
                let (from, to) = (&rows[pair.from], &rows[pair.to]);
                prop_assert!(used.insert(pair.from) && used.insert(pair.to), "a row is in two transfers");
                prop_assert!(from.amount == -to.amount && to.amount > Decimal::ZERO);
                prop_assert!(from.account != to.account);
                prop_assert!((from.date - to.date).num_days().abs() <= 4);
            }
            for pair in transfers.pairs.iter().chain(&transfers.suggestions) {
                prop_assert!(!rejected.contains(&(pair.from, pair.to)) && !rejected.contains(&(pair.to, pair.from)));
                prop_assert!(pair.score <= 100);
            }
            for pair in &transfers.suggestions {
                prop_assert!(!used.contains(&pair.from) && !used.contains(&pair.to));
            }

            let mut places: Vec<usize> = (0..rows.len()).collect();
            places.rotate_left(turn % rows.len().max(1));
            let turned: Vec<LedgerRow> = places.iter().map(|place| rows[*place].clone()).collect();
            let new_place = |old: usize| places.iter().position(|place| *place == old).unwrap_or(usize::MAX);
            let rejected: Vec<_> = rejected.iter().map(|(one, other)| (new_place(*one), new_place(*other))).collect();
            let again = pair_transfers(&turned, &[], &rejected, &policy);
            let back = |pair: &TransferPair| TransferPair { from: places[pair.from], to: places[pair.to], ..pair.clone() };
            prop_assert_eq!(again.pairs.iter().map(back).collect::<Vec<_>>(), transfers.pairs);
            prop_assert_eq!(again.suggestions.iter().map(back).collect::<Vec<_>>(), transfers.suggestions);
        }
    }
}
