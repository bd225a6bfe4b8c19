//! One server with a folder of its own.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::{ServerOptions, programs};

/// The name of the database's superuser.
pub(crate) const USER: &str = "tester";
/// Only a part of the socket's name, unless the server listens on the network.
const PORT: u16 = 5432;

/// Starts the server, does line by line what it is told, until its input ends, and then stops the server and removes the folder.
/// The input is a pipe from the process of the tests, which the system closes however that process ends. A disk of the server's
/// own is memory, in a namespace of its own; there the server runs as nobody, since root is who it refuses to run as.
const WATCHER: &str = r#"
cd "$FOLDER" || exit 1
if [ -n "$MEGABYTES" ]; then
    mkdir data && mount -t tmpfs -o "size=${MEGABYTES}m" none data || exit 1
    as_nobody="unshare --user --map-user=65534 --map-group=65534"
fi
start() { $as_nobody "$BIN/pg_ctl" --pgdata=data --log=log --wait --options="$OPTIONS" start; }
stop() { $as_nobody "$BIN/pg_ctl" --pgdata=data --wait --mode=immediate stop; }
restart() { stop; start; }
fill() { head --bytes=1T /dev/zero >data/ballast; [ -s data/ballast ]; }
empty() { rm data/ballast; }
$as_nobody "$BIN/initdb" --pgdata=data --username="$SUPERUSER" --auth=trust --encoding=UTF8 --locale=C --no-sync $INIT >log 2>&1 &&
    { [ ! -e access ] || cp access data/pg_hba.conf; } &&
    start >>log 2>&1 &&
    echo ready
while read -r line; do
    $line >>log 2>&1 </dev/null
    echo "$?"
done
exec >/dev/null
stop
if [ -n "$MEGABYTES" ]; then umount data; fi
cd /
rm -rf "$FOLDER"
"#;

/// A server that ends with the process.
#[derive(Debug)]
pub(crate) struct Cluster {
    watcher: Child,
    told: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    pub(crate) fn start(options: &ServerOptions) -> Self {
        let programs = programs::folder();
        let folder = tempfile::Builder::new().prefix("finance-postgres-").tempdir_in(place()).unwrap().keep();
        let run_as = run_as(&folder);
        for (name, bytes) in &options.files {
            let file = folder.join(name);
            let mut open = std::fs::File::options();
            open.write(true).create_new(true).mode(0o600).open(&file).unwrap().write_all(bytes).unwrap();
            own(&file, run_as);
        }
        let port = options.port.unwrap_or(PORT);
        let mut command = match options.disk_megabytes {
            Some(megabytes) => {
                let mut command = as_user("unshare", run_as);
                command.args(["--user", "--map-root-user", "--mount", "sh"]);
                // Log segments of a megabyte, so that the disk holds several.
                command.env("MEGABYTES", megabytes.to_string()).env("INIT", "--wal-segsize=1");
                command
            }
            None => as_user("sh", run_as),
        };
        command.args(["-c", WATCHER]).env("FOLDER", &folder).env("BIN", &programs).env("SUPERUSER", USER);
        command.env("OPTIONS", settings(&folder, port, options));
        // A signal to the whole group of processes, as a terminal sends, must not end the watcher before its time.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut watcher = command.spawn().unwrap();
        let mut answers = BufReader::new(watcher.stdout.take().unwrap());
        let orders = watcher.stdin.take().unwrap();
        // What is told before it is ready is done when it is.
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        if answer.trim() != "ready" {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("PostgreSQL did not start:\n{log}");
        }
        Self { watcher, told: Mutex::new(Some((orders, answers))), folder, port }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Has the watcher do something: `start`, `stop`, `restart`, or `fill` and `empty` its disk.
    pub(crate) fn order(&self, order: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (orders, answers) = told.as_mut().unwrap();
        writeln!(orders, "{order}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert_eq!(answer.trim(), "0", "{order}:\n{}", log());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.told.lock().unwrap_or_else(PoisonError::into_inner).take());
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
fn settings(folder: &Path, port: u16, options: &ServerOptions) -> String {
    let folder = folder.display();
    let settings = [
        "fsync=off",
        "full_page_writes=off",
        "max_connections=300",
        "shared_buffers=64MB",
        if options.port.is_some() { "listen_addresses=127.0.0.1" } else { "listen_addresses=''" },
        "max_prepared_transactions=0",
        "max_wal_size=256MB",
    ];
    let further = options.settings.iter().map(String::as_str);
    let settings: Vec<String> = settings.into_iter().chain(further).map(|s| format!("-c {s}")).collect();
    format!("-k '{folder}' -p {port} {}", settings.join(" "))
}

/// User and group to run as, where this process is root, under whom PostgreSQL and its poolers refuse to run. They own the folder.
pub(crate) fn run_as(folder: &Path) -> Option<(u32, u32)> {
    let is_root = std::fs::metadata(folder).unwrap().uid() == 0;
    let run_as = is_root.then(|| unprivileged().expect("a user `postgres` or `nobody` to run PostgreSQL as"));
    own(folder, run_as);
    run_as
}

fn own(path: &Path, owner: Option<(u32, u32)>) {
    if let Some((user, group)) = owner {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

pub(crate) fn as_user(program: impl AsRef<std::ffi::OsStr>, run_as: Option<(u32, u32)>) -> Command {
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
