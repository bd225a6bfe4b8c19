//! The server itself: databases apart from each other, restarts, and its end with the process.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postgres_server::PostgresServer;
use sqlx::Connection;

async fn count(database: &postgres_server::Database) -> i64 {
    let mut connection = database.connect().await;
    sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn every_database_is_empty_and_apart() {
    let server = PostgresServer::shared();
    let (one, other) = (server.database().await, server.database().await);
    for database in [&one, &other] {
        database.execute("CREATE TABLE kept (number INTEGER); INSERT INTO kept VALUES (1)").await;
    }
    assert_eq!((count(&one).await, count(&other).await), (1, 1));
    // The address alone leads there, too.
    let mut connection = sqlx::PgConnection::connect(&one.url()).await.unwrap();
    sqlx::query("DELETE FROM kept").execute(&mut connection).await.unwrap();
    assert_eq!((count(&one).await, count(&other).await), (0, 1));
}

#[tokio::test]
async fn prepared_databases_hold_what_was_prepared_and_are_apart() {
    let prepare = async |url: &str| {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        let sql = "CREATE TABLE kept (number INTEGER); INSERT INTO kept VALUES (1), (2)";
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    let server = PostgresServer::shared();
    let (one, other) = (server.prepared_database(prepare).await, server.prepared_database(prepare).await);
    assert_eq!((count(&one).await, count(&other).await), (2, 2));
    one.execute("DELETE FROM kept").await;
    let third = server.prepared_database(prepare).await;
    assert_eq!((count(&one).await, count(&other).await, count(&third).await), (0, 2, 2));
}

#[tokio::test]
async fn a_server_of_ones_own_stops_and_starts() {
    let server = PostgresServer::own();
    let database = server.database().await;
    database.execute("CREATE TABLE kept (number INTEGER); INSERT INTO kept VALUES (1)").await;
    let mut before = database.connect().await;
    server.stop();
    assert!(before.ping().await.is_err());
    server.start();
    assert_eq!(count(&database).await, 1);
    server.restart();
    assert_eq!(count(&database).await, 1);
}

/// The folder of a server, which its socket lies in.
async fn folder(database: &postgres_server::Database) -> PathBuf {
    let mut connection = database.connect().await;
    let sql = "SELECT setting FROM pg_settings WHERE name = 'unix_socket_directories'";
    sqlx::query_scalar::<_, String>(sql).fetch_one(&mut connection).await.unwrap().into()
}

#[tokio::test]
#[ignore = "the other end of a_killed_process_leaves_no_server, which starts it"]
async fn tells_its_folder_and_waits() {
    let server = PostgresServer::own();
    let folder = folder(&server.database().await).await;
    // Past the harness, which keeps what a test prints.
    std::fs::write("/dev/stderr", format!("{}\n", folder.display())).unwrap();
    std::future::pending::<()>().await;
}

#[test]
fn a_killed_process_leaves_no_server() {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["tells_its_folder_and_waits", "--exact", "--ignored", "--nocapture"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(process.stderr.take().unwrap()).read_line(&mut told).unwrap();
    let folder = Path::new(told.trim());
    let number = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let server = Path::new("/proc").join(number.lines().next().unwrap());
    let runs = || std::fs::read_to_string(server.join("stat")).is_ok_and(|stat| !stat.contains(") Z "));
    assert!(runs());
    process.kill().unwrap();
    process.wait().unwrap();
    // The folder goes last. Whoever waits for ever here has found that it does not.
    while folder.exists() {
        std::thread::yield_now();
    }
    assert!(!runs(), "{told}");
}
