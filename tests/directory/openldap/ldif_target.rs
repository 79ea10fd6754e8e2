//! What the target `Ldif` writes of OpenLDAP, loaded into OpenLDAP.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use smime_sync::{
    event::ResultType,
    operation::{Engine, EngineConfig},
    profile::{LdifTargetSettings, OtherDirectorySettings, Profile, Source, Target},
};

use super::objects::{Draft, Server, SignedData, account, root};
use crate::common::events::context;

const LEAVING: &str = "ou=leaving,dc=partner,dc=test";

fn fill(server: &Server) {
    let _ = server.tool("ldapdelete", &["-r", LEAVING], "");
    let good = Draft::person("zoe@partner.test").valid_today().sign(&root());
    let expired = Draft::person("zoe@partner.test").serial(&[0x51]).valid(-700, -100).sign(&root());
    let line = |name: &str, bytes: &[u8]| format!("{name}:: {}\n", STANDARD.encode(bytes));
    let mut text = format!("dn: {LEAVING}\nobjectClass: organizationalUnit\n\n");
    for name in ["Zoë", r"Zoe\2C B"] {
        text += &line("dn", format!("cn={name},{LEAVING}").as_bytes());
        text += "objectClass: inetOrgPerson\nsn: Z\nmail: zoe@partner.test\n";
        text += &line("userCertificate;binary", &good);
        text += &line("userCertificate;binary", &expired);
        text += &line("userSMIMECertificate", &SignedData::certs_only(&[&good]));
        text += &line("userSMIMECertificate", b"no PKCS#7 at all");
        text += "\n";
    }
    server.tool("ldapadd", &[], &text).expect("filled");
}

#[test]
fn a_file_of_changes_loads_with_ldapmodify_and_leaves_nothing_to_do() {
    let server = Server::get();
    fill(&server);
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("root.cer"), root().der).unwrap();
    let file = home.path().join("changes.ldif");
    let source = Source::Directory(OtherDirectorySettings::of(server.settings(&[LEAVING])));
    let mut profile = Profile::new("corp", source, Target::Ldif(LdifTargetSettings::new(&file)));
    profile.trust.trust_anchor_path = vec![home.path().join("root.cer")];
    let ask = |request: Value| {
        let places = Some(home.path().display().to_string());
        let engine = Engine::new(EngineConfig { home: places, ..EngineConfig::default() }).unwrap();
        engine.set_secret("password", server.password.as_bytes());
        let (context, recorder) = context();
        engine.run(serde_json::from_value(request).unwrap(), &context).unwrap();
        recorder.results_of(ResultType::Run)
    };
    ask(json!({ "Operation": "NewProfile", "Profile": profile }));
    let sync = json!({ "Operation": "Sync", "ProfileName": "corp", "Credential": { "UserName": account("reader") } });
    let run = ask(sync.clone()).remove(0);
    assert_eq!((&run["Result"], &run["Exported"]), (&json!("Success"), &json!(2)), "{run}");

    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("delete: userCertificate;binary\r\n"), "{text}");
    // OpenLDAP has no equality rule for it (RFC 2798, 2.8).
    assert!(text.contains("replace: userSMIMECertificate\r\n"), "{text}");
    server.tool("ldapmodify", &[], &text).expect("the file loads");
    let shown = server.tool("ldapsearch", &["-LLL", "-b", LEAVING, "(sn=Z)"], "").unwrap();
    for attribute in ["userCertificate;binary::", "userSMIMECertificate::"] {
        assert_eq!(shown.matches(attribute).count(), 2, "one each is left: {shown}");
    }
    assert!(server.tool("ldapmodify", &[], &text).is_err(), "exact values can't be deleted twice");

    let run = ask(sync).remove(0);
    assert_eq!((&run["Result"], &run["Exported"]), (&json!("Success"), &json!(0)), "{run}");
    let text = fs::read_to_string(&file).unwrap();
    server.tool("ldapmodify", &[], &text).expect("nothing to do is no error");
    assert!(!text.contains("dn:"), "{text}");
}
