//! An OpenLDAP whose people have their attributes under other names.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use smime_sync::{
    directory::{Presence, Selection, Since, Source as _, Told, ldap::LdapSource},
    event::{Context, ResultType},
    model::{Attribute, Recipient},
    operation::{Engine, EngineConfig},
    profile::{
        AttributeMap, DirectoryTargetSettings, FileSettings, FolderSettings, LdifTargetSettings,
        OtherDirectorySettings, Profile, Source, Target,
    },
    wildcard::Pattern,
};

use super::objects::{Draft, PORT, Server, SignedData, account, root};
use crate::common::{
    directory::{read, signed_in},
    events::context,
};

fn map() -> AttributeMap {
    let map = json!({
        "entryUUID": "nsUniqueId", "displayName": "cn", "mail": "rfc822Mailbox", "proxyAddresses": "mailAlternateAddress",
        "userCertificate": "labCertificate", "userSMIMECertificate": "labSignedData"
    });
    serde_json::from_value(map).unwrap()
}

fn good(name: &str) -> Vec<u8> {
    Draft::person(&format!("{name}@other.test")).valid_today().sign(&root())
}

fn line(name: &str, bytes: &[u8]) -> String {
    format!("{name}:: {}\n", STANDARD.encode(bytes))
}

fn id(number: usize) -> String {
    format!("3a1f0c{number:02x}-1dd211b2-80a6c0a8-01010000")
}

/// Makes a unit anew, with these people and what they have; returns its name.
fn fill(server: &Server, unit: &str, people: &[(&str, String)]) -> String {
    fill_from(0, server, unit, people)
}

/// The same; the people have the identities from this number on, which those of other units may have, too.
fn fill_from(first: usize, server: &Server, unit: &str, people: &[(&str, String)]) -> String {
    let base = format!("ou={unit},dc=partner,dc=test");
    let _ = server.tool("ldapdelete", &["-r", &base], "");
    let object = |number: usize| format!("objectClass: labObject\nnsUniqueId: {}\n", id(number));
    let mut text = format!("dn: {base}\nobjectClass: organizationalUnit\n{}\n", object(0xff));
    for (number, (name, more)) in (first..).zip(people) {
        text += &format!("dn: cn={name},{base}\nobjectClass: inetOrgPerson\nsn: x\ndisplayName: not shown\n");
        // What has our names, and is not meant.
        text += &line("userCertificate;binary", &good("nobody"));
        text += &format!("{}mail: {name}@other.test\n{more}\n", object(number));
    }
    server.tool("ldapadd", &[], &text).expect("filled");
    base
}

fn connect(server: &Server, base: &str, context: &Context) -> LdapSource {
    let reader = crate::common::directory::account(&account("reader"), &server.password);
    let source = LdapSource::directory(&server.settings(&[base]), reader, context).unwrap();
    signed_in(Ok(source.naming(&map())), context).unwrap()
}

/// A profile's home, and its secrets.
struct Home {
    server: Server,
    folder: tempfile::TempDir,
}

impl Home {
    fn new(server: Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("root.cer"), root().der).unwrap();
        Self { server, folder }
    }

    fn make(&self, source: Source, target: Target) {
        let mut profile = Profile::new("corp", source, target);
        profile.trust.trust_anchor_path = vec![self.folder.path().join("root.cer")];
        profile.limits.missing_period = Some(0);
        profile.limits.removal_percent = 100;
        self.ask(json!({ "Operation": "NewProfile", "Profile": profile }));
    }

    fn ask(&self, request: Json) -> Vec<Json> {
        let places = Some(self.folder.path().display().to_string());
        let engine = Engine::new(EngineConfig { home: places, ..EngineConfig::default() }).unwrap();
        engine.set_secret("target_user", account("admin").as_bytes());
        engine.set_secret("target_password", self.server.password.as_bytes());
        engine.set_secret("password", self.server.password.as_bytes());
        let (context, recorder) = context();
        engine.run(serde_json::from_value(request).unwrap(), &context).unwrap();
        recorder.results_of(ResultType::Run)
    }

    fn sync(&self) -> Json {
        let reader = json!({ "UserName": account("reader") });
        let request =
            json!({ "Operation": "Sync", "ProfileName": "corp", "AllowRemoval": 10, "Credential": reader });
        self.ask(request).remove(0)
    }
}

