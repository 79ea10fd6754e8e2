//! `exchange-online-stand-in`: a strict server that speaks what docs/design/exchange-online.md says about the gateway,
//! the sign-in and managed identities. It is written from that page, not from this product's client.

// A tool of the tests: it stops where something is not as it should be, and says so.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod access;
mod anchor;
mod answer;
mod authority;
mod batch;
mod body;
mod clock;
mod cmdlets;
mod control;
mod directory;
mod failure;
mod faults;
mod filter;
mod gateway;
mod invoke;
mod listen;
mod metadata;
mod object;
mod pages;
mod rate;
mod reads;
mod render;
mod session;
mod settings;
mod token;
mod values;
mod world;
mod writes;

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use listen::Side;
use serde_json::json;
use tokio::sync::Notify;

const USAGE: &str = "\
Usage: exchange-online-stand-in --directory DIR [--port PORT]

Writes DIR/ca.pem, and DIR/stand-in.json with the addresses when it listens. Ends when its standard input closes or
on POST /stop at the control address.";

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let done = parse(std::env::args().skip(1)).map_err(Failure::from).and_then(|(directory, port)| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let ended = runtime.block_on(run(&directory, port));
        // The thread that watches standard input may still wait.
        runtime.shutdown_background();
        ended
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(PathBuf, u16), String> {
    let (mut directory, mut port) = (None, 0);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--directory" => directory = Some(PathBuf::from(value)),
            "--port" => port = value.parse().map_err(|_| format!("'{value}' is no port.\n{USAGE}"))?,
            _ => return Err(format!("'{name}' is unknown.\n{USAGE}")),
        }
    }
    Ok((directory.ok_or(USAGE)?, port))
}

async fn run(directory: &Path, port: u16) -> Result<(), Failure> {
    let (configuration, authority) = authority::make()?;
    let (https, https_port) = listen::bind(port).await?;
    let (control, control_port) = listen::bind(0).await?;
    let (metadata, metadata_port) = listen::bind(0).await?;
    let world = world::Shared::default();
    let base = format!("https://localhost:{https_port}");
    world.lock().base.clone_from(&base);
    let stop = Arc::new(Notify::new());
    for (listener, side) in [
        (https, Side::Https(configuration.into())),
        (control, Side::Control(stop.clone())),
        (metadata, Side::Metadata),
    ] {
        tokio::spawn(listen::serve(listener, side, world.clone()));
    }
    let addresses = json!({
        "Https": base,
        "Control": format!("http://127.0.0.1:{control_port}"),
        "Metadata": format!("http://127.0.0.1:{metadata_port}"),
    });
    write(&directory.join("ca.pem"), authority.as_bytes())?;
    write(&directory.join("stand-in.json"), addresses.to_string().as_bytes())?;
    watch_standard_input(stop.clone());
    stop.notified().await;
    // The answer to /stop is under way.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    Ok(())
}

/// Writes a file beside its place and moves it there at once.
fn write(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    file.write_all(contents)?;
    file.persist(path)?;
    Ok(())
}

/// Whoever started this has ended when standard input closes.
fn watch_standard_input(stop: Arc<Notify>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while matches!(std::io::stdin().read(&mut buffer), Ok(1..)) {}
        stop.notify_one();
    });
}
