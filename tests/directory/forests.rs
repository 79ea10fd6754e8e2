//! Two directories as one source: the Samba domain controller of `tests/lab/samba.sh` and the OpenLDAP server of
//! `tests/lab/openldap.sh`.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use smime_sync::{
    error::{ErrorId, Result},
    event::ResultType,
    operation::{Engine, EngineConfig},
};

use crate::{
    common::{
        directory::{DOMAIN, Lab},
        events::context,
    },
    openldap::objects::{Draft, PORT, Server, account, root},
};

const READER: &str = "reader@contoso.test";
const TWO: [&str; 2] = ["f1", "f2"];

struct Company {
    lab: Lab,
    server: Server,
    home: tempfile::TempDir,
    /// Where the people of the second directory are.
    base: String,
}

fn good(name: &str, serial: u8) -> Vec<u8> {
    let draft = Draft::person(&format!("{name}@forest.test")).valid_today();
    Draft { serial: vec![serial], ..draft }.sign(&root())
}

impl Company {
    fn new(unit: &str) -> Self {
        let base = format!("ou={unit},dc=partner,dc=test");
        let company =
            Self { lab: Lab::get(), server: Server::get(), home: tempfile::tempdir().unwrap(), base };
        let base = &company.base;
        let _ = company.server.tool("ldapdelete", &["-r", base], "");
        let mut text = format!("dn: {base}\nobjectClass: organizationalUnit\n\n");
        for name in TWO {
            text += &format!(
                "dn: cn={name},{base}\nobjectClass: inetOrgPerson\nsn: x\nmail: {name}@forest.test\n"
            );
            text += &format!("userCertificate;binary:: {}\n\n", STANDARD.encode(good(name, 1)));
        }
        company.server.tool("ldapadd", &[], &text).expect("filled");
        fs::write(company.home.path().join("root.cer"), root().der).unwrap();
        let first = company.lab.settings(&[&format!("CN=Users,{DOMAIN}")]);
        let profile = json!({
            "Name": "forests", "Source": "ActiveDirectory", "Server": first.server, "SearchBase": first.search_base,
            "ServerCertificatePath": first.connection.server_certificate_path,
            "AdditionalSource": [{
                "Source": "Directory", "Server": ["localhost"], "Port": PORT, "SearchBase": [base],
                "ServerCertificatePath": [company.server.ca()],
            }],
            "TrustAnchorPath": [company.home.path().join("root.cer")],
            "Target": "Folder", "OutputPath": company.home.path().join("out"),
            "MissingPeriod": 0, "RemovalPercent": 100,
        });
        company.ask(true, json!({ "Operation": "NewProfile", "Profile": profile })).1.unwrap();
        company
    }

    /// What came of a request, with or without the second directory's credential.
    fn ask(&self, with_second: bool, mut request: Value) -> (Vec<(ResultType, Value)>, Result<()>) {
        if request["Operation"] != "NewProfile" {
            request["ProfileName"] = "forests".into();
            request["Credential"] = json!({ "UserName": READER });
        }
        let home = Some(self.home.path().display().to_string());
        let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() }).unwrap();
        engine.set_secret("password", self.lab.password(READER).as_bytes());
        if with_second {
            engine.set_secret("additional_user localhost", account("reader").as_bytes());
            engine.set_secret("additional_password localhost", self.server.password.as_bytes());
        }
        let (context, recorder) = context();
        let ended = engine.run(serde_json::from_value(request).unwrap(), &context);
        (recorder.results(), ended)
    }

    fn sync(&self) -> Value {
        let (results, ended) = self.ask(true, json!({ "Operation": "Sync" }));
        ended.unwrap();
        results.into_iter().find(|(kind, _)| *kind == ResultType::Run).unwrap().1
    }

    fn change(&self, name: &str, lines: &str) {
        let text = format!("dn: cn={name},{}\nchangetype: {lines}\n\n", self.base);
        self.server.tool("ldapmodify", &[], &text).expect("changed");
    }

    fn has(&self, name: &str) -> bool {
        self.home.path().join(format!("out/{name}@forest.test.json")).exists()
    }
}

fn told(run: &Value) -> (&str, &str, u64, u64) {
    let number = |name: &str| run[name].as_u64().unwrap();
    (run["Result"].as_str().unwrap(), run["PolicyType"].as_str().unwrap(), number("Exported"), number("Read"))
}

#[test]
fn the_people_of_both_are_published_and_what_changes_in_either_follows() {
    let company = Company::new("forest");
    let first = company.sync();
    let recipients = first["Recipients"].as_u64().unwrap();
    assert_eq!(told(&first), ("Success", "Initial", 2, recipients), "{first}");
    assert!(recipients > 2, "those of the domain, too: {first}");
    assert_eq!(TWO.map(|name| company.has(name)), [true, true]);

    assert_eq!(told(&company.sync()), ("Success", "Delta", 0, 0));
    let renewed = STANDARD.encode(good("f1", 2));
    company.change(
        "f1",
        &format!("modify\nreplace: userCertificate;binary\nuserCertificate;binary:: {renewed}\n-"),
    );
    assert_eq!(told(&company.sync()), ("Success", "Delta", 1, 1));
    company.change("f2", "delete");
    assert_eq!(told(&company.sync()), ("Success", "Delta", 1, 0));
    assert_eq!(TWO.map(|name| company.has(name)), [true, false]);

    // One that shows nobody any more is not believed.
    company.change("f1", "delete");
    let run = company.sync();
    assert_eq!((told(&run).0, &run["HoldReasons"][0]), ("Held", &json!("EmptySource")), "{run}");
    assert!(company.has("f1"));
}

#[test]
fn each_is_signed_in_to_by_itself() {
    let company = Company::new("second");
    let (_, ended) = company.ask(false, json!({ "Operation": "Sync" }));
    let error = ended.unwrap_err();
    // Without a credential of its own Kerberos would sign in, never the first one's password.
    assert!(
        matches!(
            error.id,
            ErrorId::KerberosTicketMissing | ErrorId::KerberosServerUnknown | ErrorId::KerberosFailed
        ),
        "{error:?}"
    );
    let (results, ended) = company.ask(true, json!({ "Operation": "TestProfile" }));
    ended.unwrap();
    let messages: Vec<String> = results
        .iter()
        .filter(|(_, test)| test["Check"] == "SignIn")
        .map(|(_, test)| test["Message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(messages.len(), 2, "{results:?}");
    assert!(messages[1].starts_with("localhost: Signed in to 'localhost' as"), "{messages:?}");
}
