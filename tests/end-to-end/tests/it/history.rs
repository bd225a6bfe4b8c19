//! A history that the provider makes ready in steps.

use end_to_end::{Books, World};
use finance_core::{Connection, ConnectionStatus, HistoryStatus, RunOutcome};
use plaid_simulator::{Change, Fault, FaultRule, Readiness, ReadinessPlan, SimulatorOptions};

fn options() -> SimulatorOptions {
    let mut options = SimulatorOptions::default();
    options.transactions = 120;
    options.days = 120;
    options.readiness = ReadinessPlan::ByCommand;
    options
}

fn become_ready(world: &World, item: &str, readiness: Readiness) {
    world.control.change(item, vec![Change::SetReadiness { readiness }]).unwrap();
}

async fn connection(world: &World) -> Connection {
    world.engine.connections(&world.user).await.unwrap().remove(0)
}

#[tokio::test]
async fn nothing_then_recent_rows_then_all() {
    for books in Books::ALL {
        let world = World::new(books, options(), 50).await;
        let (linked, item) = world.link("user_good").await;
        let id = linked.connection.id;
        assert_eq!(linked.first_sync.run.unwrap().outcome, RunOutcome::NotReady);
        assert_eq!(world.sync(id).await.run.unwrap().outcome, RunOutcome::NotReady);
        assert_eq!(connection(&world).await.status, ConnectionStatus::New);

        become_ready(&world, &item, Readiness::InitialUpdateComplete);
        let recent = world.sync(id).await.run.unwrap().counts.added;
        assert!((1..120).contains(&recent), "{recent} rows of the latest 30 days");
        world.assert_true(id, &item).await;
        assert_eq!(connection(&world).await.history, HistoryStatus::Recent);

        become_ready(&world, &item, Readiness::HistoricalUpdateComplete);
        assert_eq!(world.sync(id).await.run.unwrap().counts.added, 120 - recent);
        world.assert_true(id, &item).await;
        assert_eq!(connection(&world).await.history, HistoryStatus::Complete);
    }
}

#[tokio::test]
async fn a_replay_of_a_history_in_part_sweeps_nothing_and_is_made_up_for() {
    for books in Books::ALL {
        let world = World::new(books, options(), 50).await;
        let (request, item) = world.sign_in("user_good", None).await;
        become_ready(&world, &item, Readiness::HistoricalUpdateComplete);
        let id = world.engine.link(&world.user, request).await.unwrap().connection.id;
        let before = world.ledger().await;
        assert_eq!(before.len(), 120);

        become_ready(&world, &item, Readiness::InitialUpdateComplete);
        let code = "INVALID_FIELD".to_owned();
        let refused = Fault::Error { code, error_type: None, status: None, message: None, retry_after: None };
        world.control.add_fault(FaultRule::once("/transactions/sync", refused));
        let counts = world.sync(id).await.run.unwrap().counts;
        assert_eq!((counts.removed, counts.added), (0, 0));
        assert_eq!(world.ledger().await, before);
        assert_eq!(connection(&world).await.cursor, None);

        let gone = world.ledger().await[100].provider.id.to_string();
        let change = Change::RemoveTransaction { transaction_id: gone, keep_balance: false };
        world.control.change(&item, vec![change]).unwrap();
        become_ready(&world, &item, Readiness::HistoricalUpdateComplete);
        let counts = world.sync(id).await.run.unwrap().counts;
        assert_eq!((counts.removed, counts.unchanged), (1, 119));
        world.assert_true(id, &item).await;
        assert!(connection(&world).await.cursor.is_some());
    }
}
