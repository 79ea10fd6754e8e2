//! What the target Active Directory makes of servers that do what real ones do only on bad days. Needs no domain
//! controller.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ldap3_proto::proto::{LdapModifyType, LdapMsg, LdapOp, LdapResult, LdapResultCode, LdapSearchScope};
use smime_sync::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::{Exclusion, Recipient, RecipientKind, Value},
    profile::ActiveDirectorySettings,
    targets::{Match, Target, TargetRecipient, TargetWrite, active_directory::ActiveDirectoryTarget},
};

use crate::{
    common::{
        directory::account,
        events::context,
        network::{Scripted, Way},
        stand_in::{Authority, BASE, Reply, Said, bound, directory, done, entry, serve},
    },
    people::{Person, certificate, without_quiet_period},
};

/// A root DSE.
type Root = &'static [(&'static str, &'static [&'static [u8]])];

const NO_DOMAIN_CONTROLLER: Root = &[("defaultNamingContext", &[BASE.as_bytes()])];
const READ_ONLY: Root = &[
    ("defaultNamingContext", &[BASE.as_bytes()]),
    ("supportedCapabilities", &[b"1.2.840.113556.1.4.800", b"1.2.840.113556.1.4.1920"]),
];
const DOMAIN_CONTROLLER: Root = &[
    ("defaultNamingContext", &[BASE.as_bytes()]),
    ("supportedCapabilities", &[b"1.2.840.113556.1.4.800"]),
    ("dsServiceName", &[b"CN=NTDS Settings"]),
    ("schemaNamingContext", &[b"CN=Schema"]),
];

/// How a change ended.
fn modified(code: LdapResultCode, referral: &[&str]) -> Said {
    let result = LdapResult {
        code,
        matcheddn: String::new(),
        message: "because".into(),
        referral: referral.iter().map(|uri| (*uri).to_owned()).collect(),
    };
    (LdapOp::ModifyResponse(result), vec![])
}

/// A directory with one person, whose values are these, and which answers changes so.
struct Server {
    settings: ActiveDirectorySettings,
    _folder: tempfile::TempDir,
}

impl Server {
    fn new(
        values: &'static [&'static [u8]],
        root: Root,
        modify: impl Fn(&LdapMsg) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::changing(move || values, root, modify)
    }

    /// The same with other values from time to time.
    fn changing(
        values: impl Fn() -> &'static [&'static [u8]] + Send + Sync + 'static,
        root: Root,
        modify: impl Fn(&LdapMsg) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let (authority, folder) = (Authority::new("Server CA"), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        let others = directory(move |_, _| {
            let guid: &[&[u8]] = &[&[1; 16]];
            let person = entry(
                &format!("CN=Alice,{BASE}"),
                &[
                    ("objectGUID", guid),
                    ("userCertificate", values()),
                    ("allowedAttributesEffective", &[b"cn"]),
                ],
            );
            Reply::Say(vec![person, done(LdapResultCode::Success, "")])
        });
        let port = serve(&authority.good(), move |message| match &message.op {
            LdapOp::ModifyRequest(_) => modify(message),
            LdapOp::SearchRequest(wanted)
                if wanted.scope == LdapSearchScope::Base && wanted.base.is_empty() && !root.is_empty() =>
            {
                Reply::Say(vec![entry("", root), done(LdapResultCode::Success, "")])
            }
            _ => others(message),
        });
        let ca = Some(folder.path().join("ca.pem"));
        let mut settings =
            without_quiet_period(crate::common::directory::settings("localhost", port, ca, &[BASE]));
        settings.directory.connection.timeout = Some(5);
        Self { settings, _folder: folder }
    }

    fn target(&self, context: &Context) -> ActiveDirectoryTarget {
        target_at(&self.settings, context)
    }
}

fn alice() -> Person {
    Person::new(&Recipient {
        mail: Some("alice@contoso.test".into()),
        ..Recipient::new(
            uuid::Uuid::from_bytes_le([1; 16]).to_string(),
            format!("CN=Alice,{BASE}"),
            RecipientKind::User,
        )
    })
}

/// Takes one of Alice's two values out, twice in one call; how the call ended, and the log.
fn take_out(server: &Server) -> (Result<Vec<Result<String>>>, Vec<String>) {
    let (context, events) = context();
    (take_out_at(&server.settings, &context), events.logged(LogLevel::Verbose))
}

/// The same at any server.
pub fn take_out_at(settings: &ActiveDirectorySettings, context: &Context) -> Result<Vec<Result<String>>> {
    take_out_with(&mut target_at(settings, context), 2, context)
}

/// The target at any server; pauses are short.
fn target_at(settings: &ActiveDirectorySettings, context: &Context) -> ActiveDirectoryTarget {
    let target = ActiveDirectoryTarget::new(settings, account("sync@contoso.test", "pass"), context);
    target.unwrap().through(Arc::new(Scripted::default()))
}

