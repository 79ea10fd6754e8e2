//! Active Directory as a source, against the Samba domain controller of `tests/lab/samba.sh`.

#[path = "lab/support.rs"]
mod support;

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs,
    process::Command,
    sync::{Mutex, MutexGuard, OnceLock},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use smime_sync::{
    directory::{Presence, Selection, Source, ldap::ActiveDirectorySource},
    error::{Error, ErrorId},
    event::LogLevel,
    recipient::{Attribute, Recipient, RecipientKind},
    timestamp::Timestamp,
};
use support::{ADMINISTRATOR, DOMAIN, Lab, context, read, refusal};

const READER: &str = "reader@contoso.test";
const LIMITED: &str = "limited@contoso.test";
const ROOT: &str = "OU=Source Tests,DC=contoso,DC=test";
const KINDS: &str = "OU=Kinds,OU=Source Tests,DC=contoso,DC=test";
const MANY: &str = "OU=Source Tests Many,DC=contoso,DC=test";
const CHANGING: &str = "OU=Changing,OU=Source Tests,DC=contoso,DC=test";
const ELSEWHERE: &str = "OU=Elsewhere,OU=Source Tests,DC=contoso,DC=test";
/// More than two of our pages, and more than a server hands over at once (MaxPageSize is 1,000).
const MANY_COUNT: usize = 1_100;

/// The lab with the objects that these tests are about, made anew once a run (the many only once a lab).
fn lab() -> Lab {
    static FILLED: OnceLock<()> = OnceLock::new();
    let lab = Lab::get();
    FILLED.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().unwrap();
        let many = ldap(&lab, "ldapsearch", &["-b", MANY, "-s", "base", "dn"], "").is_err();
        fs::write(file.path(), objects(many)).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/populate.sh");
        let status = Command::new("sh")
            .arg(script)
            .arg(&lab.directory)
            .args(["--remove", ROOT])
            .arg(file.path())
            .status()
            .unwrap();
        assert!(status.success(), "the lab was not filled");
    });
    lab
}

fn objects(many: bool) -> String {
    let mut ldif = String::new();
    for unit in [ROOT, KINDS, CHANGING, ELSEWHERE].into_iter().chain(many.then_some(MANY)) {
        writeln!(ldif, "dn: {unit}\nobjectClass: organizationalUnit\n").unwrap();
    }
    let value = |bytes: &[u8]| STANDARD.encode(bytes);
    let mut object = |dn: &str, lines: &[&str]| writeln!(ldif, "dn: {dn}\n{}\n", lines.join("\n")).unwrap();
    let certificates: Vec<_> =
        [9u8, 1, 200, 5].iter().map(|n| format!("userCertificate:: {}", value(&[0x30, 0x82, *n]))).collect();
    let signed = format!("userSMIMECertificate:: {}", value(&[0x30, 0x80, 0xff]));
    let mut lines = vec![
        "objectClass: user",
        "sAMAccountName: st-alice",
        "userAccountControl: 512",
        "displayName: Alice Ä",
        "mail: alice@st.test",
        "userPrincipalName: st-alice@contoso.test",
        "proxyAddresses: smtp:a.second@st.test",
        "proxyAddresses: SMTP:Alice@st.test",
        "proxyAddresses: X500:/o=Contoso/cn=alice",
    ];
    lines.extend(certificates.iter().map(String::as_str));
    lines.push(&signed);
    object(&format!("CN=Alice,{KINDS}"), &lines);
    let certificate = format!("userCertificate:: {}", value(&[0x30, 0x01, 0x07]));
    for (name, lines) in [
        ("Contact", &["objectClass: contact", "mail: partner@fabrikam.test", &certificate][..]),
        (
            "Shared",
            &[
                "objectClass: user",
                "sAMAccountName: st-shared",
                "userAccountControl: 514",
                "mail: shared@st.test",
            ],
        ),
        (
            "Person",
            &[
                "objectClass: inetOrgPerson",
                "sAMAccountName: st-person",
                "userAccountControl: 512",
                "mail: person@st.test",
            ],
        ),
        (
            "Computer",
            &[
                "objectClass: computer",
                "sAMAccountName: ST-PC$",
                "userAccountControl: 4096",
                "mail: pc@st.test",
                &certificate,
            ],
        ),
        ("Group", &["objectClass: group", "sAMAccountName: st-group", "mail: group@st.test"]),
        (
            r"Odd\, (Name)*",
            &[
                "objectClass: user",
                "sAMAccountName: st-odd",
                "userAccountControl: 512",
                "mail: o'dd+(x)*@st.test",
            ],
        ),
    ] {
        object(&format!("CN={name},{KINDS}"), lines);
    }
    let many_count = if many { MANY_COUNT } else { 0 };
    for (count, unit, prefix) in [(many_count, MANY, "st-many"), (4, CHANGING, "st-changing")] {
        for number in 0..count {
            let (name, mail) =
                (format!("sAMAccountName: {prefix}{number}"), format!("mail: {prefix}{number}@st.test"));
            let lines = ["objectClass: user", &name, "userAccountControl: 512", &mail, &certificate];
            object(&format!("CN={prefix}{number},{unit}"), &lines);
        }
    }
    ldif
}

