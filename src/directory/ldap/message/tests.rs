use ldap3_proto::{
    LdapCodec,
    control::LdapControl,
    proto::{
        LdapBindCred, LdapModify, LdapModifyType, LdapMsg, LdapOp, LdapPartialAttribute, LdapSearchScope,
    },
};
use proptest::prelude::*;
use tokio_util::codec::Decoder;

use super::*;

/// What Kanidm's implementation, which is a server, too, reads out of our bytes.
fn as_a_server_reads(bytes: &[u8]) -> LdapMsg {
    LdapCodec::default().decode(&mut bytes.into()).unwrap().expect("a whole message")
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
        parts: Parts::Pages(500),
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
fn a_question_for_changes_is_read_by_another_implementation() {
    let filter = Filter::present("objectClass");
    let search = Search {
        base: "DC=contoso,DC=test",
        scope: Scope::Subtree,
        filter: &filter,
        attributes: &["mail"],
        deleted: false,
        parts: Parts::Changes,
    };
    let request = search_request(300, &search, b"cookie", 60);
    // Bit 31 makes it a negative INTEGER of four bytes; the other implementation keeps the bits.
    assert!(request.windows(6).any(|bytes| bytes == [tag::INTEGER, 4, 0x80, 0, 0, 0]));
    let (message, flags) = (as_a_server_reads(&request), 0x8000_0000);
    assert_eq!(
        message.ctrl,
        [LdapControl::AdDirsync { flags, max_bytes: 1024 * 1024, cookie: Some(b"cookie".to_vec()) }]
    );
}

#[test]
fn an_abandon_and_an_unbind_are_read_by_another_implementation() {
    let message = as_a_server_reads(&abandon_request(300, 299));
    assert_eq!((message.msgid, message.op), (300, LdapOp::AbandonRequest(299)));
    let message = as_a_server_reads(&unbind_request(301));
    assert_eq!((message.msgid, message.op), (301, LdapOp::UnbindRequest));
}

/// What can be done to values, in our words and in those of the other implementation.
const OPERATIONS: [(Operation, LdapModifyType); 3] = [
    (Operation::Add, LdapModifyType::Add),
    (Operation::Delete, LdapModifyType::Delete),
    (Operation::Replace, LdapModifyType::Replace),
];

/// Modifications as a caller makes them: which one of [`OPERATIONS`], the attribute, and values.
fn modifications() -> impl Strategy<Value = Vec<(usize, String, Vec<Vec<u8>>)>> {
    let values = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5);
    prop::collection::vec((0..OPERATIONS.len(), "[A-Za-z]{1,20}(;binary)?", values), 1..4)
}

proptest! {
    #[test]
    fn a_modify_is_read_by_another_implementation(id in 1..=i32::MAX as u32, dn in "\\PC{0,200}", wanted in modifications()) {
        let ours: Vec<_> = wanted
            .iter()
            .map(|(which, attribute, values)| Modification {
                operation: OPERATIONS[*which].0,
                attribute: attribute.into(),
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
                (operation, atype, vals)
            })
            .collect();
        let expected: Vec<_> = wanted
            .into_iter()
            .map(|(which, attribute, values)| (OPERATIONS[which].1.clone(), attribute, values))
            .collect();
        prop_assert_eq!(theirs, expected);
    }
}

#[test]
fn a_sign_in_with_sasl_is_read_by_another_implementation() {
    for token in [&b""[..], b"token\x00"] {
        let LdapOp::BindRequest(bind) = as_a_server_reads(&sasl_bind_request(2, "GSSAPI", token)).op else {
            panic!("no bind request")
        };
        let LdapBindCred::SASL(credentials) = bind.cred else { panic!("no SASL") };
        assert_eq!((credentials.mechanism.as_str(), credentials.credentials.as_slice()), ("GSSAPI", token));
        assert_eq!(bind.dn, "");
    }
}
