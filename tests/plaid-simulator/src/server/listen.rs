//! Accepts connections, and can close one without an answer.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// Put among an answer's extensions, it closes the connection instead of answering.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection is cut by script")]
pub(crate) struct CutConnection;

/// Serves until dropped; all open connections end with it.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(converse(stream, router.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    // Without this small answers wait for the next packet; if it fails they are slower, nothing else.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { answer.await.map_err(|never: Infallible| match never {}).and_then(cut_if_asked) }
    });
    // A connection that breaks is the client's affair or a scripted fault.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn cut_if_asked(answer: Response<Body>) -> Result<Response<Body>, CutConnection> {
    if answer.extensions().get::<CutConnection>().is_some() { Err(CutConnection) } else { Ok(answer) }
}
