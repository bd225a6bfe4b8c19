//! What code must not say: impure decisions, floats, panics, prints, tests ignored without reason. And how
//! long a file may be.

use crate::crates::{Role, sources};
use crate::source::{Source, Token};
use crate::tree::{File, REPOSITORY, Tree, Violation, assert_found, assert_none};

const CORE: &str = "finance-core/src/";

/// The model and the decisions: a file, or a folder of that name.
const FLOOR_0: &[&str] = &[
    "model",
    "account_kind",
    "audit",
    "bank_text",
    "dedup",
    "events",
    "export",
    "reconcile",
    "health",
    "import",
    "ledger_row",
    "overview",
    "recurring",
    "schedule",
    "spreadsheet_text",
    "transfers",
    "categorize",
    "sync/news",
    "sync/pager",
    "sync/planner",
    "sync/awaiting",
    "sync/import_planner",
];

/// The ports and the engine, but for what is on floor 0.
const FLOOR_1: &[&str] = &["lib", "categorizer", "clock", "provider", "store", "sync", "conformance"];

const IMPURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "futures",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "rand",
    "fastrand",
    "getrandom",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "crate::clock",
    "super::clock",
];

/// Files of libraries that may name a float, each with its reason. Never one of floor 0.
const FLOATS_ALLOWED: &[(&str, &str)] = &[];

const PRINTS: &[&str] = &["println!", "eprintln!", "print!", "eprint!"];
const PANICS: &[&str] = &[".unwrap()", "panic!", "todo!", "unimplemented!", "dbg!"];

const LINES_MAX: usize = 600;

/// The tokens of a file, or the violation that it is no Rust.
fn read(file: &File) -> Result<Source, Violation> {
    Source::read(&file.text)
        .map_err(|error| file.violation(error.span().start().line, "cannot be read as Rust"))
}

fn is_among(path: &str, floor: &[&str]) -> bool {
    let fits = |rest: &str| rest == ".rs" || rest.starts_with('/');
    let inside = path.strip_prefix(CORE);
    inside.is_some_and(|inside| floor.iter().any(|name| inside.strip_prefix(name).is_some_and(fits)))
}

fn on_floor_0(path: &str) -> bool {
    is_among(path, FLOOR_0)
}

/// Runs a check over the sources of some roles, files that are no Rust included in what it finds.
fn each(
    tree: &Tree,
    roles: &[Role],
    check: impl Fn(Role, &File, &Source) -> Vec<Violation>,
) -> Vec<Violation> {
    let found = |(role, file)| match read(file) {
        Ok(source) => check(role, file, &source),
        Err(violation) => vec![violation],
    };
    sources(tree, roles).into_iter().flat_map(found).collect()
}

fn forbidden(file: &File, source: &Source, patterns: &[&str], why: &str) -> Vec<Violation> {
    let at = |pattern: &&str| {
        let what = format!("`{pattern}` {why}");
        source.lines_with(pattern).into_iter().map(move |line| file.violation(line, what.clone()))
    };
    patterns.iter().flat_map(at).collect()
}

/// The names of the ports: every public trait of the store, the providers and the clock.
fn ports(tree: &Tree) -> Vec<String> {
    let mut names = Vec::new();
    for (_, file) in sources(tree, &[Role::Library]) {
        let inside = file.path.strip_prefix(CORE).unwrap_or_default();
        if inside.starts_with("store/")
            || inside.starts_with("provider/")
            || ["categorizer.rs", "clock.rs"].contains(&inside)
        {
            let tokens = read(file).map(|source| source.tokens).unwrap_or_default();
            let traits = tokens.windows(2).filter(|pair| pair[0].text == "trait" && !pair[0].test);
            names.extend(traits.map(|pair| pair[1].text.clone()));
        }
    }
    names
}

fn impurities(tree: &Tree) -> Vec<Violation> {
    let ports = ports(tree);
    let patterns: Vec<&str> = IMPURE.iter().copied().chain(ports.iter().map(String::as_str)).collect();
    each(tree, &[Role::Library], |_, file, source| {
        if on_floor_0(&file.path) {
            let why = "on floor 0, which is pure: take what it gives as an argument";
            return forbidden(file, source, &patterns, why);
        }
        let unknown = file.path.starts_with(CORE) && !is_among(&file.path, FLOOR_1);
        let what = "stands on no floor; add it to FLOOR_0 or FLOOR_1 in tests/repository/tests/it/code.rs";
        unknown.then(|| file.violation(1, what)).into_iter().collect()
    })
}

