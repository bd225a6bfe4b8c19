//! Accounts kept by hand and transactions typed in.

use finance_core::conformance::SampleBooks;
use finance_core::conformance::samples::{account, user};
use finance_core::*;

use crate::expect_kind;

fn usd() -> Currency {
    Currency::iso("USD").unwrap()
}

fn stated(amount: &str, day: &str) -> StatedBalance {
    StatedBalance { amount: parse_amount(amount).unwrap(), day: day.parse().unwrap() }
}

fn typed(day: &str, amount: &str, text: &str) -> NewTransaction {
    NewTransaction::new(day.parse().unwrap(), parse_amount(amount).unwrap(), text)
}

async fn last_action(books: &SampleBooks) -> String {
    let trail = books.store.audit_entries(&books.user, 0, u32::MAX).await.unwrap();
    trail.last().map(|entry| entry.action.clone()).unwrap_or_default()
}

#[tokio::test]
async fn manual_accounts_hang_on_one_connection_that_is_never_synced() {
    let books = SampleBooks::new().await;
    let new = NewManualAccount {
        mask: Some("77".to_owned()),
        opening: Some(stated("-250.00", "2026-01-01")),
        ..NewManualAccount::new("Loan from Ben", AccountKind::PersonalLoan, usd())
    };
    let loan = books.engine.create_manual_account(&books.user, &new).await.unwrap();
    assert_eq!(last_action(&books).await, "manual_account_created");
    let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, usd());
    let first = books.engine.create_manual_account(&books.user, &jar).await.unwrap();
    let second = books.engine.create_manual_account(&books.user, &jar).await.unwrap();
    assert!(first.id != second.id && loan.connection == first.connection);
    assert_eq!((loan.provider.mask.as_deref(), loan.status), (Some("77"), AccountStatus::Open));
    assert_eq!(loan.classification().kind, AccountKind::PersonalLoan);
    assert_eq!(loan.provider.balances.current, Some(parse_amount("-250.00").unwrap()));
    assert_eq!(first.provider.balances.current, None);
    assert_eq!(books.store.statements(&books.user, loan.id).await.unwrap().len(), 1);

    let manual = loan.connection;
    let connections = books.engine.connections(&books.user).await.unwrap();
    assert_eq!(connections.len(), 2);
    assert_eq!((connections[1].id, connections[1].status), (manual, ConnectionStatus::Good));
    let report =
        books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    assert_eq!(report.connections.iter().map(|sync| sync.connection).collect::<Vec<_>>(), [books.connection]);
    let mixed = SyncScope::Accounts(vec![jar_id(&first), books.accounts[0]]);
    let report = books.engine.sync_transactions(&books.user, &SyncRequest::new(mixed.clone())).await.unwrap();
    assert_eq!(report.connections.len(), 1);
    let balances = books.engine.sync_balances(&books.user, &mixed).await.unwrap();
    assert_eq!(balances.accounts.iter().map(|entry| entry.account).collect::<Vec<_>>(), [books.accounts[0]]);

    let engine = &books.engine;
    let alone = SyncRequest::new(SyncScope::Connection(manual));
    expect_kind(engine.sync_transactions(&books.user, &alone).await, &SyncErrorKind::InvalidInput);
    expect_kind(engine.refresh_transactions(&books.user, manual).await, &SyncErrorKind::InvalidInput);
    let repair = LinkOptions::update("App", manual);
    expect_kind(engine.create_link_token(&books.user, &repair).await, &SyncErrorKind::InvalidInput);
}

fn jar_id(account: &Account) -> AccountId {
    account.id
}

