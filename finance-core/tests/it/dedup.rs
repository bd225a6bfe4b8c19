//! Deduplication: a table of situations, each with the decision a careful person would take, and what must always hold.

use finance_core::{
    AccountId, ConnectionId, Currency, DedupAction, DedupPolicy, DedupReason, Deduplication, InBatchDedup,
    LedgerRow, TransactionState, deduplicate, parse_amount,
};
use proptest::prelude::*;

/// A row in one word each: `day amount text`, the day being one of March 2026.
fn row(day: u32, amount: &str, text: &str) -> LedgerRow {
    let date = chrono::NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    let row = LedgerRow::new(AccountId::new(1), date, parse_amount(amount).unwrap());
    LedgerRow { description: (!text.is_empty()).then(|| text.into()), ..row }
}

fn bank(id: &str, row: LedgerRow) -> LedgerRow {
    LedgerRow {
        imported_id: Some(id.into()),
        provider: Some("plaid".into()),
        connection: Some(ConnectionId::new(1)),
        ..row
    }
}

fn relinked(id: &str, row: LedgerRow) -> LedgerRow {
    LedgerRow { connection: Some(ConnectionId::new(2)), relinked: true, ..bank(id, row) }
}

fn file(id: &str, row: LedgerRow) -> LedgerRow {
    LedgerRow { imported_id: Some(id.into()), ..row }
}

fn pending(row: LedgerRow) -> LedgerRow {
    LedgerRow { pending: true, ..row }
}

fn deleted(row: LedgerRow) -> LedgerRow {
    LedgerRow { state: TransactionState::DeletedByUser, ..row }
}

fn paid_to(counterparty: &str, row: LedgerRow) -> LedgerRow {
    LedgerRow { counterparty: Some(counterparty.into()), ..row }
}

fn replaces(pending_id: &str, row: LedgerRow) -> LedgerRow {
    LedgerRow { pending_of: Some(pending_id.into()), ..row }
}

/// `insert`, or an action with the row it names: `match 0`.
fn decisions(answer: &Deduplication) -> Vec<String> {
    let word = |decision: &finance_core::Decision| match (decision.stored, decision.of) {
        (Some(place), _) | (None, Some(place)) => format!("{} {place}", decision.action.name()),
        (None, None) => decision.action.name().to_owned(),
    };
    answer.decisions.iter().map(word).collect()
}

fn suggested(answer: &Deduplication) -> Vec<(usize, usize)> {
    answer.suggestions.iter().map(|suggestion| (suggestion.incoming, suggestion.stored)).collect()
}

struct Situation {
    name: &'static str,
    stored: Vec<LedgerRow>,
    incoming: Vec<LedgerRow>,
    policy: DedupPolicy,
    decisions: &'static [&'static str],
    suggestions: &'static [(usize, usize)],
}

fn situation(
    name: &'static str,
    stored: impl Into<Vec<LedgerRow>>,
    incoming: impl Into<Vec<LedgerRow>>,
    decisions: &'static [&'static str],
) -> Situation {
    let (stored, incoming) = (stored.into(), incoming.into());
    Situation { name, stored, incoming, policy: DedupPolicy::default(), decisions, suggestions: &[] }
}

impl Situation {
    fn suggesting(self, suggestions: &'static [(usize, usize)]) -> Self {
        Self { suggestions, ..self }
    }

    fn under(mut self, change: impl FnOnce(&mut DedupPolicy)) -> Self {
        change(&mut self.policy);
        self
    }
}

#[track_caller]
fn judge(situations: Vec<Situation>) {
    for situation in situations {
        let answer = deduplicate(&situation.stored, &situation.incoming, &situation.policy);
        assert_eq!(decisions(&answer), situation.decisions, "{}: {answer:#?}", situation.name);
        assert_eq!(suggested(&answer), situation.suggestions, "{}: {answer:#?}", situation.name);
    }
}

