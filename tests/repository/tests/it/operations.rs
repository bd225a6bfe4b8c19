//! Every operation of the engine shows an example that runs, and is played in a scenario.

use crate::tree::{File, REPOSITORY, Tree, Violation, assert_found, assert_none};

const ENGINE: &str = "finance-core/src/sync/";
const SCENARIOS: &str = "tests/end-to-end/tests/it/scenarios/";

/// A public method of the engine that acts for a user.
#[derive(Debug)]
struct Operation<'a> {
    file: &'a File,
    line: usize,
    name: &'a str,
    docs: String,
}

/// The operations of a file: public methods in an `impl SyncEngine` that take a user.
fn operations(file: &File) -> Vec<Operation<'_>> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    let mut of_engine = false;
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with("impl") {
            of_engine = line.starts_with("impl SyncEngine ");
        }
        let method = line.strip_prefix("    pub async fn ").or_else(|| line.strip_prefix("    pub fn "));
        let Some((name, _)) = method.and_then(|rest| rest.split_once('(')) else { continue };
        let signature = lines[at..].iter().take_while(|line| !line.trim_end().ends_with('{'));
        let signature: String = signature.chain(lines.get(at)).copied().collect();
        if of_engine && signature.contains("user: &UserId") {
            let above = lines[..at].iter().rev().map(|line| line.trim_start());
            let docs = above.take_while(|line| line.starts_with("///") || line.starts_with("#["));
            found.push(Operation { file, line: at + 1, name, docs: docs.collect() });
        }
    }
    found
}

fn unshown(tree: &Tree) -> Vec<Violation> {
    let scenarios = || tree.files.iter().filter(|file| file.path.starts_with(SCENARIOS));
    let mut violations = Vec::new();
    let engine = tree.files.iter().filter(|file| file.path.starts_with(ENGINE));
    for operation in engine.flat_map(operations) {
        let name = operation.name;
        // Two operations that belong together may share one example.
        if !operation.docs.contains("```") && !operation.docs.contains("example") {
            let what = format!("`{name}` has no example in its documentation");
            violations.push(operation.file.violation(operation.line, what));
        }
        let call = format!(".{name}(");
        if !scenarios().any(|file| file.text.contains(&call)) {
            let what = format!("`{name}` is played in no scenario; add a step to {SCENARIOS}");
            violations.push(operation.file.violation(operation.line, what));
        }
    }
    violations
}

#[test]
fn operations_are_shown_and_played() {
    let engine = REPOSITORY.files.iter().filter(|file| file.path.starts_with(ENGINE));
    let count = engine.flat_map(operations).count();
    assert!(count > 20, "{count} operations were found; if the engine moved, tell this rule where");
    assert_none(&unshown(&REPOSITORY));
}

#[test]
fn finds_operations_without_example_or_scenario() {
    let engine = "impl SyncEngine {
    /// Does it.
    ///
    /// ```
    /// ```
    #[must_use]
    pub async fn shown(&self, user: &UserId) -> u8 {
    }

    /// Does it not.
    pub fn bare(
        &self,
        user: &UserId,
    ) -> u8 {
    }

    /// Serves everybody.
    pub fn new(clock: Clock) -> Self {
    }
}

impl Other {
    pub async fn other(&self, user: &UserId) {
    }
}
";
    let tree = Tree::sample(&[
        ("finance-core/src/sync/engine.rs", engine),
        ("finance-core/src/store/mod.rs", engine),
        ("tests/end-to-end/tests/it/scenarios/play.rs", "engine.shown(user)"),
    ]);
    let expected = [
        ("finance-core/src/sync/engine.rs:11", "no example"),
        ("finance-core/src/sync/engine.rs:11", "no scenario"),
    ];
    assert_found(&unshown(&tree), &expected);
}
