//! Each fact of a manifest stands once, in the root.

use toml::Value;

use crate::crates::{Dependency, Manifest, Workspace};
use crate::tree::{File, REPOSITORY, Tree, Violation, assert_found, assert_none};

const INHERITED: &[&str] = &[
    "package.version",
    "package.edition",
    "package.rust-version",
    "package.license",
    "package.publish",
    "lints",
];

fn members(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let listed = workspace.root.at("workspace.members").and_then(Value::as_array);
    let listed = |folder| listed.into_iter().flatten().any(|member| member.as_str() == Some(folder));
    let mut violations = Vec::new();
    for Manifest { file, folder, table } in &workspace.crates {
        if !listed(folder) {
            violations
                .push(file.violation(1, "is no member of the workspace; list it in the root's Cargo.toml"));
        }
        let name = table.get("package").and_then(|package| package.get("name")?.as_str());
        if name != folder.rsplit('/').next() {
            let what = format!("a package is called as its folder, not {}", name.unwrap_or("nothing"));
            violations.push(file.violation(file.line_of("name"), what));
        }
    }
    violations
}

fn is_inherited(value: Option<&Value>) -> bool {
    value.and_then(|value| value.get("workspace")?.as_bool()) == Some(true)
}

/// The crate that takes pointers from Python, in a function that says so.
const TAKES_POINTERS: &str = "bindings/python";

/// Whether the lints are those of the workspace, word for word, but for pointers where they are taken.
fn may_point(workspace: &Workspace<'_>, manifest: &Manifest<'_>) -> bool {
    let Some(mut lints) = workspace.root.at("workspace.lints").cloned() else { return false };
    if let Some(word) = lints.get_mut("rust").and_then(|rust| rust.get_mut("unsafe_code")) {
        *word = Value::String("deny".to_owned());
    }
    manifest.folder == TAKES_POINTERS && manifest.at("lints") == Some(&lints)
}

fn written_twice(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let workspace = Workspace::of(tree);
    for manifest in &workspace.crates {
        let file = manifest.file;
        for path in INHERITED {
            if !(is_inherited(manifest.at(path)) || *path == "lints" && may_point(&workspace, manifest)) {
                let key = path.rsplit('.').next().unwrap_or(path);
                let what = format!("{path} is inherited: write `{key}.workspace = true`");
                violations.push(file.violation(file.line_of(key), what));
            }
        }
        for Dependency { key, value } in manifest.dependencies() {
            if !is_inherited(Some(value)) {
                let what = format!("state {key} in the root's Cargo.toml and write `workspace = true` here");
                violations.push(file.violation(file.line_of(key), what));
            }
        }
    }
    violations
}

fn root_facts(tree: &Tree) -> Vec<Violation> {
    let root = Workspace::of(tree).root;
    let mut violations = Vec::new();
    if root.at("workspace.package.publish").and_then(Value::as_bool) != Some(false) {
        let what = "the crates' names belong to others on the public registries: keep `publish = false`";
        violations.push(root.file.violation(root.file.line_of("publish"), what));
    }
    if root.at("workspace.package.rust-version").and_then(Value::as_str).is_none() {
        violations.push(root.file.violation(1, "state rust-version once, under [workspace.package]"));
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        if tree.file(licence).is_none_or(|file| file.text.trim().is_empty()) {
            violations
                .push(root.file.violation(root.file.line_of("license"), format!("{licence} is missing")));
        }
    }
    violations
}

/// Words before a Rust version, wherever a person or a tool might read one.
const BEFORE_RUST_VERSION: &[&str] =
    &["Rust ", "rustc ", "MSRV ", "msrv = \"", "channel = \"", "rust-version = \""];

/// A changelog tells of other times.
fn may_name_rust_version(file: &File) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let kinds = [".md", ".toml", ".yml", ".yaml", "Makefile", "rust-toolchain"];
    name != "CHANGELOG.md" && kinds.iter().any(|kind| name.ends_with(kind))
}

fn other_rust_versions(tree: &Tree) -> Vec<Violation> {
    let root = Workspace::of(tree).root;
    let stated = root.at("workspace.package.rust-version").and_then(Value::as_str).unwrap_or_default();
    let mut violations = Vec::new();
    for file in tree.files.iter().filter(|file| may_name_rust_version(file)) {
        for (at, line) in file.text.lines().enumerate() {
            for before in BEFORE_RUST_VERSION {
                for (start, _) in line.match_indices(before) {
                    let rest = &line[start + before.len()..];
                    let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(rest.len());
                    let version = rest[..end].trim_end_matches('.');
                    if version.starts_with("1.") && version != stated {
                        let what = format!("says Rust {version}, the root's Cargo.toml says {stated}");
                        violations.push(file.violation(at + 1, what));
                    }
                }
            }
        }
    }
    violations
}

