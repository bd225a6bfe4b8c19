//! Files into accounts: beside what is typed in and what the bank reports.

use std::error::Error as _;

use finance_core::conformance::samples::{day, row, row_id};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
use finance_core::*;

use crate::expect_kind;

const HEAD: &str = "Date,Description,Amount\n";

fn csv(rows: &[&str]) -> ImportRequest {
    ImportRequest::new(format!("{HEAD}{}\n", rows.join("\n")))
}

/// A statement of account 777 with these rows (FITID, day, amount, name) and a closing balance.
fn ofx(rows: &[(&str, &str, &str, &str)], balance: &str) -> ImportRequest {
    let rows: String = rows
        .iter()
        .map(|(id, day, amount, name)| {
            let id = if id.is_empty() { String::new() } else { format!("<FITID>{id}") };
            format!("<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day}<TRNAMT>{amount}{id}<NAME>{name}</STMTTRN>\n")
        })
        .collect();
    ImportRequest::new(format!(
        "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>777</BANKACCTFROM>\
         <BANKTRANLIST>{rows}</BANKTRANLIST><LEDGERBAL><BALAMT>{balance}<DTASOF>20260131</LEDGERBAL></STMTRS>\
         </STMTTRNRS></BANKMSGSRSV1></OFX>"
    ))
}

struct World {
    books: SampleBooks,
    account: AccountId,
}

impl World {
    async fn new() -> Self {
        let books = SampleBooks::new().await;
        let account = books.accounts[1];
        Self { books, account }
    }

    async fn import(&self, file: &ImportRequest) -> Vec<ImportAction> {
        let preview = self.books.engine.preview_import(&self.books.user, self.account, file).await.unwrap();
        let report = self.books.engine.import_file(&self.books.user, self.account, file).await.unwrap();
        let actions =
            |report: &ImportReport| report.rows.iter().map(|row| row.verdict.action).collect::<Vec<_>>();
        assert_eq!(actions(&preview), actions(&report), "a preview tells what an import does");
        assert!(
            report.rows.iter().all(|row| row.verdict.transaction.is_some()
                || row.verdict.action == ImportAction::DuplicateInFile)
        );
        actions(&report)
    }

    async fn rows(&self) -> Vec<String> {
        let accounts = vec![self.account];
        let query = TransactionQuery { accounts, limit: 1_000, ..TransactionQuery::default() };
        let rows = self.books.engine.transactions(&self.books.user, &query).await.unwrap();
        let told = |row: &Transaction| {
            format!("{} {} {} {}", row.date(), row.amount().amount(), row.name(), row.origin.name())
        };
        rows.iter().map(told).collect()
    }

    async fn typed(&self, on: u64, amount: &str, text: &str) -> Transaction {
        let entry = NewTransaction::new(day(on), parse_amount(amount).unwrap(), text);
        self.books.engine.add_transaction(&self.books.user, self.account, &entry).await.unwrap()
    }

    async fn bank(&self, id: &str, on: u64, amount: &str, text: &str) -> SyncCounts {
        let told = ProviderTransaction { date: day(on), description: text.into(), ..row(id, "b", amount) };
        self.books.provider.change(&self.books.sign_in, BankChange::Add(told)).await;
        let request = SyncRequest::new(SyncScope::All);
        self.books.engine.sync_transactions(&self.books.user, &request).await.unwrap().counts()
    }

    async fn delete(&self, id: TransactionId) {
        let delete = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
        self.books.engine.edit_transaction(&self.books.user, id, &delete).await.unwrap();
    }
}

use ImportAction::{DuplicateInFile, Insert, KeptDeleted, Match, Restore, Unchanged, Update};

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_overlaps_enter_once() {
    let world = World::new().await;
    let january = csv(&["2026-01-05,Rent,-900.00", "2026-01-06,Coffee,-4.50", "2026-01-06,Coffee,-4.50"]);
    assert_eq!(world.import(&january).await, [Insert; 3]);
    let trail = world.books.store.audit_head(&world.books.user).await.unwrap();
    let events = world.books.store.events(&world.books.user, 0, 0).await.unwrap().last;
    assert_eq!(world.import(&january).await, [Unchanged; 3]);
    assert_eq!(world.books.store.audit_head(&world.books.user).await.unwrap(), trail);
    assert_eq!(world.books.store.events(&world.books.user, 0, 0).await.unwrap().last, events);

    let overlap = csv(&[
        "2026-01-06,Coffee,-4.50",
        "2026-01-06,Coffee,-4.50",
        "2026-01-06,Coffee,-4.50",
        "2026-01-07,Bus,-2.00",
    ]);
    assert_eq!(world.import(&overlap).await, [Unchanged, Unchanged, Insert, Insert]);
    assert_eq!(world.rows().await.len(), 5);
}

