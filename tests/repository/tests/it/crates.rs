//! Every crate of the tree: its manifest, its floor, its files.

use toml::{Table, Value};

use crate::tree::{File, Tree};

/// What a crate is for. Some rules hold for some roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Library,
    Simulator,
    Examples,
    /// Benches and tests.
    Checks,
}

/// What a folder's crate is and which crates of this workspace it may depend on; `None` is any.
#[derive(Debug)]
pub(crate) struct Floor {
    folder: &'static str,
    pub(crate) role: Role,
    pub(crate) may_use: Option<&'static [&'static str]>,
}

const FLOORS: &[Floor] = &[
    Floor { folder: "finance-core", role: Role::Library, may_use: Some(&[]) },
    Floor { folder: "finance-plaid", role: Role::Library, may_use: Some(&["finance-core"]) },
    // The server is for its tests.
    Floor {
        folder: "finance-store",
        role: Role::Library,
        may_use: Some(&["finance-core", "postgres-server"]),
    },
    Floor {
        folder: "bindings/*",
        role: Role::Library,
        may_use: Some(&["finance-core", "finance-plaid", "finance-store"]),
    },
    Floor { folder: "tests/plaid-simulator", role: Role::Simulator, may_use: Some(&[]) },
    Floor { folder: "tests/postgres-server", role: Role::Checks, may_use: Some(&[]) },
    Floor { folder: "examples", role: Role::Examples, may_use: None },
    Floor { folder: "benches", role: Role::Checks, may_use: None },
    Floor { folder: "tests/*", role: Role::Checks, may_use: None },
];

impl Floor {
    /// The floor of a folder; the first line of the table that fits.
    pub(crate) fn of(folder: &str) -> Option<&'static Self> {
        FLOORS.iter().find(|floor| match floor.folder.strip_suffix("/*") {
            Some(parent) => folder.rsplit_once('/').is_some_and(|(above, _)| above == parent),
            None => floor.folder == folder,
        })
    }
}

/// A manifest and the folder it stands in; the root's folder is empty.
#[derive(Debug)]
pub(crate) struct Manifest<'a> {
    pub(crate) file: &'a File,
    pub(crate) folder: &'a str,
    pub(crate) table: Table,
}

/// One dependency as a manifest writes it.
#[derive(Debug)]
pub(crate) struct Dependency<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: &'a Value,
}

impl Manifest<'_> {
    /// The value at a dotted path.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        let mut keys = path.split('.');
        let first = self.table.get(keys.next()?);
        keys.fold(first, |value, key| value?.get(key))
    }

    /// The folder's own name, which the package must have too.
    pub(crate) fn folder_name(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or_default()
    }

    /// Normal, development and build dependencies, those of single targets included.
    pub(crate) fn dependencies(&self) -> Vec<Dependency<'_>> {
        let targets = self.table.get("target").and_then(Value::as_table);
        let targets = targets.into_iter().flat_map(|table| table.values().filter_map(Value::as_table));
        let mut all = Vec::new();
        for table in std::iter::once(&self.table).chain(targets) {
            for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let entries = table.get(section).and_then(Value::as_table).into_iter().flatten();
                all.extend(entries.map(|(key, value)| Dependency { key, value }));
            }
        }
        all
    }
}

/// The root's manifest and those of all other folders, members of the workspace or not, but for those that it excludes.
#[derive(Debug)]
pub(crate) struct Workspace<'a> {
    pub(crate) root: Manifest<'a>,
    pub(crate) crates: Vec<Manifest<'a>>,
}

impl<'a> Workspace<'a> {
    pub(crate) fn of(tree: &'a Tree) -> Self {
        let mut manifests = Vec::new();
        for file in &tree.files {
            if let Some(folder) = file.path.strip_suffix("Cargo.toml") {
                let table = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
                manifests.push(Manifest { file, folder: folder.trim_end_matches('/'), table });
            }
        }
        let root = manifests.iter().position(|manifest| manifest.folder.is_empty());
        let root = manifests.remove(root.expect("the root has a Cargo.toml"));
        let excluded = root.at("workspace.exclude").and_then(Value::as_array).cloned().unwrap_or_default();
        manifests.retain(|manifest| !excluded.iter().any(|folder| folder.as_str() == Some(manifest.folder)));
        Self { root, crates: manifests }
    }

    pub(crate) fn named(&self, package: &str) -> Option<&Manifest<'a>> {
        self.crates.iter().find(|manifest| manifest.folder_name() == package)
    }

    /// The other crates of this workspace that a crate depends on, and how its manifest calls them. A crate that
    /// depends on itself, to have its own features in its tests, stays on its floor.
    pub(crate) fn uses<'m>(&'m self, manifest: &'m Manifest<'_>) -> Vec<(&'m Manifest<'a>, &'m str)> {
        let package = |dependency: &Dependency<'m>| {
            let renamed = dependency.value.get("package").and_then(Value::as_str);
            let shared = self.root.at("workspace.dependencies").and_then(|all| all.get(dependency.key));
            let renamed = renamed.or_else(|| shared?.get("package")?.as_str());
            let used = self.named(renamed.unwrap_or(dependency.key))?;
            (used.folder != manifest.folder).then_some((used, dependency.key))
        };
        manifest.dependencies().iter().filter_map(package).collect()
    }
}

/// The crates' own code in these roles: no integration tests, no benches, no files of unit tests.
pub(crate) fn sources<'a>(tree: &'a Tree, roles: &[Role]) -> Vec<(Role, &'a File)> {
    let role = |file: &File| {
        let folders = file.path.match_indices('/').map(|(at, _)| &file.path[..at]);
        let (folder, floor) = folders.filter_map(|folder| Some((folder, Floor::of(folder)?))).next_back()?;
        let inside = &file.path[folder.len() + 1..];
        let tests = inside.starts_with("tests/") || inside.starts_with("benches/");
        let tests = tests || inside.ends_with("/tests.rs");
        (inside.ends_with(".rs") && !tests && roles.contains(&floor.role)).then_some(floor.role)
    };
    tree.files.iter().filter_map(|file| Some((role(file)?, file))).collect()
}

#[test]
fn a_folder_has_the_first_floor_that_fits() {
    let role = |folder| Floor::of(folder).map(|floor| floor.role);
    assert_eq!(role("tests/plaid-simulator"), Some(Role::Simulator));
    assert_eq!(role("tests/scenarios"), Some(Role::Checks));
    assert_eq!(role("bindings/python"), Some(Role::Library));
    assert_eq!(role("bindings/python/deeper"), None);
    assert_eq!(role("finance-other"), None);
}

#[test]
fn sources_are_a_crates_own_code() {
    let tree = Tree::sample(&[
        ("finance-core/src/sync/planner.rs", ""),
        ("finance-core/src/sync/planner/tests.rs", ""),
        ("finance-core/tests/it/main.rs", ""),
        ("tests/plaid-simulator/src/world/row.rs", ""),
        ("tests/plaid-simulator/tests/server.rs", ""),
        ("tests/repository/src/lib.rs", ""),
    ]);
    let found = sources(&tree, &[Role::Library, Role::Simulator]);
    let paths: Vec<&str> = found.iter().map(|(_, file)| file.path.as_str()).collect();
    assert_eq!(paths, ["finance-core/src/sync/planner.rs", "tests/plaid-simulator/src/world/row.rs"]);
}