#[test]
fn identifiers() {
    let coffee = || row(3, "-4.50", "BLUE BOTTLE");
    judge(vec![
        situation("nothing stored", [], [bank("t1", coffee())], &["insert"]),
        situation("the same row again", [bank("t1", coffee())], [bank("t1", coffee())], &["match 0"]),
        situation(
            "a new amount",
            [bank("t1", coffee())],
            [bank("t1", row(3, "-5", "BLUE BOTTLE"))],
            &["update 0"],
        ),
        situation(
            "two coffees of one live connection",
            [bank("t1", coffee())],
            [bank("t2", coffee())],
            &["insert"],
        ),
        situation(
            "an identifier of another account",
            [bank("t1", LedgerRow { account: AccountId::new(2), ..coffee() })],
            [bank("t1", coffee())],
            &["insert"],
        ),
        situation(
            "an identifier of another provider",
            [LedgerRow { provider: Some("other".into()), ..bank("t1", row(3, "-4.50", "RENT")) }],
            [bank("t1", coffee())],
            &["insert"],
        ),
        situation(
            "deleted by the user",
            [deleted(bank("t1", coffee()))],
            [bank("t1", coffee())],
            &["ignore 0"],
        ),
        situation(
            "deleted, and wanted again",
            [deleted(bank("t1", coffee()))],
            [bank("t1", coffee())],
            &["insert"],
        )
        .under(|policy| policy.reimport_deleted = true),
        situation(
            "taken back by the bank, and reported again",
            [LedgerRow { state: TransactionState::RemovedByProvider, ..bank("t1", coffee()) }],
            [bank("t1", coffee())],
            &["update 0"],
        ),
        situation(
            "a file's number used again for another payment",
            [file("1", coffee())],
            [file("1", row(24, "-80", "ELECTRICITY"))],
            &["insert"],
        ),
        situation(
            "a file's number used for each of two payments",
            [file("1", coffee()), file("1", row(5, "-80", "ELECTRICITY"))],
            [file("1", row(5, "-80", "ELECTRICITY")), file("1", coffee())],
            &["match 1", "match 0"],
        ),
        situation("numbers of files that differ", [file("1", coffee())], [file("2", coffee())], &["insert"]),
        situation(
            "numbers that differ, but mean nothing",
            [file("1", coffee())],
            [file("2", coffee())],
            &["match 0"],
        )
        .under(|policy| policy.strict_ids = false),
    ]);
}

#[test]
fn pending_rows() {
    let hold = || pending(bank("p1", row(3, "-20", "SHELL OIL 123")));
    judge(vec![
        situation(
            "linked",
            [hold()],
            [replaces("p1", bank("t1", row(5, "-22", "Shell")))],
            &["upgrade_pending 0"],
        ),
        situation("not linked", [hold()], [bank("t1", row(6, "-20", "Shell Oil"))], &["upgrade_pending 0"]),
        situation(
            "posted under the same identifier",
            [hold()],
            [bank("p1", row(5, "-20", "Shell"))],
            &["upgrade_pending 0"],
        ),
        situation(
            "fourteen days",
            [hold()],
            [bank("t1", row(17, "-20", "SHELL OIL"))],
            &["upgrade_pending 0"],
        ),
        situation("fifteen days", [hold()], [bank("t1", row(18, "-20", "SHELL OIL"))], &["insert"]),
        situation(
            "posted before it was pending",
            [hold()],
            [bank("t1", row(2, "-20", "SHELL OIL"))],
            &["insert"],
        ),
        situation(
            "posted before, and allowed",
            [hold()],
            [bank("t1", row(2, "-20", "SHELL OIL"))],
            &["upgrade_pending 0"],
        )
        .under(|policy| policy.pending_backward_only = false),
        situation(
            "a cancelled hold and a purchase of its amount",
            [hold()],
            [bank("t1", row(4, "-20", "BEST BUY"))],
            &["insert"],
        ),
        situation(
            "the link names another row",
            [hold()],
            [replaces("p9", bank("t1", row(4, "-20", "SHELL OIL")))],
            &["insert"],
        ),
        situation(
            "the linked one wins over the nearer one",
            [hold(), pending(bank("p2", row(4, "-20", "SHELL OIL 123")))],
            [
                bank("t2", row(5, "-20", "SHELL OIL 123")),
                replaces("p2", bank("t1", row(5, "-20", "SHELL OIL 123"))),
            ],
            &["upgrade_pending 0", "upgrade_pending 1"],
        ),
        situation("a tip", [hold()], [bank("t1", row(4, "-23.60", "SHELL OIL"))], &["insert"])
            .suggesting(&[(0, 0)]),
        situation(
            "a fuel hold",
            [pending(bank("p1", row(3, "-1", "SHELL OIL 123")))],
            [bank("t1", row(4, "-48.13", "SHELL OIL"))],
            &["insert"],
        )
        .suggesting(&[(0, 0)]),
        situation("a refund is no tip", [hold()], [bank("t1", row(4, "23.60", "SHELL OIL"))], &["insert"]),
        situation(
            "reported after its posted row",
            [replaces("p1", bank("t1", row(5, "-20", "Shell")))],
            [hold()],
            &["ignore 0"],
        ),
        situation(
            "both in one batch",
            [],
            [hold(), replaces("p1", bank("t1", row(5, "-20", "Shell")))],
            &["duplicate_of_incoming 1", "insert"],
        ),
        situation(
            "both in one batch, and the pending one stored",
            [hold()],
            [hold(), replaces("p1", bank("t1", row(5, "-20", "Shell")))],
            &["duplicate_of_incoming 1", "upgrade_pending 0"],
        ),
        situation(
            "deleted by the user while pending",
            [deleted(hold())],
            [replaces("p1", bank("t1", row(5, "-20", "Shell")))],
            &["ignore 0"],
        ),
    ]);
}

