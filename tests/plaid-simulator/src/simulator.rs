//! Starting and stopping a server.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::control::{Control, router};
use crate::options::SimulatorOptions;
use crate::server::{handle, serve};
use crate::shared::Shared;

/// A running server on 127.0.0.1. It stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port is taken or forbidden.
    #[error("cannot listen on port {0} of 127.0.0.1")]
    Port(u16, #[source] std::io::Error),
    /// The client that sends webhooks cannot be made.
    #[error("cannot make an HTTP client for webhooks")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Simulator {
    /// Starts a server on the current tokio runtime.
    ///
    /// # Errors
    /// Fails if the port cannot be listened on.
    pub async fn start(options: SimulatorOptions) -> Result<Self, StartError> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| StartError::Client(error.into()))?;
        let port = options.port;
        let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listening.map_err(|error| StartError::Port(port, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Port(port, error))?;
        let shared = Shared::new(options, client, Handle::current());
        let plaid = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let router = plaid.nest("/_simulator", router(Control::new(Arc::clone(&shared))));
        let task = tokio::spawn(serve(listener, router));
        Ok(Self { url: format!("http://{address}"), shared, task })
    }

    /// The address to give a client as Plaid's, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The levers behind the server.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}
