use ldap3_proto::{
    LdapCodec,
    control::LdapControl,
    proto::{
        LdapBindResponse, LdapMsg, LdapOp, LdapPartialAttribute, LdapResult as Theirs, LdapResultCode,
        LdapSearchResultEntry, LdapSearchResultReference,
    },
};
use proptest::prelude::*;
use tokio_util::codec::Encoder;

use super::*;
use crate::ber::{element, number};

/// What we read out of its bytes.
fn as_we_read(op: LdapOp, ctrl: Vec<LdapControl>) -> Answer {
    let mut bytes = Default::default();
    LdapCodec::default().encode(LdapMsg { msgid: 7, op, ctrl }, &mut bytes).unwrap();
    decode(bytes.to_vec(), 7).unwrap().expect("an answer")
}

/// A message of number 7.
fn message(operation: u8, content: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &[&number(tag::INTEGER, 7), &element(operation, content)])
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, &[bytes])
}

/// An attribute as it is in a message.
fn attribute(name: &[u8], values: &[u8]) -> Vec<u8> {
    element(tag::SEQUENCE, &[&octets(name), &element(tag::SET, &[values])])
}

/// An object as it is in a message.
fn object(dn: &[u8], attributes: &[u8]) -> Vec<u8> {
    message(SEARCH_RESULT_ENTRY, &[&octets(dn), &element(tag::SEQUENCE, &[attributes])])
}

fn their_result(code: LdapResultCode, message: &str) -> Theirs {
    Theirs { code, matcheddn: "DC=x".into(), message: message.into(), referral: Vec::new() }
}

#[test]
fn entries_keep_the_order_of_their_values() {
    let attribute = |name: &str, values: &[&[u8]]| LdapPartialAttribute {
        atype: name.into(),
        vals: values.iter().map(|v| v.to_vec()).collect(),
    };
    let attributes = vec![
        attribute("userCertificate", &[b"\x30\xff", b"plain", b"\x00"]),
        attribute("mail", &[b"a@x.test"]),
        attribute("description", &[]),
    ];
    let dn = "CN=A,DC=x".to_owned();
    let answer =
        as_we_read(LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: dn.clone(), attributes }), vec![]);
    let mut expected = Entry::new(dn);
    for (name, values) in [
        ("userCertificate", &[&b"\x30\xff"[..], b"plain", b"\x00"][..]),
        ("mail", &[b"a@x.test"]),
        ("description", &[]),
    ] {
        expected.add_attribute(name);
        values.iter().for_each(|value| expected.add_value(value));
    }
    assert_eq!(answer, Answer::Entry(expected));
}

#[test]
fn results_carry_code_text_and_the_cookie_of_the_next_page() {
    let result = LdapResult { code: 4, text: "too many".into(), referrals: vec![] };
    let theirs = || their_result(LdapResultCode::SizeLimitExceeded, "too many\0");
    let paged = LdapControl::SimplePagedResults { size: 0, cookie: b"next".to_vec() };
    let last = LdapControl::SimplePagedResults { size: 0, cookie: Vec::new() };
    let other = LdapControl::ManageDsaIT { criticality: false };
    let changes = |flags| LdapControl::AdDirsync { flags, max_bytes: 0, cookie: Some(b"next".to_vec()) };
    for (controls, cookie, is_more) in [
        (vec![], &b""[..], false),
        (vec![other.clone()], b"", false),
        (vec![last], b"", false),
        (vec![other.clone(), paged], b"next", true),
        (vec![other, changes(1)], b"next", true),
        (vec![changes(0)], b"next", false),
    ] {
        let answer = as_we_read(LdapOp::SearchResultDone(theirs()), controls);
        assert_eq!(answer, Answer::Done(result.clone(), Rest { cookie: cookie.to_vec(), is_more }));
    }
    let bind = LdapBindResponse { res: theirs(), saslcreds: Some(b"token".to_vec()) };
    assert_eq!(
        as_we_read(LdapOp::BindResponse(bind), vec![]),
        Answer::Bind(result.clone(), Some(b"token".to_vec()))
    );
    assert_eq!(as_we_read(LdapOp::ModifyResponse(theirs()), vec![]), Answer::Modify(result));
    let uris = vec!["ldap://a".to_owned(), "ldap://b".to_owned()];
    let reference = LdapOp::SearchResultReference(LdapSearchResultReference { uris: uris.clone() });
    assert_eq!(as_we_read(reference, vec![]), Answer::Reference(uris));
}

#[test]
fn referrals_of_a_result_are_read() {
    let uri = element(tag::OCTET_STRING, &[b"ldap://other"]);
    let content = [&number(tag::ENUMERATED, 10), &octets(b""), &octets(b"0000202B: RefErr")];
    let done = message(
        SEARCH_RESULT_DONE,
        &[content[0], content[1], content[2], &element(tag::constructed(3), &[&uri])],
    );
    let result =
        LdapResult { code: 10, text: "0000202B: RefErr".into(), referrals: vec!["ldap://other".into()] };
    assert_eq!(decode(done, 7), Ok(Some(Answer::Done(result, Rest::default()))));
}

