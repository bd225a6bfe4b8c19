//! What the documents tell a reader to type works: make targets, examples, packages, features and versions.

use toml::{Table, Value};

use crate::crates::{Manifest, Workspace};
use crate::links::top_level;
use crate::markdown::Markdown;
use crate::tree::{File, REPOSITORY, Tree, Violation, assert_found, assert_none};

fn make_targets(tree: &Tree) -> Vec<&str> {
    let makefile = tree.file("Makefile").map_or("", |file| file.text.as_str());
    let rules = makefile.lines().filter(|line| !line.starts_with(['\t', '#', '.', ' ']));
    let rules =
        rules.filter_map(|line| line.split_once(':')).filter(|(_, rest)| !rest.starts_with(['=', ':']));
    rules.flat_map(|(targets, _)| targets.split_whitespace()).collect()
}

/// Whether cargo finds an example: one the manifest of `examples` names, or a file in `examples/examples`.
fn has_example(tree: &Tree, workspace: &Workspace<'_>, name: &str) -> bool {
    let entries = workspace.named("examples").and_then(|examples| examples.at("example")?.as_array());
    let text =
        |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let declared = |entry: &Value| {
        text(entry, "name") == name && tree.holds(&format!("examples/{}", text(entry, "path")))
    };
    entries.into_iter().flatten().any(declared) || tree.holds(&format!("examples/examples/{name}.rs"))
}

/// What is wrong with one command line, if it is one of `make` or `cargo`.
fn command_errors(tree: &Tree, workspace: &Workspace<'_>, command: &str) -> Vec<String> {
    let words = command.trim_start_matches("$ ").split_whitespace().take_while(|word| !word.starts_with('#'));
    let words: Vec<&str> = words.skip_while(|word| word.contains('=')).collect();
    let targets = make_targets(tree);
    match words.split_first() {
        Some((&"make", named)) => {
            let missing = named.iter().filter(|word| !word.starts_with('-') && !word.contains('='));
            let missing = missing.filter(|word| !targets.contains(*word));
            missing.map(|target| format!("`make {target}`: the Makefile has no such target")).collect()
        }
        Some((&"cargo", named)) => {
            let check = |pair: &[&str]| match *pair {
                ["--example", name] if !has_example(tree, workspace, name) => {
                    Some(format!("`--example {name}`: the folder examples has no such example"))
                }
                ["-p" | "--package", name] if workspace.named(name).is_none() => {
                    Some(format!("`-p {name}`: the workspace has no such package"))
                }
                _ => None,
            };
            named
                .split(|word| *word == "--")
                .take(1)
                .flat_map(|own| own.windows(2).filter_map(check))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn broken_commands(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let mut violations = Vec::new();
    for file in top_level(tree).filter(|file| file.path != "CHANGELOG.md") {
        for code in Markdown::read(&file.text).code {
            for command in code.text.split("&&").flat_map(|part| part.split([';', '|'])) {
                let errors = command_errors(tree, &workspace, command.trim());
                violations.extend(errors.into_iter().map(|what| file.violation(code.line, what)));
            }
        }
    }
    violations
}

/// Whether a shorter version, as a reader may write it, means the same as the workspace's.
fn agrees(said: &str, stated: &str) -> bool {
    stated.strip_prefix(said).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn version(spec: &Value) -> Option<&str> {
    spec.as_str().or_else(|| spec.get("version")?.as_str())
}

fn dependency_errors(workspace: &Workspace<'_>, key: &str, spec: &Value) -> Vec<String> {
    let ours: Option<&Manifest<'_>> = workspace.named(key);
    let stated = match ours {
        Some(_) => workspace.root.at("workspace.package.version"),
        None => workspace.root.at("workspace.dependencies").and_then(|all| all.get(key)),
    };
    let mut errors = Vec::new();
    if let (Some(said), Some(stated)) = (version(spec), stated.and_then(version))
        && !agrees(said, stated)
    {
        errors.push(format!("{key} is said to be {said}, the workspace has {stated}"));
    }
    let features =
        spec.get("features").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for feature in features {
        if ours
            .is_some_and(|manifest| manifest.at("features").is_none_or(|known| known.get(feature).is_none()))
        {
            errors.push(format!("{key} has no feature {feature}"));
        }
    }
    errors
}

fn snippet_errors(workspace: &Workspace<'_>, file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    for block in Markdown::read(&file.text).blocks.iter().filter(|block| block.language == "toml") {
        let Ok(table) = block.text.parse::<Table>() else {
            violations.push(file.violation(block.line, "this block is no TOML"));
            continue;
        };
        let sections = ["dependencies", "dev-dependencies"].map(|section| table.get(section)?.as_table());
        let loose = sections.iter().all(Option::is_none).then_some(&table);
        for (key, spec) in sections.into_iter().flatten().chain(loose).flatten() {
            let line =
                block.text.lines().position(|line| line.trim_start().starts_with(key.as_str())).unwrap_or(0);
            let errors = dependency_errors(workspace, key, spec);
            violations.extend(errors.into_iter().map(|what| file.violation(block.line + line, what)));
        }
    }
    violations
}

fn broken_snippets(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    top_level(tree).flat_map(|file| snippet_errors(&workspace, file)).collect()
}

#[test]
fn commands_in_the_documents_exist() {
    assert_none(&broken_commands(&REPOSITORY));
}

#[test]
fn dependencies_in_the_documents_are_the_workspaces() {
    assert_none(&broken_snippets(&REPOSITORY));
}

#[test]
fn finds_commands_that_do_not_exist() {
    let readme = "Run `make test lint`, make sure, `make bench`.
```sh
$ X=1 make -j2 all # make none
cargo run --example first && cargo run --example lost -- --example any
cargo test -p benches -p nobody
```
`cargo run --example second --example third`";
    let examples = r#"
[[example]]
name = "first"
path = "first.rs"
[[example]]
name = "third"
path = "third.rs""#;
    let tree = Tree::sample(&[
        ("Cargo.toml", ""),
        ("Makefile", "A := b\n.PHONY: test\ntest lint: all ## all tests\n\techo: x\nall:\n"),
        ("README.md", readme),
        ("benches/Cargo.toml", ""),
        ("examples/Cargo.toml", examples),
        ("examples/examples/second.rs", ""),
        ("examples/first.rs", ""),
    ]);
    let expected = [
        ("README.md:1", "make bench"),
        ("README.md:4", "lost"),
        ("README.md:5", "nobody"),
        ("README.md:7", "third"),
    ];
    assert_found(&broken_commands(&tree), &expected);
}

#[test]
fn finds_versions_and_features_that_are_not_ours() {
    let readme = r#"```toml
[dependencies]
finance-core = { version = "0.2", features = ["conformance"] }
finance-store = { git = "https://example.com/x", features = ["oracle"] }
tokio = "1"
serde = { version = "2" }
other = "9"
```
```toml
x =
```
```toml
tokio = "1.5"
```"#;
    let root = r#"
[workspace.package]
version = "0.1.0"
[workspace.dependencies]
tokio = "1.54.1"
serde = { version = "1.0" }"#;
    let tree = Tree::sample(&[
        ("Cargo.toml", root),
        ("README.md", readme),
        ("finance-core/Cargo.toml", "[features]\nconformance = []"),
        ("finance-store/Cargo.toml", ""),
    ]);
    let expected = [
        ("README.md:3", "0.2"),
        ("README.md:4", "oracle"),
        ("README.md:6", "serde"),
        ("README.md:10", "no TOML"),
        ("README.md:13", "1.5"),
    ];
    assert_found(&broken_snippets(&tree), &expected);
}