#[test]
fn rows_by_hand_and_from_files() {
    let bank_row = || bank("t1", row(3, "-42.10", "POS PURCHASE WHOLE FOODS MKT #10231"));
    judge(vec![
        situation("by hand, two days before", [row(1, "-42.10", "Whole Foods")], [bank_row()], &["match 0"]),
        situation(
            "from a file, after the bank",
            [bank_row()],
            [file("9", row(3, "-42.10", "Whole Foods Mkt"))],
            &["match 0"],
        ),
        situation("by hand without a text", [row(2, "-42.10", "")], [bank_row()], &["match 0"]),
        situation("another shop", [row(3, "-42.10", "Trader Joe's")], [bank_row()], &["insert"]),
        situation(
            "another shop by its number",
            [paid_to("m1", row(3, "-42.10", "Market"))],
            [paid_to("m2", bank("t1", row(3, "-42.10", "Market")))],
            &["insert"],
        ),
        situation("six days apart", [row(9, "-42.10", "Whole Foods")], [bank_row()], &["insert"]),
        situation(
            "six days apart, and allowed",
            [row(9, "-42.10", "Whole Foods")],
            [bank_row()],
            &["match 0"],
        )
        .under(|policy| policy.date_window_days = 7),
        situation("the other direction", [row(3, "42.10", "Whole Foods")], [bank_row()], &["insert"]),
        situation(
            "a part of a split",
            [LedgerRow { is_part: true, ..row(3, "-42.10", "Whole Foods") }],
            [bank_row()],
            &["insert"],
        ),
        situation(
            "another currency",
            [LedgerRow { currency: Some(Currency::iso("EUR").unwrap()), ..row(3, "-42.10", "Whole Foods") }],
            [LedgerRow { currency: Some(Currency::iso("USD").unwrap()), ..bank_row() }],
            &["insert"],
        ),
        situation("written from memory", [row(3, "-40", "Whole Foods")], [bank_row()], &["insert"])
            .suggesting(&[(0, 0)]),
        situation(
            "without a text, and two rows that fit",
            [row(3, "-10", "TESCO"), row(3, "-10", "SHELL")],
            [bank("t1", row(3, "-10", ""))],
            &["insert"],
        )
        .suggesting(&[(0, 0)]),
        situation(
            "a better match is not taken away",
            [row(3, "-10", "TESCO STORES 123"), row(3, "-10", "TESCO")],
            [bank("t1", row(3, "-10", "TESCO")), bank("t2", row(3, "-10", "TESCO STORES 123"))],
            &["match 1", "match 0"],
        ),
        situation(
            "the nearest, one to one",
            [row(3, "-3", "CAFE"), row(5, "-3", "CAFE")],
            [
                bank("t1", row(4, "-3", "CAFE")),
                bank("t2", row(5, "-3", "CAFE")),
                bank("t3", row(6, "-3", "CAFE")),
            ],
            &["match 0", "match 1", "insert"],
        ),
        situation(
            "through another provider",
            [bank_row()],
            [LedgerRow { provider: Some("other".into()), ..bank("x", row(3, "-42.10", "Whole Foods")) }],
            &["match 0"],
        ),
        situation(
            "through another provider, kept apart",
            [bank_row()],
            [LedgerRow { provider: Some("other".into()), ..bank("x", row(3, "-42.10", "Whole Foods")) }],
            &["insert"],
        )
        .under(|policy| policy.cross_provider = false),
        situation(
            "deleted, from a file without numbers",
            [deleted(row(3, "-9", "KIOSK"))],
            [row(3, "-9", "KIOSK")],
            &["ignore 0"],
        ),
        situation(
            "deleted, and a similar one later",
            [deleted(row(3, "-9", "KIOSK MAIN STREET"))],
            [row(7, "-9", "KIOSK PARK")],
            &["insert"],
        ),
    ]);
}

