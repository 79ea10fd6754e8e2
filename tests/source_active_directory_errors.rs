//! What the Active Directory source makes of servers that are not there, not trusted, hung or broken. Needs no
//! domain controller.

#[path = "lab/stand_in.rs"]
mod stand_in;
#[path = "lab/support.rs"]
mod support;

use std::{
    fs,
    io::{Read as _, Write as _},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ldap3_proto::{
    control::LdapControl,
    proto::{
        LdapExtendedResponse, LdapOp, LdapResult, LdapResultCode, LdapSearchResultReference, LdapSearchScope,
    },
};
use smime_sync::{
    directory::{Presence, Selection, Source, SourceItem, ldap::ActiveDirectorySource},
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    profile::Profile,
};
use stand_in::{Authority, BASE, Identity, Reply, accept, bound, directory, done, entry, more, serve, user};
use support::{context, refusal};

const USER: &str = "sync@contoso.test";
const PASSWORD: &str = "Secret-4711";

/// A CA, its file, and profiles of servers that it vouches for.
struct Trusted {
    authority: Authority,
    folder: tempfile::TempDir,
}

impl Trusted {
    fn new() -> Self {
        let (authority, folder) = (Authority::new("Server CA"), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        Self { authority, folder }
    }

    fn profile(&self, port: u16) -> Profile {
        Profile { timeout: 5, ..support::profile("localhost", port, Some(self.ca()), &[BASE]) }
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The profile of a new server that answers this way.
    fn served(
        &self,
        answer: impl Fn(&ldap3_proto::proto::LdapMsg) -> Reply + Send + Sync + 'static,
    ) -> Profile {
        self.profile(serve(&self.authority.good(), answer))
    }
}

fn connect(profile: &Profile, context: &Context) -> Result<ActiveDirectorySource> {
    ActiveDirectorySource::connect(profile, Some(USER), Some(PASSWORD.as_bytes()), context)
}

/// The error of connecting. However it goes wrong, the password is not in it.
fn connect_error(profile: &Profile) -> Error {
    let error = refusal(connect(profile, &context().0));
    assert!(!serde_json::to_string(&error).unwrap().contains(PASSWORD), "{error:?}");
    error
}

/// Connects and reads all; what came, and how it ended.
fn read(profile: &Profile, context: &Context) -> (Vec<SourceItem>, Result<()>) {
    let mut items = Vec::new();
    let mut source = connect(profile, context).unwrap_or_else(|e| panic!("{e:?}"));
    let ended = source.read(&Selection::All, context, &mut |item| {
        items.push(item);
        Ok(())
    });
    (items, ended)
}

fn addresses(items: &[SourceItem]) -> Vec<&str> {
    let address = |item| match item {
        &SourceItem::Recipient(ref recipient) => recipient.mail.as_deref().unwrap_or_default(),
        SourceItem::Invalid(error) => error.message.as_str(),
    };
    items.iter().map(address).collect()
}

fn ended(code: LdapResultCode) -> impl Fn(&ldap3_proto::proto::LdapMsg) -> Reply + Send + Sync + 'static {
    directory(move |_, _| Reply::Say(vec![user(1, &[]), done(code.clone(), "because")]))
}

#[test]
fn a_server_whose_certificate_is_not_right_is_not_talked_to() {
    use ErrorId::*;
    let (trusted, stranger) = (Trusted::new(), Authority::new("Somebody else's CA"));
    let issue = |names: &[&str], days| trusted.authority.issue(names, days);
    for (identity, id, text) in [
        (
            issue(&["localhost"], (-2, -1)),
            DirectoryCertificateExpired,
            "shows a certificate that expired at 20",
        ),
        (
            issue(&["localhost"], (1, 2)),
            DirectoryCertificateExpired,
            "shows a certificate that is not valid before 20",
        ),
        (
            issue(&["dc9.fabrikam.test", "dc9"], (-1, 1)),
            DirectoryCertificateNameMismatch,
            "shows a certificate for other names: dc9.fabrikam.test, dc9.",
        ),
        (
            issue(&[], (-1, 1)),
            DirectoryCertificateNameMismatch,
            "shows a certificate without a name of a server",
        ),
        (
            stranger.good(),
            DirectoryCertificateUntrusted,
            "shows a certificate of an issuer that this machine does not trust.",
        ),
    ] {
        let profile = trusted.profile(serve(&identity, ended(LdapResultCode::Success)));
        let error = connect_error(&profile);
        assert_eq!(error.id, id, "{error:?}");
        assert!(error.message.starts_with(&format!("The server 'localhost' {text}")), "{error}");
        assert_eq!(error.target.as_deref(), Some("localhost"));
    }
}

#[test]
fn the_same_server_with_the_right_certificate_is_read() {
    let trusted = Trusted::new();
    let profile = trusted.served(ended(LdapResultCode::Success));
    let (items, ended) = read(&profile, &context().0);
    assert_eq!((addresses(&items), ended), (vec!["user1@contoso.test"], Ok(())));
}

#[test]
fn without_the_check_any_certificate_is_taken_and_a_warning_given() {
    let (trusted, stranger) = (Trusted::new(), Authority::new("Somebody else's CA"));
    let expired: Identity = stranger.issue(&[], (-2, -1));
    let mut profile = trusted.profile(serve(&expired, ended(LdapResultCode::Success)));
    profile.skip_certificate_check = true;
    let (context, events) = context();
    assert_eq!(read(&profile, &context).1, Ok(()));
    assert_eq!(
        events.logged(LogLevel::Warning),
        ["The certificate of 'localhost' is not checked (-SkipCertificateCheck): \
          whoever is between this machine and the server can read the password."]
    );
}

#[test]
fn a_file_that_holds_no_ca_is_named() {
    let trusted = Trusted::new();
    let path = |name: &str| trusted.folder.path().join(name);
    fs::write(path("empty.pem"), "").unwrap();
    fs::write(path("text.pem"), "no certificate at all").unwrap();
    fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n").unwrap();
    fs::write(path("broken.der"), [0x30, 0x03, 0x02, 0x01, 0x00]).unwrap();
    for name in ["missing.pem", "empty.pem", "text.pem", "broken.pem", "broken.der"] {
        let mut profile = trusted.profile(1);
        profile.server_certificate_path.push(path(name));
        let error = connect_error(&profile);
        assert_eq!(
            (error.id, error.target),
            (ErrorId::TrustAnchorUnreadable, Some(path(name).display().to_string()))
        );
    }
}

#[test]
fn a_name_that_nobody_knows_is_told_apart_from_a_port_where_nobody_listens() {
    let trusted = Trusted::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (server, port, id, text) in [
        (
            "no-such-server.invalid",
            636,
            ErrorId::DirectoryNameUnknown,
            "The name of the server 'no-such-server.invalid' is not known: ",
        ),
        (
            "ldaps://localhost",
            636,
            ErrorId::DirectoryNameUnknown,
            "'ldaps://localhost' is not the name of a server.",
        ),
        ("localhost:636", 636, ErrorId::DirectoryNameUnknown, "'localhost:636' is not the name of a server."),
        (
            "localhost",
            closed,
            ErrorId::DirectoryUnreachable,
            "The server 'localhost' can't be reached at port ",
        ),
    ] {
        let profile = Profile { server: Some(server.into()), ..trusted.profile(port) };
        let error = connect_error(&profile);
        assert_eq!(error.id, id, "{error:?}");
        assert!(error.message.starts_with(text), "{error}");
    }
}

#[test]
fn what_is_wrong_with_the_request_itself_is_told_before_any_connection() {
    let trusted = Trusted::new();
    let nobody = trusted.profile(1);
    let filter = Profile { filter: Some("(mail=*".into()), ..nobody.clone() };
    let error = connect_error(&filter);
    assert_eq!(error.id, ErrorId::FilterInvalid);
    assert_eq!(error.message, "The filter '(mail=*' is wrong at character 8: a ')' is missing here.");
    assert_eq!(connect_error(&Profile { server: None, ..nobody.clone() }).id, ErrorId::ProfileInvalid);
    for (user, password) in
        [(None, Some(PASSWORD)), (Some(USER), None), (Some(""), Some(PASSWORD)), (Some(USER), Some(""))]
    {
        let password = password.map(str::as_bytes);
        let error = refusal(ActiveDirectorySource::connect(&nobody, user, password, &context().0));
        assert_eq!(error.id, ErrorId::CredentialMissing, "{user:?}");
    }
}

#[test]
fn what_is_no_ldaps_server_is_told_so() {
    let trusted = Trusted::new();
    let plain = accept(|mut socket| {
        let _ = socket.write_all(b"220 mail.contoso.test ESMTP\r\n");
        let _ = socket.read(&mut [0; 1024]);
    });
    let error = connect_error(&trusted.profile(plain));
    assert_eq!(error.id, ErrorId::DirectoryTlsFailed, "{error:?}");

    for (raw, text) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "it sent something that is no LDAP message."),
        (b"\x30\x84\x7f\xff\xff\xff", "it sent a message of more than 64 MiB."),
        (b"\x30\x80\x00\x00", "it sent a length that is indefinite or too long."),
        (b"\x30\x05\x02\x01\x01\x78\x00", "it sent an element that ends too early."),
        (b"\x30\x05\x02\x01\x01\x42\x00", "it sent a message of a kind that nobody asked for."),
        (
            b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00",
            "it sent another answer than one to the sign-in.",
        ),
    ] {
        let error = connect_error(&trusted.served(move |_| Reply::Raw(raw.to_vec())));
        assert_eq!(error.id, ErrorId::DirectoryProtocol, "{error:?}");
        assert_eq!(error.message, format!("The server 'localhost' does not speak proper LDAP: {text}"));
    }
}

