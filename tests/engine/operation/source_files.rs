//! Runs over files that are cut, or of which something can't be read: nobody is taken for gone.

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use smime_sync::{
    error::{Error, ErrorId},
    event::ResultType,
    operation::{Engine, EngineConfig, Request},
};

use crate::common::{
    certificates::{Authority, Draft},
    events::{Declining, Recorder},
};

/// A place with a CA, and a profile from a file to a folder, where nobody who is missing waits.
struct Place {
    home: tempfile::TempDir,
    ca: Authority,
    file: &'static str,
}

/// What became of a run.
struct Ran {
    run: Value,
    ended: Option<Error>,
    errors: Vec<Error>,
    warnings: Vec<String>,
}

impl Place {
    fn new(file: &'static str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let place = Self { home, ca: Authority::root("CN=Root", 1), file };
        fs::write(place.path("ca.cer"), &place.ca.der).unwrap();
        let source = if file.ends_with(".csv") { "Csv" } else { "Ldif" };
        let profile = json!({
            "Name": "corp", "Source": source, "Path": place.path(file), "Target": "Folder",
            "OutputPath": place.path("out"), "TrustAnchorPath": [place.path("ca.cer")], "MissingPeriod": 0,
        });
        assert_eq!(place.ask(json!({"Operation": "NewProfile", "Profile": profile})).ended, None);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn ask(&self, request: Value) -> Ran {
        let home = Some(self.home.path().to_str().unwrap().into());
        let told = Recorder::new(Declining::default());
        let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() }).unwrap();
        let request: Request = serde_json::from_value(request).unwrap();
        let ended = engine.run(request, &told.context()).err();
        let run = told.results_of(ResultType::Run).pop().unwrap_or_default();
        Ran { run, ended, errors: told.errors(), warnings: told.warnings() }
    }

    /// A run over that file.
    fn run(&self, text: &str) -> Ran {
        fs::write(self.path(self.file), text).unwrap();
        self.ask(json!({"Operation": "Sync", "ProfileName": "corp"}))
    }

    /// Whose certificates are in the folder.
    fn published(&self) -> Vec<String> {
        let index = fs::read(self.path("out").join("index.json")).unwrap_or_else(|_| b"[]".to_vec());
        let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
        index.iter().map(|line| line["Recipient"].as_str().unwrap().to_owned()).collect()
    }

    fn certificate(&self, number: u8) -> String {
        let address = format!("p{number:02}@contoso.test");
        STANDARD.encode(Draft::person(&address).serial(&[1, number]).valid_today().sign(&self.ca))
    }

    fn rows(&self, people: u8) -> Vec<String> {
        let row = |n: u8| format!("p{n:02}@contoso.test,P {n},{}\n", self.certificate(n));
        std::iter::once("EmailAddress,DisplayName,Certificate\n".to_owned())
            .chain((1..=people).map(row))
            .collect()
    }

    fn records(&self, people: u8) -> Vec<String> {
        let record = |n: u8| {
            format!(
                "dn: CN=p{n:02},DC=contoso,DC=test\nobjectClass: user\nobjectGUID:: {}\nmail: p{n:02}@contoso.test\n\
                 userCertificate:: {}\n\n",
                STANDARD.encode([n; 16]),
                self.certificate(n)
            )
        };
        (1..=people).map(record).collect()
    }
}

fn counts(ran: &Ran) -> (&str, u64, u64) {
    let number = |name: &str| ran.run[name].as_u64().unwrap();
    (ran.run["Result"].as_str().unwrap(), number("Add"), number("Remove"))
}

#[test]
fn file_cut_between_records_of_csv() {
    let place = Place::new("partners.csv");
    let text = place.rows(8).concat();
    assert_eq!(counts(&place.run(&text)), ("Success", 8, 0));
    let before = place.published();
    for cut in [text.len() - 1, text.len() - 300, text.find("p08@").unwrap() + 2] {
        let ran = place.run(&text[..cut]);
        let error = ran.ended.expect("half a list is none");
        assert_eq!(error.id, ErrorId::CsvSyntax);
        assert!(
            error.message.contains(": the last line has no line end, as in a file that was cut"),
            "{error}"
        );
        assert_eq!(place.published(), before, "cut at {cut}");
    }
    assert_eq!(counts(&place.run(&text)), ("Success", 0, 0));
}

#[test]
fn file_cut_between_records_of_ldif() {
    let place = Place::new("directory.ldif");
    let records = place.records(8);
    let trailer = "# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 9\n# numEntries: 8\n";
    assert_eq!(counts(&place.run(&(records.concat() + trailer))), ("Success", 8, 0));
    let before = place.published();
    let limited = trailer.replace("0 Success", "4 Size limit exceeded").replace(": 8", ": 7");
    for (text, reason) in [
        (records[..7].concat() + trailer, "found 8 entries, and the file holds 7"),
        (records[..7].concat() + &limited, "ended with '4 Size limit exceeded'"),
        (records[..7].concat() + records[7].trim_end(), "the last line has no line end"),
    ] {
        let error = place.run(&text).ended.expect(reason);
        assert_eq!(error.id, ErrorId::LdifTruncated, "{error}");
        assert!(error.message.contains(reason), "{error}");
        assert_eq!(place.published(), before, "{reason}");
    }
}