/// An object that is no text, broken or too large is told as such, by its name as far as that can be shown.
#[test]
fn an_object_that_can_not_be_taken_costs_no_other() {
    let mail = attribute(b"mail", &octets(b"a@x.test"));
    let empty = |count: usize| [4, 0].repeat(count);
    let long = [b'a'; limits::NAME + 1];
    let nested = (0..9_000).fold(Vec::new(), |inner, _| {
        [&[0x30, 0x84][..], &(inner.len() as u32).to_be_bytes(), &inner].concat()
    });
    let taken = |dn: &str| (dn.to_owned(), None);
    let faulty = |dn: &str, is_named, why: &str| (dn.to_owned(), Some((is_named, why.to_owned())));
    for (bytes, expected) in [
        (object(b"CN=A", &mail), taken("CN=A")),
        (object("CN=Ä".as_bytes(), &attribute(b"mail", &empty(limits::VALUES - 1))), taken("CN=Ä")),
        (object(b"CN=A", &attribute(b"mail", &empty(limits::VALUES))), faulty("CN=A", true, TOO_MANY_VALUES)),
        (object(b"CN=A", &mail.repeat(limits::VALUES)), faulty("CN=A", true, TOO_MANY_VALUES)),
        (
            object(b"CN=\xc4", &mail),
            faulty("CN=\u{fffd}", false, "its name is not UTF-8, or longer than 8 KiB"),
        ),
        (
            object(&long, &mail),
            faulty(
                &format!("{}…", "a".repeat(limits::SAID)),
                false,
                "its name is not UTF-8, or longer than 8 KiB",
            ),
        ),
        (
            object(b"CN=A", &attribute(b"ma\xffil", &[])),
            faulty("CN=A", true, "the name of one of its attributes is not UTF-8"),
        ),
        (
            object(b"CN=A", b"\x30"),
            faulty("CN=A", true, "the server sent it with an element that ends too early"),
        ),
        (
            object(b"CN=A", &nested),
            faulty("CN=A", true, "the server sent it with an element of another kind than expected"),
        ),
        (
            object(b"CN=A", &attribute(b"mail", &number(tag::INTEGER, 1))),
            faulty("CN=A", true, "the server sent it with an element of another kind than expected"),
        ),
    ] {
        let found = match decode(bytes, 7).unwrap().unwrap() {
            Answer::Entry(entry) => (entry.dn, None),
            Answer::Faulty(Faulty { dn, is_named, why }) => (dn, Some((is_named, why))),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected);
    }
}

#[test]
fn the_beginning_of_what_is_too_large_tells_whose_it_is() {
    let too_large = Malformed("an answer of more than 16 MiB");
    let content = vec![0; limits::OBJECT];
    for (bytes, wanted, expected) in [
        (object(b"CN=A", &content), 7, Ok(Some(("CN=A", true)))),
        (object(b"CN=\xc4", &content), 7, Ok(Some(("CN=\u{fffd}", false)))),
        (object(b"CN=A", &content), 8, Ok(None)),
        (
            object(&vec![b'a'; 20_000], &content),
            7,
            Err(Malformed("an object with a name of more than 8 KiB")),
        ),
        (message(SEARCH_RESULT_DONE, &[&content]), 7, Err(too_large)),
        (message(BIND_RESPONSE, &[&content]), 7, Err(too_large)),
    ] {
        let found = decode_too_large(&bytes[..10_000], wanted).map(|answer| {
            answer.map(|answer| match answer {
                Answer::Faulty(Faulty { dn, is_named, why }) => {
                    assert_eq!(why, "it is larger than 16 MiB");
                    (dn, is_named)
                }
                other => panic!("{other:?}"),
            })
        });
        assert_eq!(
            found,
            expected.map(|found| found.map(|(dn, is_named): (&str, bool)| (dn.to_owned(), is_named)))
        );
    }
}

#[test]
fn only_a_notice_of_disconnection_ends_the_connection() {
    let name = |text: &[u8]| element(tag::context(10), &[text]);
    let notice = |code: u32, matched: &[u8], rest: &[u8]| {
        let content =
            [number(tag::ENUMERATED, code), octets(matched), octets(b"why"), rest.to_vec()].concat();
        element(tag::SEQUENCE, &[&number(tag::INTEGER, 0), &element(EXTENDED_RESPONSE, &[&content])])
    };
    for (bytes, ends) in [
        (notice(52, b"", &name(NOTICE_OF_DISCONNECTION)), true),
        (notice(0, b"", &name(NOTICE_OF_DISCONNECTION)), true),
        (notice(52, b"", &octets(NOTICE_OF_DISCONNECTION)), true),
        (notice(52, NOTICE_OF_DISCONNECTION, b""), true),
        (notice(52, b"", b""), true),
        (notice(0, b"", b""), false),
        (notice(52, b"", &name(b"1.3.6.1.4.1.1466.20037")), false),
        (notice(0, b"", &name(b"1.2.3")), false),
    ] {
        let found = decode(bytes.clone(), 7).unwrap();
        assert_eq!(matches!(found, Some(Answer::Disconnection(_))), ends, "{bytes:02x?}");
        assert_eq!(found.is_some(), ends);
    }
}

