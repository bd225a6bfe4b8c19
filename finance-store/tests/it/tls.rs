//! TLS to the server, and who is let in.

use std::sync::Arc;

use finance_core::conformance::Linked;
use finance_core::conformance::samples::row;
use finance_core::{StoreErrorKind, TransactionQuery};
use finance_store::PostgresStore;
use postgres_server::{Database, PostgresServer, ServerOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::fixture::postgres_options;

const PASSWORD: &str = "fake-password-of-the-app";

/// A server that takes TLS with a password over the network, and nothing else there.
struct Guarded {
    server: PostgresServer,
    database: Database,
    port: u16,
    /// The certificate of who vouches for the server (`ca.pem`), and of somebody else (`other.pem`).
    files: TempDir,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Guarded {
    async fn start() -> Self {
        let (ca, other) = (authority(), authority());
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &ca).unwrap();
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("ca.pem"), ca.pem()).unwrap();
        std::fs::write(files.path().join("other.pem"), other.pem()).unwrap();
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = ["ssl=on", "ssl_cert_file=../server.pem", "ssl_key_file=../server.key"];
        let access = "local all all trust\nhostssl all app all scram-sha-256\n";
        let server = PostgresServer::own_with(&ServerOptions {
            settings: settings.map(str::to_owned).to_vec(),
            files: vec![
                ("server.pem", certificate.pem().into_bytes()),
                ("server.key", key.serialize_pem().into_bytes()),
                ("access", access.into()),
            ],
            port: Some(port),
            disk_megabytes: None,
        });
        let database = server.database().await;
        let sql = format!(
            "CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'; GRANT ALL ON SCHEMA public TO app; \
             DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO app', current_database()); END $$"
        );
        database.execute(&sql).await;
        Self { server, database, port, files }
    }

    /// The address over the network, with these settings.
    fn address(&self, host: &str, password: &str, settings: &str) -> String {
        let folder = self.files.path().display();
        let settings = settings.replace("FOLDER", &folder.to_string());
        format!("postgres://app:{password}@{host}:{}/{}?{settings}", self.port, self.database.name())
    }

    async fn refusal(&self, host: &str, password: &str, settings: &str) -> (StoreErrorKind, String) {
        let address = self.address(host, password, settings);
        let error = PostgresStore::connect(&address, postgres_options()).await.expect_err(settings);
        let everything = format!("{error} {error:?}");
        assert!(!everything.contains(PASSWORD) && !everything.contains(password), "{everything}");
        (error.kind(), error.to_string())
    }
}

#[tokio::test]
async fn over_tls_to_a_server_that_is_vouched_for() {
    let guarded = Guarded::start().await;
    let address = guarded.address("localhost", PASSWORD, "sslmode=verify-full&sslrootcert=FOLDER/ca.pem");
    let store = Arc::new(PostgresStore::connect(&address, postgres_options()).await.unwrap());
    assert!(!format!("{store:?}").contains(PASSWORD));
    let linked = Linked::new(store, "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1.00")]).await;
    assert_eq!(linked.list(&TransactionQuery::default()).await, ["tx"]);
    let mut connection = guarded.database.connect().await;
    let sql = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'app'";
    let encrypted: Option<bool> = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    assert_eq!(encrypted, Some(true));
    // The name of the host is not looked at here.
    let address = guarded.address("127.0.0.1", PASSWORD, "sslmode=verify-ca&sslrootcert=FOLDER/ca.pem");
    PostgresStore::connect(&address, postgres_options()).await.unwrap();
    drop(guarded.server);
}

#[tokio::test]
async fn whoever_is_not_trusted_is_refused_with_the_reason() {
    let guarded = Guarded::start().await;
    for (host, settings) in [
        // Somebody else vouches, nobody is known who does, and the certificate is of another host.
        ("localhost", "sslmode=verify-full&sslrootcert=FOLDER/other.pem"),
        ("localhost", "sslmode=verify-full"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=FOLDER/ca.pem"),
        ("localhost", "sslmode=disable"),
    ] {
        let (kind, words) = guarded.refusal(host, PASSWORD, settings).await;
        assert_eq!(kind, StoreErrorKind::InvalidInput, "{settings}: {words}");
        assert!(words.contains("TLS"), "{settings}: {words}");
    }
    let (kind, words) = guarded
        .refusal("localhost", "a-wrong-fake-password", "sslmode=verify-full&sslrootcert=FOLDER/ca.pem")
        .await;
    assert_eq!(kind, StoreErrorKind::InvalidInput, "{words}");
    assert!(words.contains("password"), "{words}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_talked_to_in_the_clear() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = PostgresServer::own_with(&ServerOptions { port: Some(port), ..ServerOptions::default() });
    let database = server.database().await;
    let address = format!("postgres://tester@127.0.0.1:{port}/{}?sslmode=", database.name());
    PostgresStore::connect(&format!("{address}prefer"), postgres_options()).await.unwrap();
    for mode in ["require", "verify-ca", "verify-full"] {
        let error =
            PostgresStore::connect(&format!("{address}{mode}"), postgres_options()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::InvalidInput, "{mode}: {error:?}");
        assert!(error.to_string().contains("TLS"), "{error}");
    }
}
