//! Small servers for HTTP: one request a connection, and any bytes as the answer.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use rustls::{ServerConnection, StreamOwned};

use crate::common::stand_in::{Authority, accept, tls};

/// What a server got.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Such as `GET / HTTP/1.1`.
    pub line: String,
    /// By their names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Received {
    /// The fields of a form, or of the query.
    pub fn fields(&self) -> HashMap<String, String> {
        let query = self.line.split(' ').nth(1).and_then(|target| target.split_once('?'));
        let text = if self.body.is_empty() { query.map_or("", |(_, query)| query) } else { &self.body };
        let url = reqwest::Url::parse(&format!("http://localhost/?{text}")).unwrap();
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }
}

/// A server's requests.
pub type Requests = Arc<Mutex<Vec<Received>>>;

/// The CA of the HTTPS servers here, as a file.
pub fn authority() -> &'static (Authority, PathBuf) {
    static AUTHORITY: OnceLock<(Authority, PathBuf)> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let authority = Authority::new("Sign-in tests");
        let path = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep().join("ca.pem");
        std::fs::write(&path, &authority.pem).unwrap();
        (authority, path)
    })
}

/// Starts a server for `https://localhost`; its port and requests. The closure gets the number of the request, from 1.
pub fn https(answer: impl Fn(usize, &Received) -> Vec<u8> + Send + Sync + 'static) -> (u16, Requests) {
    let configuration = tls(&authority().0.issue(&["localhost"], (-1, 1)));
    let requests = Requests::default();
    let seen = requests.clone();
    let port = accept(move |socket| {
        let tls = ServerConnection::new(configuration.clone()).unwrap();
        // The client may hang up at any time; that is no failure of the server.
        let _ = talk(&mut StreamOwned::new(tls, socket), &seen, &answer);
    });
    (port, requests)
}

/// The same for `http://127.0.0.1`.
pub fn http(answer: impl Fn(usize, &Received) -> Vec<u8> + Send + Sync + 'static) -> (u16, Requests) {
    let requests = Requests::default();
    let seen = requests.clone();
    let port = accept(move |mut socket| {
        let _ = talk(&mut socket, &seen, &answer);
    });
    (port, requests)
}

fn talk(
    stream: &mut (impl Read + Write),
    requests: &Requests,
    answer: &dyn Fn(usize, &Received) -> Vec<u8>,
) -> io::Result<()> {
    let received = receive(stream)?;
    let number = {
        let mut requests = requests.lock().unwrap();
        requests.push(received.clone());
        requests.len()
    };
    let answer = answer(number, &received);
    stream.write_all(&answer)?;
    stream.flush()
}

fn receive(stream: &mut impl Read) -> io::Result<Received> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.extend_from_slice(&byte);
    }
    let head = String::from_utf8(bytes).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers: HashMap<_, _> = lines.filter_map(header).collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Received { line, headers, body: String::from_utf8(body).unwrap() })
}

/// An answer with its length; `headers` end in a line break each.
pub fn says(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
        .into()
}

/// No answer, while the test lasts.
pub fn nothing() -> Vec<u8> {
    std::thread::sleep(Duration::from_secs(60));
    Vec::new()
}
