//! A directory server that sends any bytes at any time, over real TLS: what no LDAP library would write. Answers are
//! put together byte by byte here, with four bytes of length as Active Directory writes them.

use std::{
    io::{self, Read as _, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Duration,
};

use ldap3_proto::{
    LdapCodec,
    proto::{LdapMsg, LdapOp, LdapSearchRequest, LdapSearchScope},
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio_util::{bytes::BytesMut, codec::Decoder};

use super::stand_in::{BASE, Identity, accept, tls};

/// Where answers go. Fails when the client has hung up, which ends every loop.
pub type Out<'a> = &'a mut dyn Write;

/// What a client did at the server.
#[derive(Debug, Default)]
pub struct Seen {
    /// Its requests with their numbers, of all connections.
    pub requests: Mutex<Vec<(u32, LdapOp)>>,
    /// How each connection ended: whether the client said so, in the way of TLS.
    pub ends: Mutex<Vec<bool>>,
}

/// Starts a server on the loopback interface that answers each request so; its port, and what it sees. It ends with
/// the test's process.
pub fn serve(
    identity: &Identity,
    script: impl Fn(&LdapMsg, Out) -> io::Result<()> + Send + Sync + 'static,
) -> (u16, Arc<Seen>) {
    serve_with(tls(identity), script)
}

/// The same with these settings of TLS.
pub fn serve_with(
    configuration: Arc<ServerConfig>,
    script: impl Fn(&LdapMsg, Out) -> io::Result<()> + Send + Sync + 'static,
) -> (u16, Arc<Seen>) {
    let (script, seen) = (Arc::new(script), Arc::new(Seen::default()));
    let kept = seen.clone();
    let port = accept(move |socket| {
        socket.set_nodelay(true).unwrap();
        let tls = ServerConnection::new(configuration.clone()).unwrap();
        let ended = talk(StreamOwned::new(tls, socket), &*script, &seen);
        seen.ends.lock().unwrap().push(ended.is_ok());
    });
    (port, kept)
}

/// Starts a server that begins in clear: each time it answers the first request with the bytes that `first` makes of its
/// number, and goes on with TLS.
pub fn serve_start_tls(
    identity: &Identity,
    first: impl Fn(&LdapMsg) -> Vec<u8> + Send + Sync + 'static,
    script: impl Fn(&LdapMsg, Out) -> io::Result<()> + Send + Sync + 'static,
) -> (u16, Arc<Seen>) {
    let (configuration, seen) = (tls(identity), Arc::new(Seen::default()));
    let kept = seen.clone();
    let port = accept(move |mut socket| {
        let request = first_request(&mut socket);
        seen.requests.lock().unwrap().push((request.msgid as u32, request.op.clone()));
        socket.write_all(&first(&request)).unwrap();
        let tls = ServerConnection::new(configuration.clone()).unwrap();
        let ended = talk(StreamOwned::new(tls, socket), &script, &seen);
        seen.ends.lock().unwrap().push(ended.is_ok());
    });
    (port, kept)
}

/// The request that a client begins with, alone.
fn first_request(socket: &mut TcpStream) -> LdapMsg {
    let (mut received, mut codec) = (BytesMut::new(), LdapCodec::new(Some(1 << 20), None));
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "the client hung up");
        received.extend_from_slice(&chunk[..count]);
        if let Some(request) = codec.decode(&mut received).unwrap() {
            assert!(received.is_empty(), "the client did not wait for the answer");
            return request;
        }
    }
}