#[tokio::test]
async fn identifiers_of_the_bank_hold_within_the_account() {
    let world = World::new().await;
    let rows = [
        ("1", "20260105", "-900.00", "Rent"),
        ("2", "20260106", "-4.50", "Coffee"),
        ("3", "20260106", "-4.50", "Coffee"),
    ];
    assert_eq!(world.import(&ofx(&rows, "50.00")).await, [Insert; 3]);
    let statements = world.books.engine.statements(&world.books.user, world.account).await.unwrap();
    assert_eq!((statements.len(), statements[0].balance.to_string()), (1, "50.00".to_owned()));
    // The bank words a row anew and changes another one's amount on its day.
    let rows = [
        ("1", "20260105", "-900.00", "RENT FOR JANUARY"),
        ("2", "20260106", "-5.50", "Coffee"),
        ("2", "20260106", "-5.50", "Coffee"),
    ];
    assert_eq!(world.import(&ofx(&rows, "50.00")).await, [Unchanged, Update, DuplicateInFile]);
    // Identifiers that are used again for other movements are other rows.
    let rows = [("1", "20260220", "-30.00", "Shoes"), ("3", "20260106", "-4.50", "Coffee")];
    assert_eq!(world.import(&ofx(&rows, "50.00")).await, [Insert, Unchanged]);
    assert_eq!(world.import(&ofx(&rows, "50.00")).await, [Unchanged, Unchanged]);
    // One that a file gives to everything says nothing.
    let rows =
        [("0", "20260301", "-1.00", "A"), ("0", "20260302", "-2.00", "B"), ("0", "20260302", "-2.00", "B")];
    assert_eq!(world.import(&ofx(&rows, "50.00")).await, [Insert; 3]);
    assert_eq!(world.import(&ofx(&rows, "50.00")).await, [Unchanged; 3]);
    assert_eq!(world.rows().await.len(), 7);

    // The other account has its own identifiers.
    let first = world.books.accounts[0];
    let report =
        world.books.engine.import_file(&world.books.user, first, &ofx(&rows[..1], "1.00")).await.unwrap();
    assert_eq!(report.count(Insert), 1);
}

#[tokio::test]
async fn what_was_typed_in_is_the_files_and_then_the_banks() {
    let world = World::new().await;
    let typed = world.typed(4, "-42.10", "Whole Foods").await;
    let file = ofx(&[("9", "20260106", "-42.10", "WHOLE FOODS MKT #10231")], "50.00");
    assert_eq!(world.import(&file).await, [Match]);
    let row = world.books.engine.transaction(&world.books.user, typed.id).await.unwrap();
    assert_eq!((row.origin, row.name()), (RowOrigin::File, "Whole Foods"));
    assert_eq!(world.import(&file).await, [Unchanged]);
    let counts = world.bank("t9", 6, "-42.10", "WHOLE FOODS MARKET").await;
    assert_eq!((counts.added, counts.matched), (0, 1));
    assert_eq!(world.rows().await, ["2026-01-07 -42.10 Whole Foods provider"]);
    assert_eq!(world.import(&file).await, [Unchanged]);
}

#[tokio::test]
async fn what_the_bank_reported_is_not_entered_again() {
    let world = World::new().await;
    world.bank("t9", 4, "-42.10", "WHOLE FOODS").await;
    let file = csv(&["2026-01-05,Whole Foods,-42.10", "2026-01-05,Cinema,-20.00"]);
    assert_eq!(world.import(&file).await, [Match, Insert]);
    assert_eq!(world.import(&file).await, [Unchanged, Unchanged]);
    assert_eq!(world.rows().await.len(), 2);
    let counts = world.bank("t10", 4, "-20.00", "CINEMA").await;
    assert_eq!((counts.added, counts.matched), (0, 1));
}

