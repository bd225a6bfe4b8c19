use chrono::{DateTime, NaiveDate};

use super::*;
use crate::model::{
    AccountStatus, Balances, ConnectionStatus, Currency, HistoryStatus, Money, PaymentChannel,
    ProviderAccount, ProviderAccountId, ProviderConnectionId, ProviderName, ProviderTransaction,
    ProviderTransactionId, TransactionEdits, UserId, parse_amount,
};

fn connection(number: i64) -> Connection {
    Connection {
        id: ConnectionId::new(number),
        user: UserId::new("ada").unwrap(),
        provider: ProviderName::new("plaid").unwrap(),
        provider_id: ProviderConnectionId::new(format!("item-{number}")).unwrap(),
        institution: None,
        status: ConnectionStatus::Good,
        cursor: None,
        history: HistoryStatus::Complete,
        created_at: DateTime::UNIX_EPOCH,
        synced_at: None,
        fault: None,
        consent_expires_at: None,
        bank_updated_at: None,
        bank_failed_at: None,
        new_accounts_available: false,
        revision: 0,
    }
}

/// One of two connections: 1 has accounts from 10 on and rows from 100 on, 2 has accounts from 20 on and rows from 200 on.
struct Side {
    connection: Connection,
    accounts: Vec<Account>,
    rows: Vec<Transaction>,
}

impl Side {
    /// Accounts by name and mask.
    fn new(number: i64, accounts: &[(&str, &str)]) -> Self {
        let account = |(place, (name, mask)): (i64, &(&str, &str))| Account {
            id: AccountId::new(number * 10 + place),
            user: UserId::new("ada").unwrap(),
            connection: ConnectionId::new(number),
            provider: ProviderAccount {
                id: ProviderAccountId::new(format!("a-{number}-{place}")).unwrap(),
                persistent_id: None,
                name: (*name).to_owned(),
                official_name: None,
                mask: (!mask.is_empty()).then(|| (*mask).to_owned()),
                provider_type: "depository".to_owned(),
                provider_subtype: Some("checking".to_owned()),
                holder: None,
                balances: Balances { currency: Currency::iso("USD").ok(), ..Balances::default() },
            },
            status: AccountStatus::Open,
            balances_at: DateTime::UNIX_EPOCH,
        };
        let accounts = (0..).zip(accounts).map(account).collect();
        Self { connection: connection(number), accounts, rows: Vec::new() }
    }

    /// Adds a row of the first account: its day of March 2026, its amount, its text.
    fn row(self, day: u32, amount: &str, text: &str) -> Self {
        self.row_that(day, amount, text, |_| {})
    }

    fn row_that(mut self, day: u32, amount: &str, text: &str, is: impl Fn(&mut Transaction)) -> Self {
        let number = self.connection.id.number();
        let id = number * 100 + self.rows.len() as i64;
        let mut row = Transaction {
            id: TransactionId::new(id),
            account: self.accounts[0].id,
            connection: self.connection.id,
            provider: ProviderTransaction {
                id: ProviderTransactionId::new(format!("t-{id}")).unwrap(),
                account: self.accounts[0].provider.id.clone(),
                amount: Money::new(parse_amount(amount).unwrap(), Currency::iso("USD").unwrap()),
                date: NaiveDate::from_ymd_opt(2026, 3, day).unwrap(),
                authorized_date: None,
                datetime: None,
                authorized_datetime: None,
                pending: false,
                pending_id: None,
                description: text.into(),
                original_description: None,
                merchant_name: None,
                merchant_id: None,
                category: None,
                channel: PaymentChannel::Other,
                code: None,
                check_number: None,
                merchant_category_code: None,
                raw: None,
            },
            origin: RowOrigin::Provider,
            edits: TransactionEdits::default(),
            assigned: None,
            state: TransactionState::Live,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        };
        is(&mut row);
        self.rows.push(row);
        self
    }

    fn side(&self) -> MergeSide<'_> {
        MergeSide { connection: &self.connection, accounts: &self.accounts, rows: &self.rows }
    }
}

fn plan(old: &Side, new: &Side) -> MergePlan {
    plan_connection_merge(old.side(), new.side(), &MergeAnswers::default(), &DedupPolicy::default()).unwrap()
}

/// Matched pairs, then what only one side has, then what the bank dropped.
type Rows = (Vec<(i64, i64)>, Vec<i64>, Vec<i64>, Vec<i64>);

fn rows(plan: &MergePlan) -> Rows {
    let numbers = |rows: &[TransactionId]| rows.iter().map(|row| row.number()).collect();
    let mut matched: Vec<(i64, i64)> =
        plan.matched.iter().map(|row| (row.old.number(), row.new.number())).collect();
    matched.sort_unstable();
    (matched, numbers(&plan.only_old), numbers(&plan.only_new), numbers(&plan.dropped))
}

const EVERYDAY: &[(&str, &str)] = &[("Everyday", "1234")];