#[test]
fn true_repeats_keep_their_count() {
    let coffee = || row(3, "-3", "CAFE");
    judge(vec![
        situation("two in the file", [], [coffee(), coffee()], &["insert", "insert"]),
        situation("one stored, two in the file", [coffee()], [coffee(), coffee()], &["match 0", "insert"]),
        situation(
            "two stored, two in the file",
            [coffee(), coffee()],
            [coffee(), coffee()],
            &["match 0", "match 1"],
        ),
        situation("two stored, one in the file", [coffee(), coffee()], [coffee()], &["match 0"]),
        situation(
            "one number twice in the file",
            [],
            [file("1", coffee()), file("1", coffee())],
            &["insert", "duplicate_of_incoming 0"],
        ),
        situation(
            "one number for two payments",
            [],
            [file("1", coffee()), file("1", row(9, "-3", "CAFE"))],
            &["insert", "insert"],
        ),
        situation("rows as they come", [], [file("1", coffee()), file("1", coffee())], &["insert", "insert"])
            .under(|policy| policy.in_batch_dedup = InBatchDedup::None),
        situation("equal content is one", [], [coffee(), coffee()], &["insert", "duplicate_of_incoming 0"])
            .under(|policy| policy.in_batch_dedup = InBatchDedup::Content),
        situation(
            "versions of one provider row",
            [],
            [bank("t1", coffee()), bank("t1", row(3, "-4", "CAFE"))],
            &["duplicate_of_incoming 1", "insert"],
        ),
    ]);
}

#[test]
fn relinked_accounts() {
    let shops = ["TESCO", "SHELL", "NETFLIX", "IKEA", "BOOTS", "GREGGS"];
    let amounts = ["-1.10", "-2.20", "-3.30", "-4.40", "-5.50", "-6.60"];
    let history = |make: fn(&str, LedgerRow) -> LedgerRow, days: i64, prefix: &str| -> Vec<LedgerRow> {
        (0..6_u32)
            .map(|place| {
                let day = u32::try_from(i64::from(2 + place * 3) + days).unwrap();
                let shop = format!("{prefix}{}", shops[place as usize]);
                make(&format!("{days}{prefix}{place}"), row(day, amounts[place as usize], &shop))
            })
            .collect()
    };
    let all = &["match 0", "match 1", "match 2", "match 3", "match 4", "match 5"];
    judge(vec![
        situation("reworded", history(bank, 0, ""), history(relinked, 0, "POS PURCHASE "), all),
        situation("dated a day later", history(bank, 0, ""), history(relinked, 1, "POS PURCHASE "), all),
        situation(
            "partly overlapping",
            &history(bank, 0, "")[..4],
            &history(relinked, 0, "x ")[2..],
            &["match 2", "match 3", "insert", "insert"],
        ),
        situation(
            "without a word in common, the rest being found",
            history(bank, 0, ""),
            {
                let mut rows = history(relinked, 0, "X ");
                rows[3].description = Some("QWZ 77".into());
                rows
            },
            all,
        ),
        situation(
            "without a word in common, alone",
            [bank("t1", row(3, "-4", "IKEA"))],
            [relinked("n1", row(3, "-4", "QWZ"))],
            &["insert"],
        ),
        situation(
            "deleted before",
            [deleted(bank("t1", row(3, "-4", "IKEA")))],
            [relinked("n1", row(3, "-4", "IKEA"))],
            &["ignore 0"],
        ),
        situation(
            "another connection, not said to be a re-link",
            [bank("t1", row(3, "-4", "IKEA"))],
            [LedgerRow { connection: Some(ConnectionId::new(7)), ..bank("n1", row(4, "-4", "IKEA")) }],
            &["match 0"],
        ),
    ]);
}