#[tokio::test]
async fn what_the_user_deleted_stays_deleted() {
    let world = World::new().await;
    let file = csv(&["2026-01-05,Rent,-900.00"]);
    let report = world.books.engine.import_file(&world.books.user, world.account, &file).await.unwrap();
    world.delete(report.rows[0].verdict.transaction.unwrap()).await;
    assert_eq!(world.import(&file).await, [KeptDeleted]);

    // Also when the bank had reported it, and the file came before or after the deletion.
    world.bank("t9", 9, "-42.10", "WHOLE FOODS").await;
    let file = csv(&["2026-01-10,Whole Foods,-42.10"]);
    let report = world.books.engine.import_file(&world.books.user, world.account, &file).await.unwrap();
    world.delete(report.rows[0].verdict.transaction.unwrap()).await;
    assert_eq!(world.import(&file).await, [KeptDeleted]);
    assert_eq!(
        world.import(&ofx(&[("7", "20260110", "-42.10", "WHOLE FOODS")], "1.00")).await,
        [KeptDeleted]
    );
    assert!(world.rows().await.is_empty());
}

#[tokio::test]
async fn what_the_user_deleted_from_a_file_stays_deleted_when_the_bank_reports_it() {
    let world = World::new().await;
    let file = csv(&["2026-01-05,Rent,-900.00", "2026-01-06,Coffee,-4.50"]);
    let report = world.books.engine.import_file(&world.books.user, world.account, &file).await.unwrap();
    let rent = report.rows[0].verdict.transaction.unwrap();
    world.delete(rent).await;
    let counts = world.bank("t9", 4, "-900.00", "RENT").await;
    assert_eq!((counts.added, counts.kept_deleted), (0, 1));
    let row = world.books.engine.transaction(&world.books.user, rent).await.unwrap();
    assert_eq!((row.state, row.provider.id.as_str()), (TransactionState::DeletedByUser, "t9"));
    // The next rent is another one.
    assert_eq!(world.bank("t10", 35, "-900.00", "RENT").await.added, 1);
    assert_eq!(world.import(&file).await, [KeptDeleted, Unchanged]);
}

#[tokio::test]
async fn an_import_is_whole_or_nothing() {
    let world = World::new().await;
    let (engine, anna, account) = (&world.books.engine, &world.books.user, world.account);
    let trail = world.books.store.audit_head(anna).await.unwrap();
    let broken = csv(&["2026-01-05,Rent,-900.00", "2026-01-32,Coffee,-4.50"]);
    let error = engine.import_file(anna, account, &broken).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
    let source = error.source().and_then(|source| source.downcast_ref::<ImportError>()).unwrap();
    assert!(matches!(source, ImportError::Rows { count: 1, first } if first.line == 3), "{source}");
    assert_eq!(error.user_message(), source.user_message());
    let euros = ImportRequest::new("Date,Description,Amount,Currency\n2026-01-05,Rent,-900.00,EUR\n");
    expect_kind(engine.import_file(anna, account, &euros).await, &SyncErrorKind::InvalidInput);
    let other =
        ImportRequest { file_account: Some("778".to_owned()), ..ofx(&[("1", "20260105", "-1", "A")], "1") };
    expect_kind(engine.import_file(anna, account, &other).await, &SyncErrorKind::InvalidInput);
    let ben = UserId::new("ben").unwrap();
    let good = csv(&["2026-01-05,Rent,-900.00"]);
    expect_kind(engine.import_file(&ben, account, &good).await, &SyncErrorKind::NotFound);
    expect_kind(engine.preview_import(&ben, account, &good).await, &SyncErrorKind::NotFound);
    engine.preview_import(anna, account, &good).await.unwrap();
    assert!(world.rows().await.is_empty());
    assert_eq!(world.books.store.audit_head(anna).await.unwrap(), trail);

    let rest = ImportRequest { skip_unreadable: true, ..broken };
    let report = engine.import_file(anna, account, &rest).await.unwrap();
    assert_eq!((report.count(Insert), report.problems.len()), (1, 1));
    let trail = world.books.store.audit_entries(anna, trail.number, 10).await.unwrap();
    assert_eq!(trail.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["file_imported"]);
}