/// Float types, functions named after them, and literals that would be one.
fn is_float(before: Option<&&Token>, token: &Token) -> bool {
    let text = token.text.as_str();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        let tuple_field = before.is_some_and(|before| before.text == ".");
        let marked = ["f32", "f64"].iter().any(|end| text.ends_with(end)) || text.contains('.');
        return marked && !tuple_field && !text.starts_with("0x");
    }
    let word = text.chars().all(|c| c == '_' || c.is_alphanumeric());
    word && text.split('_').any(|part| matches!(part, "f32" | "f64"))
}

fn floats(tree: &Tree, allowed: &[(&str, &str)]) -> Vec<Violation> {
    each(tree, &[Role::Library], |_, file, source| {
        if !on_floor_0(&file.path) && allowed.iter().any(|(path, _)| *path == file.path) {
            return Vec::new();
        }
        let tokens: Vec<&Token> = source.tokens.iter().filter(|token| !token.test).collect();
        let float = |&(at, token): &(usize, &&Token)| is_float(tokens[..at].last(), token);
        let say = |token: &Token| {
            let what =
                format!("`{}` is a float; use Decimal, or state a reason in FLOATS_ALLOWED", token.text);
            file.violation(token.line, what)
        };
        tokens.iter().enumerate().filter(float).map(|(_, token)| say(token)).collect()
    })
}

fn panics_and_prints(tree: &Tree) -> Vec<Violation> {
    each(tree, &[Role::Library, Role::Simulator, Role::Examples], |role, file, source| {
        if file.path.starts_with("finance-core/src/conformance/") {
            return Vec::new();
        }
        let program = role == Role::Examples || (role == Role::Simulator && file.path.ends_with("/main.rs"));
        let mut found = forbidden(file, source, PANICS, "outside tests; return an error");
        if !program {
            found.extend(forbidden(file, source, PRINTS, "in a library; use tracing or return it"));
        }
        found
    })
}

fn long_files(tree: &Tree) -> Vec<Violation> {
    each(tree, &[Role::Library, Role::Simulator, Role::Examples], |_, file, source| {
        let lines = file.text.lines().count().saturating_sub(source.test_lines);
        let what = format!("{lines} lines without tests, {LINES_MAX} at most; split by meaning");
        (lines > LINES_MAX).then(|| file.violation(1, what)).into_iter().collect()
    })
}

fn ignored_without_reason(tree: &Tree) -> Vec<Violation> {
    let bare =
        |window: &[Token]| window.iter().zip(["#", "[", "ignore", "]"]).all(|(one, text)| one.text == text);
    let mut violations = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".rs")) {
        let tokens = read(file).map(|source| source.tokens);
        for window in tokens.iter().flat_map(|tokens| tokens.windows(4)).filter(|window| bare(window)) {
            let what = "an ignored test says why: #[ignore = \"needs ...\"]";
            violations.push(file.violation(window[0].line, what));
        }
        violations.extend(tokens.err());
    }
    violations
}

#[test]
fn floor_0_is_pure() {
    let ports = ports(&REPOSITORY);
    assert!(
        ["Store", "BankProvider", "Clock"].iter().all(|port| ports.iter().any(|name| name == port)),
        "{ports:?}"
    );
    let files = REPOSITORY.files.iter().filter(|file| on_floor_0(&file.path)).count();
    assert!(files > 5, "FLOOR_0 names {files} files of finance-core; it no longer fits the tree");
    assert_none(&impurities(&REPOSITORY));
}

#[test]
fn libraries_use_no_floats() {
    assert_none(&floats(&REPOSITORY, FLOATS_ALLOWED));
}

#[test]
fn libraries_neither_panic_nor_print() {
    assert_none(&panics_and_prints(&REPOSITORY));
}

#[test]
fn files_are_short() {
    assert_none(&long_files(&REPOSITORY));
}

#[test]
fn ignored_tests_say_why() {
    assert_none(&ignored_without_reason(&REPOSITORY));
}

