//! Books on their way out.

use std::collections::BTreeMap;

use finance_core::conformance::samples::{account, day, row, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
use finance_core::*;
use rust_decimal::Decimal;
use serde_json::Value;

async fn read(mut export: ExportStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(chunk) = export.next().await.unwrap() {
        assert!(!chunk.is_empty() && chunk.len() <= EXPORT_CHUNK_BYTES);
        bytes.extend(chunk);
    }
    assert_eq!(export.changed_meanwhile(), Some(false));
    bytes
}

async fn export(books: &SampleBooks, format: ExportFormat) -> Vec<u8> {
    let stream = books.engine.export(&books.user, &ExportOptions::new(format)).await.unwrap();
    assert_eq!(stream.changed_meanwhile(), None);
    read(stream).await
}

/// The cells of each line, by column.
fn lines(csv: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv);
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let line =
        |record: csv::StringRecord| columns.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
    reader.records().map(|record| line(record.unwrap())).collect()
}

/// Sample books with many more rows of account `b`, and edits, of which no text is harmless.
async fn large() -> SampleBooks {
    let books = SampleBooks::new().await;
    for number in 0..1_234_i32 {
        let mut told = row(&format!("r{number}"), "b", &format!("-{}.{:02}", number / 100, number % 100));
        told.date = day(u64::from(number.unsigned_abs()) / 3);
        told.description = format!("=HYPERLINK(\"http://x/{number}\"), \"quoted\"\r\nsecond line").into();
        books.provider.change(&books.sign_in, BankChange::Add(told)).await;
    }
    books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    books
}

#[tokio::test]
async fn a_csv_holds_every_row_that_counts_and_sums_up_to_the_totals() {
    let books = large().await;
    let (engine, anna) = (&books.engine, &books.user);
    let rows = engine.transactions(anna, &TransactionQuery::default()).await.unwrap();
    let part = |amount: &str, name: &str| TransactionPart {
        amount: parse_amount(amount).unwrap(),
        name: Some(name.to_owned()),
        category: None,
        note: None,
    };
    let edit = TransactionEdit {
        name: Some(Some("@SUM(A1)".to_owned())),
        category: Some(Some("FOOD_AND_DRINK_GROCERIES".to_owned())),
        amount: Some(Some(parse_amount("-30.00").unwrap())),
        date: Some(Some(day(1))),
        parts: Some(vec![part("-10.00", "Me"), part("-20.00", "Ben")]),
        ..TransactionEdit::default()
    };
    engine.edit_transaction(anna, rows[0].id, &edit).await.unwrap();
    let delete = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
    engine.edit_transaction(anna, rows[1].id, &delete).await.unwrap();

    let bytes = export(&books, ExportFormat::Csv).await;
    assert!(bytes.len() > EXPORT_CHUNK_BYTES);
    assert!(!bytes.starts_with(b"\xef\xbb\xbf") && bytes.ends_with(b"\r\n"));
    let lines = lines(&bytes);
    assert_eq!(lines.len(), 1_237);
    let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
    for line in &lines {
        *sums.entry(&line["Account"]).or_default() += parse_amount(&line["Amount"]).unwrap();
    }
    let totals = engine.account_totals(anna).await.unwrap();
    assert_eq!(sums["Account a"], totals[0].sum.amount());
    assert_eq!(sums["Account b"], totals[1].sum.amount());
    let edited = lines.iter().find(|line| line["Id"] == rows[0].id.to_string()).unwrap();
    let cells = ["Date", "Name", "Category", "Amount", "Currency", "Pending", "Institution"]
        .map(|it| edited[it].as_str());
    assert_eq!(cells, ["2026-01-02", "'@SUM(A1)", "Groceries", "-30.00", "USD", "no", "Scripted Bank"]);
    assert_eq!(edited["Parts"], "'-10.00 Me; -20.00 Ben");
    // No text begins as a formula does; what is exact stays exact.
    for line in &lines {
        for (column, cell) in line {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            assert!(!formula || column == "Amount", "{column}: {cell}");
        }
        let text = line["Description"].strip_prefix('\'').unwrap_or(&line["Description"]);
        assert!(text.starts_with("ROW t") || text.ends_with("\"quoted\"\r\nsecond line"), "{text}");
    }

    let options = ExportOptions { byte_order_mark: true, ..ExportOptions::new(ExportFormat::Csv) };
    let marked = read(engine.export(anna, &options).await.unwrap()).await;
    assert_eq!(marked[3..], bytes[..]);
}