#[tokio::test]
async fn a_debt_told_as_a_positive_balance_is_no_statement() {
    let world = World::new().await;
    let usd = Currency::iso("USD").unwrap();
    let card = NewManualAccount::new("Card", AccountKind::CreditCard, usd);
    let card = world.books.engine.create_manual_account(&world.books.user, &card).await.unwrap();
    for (balance, expected) in [("500.00", 0), ("-500.00", 1), ("-501.00", 1)] {
        let file = ofx(&[("1", "20260105", "-500.00", "Shoes")], balance);
        world.books.engine.import_file(&world.books.user, card.id, &file).await.unwrap();
        let statements = world.books.engine.statements(&world.books.user, card.id).await.unwrap();
        assert_eq!(statements.len(), expected, "{balance}");
        // A balance that is known already is not overwritten.
        assert!(statements.iter().all(|statement| statement.balance.to_string() == "-500.00"));
    }
}

#[tokio::test]
async fn what_is_not_sure_is_suggested_and_can_be_merged() {
    let world = World::new().await;
    world.bank("t9", 4, "-35.00", "TRATTORIA ROMA").await;
    let file = csv(&["2026-01-05,Trattoria Roma,-30.00"]);
    let report = world.books.engine.import_file(&world.books.user, world.account, &file).await.unwrap();
    let suggestion = &report.suggestions[0];
    let drop = report.rows[suggestion.row].verdict.transaction.unwrap();
    world.books.engine.merge_transactions(&world.books.user, suggestion.transaction, drop).await.unwrap();
    assert_eq!(world.rows().await, ["2026-01-05 -35.00 TRATTORIA ROMA provider"]);
    assert_eq!(world.import(&file).await, [KeptDeleted]);
}

#[tokio::test]
async fn a_row_that_comes_by_file_and_by_bank_at_once_is_one_row() {
    for file_first in [false, true] {
        let world = World::new().await;
        let file = csv(&["2026-01-05,SHOP,-9.00"]);
        let told = ProviderTransaction { date: day(4), description: "SHOP".into(), ..row("s", "b", "-9.00") };
        world.books.provider.change(&world.books.sign_in, BankChange::Add(told)).await;
        let request = SyncRequest::new(SyncScope::All);
        let (engine, user, account) = (world.books.engine.clone(), world.books.user.clone(), world.account);
        if file_first {
            world.books.store.before_next_apply(async move {
                engine.import_file(&user, account, &file).await.unwrap();
            });
            let report = world.books.engine.sync_transactions(&world.books.user, &request).await.unwrap();
            assert_eq!((report.counts().added, report.counts().matched), (0, 1));
        } else {
            world.books.store.before_next_apply(async move {
                engine.sync_transactions(&user, &request).await.unwrap();
            });
            let report = world.books.engine.import_file(&world.books.user, account, &file).await.unwrap();
            assert_eq!(report.count(Match), 1);
        }
        assert_eq!(world.rows().await.len(), 1, "{file_first}");
    }
}

#[tokio::test]
async fn what_is_typed_in_while_the_bank_tells_it_is_one_row() {
    let world = World::new().await;
    let (engine, user, account) = (world.books.engine.clone(), world.books.user.clone(), world.account);
    world.books.store.before_next_apply(async move {
        let typed = NewTransaction::new(day(4), parse_amount("-9.00").unwrap(), "SHOP");
        engine.add_transaction(&user, account, &typed).await.unwrap();
    });
    assert_eq!(world.bank("s", 4, "-9.00", "SHOP").await.matched, 1);
    assert_eq!(world.rows().await.len(), 1);
}

impl World {
    async fn bank_changes(&self, changes: impl IntoIterator<Item = BankChange>) -> SyncCounts {
        for change in changes {
            self.books.provider.change(&self.books.sign_in, change).await;
        }
        let request = SyncRequest::new(SyncScope::All);
        self.books.engine.sync_transactions(&self.books.user, &request).await.unwrap().counts()
    }
}

