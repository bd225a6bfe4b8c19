//! Files and folders that the top-level documents name exist, and ARCHITECTURE names every top-level folder.

use std::collections::BTreeSet;

use crate::markdown::Markdown;
use crate::tree::{File, REPOSITORY, Tree, Violation, assert_found, assert_none};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "Makefile",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

fn missing_documents(tree: &Tree) -> Vec<&'static str> {
    DOCUMENTS.iter().copied().filter(|path| tree.file(path).is_none()).collect()
}

/// The Markdown files of the root.
pub(crate) fn top_level(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|file| file.path.ends_with(".md") && !file.path.contains('/'))
}

fn broken_links(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in top_level(tree) {
        for (line, link) in Markdown::read(&file.text).links() {
            let path = link.split('#').next().unwrap_or_default().trim_start_matches("./");
            let elsewhere = link.contains("://") || link.starts_with("mailto:") || path.is_empty();
            if !elsewhere && !tree.holds(path) {
                violations.push(file.violation(line, format!("links to {path}, which does not exist")));
            }
        }
    }
    violations
}

/// Every folder of the tree, from the root.
fn folders(tree: &Tree) -> BTreeSet<&str> {
    let parts =
        tree.files.iter().flat_map(|file| file.path.match_indices('/').map(|(at, _)| &file.path[..at]));
    parts.collect()
}

/// A path is named from the root, or from any folder when the text stands under that folder.
fn exists(tree: &Tree, folders: &BTreeSet<&str>, path: &str) -> bool {
    let ends =
        |known: &str| known == path || known.strip_suffix(path).is_some_and(|above| above.ends_with('/'));
    folders.iter().any(|folder| ends(folder)) || tree.files.iter().any(|file| ends(&file.path))
}

fn map_errors(tree: &Tree) -> Vec<Violation> {
    let Some(map) = tree.file("ARCHITECTURE.md") else { return Vec::new() };
    let folders = folders(tree);
    let markdown = Markdown::read(&map.text);
    let words = markdown
        .code
        .iter()
        .flat_map(|code| code.text.split([' ', ',', '(', ')']).map(|word| (code.line, word)));
    let words: Vec<(usize, &str)> = words.filter(|(_, word)| !word.is_empty()).collect();
    let mut violations = Vec::new();
    for folder in folders.iter().filter(|folder| !folder.contains('/') && !folder.starts_with('.')) {
        let names = |word: &str| {
            word.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !words.iter().any(|(_, word)| names(word)) {
            violations
                .push(map.violation(1, format!("does not name the folder `{folder}/`; say what it is for")));
        }
    }
    for (line, word) in words {
        let is_path = word.ends_with('/') || [".rs", ".md", ".toml"].iter().any(|end| word.ends_with(end));
        let path = word.trim_start_matches("./").trim_end_matches('/');
        let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c));
        if is_path && plain && !path.is_empty() && !exists(tree, &folders, path) {
            violations.push(map.violation(line, format!("names `{word}`, which does not exist")));
        }
    }
    violations
}

#[test]
fn the_top_level_documents_exist() {
    let missing = missing_documents(&REPOSITORY);
    assert!(missing.is_empty(), "write these files at the root: {}", missing.join(", "));
}

#[test]
fn links_lead_somewhere() {
    assert_none(&broken_links(&REPOSITORY));
}

#[test]
fn architecture_is_the_map_of_the_tree() {
    assert!(REPOSITORY.file("ARCHITECTURE.md").is_some(), "ARCHITECTURE.md is missing at the root");
    assert_none(&map_errors(&REPOSITORY));
}

#[test]
fn finds_missing_documents_and_broken_links() {
    let text = "[a](LICENSE-MIT) [b](https://example.com/x) [c](#d)\n[e](docs/) [f](src#g) [h](lost.md)";
    let tree = Tree::sample(&[("LICENSE-MIT", ""), ("README.md", text), ("src/lib.rs", "")]);
    assert_found(&broken_links(&tree), &[("README.md:2", "docs/"), ("README.md:2", "lost.md")]);
    assert_eq!(missing_documents(&tree).len(), DOCUMENTS.len() - 2);
}

#[test]
fn finds_a_folder_left_out_and_one_invented() {
    let map = "`core/` is pure, `core/src/model/`, `.ci/` too.
```
core/src/  model/ lost/ *.rs
```
`lib.rs`, `gone.rs`";
    let tree = Tree::sample(&[
        (".ci/run", ""),
        ("ARCHITECTURE.md", map),
        ("core-more/lib.rs", ""),
        ("core/src/model/mod.rs", ""),
    ]);
    let expected = [
        ("ARCHITECTURE.md:1", "core-more/"),
        ("ARCHITECTURE.md:3", "lost/"),
        ("ARCHITECTURE.md:5", "gone.rs"),
    ];
    assert_found(&map_errors(&tree), &expected);
}