#[test]
fn people_are_read_found_and_told_of_by_those_names() {
    let server = Server::get();
    let (context, _) = context();
    let alternate = "mailAlternateAddress: second@other.test\nmailAlternateAddress: SMTP:first@other.test\n";
    let ada = line("labCertificate", &good("ada")) + &line("labSignedData", b"signed") + alternate;
    let base = fill(&server, "named", &[("ada", ada), ("ben", String::new())]);
    let mut source = connect(&server, &base, &context);
    let mark = source.mark(&context).unwrap().expect("OpenLDAP stamps its entries");
    let mut people = read(&mut source, &Selection::All, &context).unwrap();
    people.sort_by(|one, other| one.anchor.cmp(&other.anchor));
    let [ada, ben] = people.as_slice() else { panic!("{people:?}") };
    assert_eq!((ada.anchor.as_str(), ada.display_name.as_deref()), (id(0).as_str(), Some("ada")));
    // OpenLDAP answers with the first name of an attribute, whatever it was asked for.
    assert_eq!(ada.mail.as_deref(), Some("ada@other.test"));
    assert_eq!(ada.primary_smtp_address.as_deref(), Some("first@other.test"));
    assert_eq!(ada.proxy_addresses, ["second@other.test", "first@other.test"]);
    let values: Vec<_> = ada.values.iter().map(|value| (value.attribute, value.bytes.to_vec())).collect();
    let expected =
        [(Attribute::UserCertificate, good("ada")), (Attribute::UserSmimeCertificate, b"signed".to_vec())];
    assert_eq!(values, expected);
    assert!(ben.values.is_empty());

    let named = |name: &str| Selection::Identities(vec![name.to_owned()]);
    for (selection, expected) in [
        (named("ADA@other.test"), &["ada@other.test"][..]),
        (named("second@other.test"), &["ada@other.test"]),
        (named("First@other.test"), &["ada@other.test"]),
        (named(&id(1).to_uppercase()), &["ben@other.test"]),
        (named("nobody@other.test"), &[]),
        (Selection::Matching(vec![Pattern::parse("sec*").unwrap()]), &["ada@other.test"]),
    ] {
        let found = read(&mut source, &selection, &context).unwrap();
        let found: Vec<_> = found.iter().filter_map(|one: &Recipient| one.mail.as_deref()).collect();
        assert_eq!(found, expected, "{selection:?}");
    }
    let presences = source.look_up(&[id(1), id(7)], &context).unwrap();
    assert!(matches!(presences.as_slice(), [Presence::InScope(_), Presence::Absent]), "{presences:?}");

    let change = format!(
        "dn: cn=ben,{base}\nchangetype: modify\nadd: labCertificate\n{}-\n",
        line("labCertificate", &good("ben"))
    );
    server.tool("ldapmodify", &[], &change).expect("changed");
    let mut told = Vec::new();
    let since = source.changes(&mark, false, &context, &mut |one| {
        told.push(one);
        Ok(())
    });
    assert!(matches!(since, Ok(Since::Told { shows_all: true, .. })), "{since:?}");
    for (person, is_same) in [(ada, true), (ben, false)] {
        let is_told = told.contains(&Told::There(person.anchor.clone(), person.version.clone()));
        assert_eq!(is_told, is_same, "{told:?}");
    }
}

#[test]
fn a_name_that_the_server_does_not_know_is_told_and_nobody_is_read() {
    let server = Server::get();
    let (context, _) = context();
    let reader = crate::common::directory::account(&account("reader"), &server.password);
    let source = LdapSource::directory(&server.settings(&[]), reader, &context).unwrap();
    let map = serde_json::from_value(json!({ "userCertificate": "labCertifcate" })).unwrap();
    let error = source.naming(&map).sign_in(&context).unwrap_err();
    assert!(error.message.contains("has no attribute 'labCertifcate' in its schema"), "{error:?}");
}

#[test]
fn a_target_is_written_under_those_names_beside_what_others_have_there() {
    let server = Server::get();
    let foreign = SignedData::certs_only(&[&good("foreign")]);
    let base = fill(
        &server,
        "written",
        &[("ada", line("labCertificate", &good("foreign"))), ("ben", line("labSignedData", &foreign))],
    );
    let home = Home::new(server);
    let path = home.folder.path().join("people.ldif");
    let person = |name: &str, value: String| {
        format!("dn: cn={name},dc=corp\nobjectClass: inetOrgPerson\nmail: {name}@other.test\n{value}\n")
    };
    let signed = SignedData::certs_only(&[&good("ben")]);
    let both = person("ada", line("userCertificate", &good("ada")))
        + &person("ben", line("userSMIMECertificate", &signed));
    fs::write(&path, both).unwrap();
    let target = DirectoryTargetSettings {
        target_port: Some(PORT),
        target_server_certificate_path: vec![home.server.ca()],
        target_attribute_map: map(),
        ..DirectoryTargetSettings::new("localhost", vec![base.clone()])
    };
    home.make(Source::Ldif(FileSettings::new(&path)), Target::Directory(target));
    let counts = || {
        ["ada", "ben"].map(|name| {
            let filter = format!("(cn={name})");
            let found = home.server.tool("ldapsearch", &["-LLL", "-b", &base, &filter], "").unwrap();
            ["labCertificate::", "labSignedData::", "userCertificate;binary::"]
                .map(|name| found.matches(name).count())
        })
    };
    let run = home.sync();
    assert_eq!((&run["Result"], &run["Exported"]), (&json!("Success"), &json!(2)), "{run}");
    assert_eq!(counts(), [[2, 0, 1], [1, 2, 1]]);
    assert_eq!(home.sync()["Exported"], 0, "a second run changes nothing");
    fs::write(&path, person("ada", String::new()) + &person("ben", String::new())).unwrap();
    let run = home.sync();
    assert_eq!((&run["Remove"], &run["Exported"]), (&json!(2), &json!(2)), "{run}");
    assert_eq!(counts(), [[1, 0, 1], [0, 1, 1]], "what others have put there stays");
}