#[tokio::test]
async fn a_json_holds_everything_but_secrets() {
    let books = large().await;
    let (engine, anna) = (&books.engine, &books.user);
    let rows = engine.transactions(anna, &TransactionQuery::default()).await.unwrap();
    let delete = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
    engine.edit_transaction(anna, rows[1].id, &delete).await.unwrap();
    let statement = NewStatement::new(day(0), parse_amount("95.50").unwrap());
    engine.add_statement(anna, books.accounts[0], &statement).await.unwrap();
    engine.reconcile(anna, &ReconcileRequest::new(SyncScope::All)).await.unwrap();
    // Somebody else's books are not in it.
    let sign_in =
        books.provider.sign_in(vec![account("bob-a")], vec![row("bob-t", "bob-a", "-1.00")], true).await;
    engine.link(&user("bob"), LinkRequest::new(sign_in)).await.unwrap();

    let bytes = export(&books, ExportFormat::Json).await;
    let text = String::from_utf8(bytes).unwrap();
    let token = books.store.access_token(anna, books.connection).await.unwrap();
    let cursor = engine.connections(anna).await.unwrap()[0].cursor.clone().unwrap();
    for secret in [token.expose(), cursor.as_str(), "bob"] {
        assert!(!text.contains(secret), "{secret} must not be exported");
    }
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&json["format"], &json["version"], &json["user"]),
        (&"finance-books".into(), &1.into(), &"anna".into())
    );
    let length = |list: &str| json[list].as_array().unwrap().len();
    assert_eq!((length("connections"), length("accounts"), length("transactions")), (1, 2, 1_238));
    assert_eq!((length("statements"), length("reconciliations")), (1, 2));
    assert_eq!(length("balances"), engine.records(anna).await.unwrap().of(RecordKind::Balances) as usize);
    assert_eq!(length("audit"), engine.records(anna).await.unwrap().of(RecordKind::AuditEntries) as usize);
    assert_eq!(json["changed_meanwhile"], Value::Bool(false));
    let runs = engine.sync_runs(anna, books.connection, 99).await.unwrap();
    let exported: Vec<SyncRun> = serde_json::from_value(json["sync_runs"].clone()).unwrap();
    assert_eq!((exported.len(), exported), (2, runs));

    // Names are the stable ones, and the hash is the one that is shown.
    let connection = &json["connections"][0];
    assert_eq!((&connection["status"], &connection["history"]), (&"good".into(), &"complete".into()));
    assert_eq!(connection["sync_frequency"], SyncFrequency::DEFAULT.to_string());
    assert_eq!(connection["new_accounts_available"], Value::Bool(false));
    assert_eq!(
        (&json["accounts"][0]["status"], &json["sync_runs"][0]["outcome"]),
        (&"open".into(), &"applied".into())
    );
    let states: Vec<&Value> =
        json["transactions"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
    assert!(states.contains(&&"live".into()) && states.contains(&&"deleted_by_user".into()));
    let trail = engine.audit_trail(anna, 0, 99).await.unwrap();
    assert_eq!(json["audit"][0]["hash"], trail[0].hash.to_string());
    let entries: Vec<AuditEntry> = serde_json::from_value(json["audit"].clone()).unwrap();
    assert_eq!(entries, trail);

    // Every row is in it once, as it is stored, its amount a text.
    let everything =
        TransactionQuery { rows: RowSelection::Any, limit: u32::MAX, ..TransactionQuery::default() };
    let stored = engine.transactions(anna, &everything).await.unwrap();
    let exported: Vec<Transaction> = serde_json::from_value(json["transactions"].clone()).unwrap();
    assert_eq!(exported, stored);
    let amount = &json["transactions"][0]["provider"]["amount"]["amount"];
    assert!(amount.is_string(), "{amount}");
    assert_eq!(json["statements"][0]["balance"], "95.50");
    assert!(json["reconciliations"][0]["body"].is_object());
}

#[tokio::test]
async fn books_of_nobody_are_empty_but_sound() {
    let books = SampleBooks::new().await;
    let nobody = user("nobody");
    let json =
        read(books.engine.export(&nobody, &ExportOptions::new(ExportFormat::Json)).await.unwrap()).await;
    let json: Value = serde_json::from_slice(&json).unwrap();
    let lists = ["connections", "accounts", "category_rules", "transactions", "balances", "statements"];
    for list in lists.into_iter().chain(["reconciliations", "sync_runs", "audit"]) {
        assert_eq!(json[list], Value::Array(Vec::new()), "{list}");
    }
    let csv = read(books.engine.export(&nobody, &ExportOptions::new(ExportFormat::Csv)).await.unwrap()).await;
    assert_eq!(lines(&csv).len(), 0);
}

#[tokio::test]
async fn days_can_be_chosen() {
    let books = large().await;
    let window = DateWindow::new(Some(day(10)), Some(day(11))).unwrap();
    for (format, expected) in [(ExportFormat::Csv, 6), (ExportFormat::Json, 6)] {
        let options = ExportOptions { window, ..ExportOptions::new(format) };
        let bytes = read(books.engine.export(&books.user, &options).await.unwrap()).await;
        let found = match format {
            ExportFormat::Csv => lines(&bytes).len(),
            _ => serde_json::from_slice::<Value>(&bytes).unwrap()["transactions"].as_array().unwrap().len(),
        };
        assert_eq!(found, expected, "{format:?}");
    }
}

#[tokio::test]
async fn a_change_meanwhile_is_told() {
    let books = large().await;
    let options = ExportOptions::new(ExportFormat::Json);
    let mut stream = books.engine.export(&books.user, &options).await.unwrap();
    stream.next().await.unwrap();
    let rows = books.engine.transactions(&books.user, &TransactionQuery::default()).await.unwrap();
    let note = TransactionEdit { note: Some(Some("late".to_owned())), ..TransactionEdit::default() };
    books.engine.edit_transaction(&books.user, rows[0].id, &note).await.unwrap();
    let mut last = Vec::new();
    while let Some(chunk) = stream.next().await.unwrap() {
        last = chunk;
    }
    assert_eq!(stream.changed_meanwhile(), Some(true));
    assert!(String::from_utf8(last).unwrap().ends_with("\"changed_meanwhile\":true}\n"));
}