/// Runs one of OpenLDAP's tools as administrator.
fn ldap(lab: &Lab, tool: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), input).unwrap();
    let output = Command::new(tool)
        .env("LDAPTLS_CACERT", lab.directory.join("tls/ca.pem"))
        .args(["-H", "ldaps://127.0.0.1", "-x", "-D", ADMINISTRATOR, "-w", lab.password(ADMINISTRATOR)])
        .args(arguments)
        .stdin(fs::File::open(file.path()).unwrap())
        .output()
        .expect("ldap-utils are installed");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn recipients(bases: &[&str], filter: Option<&str>) -> Vec<Recipient> {
    let lab = lab();
    let (context, _) = context();
    let mut profile = lab.profile(bases);
    profile.filter = filter.map(str::to_owned);
    let mut source = lab.connect(&profile, READER, &context).unwrap();
    read(&mut source, &Selection::All, &context).unwrap()
}

fn names(recipients: &[Recipient]) -> HashSet<&str> {
    recipients.iter().filter_map(|r| r.distinguished_name.split(",OU=").next()).collect()
}

#[test]
fn users_contacts_and_disabled_accounts_are_read_and_computers_never() {
    let found = recipients(&[KINDS], None);
    assert_eq!(
        names(&found),
        HashSet::from(["CN=Alice", "CN=Contact", "CN=Shared", "CN=Person", r"CN=Odd\, (Name)*"])
    );
    let one = |name: &str| found.iter().find(|r| r.distinguished_name.starts_with(name)).unwrap();
    assert_eq!(one("CN=Contact").kind, RecipientKind::Contact);
    assert!(one("CN=Shared").disabled && !one("CN=Alice").disabled);
}

#[test]
fn a_recipient_has_all_that_the_directory_says_of_it() {
    let found = recipients(&[KINDS], Some("(mail=alice@st.test)"));
    let [alice] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(alice.distinguished_name, format!("CN=Alice,{KINDS}"));
    assert_eq!(alice.display_name.as_deref(), Some("Alice Ä"));
    assert_eq!(alice.mail.as_deref(), Some("alice@st.test"));
    assert_eq!(alice.primary_smtp_address.as_deref(), Some("Alice@st.test"));
    assert_eq!(
        alice.proxy_addresses.iter().map(String::as_str).collect::<HashSet<_>>(),
        HashSet::from(["a.second@st.test", "Alice@st.test"])
    );
    assert_eq!(alice.user_principal_name.as_deref(), Some("st-alice@contoso.test"));
    assert_eq!(alice.sam_account_name.as_deref(), Some("st-alice"));
    assert!(alice.changed.unwrap() > Timestamp::now().plus(-3600));
    assert_eq!(alice.anchor.len(), 36);
}

