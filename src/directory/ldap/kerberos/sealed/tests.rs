use tokio::io::{DuplexStream, duplex};

use super::*;
use crate::{
    directory::ldap::kerberos::scripted::{OVERHEAD, Scripted},
    runtime::runtime,
};

/// A frame with these bytes, whatever they are.
fn frame(sealed: &[u8]) -> Vec<u8> {
    [&(sealed.len() as u32).to_be_bytes()[..], sealed].concat()
}

/// Frames of a server that seals these messages.
fn frames(messages: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut server = Scripted::default();
    messages.iter().map(|message| frame(&server.wrap(message, true).unwrap())).collect()
}

fn stream(socket: DuplexStream) -> SealedStream<DuplexStream> {
    SealedStream::new(socket, Box::new(Scripted::default()), 10)
}

/// What a client reads of a server that sends these parts, each by itself, and then hangs up; and how it ends.
fn read(parts: &[&[u8]]) -> (Vec<u8>, io::Result<()>) {
    runtime().unwrap().block_on(async {
        let (client, mut server) = duplex(1 << 20);
        let (mut stream, mut opened) = (stream(client), Vec::new());
        for part in parts {
            server.write_all(part).await.unwrap();
            // The client reads what there is, and its wait for more is called off.
            let waited = std::time::Duration::from_millis(1);
            loop {
                match tokio::time::timeout(waited, stream.read(&mut opened)).await {
                    Ok(Ok(0)) | Err(_) => break,
                    Ok(Ok(_)) => {}
                    Ok(Err(e)) => return (opened, Err(e)),
                }
            }
        }
        drop(server);
        loop {
            match stream.read(&mut opened).await {
                Ok(0) => return (opened, Ok(())),
                Ok(_) => {}
                Err(e) => return (opened, Err(e)),
            }
        }
    })
}

/// The words of a fault that reading ended with.
fn fault(parts: &[&[u8]]) -> String {
    let error = read(parts).1.unwrap_err();
    let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()).expect("a fault");
    assert_eq!(fault.kind, FaultKind::Seal);
    fault.said.clone()
}

#[test]
fn a_frame_may_hold_several_answers_and_an_answer_span_frames() {
    for messages in [
        &[&b"first second third"[..]][..],
        &[b"first ", b"second", b" third"],
        &[b"f", b"irst second thir", b"d"],
        &[b"first second", b"", b" third"],
    ] {
        let sent = frames(messages).concat();
        assert_eq!(read(&[&sent]).0, b"first second third", "{messages:?}");
    }
}

#[test]
fn frames_may_be_cut_at_each_byte() {
    let sent = frames(&[b"first ", b"second"]).concat();
    for at in 0..=sent.len() {
        let (begin, end) = sent.split_at(at);
        let (opened, ended) = read(&[begin, end]);
        assert_eq!((opened.as_slice(), ended.is_ok()), (&b"first second"[..], true), "cut at {at}");
    }
    let single: Vec<&[u8]> = sent.chunks(1).collect();
    assert_eq!(read(&single).0, b"first second");
}

#[test]
fn a_stream_that_ends_inside_of_a_frame_was_cut() {
    let sent = frames(&[b"first", b"second"]).concat();
    let whole = frames(&[b"first"]).concat().len();
    for end in 0..sent.len() {
        let (opened, ended) = read(&[&sent[..end]]);
        let expected = if end < whole { &b""[..] } else { b"first" };
        assert_eq!(opened, expected, "{end}");
        assert_eq!(ended.is_ok(), end == 0 || end == whole, "{end}");
    }
}

#[test]
fn a_length_that_was_not_agreed_on_is_refused_at_once() {
    for length in [LONGEST + 1, 0x7fff_ffff, u32::MAX] {
        assert!(fault(&[&length.to_be_bytes()]).contains("16777215 is the most"), "{length}");
    }
    // The longest is not: it is waited for.
    assert!(read(&[&LONGEST.to_be_bytes()]).1.unwrap_err().get_ref().is_none());
}

#[test]
fn memory_grows_with_what_came_and_not_with_what_is_announced() {
    runtime().unwrap().block_on(async {
        let (client, mut server) = duplex(64);
        let (mut stream, mut opened) = (stream(client), Vec::new());
        server.write_all(&LONGEST.to_be_bytes()).await.unwrap();
        let waited = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(waited, stream.read(&mut opened)).await.is_err());
        assert!(stream.frame.capacity() <= 4 * CHUNK, "{}", stream.frame.capacity());
    });
}

#[test]
fn frames_that_were_changed_come_twice_or_in_another_order_are_refused() {
    let sent = frames(&[b"first", b"second", b"third"]);
    for (name, order) in [("replayed", [0, 0]), ("swapped", [1, 0]), ("left out", [0, 2])] {
        let parts: Vec<&[u8]> = order.iter().map(|at| sent[*at].as_slice()).collect();
        assert_eq!(fault(&[&parts.concat()]), "another number", "{name}");
    }
    let mut changed = sent[0].clone();
    changed[HEADER] = 7;
    assert_eq!(fault(&[&changed]), "no message");
    assert_eq!(fault(&[&frame(b"")]), "no message");
}

#[test]
fn a_frame_that_anybody_could_read_is_refused() {
    let signed = Scripted::default().wrap(b"in clear", false).unwrap();
    assert!(fault(&[&frame(&signed)]).contains("not encrypted"));
}

#[test]
fn messages_are_sealed_in_parts_that_the_server_takes() {
    let written = |message: &'static [u8]| {
        runtime().unwrap().block_on(async {
            let (client, mut server) = duplex(1 << 20);
            let mut stream = stream(client);
            stream.write(message).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut bytes = Vec::new();
            server.read_to_end(&mut bytes).await.unwrap();
            bytes
        })
    };
    let (mut bytes, mut server, mut opened) =
        (written(b"a request of 27 characters."), Scripted::default(), vec![]);
    let mut lengths = Vec::new();
    while !bytes.is_empty() {
        let length = u32::from_be_bytes(bytes[..HEADER].try_into().unwrap()) as usize;
        let found = server.unwrap(&bytes[HEADER..HEADER + length]).unwrap();
        assert!(found.encrypted);
        opened.extend(found.bytes);
        lengths.push(length - OVERHEAD);
        bytes.drain(..HEADER + length);
    }
    assert_eq!((opened.as_slice(), lengths), (&b"a request of 27 characters."[..], vec![10, 10, 7]));
    assert!(written(b"").is_empty());
}
