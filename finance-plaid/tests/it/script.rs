//! A server below HTTP, for connections that break.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Closes the connection without a byte.
    Hang,
    /// Sends a part of the body it announced, then closes.
    CutBody,
    /// The same with status 400.
    CutFailure,
    /// Answers 200 with this body and keeps the connection.
    Answer(&'static str),
}

/// Plays its acts in order, the last one for ever.
pub(crate) struct ScriptedServer {
    pub(crate) address: String,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl ScriptedServer {
    pub(crate) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let (requests, connections) = (Arc::clone(&server.requests), Arc::clone(&server.connections));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, acts.clone(), Arc::clone(&requests)));
            }
        });
        server
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, acts: Vec<Act>, requests: Arc<AtomicUsize>) {
    while read_request(&mut stream).await {
        let number = requests.fetch_add(1, Ordering::SeqCst);
        let (status, length, body, keep) = match &acts[number.min(acts.len() - 1)] {
            Act::Hang => return,
            Act::CutBody => ("200 OK", 1_000, r#"{"added":["#, false),
            Act::CutFailure => ("400 Bad Request", 1_000, r#"{"error_code":"ITEM_LO"#, false),
            Act::Answer(body) => ("200 OK", body.len(), *body, true),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        if !keep {
            return;
        }
    }
}

/// Reads one request to its end; `false` when the client closed the connection.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                return true;
            }
        }
        match stream.read_buf(&mut request).await {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}