#[test]
fn who_can_not_be_read_keeps_what_is_published_and_the_run_says_so() {
    let place = Place::new("partners.csv");
    let rows = place.rows(12);
    assert_eq!(counts(&place.run(&rows.concat())), ("Success", 12, 0));
    let kept = "What the source holds of 1 recipient of earlier runs can't be read, or can't be told to be of it; what is \
                published for it stays as it is.";
    let cut = rows[1].replace('\n', "")[..400].to_owned() + "\n";
    for (broken, reason) in [
        ("p01@contoso.test,P 1\n", "it has 2 values, and the header 3 columns"),
        ("p01@contoso.test,P 1,48 130 1 2\n", "looks like decimal numbers"),
        ("p01 at contoso.test,P 1,MAA=\n", "'p01 at contoso.test' is not an address"),
        // Half of an address is an address, too.
        ("p01@cont\n", "it has 1 value, and the header 3 columns"),
        ("1@contoso.test,P 1\n", "it has 2 values, and the header 3 columns"),
        (&cut, "is cut off"),
    ] {
        let text: String = [&rows[0], broken, &rows[2..].concat()].concat();
        let ran = place.run(&text);
        assert_eq!(counts(&ran), ("CompletedWithErrors", 0, 0), "{broken}");
        assert!(ran.errors[0].message.contains(reason), "{}", ran.errors[0]);
        assert!(ran.warnings.iter().any(|warning| warning == kept), "{:?}", ran.warnings);
        assert_eq!(place.published().len(), 12, "{broken}");
    }
    // Nor is it unknown to who asks for it.
    for operation in ["Sync", "GetCertificate"] {
        let request =
            json!({"Operation": operation, "ProfileName": "corp", "Identity": ["P01@contoso.test"]});
        let ids: Vec<_> = place.ask(request).errors.iter().map(|error| error.id).collect();
        assert_eq!(ids, [ErrorId::RecipientInvalid], "{operation}");
    }
    // A whole row whose cells are empty says that there is none; and who is not in the file is gone.
    let ran = place.run(&[&rows[0], "p01@contoso.test,P 1,\n", &rows[3..].concat()].concat());
    assert_eq!(counts(&ran), ("Success", 0, 2));
}

#[test]
fn records_that_run_into_each_other_publish_nothing() {
    let place = Place::new("directory.ldif");
    let mut records = place.records(3);
    records[1] = records[1].trim_end().to_owned() + "\n";
    let error = place.run(&records.concat()).ended.expect("two records in one");
    assert_eq!(error.id, ErrorId::LdifSyntax);
    assert!(error.message.contains("'dn' stands a second time in the record of line 7"), "{error}");
    assert_eq!(place.published(), Vec::<String>::new());
}

#[test]
fn two_records_with_one_identity_take_nothing_away_in_any_order() {
    let place = Place::new("directory.ldif");
    let records = place.records(24);
    assert_eq!(counts(&place.run(&records.concat())), ("Success", 24, 0));
    let before = place.published();
    let guid = |n: u8| STANDARD.encode([n; 16]);
    // The record of p24 has the identity of p01.
    let last = records[23].replace(&guid(24), &guid(1));
    // p01 is there twice, once without a certificate.
    let bare = records[0].split("userCertificate").next().unwrap().to_owned() + "\n";
    let elsewhere = bare.replace("CN=p01", "CN=p01 old");
    for (order, text) in [
        ("behind", [&records[..23].concat(), last.as_str()].concat()),
        ("in front", [last.as_str(), &records[..23].concat()].concat()),
        ("the same person, empty first", [elsewhere.as_str(), &records[..24].concat()].concat()),
        ("the same person, empty last", [&records[..24].concat(), elsewhere.as_str()].concat()),
        ("one name and identity", [bare.as_str(), &records[..24].concat()].concat()),
    ] {
        for again in [false, true] {
            let ran = place.run(&text);
            assert_eq!(counts(&ran), ("CompletedWithErrors", 0, 0), "{order}, again: {again}");
            assert_eq!(
                (ran.run["Update"].as_u64(), ran.errors.len()),
                (Some(0), 2),
                "{order}: {:?}",
                ran.errors
            );
            assert_eq!(place.published(), before, "{order}");
        }
    }
    assert_eq!(counts(&place.run(&records.concat())), ("Success", 0, 0));
}
