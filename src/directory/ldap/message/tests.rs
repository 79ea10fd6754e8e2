use ldap3_proto::{
    LdapCodec,
    control::LdapControl,
    proto::{
        LdapBindCred, LdapBindResponse, LdapModify, LdapModifyType, LdapMsg, LdapOp, LdapPartialAttribute,
        LdapResult as Theirs, LdapResultCode, LdapSearchResultEntry, LdapSearchResultReference,
        LdapSearchScope,
    },
};
use proptest::prelude::*;
use tokio_util::codec::{Decoder, Encoder};

use super::*;

/// What Kanidm's implementation, which is a server, too, reads out of our bytes.
fn as_a_server_reads(bytes: &[u8]) -> LdapMsg {
    LdapCodec::default().decode(&mut bytes.into()).unwrap().expect("a whole message")
}

/// What we read out of its bytes.
fn as_we_read(op: LdapOp, ctrl: Vec<LdapControl>) -> (u32, Answer) {
    let mut bytes = Default::default();
    LdapCodec::default().encode(LdapMsg { msgid: 7, op, ctrl }, &mut bytes).unwrap();
    decode(&bytes).unwrap()
}

fn their_result(code: LdapResultCode, message: &str) -> Theirs {
    Theirs { code, matcheddn: "DC=x".into(), message: message.into(), referral: Vec::new() }
}

#[test]
fn a_bind_is_read_by_another_implementation() {
    let LdapOp::BindRequest(bind) = as_a_server_reads(&bind_request(1, "CONTOSO\\sync", b"pass")).op else {
        panic!("no bind request")
    };
    assert_eq!((bind.version, bind.dn.as_str()), (3, "CONTOSO\\sync"));
    assert!(bind.cred == LdapBindCred::Simple("pass".into()));
}

#[test]
fn a_search_is_read_by_another_implementation() {
    let filter = Filter::present("objectClass");
    let search = Search {
        base: "DC=contoso,DC=test",
        scope: Scope::Subtree,
        filter: &filter,
        attributes: &["mail", "userCertificate"],
        deleted: true,
        page_size: Some(500),
    };
    let message = as_a_server_reads(&search_request(300, &search, b"cookie", 60));
    assert_eq!(message.msgid, 300);
    let LdapOp::SearchRequest(request) = message.op else { panic!("no search request") };
    assert_eq!((request.base.as_str(), request.scope), ("DC=contoso,DC=test", LdapSearchScope::Subtree));
    assert_eq!((request.sizelimit, request.timelimit, request.typesonly), (0, 60, false));
    assert_eq!(request.attrs, ["mail", "userCertificate"]);
    let paged = LdapControl::SimplePagedResults { size: 500, cookie: b"cookie".to_vec() };
    assert_eq!(message.ctrl, [paged, LdapControl::ShowDeleted { criticality: true }]);
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
    let expected = [
        ("userCertificate", vec![b"\x30\xff".to_vec(), b"plain".to_vec(), b"\x00".to_vec()]),
        ("mail", vec![b"a@x.test".to_vec()]),
        ("description", vec![]),
    ];
    let attributes = expected.map(|(name, values)| (name.to_owned(), values)).to_vec();
    assert_eq!(answer, (7, Answer::Entry(Entry { dn, attributes })));
}

#[test]
fn results_carry_code_text_and_the_cookie_of_the_next_page() {
    let result = LdapResult { code: 4, text: "too many".into(), referrals: vec![] };
    let theirs = || their_result(LdapResultCode::SizeLimitExceeded, "too many\0");
    let paged = LdapControl::SimplePagedResults { size: 0, cookie: b"next".to_vec() };
    let other = LdapControl::ManageDsaIT { criticality: false };
    for (controls, cookie) in [(vec![], &b""[..]), (vec![other.clone()], b""), (vec![other, paged], b"next")]
    {
        let answer = as_we_read(LdapOp::SearchResultDone(theirs()), controls);
        assert_eq!(answer, (7, Answer::Done(result.clone(), cookie.to_vec())));
    }
    let bind = LdapBindResponse { res: theirs(), saslcreds: None };
    assert_eq!(as_we_read(LdapOp::BindResponse(bind), vec![]), (7, Answer::Bind(result.clone())));
    assert_eq!(as_we_read(LdapOp::ModifyResponse(theirs()), vec![]), (7, Answer::Modify(result)));
    let uris = vec!["ldap://a".to_owned(), "ldap://b".to_owned()];
    let reference = LdapOp::SearchResultReference(LdapSearchResultReference { uris: uris.clone() });
    assert_eq!(as_we_read(reference, vec![]), (7, Answer::Reference(uris)));
}