#[test]
fn every_crate_is_a_member_called_as_its_folder() {
    assert_none(&members(&REPOSITORY));
}

#[test]
fn versions_and_lints_stand_once() {
    assert_none(&written_twice(&REPOSITORY));
}

#[test]
fn nothing_is_published_and_the_licences_are_here() {
    assert_none(&root_facts(&REPOSITORY));
}

#[test]
fn the_rust_version_is_the_same_everywhere() {
    assert_none(&other_rust_versions(&REPOSITORY));
}

#[test]
fn finds_a_crate_outside_and_one_misnamed() {
    let tree = Tree::sample(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"benches\"]\nexclude = [\"tests/fuzz\"]"),
        ("benches/Cargo.toml", "[package]\nname = \"bench\""),
        ("bindings/python/Cargo.toml", "[package]\nname = \"python\""),
        ("tests/fuzz/Cargo.toml", "[package]\nname = \"fuzz\""),
    ]);
    let expected = [("benches/Cargo.toml:2", "not bench"), ("bindings/python/Cargo.toml:1", "no member")];
    assert_found(&members(&tree), &expected);
}

#[test]
fn one_crate_may_take_pointers_and_differs_in_nothing_else() {
    let inherited = "[package]\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
                     license.workspace = true\npublish.workspace = true\n";
    let crate_with = |lints: &str| format!("{inherited}{lints}");
    let pointers = crate_with("[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"");
    let careless = crate_with("[lints.rust]\nunsafe_code = \"deny\"");
    let root = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\"";
    for (folder, manifest, expected) in [
        ("bindings/python", &pointers, None),
        ("bindings/python", &careless, Some("lints is inherited")),
        ("benches", &pointers, Some("lints is inherited")),
    ] {
        let path = format!("{folder}/Cargo.toml");
        let tree = Tree::sample(&[("Cargo.toml", root), (&path, manifest)]);
        let found: Vec<String> = written_twice(&tree).iter().map(|violation| violation.to_string()).collect();
        assert_eq!(found.len(), usize::from(expected.is_some()), "{found:?}");
        assert!(
            found.iter().all(|found| expected.is_some_and(|expected| found.contains(expected))),
            "{found:?}"
        );
    }
}

#[test]
fn finds_what_is_written_twice() {
    let manifest = r#"[package]
name = "benches"
version = "0.1.0"
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish = false
[lints]
workspace = true
[dependencies]
serde = "1"
tokio = { workspace = true, features = ["rt"] }
[dev-dependencies]
toml = { path = "x" }"#;
    let tree = Tree::sample(&[("Cargo.toml", ""), ("benches/Cargo.toml", manifest)]);
    let expected = [
        ("benches/Cargo.toml:3", "version.workspace"),
        ("benches/Cargo.toml:7", "publish.workspace"),
        ("benches/Cargo.toml:11", "serde"),
        ("benches/Cargo.toml:14", "state toml"),
    ];
    assert_found(&written_twice(&tree), &expected);
}

#[test]
fn finds_missing_facts_of_the_root() {
    let tree = Tree::sample(&[("Cargo.toml", "[workspace.package]\npublish = true"), ("LICENSE-MIT", "x")]);
    let expected = [
        ("Cargo.toml:2", "publish = false"),
        ("Cargo.toml:1", "rust-version"),
        ("Cargo.toml:1", "LICENSE-APACHE"),
    ];
    assert_found(&root_facts(&tree), &expected);
}

#[test]
fn finds_another_rust_version() {
    let tree = Tree::sample(&[
        ("CHANGELOG.md", "Rust 1.80 is no longer enough."),
        ("Cargo.toml", "[workspace.package]\nrust-version = \"1.94\""),
        ("README.md", "Needs Rust 1.94.\nNot Rust 1.93, nor Rust 2021."),
        ("rust-toolchain.toml", "channel = \"1.90.0\""),
    ]);
    let expected = [("README.md:2", "1.93"), ("rust-toolchain.toml:1", "1.90.0")];
    assert_found(&other_rust_versions(&tree), &expected);
}