#[tokio::test]
async fn a_manual_account_is_changed_closed_and_opened_again() {
    let books = SampleBooks::new().await;
    let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, usd());
    let jar = books.engine.create_manual_account(&books.user, &jar).await.unwrap();
    let (engine, anna) = (&books.engine, &books.user);
    let update = ManualAccountUpdate {
        name: Some("Big jar".to_owned()),
        balance: Some(Some(stated("3.10", "2026-01-09"))),
        ..ManualAccountUpdate::default()
    };
    let changed = engine.update_manual_account(anna, jar.id, &update).await.unwrap();
    assert_eq!((changed.id, changed.provider.name.as_str()), (jar.id, "Big jar"));
    assert_eq!(changed.provider.balances.current.unwrap().to_string(), "3.10");
    let statements = books.store.statements(anna, jar.id).await.unwrap();
    assert_eq!(statements.iter().map(|it| it.date.to_string()).collect::<Vec<_>>(), ["2026-01-09"]);
    let trail = books.store.audit_head(anna).await.unwrap();
    assert_eq!(engine.update_manual_account(anna, jar.id, &update).await.unwrap(), changed);
    assert_eq!(books.store.audit_head(anna).await.unwrap(), trail, "nothing changed, so nothing is told");

    let row = engine.add_transaction(anna, jar.id, &typed("2026-01-08", "3.10", "coins")).await.unwrap();
    let closed = engine.close_manual_account(anna, jar.id).await.unwrap();
    assert_eq!(closed.status, AccountStatus::Gone);
    assert_eq!(last_action(&books).await, "manual_account_closed");
    assert_eq!(engine.transaction(anna, row.id).await.unwrap(), row);
    let rename = ManualAccountUpdate { name: Some("Jar".to_owned()), ..ManualAccountUpdate::default() };
    let refused = engine.update_manual_account(anna, jar.id, &rename).await;
    expect_kind(refused, &SyncErrorKind::InvalidInput);
    let coins = typed("2026-01-10", "1.00", "coins");
    let error = engine.add_transaction(anna, jar.id, &coins).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
    assert!(error.to_string().contains("`reopen`"), "{error}");
    let file = ImportRequest::new("Date,Description,Amount\n2026-01-10,coins,1.00\n");
    expect_kind(engine.import_file(anna, jar.id, &file).await, &SyncErrorKind::InvalidInput);
    expect_kind(engine.preview_import(anna, jar.id, &file).await, &SyncErrorKind::InvalidInput);
    let reopen = ManualAccountUpdate { reopen: true, ..rename };
    let open = engine.update_manual_account(anna, jar.id, &reopen).await.unwrap();
    assert_eq!((open.status, open.provider.name.as_str()), (AccountStatus::Open, "Jar"));
    engine.add_transaction(anna, jar.id, &coins).await.unwrap();
    let report = engine.import_file(anna, jar.id, &file).await.unwrap();
    assert_eq!(report.count(ImportAction::Match), 1);

    let unknown = ManualAccountUpdate { balance: Some(None), ..ManualAccountUpdate::default() };
    let open = engine.update_manual_account(anna, jar.id, &unknown).await.unwrap();
    assert_eq!((open.provider.balances.current, open.provider.balances.updated_at), (None, None));
}

#[tokio::test]
async fn foreign_accounts_and_accounts_of_a_bank_are_refused() {
    let books = SampleBooks::new().await;
    let (engine, anna, ben) = (&books.engine, &books.user, user("ben"));
    let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, usd());
    let jar = engine.create_manual_account(anna, &jar).await.unwrap();
    let update = ManualAccountUpdate { name: Some("Mine".to_owned()), ..ManualAccountUpdate::default() };
    let coffee = typed("2026-01-08", "-4.50", "coffee");
    for (account, kind) in [(jar.id, SyncErrorKind::NotFound), (AccountId::new(99), SyncErrorKind::NotFound)]
    {
        expect_kind(engine.update_manual_account(&ben, account, &update).await, &kind);
        expect_kind(engine.close_manual_account(&ben, account).await, &kind);
        expect_kind(engine.add_transaction(&ben, account, &coffee).await, &kind);
    }
    let linked = books.accounts[0];
    expect_kind(engine.update_manual_account(anna, linked, &update).await, &SyncErrorKind::InvalidInput);
    expect_kind(engine.close_manual_account(anna, linked).await, &SyncErrorKind::InvalidInput);

    // The connection of one user is none of another's.
    let bens = NewManualAccount::new("Jar", AccountKind::OtherDepository, usd());
    let bens = engine.create_manual_account(&ben, &bens).await.unwrap();
    assert_ne!(bens.connection, jar.connection);
}