/// Servers that fall silent at each step, by what is awaited then.
fn silent(trusted: &Trusted) -> Vec<(&'static str, Profile)> {
    let deaf = accept(|socket| {
        std::thread::sleep(Duration::from_secs(60));
        drop(socket);
    });
    vec![
        ("the TLS handshake", trusted.profile(deaf)),
        ("an answer", trusted.served(|_| Reply::Nothing)),
        ("an answer", trusted.served(directory(|_, _| Reply::Say(vec![user(1, &[])])))),
    ]
}

#[test]
fn a_hung_server_is_waited_for_as_long_as_the_profile_says() {
    let trusted = Trusted::new();
    for (awaited, profile) in silent(&trusted) {
        let profile = Profile { timeout: 1, ..profile };
        let (context, begun) = (context().0, Instant::now());
        let error = connect(&profile, &context)
            .and_then(|mut source| source.read(&Selection::All, &context, &mut |_| Ok(())))
            .unwrap_err();
        assert_eq!(error.id, ErrorId::DirectoryTimeout, "{error:?}");
        assert_eq!(error.message, format!("Waited 1 s for {awaited} from the server 'localhost', in vain."));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_cancel_ends_any_wait_within_a_second() {
    let trusted = Trusted::new();
    for (_, profile) in silent(&trusted) {
        let profile = Profile { timeout: 60, ..profile };
        let context = context().0;
        let cancel = context.cancel.clone();
        let canceled = Arc::new(Mutex::new(None));
        let at = canceled.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            *at.lock().unwrap() = Some(Instant::now());
            cancel.cancel();
        });
        let error = connect(&profile, &context)
            .and_then(|mut source| source.read(&Selection::All, &context, &mut |_| Ok(())))
            .unwrap_err();
        assert_eq!(error.id, ErrorId::Canceled, "{error:?}");
        assert!(canceled.lock().unwrap().unwrap().elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn a_refused_sign_in_that_is_nobodys_fault_is_told_apart() {
    use ErrorId::*;
    let trusted = Trusted::new();
    for (code, id, text) in [
        (
            LdapResultCode::Busy,
            DirectoryBusy,
            "The server 'localhost' is busy (LDAP result 51). It says: why",
        ),
        (
            LdapResultCode::Unavailable,
            DirectoryBusy,
            "The server 'localhost' is shutting down or not ready (LDAP result 52). It says: why",
        ),
        (
            LdapResultCode::StrongerAuthRequired,
            DirectoryRefused,
            "The server 'localhost' does not take a password sign-in on this connection (LDAP result 8). It says: why",
        ),
        (
            LdapResultCode::UnwillingToPerform,
            DirectoryRefused,
            "The server 'localhost' refused the request (LDAP result 53). It says: why",
        ),
    ] {
        let error = connect_error(&trusted.served(move |_| Reply::Say(vec![bound(code.clone(), "why")])));
        assert_eq!((error.id, error.message.as_str()), (id, text));
        assert_eq!(error.native.unwrap().text.as_deref(), Some("why"));
    }
}

#[test]
fn a_search_that_the_server_ends_early_is_an_error_and_no_result() {
    use ErrorId::*;
    let trusted = Trusted::new();
    for (code, id, text) in [
        (
            LdapResultCode::SizeLimitExceeded,
            DirectoryRefused,
            "stopped the search at a limit of its own (LDAP result 4)",
        ),
        (
            LdapResultCode::AdminLimitExceeded,
            DirectoryRefused,
            "stopped the search at a limit of its own (LDAP result 11)",
        ),
        (
            LdapResultCode::TimeLimitExceeded,
            DirectoryTimeout,
            "stopped the search because it took too long (LDAP result 3)",
        ),
        (LdapResultCode::Busy, DirectoryBusy, "is busy (LDAP result 51)"),
        (LdapResultCode::OperationsError, DirectoryRefused, "refused the request (LDAP result 1)"),
        (LdapResultCode::InappropriateMatching, FilterInvalid, "can't apply the filter (LDAP result 18)"),
    ] {
        let (items, ended) = read(&trusted.served(ended(code)), &context().0);
        let error = ended.unwrap_err();
        assert_eq!((error.id, items.len()), (id, 1));
        assert_eq!(error.message, format!("The server 'localhost' {text}. It says: because"));
    }
}

#[test]
fn a_connection_that_breaks_in_the_middle_is_an_error() {
    let trusted = Trusted::new();
    let broken = trusted.served(directory(|_, _| Reply::SayAndClose(vec![user(1, &[])])));
    let error = read(&broken, &context().0).1.unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryUnreachable, "{error:?}");
    assert!(error.message.starts_with("The server 'localhost' ended the connection"), "{error}");

    // RFC 4511, 4.4.1.
    let told = trusted.served(directory(|_, _| {
        let res = LdapResult {
            code: LdapResultCode::Unavailable,
            matcheddn: String::new(),
            message: "going down".into(),
            referral: vec![],
        };
        let name = Some("1.3.6.1.4.1.1466.20036".to_owned());
        let notice = LdapOp::ExtendedResponse(LdapExtendedResponse { res, name, value: None });
        Reply::SayAndClose(vec![user(1, &[]), (notice, vec![])])
    }));
    let error = read(&told, &context().0).1.unwrap_err();
    assert_eq!(error.id, ErrorId::DirectoryBusy, "{error:?}");
    assert!(error.message.ends_with("It says: going down"), "{error}");
}

#[test]
fn pages_are_asked_for_until_the_cookie_is_empty() {
    let trusted = Trusted::new();
    let profile = trusted.served(directory(|_, controls| {
        let [LdapControl::SimplePagedResults { size: 500, cookie }] = controls else {
            panic!("{controls:?}")
        };
        Reply::Say(match cookie.as_slice() {
            b"" => vec![user(1, &[]), user(2, &[]), more(b"\x00\xff")],
            // A page may be empty and still not the last.
            b"\x00\xff" => vec![more(b"last")],
            b"last" => vec![user(3, &[]), more(b"")],
            other => panic!("{other:?}"),
        })
    }));
    let (items, ended) = read(&profile, &context().0);
    assert_eq!(ended, Ok(()));
    assert_eq!(addresses(&items), ["user1@contoso.test", "user2@contoso.test", "user3@contoso.test"]);
}

#[test]
fn values_that_the_server_cuts_off_are_asked_for() {
    let trusted = Trusted::new();
    let profile = trusted.served(directory(|wanted, _| {
        let rest = |name: &str, values: &[&[u8]]| {
            let attributes: &[(&str, &[&[u8]])] = &[(name, values)];
            Reply::Say(vec![entry(&wanted.base, attributes), done(LdapResultCode::Success, "")])
        };
        if wanted.scope == LdapSearchScope::Subtree {
            let cut: &[(&str, &[&[u8]])] = &[
                ("userCertificate", &[]),
                ("userCertificate;range=0-1", &[b"\x30\x01\x09", b"\x30\x01\x01"]),
                ("userSMIMECertificate", &[b"\x30\x80"]),
            ];
            let gone: &[(&str, &[&[u8]])] = &[("userCertificate;range=0-0", &[b"\x30\x00"])];
            return Reply::Say(vec![
                user(1, cut),
                user(2, gone),
                user(3, &[]),
                done(LdapResultCode::Success, ""),
            ]);
        }
        match (wanted.base.starts_with("CN=User 1,"), wanted.attrs[0].as_str()) {
            (true, "userCertificate;range=2-*") => rest("userCertificate;range=2-2", &[b"\x30\x01\x05"]),
            (true, "userCertificate;range=3-*") => rest("userCertificate;range=3-*", &[b"\x30\x01\x03"]),
            _ => Reply::Say(vec![done(LdapResultCode::NoSuchObject, "gone")]),
        }
    }));
    let (items, ended) = read(&profile, &context().0);
    assert_eq!(ended, Ok(()));
    assert_eq!(
        addresses(&items),
        [
            "user3@contoso.test",
            "user1@contoso.test",
            "The object 'CN=User 2,DC=contoso,DC=test' was left out: it was changed while the values of its \
             userCertificate from number 1 on were read."
        ]
    );
    let SourceItem::Recipient(whole) = &items[1] else { panic!("{items:?}") };
    let values: Vec<_> = whole.values.iter().map(|value| value.bytes.to_vec()).collect();
    assert_eq!(
        values,
        [vec![0x30, 1, 9], vec![0x30, 1, 1], vec![0x30, 1, 5], vec![0x30, 1, 3], vec![0x30, 0x80]]
    );
}

#[test]
fn one_object_that_makes_no_sense_costs_no_other() {
    let trusted = Trusted::new();
    let profile = trusted.served(directory(|_, _| {
        let nameless = entry(&format!("CN=X,{BASE}"), &[("objectClass", &[b"user"])]);
        Reply::Say(vec![user(1, &[]), nameless, user(2, &[]), done(LdapResultCode::Success, "")])
    }));
    let (items, ended) = read(&profile, &context().0);
    assert_eq!(ended, Ok(()));
    let [SourceItem::Recipient(_), SourceItem::Invalid(error), SourceItem::Recipient(_)] = &items[..] else {
        panic!("{items:?}")
    };
    assert_eq!(
        (error.id, error.target.as_deref()),
        (ErrorId::RecipientInvalid, Some("CN=X,DC=contoso,DC=test"))
    );
}

#[test]
fn a_base_on_another_server_is_an_error_and_a_reference_only_told() {
    let trusted = Trusted::new();
    let profile = trusted.served(directory(|_, _| {
        let uris = vec!["ldap://child.contoso.test/DC=child".to_owned()];
        let reference = (LdapOp::SearchResultReference(LdapSearchResultReference { uris }), vec![]);
        Reply::Say(vec![reference, done(LdapResultCode::Success, "")])
    }));
    let (context, events) = context();
    assert_eq!(read(&profile, &context).1, Ok(()));
    let told = "'DC=contoso,DC=test' also refers to other servers, which are not asked: ldap://child.contoso.test/DC=child";
    assert!(events.logged(LogLevel::Verbose).iter().any(|message| message == told));

    let error = connect_error(&Profile {
        search_base: vec!["DC=fabrikam,DC=test".into()],
        ..{ trusted.served(directory(|_, _| Reply::Say(vec![done(LdapResultCode::Referral, "")]))) }
    });
    assert_eq!(error.id, ErrorId::SearchBaseNotFound, "{error:?}");
}

#[test]
fn a_read_that_its_caller_ends_leaves_the_connection_usable() {
    let trusted = Trusted::new();
    let profile = trusted.served(directory(|_, controls| {
        if controls.iter().any(|control| matches!(control, LdapControl::ShowDeleted { .. })) {
            let deleted: &[(&str, &[&[u8]])] = &[("isDeleted", &[b"TRUE"])];
            return Reply::Say(vec![user(3, deleted), done(LdapResultCode::Success, "")]);
        }
        Reply::Say(vec![user(1, &[]), user(2, &[]), done(LdapResultCode::Success, "")])
    }));
    let context = context().0;
    let mut source = connect(&profile, &context).unwrap();
    let own = Error::new(ErrorId::DiskFull, "full");
    assert_eq!(source.read(&Selection::All, &context, &mut |_| Err(own.clone())), Err(own));
    let anchors = [[3; 16], [1; 16]].map(|bytes| uuid::Uuid::from_bytes(bytes).to_string());
    let presences = source.look_up(&anchors, &context).unwrap();
    assert!(matches!(&presences[..], [Presence::Deleted, Presence::InScope(_)]), "{presences:?}");
    assert_eq!(source.clock(&context).unwrap().unwrap().to_string(), "2026-11-25T12:00:00Z");
}
