//! Migrations of each engine are numbered from 1 without gaps. What they add up to is compared by the stores' own tests.

use std::collections::BTreeMap;

use crate::tree::{File, REPOSITORY, Tree, Violation, assert_found, assert_none};

const FOLDER: &str = "finance-store/migrations/";

/// The engine and the number of `<engine>/<four digits>_<name>.sql`.
fn numbered(path: &str) -> Option<(&str, usize)> {
    let (engine, name) = path.split_once('/')?;
    let (number, name) = name.strip_suffix(".sql")?.split_once('_')?;
    (number.len() == 4 && !name.is_empty()).then_some((engine, number.parse().ok()?))
}

fn misnumbered(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut engines: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    for file in &tree.files {
        let Some(path) = file.path.strip_prefix(FOLDER) else { continue };
        let Some((engine, number)) = numbered(path) else {
            violations.push(file.violation(1, "a migration is called <engine>/<four digits>_<name>.sql"));
            continue;
        };
        let files = engines.entry(engine).or_default();
        files.push(file);
        if number != files.len() {
            violations
                .push(file.violation(1, format!("has number {number} where {} comes next", files.len())));
        }
    }
    violations
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let exist = REPOSITORY.holds(&format!("{FOLDER}sqlite"));
    assert!(exist, "{FOLDER}sqlite holds no migration; if migrations moved, tell this rule where");
    assert_none(&misnumbered(&REPOSITORY));
}

#[test]
fn finds_gaps_and_doubles() {
    let path = |name: &str| format!("{FOLDER}{name}");
    let paths =
        ["postgres/0001_a.sql", "sqlite/0001_a.sql", "sqlite/0003_b.sql", "sqlite/0003_c.sql", "x/4_d.sql"];
    let paths = paths.map(path);
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
    let expected = [
        ("finance-store/migrations/sqlite/0003_b.sql:1", "2 comes next"),
        ("finance-store/migrations/x/4_d.sql:1", "four digits"),
    ];
    assert_found(&misnumbered(&Tree::sample(&files)), &expected);
}