#[tokio::test]
async fn what_is_typed_in_counts_and_is_edited_like_any_row() {
    let books = SampleBooks::new().await;
    let (engine, anna, linked) = (&books.engine, &books.user, books.accounts[0]);
    let dinner = NewTransaction {
        payee: Some("Chez Ben".to_owned()),
        category: Some("Dinner".to_owned()),
        note: Some("with Ben".to_owned()),
        check_number: Some("117".to_owned()),
        ..typed("2026-01-08", "-42.10", "Dinner downtown")
    };
    let row = engine.add_transaction(anna, linked, &dinner).await.unwrap();
    assert_eq!((row.origin, row.connection, row.imported_id()), (RowOrigin::Manual, books.connection, None));
    assert_eq!(
        (row.name(), row.category(), row.edits.note.as_deref()),
        ("Chez Ben", Some("Dinner"), Some("with Ben"))
    );
    assert_eq!(row.provider.check_number.as_deref(), Some("117"));
    assert_eq!(row.amount().to_string(), "-42.10 USD");
    assert!(row.provider.id.as_str().starts_with(MANUAL_ID_PREFIX));
    let totals = engine.account_totals(anna).await.unwrap();
    assert_eq!((totals[0].rows, totals[0].sum.to_string()), (5, "-52.10 USD".to_owned()));

    // The same again is another one.
    let again = engine.add_transaction(anna, linked, &dinner).await.unwrap();
    assert_ne!((again.id, &again.provider.id), (row.id, &row.provider.id));
    assert_eq!(last_action(&books).await, "transaction_added");

    let correction = TransactionEdit {
        amount: Some(Some(parse_amount("-44.00").unwrap())),
        date: Some(Some("2026-01-07".parse().unwrap())),
        ..TransactionEdit::default()
    };
    let edited = engine.edit_transaction(anna, row.id, &correction).await.unwrap();
    assert_eq!(
        (edited.amount().to_string(), edited.date().to_string()),
        ("-44.00 USD".into(), "2026-01-07".into())
    );
    let far =
        TransactionEdit { date: Some(Some("+20260-01-07".parse().unwrap())), ..TransactionEdit::default() };
    expect_kind(engine.edit_transaction(anna, row.id, &far).await, &SyncErrorKind::InvalidInput);
    let delete = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
    engine.edit_transaction(anna, again.id, &delete).await.unwrap();

    // A replay from the beginning leaves them as they are.
    books
        .provider
        .fail(conformance::ScriptedCall::TransactionsPage, [Some(ProviderErrorKind::RestartFromEmpty)]);
    let report = engine.sync_transactions(anna, &SyncRequest::new(SyncScope::All)).await.unwrap();
    assert_eq!((report.counts().unchanged, report.counts().removed), (4, 0));
    assert_eq!(engine.transaction(anna, row.id).await.unwrap(), edited);
    assert_eq!(engine.transaction(anna, again.id).await.unwrap().state, TransactionState::DeletedByUser);
}

#[tokio::test]
async fn entries_that_make_no_sense_change_nothing() {
    let books = SampleBooks::new().await;
    let (engine, anna, linked) = (&books.engine, &books.user, books.accounts[0]);
    let trail = books.store.audit_head(anna).await.unwrap();
    let good = typed("2026-01-08", "-4.50", "coffee");
    for bad in [
        NewTransaction { currency: Some(Currency::iso("EUR").unwrap()), ..good.clone() },
        NewTransaction { amount: parse_amount("0.00").unwrap(), ..good.clone() },
        NewTransaction { description: "x".repeat(501), ..good.clone() },
        typed("1815-01-08", "-4.50", "coffee"),
    ] {
        expect_kind(engine.add_transaction(anna, linked, &bad).await, &SyncErrorKind::InvalidInput);
    }
    let nameless = NewManualAccount::new("", AccountKind::Checking, usd());
    expect_kind(engine.create_manual_account(anna, &nameless).await, &SyncErrorKind::InvalidInput);
    assert_eq!(engine.connections(anna).await.unwrap().len(), 1);
    assert_eq!(books.store.audit_head(anna).await.unwrap(), trail);
    assert_eq!(engine.accounts(anna).await.unwrap().len(), 2);
    assert_eq!(account("a").name, "Account a");
}

#[tokio::test]
async fn the_same_typed_in_many_times_at_once_is_as_many_rows() {
    let books = SampleBooks::new().await;
    let (engine, anna, linked) = (&books.engine, &books.user, books.accounts[0]);
    let coffee = typed("2026-01-08", "-4.50", "coffee");
    let entries = (0..20).map(|_| engine.add_transaction(anna, linked, &coffee));
    for row in futures::future::join_all(entries).await {
        row.unwrap();
    }
    let totals = engine.account_totals(anna).await.unwrap();
    assert_eq!(totals[0].rows, 24);
}