#[test]
fn reasons_and_scores_are_told() {
    let stored = LedgerRow { user_edited: true, ..bank("t1", row(3, "-4", "IKEA")) };
    let answer = deduplicate(&[stored], &[row(4, "-4", "IKEA")], &DedupPolicy::default());
    let decision = &answer.decisions[0];
    assert_eq!(decision.score, 97);
    assert_eq!(
        decision.reasons,
        [
            DedupReason::SameAmount,
            DedupReason::SimilarText(100),
            DedupReason::DaysApart(1),
            DedupReason::UserEdited
        ]
    );
    let texts: Vec<String> = decision.reasons.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["same amount", "same text", "1 day apart", "the user's own values stay"]);
}

#[test]
fn the_ends_of_time_and_of_amounts_are_no_fault() {
    let far = |date: chrono::NaiveDate, amount: &str| LedgerRow {
        date,
        amount: parse_amount(amount).unwrap(),
        ..row(1, "-1", "END")
    };
    let (first, last) = (chrono::NaiveDate::MIN, chrono::NaiveDate::MAX);
    let largest = "9999999999999999999999999999";
    let stored = [far(first, largest), far(last, &format!("-{largest}")), far(last, "0")];
    let incoming =
        [far(last, largest), pending(far(first, "0")), far(first, "-0.0000000000000000000000000001")];
    assert_eq!(decisions(&deduplicate(&stored, &incoming, &DedupPolicy::default())), ["insert"; 3]);
    assert_eq!(
        decisions(&deduplicate(&stored, &stored, &DedupPolicy::default())),
        ["match 0", "match 1", "match 2"]
    );
}

#[test]
fn what_is_bought_again_is_no_copy() {
    let cheque = |day, number: u32| row(day, "-100", &format!("CHECK {number}"));
    let month = |from: u32| (from..from + 7).map(|day| row(day, "-4.50", "COFFEE")).collect::<Vec<_>>();
    let insert_all = &["insert"; 7];
    judge(vec![
        situation("the next file begins where the last one ended", month(1), month(8), insert_all),
        situation(
            "small files that overlap by a day",
            [row(1, "-4.50", "COFFEE"), row(2, "-4.50", "COFFEE")],
            [row(2, "-4.50", "COFFEE"), row(3, "-4.50", "COFFEE")],
            &["match 1", "insert"],
        ),
        situation(
            "another cheque",
            [cheque(5, 1001), cheque(5, 1002)],
            [cheque(5, 1002), cheque(5, 1003)],
            &["match 1", "insert"],
        ),
        situation(
            "deleted two days before",
            [deleted(row(1, "-4.50", "COFFEE"))],
            [row(3, "-4.50", "COFFEE")],
            &["insert"],
        ),
        situation(
            "a number used again for another shop",
            [file("1", row(1, "-10", "STARBUCKS"))],
            [file("1", row(3, "-10", "SHELL GARAGE"))],
            &["insert"],
        ),
        situation(
            "a number used again for the refund",
            [file("1", row(1, "-30", "SHOP"))],
            [file("1", row(1, "30", "SHOP REVERSAL"))],
            &["insert"],
        ),
        situation(
            "other payees under one description",
            [LedgerRow { payee: Some("Anna".into()), ..row(1, "-20", "ONLINE TRANSFER") }],
            [LedgerRow { payee: Some("Ben".into()), ..bank("t1", row(1, "-20", "ONLINE TRANSFER")) }],
            &["insert"],
        )
        .suggesting(&[(0, 0)]),
        situation(
            "parts of a split, told again",
            [LedgerRow { is_part: true, ..file("1a", row(1, "-20", "SHOP")) }],
            [LedgerRow { is_part: true, ..file("1a", row(1, "-20", "SHOP")) }],
            &["match 0"],
        ),
    ]);
}

