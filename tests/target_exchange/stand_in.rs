//! The stand-in as a child process, spoken to at its control port.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// A running stand-in; it ends with this.
pub struct StandIn {
    child: Child,
    pub directory: tempfile::TempDir,
    control: String,
}

impl StandIn {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let program = program();
        let child = Command::new(&program)
            .arg("--directory")
            .arg(directory.path())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}", program.display()));
        let file = directory.path().join("stand-in.json");
        let began = Instant::now();
        let addresses: Value = loop {
            match std::fs::read(&file) {
                Ok(text) => break serde_json::from_slice(&text).unwrap(),
                Err(_) if began.elapsed() < Duration::from_secs(20) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(e) => panic!("the stand-in does not listen: {e}"),
            }
        };
        let control = addresses["Control"].as_str().unwrap().trim_start_matches("http://").to_owned();
        Self { child, directory, control }
    }

    /// Sends one request to the control port; the answer.
    pub fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        control(&self.control, method, path, body)
    }

    pub fn address(&self) -> String {
        self.control.clone()
    }

    pub fn settings(&self, settings: Value) {
        self.control("PUT", "/settings", &settings);
    }

    /// How often each cmdlet ran.
    pub fn count(&self, cmdlet: &str) -> u64 {
        self.control("GET", "/statistics", &json!(null))["CommandsByName"][cmdlet].as_u64().unwrap_or(0)
    }
}

/// A request over HTTP/1.1 (RFC 9112) that closes its connection.
pub fn control(address: &str, method: &str, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let text = String::from_utf8_lossy(&answer[end + 4..]).into_owned();
    assert!(head.contains(" 200 "), "{method} {path}: {head}\n{text}");
    serde_json::from_str(&text).unwrap()
}

/// The example of that name, which cargo builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let debug = test.parent().unwrap().parent().unwrap();
    debug.join("examples").join(format!("exchange-online-stand-in{}", std::env::consts::EXE_SUFFIX))
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