#[test]
fn referrals_of_a_result_are_read() {
    let uri = element(tag::OCTET_STRING, &[b"ldap://other"]);
    let content = [
        number(tag::ENUMERATED, 10),
        element(tag::OCTET_STRING, &[]),
        element(tag::OCTET_STRING, &[b"0000202B: RefErr"]),
        element(tag::constructed(3), &[&uri]),
    ]
    .concat();
    let message =
        element(tag::SEQUENCE, &[&number(tag::INTEGER, 2), &element(SEARCH_RESULT_DONE, &[&content])]);
    let result =
        LdapResult { code: 10, text: "0000202B: RefErr".into(), referrals: vec!["ldap://other".into()] };
    assert_eq!(decode(&message), Ok((2, Answer::Done(result, vec![]))));
}

#[test]
fn messages_that_no_client_should_get_are_refused() {
    let unbind = element(tag::SEQUENCE, &[&number(tag::INTEGER, 1), &[0x42, 0x00]]);
    assert!(decode(&unbind).is_err());
    for bytes in [&b""[..], b"\x30", b"\x30\x00", b"HTTP/1.1 400 Bad Request\r\n", b"\x30\x03\x02\x01\xff"] {
        assert!(decode(bytes).is_err(), "{bytes:02x?}");
    }
}

/// Modifications as a caller makes them.
fn modifications() -> impl Strategy<Value = Vec<(bool, String, Vec<Vec<u8>>)>> {
    let values = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..5);
    prop::collection::vec((any::<bool>(), "[A-Za-z]{1,20}(;binary)?", values), 1..4)
}

proptest! {
    #[test]
    fn a_modify_is_read_by_another_implementation(id in 1..=i32::MAX as u32, dn in "\\PC{0,200}", wanted in modifications()) {
        let ours: Vec<_> = wanted
            .iter()
            .map(|(add, attribute, values)| Modification {
                operation: if *add { Operation::Add } else { Operation::Delete },
                attribute,
                values: values.iter().map(Vec::as_slice).collect(),
            })
            .collect();
        let message = as_a_server_reads(&modify_request(id, &dn, &ours));
        prop_assert_eq!((message.msgid as u32, message.ctrl.len()), (id, 0));
        let LdapOp::ModifyRequest(request) = message.op else { panic!("no modify request") };
        prop_assert_eq!(request.dn, dn);
        let theirs: Vec<_> = request
            .changes
            .into_iter()
            .map(|LdapModify { operation, modification: LdapPartialAttribute { atype, vals } }| {
                (operation == LdapModifyType::Add, operation == LdapModifyType::Delete, atype, vals)
            })
            .collect();
        let expected: Vec<_> =
            wanted.into_iter().map(|(add, attribute, values)| (add, !add, attribute, values)).collect();
        prop_assert_eq!(theirs, expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = decode(&bytes);
        let _ = decode(&element(tag::SEQUENCE, &[&bytes]));
        for operation in [BIND_RESPONSE, SEARCH_RESULT_ENTRY, SEARCH_RESULT_DONE, SEARCH_RESULT_REFERENCE, MODIFY_RESPONSE, EXTENDED_RESPONSE] {
            let _ = decode(&element(tag::SEQUENCE, &[&number(tag::INTEGER, 1), &element(operation, &[&bytes])]));
        }
    }

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
        let _ = decode(&bytes);
    }
}