#[tokio::test]
async fn an_account_kept_by_hand_holds_what_its_rows_say() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    let held = async |account: &Account| {
        let page = engine.sync_overview(anna).await.unwrap();
        let report = page.accounts.iter().find(|report| report.account == account.id).unwrap().clone();
        let alone = engine.account_health(anna, account.id).await.unwrap();
        assert_eq!(alone.ledger_balance, report.ledger_balance);
        let net = page.totals.by_currency.iter().map(|total| total.net.as_ref().unwrap().to_string());
        let balance =
            report.ledger_balance.map_or_else(|| "unknown".to_owned(), |balance| balance.to_string());
        (balance, net.collect::<Vec<_>>().join(", "), page.totals.unknown)
    };
    let of = |balance: &str, net: &str| (balance.to_owned(), net.to_owned(), Vec::<AccountId>::new());
    let new = NewManualAccount {
        opening: Some(stated("100.00", "2025-12-20")),
        ..NewManualAccount::new("Jar", AccountKind::OtherDepository, usd())
    };
    let jar = engine.create_manual_account(anna, &new).await.unwrap();
    // The bank's two accounts hold 100.00 each.
    assert_eq!(held(&jar).await, of("100.00 USD", "300.00 USD"));
    let add = async |day: &str, amount: &str| {
        engine.add_transaction(anna, jar.id, &typed(day, amount, "Row")).await.unwrap().id
    };
    let row = add("2025-12-21", "-30").await;
    assert_eq!(held(&jar).await, of("70.00 USD", "270.00 USD"));
    add("2025-12-20", "-5").await;
    assert_eq!(held(&jar).await, of("70.00 USD", "270.00 USD"), "contained in the opening balance");
    add("2025-12-22", "-0.005").await;
    assert_eq!(held(&jar).await, of("69.995 USD", "269.995 USD"));

    let none = TransactionEdit::default;
    let edited = async |edit: TransactionEdit| {
        engine.edit_transaction(anna, row, &edit).await.unwrap();
        held(&jar).await
    };
    let amount = parse_amount("-31.00").unwrap();
    assert_eq!(edited(TransactionEdit { amount: Some(Some(amount)), ..none() }).await.0, "68.995 USD");
    let day = "2025-12-19".parse().unwrap();
    assert_eq!(edited(TransactionEdit { date: Some(Some(day)), ..none() }).await.0, "99.995 USD");
    assert_eq!(edited(TransactionEdit { date: Some(None), ..none() }).await.0, "68.995 USD");
    assert_eq!(edited(TransactionEdit { hidden: Some(true), ..none() }).await.0, "68.995 USD");
    assert_eq!(edited(TransactionEdit { deleted: Some(true), ..none() }).await.0, "99.995 USD");
    assert_eq!(edited(TransactionEdit { deleted: Some(false), ..none() }).await.0, "68.995 USD");

    // A later statement is where to begin from; taken back, the one before is.
    let statement = NewStatement::new("2025-12-21".parse().unwrap(), parse_amount("60").unwrap());
    engine.add_statement(anna, jar.id, &statement).await.unwrap();
    assert_eq!(held(&jar).await, of("59.995 USD", "259.995 USD"));
    engine.remove_statement(anna, jar.id, statement.date).await.unwrap();
    assert_eq!(held(&jar).await.0, "68.995 USD");

    // Unknown is not zero, whatever the rows are; a bank's account says what the bank says; what is owed is negative.
    let purse = NewManualAccount::new("Purse", AccountKind::OtherDepository, Currency::iso("EUR").unwrap());
    let purse = engine.create_manual_account(anna, &purse).await.unwrap();
    engine.add_transaction(anna, purse.id, &typed("2025-12-21", "7", "Found")).await.unwrap();
    let unknown = ("unknown".to_owned(), "268.995 USD".to_owned(), vec![purse.id]);
    assert_eq!(held(&purse).await, unknown);
    let bank = engine.account_health(anna, books.accounts[0]).await.unwrap();
    assert_eq!((bank.ledger_balance, bank.balances.current), (None, parse_amount("100.00").ok()));
    let new = NewManualAccount {
        opening: Some(stated("-250", "2025-12-20")),
        ..NewManualAccount::new("Loan from Ben", AccountKind::PersonalLoan, Currency::iso("EUR").unwrap())
    };
    let loan = engine.create_manual_account(anna, &new).await.unwrap();
    engine.add_transaction(anna, loan.id, &typed("2025-12-24", "50", "Paid back")).await.unwrap();
    let owed = ("-200 EUR".to_owned(), "-200 EUR, 268.995 USD".to_owned(), vec![purse.id]);
    assert_eq!(held(&loan).await, owed);
    engine.close_manual_account(anna, loan.id).await.unwrap();
    assert_eq!(engine.account_health(anna, loan.id).await.unwrap().ledger_balance, None);
}
