//! One server with a folder of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::programs;

/// The name of the database's superuser.
pub(crate) const USER: &str = "tester";
/// Only a part of the socket's name: nothing listens on the network.
pub(crate) const PORT: u16 = 5432;

/// Starts the server, waits until its input ends, stops the server and removes the folder. The input is a pipe from the
/// process of the tests, which the system closes however that process ends.
const WATCHER: &str = r#"
cd "$FOLDER" || exit 1
"$BIN/initdb" --pgdata=data --username="$SUPERUSER" --auth=trust --encoding=UTF8 --locale=C --no-sync >log 2>&1 &&
    "$BIN/pg_ctl" --pgdata=data --log=log --wait --options="$OPTIONS" start >>log 2>&1 &&
    echo ready
exec >/dev/null
cat >/dev/null
"$BIN/pg_ctl" --pgdata=data --wait --mode=immediate stop
cd /
rm -rf "$FOLDER"
"#;

/// A server that ends with the process.
#[derive(Debug)]
pub(crate) struct Cluster {
    watcher: Child,
    folder: PathBuf,
    programs: PathBuf,
    /// User and group to run as, where this process is root, under whom PostgreSQL refuses to run.
    run_as: Option<(u32, u32)>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let programs = programs::folder();
        let folder = tempfile::Builder::new().prefix("finance-postgres-").tempdir_in(place()).unwrap().keep();
        let root = std::fs::metadata(&folder).unwrap().uid() == 0;
        let run_as =
            root.then(|| unprivileged().expect("a user `postgres` or `nobody` to run PostgreSQL as"));
        if let Some((user, group)) = run_as {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let mut command = as_user("sh", run_as);
        command.args(["-c", WATCHER]).env("FOLDER", &folder).env("BIN", &programs).env("SUPERUSER", USER);
        command.env("OPTIONS", options(&folder));
        // A signal to the whole group of processes, as a terminal sends, must not end the watcher before its time.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut watcher = command.spawn().unwrap();
        let mut told = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut told).unwrap();
        if told.trim() != "ready" {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("PostgreSQL did not start:\n{log}");
        }
        Self { watcher, folder, programs, run_as }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn stop(&self) {
        self.control(&["--mode=immediate", "stop"]);
    }

    pub(crate) fn start_again(&self) {
        self.control(&["--log=log", &format!("--options={}", options(&self.folder)), "start"]);
    }

    fn control(&self, arguments: &[&str]) {
        let mut command = as_user(self.programs.join("pg_ctl"), self.run_as);
        command.current_dir(&self.folder).args(["--pgdata=data", "--wait", "--silent"]).args(arguments);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "pg_ctl {arguments:?}: {status}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// Where the folder is made: in memory, where making a database is several times faster, if there is room.
fn place() -> PathBuf {
    const IN_MEMORY: &str = "/dev/shm";
    const ENOUGH: u64 = 4 << 20;
    let told = Command::new("df").args(["-P", "-k", IN_MEMORY]).output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let free = told.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    let is_roomy = free.is_some_and(|kilobytes: u64| kilobytes >= ENOUGH);
    if is_roomy { IN_MEMORY.into() } else { std::env::temp_dir() }
}

/// Without waiting for the disk: what was committed survives the server, and need not survive the machine.
fn options(folder: &Path) -> String {
    let folder = folder.display();
    let settings = [
        "fsync=off",
        "full_page_writes=off",
        "max_connections=300",
        "shared_buffers=64MB",
        "listen_addresses=''",
        "max_prepared_transactions=0",
        "max_wal_size=256MB",
    ];
    let settings: Vec<String> = settings.iter().map(|setting| format!("-c {setting}")).collect();
    format!("-k '{folder}' -p {PORT} {}", settings.join(" "))
}

fn as_user(program: impl AsRef<std::ffi::OsStr>, run_as: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = run_as {
        command.uid(user).gid(group);
    }
    command
}

/// User and group of somebody without rights.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |flag: &str, name: &str| {
        let told = Command::new("id").args([flag, name]).output().ok()?;
        String::from_utf8_lossy(&told.stdout).trim().parse().ok()
    };
    ["postgres", "nobody"].into_iter().find_map(|name| Some((id("-u", name)?, id("-g", name)?)))
}