#[test]
fn links_count_only_between_rows_of_one_source() {
    let hold = || pending(bank("1", row(3, "-20", "SHELL")));
    let other = |row: LedgerRow| LedgerRow { provider: Some("other".into()), ..row };
    judge(vec![
        situation(
            "a link of another provider",
            [],
            [hold(), other(replaces("1", bank("t1", row(4, "-30", "IKEA"))))],
            &["insert", "insert"],
        ),
        situation(
            "pending rows that name each other",
            [],
            [replaces("2", hold()), replaces("1", pending(bank("2", row(3, "-20", "SHELL"))))],
            &["insert", "insert"],
        ),
        situation(
            "two rows name one pending row: that of its amount is meant",
            [hold()],
            [
                replaces("1", bank("t1", row(3, "-12", "SHELL"))),
                replaces("1", bank("t2", row(4, "-20", "SHELL"))),
            ],
            &["insert", "upgrade_pending 0"],
        ),
    ]);
}

#[test]
fn as_many_equal_rows_as_the_batch_holds_however_many() {
    let rows: Vec<LedgerRow> = (0..1_000).map(|_| row(5, "-2", "BUS")).collect();
    let actions = |stored: &[LedgerRow], incoming: &[LedgerRow]| {
        let answer = deduplicate(stored, incoming, &DedupPolicy::default());
        answer.decisions.iter().filter(|decision| decision.action == DedupAction::Match).count()
    };
    assert_eq!(actions(&rows, &rows), 1_000);
    assert_eq!(actions(&rows[..700], &rows), 700);
}

/// Any row of a small world, so that rows often collide.
fn any_row() -> impl Strategy<Value = LedgerRow> {
    let text = prop_oneof![Just(""), Just("CAFE"), Just("CAFE 12"), Just("SQ *CAFE"), Just("TESCO")];
    let amount = prop_oneof![Just("-3"), Just("-4"), Just("-4.2"), Just("3")];
    let origin = (0..4_u8, proptest::option::of(0..4_u8), any::<(bool, bool, bool)>());
    (1..9_u32, 1..3_i64, amount, text, origin).prop_map(
        |(day, account, amount, text, (source, id, flags))| {
            let base = LedgerRow { account: AccountId::new(account), ..row(day, amount, text) };
            let id = id.map(|id| format!("t{id}"));
            let mut row = match (source, &id) {
                (0, Some(id)) => bank(id, base),
                (1, Some(id)) => relinked(id, base),
                (2, Some(id)) => file(id, base),
                _ => base,
            };
            row.pending = flags.0 && source < 2;
            if flags.1 && flags.2 {
                row.state = TransactionState::DeletedByUser;
            }
            row
        },
    )
}

#[test]
fn of_two_stored_rows_with_one_identifier_the_order_does_not_choose() {
    let row = |day: &str, amount: &str| LedgerRow {
        imported_id: Some("t3".into()),
        provider: Some("plaid".into()),
        ..LedgerRow::new(AccountId::new(1), day.parse().unwrap(), parse_amount(amount).unwrap())
    };
    let (four, three) = (row("2026-03-08", "-4"), row("2026-03-08", "-3"));
    let updated = |stored: [LedgerRow; 2]| {
        let answer = deduplicate(&stored, &[row("2026-03-01", "-4.2")], &DedupPolicy::default());
        stored[answer.decisions[0].stored.unwrap()].amount
    };
    assert_eq!(updated([four.clone(), three.clone()]), updated([three, four]));
}