#[test]
fn values_come_in_the_order_of_the_server() {
    let shown = ldap(
        &lab(),
        "ldapsearch",
        &["-LLL", "-b", KINDS, "(cn=Alice)", "userCertificate", "userSMIMECertificate"],
        "",
    );
    let shown = shown.unwrap();
    let shown: Vec<_> =
        shown.lines().filter_map(|line| line.split_once("Certificate:: ")).map(|(_, value)| value).collect();
    let found = recipients(&[KINDS], Some("(cn=Alice)"));
    let values: Vec<_> = found[0].values.iter().map(|value| STANDARD.encode(&value.bytes)).collect();
    assert_eq!((values.len(), values), (5, shown.iter().map(|s| s.to_string()).collect()));
    let attributes: Vec<_> = found[0].values.iter().map(|value| value.attribute).collect();
    assert_eq!(attributes.iter().filter(|a| **a == Attribute::UserCertificate).count(), 4);
}

#[test]
fn more_recipients_than_a_page_are_all_read_once() {
    let found = recipients(&[MANY], None);
    assert_eq!(found.len(), MANY_COUNT);
    assert_eq!(found.iter().map(|r| &r.anchor).collect::<HashSet<_>>().len(), MANY_COUNT);
}

#[test]
fn overlapping_search_bases_hand_no_recipient_over_twice() {
    let found = recipients(&[KINDS, "ou=source tests,dc=CONTOSO,dc=test", CHANGING], Some("(cn=Alice)"));
    assert_eq!(found.len(), 1);
    assert_eq!(recipients(&[KINDS, CHANGING], Some("(|(cn=Alice)(cn=st-changing3))")).len(), 2);
}

#[test]
fn referrals_to_other_servers_are_told_but_not_followed() {
    let lab = lab();
    let (context, events) = context();
    let mut profile = lab.profile(&[DOMAIN]);
    profile.filter = Some("(cn=Alice)".into());
    let mut source = lab.connect(&profile, READER, &context).unwrap();
    assert_eq!(read(&mut source, &Selection::All, &context).unwrap().len(), 1);
    let logged = events.logged(LogLevel::Verbose);
    assert!(logged.iter().any(|m| m.contains("refers to other servers") && m.contains("ldap")), "{logged:?}");
}

#[test]
fn each_kind_of_identity_finds_its_recipient_within_the_scope_only() {
    let lab = lab();
    let (context, _) = context();
    let mut source = lab.connect(&lab.profile(&[KINDS]), READER, &context).unwrap();
    let anchor = recipients(&[KINDS], Some("(cn=Alice)"))[0].anchor.clone();
    let dn = format!("CN=Alice,{KINDS}");
    let by = |source: &mut ActiveDirectorySource, identities: &[&str]| {
        let identities = identities.iter().map(|i| i.to_string()).collect();
        read(source, &Selection::Identities(identities), &context).unwrap()
    };
    for identity in [
        "ALICE@st.test",
        "a.second@ST.test",
        "st-alice@contoso.test",
        "ST-Alice",
        &dn,
        &anchor,
        &anchor.to_uppercase(),
    ] {
        assert_eq!(names(&by(&mut source, &[identity])), HashSet::from(["CN=Alice"]), "{identity}");
    }
    let odd = format!(r"CN=Odd\, (Name)*,{KINDS}");
    for identity in ["o'dd+(x)*@st.test", &odd] {
        assert_eq!(names(&by(&mut source, &[identity])), HashSet::from([r"CN=Odd\, (Name)*"]), "{identity}");
    }
    for identity in ["nobody@st.test", "st-many1@st.test", "*", "ST-PC$", "pc@st.test", "alice@st.test)(cn=*"]
    {
        assert!(by(&mut source, &[identity]).is_empty(), "{identity}");
    }
    // Each once, however many identities name it and however many batches they need.
    let mut many: Vec<String> = (0..120).map(|n| format!("nobody{n}@st.test")).collect();
    many.splice(0..0, ["alice@st.test".into(), "partner@fabrikam.test".into()]);
    many.push(anchor);
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let found = by(&mut source, &many);
    assert_eq!((found.len(), names(&found)), (2, HashSet::from(["CN=Alice", "CN=Contact"])));
}

