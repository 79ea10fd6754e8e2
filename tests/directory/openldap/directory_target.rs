//! OpenLDAP as the target: a copy of what is chosen, beside what others have put there.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use smime_sync::{
    error::{ErrorId, Result},
    event::ResultType,
    operation::{Engine, EngineConfig},
    profile::{DirectoryTargetSettings, FileSettings, OtherDirectorySettings, Profile, Source, Target},
};

use super::objects::{Draft, PORT, Server, SignedData, account, root};
use crate::common::events::context;

struct Home {
    server: Server,
    folder: tempfile::TempDir,
    /// Where the target's people are.
    base: String,
}

fn good(address: &str) -> Vec<u8> {
    Draft::person(address).valid_today().sign(&root())
}

fn line(name: &str, bytes: &[u8]) -> String {
    format!("{name}:: {}\n", STANDARD.encode(bytes))
}

impl Home {
    fn new(unit: &str) -> Self {
        let (server, folder) = (Server::get(), tempfile::tempdir().unwrap());
        let base = format!("ou={unit},dc=partner,dc=test");
        let _ = server.tool("ldapdelete", &["-r", &base], "");
        let mut text = format!("dn: {base}\nobjectClass: organizationalUnit\n\n");
        for (name, more) in [
            ("Ada", line("userCertificate;binary", &good("foreign@partner.test"))),
            ("Ben", line("userSMIMECertificate", &SignedData::certs_only(&[&good("foreign@partner.test")]))),
            ("Cleo", line("userCertificate;binary", &good("cleo@partner.test"))),
        ] {
            text += &format!("dn: cn={name},{base}\nobjectClass: inetOrgPerson\nsn: x\n");
            text += &format!("mail: {}@partner.test\n{more}\n", name.to_lowercase());
        }
        server.tool("ldapadd", &[], &text).expect("filled");
        fs::write(folder.path().join("root.cer"), root().der).unwrap();
        let home = Self { server, folder, base };
        home.source(&["ada", "ben", "cleo", "dan"]);
        let target = home.target();
        let source = Source::Ldif(FileSettings::new(home.folder.path().join("people.ldif")));
        let mut profile = Profile::new("corp", source, Target::Directory(target));
        profile.trust.trust_anchor_path = vec![home.folder.path().join("root.cer")];
        profile.limits.missing_period = Some(0);
        // So few people are soon more than any part of them.
        profile.limits.removal_percent = 100;
        home.ask(ResultType::Profile, json!({ "Operation": "NewProfile", "Profile": profile }));
        home
    }

    fn target(&self) -> DirectoryTargetSettings {
        DirectoryTargetSettings {
            target_port: Some(PORT),
            target_server_certificate_path: vec![self.server.ca()],
            ..DirectoryTargetSettings::new("localhost", vec![self.base.clone()])
        }
    }

    /// The source shows these, with a certificate but for those with a hyphen behind the name.
    fn source(&self, names: &[&str]) {
        let mut text = String::new();
        for name in names {
            let (who, has) = name.strip_suffix('-').map_or((*name, true), |who| (who, false));
            text += &format!("dn: cn={who},dc=corp\nobjectClass: inetOrgPerson\nmail: {who}@partner.test\n");
            let good = good(&format!("{who}@partner.test"));
            match (has, who) {
                (false, _) => {}
                (true, "ben") => text += &line("userSMIMECertificate", &SignedData::certs_only(&[&good])),
                (true, _) => text += &line("userCertificate", &good),
            }
            text += "\n";
        }
        fs::write(self.folder.path().join("people.ldif"), text).unwrap();
    }

    fn ask(&self, kind: ResultType, request: Value) -> Vec<Value> {
        let (results, ended) = self.try_ask(kind, request);
        ended.unwrap();
        results
    }

    fn try_ask(&self, kind: ResultType, request: Value) -> (Vec<Value>, Result<()>) {
        self.ask_as("admin", kind, request)
    }