/// Takes the value out so many times in one call.
fn take_out_with(
    target: &mut ActiveDirectoryTarget,
    times: usize,
    context: &Context,
) -> Result<Vec<Result<String>>> {
    let alice = alice();
    let values = vec![certificate(b"old"), certificate(b"kept")];
    let current = TargetRecipient::new(alice.anchor.clone(), values);
    let write = TargetWrite {
        query: alice.query(),
        current: Some(current.clone()),
        values: current.values[1..].to_vec(),
        unseen: Vec::new(),
    };
    target.write(&vec![write; times], context)
}

const VALUES: &[&[u8]] = &[b"old", b"kept", b"theirs"];

#[test]
fn a_write_that_others_got_in_the_way_of_is_made_anew_three_times_at_most() {
    for (failures, expected) in [(1, None), (3, None), (4, Some(ErrorId::ObjectChanged))] {
        let count = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (counted, kept) = (count.clone(), requests.clone());
        let server = Server::new(VALUES, &[], move |message| {
            let LdapOp::ModifyRequest(request) = &message.op else { unreachable!() };
            kept.lock().unwrap().push(request.clone());
            let failed = counted.fetch_add(1, Ordering::SeqCst) < failures;
            let code = if failed { LdapResultCode::NoSuchAttribute } else { LdapResultCode::Success };
            Reply::Say(vec![modified(code, &[])])
        });
        let (ended, log) = take_out(&server);
        let first = ended.unwrap().remove(0);
        assert_eq!(first.as_ref().err().map(|error| error.id), expected, "{failures}");
        assert_eq!(first.is_ok(), expected.is_none());
        let conflicts = log.iter().filter(|message| message.ends_with("It is read again.")).count();
        assert_eq!(conflicts, failures.min(3), "{log:?}");
        for request in requests.lock().unwrap().iter() {
            assert_eq!(request.dn, format!("<GUID={}>", alice().anchor));
            let [change] = request.changes.as_slice() else { panic!("{request:?}") };
            assert_eq!(change.operation, LdapModifyType::Delete);
            assert_eq!(change.modification.atype, "userCertificate");
            assert_eq!(change.modification.vals, [b"old".to_vec()], "never more than what shall go");
        }
    }
}

#[test]
fn a_change_within_the_quiet_period_ends_the_tries() {
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = changes.clone();
    let mut server = Server::new(VALUES, &[], move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Reply::Say(vec![modified(LdapResultCode::NoSuchAttribute, &[])])
    });
    server.settings.quiet_period = 60;
    let (ended, _) = take_out(&server);
    assert_eq!(ended.unwrap()[0].as_ref().unwrap_err().id, ErrorId::ObjectChanged);
    assert_eq!(changes.load(Ordering::SeqCst), 2, "one for each of the two writes");
}

#[test]
fn where_no_time_of_a_change_can_be_read_the_recipient_waits() {
    let mut server = Server::new(VALUES, &[], |_| Reply::Nothing);
    server.settings.quiet_period = 1;
    let (context, _) = context();
    let matched = alice().read(&mut server.target(&context), &context);
    let Match::Excluded(Exclusion::QuietPeriod, Some(found)) = matched else { panic!("{matched:?}") };
    assert_eq!(found.values, VALUES.iter().map(|bytes| certificate(bytes)).collect::<Vec<Value>>());
}

#[test]
fn what_no_other_recipient_fares_better_with_ends_the_call() {
    for (code, id) in [
        (LdapResultCode::Referral, ErrorId::DirectoryNotWritable),
        (LdapResultCode::Unavailable, ErrorId::DirectoryBusy),
        (LdapResultCode::OperationsError, ErrorId::DirectoryRefused),
    ] {
        let answered = code.clone();
        let server = Server::new(VALUES, &[], move |_| {
            Reply::Say(vec![modified(answered.clone(), &["ldap://dc1.contoso.test"])])
        });
        let error = take_out(&server).0.unwrap_err();
        assert_eq!(
            (error.id, error.native.clone().unwrap().ldap_result),
            (id, Some(code as u32)),
            "{error:?}"
        );
    }
}

#[test]
fn what_is_about_one_recipient_costs_no_other() {
    for (code, refusals, id) in [
        (LdapResultCode::InsufficentAccessRights, 1, ErrorId::DirectoryRefused),
        (LdapResultCode::UnwillingToPerform, 1, ErrorId::DirectoryRefused),
        // A busy server has done nothing, and is asked four times.
        (LdapResultCode::Busy, 4, ErrorId::DirectoryBusy),
    ] {
        let (count, answered) = (AtomicUsize::new(0), code.clone());
        let server = Server::new(VALUES, &[], move |_| {
            let is_refused = count.fetch_add(1, Ordering::SeqCst) < refusals;
            let code = if is_refused { answered.clone() } else { LdapResultCode::Success };
            Reply::Say(vec![modified(code, &[])])
        });
        let written = take_out(&server).0.unwrap();
        let error = written[0].as_ref().unwrap_err();
        assert_eq!((error.id, error.native.clone().unwrap().ldap_result), (id, Some(code as u32)));
        assert_eq!(written[1], Ok(alice().anchor));
    }
}

