//! Starting and stopping a server.

use std::net::Ipv4Addr;
use std::sync::Arc;

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
}

impl Simulator {
    /// Starts a server on the current tokio runtime.
    ///
    /// # Errors
    /// Fails if the port cannot be listened on.
    pub async fn start(options: SimulatorOptions) -> Result<Self, StartError> {
        let port = options.port;
        let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listening.map_err(|error| StartError::Port(port, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Port(port, error))?;
        let shared = Shared::new(options, Handle::current());
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
