//! Where PostgreSQL's programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with `initdb`, `pg_ctl` and `postgres`; the newest where there are several.
pub(crate) fn folder() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(told) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&told.stdout).trim().into());
    }
    for parent in ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"] {
        let versions = std::fs::read_dir(parent).into_iter().flatten().flatten();
        folders.extend(versions.map(|version| version.path().join("bin")));
    }
    // A wrapper or a link elsewhere leads to the programs' real folder.
    let real = |folder: PathBuf| folder.join("postgres").canonicalize().ok()?.parent().map(Path::to_owned);
    let folders = folders.into_iter().filter_map(real);
    let complete =
        folders.filter(|folder| ["initdb", "pg_ctl"].iter().all(|name| folder.join(name).is_file()));
    complete.max_by_key(|folder| version(folder)).unwrap_or_else(|| {
        panic!(
            "these tests need PostgreSQL's programs (initdb, pg_ctl, postgres) and found none: install them \
             (Debian and Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; \
             macOS: brew install postgresql@17), or let DATABASE_URL name a server to use"
        )
    })
}

/// The major version of the programs in a folder; 0 when they do not say.
fn version(folder: &Path) -> u32 {
    let told = Command::new(folder.join("postgres")).arg("--version").output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let digits = told.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap_or(0)
}