#[test]
fn answers_to_other_requests_are_none_whatever_they_hold() {
    for bytes in [object(b"CN=\xff", b""), message(0x42, &[]), message(SEARCH_RESULT_DONE, &[b"nonsense"])] {
        assert_eq!(decode(bytes, 8), Ok(None));
    }
}

/// What is for people only is kept short, and broken text does no harm.
#[test]
fn what_a_server_says_is_shown_in_part() {
    let done = |text: &[u8], uris: &[u8]| {
        let parts =
            [number(tag::ENUMERATED, 10), octets(b""), octets(text), element(tag::constructed(3), &[uris])];
        match decode(message(SEARCH_RESULT_DONE, &[&parts.concat()]), 7) {
            Ok(Some(Answer::Done(result, _))) => result,
            other => panic!("{other:?}"),
        }
    };
    let long = "ä".repeat(5_000);
    let result = done(long.as_bytes(), &octets(long.as_bytes()).repeat(50));
    let shown = format!("{}…", "ä".repeat(limits::SAID));
    assert_eq!((&result.text, result.referrals.len()), (&shown, limits::REFERRALS));
    assert!(result.referrals.iter().all(|uri| *uri == shown));
    let result = done(b"\xff", &octets(b"ldap://\xff"));
    assert_eq!(
        (result.text.as_str(), &result.referrals[..]),
        ("\u{fffd}", &["ldap://\u{fffd}".to_owned()][..])
    );
}

#[test]
fn a_cookie_that_no_server_needs_is_refused() {
    for (size, expected) in [
        (limits::COOKIE, Ok(limits::COOKIE)),
        (limits::COOKIE + 1, Err(Malformed("a page's cookie of more than 64 KiB"))),
    ] {
        let value = element(tag::SEQUENCE, &[&number(tag::INTEGER, 0), &octets(&vec![1; size])]);
        let control = element(tag::SEQUENCE, &[&octets(PAGED_RESULTS.as_bytes()), &octets(&value)]);
        let result = [number(tag::ENUMERATED, 0), octets(b""), octets(b"")].concat();
        let done = element(SEARCH_RESULT_DONE, &[&result]);
        let bytes = element(
            tag::SEQUENCE,
            &[&number(tag::INTEGER, 7), &done, &element(tag::constructed(0), &[&control])],
        );
        let found = decode(bytes, 7).map(|answer| match answer {
            Some(Answer::Done(_, rest)) => rest.cookie.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expected);
    }
}

#[test]
fn messages_that_no_client_should_get_are_refused() {
    assert!(decode(message(0x42, &[]), 7).is_err());
    for bytes in [&b""[..], b"\x30", b"\x30\x00", b"HTTP/1.1 400 Bad Request\r\n", b"\x30\x03\x02\x01\x07"] {
        assert!(decode(bytes.to_vec(), 7).is_err(), "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = decode(bytes.clone(), 7);
        let _ = decode_too_large(&bytes, 7);
        let _ = decode(element(tag::SEQUENCE, &[&bytes]), 7);
        for operation in [BIND_RESPONSE, SEARCH_RESULT_ENTRY, SEARCH_RESULT_DONE, SEARCH_RESULT_REFERENCE, MODIFY_RESPONSE, EXTENDED_RESPONSE] {
            let _ = decode(message(operation, &[&bytes]), 7);
            let _ = decode_too_large(&message(operation, &[&bytes]), 7);
        }
    }

    /// A value is never taken from another place than its own, whatever is changed.
    #[test]
    fn a_changed_byte_never_panics(at in 0usize..200, byte: u8) {
        let entry = LdapSearchResultEntry {
            dn: "CN=A,DC=x".into(),
            attributes: vec![LdapPartialAttribute { atype: "userCertificate".into(), vals: vec![vec![1; 100], vec![]] }],
        };
        let mut bytes = Default::default();
        let msg = LdapMsg { msgid: 7, op: LdapOp::SearchResultEntry(entry), ctrl: vec![] };
        LdapCodec::default().encode(msg, &mut bytes).unwrap();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        if let Ok(Some(Answer::Entry(entry))) = decode(bytes.to_vec(), 7) {
            let sizes: usize = entry.attributes().flat_map(|attribute| attribute.values()).map(<[u8]>::len).sum();
            prop_assert!(sizes <= bytes.len());
        }
    }
}