#[test]
fn finds_impurity_on_floor_0_and_only_there() {
    let impure = "use crate::{model::Money, store::{ChangeSet, Books}};
async fn now() { chrono::Utc::now() }
use std::{env, fmt};
#[cfg(test)]
mod tests { fn f() { Utc::now() } }";
    let tree = Tree::sample(&[
        ("finance-core/src/dedup/mod.rs", impure),
        ("finance-core/src/odd.rs", ""),
        ("finance-core/src/store/mod.rs", "pub struct ChangeSet;\npub trait Books: Send {}"),
        ("finance-core/src/sync/engine.rs", impure),
        ("finance-core/src/sync/planner.rs", "// async\nfn f(now: DateTime<Utc>) {}"),
        ("finance-core/src/sync/planner/late.rs", "use crate::clock::X;"),
    ]);
    let expected = [
        ("finance-core/src/dedup/mod.rs:2", "`async`"),
        ("finance-core/src/dedup/mod.rs:2", "`Utc::now`"),
        ("finance-core/src/dedup/mod.rs:3", "`std::env`"),
        ("finance-core/src/dedup/mod.rs:1", "`Books`"),
        ("finance-core/src/odd.rs:1", "no floor"),
        ("finance-core/src/sync/planner/late.rs:1", "`crate::clock`"),
    ];
    assert_found(&impurities(&tree), &expected);
}

#[test]
fn finds_floats_of_every_spelling() {
    let sample = "fn f(x: f64) {}
let a = 1.5;
let b = 2f32;
let c = d.to_f64();
let e = t.0.1 + 0x1f32 + 1_000; // f64
let g = \"f64\";
#[cfg(test)] fn t(x: f32) {}";
    let tree = Tree::sample(&[
        ("benches/src/lib.rs", sample),
        ("finance-core/src/model/money.rs", "type T = f32;"),
        ("finance-plaid/src/client.rs", sample),
        ("finance-store/src/lib.rs", "type T = f32;"),
    ]);
    let allowed = [
        ("finance-store/src/lib.rs", "a sample"),
        ("finance-core/src/model/money.rs", "no reason holds here"),
    ];
    let expected = [
        ("finance-core/src/model/money.rs:1", "f32"),
        ("finance-plaid/src/client.rs:1", "f64"),
        ("finance-plaid/src/client.rs:2", "1.5"),
        ("finance-plaid/src/client.rs:3", "2f32"),
        ("finance-plaid/src/client.rs:4", "to_f64"),
    ];
    assert_found(&floats(&tree, &allowed), &expected);
}

#[test]
fn finds_panics_and_prints_outside_tests_and_programs() {
    let sample =
        "fn f() { x.unwrap(); println!(); x.unwrap_or(1); }\n#[cfg(test)]\nmod t { fn f() { panic!() } }";
    let tree = Tree::sample(&[
        ("examples/first.rs", sample),
        ("finance-core/src/conformance/mod.rs", sample),
        ("finance-core/src/events.rs", sample),
        ("finance-core/tests/it/main.rs", sample),
        ("tests/plaid-simulator/src/main.rs", "fn main() { println!(); todo!() }"),
    ]);
    let expected = [
        ("examples/first.rs:1", "unwrap"),
        ("finance-core/src/events.rs:1", "unwrap"),
        ("finance-core/src/events.rs:1", "println"),
        ("tests/plaid-simulator/src/main.rs:1", "todo"),
    ];
    assert_found(&panics_and_prints(&tree), &expected);
}

#[test]
fn finds_a_file_that_is_long_without_its_tests() {
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(500));
    let code = "fn f() {}\n".repeat(LINES_MAX);
    let tree = Tree::sample(&[
        ("examples/broken.rs", "fn f() {"),
        ("finance-core/src/full.rs", &format!("{code}{tests}")),
        ("finance-core/src/long.rs", &format!("{code}\n{tests}")),
        ("finance-core/src/long/tests.rs", &format!("{code}{code}")),
    ]);
    let expected = [("examples/broken.rs:1", "Rust"), ("finance-core/src/long.rs:1", "601 lines")];
    assert_found(&long_files(&tree), &expected);
}

#[test]
fn finds_a_test_ignored_without_reason() {
    let sample =
        "#[test]\n#[ignore = \"needs a server\"]\nfn a() {}\n#[cfg(test)]\nmod t {\n#[ignore]\nfn b() {} }";
    let tree = Tree::sample(&[("finance-store/tests/it/main.rs", sample)]);
    assert_found(&ignored_without_reason(&tree), &[("finance-store/tests/it/main.rs:6", "says why")]);
}
