//! The files of the repository, and what a rule says about them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The repository this test was built from.
pub(crate) static REPOSITORY: LazyLock<Tree> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up is the root");
    Tree::read(root)
});

/// One file. Paths are relative to the root, with `/`; a file that is not UTF-8 has no text.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The first line that starts with `prefix` after its indentation; 1 when there is none.
    pub(crate) fn line_of(&self, prefix: &str) -> usize {
        self.text.lines().position(|line| line.trim_start().starts_with(prefix)).map_or(1, |at| at + 1)
    }

    pub(crate) fn violation(&self, line: usize, what: impl Into<String>) -> Violation {
        Violation { path: self.path.clone(), line, what: what.into() }
    }
}

/// A set of files, sorted by path.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// The files that git tracks or would add, or without git all that are not hidden and not built.
    fn read(root: &Path) -> Self {
        let mut paths = listed_by_git(root).unwrap_or_else(|| walked(root));
        paths.sort();
        paths.dedup();
        let file = |path: String| {
            let bytes = std::fs::read(root.join(&path)).ok()?;
            Some(File { path, text: String::from_utf8(bytes).unwrap_or_default() })
        };
        Self { files: paths.into_iter().filter_map(file).collect() }
    }

    /// A sample of paths and texts.
    pub(crate) fn sample(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.to_owned(), text: text.to_owned() };
        Self { files: files.iter().map(file).collect() }
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn holds(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.files.iter().any(|file| {
            file.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let names = String::from_utf8(listing.stdout).ok()?;
    let paths: Vec<String> = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (listing.status.success() && !paths.is_empty()).then_some(paths)
}

fn walked(root: &Path) -> Vec<String> {
    let mut folders = vec![PathBuf::new()];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).expect("a folder of the repository can be read") {
            let entry = entry.expect("an entry of the repository can be read");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            if entry.path().is_file() {
                paths.push(path.to_string_lossy().replace('\\', "/"));
            } else if !name.starts_with('.') && name != "target" {
                folders.push(path);
            }
        }
    }
    paths
}

/// One place that breaks a rule, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Fails with every violation, one a line.
#[track_caller]
pub(crate) fn assert_none(violations: &[Violation]) {
    let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} to put right:\n{}", list.len(), list.join("\n"));
}

/// Fails unless the violations, in order, are at these places and say these words: `("path:line", "word")`.
#[track_caller]
pub(crate) fn assert_found(violations: &[Violation], expected: &[(&str, &str)]) {
    let list: Vec<String> = violations.iter().map(ToString::to_string).collect();
    let fits = |(found, (place, word)): (&String, &(&str, &str))| {
        found.strip_prefix(place).is_some_and(|rest| rest.starts_with(": ") && rest.contains(word))
    };
    assert!(
        list.len() == expected.len() && list.iter().zip(expected).all(fits),
        "found {list:#?}\nexpected {expected:#?}"
    );
}

#[test]
fn the_tree_is_this_repository() {
    assert!(REPOSITORY.holds("Cargo.toml") && REPOSITORY.holds("finance-core/src/lib.rs"));
    assert!(REPOSITORY.holds("tests/repository") && !REPOSITORY.holds("tests/repo"));
    assert!(!REPOSITORY.holds("target"), "built files are no part of the repository");
}

#[test]
fn without_git_the_walk_finds_the_same_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let sources = walked(&root);
    assert!(sources.contains(&"it/tree.rs".to_owned()) && sources.contains(&"it/main.rs".to_owned()));
}