fn coffee(id: &str) -> BankChange {
    BankChange::Add(ProviderTransaction {
        date: day(4),
        description: "COFFEE".into(),
        ..row(id, "b", "-4.50")
    })
}

fn gone(id: &str) -> BankChange {
    BankChange::Remove(row_id(id))
}

#[tokio::test]
async fn a_row_that_the_bank_took_back_counts_again_from_a_file() {
    let world = World::new().await;
    let file = csv(&["2026-01-05,COFFEE,-4.50"]);
    world.bank_changes([coffee("c1")]).await;
    world.bank_changes([gone("c1")]).await;
    assert_eq!(world.import(&file).await, [Restore]);
    assert_eq!(world.rows().await, ["2026-01-05 -4.50 COFFEE file"]);
    assert_eq!(world.import(&file).await, [Unchanged]);
    // The bank may report it anew under either identifier.
    assert_eq!(world.bank_changes([coffee("c1")]).await.added, 0);
    assert_eq!(world.rows().await, ["2026-01-05 -4.50 COFFEE provider"]);
    world.bank_changes([gone("c1")]).await;
    assert_eq!(world.import(&file).await, [Restore]);
    let counts = world.bank_changes([coffee("c2")]).await;
    assert_eq!((counts.added, counts.matched), (0, 1));
    assert_eq!(world.rows().await, ["2026-01-05 -4.50 COFFEE provider"]);
    assert_eq!(world.import(&file).await, [Unchanged]);
}

#[tokio::test]
async fn a_file_that_matched_a_row_restores_it_after_the_bank_took_it_back() {
    let world = World::new().await;
    let file = csv(&["2026-01-05,COFFEE,-4.50"]);
    world.bank_changes([coffee("c1")]).await;
    assert_eq!(world.import(&file).await, [Match]);
    let noted = TransactionEdit { note: Some(Some("with Eve".to_owned())), ..TransactionEdit::default() };
    let query = TransactionQuery { accounts: vec![world.account], ..TransactionQuery::default() };
    let id = world.books.engine.transactions(&world.books.user, &query).await.unwrap()[0].id;
    world.books.engine.edit_transaction(&world.books.user, id, &noted).await.unwrap();
    world.bank_changes([gone("c1")]).await;
    assert!(world.rows().await.is_empty());
    assert_eq!(world.import(&file).await, [Restore]);
    let row = world.books.engine.transaction(&world.books.user, id).await.unwrap();
    assert_eq!((row.state, row.edits.note.as_deref()), (TransactionState::Live, Some("with Eve")));
    let history = world.books.engine.transaction_history(&world.books.user, id).await.unwrap();
    assert_eq!(history.last().unwrap().action, "transaction_restored");
    assert_eq!(world.import(&file).await, [Unchanged]);

    // One that the user deleted before the bank took it back stays deleted.
    world.delete(id).await;
    world.bank_changes([gone("c1")]).await;
    assert_eq!(world.import(&file).await, [KeptDeleted]);
    assert!(world.rows().await.is_empty());
}

#[tokio::test]
async fn a_row_that_the_bank_replaced_takes_no_row_of_a_file() {
    let world = World::new().await;
    world.bank_changes([coffee("c1")]).await;
    assert_eq!(world.import(&csv(&["2026-01-05,COFFEE,-4.50"])).await, [Match]);
    world.bank_changes([gone("c1"), coffee("c2")]).await;
    assert_eq!(world.import(&csv(&["2026-01-05,COFFEE,-4.50"])).await, [Match]);
    assert_eq!(world.rows().await.len(), 1);
    let two = csv(&["2026-01-05,COFFEE,-4.50", "2026-01-05,COFFEE,-4.50"]);
    let actions = world.import(&two).await;
    assert!(
        actions.contains(&Match) && (actions.contains(&Restore) || actions.contains(&Insert)),
        "{actions:?}"
    );
    for _ in 0..2 {
        assert_eq!(world.rows().await.len(), 2);
        world.import(&two).await;
    }
    world.bank_changes([coffee("c1")]).await;
    assert_eq!(world.rows().await.len(), 2);
}

