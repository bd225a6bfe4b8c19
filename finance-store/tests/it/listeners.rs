//! Listeners over several engines and stores of the same books.

use std::sync::Arc;

use finance_core::conformance::samples::{account, row, user};
use finance_core::conformance::{BankChange, ProviderFixture, ScriptedProvider};
use finance_core::{
    EngineOptions, EventStream, LinkRequest, SyncEngine, SyncRequest, SyncScope, SystemClock,
};

use crate::fixture::{Home, on_every_store};

on_every_store! {
    listeners_of_every_store_see_every_event_once_and_in_order
}

const SYNCS: usize = 20;

/// Takes events until one has this number, resting after each one when it is slow.
async fn numbers(mut events: EventStream, last: u64, slow: bool) -> Vec<u64> {
    let mut seen = Vec::new();
    while seen.last() != Some(&last) {
        seen.push(events.next().await.unwrap().number);
        for _ in 0..if slow { 200 } else { 0 } {
            tokio::task::yield_now().await;
        }
    }
    seen
}

async fn listeners_of_every_store_see_every_event_once_and_in_order(home: Home) {
    let provider = Arc::new(ScriptedProvider::new());
    let mut engines = Vec::new();
    for _ in 0..2 {
        let store = home.open().await;
        let options = EngineOptions::default();
        engines.push(SyncEngine::new(provider.clone(), store, Arc::new(SystemClock), options));
    }
    let ada = user("ada");
    let mut sign_ins = Vec::new();
    for engine in &engines {
        let sign_in = provider.sign_in(vec![account("a")], vec![], true).await;
        engine.link(&ada, LinkRequest::new(sign_in.clone())).await.unwrap();
        sign_ins.push(sign_in);
    }
    let first = engines[0].last_event(&ada).await.unwrap();
    assert_eq!(engines[1].last_event(&ada).await.unwrap(), first);
    // Each sync tells of one row and of the overview.
    let last = first + 2 * 2 * SYNCS as u64;
    let listen = |engine: usize, slow| tokio::spawn(numbers(engines[engine].events(&ada, 0), last, slow));
    let listeners = [listen(0, true), listen(0, false), listen(1, false), listen(1, false)];

    let work = |which: usize| {
        let (engine, sign_in) = (engines[which].clone(), sign_ins[which].clone());
        let (provider, ada) = (provider.clone(), ada.clone());
        tokio::spawn(async move {
            let connection = engine.connections(&ada).await.unwrap()[which].id;
            for number in 0..SYNCS {
                let row = row(&format!("{which}-{number}"), "a", "-1.00");
                provider.change(&sign_in, BankChange::Add(row)).await;
                let request = SyncRequest::new(SyncScope::Connection(connection));
                assert!(engine.sync_transactions(&ada, &request).await.unwrap().is_complete());
            }
        })
    };
    for worker in [work(0), work(1)] {
        worker.await.unwrap();
    }
    for listener in listeners {
        assert_eq!(listener.await.unwrap(), (1..=last).collect::<Vec<_>>());
    }
}
