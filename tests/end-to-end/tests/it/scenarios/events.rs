//! Events, as a listener gets them.

use std::time::Duration;

use serde::Deserialize;

use super::Play;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum EventStep {
    /// The names of the events since the last such step, or from the first one, in order, and no more.
    Told(Vec<String>),
}

impl Play<'_> {
    pub(super) async fn events(&mut self, step: EventStep) {
        let EventStep::Told(expected) = step;
        let mut events = self.world.engine.events(&self.world.user, self.events_seen);
        let mut told = Vec::new();
        for _ in 0..expected.len() {
            let event = tokio::time::timeout(Duration::from_secs(60), events.next()).await.unwrap().unwrap();
            assert_eq!(event.number, self.events_seen + 1);
            self.events_seen = event.number;
            told.push(event.kind.name().to_owned());
        }
        assert_eq!(told, expected);
        assert_eq!(self.world.engine.last_event(&self.world.user).await.unwrap(), self.events_seen);
    }
}
