//! The door as a whole, from lines to lines.

use serde_json::{Value, json};

use crate::Judgement;
use crate::door::{LINE_MAX, Tally, answer_lines};

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
        let name = format!("{judgement:?}");
        assert!(samples().iter().any(|(sampled, ..)| format!("{sampled:?}") == name), "{name}");
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

#[test]
fn faults_name_their_field() {
    let rows = |rows: &str| format!(r#"{{"existing":[],"incoming":[{rows}]}}"#);
    let policy = |policy: &str| format!(r#"{{"existing":[],"incoming":[],"policy":{policy}}}"#);
    for (line, field, message) in [
        (r#"{"incoming":[]}"#.to_owned(), json!("existing"), "is missing"),
        (r#"{"existing":[],"incoming":null}"#.to_owned(), json!("incoming"), "null"),
        (
            r#"{"existing":[{"date":"2026-01-02","amount":"1"}],"incoming":[]}"#.to_owned(),
            json!("existing[0].id"),
            "is missing",
        ),
        (rows(r#"{"date":"2026-01-02"}"#), json!("incoming[0].amount"), "is missing"),
        (rows(r#"{"date":"2026-01-02","amount":null}"#), json!("incoming[0].amount"), "null is neither"),
        (rows(r#"{"amount":"1"}"#), json!("incoming[0].date"), "is missing"),
        (rows(r#"{"date":"2026-01-02T00:00:00Z","amount":"1"}"#), json!("incoming[0].date"), "2026-01-02"),
        (
            rows(r#"{"date":"2026-01-02","amount":"1","amount":"2"}"#),
            json!("incoming[0].amount"),
            "duplicate",
        ),
        (
            rows(r#"{"date":"2026-01-02","amount":"1","pending":"yes"}"#),
            json!("incoming[0].pending"),
            "boolean",
        ),
        (rows(r#"{"date":"2026-01-02","amount":"1","id":[1]}"#), json!("incoming[0].id"), "neither"),
        (rows(r#"{"date":"2026-01-02","amount":"1","account":{}}"#), json!("incoming[0].account"), "neither"),
        (rows(r#"{"date":"2026-01-02","amount":"1","payee":5}"#), json!("incoming[0].payee"), "string"),
        (rows(r#"{"date":"2026-01-02","amount":"1","currency":""}"#), json!("incoming[0].currency"), "empty"),
        (rows(r#"["2026-01-02","1"]"#), json!("incoming[0]"), "a row such as"),
        (rows("[[[[[["), json!("incoming[0]"), "a row such as"),
        (rows(r#"{"date":"2026-01-02","amount":"1"},7"#), json!("incoming[1]"), "a row such as"),
        (policy(r#"{"date_window_day":3}"#), json!("policy.date_window_day"), "unknown field"),
        (policy(r#"{"date_window_days":-1}"#), json!("policy.date_window_days"), "u16"),
        (policy(r#"{"in_batch_dedup":"all"}"#), json!("policy.in_batch_dedup"), "unknown variant `all`"),
        (policy("[5]"), json!("policy"), "sequence"),
        ("[]".to_owned(), Value::Null, "sequence"),
        ("7".to_owned(), Value::Null, "integer"),
        ("\"".to_owned(), Value::Null, "no JSON"),
        (r#"{"existing":[],"incoming":[]} x"#.to_owned(), Value::Null, "trailing characters"),
        (
            r#"{"existing":[],"incoming":[{"date":"2026-01-02","amount":NaN}]}"#.to_owned(),
            json!("incoming[0].amount"),
            "no JSON",
        ),
    ] {
        let answer = one(Judgement::Dedup, &line);
        assert_eq!(answer["field"], field, "{line}: {answer}");
        assert_eq!(answer["line"], 1, "{line}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with("line 1: ") && error.contains(message), "{line}: {error}");
        assert!(error.contains(field.as_str().unwrap_or_default()), "{line}: {error}");
    }
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