fn talk(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    script: &dyn Fn(&LdapMsg, Out) -> io::Result<()>,
    seen: &Seen,
) -> io::Result<()> {
    let (mut received, mut codec) = (BytesMut::new(), LdapCodec::new(Some(1 << 20), None));
    loop {
        while let Some(request) = codec.decode(&mut received)? {
            seen.requests.lock().unwrap().push((request.msgid as u32, request.op.clone()));
            script(&request, &mut stream)?;
            stream.flush()?;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk)? {
            0 => return Ok(()),
            count => received.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Signs everybody in, shows a root DSE and the search base, and leaves the other requests to `others`.
pub fn directory(
    others: impl Fn(&LdapMsg, Out) -> io::Result<()> + Send + Sync + 'static,
) -> impl Fn(&LdapMsg, Out) -> io::Result<()> + Send + Sync + 'static {
    move |request, out| match usual(request) {
        Some(answer) => out.write_all(&answer),
        None => others(request, out),
    }
}

/// What every directory answers to signing in and looking for the search base.
pub fn usual(request: &LdapMsg) -> Option<Vec<u8>> {
    let id = request.msgid as u32;
    let naming = attribute("defaultNamingContext", &[BASE.as_bytes()]);
    let root = [naming, attribute("currentTime", &[b"20261125120000.0Z"])].concat();
    match &request.op {
        LdapOp::BindRequest(_) => Some(message(id, 0x61, &result(0, ""))),
        LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base => {
            match wanted.base.as_str() {
                "" => Some([entry(id, b"", &root), done(id, b"")].concat()),
                BASE => Some([entry(id, BASE.as_bytes(), b""), done(id, b"")].concat()),
                _ => None,
            }
        }
        LdapOp::UnbindRequest | LdapOp::AbandonRequest(_) => Some(Vec::new()),
        _ => None,
    }
}

/// The search that a request is.
pub fn searched(request: &LdapMsg) -> &LdapSearchRequest {
    match &request.op {
        LdapOp::SearchRequest(search) => search,
        other => panic!("no search: {other:?}"),
    }
}

/// Writes what `next` makes of 0, 1, 2 … until the client hangs up.
pub fn for_ever(out: Out, mut next: impl FnMut(usize) -> Vec<u8>) -> io::Result<()> {
    (0..).try_for_each(|number| out.write_all(&next(number)))
}

/// Writes one byte after the other, with this time between them.
pub fn drip(out: Out, bytes: &[u8], pause: Duration) -> io::Result<()> {
    bytes.iter().try_for_each(|byte| {
        out.write_all(&[*byte])?;
        out.flush()?;
        std::thread::sleep(pause);
        Ok(())
    })
}

/// An element, with four bytes of length.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&announced(tag, content.len() as u32)[..], content].concat()
}

/// The beginning of an element of that length.
pub fn announced(tag: u8, length: u32) -> Vec<u8> {
    [&[tag, 0x84][..], &length.to_be_bytes()].concat()
}

pub fn octets(bytes: &[u8]) -> Vec<u8> {
    element(0x04, bytes)
}

/// A whole message of that number.
pub fn message(id: u32, operation: u8, content: &[u8]) -> Vec<u8> {
    let id = element(0x02, &id.to_be_bytes());
    element(0x30, &[id, element(operation, content)].concat())
}

/// What a result holds.
pub fn result(code: u8, text: &str) -> Vec<u8> {
    [vec![0x0a, 1, code], octets(b""), octets(text.as_bytes())].concat()
}

/// The end of a page; an empty cookie: of the last one.
pub fn done(id: u32, cookie: &[u8]) -> Vec<u8> {
    let value = element(0x30, &[vec![0x02, 1, 0], octets(cookie)].concat());
    let control = element(0x30, &[octets(b"1.2.840.113556.1.4.319"), octets(&value)].concat());
    let id = element(0x02, &id.to_be_bytes());
    element(0x30, &[id, element(0x65, &result(0, "")), element(0xa0, &control)].concat())
}

/// An object of this name with these attributes.
pub fn entry(id: u32, dn: &[u8], attributes: &[u8]) -> Vec<u8> {
    message(id, 0x64, &[octets(dn), element(0x30, attributes)].concat())
}

pub fn attribute(name: &str, values: &[&[u8]]) -> Vec<u8> {
    raw_attribute(name.as_bytes(), &values.iter().flat_map(|value| octets(value)).collect::<Vec<_>>())
}

/// An attribute whose values are these bytes, whatever they are.
pub fn raw_attribute(name: &[u8], values: &[u8]) -> Vec<u8> {
    element(0x30, &[octets(name), element(0x31, values)].concat())
}

/// Name and attributes of a user that makes sense.
pub fn person(number: usize) -> (Vec<u8>, Vec<u8>) {
    let mut guid = [0; 16];
    guid[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let mail = format!("user{number}@contoso.test");
    let attributes = [
        attribute("objectClass", &[b"user"]),
        attribute("objectGUID", &[&guid]),
        attribute("mail", &[mail.as_bytes()]),
    ];
    (format!("CN=User {number},{BASE}").into_bytes(), attributes.concat())
}

/// A user that makes sense, with these attributes besides.
pub fn user(id: u32, number: usize, more: &[u8]) -> Vec<u8> {
    let (dn, attributes) = person(number);
    entry(id, &dn, &[&attributes, more].concat())
}

/// Elements in one another, about as many bytes as asked for.
pub fn nested(size: usize) -> Vec<u8> {
    let depth = (size / 6) as u32;
    (0..depth).rev().flat_map(|inner| announced(0x30, inner * 6)).collect()
}