    /// The same, with that account at the target.
    fn ask_as(&self, user: &str, kind: ResultType, request: Value) -> (Vec<Value>, Result<()>) {
        let places = Some(self.folder.path().display().to_string());
        let engine = Engine::new(EngineConfig { home: places, ..EngineConfig::default() }).unwrap();
        engine.set_secret("target_user", account(user).as_bytes());
        engine.set_secret("target_password", self.server.password.as_bytes());
        engine.set_secret("password", self.server.password.as_bytes());
        let (context, recorder) = context();
        let ended = engine.run(serde_json::from_value(request).unwrap(), &context);
        (recorder.results_of(kind), ended)
    }

    fn sync(&self) -> Value {
        let request = json!({ "Operation": "Sync", "ProfileName": "corp", "AllowRemoval": 10 });
        self.ask(ResultType::Run, request).remove(0)
    }

    /// A run with that account at the target, which looks at everybody.
    fn verify_as(&self, user: &str) -> Value {
        let request =
            json!({ "Operation": "Sync", "ProfileName": "corp", "AllowRemoval": 10, "Verify": true });
        let (mut runs, ended) = self.ask_as(user, ResultType::Run, request);
        ended.unwrap();
        runs.remove(0)
    }

    fn compare(&self) -> Vec<(String, String)> {
        let rows = self.ask(ResultType::Difference, json!({ "Operation": "Compare", "ProfileName": "corp" }));
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(row, "Recipient"), text(row, "Difference"))).collect()
    }

    /// How many values a person has at the target, in each of the attributes.
    fn values(&self, name: &str) -> (usize, usize) {
        let found =
            self.server.tool("ldapsearch", &["-LLL", "-b", &self.base, &format!("(cn={name})")], "").unwrap();
        let count = |attribute: &str| found.matches(attribute).count();
        (count("userCertificate;binary::"), count("userSMIMECertificate::"))
    }
}

#[test]
fn what_is_chosen_is_put_beside_what_others_have_there_and_only_that_goes_again() {
    let home = Home::new("copies");
    let run = home.sync();
    // Dan is not there, and Cleo's value is adopted.
    let numbers = |run: &Value| {
        ["Add", "Update", "Remove", "Exported", "Adopted"].map(|name| run[name].as_u64().unwrap_or(99))
    };
    assert_eq!(numbers(&run)[3], 2, "{run}");
    // OpenLDAP takes no single values of userSMIMECertificate: all of Ben's were replaced, the foreign one by itself.
    assert_eq!(["Ada", "Ben", "Cleo"].map(|name| home.values(name)), [(2, 0), (1, 2), (1, 0)]);
    let differs = |who: &str, how: &str| (format!("{who}@partner.test"), how.to_owned());
    let expected =
        [differs("ada", "ExtraAtTarget"), differs("ben", "ExtraAtTarget"), differs("dan", "NotAtTarget")];
    assert_eq!(home.compare(), expected);

    assert_eq!(numbers(&home.sync())[3], 0, "a second run changes nothing");

    // With the state the profile forgets; what is there is adopted.
    fs::remove_dir_all(home.folder.path().join("state")).unwrap();
    assert_eq!(numbers(&home.sync())[3], 0);

    home.source(&["ada-", "ben-", "cleo-", "dan"]);
    let run = home.sync();
    assert_eq!((&run["Remove"], &run["Exported"]), (&json!(3), &json!(3)), "{run}");
    let left = ["Ada", "Ben", "Cleo"].map(|name| home.values(name));
    assert_eq!(left, [(1, 0), (0, 1), (0, 0)], "the foreign ones stay");
}