/// Moving and deleting objects is for one test at a time.
fn changing() -> MutexGuard<'static, ()> {
    static CHANGES: Mutex<()> = Mutex::new(());
    CHANGES.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[test]
fn what_became_of_a_recipient_is_looked_up() {
    let _one_at_a_time = changing();
    let lab = lab();
    let (context, _) = context();
    let mut profile = lab.profile(&[CHANGING]);
    profile.filter = Some("(!(description=ended))".into());
    let mut source = lab.connect(&profile, ADMINISTRATOR, &context).unwrap();
    let before = read(&mut source, &Selection::All, &context).unwrap();
    let anchor = |number: usize| {
        let dn = format!("CN=st-changing{number},{CHANGING}");
        before.iter().find(|r| r.distinguished_name == dn).unwrap().anchor.clone()
    };
    ldap(&lab, "ldapdelete", &[&format!("CN=st-changing0,{CHANGING}")], "").unwrap();
    let change = format!(
        "dn: CN=st-changing1,{CHANGING}\nchangetype: modrdn\nnewrdn: CN=st-changing1\ndeleteoldrdn: 1\nnewsuperior: {ELSEWHERE}\n"
    );
    ldap(&lab, "ldapmodify", &[], &change).unwrap();
    let change = format!(
        "dn: CN=st-changing2,{CHANGING}\nchangetype: modify\nreplace: description\ndescription: ended\n"
    );
    ldap(&lab, "ldapmodify", &[], &change).unwrap();

    let never = "00000000-0000-4000-8000-000000000000".to_owned();
    let anchors = [anchor(3), anchor(2), never, anchor(1), anchor(0), "CN=no GUID".to_owned()];
    let presences = source.look_up(&anchors, &context).unwrap();
    let Presence::InScope(unchanged) = &presences[0] else { panic!("{presences:?}") };
    assert_eq!(unchanged.anchor, anchors[0]);
    assert_eq!(
        presences[1..],
        [Presence::OutOfScope, Presence::Absent, Presence::OutOfScope, Presence::Deleted, Presence::Absent]
    );
    assert_eq!(read(&mut source, &Selection::All, &context).unwrap().len(), 1);
    assert_eq!(source.look_up(&[], &context), Ok(vec![]));
}

#[test]
fn without_the_right_to_read_them_values_are_absent_and_nothing_is_said() {
    let lab = lab();
    let (context, _) = context();
    let profile = lab.profile(&["OU=Restricted,DC=contoso,DC=test"]);
    for (user, values) in [(READER, 2), (LIMITED, 0)] {
        let mut source = lab.connect(&profile, user, &context).unwrap();
        let found = read(&mut source, &Selection::All, &context).unwrap();
        assert_eq!(found.iter().map(|r| r.values.len()).collect::<Vec<_>>(), vec![values; 3], "{user}");
    }
}

#[test]
fn the_clock_is_that_of_the_server() {
    let lab = lab();
    let (context, _) = context();
    let mut source = lab.connect(&lab.profile(&[KINDS]), READER, &context).unwrap();
    let clock = source.clock(&context).unwrap().unwrap();
    assert!((clock.0 - Timestamp::now().0).abs() < 60, "{clock}");
}

fn connect_error(
    change: impl FnOnce(&mut smime_sync::profile::Profile),
    user: &str,
    password: &str,
) -> Error {
    let lab = lab();
    let mut profile = lab.profile(&[KINDS]);
    change(&mut profile);
    let (context, _) = context();
    refusal(ActiveDirectorySource::connect(&profile, Some(user), Some(password.as_bytes()), &context))
}

