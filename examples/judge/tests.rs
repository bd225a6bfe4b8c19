//! The door as a whole, from lines to lines.

use std::cell::RefCell;
use std::io::{self, BufWriter, Read, Write};

use serde_json::Value;

use crate::Judgement;
use crate::door::{LINE_MAX, Tally, answer_lines, guarded};

fn run(judgement: Judgement, input: &[u8]) -> (Vec<String>, Tally) {
    let mut output = Vec::new();
    let tally = answer_lines(judgement, input, &mut output, LINE_MAX).unwrap();
    let output = String::from_utf8(output).unwrap();
    assert!(output.is_empty() || output.ends_with('\n'));
    (output.lines().map(str::to_owned).collect(), tally)
}

fn one(judgement: Judgement, line: &str) -> Value {
    let (lines, _) = run(judgement, line.as_bytes());
    assert_eq!(lines.len(), 1, "{line}");
    serde_json::from_str(&lines[0]).unwrap()
}

/// The samples of the head: below a judgement's heading, a case and its answer in turn.
fn samples() -> Vec<(Judgement, &'static str, &'static str)> {
    let mut samples = Vec::new();
    let (mut judgement, mut case, mut inside) = (None, None, false);
    for line in include_str!("main.rs").lines().map_while(|line| line.strip_prefix("//!")).map(str::trim) {
        if let Some(heading) = line.strip_prefix("# ") {
            assert_eq!(case, None, "a case without an answer above {heading}");
            judgement = <Judgement as clap::ValueEnum>::from_str(heading.trim_matches('`'), false).ok();
        }
        inside = match line {
            "```json" => true,
            "```" => false,
            _ => inside,
        };
        if let (true, Some(judgement), true) = (inside, judgement, line.starts_with('{')) {
            match case.take() {
                Some(case) => samples.push((judgement, case, line)),
                None => case = Some(line),
            }
        }
    }
    samples
}

#[test]
fn every_sample_of_the_head_is_answered_as_it_says() {
    for (judgement, case, answer) in samples() {
        assert_eq!(run(judgement, case.as_bytes()).0, [answer], "{case}");
    }
}

#[test]
fn every_judgement_has_a_sample() {
    for judgement in <Judgement as clap::ValueEnum>::value_variants() {
        assert!(samples().iter().any(|(sampled, ..)| sampled == judgement), "{judgement:?}");
    }
}