#[test]
fn rows_of_a_second_link_find_their_old_selves() {
    let pending = |row: &mut Transaction| row.provider.pending = true;
    let deleted = |row: &mut Transaction| row.state = TransactionState::DeletedByUser;
    let taken_back = |row: &mut Transaction| row.state = TransactionState::RemovedByProvider;
    let corrected = |row: &mut Transaction| {
        row.edits.amount = Some(parse_amount("-99").unwrap());
        row.edits.date = NaiveDate::from_ymd_opt(2026, 6, 1);
    };
    let origin = |origin: RowOrigin| move |row: &mut Transaction| row.origin = origin;
    let new = || Side::new(2, EVERYDAY);
    let old = || Side::new(1, EVERYDAY);
    let coffee = (3, "-4.50", "BLUE BOTTLE");
    for (name, old, new, expected) in [
        (
            "the same rows",
            old().row(3, "-4.50", "BLUE BOTTLE").row(4, "-20.00", "SHELL"),
            new().row(4, "-20.00", "SHELL").row(3, "-4.50", "BLUE BOTTLE"),
            (vec![(100, 201), (101, 200)], vec![], vec![], vec![]),
        ),
        (
            "two equal coffees, and one more at the new connection",
            old().row(coffee.0, coffee.1, coffee.2).row(coffee.0, coffee.1, coffee.2),
            new().row(3, "-4.50", "BLUE BOTTLE").row(3, "-4.50", "BLUE BOTTLE").row(
                9,
                "-4.50",
                "BLUE BOTTLE",
            ),
            (vec![(100, 200), (101, 201)], vec![], vec![202], vec![]),
        ),
        (
            "older rows than the new connection has, and newer ones than the old",
            old().row(1, "-1.00", "RENT JANUARY").row(3, "-4.50", "BLUE BOTTLE"),
            new().row(3, "-4.50", "BLUE BOTTLE").row(29, "-7.00", "TARTINE"),
            (vec![(101, 200)], vec![100], vec![201], vec![]),
        ),
        (
            "a pending row that posted meanwhile, and one that is gone",
            old().row_that(3, "-4.50", "BLUE BOTTLE", pending).row_that(3, "-1.00", "HOLD", pending),
            new().row(4, "-4.50", "BLUE BOTTLE"),
            (vec![(100, 200)], vec![], vec![], vec![101]),
        ),
        (
            "a deleted row stays deleted",
            old().row_that(3, "-4.50", "BLUE BOTTLE", deleted),
            new().row(3, "-4.50", "BLUE BOTTLE"),
            (vec![(100, 200)], vec![], vec![], vec![]),
        ),
        (
            "a row deleted at the new connection is the old one, too",
            old().row(3, "-4.50", "BLUE BOTTLE"),
            new().row_that(3, "-4.50", "BLUE BOTTLE", deleted),
            (vec![(100, 200)], vec![], vec![], vec![]),
        ),
        (
            "what the provider took back is nothing",
            old().row_that(3, "-4.50", "BLUE BOTTLE", taken_back).row(3, "-4.50", "BLUE BOTTLE"),
            new().row(3, "-4.50", "BLUE BOTTLE").row_that(5, "-1.00", "VOID", taken_back),
            (vec![(101, 200)], vec![], vec![], vec![]),
        ),
        (
            "corrections of the user's do not hide a row",
            old().row_that(3, "-4.50", "BLUE BOTTLE", corrected),
            new().row(3, "-4.50", "BLUE BOTTLE"),
            (vec![(100, 200)], vec![], vec![], vec![]),
        ),
        (
            "a row typed in at the old connection is the bank's now; one typed in at the new one stays",
            old().row_that(3, "-4.50", "Blue Bottle", origin(RowOrigin::Manual)).row(5, "-9.00", "SHELL"),
            new().row(3, "-4.50", "BLUE BOTTLE").row_that(5, "-9.00", "Shell", origin(RowOrigin::Manual)),
            (vec![(100, 200)], vec![101], vec![201], vec![]),
        ),
        (
            "one file imported twice",
            old().row_that(3, "-4.50", "BLUE BOTTLE", |row| {
                row.origin = RowOrigin::File;
                row.provider.id = ProviderTransactionId::new("file:7").unwrap();
            }),
            new().row_that(3, "-4.50", "BLUE BOTTLE", |row| {
                row.origin = RowOrigin::File;
                row.provider.id = ProviderTransactionId::new("file:7").unwrap();
            }),
            (vec![(100, 200)], vec![], vec![], vec![]),
        ),
    ] {
        assert_eq!(rows(&plan(&old, &new)), expected, "{name}");
    }
}