/// A pending row that the bank took back is another row by now.
#[tokio::test]
async fn a_file_that_matched_a_pending_row_finds_the_posted_one() {
    let world = World::new().await;
    let file = csv(&["2026-01-05,COFFEE,-4.50"]);
    let told = |id: &str, pending| ProviderTransaction {
        date: day(4),
        description: "COFFEE".into(),
        pending,
        ..row(id, "b", "-4.50")
    };
    let late = ProviderTransaction { pending_id: Some(row_id("p1")), ..told("c1", false) };
    world.bank_changes([BankChange::Add(told("p1", true))]).await;
    assert_eq!(world.import(&file).await, [Match]);
    world.bank_changes([BankChange::Add(told("c1", false))]).await;
    world.bank_changes([BankChange::Modify(late.clone())]).await;
    for _ in 0..2 {
        assert_eq!(world.import(&file).await, [Match]);
        assert_eq!(world.rows().await.len(), 1);
    }
    // A second coffee of the file is one; that the bank says the link again changes nothing.
    world.import(&csv(&["2026-01-05,COFFEE,-4.50", "2026-01-05,COFFEE,-4.50"])).await;
    world.bank_changes([BankChange::Modify(late)]).await;
    assert_eq!(world.rows().await.len(), 2);
}

#[tokio::test]
async fn what_was_exported_says_the_same_when_it_is_imported() {
    let world = World::new().await;
    let (engine, user) = (&world.books.engine, &world.books.user);
    let texts = ["=SUM(A1)", "+1 800 FLOWERS", "-x", "@home", "'=quoted", "'90s", "Caf\0é", "\0=x"];
    for (number, text) in texts.iter().enumerate() {
        world.bank(&format!("f{number}"), 4, &format!("-{}.25", number + 1), text).await;
    }
    let mut export = engine.export(user, &ExportOptions::new(ExportFormat::Csv)).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = export.next().await.unwrap() {
        bytes.extend(chunk);
    }
    let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, Currency::iso("USD").unwrap());
    let jar = engine.create_manual_account(user, &jar).await.unwrap();
    engine.import_file(user, jar.id, &ImportRequest::new(bytes)).await.unwrap();
    let said = async |account: AccountId| {
        let query = TransactionQuery { accounts: vec![account], limit: 1_000, ..TransactionQuery::default() };
        let rows = engine.transactions(user, &query).await.unwrap();
        let mut said: Vec<String> =
            rows.iter().map(|row| row.provider.description.replace('\0', "")).collect();
        said.sort();
        said
    };
    let imported = said(jar.id).await;
    for text in said(world.account).await {
        assert!(imported.contains(&text), "{text} is not in {imported:?}");
    }
}

#[tokio::test]
async fn a_balance_in_another_currency_is_no_statement() {
    let world = World::new().await;
    let (engine, user, account) = (&world.books.engine, &world.books.user, world.account);
    let yen = |rows: &[(&str, &str, &str, &str)]| {
        let file = ofx(rows, "500000");
        let text = String::from_utf8(file.bytes).unwrap().replace("<CURDEF>USD", "<CURDEF>JPY");
        ImportRequest::new(text)
    };
    for (file, problems) in [(yen(&[]), 1), (yen(&[("1", "20260105", "-900", "Rent")]), 2)] {
        let report = engine.preview_import(user, account, &file).await.unwrap();
        let told: Vec<String> = report.problems.iter().map(RowProblem::to_string).collect();
        assert_eq!(told.len(), problems, "{told:?}");
        assert!(
            told.iter().all(|it| it.ends_with("`JPY` is another currency than the account's")),
            "{told:?}"
        );
        assert_eq!(report.balance.as_ref().unwrap().currency, Currency::iso("JPY").ok());
        assert!(!report.balance_is_new);
        expect_kind(engine.import_file(user, account, &file).await, &SyncErrorKind::InvalidInput);
        let report =
            engine.import_file(user, account, &ImportRequest { skip_unreadable: true, ..file }).await;
        assert_eq!(report.unwrap().rows.len(), 0);
        assert!(engine.statements(user, account).await.unwrap().is_empty());
    }
    let dollars = engine.import_file(user, account, &ofx(&[], "50.00")).await.unwrap();
    assert_eq!(dollars.balance.as_ref().unwrap().currency, Currency::iso("USD").ok());
    assert!(dollars.balance_is_new);
}
