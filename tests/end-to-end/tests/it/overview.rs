//! Several banks at once: the worst account first, and the institution that wants to know how old a balance may be.

use end_to_end::{Books, World};
use finance_core::{
    BalanceSource, ConnectionStatus, HealthLevel, LinkOptions, LinkRequest, Linked, NextSync, PublicToken,
    Recommendation, SyncScope,
};
use plaid_simulator::{Change, Fault, FaultRule, LinkSession, NewAccount, Readiness, SimulatorOptions};

const CAPITAL_ONE: &str = "ins_128026";

async fn world(books: Books) -> World {
    let mut options = SimulatorOptions::default();
    options.accounts = 0;
    options.transactions = 0;
    World::new(books, options, 100).await
}

/// Links a login at an institution whose data is ready, with one account.
async fn link(world: &World, institution: &str, account: NewAccount) -> (Linked, String) {
    let link = world.engine.create_link_token(&world.user, &LinkOptions::new("Test")).await.unwrap();
    let session = LinkSession {
        link_token: link.token.expose().to_owned(),
        institution_id: Some(institution.to_owned()),
        username: Some(format!("user of {institution}")),
        ..LinkSession::default()
    };
    let finished = world.control.link_session(session).unwrap();
    let ready = Change::SetReadiness { readiness: Readiness::HistoricalUpdateComplete };
    world.control.change(&finished.item_id, vec![Change::OpenAccount(account), ready]).unwrap();
    let request = LinkRequest::new(PublicToken::new(finished.public_token.unwrap()));
    (world.engine.link(&world.user, request).await.unwrap(), finished.item_id)
}

fn account(kind: &str, name: &str, current: &str) -> NewAccount {
    NewAccount {
        kind: kind.to_owned(),
        name: name.to_owned(),
        current: Some(current.parse().unwrap()),
        subtype: None,
        mask: None,
        currency: None,
        available: None,
        limit: None,
    }
}

#[tokio::test]
async fn the_account_of_the_broken_connection_comes_first() {
    for books in Books::ALL {
        let world = world(books).await;
        let (good, _) = link(&world, "ins_109508", account("depository", "Checking", "10.00")).await;
        let (broken, item) = link(&world, "ins_109509", account("credit", "Card", "4.00")).await;
        let before = world.engine.sync_overview(&world.user).await.unwrap();
        let names: Vec<&str> = before.accounts.iter().map(|account| account.name.as_str()).collect();
        assert_eq!(names, ["Checking", "Card"], "equal ones by age");

        world
            .control
            .change(&item, vec![Change::BreakLogin { error_code: "ITEM_LOGIN_REQUIRED".into() }])
            .unwrap();
        world.sync(broken.connection.id).await;
        let page = world.engine.sync_overview(&world.user).await.unwrap();
        let shown: Vec<_> =
            page.accounts.iter().map(|account| (account.name.as_str(), account.state.unwrap())).collect();
        assert_eq!(shown, [("Card", ConnectionStatus::NeedsSignIn), ("Checking", ConnectionStatus::Good)]);
        assert_eq!(page.accounts[0].health.level, HealthLevel::Broken);
        assert_eq!(page.advice[0].recommendation, Recommendation::SignInAgain);
        assert_eq!(page.connections.overall.worst, Some(broken.connection.id));
        assert_eq!(page.totals.by_currency[0].net.as_ref().unwrap().to_string(), "6.00 USD");
        // What waits for its user is not planned.
        let Some(NextSync { connection, .. }) = page.next_sync else { panic!("a sync is planned") };
        assert_eq!(connection, good.connection.id);
    }
}

#[tokio::test]
async fn an_institution_that_asks_for_the_age_of_balances_gets_it_and_a_failing_one_stops_nobody() {
    let world = world(Books::InSqlite).await;
    link(&world, CAPITAL_ONE, account("credit", "Card", "4.00")).await;
    let (_, failing) = link(&world, "ins_109508", account("depository", "Checking", "10.00")).await;
    let down = Fault::Error {
        code: "INSTITUTION_DOWN".to_owned(),
        error_type: None,
        status: None,
        message: None,
        retry_after: None,
    };
    world.control.add_fault(FaultRule::always("/accounts/balance/get", down).of_item(&failing));
    let report = world.engine.sync_balances(&world.user, &SyncScope::All).await.unwrap();
    let sources: Vec<_> = report.accounts.iter().map(|account| account.source).collect();
    assert_eq!(sources, [BalanceSource::Live, BalanceSource::Cached]);
    let code = report.accounts[1].fault.as_ref().unwrap().code.as_deref();
    assert_eq!(code, Some("INSTITUTION_DOWN"));
}
