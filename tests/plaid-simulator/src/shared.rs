//! The state of a running server and what happens around its lock.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::error::PlaidError;
use crate::fault::Faults;
use crate::journal::Journal;
use crate::options::SimulatorOptions;
use crate::rate::Rates;
use crate::server::Endpoint;
use crate::webhook::{Delivery, Keys, WebhookClient, deliver};
use crate::world::World;
use crate::world::item::lock;

/// Everything the server's tasks and the control handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Arc<SimulatorOptions>,
    pub(crate) world: Mutex<World>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) keys: Mutex<Keys>,
    pub(crate) deliveries: Mutex<Vec<Delivery>>,
    rates: Mutex<Rates>,
    client: WebhookClient,
    runtime: Handle,
    in_flight: watch::Sender<usize>,
}

impl Shared {
    pub(crate) fn new(options: SimulatorOptions, runtime: Handle) -> Arc<Self> {
        let options = Arc::new(options);
        Arc::new(Self {
            world: Mutex::new(World::new(Arc::clone(&options))),
            faults: Mutex::default(),
            journal: Mutex::new(Journal::new(options.journal_limit)),
            keys: Mutex::new(Keys::new(options.seed)),
            deliveries: Mutex::default(),
            rates: Mutex::default(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime,
            in_flight: watch::Sender::new(0),
            options,
        })
    }

    /// Works on the world, then sends the webhooks that came of it.
    pub(crate) fn with_world<T>(self: &Arc<Self>, work: impl FnOnce(&mut World) -> T) -> T {
        let mut world = lock(&self.world);
        let result = work(&mut world);
        let notices = std::mem::take(&mut world.outbox);
        drop(world);
        if !notices.is_empty() {
            let keys = lock(&self.keys);
            let signed: Vec<_> = notices
                .into_iter()
                .map(|notice| {
                    let verification = keys.sign(&notice.bytes());
                    (notice, verification)
                })
                .collect();
            drop(keys);
            let shared = Arc::clone(self);
            self.in_flight.send_modify(|count| *count += 1);
            self.runtime.spawn(async move {
                for (notice, verification) in signed {
                    let (tries, pause) = (shared.options.webhook_tries, shared.options.webhook_retry_delay);
                    deliver(&shared.client, &notice, &verification, tries, pause, |one| shared.record(one))
                        .await;
                }
                shared.in_flight.send_modify(|count| *count -= 1);
            });
        }
        result
    }

    fn record(&self, delivery: Delivery) {
        let mut deliveries = lock(&self.deliveries);
        if deliveries.len() >= self.options.journal_limit {
            deliveries.remove(0);
        }
        deliveries.push(delivery);
    }

    /// Waits until every webhook sent so far has been taken or given up.
    pub(crate) async fn webhooks_settled(&self) {
        // The sender lives as long as self, so waiting cannot fail.
        let _ = self.in_flight.subscribe().wait_for(|count| *count == 0).await;
    }

    pub(crate) fn count_call(
        &self,
        endpoint: Endpoint,
        item: Option<&str>,
        client: &str,
    ) -> Result<(), PlaidError> {
        if !self.options.rate_limits {
            return Ok(());
        }
        lock(&self.rates).count(endpoint, item, client, Instant::now())
    }
}
