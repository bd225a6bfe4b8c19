//! Who may depend on whom.

use crate::crates::{Floor, Manifest, Workspace};
use crate::tree::{REPOSITORY, Tree, Violation, assert_found, assert_none};

fn dependencies(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let mut violations = Vec::new();
    for manifest in &workspace.crates {
        let Some(floor) = Floor::of(manifest.folder) else {
            let what = "this folder has no floor; add it to FLOORS in tests/repository/tests/it/crates.rs";
            violations.push(manifest.file.violation(1, what));
            continue;
        };
        for (used, key) in workspace.uses(manifest) {
            let name = used.folder_name();
            if floor.may_use.is_some_and(|allowed| !allowed.contains(&name)) {
                let allowed = match floor.may_use.unwrap_or_default() {
                    [] => "no crate of this workspace".to_owned(),
                    allowed => format!("only {}", allowed.join(", ")),
                };
                let what = format!("depends on {name}, but may use {allowed}; move the code or the floor");
                violations.push(manifest.file.violation(manifest.file.line_of(key), what));
            }
        }
    }
    violations
}

/// Cycles through dependencies of any sort; cargo itself refuses only those of normal ones.
fn cycles(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let mut violations = Vec::new();
    for start in &workspace.crates {
        let mut reached: Vec<&Manifest<'_>> = Vec::new();
        let mut next = vec![start];
        while let Some(manifest) = next.pop() {
            for (used, _) in workspace.uses(manifest) {
                if !reached.iter().any(|seen| seen.folder == used.folder) {
                    reached.push(used);
                    next.push(used);
                }
            }
        }
        if reached.iter().any(|used| used.folder == start.folder) {
            let what = "depends on itself through its dependencies; cut the cycle";
            violations.push(start.file.violation(1, what));
        }
    }
    violations
}

#[test]
fn crates_depend_only_on_the_floors_below() {
    assert_none(&dependencies(&REPOSITORY));
}

#[test]
fn no_crate_depends_on_itself() {
    assert_none(&cycles(&REPOSITORY));
}

#[test]
fn finds_a_dependency_upwards_a_disguised_one_and_a_folder_without_floor() {
    let tree = Tree::sample(&[
        ("Cargo.toml", "[workspace.dependencies]\nbank = { path = \"x\", package = \"finance-plaid\" }"),
        ("bindings/python/Cargo.toml", "[dependencies]\nfinance-store.workspace = true"),
        (
            "finance-core/Cargo.toml",
            "[target.'cfg(unix)'.dev-dependencies]\nfinance-core = \"1\"\nfinance-store = \"1\"",
        ),
        ("finance-extra/Cargo.toml", ""),
        ("finance-plaid/Cargo.toml", "[dependencies]\nfinance-core.workspace = true"),
        ("finance-store/Cargo.toml", "[dependencies]\nbank.workspace = true"),
        ("tests/end-to-end/Cargo.toml", "[dependencies]\nbank.workspace = true"),
        ("tests/plaid-simulator/Cargo.toml", "[build-dependencies]\nfinance-core.workspace = true"),
    ]);
    let expected = [
        ("finance-core/Cargo.toml:3", "finance-store, but may use no crate"),
        ("finance-extra/Cargo.toml:1", "no floor"),
        ("finance-store/Cargo.toml:2", "finance-plaid, but may use only finance-core, postgres-server"),
        ("tests/plaid-simulator/Cargo.toml:2", "finance-core"),
    ];
    assert_found(&dependencies(&tree), &expected);
}

#[test]
fn finds_a_cycle() {
    let tree = Tree::sample(&[
        ("Cargo.toml", ""),
        ("benches/Cargo.toml", "[dev-dependencies]\nexamples.workspace = true"),
        ("examples/Cargo.toml", "[dependencies]\nbenches.workspace = true"),
        ("tests/end-to-end/Cargo.toml", "[dependencies]\nbenches.workspace = true"),
    ]);
    assert_found(&cycles(&tree), &[("benches/Cargo.toml:1", "itself"), ("examples/Cargo.toml:1", "itself")]);
}
