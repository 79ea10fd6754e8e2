use proptest::prelude::*;

use super::*;
use crate::ber::element;

/// All that is taken out when the bytes come in pieces of these sizes.
fn delivered(bytes: &[u8], sizes: impl IntoIterator<Item = usize>) -> Vec<Next> {
    let (mut inbox, mut rest, mut found) = (Inbox::default(), bytes, Vec::new());
    for size in sizes {
        let (room, most) = inbox.room();
        let (piece, after) = rest.split_at(size.min(most).min(rest.len()));
        room.extend_from_slice(piece);
        rest = after;
        while let Some(next) = Some(inbox.next().unwrap()).filter(|next| *next != Next::Missing) {
            found.push(next);
        }
        if rest.is_empty() {
            break;
        }
    }
    assert!(rest.is_empty() && !inbox.is_begun(), "something was left over");
    found
}

#[test]
fn a_message_is_refused_as_soon_as_its_first_bytes_are_wrong() {
    let more = || Ok(None);
    for (received, expected) in [
        (&b""[..], more()),
        (b"\x30", more()),
        (b"\x30\x84\x00\x00", more()),
        (b"\x30\x05\x02", Ok(Some(7))),
        (b"\x30\x84\x00\x00\x00\x05", Ok(Some(11))),
        (b"\x30\x84\x03\xff\xff\xfa", Ok(Some(limits::MESSAGE))),
        (b"\x30\x84\x03\xff\xff\xfb", Err(Malformed("a message of more than 64 MiB"))),
        (b"\x30\x84\x80\x00\x00\x00", Err(Malformed("a message of more than 64 MiB"))),
        (b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", Err(Malformed("a message of more than 64 MiB"))),
        (b"H", Err(Malformed("something that is no LDAP message"))),
    ] {
        assert_eq!(message_size(received), expected, "{received:02x?}");
    }
}

#[test]
fn a_message_that_is_too_large_is_dropped_without_being_held() {
    let small = element(tag::SEQUENCE, &[b"after it"]);
    let large = element(tag::SEQUENCE, &[&vec![7; limits::OBJECT]]);
    let (mut inbox, mut found) = (Inbox::default(), Vec::new());
    let mut rest = [large.as_slice(), &small].concat();
    while !rest.is_empty() {
        let (room, most) = inbox.room();
        room.extend(rest.drain(..most.min(rest.len()).min(1 << 20)));
        assert!(room.capacity() < 64 * 1024, "{}", room.capacity());
        while let Some(next) = Some(inbox.next().unwrap()).filter(|next| *next != Next::Missing) {
            found.push(next);
        }
    }
    let expected = [Next::TooLarge(large[..HEAD].to_vec()), Next::Message(small)];
    assert!(found == expected, "{} were found", found.len());
}

#[test]
fn memory_grows_with_what_comes_and_not_with_what_is_announced() {
    let mut inbox = Inbox::default();
    let (room, _) = inbox.room();
    room.extend_from_slice(b"\x30\x84\x00\xff\xff\xf0");
    assert_eq!(inbox.next(), Ok(Next::Missing));
    assert!(inbox.room().0.capacity() < 64 * 1024);
}

#[test]
fn a_message_is_whole_wherever_it_is_cut() {
    let first = element(tag::SEQUENCE, &[b"first"]);
    let second = element(tag::SEQUENCE, &[&[1; 300]]);
    let bytes = [first.as_slice(), &second].concat();
    for at in 0..=bytes.len() {
        let found = delivered(&bytes, [at, bytes.len() - at]);
        assert_eq!(found, [Next::Message(first.clone()), Next::Message(second.clone())], "{at}");
    }
}

proptest! {
    #[test]
    fn messages_come_out_as_they_were_sent(
        lengths in prop::collection::vec(prop_oneof![0usize..300, 10_000usize..60_000], 1..8),
        sizes in prop::collection::vec(1usize..40_000, 1..20),
    ) {
        let messages: Vec<_> = lengths.iter().map(|length| element(tag::SEQUENCE, &[&vec![9; *length]])).collect();
        let found = delivered(&messages.concat(), sizes.into_iter().cycle());
        let expected: Vec<_> = messages.into_iter().map(Next::Message).collect();
        prop_assert!(found == expected);
    }

    #[test]
    fn any_bytes_are_messages_or_refused(bytes: Vec<u8>) {
        let mut inbox = Inbox::default();
        inbox.room().0.extend_from_slice(&bytes);
        while matches!(inbox.next(), Ok(Next::Message(_))) {}
    }
}
