//! The page that describes the schema says of each engine what its migrated database has.

use std::collections::BTreeMap;

use sqlx::Connection;

use crate::fixture::{Home, Place};

/// Columns by table, each with its type as the page writes it.
type Schema = BTreeMap<String, BTreeMap<String, String>>;

/// What the page says of one engine: 1 for SQLite, 2 for PostgreSQL.
fn described(engine: usize) -> Schema {
    let page = include_str!("../../../docs/schema.md");
    let mut schema = Schema::new();
    let mut table = String::new();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            name.trim_matches('`').clone_into(&mut table);
            schema.entry(table.clone()).or_default();
        } else if let Some(row) = line.strip_prefix("| `") {
            let cells: Vec<&str> = row.split(" | ").collect();
            assert_eq!(cells.len(), 4, "{line}");
            assert!(cells[3].trim_matches([' ', '|']).len() > 3, "{line} says nothing");
            if cells[engine] != "-" {
                let (column, kind) = (cells[0].trim_matches('`'), cells[engine].trim_matches('`'));
                let columns = schema.entry(table.clone()).or_default();
                let before = columns.insert(column.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{table}.{column} stands twice");
            }
        }
    }
    schema
}

fn schema_of(rows: Vec<(String, String, String)>) -> Schema {
    let mut schema = Schema::new();
    for (table, column, kind) in rows {
        schema.entry(table).or_default().insert(column, kind);
    }
    schema
}

fn compare(found: &Schema, described: &Schema) {
    for (table, columns) in found {
        assert_eq!(Some(columns), described.get(table), "{table}");
    }
    assert_eq!(found.len(), described.len(), "{:?}", described.keys());
}

#[tokio::test]
async fn sqlite_has_what_the_page_says() {
    let place = Place::new();
    place.open().await;
    let mut connection = place.connect().await;
    let sql = "SELECT t.name, c.name, c.type || iif(c.\"notnull\" OR c.pk > 0, ' NOT NULL', '') \
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
               WHERE t.type = 'table' AND t.name LIKE 'finance\\_%' ESCAPE '\\'";
    let rows = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
    compare(&schema_of(rows), &described(1));
}

#[tokio::test]
async fn postgresql_has_what_the_page_says() {
    let home = Home::on_a_server().await;
    home.open().await;
    let Home::OnAServer(database) = &home else { unreachable!("it is on a server") };
    let mut connection = database.connect().await;
    let sql = "SELECT table_name::text, column_name::text, \
               CASE data_type WHEN 'timestamp with time zone' THEN 'TIMESTAMPTZ' ELSE upper(data_type) END \
               || CASE WHEN collation_name IS NOT NULL THEN ' COLLATE \"' || collation_name || '\"' ELSE '' END \
               || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END \
               FROM information_schema.columns \
               WHERE table_schema = current_schema() AND table_name LIKE 'finance\\_%'";
    let rows = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    compare(&schema_of(rows), &described(2));
}
