//! A proxy as companies have them: it connects with `CONNECT`, may want a user name and password, and may break TLS
//! open with a CA of its own.

use std::{
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use smime_sync::runtime::runtime;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::common::stand_in::{Authority, tls};

/// What the proxy does with who asks for a way.
pub enum Manners {
    /// Opens it.
    Opens,
    /// Opens it for this header's value; another gets 407 and these ways to sign in.
    WantsSignIn { authorization: &'static str, offers: &'static [&'static str] },
    /// Answers this instead.
    Says(&'static str),
    /// Answers this and then headers without an end.
    Babbles(&'static str),
    /// Takes the question and never answers.
    Keeps,
    /// Hangs up.
    HangsUp,
    /// Sits in the middle, with certificates of its own CA; trusts the service by its CA.
    Inspects { own: Authority, theirs: CertificateDer<'static> },
}

/// A running proxy.
pub struct Proxy {
    pub address: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// The first lines of the requests for a way.
    lines: Vec<String>,
    /// What went to the service in clear.
    inspected: Vec<u8>,
}

impl Proxy {
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        listener.set_nonblocking(true).unwrap();
        let (manners, seen) = (Arc::new(manners), Arc::<Mutex<Seen>>::default());
        let noted = seen.clone();
        runtime().unwrap().spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((socket, _)) = listener.accept().await {
                let (manners, noted) = (manners.clone(), noted.clone());
                // Either side may hang up at any time; that is no failure of the proxy.
                tokio::spawn(async move {
                    let _ = serve(socket, &manners, &noted).await;
                });
            }
        });
        Self { address, seen }
    }

    /// The first lines of the requests for a way, each once.
    pub fn asked_for(&self) -> Vec<String> {
        let mut lines = self.seen.lock().unwrap().lines.clone();
        lines.sort();
        lines.dedup();
        lines
    }

    /// How many requests for a way there were.
    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().lines.len()
    }

    /// What went to services in clear.
    pub fn inspected(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().inspected).into_owned()
    }
}

/// The CA of the service, for a proxy that looks into what it says.
pub fn certificate(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

async fn serve(mut socket: TcpStream, manners: &Manners, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let line = head.lines().next().unwrap().to_owned();
    let target = line.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap().to_owned();
    seen.lock().unwrap().lines.push(line);
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
    };
    let authorization = head.lines().find_map(header);
    match manners {
        Manners::Says(answer) => return socket.write_all(answer.as_bytes()).await,
        Manners::Babbles(answer) => {
            socket.write_all(answer.as_bytes()).await?;
            loop {
                socket.write_all(b"x-more: and more\r\n").await?;
            }
        }
        Manners::Keeps => return std::future::pending().await,
        Manners::HangsUp => return Ok(()),
        Manners::WantsSignIn { authorization: wanted, offers }
            if authorization.as_deref() != Some(*wanted) =>
        {
            let offers: String =
                offers.iter().map(|offer| format!("Proxy-Authenticate: {offer}\r\n")).collect();
            let answer =
                format!("HTTP/1.1 407 Proxy Authentication Required\r\n{offers}Content-Length: 0\r\n\r\n");
            return socket.write_all(answer.as_bytes()).await;
        }
        _ => {}
    }
    let mut service = TcpStream::connect(&target).await?;
    socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let Manners::Inspects { own, theirs } = manners else {
        return copy_bidirectional(&mut socket, &mut service).await.map(|_| ());
    };
    let host = target.rsplit_once(':').unwrap().0.to_owned();
    let client = TlsAcceptor::from(tls(&own.issue(&[&host], (-1, 1)))).accept(socket).await?;
    let mut roots = RootCertStore::empty();
    roots.add(theirs.clone()).unwrap();
    let settings = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host).unwrap();
    let service = TlsConnector::from(Arc::new(settings)).connect(name, service).await?;
    let (from_client, to_client) = tokio::io::split(client);
    let (from_service, to_service) = tokio::io::split(service);
    let (one, other) = tokio::join!(
        hand_over(from_client, to_service, |bytes| seen.lock().unwrap().inspected.extend_from_slice(bytes)),
        hand_over(from_service, to_client, |_| {}),
    );
    one.and(other)
}

async fn hand_over(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    look: impl Fn(&[u8]),
) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        look(&bytes[..count]);
        to.write_all(&bytes[..count]).await?;
        to.flush().await?;
    }
}
