//! PgBouncer in front of a server.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::cluster::{as_user, run_as};
use crate::{Database, PostgresServer};

const PORT: u16 = 6432;

/// Runs PgBouncer until its input ends, as the server's own watcher does.
const WATCHER: &str = r#"
cd "$FOLDER" || exit 1
PATH="$PATH:/usr/sbin"
pgbouncer --quiet settings >/dev/null 2>&1 &
pooler=$!
while [ ! -S .s.PGSQL.6432 ] && kill -0 $pooler 2>/dev/null; do sleep 0.05; done
[ ! -S .s.PGSQL.6432 ] || echo ready
exec >/dev/null
cat >/dev/null
kill $pooler
wait $pooler
cd /
rm -rf "$FOLDER"
"#;

/// For how long a client has a connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a test tries each")]
pub enum PoolerMode {
    /// As long as it stays.
    Session,
    /// For one transaction.
    Transaction,
}

/// A pooler that ends with this value or the process.
#[derive(Debug)]
pub struct Pooler {
    watcher: Child,
    folder: PathBuf,
}

impl Pooler {
    /// Puts a pooler with so many connections in front of a server of the test's own.
    pub fn start(server: &PostgresServer, mode: PoolerMode, connections: u32) -> Self {
        let folder = tempfile::Builder::new().prefix("finance-pooler-").tempdir().unwrap().keep();
        let (host, port) = (server.folder().display(), server.cluster().port());
        let mode = match mode {
            PoolerMode::Session => "session",
            PoolerMode::Transaction => "transaction",
        };
        let settings = format!(
            "[databases]\n* = host={host} port={port}\n[pgbouncer]\nunix_socket_dir = {}\nlisten_port = {PORT}\n\
             auth_type = any\npool_mode = {mode}\nmax_client_conn = 200\ndefault_pool_size = {connections}\n\
             logfile = log\n",
            folder.display()
        );
        // Any name may sign in at the pooler; the server is told this one.
        let settings = settings.replacen(
            &format!("port={port}"),
            &format!("port={port} user={}", crate::cluster::USER),
            1,
        );
        std::fs::write(folder.join("settings"), settings).unwrap();
        let mut command = as_user("sh", run_as(&folder));
        command.args(["-c", WATCHER]).env("FOLDER", &folder);
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut watcher = command.spawn().unwrap();
        let mut told = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut told).unwrap();
        if told.trim() != "ready" {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("PgBouncer did not start (Debian and Ubuntu: apt-get install pgbouncer):\n{log}");
        }
        Self { watcher, folder }
    }

    /// The address of a database by way of the pooler.
    pub fn url(&self, database: &Database) -> String {
        database.url_by(&self.folder, PORT)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}
