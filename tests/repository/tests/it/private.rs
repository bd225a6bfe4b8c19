//! Nothing private is in the tree: no folder of a machine, no registry host, nothing like a real secret.
//!
//! What is looked for is put together from halves, so that this file does not contain it.

use crate::tree::{REPOSITORY, Tree, Violation, assert_found, assert_none};

const FOLDERS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted"),
    concat!("npm", "js"),
    concat!("maven", ".org"),
    concat!("maven", ".apache.org"),
    concat!("sona", "type"),
];

const PRODUCTION_TOKEN: &str = concat!("access-", "production-");
const SECRET_DIGITS_MIN: usize = 30;
/// How far after the word "secret" its value may begin.
const SECRET_DISTANCE_MAX: usize = 24;

/// An absolute path begins where no word, address or other path goes on.
fn folder(line: &str) -> Option<&'static str> {
    let begins =
        |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~/}>)]*$".contains(c));
    FOLDERS.iter().copied().find(|folder| line.match_indices(folder).any(|(at, _)| begins(at)))
}

fn hex_run(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_hexdigit).count()
}

fn has_secret(line: &str) -> bool {
    let token = |at: usize| hex_run(&line[at + PRODUCTION_TOKEN.len()..]) >= 8;
    if line.match_indices(PRODUCTION_TOKEN).any(|(at, _)| token(at)) {
        return true;
    }
    let lower = line.to_ascii_lowercase();
    lower.match_indices("secret").any(|(at, word)| {
        let after = &lower[at + word.len()..];
        let starts = after.char_indices().map(|(start, _)| start).take(SECRET_DISTANCE_MAX);
        starts.into_iter().any(|start| hex_run(&after[start..]) >= SECRET_DIGITS_MIN)
    })
}

fn private_text(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.files.iter().filter(|file| file.path != "Cargo.lock") {
        for (at, line) in file.text.lines().enumerate() {
            if let Some(folder) = folder(line) {
                let what = format!("names {folder} of one machine; use a relative path or a variable");
                violations.push(file.violation(at + 1, what));
            }
            let lower = line.to_ascii_lowercase();
            if let Some(host) = HOSTS.iter().find(|host| lower.contains(*host)) {
                violations.push(file.violation(at + 1, format!("names the registry {host}; leave it out")));
            }
            if has_secret(line) {
                violations
                    .push(file.violation(at + 1, "looks like a real secret; revoke it and take it out"));
            }
        }
    }
    violations
}

#[test]
fn nothing_private_is_in_the_tree() {
    assert_none(&private_text(&REPOSITORY));
}

#[test]
fn finds_folders_hosts_and_secrets() {
    let hex = "0123456789abcdef".repeat(2);
    let host = HOSTS[0];
    let [work, root, ..] = FOLDERS else { panic!("there are folders") };
    let short = &hex[..SECRET_DIGITS_MIN - 1];
    let bad = format!(
        "see {work}x
https://example.com{root}x and net{work}
from https://{host}/y
PLAID_SECRET: \"{hex}\"
the secret of {short}
{PRODUCTION_TOKEN}{hex}
{PRODUCTION_TOKEN}...
\"{root}x\""
    );
    let lock = format!("source = \"https://{host}\"");
    let tree = Tree::sample(&[("Cargo.lock", &lock), ("notes.md", &bad)]);
    let expected = [
        ("notes.md:1", "machine"),
        ("notes.md:3", "registry"),
        ("notes.md:4", "secret"),
        ("notes.md:6", "secret"),
        ("notes.md:8", "machine"),
    ];
    assert_found(&private_text(&tree), &expected);
}
