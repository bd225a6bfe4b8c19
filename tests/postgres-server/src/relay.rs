//! What lies between a store and a server, and cuts a connection at the instant that a test names.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{Database, PostgresServer};

/// The name of a socket is made of this.
const PORT: u16 = 5432;
/// What a client sends first when it would like to have TLS; the server's answer is one byte.
const TLS_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// Where a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a test tries each")]
pub enum Cut {
    /// The `COMMIT` does not reach the server.
    BeforeCommit,
    /// The server commits, and its answer reaches nobody.
    BeforeAnswer,
}

/// Passes on what clients and a server tell each other, until it shall not.
#[derive(Debug)]
pub struct Relay {
    folder: TempDir,
    plan: Arc<Plan>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Plan {
    /// The next one, and whether nothing more passes afterwards.
    next: Mutex<Option<(Cut, bool)>>,
    cuts: AtomicU64,
    is_closed: watch::Sender<bool>,
}

impl Relay {
    /// A relay to a server of the test's own. It takes a runtime, and ends when it is dropped.
    pub fn to(server: &PostgresServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(socket(PORT))).unwrap();
        let plan = Arc::new(Plan {
            next: Mutex::new(None),
            cuts: AtomicU64::new(0),
            is_closed: watch::Sender::new(false),
        });
        let target = server.folder().join(socket(server.cluster().port()));
        let shared = plan.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (plan, target) = (shared.clone(), target.clone());
                if !*plan.is_closed.borrow() {
                    tokio::spawn(async move { plan.pass(client, UnixStream::connect(target).await?).await });
                }
            }
        });
        Self { folder, plan, task }
    }

    /// The address of a database by way of the relay.
    pub fn url(&self, database: &Database) -> String {
        database.url_by(self.folder.path(), PORT)
    }

    /// Cuts the connection that commits next. If nothing more shall pass then, every other one ends with it and no new one is
    /// made.
    pub fn cut_next_commit(&self, cut: Cut, then_nothing: bool) {
        *self.plan.next() = Some((cut, then_nothing));
    }

    /// Lets everything pass again.
    pub fn open(&self) {
        self.plan.is_closed.send_replace(false);
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.plan.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Plan {
    fn next(&self) -> std::sync::MutexGuard<'_, Option<(Cut, bool)>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self, then_nothing: bool) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
        if then_nothing {
            self.is_closed.send_replace(true);
        }
    }

    async fn pass(&self, client: UnixStream, server: UnixStream) -> std::io::Result<()> {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        // Set before the server hears of the commit that shall be the last.
        let unanswered = Mutex::new(None);
        let up = async {
            let mut begun = false;
            loop {
                let message = message(&mut from_client, &mut begun).await?;
                let cut = if is_commit(&message) { self.next().take() } else { None };
                match cut {
                    Some((Cut::BeforeCommit, then_nothing)) => {
                        self.cut(then_nothing);
                        return Ok(());
                    }
                    Some((Cut::BeforeAnswer, then_nothing)) => {
                        *unanswered.lock().unwrap_or_else(PoisonError::into_inner) = Some(then_nothing);
                    }
                    None => {}
                }
                to_server.write_all(&message).await?;
            }
        };
        let down = async {
            let mut buffer = vec![0; 1 << 16];
            loop {
                let count = from_server.read(&mut buffer).await?;
                if let Some(then_nothing) = *unanswered.lock().unwrap_or_else(PoisonError::into_inner) {
                    self.cut(then_nothing);
                    return Ok(());
                }
                if count == 0 {
                    return Ok(());
                }
                to_client.write_all(&buffer[..count]).await?;
            }
        };
        let mut is_closed = self.is_closed.subscribe();
        let closing = async {
            let _ = is_closed.wait_for(|closed| *closed).await;
            Ok(())
        };
        tokio::select! { ended = up => ended, ended = down => ended, ended = closing => ended }
    }
}

/// The next message of a client. The first ones have no letter that says what they are.
async fn message(client: &mut OwnedReadHalf, begun: &mut bool) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; if *begun { 5 } else { 4 }];
    client.read_exact(&mut message).await?;
    let length: [u8; 4] = message[message.len() - 4..].try_into().unwrap();
    let rest = u32::from_be_bytes(length) as usize - length.len();
    let head = message.len();
    message.resize(head + rest, 0);
    client.read_exact(&mut message[head..]).await?;
    *begun = *begun || message.get(4..8) != Some(&TLS_REQUEST);
    Ok(message)
}

fn is_commit(message: &[u8]) -> bool {
    message.first() == Some(&b'Q') && message.get(5..).is_some_and(|text| text.starts_with(b"COMMIT"))
}

fn socket(port: u16) -> String {
    format!(".s.PGSQL.{port}")
}