/// A server whose answers to changes never come, by what it makes of them; and how many changes came.
fn unanswered(is_made: bool, reply: fn() -> Reply) -> (Server, Arc<AtomicUsize>) {
    let changes = Arc::new(AtomicUsize::new(0));
    let (counted, seen) = (changes.clone(), changes.clone());
    let values = move || {
        if is_made && seen.load(Ordering::SeqCst) > 0 { &VALUES[1..] } else { VALUES }
    };
    let server = Server::changing(values, &[], move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        reply()
    });
    (server, changes)
}

#[test]
fn a_change_without_an_answer_is_not_sent_again_but_looked_for() {
    for is_made in [true, false] {
        let (server, changes) = unanswered(is_made, || Reply::SayAndClose(vec![]));
        for one in take_out(&server).0.unwrap() {
            if is_made {
                assert_eq!(one, Ok(alice().anchor));
                continue;
            }
            let error = one.unwrap_err();
            assert_eq!(error.id, ErrorId::ChangeUnconfirmed, "{error:?}");
            let expected = "was sent, and did not happen. The server 'localhost' ended the connection";
            assert!(error.message.contains(expected), "{error}");
        }
        assert_eq!(changes.load(Ordering::SeqCst), 2, "one for each of the two writes");
    }
}

#[test]
fn a_server_that_never_answers_a_change_ends_the_call_in_time() {
    let (mut server, changes) = unanswered(false, || Reply::Nothing);
    server.settings.directory.connection.timeout = Some(1);
    let error = take_out(&server).0.unwrap_err();
    assert_eq!((error.id, changes.load(Ordering::SeqCst)), (ErrorId::DirectoryTimeout, 1), "{error:?}");
}

#[test]
fn a_change_is_sent_on_a_connection_that_lives() {
    let server = Server::new(VALUES, &[], |_| {
        // It hangs up when nothing is under way.
        Reply::SayAndClose(vec![modified(LdapResultCode::Success, &[])])
    });
    let (context, _) = context();
    let mut target = server.target(&context);
    for _ in 0..3 {
        assert_eq!(take_out_with(&mut target, 1, &context).unwrap(), [Ok(alice().anchor)]);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn who_is_written_stays_at_one_server_whatever_happens() {
    let network = Arc::new(
        Scripted::default()
            .host("dc1.contoso.test", &[("10.0.0.1", Way::Refused)])
            .host("dc2.contoso.test", &[("10.0.0.2", Way::Refused)]),
    );
    let cut = network.clone();
    let mut server = Server::new(VALUES, &[], move |_| {
        cut.lead("10.0.0.1", Way::Refused);
        Reply::SayAndClose(vec![])
    });
    let port = server.settings.directory.port.unwrap();
    for address in ["10.0.0.1", "10.0.0.2"] {
        network.lead(address, Way::To(port));
    }
    server.settings.directory.server = vec!["dc1.contoso.test".into(), "dc2.contoso.test".into()];
    let (context, _) = context();
    let mut target = server.target(&context).through(network.clone());
    let error = take_out_with(&mut target, 1, &context).unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryUnreachable, "{error:?}");
    // What became of the change can be seen at the first one alone.
    assert_eq!(network.tried(), ["10.0.0.1", "10.0.0.1"]);
}

#[test]
fn another_answer_than_one_to_the_change_is_none() {
    let server = Server::new(VALUES, &[], |_| Reply::Say(vec![bound(LdapResultCode::Success, "")]));
    assert_eq!(take_out(&server).0.unwrap_err().id, ErrorId::DirectoryProtocol);
}

fn check(root: Root) -> Error {
    let server = Server::new(VALUES, root, |_| panic!("a check writes nothing"));
    let (context, _) = context();
    server.target(&context).check_writable(&context).unwrap_err()
}

#[test]
fn a_server_that_takes_no_changes_is_found_out_without_writing() {
    for (root, message) in [
        (READ_ONLY, "The server 'localhost' is a read-only domain controller."),
        (NO_DOMAIN_CONTROLLER, "The server 'localhost' is no domain controller of Active Directory."),
    ] {
        let error = check(root);
        assert_eq!((error.id, error.message.as_str()), (ErrorId::DirectoryNotWritable, message));
        assert!(error.advice.contains("-WriteServer"));
    }
}

#[test]
fn the_right_to_write_counts_where_the_server_itself_can_be_written() {
    let error = check(DOMAIN_CONTROLLER);
    assert_eq!((error.id, error.target.as_deref()), (ErrorId::DirectoryRefused, Some(BASE)));
}
