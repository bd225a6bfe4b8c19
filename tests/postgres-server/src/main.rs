//! The server for tests in other languages: answers each line of its input with the address of a new, empty database, and drops
//! them all when its input ends.

use std::io::Write as _;

use postgres_server::PostgresServer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut databases = Vec::new();
    let mut stdout = std::io::stdout();
    for line in std::io::stdin().lines() {
        line?;
        let database = PostgresServer::shared().database().await;
        writeln!(stdout, "{}", database.url())?;
        stdout.flush()?;
        databases.push(database);
    }
    Ok(())
}