proptest! {
    #[test]
    fn every_row_gets_one_decision_and_no_stored_row_is_taken_twice(
        stored in proptest::collection::vec(any_row(), 0..20),
        incoming in proptest::collection::vec(any_row(), 0..20),
    ) {
        let answer = deduplicate(&stored, &incoming, &DedupPolicy::default());
        prop_assert_eq!(answer.decisions.len(), incoming.len());
        let mut taken: Vec<usize> = answer.decisions.iter().filter_map(|decision| decision.stored).collect();
        taken.sort_unstable();
        let count = taken.len();
        taken.dedup();
        prop_assert_eq!(taken.len(), count);
        for (row, decision) in incoming.iter().zip(&answer.decisions) {
            prop_assert!(decision.score <= 100);
            prop_assert!(!decision.reasons.is_empty());
            if let Some(stored_row) = decision.stored.map(|place| &stored[place]) {
                prop_assert_eq!(stored_row.account, row.account);
            }
            if let Some(of) = decision.of {
                prop_assert_eq!(incoming[of].account, row.account);
                prop_assert_ne!(answer.decisions[of].action, DedupAction::DuplicateOfIncoming);
            }
        }
        for suggestion in &answer.suggestions {
            prop_assert_eq!(answer.decisions[suggestion.incoming].action, DedupAction::Insert);
            prop_assert!(!taken.contains(&suggestion.stored));
        }
    }

    #[test]
    fn two_identifiers_of_one_live_connection_never_become_one(
        stored in proptest::collection::vec(any_row(), 0..20),
        incoming in proptest::collection::vec(any_row(), 0..20),
    ) {
        let answer = deduplicate(&stored, &incoming, &DedupPolicy::default());
        for (row, decision) in incoming.iter().zip(&answer.decisions) {
            let Some(other) = decision.stored.map(|place| &stored[place]) else { continue };
            let one_source = row.provider == other.provider && row.connection == other.connection && !row.relinked;
            let both = row.imported_id.is_some() && other.imported_id.is_some();
            let posting = other.pending && !row.pending;
            prop_assert!(!(one_source && both) || row.imported_id == other.imported_id || posting);
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(
        stored in proptest::collection::vec(any_row(), 0..14),
        incoming in proptest::collection::vec(any_row(), 0..14),
    ) {
        // Which of several equal rows is meant cannot matter, so rows are compared by what they say.
        let told = |stored: &[LedgerRow], incoming: &[LedgerRow]| {
            let policy = DedupPolicy { in_batch_dedup: InBatchDedup::None, ..DedupPolicy::default() };
            let answer = deduplicate(stored, incoming, &policy);
            let mut told: Vec<String> = incoming
                .iter()
                .zip(&answer.decisions)
                .map(|(row, decision)| {
                    let other = decision.stored.map(|place| &stored[place]);
                    format!("{row:?} {:?} {} {other:?}", decision.action, decision.score)
                })
                .collect();
            told.sort();
            told
        };
        let reversed = |rows: &[LedgerRow]| rows.iter().rev().cloned().collect::<Vec<_>>();
        prop_assert_eq!(told(&stored, &incoming), told(&reversed(&stored), &reversed(&incoming)));
    }

    #[test]
    fn a_batch_again_inserts_nothing(rows in proptest::collection::vec(any_row(), 0..20)) {
        let live: Vec<LedgerRow> = rows
            .into_iter()
            .filter(|row| row.state == TransactionState::Live && !row.relinked)
            .collect();
        let policy = DedupPolicy::default();
        let first = deduplicate(&[], &live, &policy);
        let kept: Vec<LedgerRow> = live
            .iter()
            .zip(&first.decisions)
            .filter(|(_, decision)| decision.action == DedupAction::Insert)
            .map(|(row, _)| row.clone())
            .collect();
        let again = deduplicate(&kept, &kept, &policy);
        for decision in &again.decisions {
            prop_assert!(decision.action == DedupAction::Match, "{decision:?}");
        }
    }
}