#[test]
fn a_bad_line_is_named_and_the_next_one_is_answered() {
    let row = |amount: &str| format!(r#"{{"id":"a","date":"2026-01-02","amount":"{amount}"}}"#);
    let case = |amounts: &[&str]| {
        let rows: Vec<_> = amounts.iter().map(|amount| row(amount)).collect();
        format!(r#"{{"existing":[],"incoming":[{}]}}"#, rows.join(","))
    };
    let input = format!("{}\n\r\n{}\r\n{}", case(&["1"]), case(&["1", "2", "12,5"]), case(&[]));
    let (lines, tally) = run(Judgement::Dedup, input.as_bytes());
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].starts_with(r#"{"decisions":[{"incoming":0,"action":"insert","existing":null,"of":null,"#)
    );
    assert_eq!(
        lines[1],
        r#"{"error":"line 3: incoming[2].amount: \"12,5\" is not a decimal amount: write it as \"12.5\"","line":3,"field":"incoming[2].amount"}"#
    );
    assert_eq!(lines[2], r#"{"decisions":[],"suggestions":[]}"#);
    assert_eq!(tally, Tally { cases: 3, bad: 1 });
}

/// Checks that each line is refused for the field and with these words.
fn assert_refused(judgement: Judgement, cases: &[(String, &str, &str)]) {
    for (line, field, message) in cases {
        let answer = one(judgement, line);
        let named = answer["field"].as_str().unwrap_or_default();
        assert_eq!(named, *field, "{line}: {answer}");
        assert_eq!(answer["line"], 1, "{line}: {answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with("line 1: ") && error.contains(message), "{line}: {error}");
        assert!(error.contains(field), "{line}: {error}");
    }
}

#[test]
fn faults_of_a_row_name_their_field() {
    let row =
        |keys: &str| format!(r#"{{"existing":[],"incoming":[{{"date":"2026-01-02","amount":"1"{keys}}}]}}"#);
    let rows = |rows: &str| format!(r#"{{"existing":[],"incoming":[{rows}]}}"#);
    assert_refused(
        Judgement::Dedup,
        &[
            (rows(r#"{"date":"2026-01-02"}"#), "incoming[0].amount", "is missing"),
            (rows(r#"{"date":"2026-01-02","amount":null}"#), "incoming[0].amount", "amount: is missing"),
            (rows(r#"{"date":"2026-01-02","amount":NaN}"#), "incoming[0].amount", "no JSON"),
            (rows(r#"{"date":"2026-01-02","amount":"NaN"}"#), "incoming[0].amount", "not a decimal amount"),
            (rows(r#"{"amount":"1"}"#), "incoming[0].date", "is missing"),
            (rows(r#"{"date":"2026-01-02T00:00:00Z","amount":"1"}"#), "incoming[0].date", "2026-01-02"),
            (row(r#","amount":"2""#), "incoming[0].amount", "stands twice"),
            (row(r#","pending":"yes""#), "incoming[0].pending", "true or false"),
            (row(r#","id":[1]"#), "incoming[0].id", "neither"),
            (row(r#","account":{}"#), "incoming[0].account", "neither"),
            (row(r#","payee":5"#), "incoming[0].payee", "is 5, not a text"),
            (row(r#","payee":"\ud800""#), "incoming[0].payee", "no JSON"),
            (row(r#","currency":"""#), "incoming[0].currency", "empty"),
            (rows(r#"["2026-01-02","1"]"#), "incoming[0]", "a row such as"),
            (rows("[[[[[["), "incoming[0]", "a row such as"),
            (rows(r#"{"date":"2026-01-02","amount":"1"},7"#), "incoming[1]", "a row such as"),
        ],
    );
}

#[test]
fn faults_of_a_case_name_their_field() {
    let policy = |policy: &str| format!(r#"{{"existing":[],"incoming":[],"policy":{policy}}}"#);
    let line = |text: &str| text.to_owned();
    assert_refused(
        Judgement::Dedup,
        &[
            (line(r#"{"incoming":[]}"#), "existing", "is missing"),
            (line(r#"{"existing":[],"incoming":null}"#), "incoming", "is missing"),
            (
                line(r#"{"existing":[{"date":"2026-01-02","amount":"1"}],"incoming":[]}"#),
                "existing[0].id",
                "is missing",
            ),
            (policy(r#"{"date_window_day":3}"#), "policy.date_window_day", "one of date_window_days, "),
            (
                policy(r#"{"date_window_days":-1}"#),
                "policy.date_window_days",
                "is -1, not a whole number from 0 to 65535",
            ),
            (policy(r#"{"date_window_days":1.5}"#), "policy.date_window_days", "is 1.5, not a whole number"),
            (
                policy(r#"{"in_batch_dedup":"all"}"#),
                "policy.in_batch_dedup",
                "\"all\" is none of none, occurrence, content",
            ),
            (policy(r#"{"in_batch_dedup":5}"#), "policy.in_batch_dedup", "one of its words"),
            (policy("[5]"), "policy", "is a list, not an object"),
            (line("[]"), "", "is a list, not an object such as"),
            (line("7"), "", "is 7, not an object such as"),
            (line("{"), "", "the line ends within an object, at character 1 "),
            (line("{\n"), "", "at character 1 "),
            (line(r#"{"é":nul}"#), "é", "none of true, false and null, at character 9 "),
            (line(r#"{"existing":[{"#), "existing[0]", "at character 14 "),
            (line("\""), "", "no JSON"),
            (line(r#"{"existing":[],"incoming":[]} x"#), "", "trailing characters"),
        ],
    );
}

#[test]
fn faults_of_the_other_judgements_name_their_field() {
    let line = |text: &str| text.to_owned();
    let row =
        |account: u8| format!(r#"{{"id":{account},"account":{account},"date":"2026-01-02","amount":"1"}}"#);
    let two_accounts = format!(r#"{{"anchors":[],"transactions":[{},{}]}}"#, row(1), row(2));
    let anchors = |anchor: &str| format!(r#"{{"anchors":[{anchor}],"transactions":[]}}"#);
    assert_refused(
        Judgement::Reconcile,
        &[
            (two_accounts, "transactions[1].account", "a line of its own"),
            (anchors(r#"{"balance":"1"}"#), "anchors[0].date", "is missing"),
            (anchors(r#"{"date":"2026-01-02","balance":"1,5"}"#), "anchors[0].balance", "1.5"),
            (
                anchors(r#"{"date":"2026-01-02","source":"me"}"#),
                "anchors[0].source",
                "none of opening_derived",
            ),
            (line(r#"{"anchors":[],"transactions":[],"tolerance":"-1"}"#), "tolerance", "below zero"),
            (
                line(r#"{"anchors":[],"transactions":[],"policy":{"tolerance":"1"}}"#),
                "policy.tolerance",
                "no key",
            ),
            (
                line(r#"{"anchors":[],"transactions":[{"date":"2026-01-02","amount":"1"}]}"#),
                "transactions[0].id",
                "missing",
            ),
        ],
    );
    assert_refused(
        Judgement::Transfers,
        &[
            (line(r#"{"transactions":[],"rejected":[[1]]}"#), "rejected[0]", "a pair has two ids"),
            (
                line(r#"{"transactions":[],"rejected":[[1,2],["a","x","y"]]}"#),
                "rejected[1]",
                "a pair has two ids",
            ),
            (line(r#"{"transactions":[],"rejected":[["a","\u0061"]]}"#), "rejected[0]", "same row twice"),
            (
                line(r#"{"transactions":[],"accounts":[{"account":1,"kind":"cave"}]}"#),
                "accounts[0].kind",
                "cave",
            ),
        ],
    );
    let health = |keys: &str| format!(r#"{{"now":"2026-03-04T09:00:00Z",{keys}}}"#);
    assert_refused(
        Judgement::Health,
        &[
            (line("{}"), "now", "is missing"),
            (line(r#"{"now":"2026-03-04"}"#), "now", "offset"),
            (health(r#""connection":{"status":"fine"}"#), "connection.status", "none of new, good"),
            (health(r#""runs":[{"at":"2026-03-04T09:00:00Z"}]"#), "runs[0].outcome", "is missing"),
            (health(r#""pending":["yesterday"]"#), "pending[0]", "YYYY-MM-DD"),
            (health(r#""policy":{"weights":{"luck":1}}"#), "policy.weights.luck", "no key"),
        ],
    );
    assert_refused(
        Judgement::Recurring,
        &[
            (line(r#"{"transactions":[]}"#), "today", "is missing"),
            (line(r#"{"today":null,"transactions":[]}"#), "today", "today: is missing"),
        ],
    );
    let frequency =
        r#"{"now":"2026-03-04T09:00:00Z","since":"2026-03-04T09:00:00Z","frequency":"every_0_hours"}"#;
    assert_refused(Judgement::Schedule, &[(line(frequency), "frequency", "give 1 to 720")]);
    assert_refused(Judgement::Accounts, &[(line(r#"{"old":[{}],"new":[]}"#), "old[0].id", "is missing")]);
}

#[test]
fn an_identifier_that_comes_twice_is_refused() {
    let row = |id: &str| format!(r#"{{"id":{id},"date":"2026-01-02","amount":"1"}}"#);
    let rows = [row("\"a\""), row("1"), row("\"1\""), row("\"\\u0061\"")].join(",");
    for (judgement, line, field) in [
        (Judgement::Dedup, format!(r#"{{"existing":[{rows}],"incoming":[]}}"#), "existing[3].id"),
        (Judgement::Transfers, format!(r#"{{"transactions":[{rows}]}}"#), "transactions[3].id"),
        (
            Judgement::Recurring,
            format!(r#"{{"today":"2026-01-02","transactions":[{rows}]}}"#),
            "transactions[3].id",
        ),
        (Judgement::Reconcile, format!(r#"{{"anchors":[],"transactions":[{rows}]}}"#), "transactions[3].id"),
        (Judgement::Accounts, format!(r#"{{"old":[{rows}],"new":[]}}"#), "old[3].id"),
    ] {
        assert_refused(judgement, &[(line, field, "[0], too")]);
    }
    let answer = one(Judgement::Dedup, &format!(r#"{{"existing":[],"incoming":[{rows}]}}"#));
    assert_eq!(answer["decisions"].as_array().unwrap().len(), 4);
}

#[test]
fn reconciliation_tells_what_it_left_out() {
    let anchor = |day: &str, balance: &str| format!(r#"{{"date":"2026-03-{day}","balance":{balance}}}"#);
    for (anchors, notes) in [
        (vec![], vec!["Nothing could be compared"]),
        (vec![anchor("01", "1"), anchor("02", "null")], vec!["anchors[1]", "Nothing could be compared"]),
        (vec![anchor("01", "1"), anchor("01", "2")], vec!["another balance", "Nothing could be compared"]),
        (vec![anchor("01", "1"), anchor("03", "1")], vec![]),
    ] {
        let line = format!(
            r#"{{"currency":"USD","anchors":[{}],"transactions":[{{"id":"t1","date":"2026-03-02","amount":"-4.50","currency":"EUR"}}]}}"#,
            anchors.join(",")
        );
        let answer = one(Judgement::Reconcile, &line);
        let told = answer["notes"].as_array().unwrap();
        let expected: Vec<&str> = notes.into_iter().chain(["1 (ids \"t1\")"]).collect();
        assert_eq!(told.len(), expected.len(), "{answer}");
        for (note, part) in told.iter().zip(expected) {
            assert!(note.as_str().unwrap().contains(part), "{part}: {answer}");
        }
    }
}

#[test]
fn a_correction_names_what_would_change() {
    let correction = |balance: &str, amount: &str| {
        let line = format!(
            r#"{{"anchors":[{{"date":"2026-03-01","balance":"100.00"}},{{"date":"2026-03-31","balance":"{balance}"}}],"transactions":[{{"id":"t1","date":"2026-03-02","amount":"{amount}"}},{{"id":5,"date":"2026-03-12","amount":"-20.15"}}]}}"#
        );
        let answer = one(Judgement::Reconcile, &line);
        let parts = answer["score_parts"].as_array().unwrap().iter();
        let points: u64 = parts.map(|part| part["points"].as_u64().unwrap()).sum();
        assert_eq!(answer["score"], points);
        answer["explanations"][0]["correction"].clone()
    };
    assert_eq!(correction("36.72", "-43.13"), Value::Null);
    let turned = serde_json::json!({"action": "change_amount", "transaction": "t1", "to": "-43.13"});
    assert_eq!(correction("36.72", "43.13"), turned);
}

#[test]
fn a_fault_of_ours_costs_one_line() {
    let fault = guarded(|| panic!("on purpose")).unwrap_err();
    assert_eq!((fault.field, fault.message.as_str()), (None, "an internal fault; please report this line"));
    assert_eq!(guarded(|| Ok("fine".to_owned())).unwrap(), "fine");
}

#[test]
fn identifiers_come_back_as_they_were_written() {
    let ids = [
        "1",
        "\"1\"",
        "1.0",
        "-0",
        "12345678901234567890123456789012345678901234567890",
        "\"\\u0041\"",
        "\"\"",
    ];
    let rows = |ids: &[&str], key: &str| {
        let row = |(place, id): (usize, &&str)| {
            format!(
                r#"{{"{key}":{id},"date":"2026-01-02","amount":"-{place}.5","imported_id":"p{place}","provider":"plaid"}}"#
            )
        };
        ids.iter().enumerate().map(row).collect::<Vec<_>>().join(",")
    };
    let line = format!(r#"{{"existing":[{}],"incoming":[{}]}}"#, rows(&ids, "id"), rows(&ids, "name"));
    let (lines, _) = run(Judgement::Dedup, line.as_bytes());
    for (place, id) in ids.iter().enumerate() {
        let decision = format!(r#"{{"incoming":{place},"action":"match","existing":{id},"#);
        assert!(lines[0].contains(&decision), "{id}: {}", lines[0]);
    }
}

/// The action for an incoming row that differs from a stored one in these keys only.
fn action(stored: &str, incoming: &str) -> String {
    let row = |keys: &str| {
        format!(r#"{{"id":1,"date":"2026-01-02","amount":"-4.50","payee":"Blue Bottle"{keys}}}"#)
    };
    let line = format!(r#"{{"existing":[{}],"incoming":[{}]}}"#, row(stored), row(incoming));
    let answer = one(Judgement::Dedup, &line);
    answer["decisions"][0]["action"].as_str().unwrap_or_else(|| panic!("{line}: {answer}")).to_owned()
}

#[test]
fn keys_of_a_row_mean_what_the_head_says() {
    for (stored, incoming, expected) in [
        // Accounts are told apart by value and by type; without one it is always the same.
        ("", "", "match"),
        ("", r#","account":null,"colour":"red","notes":null"#, "match"),
        (r#","account":"A""#, r#","account":"\u0041""#, "match"),
        (r#","account":1"#, r#","account":"1""#, "insert"),
        (r#","account":1"#, "", "insert"),
        (r#","account":"""#, "", "match"),
        // A file is no provider, however it is written.
        (r#","provider":"plaid","imported_id":"p1""#, r#","provider":"OFX","imported_id":"f1""#, "match"),
        (r#","provider":"plaid","imported_id":"p1""#, r#","provider":"plaid","imported_id":"f1""#, "insert"),
        (
            r#","provider":"plaid","imported_id":7"#,
            r#","provider":"plaid","imported_id":"7","pending":false"#,
            "match",
        ),
        (r#","imported_id":"","currency":"USD""#, r#","imported_id":"","currency":"EUR""#, "insert"),
        (r#","currency":"usd""#, r#","currency":"USD""#, "match"),
        (r#","currency":"USD""#, r#","currency":"EUR""#, "insert"),
        (r#","deleted":true,"imported_id":"p1""#, r#","imported_id":"p1""#, "ignore"),
        // Links name an `imported_id`, or an `id`.
        (
            r#","provider":"plaid","pending":true,"imported_id":"p1""#,
            r#","provider":"plaid","imported_id":"p2","pending_of":"p1""#,
            "upgrade_pending",
        ),
        (r#","provider":"plaid","pending":true"#, r#","provider":"plaid","pending_of":1"#, "upgrade_pending"),
    ] {
        assert_eq!(action(stored, incoming), expected, "{stored} {incoming}");
    }
}

#[test]
fn extremes_are_answered() {
    let row = |(id, day): (usize, &str), amount: &str| {
        format!(r#"{{"id":{id},"account":{id},"date":"{day}","amount":"{amount}","payee":"Same"}}"#)
    };
    let nines = "9".repeat(28);
    let days = ["0000-01-01", "9999-12-31", "2026-01-01", "2026-01-02"];
    let list = |amounts: [&str; 4], account: bool| {
        let rows = days.into_iter().enumerate().zip(amounts).map(|(place, amount)| row(place, amount));
        let rows = rows.collect::<Vec<_>>().join(",");
        if account { rows } else { rows.replace("\"account\"", "\"x\"") }
    };
    let tiny = "0.0000000000000000000000000001";
    let minus = format!("-{nines}");
    let (nines, minus) = (nines.as_str(), minus.as_str());
    for amounts in [[nines, nines, nines, nines], [nines, minus, tiny, "0"], [tiny, "-0", minus, minus]] {
        for (judgement, line) in [
            (Judgement::Dedup, format!(r#"{{"existing":[{0}],"incoming":[{0}]}}"#, list(amounts, false))),
            (Judgement::Transfers, format!(r#"{{"transactions":[{}]}}"#, list(amounts, true))),
            (
                Judgement::Recurring,
                format!(r#"{{"today":"9999-12-31","transactions":[{}]}}"#, list(amounts, false)),
            ),
            (
                Judgement::Reconcile,
                format!(
                    r#"{{"anchors":[{{"date":"0000-01-01","balance":"{nines}"}},{{"date":"9999-12-31","balance":"{minus}"}}],"transactions":[{}]}}"#,
                    list(amounts, false)
                ),
            ),
        ] {
            let answer = one(judgement, &line);
            assert!(answer.get("error").is_none(), "{line}: {answer}");
        }
    }
}

#[test]
fn any_damage_to_a_sample_is_answered_with_one_line() {
    for (judgement, case, _) in samples() {
        for place in 0..case.len() {
            for put in ["", "\"", "9", "}"] {
                let damaged = [&case[..place], put, &case[place + 1..]].concat();
                let answer = one(judgement, &damaged);
                let refused =
                    answer.get("error").map(|error| error.as_str().unwrap().starts_with("line 1: "));
                assert!(refused.unwrap_or(answer.is_object()), "{damaged}: {answer}");
            }
        }
    }
}

/// Hands out a line at a time, and at each the number of lines that had been answered by then.
struct Terminal<'a> {
    lines: Vec<&'static [u8]>,
    written: &'a RefCell<Vec<u8>>,
    answered: Vec<usize>,
}

impl Read for Terminal<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.answered.push(self.written.borrow().iter().filter(|byte| **byte == b'\n').count());
        if self.lines.is_empty() { Ok(0) } else { self.lines.remove(0).read(buffer) }
    }
}

struct Shared<'a>(&'a RefCell<Vec<u8>>);

impl Write for Shared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_is_answered_before_the_next_one_is_waited_for() {
    let written = RefCell::new(Vec::new());
    let mut terminal =
        Terminal { lines: vec![b"{}\n", b"\n{}\n{", b"}\n", b"{}"], written: &written, answered: Vec::new() };
    let mut output = BufWriter::new(Shared(&written));
    answer_lines(Judgement::AccountKind, &mut terminal, &mut output, LINE_MAX).unwrap();
    assert_eq!(terminal.answered[..5], [0, 1, 2, 3, 3]);
}

#[test]
fn hostile_lines_are_answered() {
    let deep = format!(r#"{{"type":{}"#, "[".repeat(1_000_000));
    let deep_and_ignored = format!(r#"{{"type":"loan","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let long = format!(r#"{{"type":"{}"}}"#, "x".repeat(10_000_000));
    let long_key = format!(r#"{{"existing":[],"incoming":[],"policy":{{"{}":1}}}}"#, "y".repeat(10_000_000));
    assert!(one(Judgement::AccountKind, &deep)["error"].is_string());
    assert_eq!(one(Judgement::AccountKind, &deep_and_ignored)["kind"], "other_loan");
    assert_eq!(one(Judgement::AccountKind, &long)["kind"], "other");
    let answer = one(Judgement::Dedup, &long_key);
    assert!(answer.to_string().len() < 2_000, "{}", answer.to_string().len());

    let (lines, tally) =
        run(Judgement::AccountKind, b"\xef\xbb\xbf{\"type\":\"loan\"}\n{\"type\":\"\xff\"}\n{}");
    assert!(lines[0].contains("other_loan") && lines[2].contains("other"), "{lines:?}");
    assert_eq!(
        lines[1],
        r#"{"error":"line 2: is not UTF-8, from byte 10 of the line on","line":2,"field":null}"#
    );
    assert_eq!(tally, Tally { cases: 3, bad: 1 });
}

#[test]
fn a_line_past_the_limit_is_passed_over() {
    let input = format!("{}\n{{}}\n{{\"type\":\"loan\"}}{}", "x".repeat(100), " ".repeat(35));
    let mut output = Vec::new();
    let tally = answer_lines(Judgement::AccountKind, input.as_bytes(), &mut output, 50).unwrap();
    let output = String::from_utf8(output).unwrap();
    assert_eq!(output.lines().count(), 3, "{output}");
    assert!(
        output.starts_with(r#"{"error":"line 1: has more than 50 bytes","line":1,"field":null}"#),
        "{output}"
    );
    assert_eq!(tally, Tally { cases: 3, bad: 2 });
}

#[test]
fn any_account_type_is_answered() {
    for (line, answer) in [
        ("{}", r#"{"kind":"other","class":"asset","known":false}"#),
        (r#"{"type":null,"subtype":null}"#, r#"{"kind":"other","class":"asset","known":false}"#),
        (r#"{"type":"credit"}"#, r#"{"kind":"other_credit","class":"liability","known":false}"#),
        (
            r#"{"type":"Dep\u006fsitory","subtype":"checking","x":[1]}"#,
            r#"{"kind":"checking","class":"asset","known":true}"#,
        ),
    ] {
        assert_eq!(run(Judgement::AccountKind, line.as_bytes()).0, [answer], "{line}");
    }
    assert_eq!(one(Judgement::AccountKind, r#"{"type":7}"#)["field"], "type");
}