#[test]
fn a_target_that_is_the_source_itself_is_refused_and_loses_nothing() {
    let home = Home::new("itself");
    let target = home.target();
    // By another name of the same host, which nothing but the objects themselves gives away.
    let source = OtherDirectorySettings::of(home.server.settings(&[&home.base]));
    let mut profile = Profile::new("corp", Source::Directory(source), Target::Directory(target));
    profile.trust.allow_untrusted = true;
    home.ask(ResultType::Profile, json!({ "Operation": "NewProfile", "Profile": profile, "Force": true }));
    let credential = json!({ "UserName": account("reader") });
    let request = json!({ "Operation": "Sync", "ProfileName": "corp", "Credential": credential });
    let error = home.try_ask(ResultType::Run, request).1.unwrap_err();
    assert_eq!(error.id, ErrorId::ProfileInvalid, "{error}");
    assert!(error.message.contains("is one object in both"), "{error}");
    assert_eq!(["Ada", "Ben", "Cleo"].map(|name| home.values(name)), [(1, 0), (0, 1), (1, 0)]);
}

#[test]
fn what_an_account_does_not_see_is_not_taken_for_gone() {
    let home = Home::new("unseen");
    home.sync();
    let published = ["Ada", "Ben", "Cleo"].map(|name| home.values(name));
    assert_eq!(published, [(2, 0), (1, 2), (1, 0)]);
    // Ada leaves, Ben and Cleo have nothing any more; and the account of the target sees no certificates.
    home.source(&["ben-", "cleo-", "dan"]);
    for round in ["the run", "the next run"] {
        let run = home.verify_as("blind");
        assert_eq!(
            (&run["Result"], &run["Exported"]),
            (&json!("CompletedWithErrors"), &json!(0)),
            "{round}: {run}"
        );
        assert_eq!(["Ada", "Ben", "Cleo"].map(|name| home.values(name)), published, "{round}");
    }
    // With the right one, and once their next try has come, all of it goes, and only that.
    let state = rusqlite::Connection::open(home.folder.path().join("state/corp.db")).unwrap();
    assert_eq!(state.execute("UPDATE change SET next_try = 0 WHERE state = 'Rejected'", []).unwrap(), 3);
    drop(state);
    let run = home.verify_as("admin");
    assert_eq!((&run["Result"], &run["Exported"]), (&json!("Success"), &json!(3)), "{run}");
    assert_eq!(["Ada", "Ben", "Cleo"].map(|name| home.values(name)), [(1, 0), (0, 1), (0, 0)]);
    assert_eq!(home.verify_as("admin")["Exported"], json!(0));
}

#[test]
fn who_is_out_of_sight_when_it_is_to_lose_its_value_loses_it_later() {
    let home = Home::new("sight");
    home.sync();
    let elsewhere = "ou=out-of-sight,dc=partner,dc=test";
    let _ = home.server.tool("ldapdelete", &["-r", elsewhere], "");
    let text = format!("dn: {elsewhere}\nobjectClass: organizationalUnit\n");
    home.server.tool("ldapadd", &[], &text).expect("added");
    let moves = |name: &str, from: &str, to: &str| {
        let text = format!(
            "dn: cn={name},{from}\nchangetype: modrdn\nnewrdn: cn={name}\ndeleteoldrdn: 1\nnewsuperior: {to}\n"
        );
        home.server.tool("ldapmodify", &[], &text).expect("moved");
    };
    // Ada leaves the source, and Cleo has nothing any more.
    home.source(&["ben", "cleo-", "dan"]);
    ["Ada", "Cleo"].iter().for_each(|name| moves(name, &home.base, elsewhere));
    let run = home.sync();
    assert_eq!((&run["Exported"], &run["Excluded"]), (&json!(0), &json!(3)), "{run}");
    ["Ada", "Cleo"].iter().for_each(|name| moves(name, elsewhere, &home.base));
    let run = home.verify_as("admin");
    assert_eq!((&run["Result"], &run["Exported"]), (&json!("Success"), &json!(2)), "{run}");
    assert_eq!(["Ada", "Cleo"].map(|name| home.values(name)), [(1, 0), (0, 0)]);
}