#[test]
fn accounts_that_cannot_be_told_wait_for_the_user() {
    let twins = [("Savings", ""), ("Savings", "")];
    let old = Side::new(1, &twins).row(3, "-4.50", "BLUE BOTTLE");
    let new = Side::new(2, &twins).row(3, "-4.50", "BLUE BOTTLE");
    let open = plan(&old, &new);
    assert_eq!(open.undecided(), [20, 21].map(AccountId::new));
    assert!(open.pairs().is_empty() && open.matched.is_empty() && open.only_new.is_empty());
    assert_eq!(open.accounts[0].candidates.len(), 2);

    // One answer settles the other account, too.
    let account =
        |new: i64, old: Option<i64>| AccountAnswer { new: AccountId::new(new), old: old.map(AccountId::new) };
    let answers = MergeAnswers { accounts: vec![account(20, Some(11))], rows: Vec::new() };
    let settled = plan_connection_merge(old.side(), new.side(), &answers, &DedupPolicy::default()).unwrap();
    assert_eq!(
        settled.pairs(),
        [(11, 20), (10, 21)].map(|(old, new)| (AccountId::new(old), AccountId::new(new)))
    );
    assert_eq!(rows(&settled), (vec![], vec![100], vec![200], vec![]));

    let answers = MergeAnswers { accounts: vec![account(20, None), account(21, None)], rows: Vec::new() };
    let apart = plan_connection_merge(old.side(), new.side(), &answers, &DedupPolicy::default()).unwrap();
    assert!(apart.undecided().is_empty() && apart.pairs().is_empty());
    assert_eq!(apart.gone, [10, 11].map(AccountId::new));
}

#[test]
fn a_tip_is_a_question_that_the_user_answers() {
    let noted = |row: &mut Transaction| {
        row.provider.pending = true;
        row.edits.note = Some("with Ben".to_owned());
    };
    let old = Side::new(1, EVERYDAY).row_that(3, "-40.00", "TARTINE BAKERY", noted);
    let new = Side::new(2, EVERYDAY).row(4, "-48.00", "TARTINE BAKERY");
    let open = plan(&old, &new);
    assert_eq!(rows(&open), (vec![], vec![], vec![200], vec![100]));
    let suggested: Vec<(i64, i64)> =
        open.suggestions.iter().map(|row| (row.old.number(), row.new.number())).collect();
    assert_eq!(suggested, [(100, 200)]);

    let same = RowAnswer { old: TransactionId::new(100), new: TransactionId::new(200) };
    let answers = MergeAnswers { accounts: Vec::new(), rows: vec![same] };
    let settled = plan_connection_merge(old.side(), new.side(), &answers, &DedupPolicy::default()).unwrap();
    assert_eq!(rows(&settled), (vec![(100, 200)], vec![], vec![], vec![]));
    assert!(settled.suggestions.is_empty());
}

#[test]
fn answers_that_do_not_fit_are_refused() {
    let mut old = Side::new(1, &[("Everyday", "1234"), ("Travel", "5678")]).row(3, "-1.00", "A");
    let new =
        Side::new(2, &[("Everyday", "1234"), ("Travel", "5678")]).row(3, "-2.00", "B").row(4, "-3.00", "C");
    old.accounts[1].provider.balances.currency = Currency::iso("EUR").ok();
    old = old.row_that(4, "-3.00", "C", |row| row.state = TransactionState::RemovedByProvider);
    let account =
        |new: i64, old: i64| AccountAnswer { new: AccountId::new(new), old: Some(AccountId::new(old)) };
    let row = |old: i64, new: i64| RowAnswer { old: TransactionId::new(old), new: TransactionId::new(new) };
    let accounts = |accounts: Vec<AccountAnswer>| MergeAnswers { accounts, rows: Vec::new() };
    let rows = |rows: Vec<RowAnswer>| MergeAnswers { accounts: Vec::new(), rows };
    let (old_id, new_id) = (TransactionId::new(100), TransactionId::new(200));
    for (answers, fault) in [
        (accounts(vec![account(99, 10)]), InvalidAnswer::UnknownAccount(AccountId::new(99))),
        (accounts(vec![account(20, 21)]), InvalidAnswer::UnknownAccount(AccountId::new(21))),
        (accounts(vec![account(20, 10), account(20, 11)]), InvalidAnswer::AccountTwice(AccountId::new(20))),
        (accounts(vec![account(20, 10), account(21, 10)]), InvalidAnswer::AccountTwice(AccountId::new(10))),
        (
            accounts(vec![account(20, 11)]),
            InvalidAnswer::OtherCurrency { old: AccountId::new(11), new: AccountId::new(20) },
        ),
        (rows(vec![row(99, 200)]), InvalidAnswer::UnknownRow(TransactionId::new(99))),
        (rows(vec![row(101, 201)]), InvalidAnswer::UnknownRow(TransactionId::new(101))),
        (rows(vec![row(100, 100)]), InvalidAnswer::UnknownRow(old_id)),
        (rows(vec![row(100, 200), row(100, 201)]), InvalidAnswer::RowTwice(old_id)),
    ] {
        let answer = plan_connection_merge(old.side(), new.side(), &answers, &DedupPolicy::default());
        assert_eq!(answer, Err(fault), "{answers:?}");
    }
    let both = [("Everyday", "1234"), ("Travel", "5678")];
    let old = Side::new(1, &both).row(3, "-1.00", "A");
    let new = Side::new(2, &both).row_that(3, "-1.00", "A", |row| row.account = AccountId::new(21));
    let answer =
        plan_connection_merge(old.side(), new.side(), &rows(vec![row(100, 200)]), &DedupPolicy::default());
    assert_eq!(answer, Err(InvalidAnswer::OtherAccount { old: old_id, new: new_id }));
}