#[test]
fn a_refused_sign_in_says_why() {
    use ErrorId::*;
    let password = lab().password(READER).to_owned();
    for (user, password, id, text, data) in [
        (READER, "wrong-4711", DirectoryCredentialRejected, "user name or password is wrong", "52e"),
        (
            "nobody@contoso.test",
            "wrong-4711",
            DirectoryCredentialRejected,
            "user name or password is wrong",
            "52e",
        ),
        ("locked@contoso.test", &password, DirectoryAccountLocked, "the account is locked", "775"),
        ("disabled@contoso.test", &password, DirectoryAccountUnusable, "the account is disabled", "533"),
        ("expired@contoso.test", &password, DirectoryAccountUnusable, "the account has expired", "701"),
        (
            "stale@contoso.test",
            &password,
            DirectoryAccountUnusable,
            "the account's password must be changed first",
            "773",
        ),
    ] {
        let error = connect_error(|_| (), user, password);
        assert_eq!(error.id, id, "{user}: {error:?}");
        assert_eq!(error.message, format!("The server 'localhost' refused '{user}': {text}."));
        let native = error.native.clone().unwrap();
        assert_eq!(native.ldap_result, Some(49));
        assert!(native.text.unwrap().contains(&format!("data {data},")), "{user}");
        let shown = serde_json::to_string(&error).unwrap();
        assert!(!shown.contains(password), "the password is shown: {shown}");
    }
}

#[test]
fn every_form_of_user_name_signs_in() {
    let lab = lab();
    let (context, _) = context();
    for user in [READER, "CONTOSO\\reader", "CN=reader,OU=Accounts,DC=contoso,DC=test"] {
        let password = lab.password(READER).as_bytes();
        let connected =
            ActiveDirectorySource::connect(&lab.profile(&[KINDS]), Some(user), Some(password), &context);
        assert!(connected.is_ok(), "{user}: {:?}", connected.err());
    }
}

#[test]
fn a_search_base_that_is_not_there_is_named() {
    let password = lab().password(READER).to_owned();
    let missing = "OU=Nowhere,DC=contoso,DC=test";
    for (base, text) in [
        (
            missing,
            "The search base 'OU=Nowhere,DC=contoso,DC=test' does not exist, or the account may not see it (server 'localhost').",
        ),
        (
            "no name at all",
            "The search base 'no name at all' is not a distinguished name (server 'localhost').",
        ),
        ("", "A search base is empty."),
    ] {
        let error =
            connect_error(|profile| profile.search_base = vec![KINDS.into(), base.into()], READER, &password);
        assert_eq!((error.id, error.message.as_str()), (ErrorId::SearchBaseNotFound, text), "{error:?}");
        assert_eq!(error.target.as_deref(), Some(base));
    }
    let other =
        connect_error(|profile| profile.search_base = vec!["DC=fabrikam,DC=test".into()], READER, &password);
    assert_eq!(other.id, ErrorId::SearchBaseNotFound, "{other:?}");
}

#[test]
fn the_certificate_must_carry_the_servers_name() {
    let password = lab().password(READER).to_owned();
    let error = connect_error(|profile| profile.server_certificate_path.clear(), READER, &password);
    assert_eq!(error.id, ErrorId::DirectoryCertificateUntrusted, "{error:?}");
    let by_address = lab();
    let (context, _) = context();
    let mut profile = by_address.profile(&[KINDS]);
    profile.server = Some("127.0.0.1".into());
    assert!(by_address.connect(&profile, READER, &context).is_ok());
}

#[test]
fn a_port_of_plain_ldap_is_no_ldaps() {
    let password = lab().password(READER).to_owned();
    let error = connect_error(|profile| profile.port = 389, READER, &password);
    assert_eq!(error.id, ErrorId::DirectoryTlsFailed, "{error:?}");
}

#[test]
fn a_canceled_read_ends_at_once() {
    let lab = lab();
    let (context, _) = context();
    let mut source = lab.connect(&lab.profile(&[MANY]), READER, &context).unwrap();
    let mut count = 0;
    let ended = source.read(&Selection::All, &context, &mut |_| {
        count += 1;
        if count == 10 {
            context.cancel.cancel();
        }
        Ok(())
    });
    assert_eq!(ended.unwrap_err().id, ErrorId::Canceled);
    assert_eq!(count, 10);
}
