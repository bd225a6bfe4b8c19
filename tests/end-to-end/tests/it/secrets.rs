//! What a run used as a secret is nowhere to be read afterwards.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use end_to_end::{Books, World};
use finance_core::{AccessToken, LinkOptions};
use finance_store::{ConnectOptions, TokenKeys};
use plaid_simulator::{Advance, SimulatorOptions};
use postgres_server::{PostgresServer, ServerOptions};

#[tokio::test]
async fn no_secret_shows_in_debug_or_errors() {
    let world = World::new(Books::InSqlite, SimulatorOptions::default(), 100).await;
    let (request, item) = world.sign_in("user_good", None).await;
    let public_token = request.public_token.expose().to_owned();
    let mut shown = format!("{request:?}");
    let linked = world.engine.link(&world.user, request).await.unwrap();
    shown += &format!("{linked:?} {:?} {:?}", world.engine, world.provider);
    let access_token = world.control.connection(&item).unwrap().access_token.unwrap();
    let stored = world.store.access_token(&world.user, linked.connection.id).await.unwrap();
    assert_eq!(stored.expose(), access_token);
    shown += &format!("{stored:?}");
    let link = world.engine.create_link_token(&world.user, &LinkOptions::new("Test")).await.unwrap();
    shown += &format!("{link:?}");

    world.provider.client().item_access_token_invalidate(&stored).await.unwrap();
    let error = world.sync(linked.connection.id).await.error.unwrap();
    shown += &format!("{error:?} {error}");
    for secret in [&access_token, &public_token, link.token.expose(), "test-secret-not-real"] {
        assert!(!shown.contains(secret), "a secret shows");
    }
    // The simulator sees secrets in headers and bodies; its journal is what a log of requests would be.
    let journal = format!("{:?}", world.control.journal(None));
    assert!(!journal.contains("test-secret-not-real") && !journal.contains(&access_token));
}

/// A key that would be found wherever it lay.
const KEY: &str = "fake-key-of-the-test-not-real-01";

/// The files below these folders that hold this text, whatever else is in them.
fn files_with(text: &str, folders: &[&Path]) -> Vec<String> {
    let mut command = Command::new("grep");
    command.args([
        "--recursive",
        "--files-with-matches",
        "--text",
        "--fixed-strings",
        "--devices=skip",
        "-e",
        text,
    ]);
    let found = command.args(folders).env("LC_ALL", "C").output().unwrap();
    assert!(found.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&found.stderr));
    String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned).collect()
}

/// The bytes themselves, and as a log or a dump would write them.
fn spellings(secret: &str) -> [String; 4] {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret);
    [secret.to_owned(), hex.to_uppercase(), hex, base64]
}

#[tokio::test]
async fn no_secret_is_in_the_database_its_files_or_the_log_of_its_server() {
    // A server that logs every statement with every value.
    let settings = ["log_statement=all", "log_parameter_max_length=-1", "log_min_duration_statement=0"];
    let settings = settings.map(str::to_owned).to_vec();
    let server = PostgresServer::own_with(&ServerOptions { settings, ..ServerOptions::default() });
    let database = server.database().await;
    let token_keys = Some(TokenKeys::new("key-of-the-test", KEY.as_bytes().try_into().unwrap()));
    let options = ConnectOptions { token_keys, ..ConnectOptions::default() };
    let store = finance_store::connect(&database.url(), options).await.unwrap();
    let world = World::over(store, SimulatorOptions::default(), 100).await;

    let (request, item) = world.sign_in("user_good", None).await;
    let public_token = request.public_token.expose().to_owned();
    let linked = world.engine.link(&world.user, request).await.unwrap();
    let link = world.engine.create_link_token(&world.user, &LinkOptions::new("Test")).await.unwrap();
    let access_token = world.control.connection(&item).unwrap().access_token.unwrap();
    world.control.advance(&Advance { days: 3, seed: 1, item: None }).unwrap();
    world.sync_until_whole(linked.connection.id).await;
    let replaced = "access-sandbox-fake-replaced";
    world
        .store
        .replace_access_token(&world.user, linked.connection.id, &AccessToken::new(replaced))
        .await
        .unwrap();
    assert!(world.sync(linked.connection.id).await.error.is_some());

    let mut connection = database.connect().await;
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE tablename LIKE 'finance\\_%'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let dump = tempfile::tempdir().unwrap();
    for table in tables {
        let sql =
            sqlx::AssertSqlSafe(format!("SELECT coalesce(string_agg(t::text, chr(10)), '') FROM {table} t"));
        let text: String = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        std::fs::write(dump.path().join(table), text).unwrap();
    }
    sqlx::raw_sql("CHECKPOINT").execute(&mut connection).await.unwrap();
    let folders = [server.folder(), dump.path()];

    // What is no secret is found in tables, files, both logs, so a secret would be.
    let open = world.ledger().await.remove(0).provider.id.to_string();
    let places = files_with(&open, &folders);
    for part in ["/finance_transactions", "/base/", "/pg_wal/", "/log"] {
        assert!(places.iter().any(|place| place.contains(part)), "{part}: {places:?}");
    }
    let secrets = [&access_token, &public_token, link.token.expose(), "test-secret-not-real", replaced, KEY];
    for (number, secret) in secrets.into_iter().enumerate() {
        for spelling in spellings(secret) {
            let places = files_with(&spelling, &folders);
            assert!(places.is_empty(), "secret {number} is in {places:?}");
        }
    }
}