#[test]
fn a_file_of_changes_names_them_and_another_map_reads_everybody_again() {
    let server = Server::get();
    let expired = Draft::person("zoe@other.test").serial(&[0x51]).valid(-700, -100).sign(&root());
    let zoe = line("labCertificate", &good("zoe"))
        + &line("labCertificate", &expired)
        + &line("labSignedData", b"no PKCS#7");
    let base = fill(&server, "changes", &[("zoe", zoe), ("yan", line("labCertificate", &good("yan")))]);
    let home = Home::new(server);
    let file = home.folder.path().join("changes.ldif");
    let source = OtherDirectorySettings {
        attribute_map: map(),
        ..OtherDirectorySettings::of(home.server.settings(&[&base]))
    };
    home.make(Source::Directory(source), Target::Ldif(LdifTargetSettings::new(&file)));
    let run = home.sync();
    assert_eq!((&run["Result"], &run["Exported"]), (&json!("Success"), &json!(1)), "{run}");
    let text = fs::read_to_string(&file).unwrap();
    for part in [
        "# Changes to labCertificate and labSignedData;",
        "delete: labCertificate\r\n",
        "replace: labSignedData\r\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    home.server.tool("ldapmodify", &[], &text).expect("the file loads");

    // Zoe alone has changed.
    let run = home.sync();
    assert_eq!(
        (&run["PolicyType"], &run["Read"], &run["Exported"]),
        (&json!("Delta"), &json!(1), &json!(0)),
        "{run}"
    );
    let other =
        json!({ "displayName": "sn", "entryUUID": "nsUniqueId", "userCertificate": "labCertificate" });
    home.ask(json!({ "Operation": "SetProfile", "Name": "corp", "Settings": { "AttributeMap": other } }));
    let run = home.sync();
    assert_eq!((&run["PolicyType"], &run["Read"]), (&json!("Initial"), &json!(2)), "{run}");
}

#[test]
fn whose_identity_is_gone_keeps_what_is_published() {
    let server = Server::get();
    let person = |name: &str| line("labCertificate", &good(name));
    let base = fill_from(0x70, &server, "identity", &[("eva", person("eva")), ("fay", person("fay"))]);
    let home = Home::new(server);
    let source = OtherDirectorySettings {
        attribute_map: map(),
        ..OtherDirectorySettings::of(home.server.settings(&[&base]))
    };
    let out = home.folder.path().join("out");
    home.make(Source::Directory(source), Target::Folder(FolderSettings::new(&out)));
    assert_eq!(home.sync()["Exported"], json!(2));
    let id_of_fay = id(0x71);
    for (what, change, errors) in [
        ("it is no UUID", "replace: nsUniqueId\nnsUniqueId: unknown\n".to_owned(), 1),
        ("it is another one's", format!("replace: nsUniqueId\nnsUniqueId: {id_of_fay}\n"), 1),
        ("it is missing", "delete: nsUniqueId\n".to_owned(), 1),
    ] {
        let change = format!("dn: cn=eva,{base}\nchangetype: modify\n{change}");
        home.server.tool("ldapmodify", &[], &change).expect("changed");
        for round in ["the run", "the next run"] {
            let run = home.sync();
            let came = (&run["Result"], &run["Remove"], &run["Errors"]);
            assert_eq!(
                came,
                (&json!("CompletedWithErrors"), &json!(0), &json!(errors)),
                "{what}, {round}: {run}"
            );
            assert!(
                out.join("eva@other.test.json").exists() && out.join("fay@other.test.json").exists(),
                "{what}"
            );
        }
    }
}
