//! What `Test-SmimeSyncProfile` says of Exchange Online: each way of writing is tried, and nothing is written.

use std::{fmt::Write as _, fs};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use smime_sync::{event::ResultType, state::State};

use crate::{
    common::{
        certificates::{Authority, SignedData},
        exchange::{DOMAIN, StandIn},
    },
    target::organisation::{base64, certificate, recipient, root},
    trust_store::{home::Home, organisation::Organisation},
};

/// Alice has a mailbox, Gus is a guest, Petra a contact; each has both properties, but for what is not named.
fn organisation(kinds: &[(&str, &str)]) -> Vec<Json> {
    let both = |name: &str| {
        let value = certificate(&format!("{name}@contoso.test"), 7);
        let signed = SignedData::certs_only(&[&value]);
        json!({ "UserCertificate": [base64(&value)], "UserSMimeCertificate": [base64(&signed)] })
    };
    kinds.iter().map(|(name, kind)| recipient(name, kind, both(name))).collect()
}

const ALL: [(&str, &str); 3] = [("alice", "UserMailbox"), ("gus", "MailUser"), ("petra", "MailContact")];

/// A profile whose source has Alice, Gus and Petra with a certificate each.
fn home(stand_in: &StandIn) -> Home {
    let application = stand_in.register_application();
    let anchor = Authority::root("CN=Unused", 3);
    let home = Home::new(
        &[&anchor],
        json!({
            "Target": "ExchangeOnline", "Organization": DOMAIN, "AppId": application.client_id,
            "CertificateFilePath": "/unused", "ConnectionUri": stand_in.https,
            "AzureADAuthorizationEndpointUri": stand_in.https, "ServerCertificatePath": [stand_in.authority_path()],
        }),
    );
    let key = home.path("application.pem");
    fs::write(&key, format!("{}{}", application.certificate_pem, application.key_pem)).unwrap();
    fs::write(home.path("root.cer"), root()).unwrap();
    let mut ldif = String::new();
    for (name, _) in ALL {
        let address = format!("{name}@contoso.test");
        let value = STANDARD.encode(certificate(&address, 1));
        write!(ldif, "dn: CN={name},DC=contoso,DC=test\nobjectClass: user\nmail: {address}\nuserCertificate:: {value}\n\n")
            .unwrap();
    }
    fs::write(home.path("directory.ldif"), ldif).unwrap();
    let settings = json!({
        "CertificateFilePath": key, "Path": home.path("directory.ldif"), "TrustAnchorPath": [home.path("root.cer")],
    });
    let set = json!({ "Operation": "SetProfile", "Name": "corp", "Settings": settings });
    home.ask(Organisation::default(), set).0.unwrap();
    home
}

/// The checks of that name as `Result: message advice`.
fn checks(home: &Home, name: &str) -> Vec<String> {
    let (done, caller) =
        home.ask(Organisation::default(), json!({ "Operation": "TestProfile", "ProfileName": "corp" }));
    done.unwrap();
    let told = caller.results_of(ResultType::ProfileTest).into_iter().filter(|test| test["Check"] == name);
    let text = |test: &Json, field: &str| test[field].as_str().unwrap().to_owned();
    told.map(|test| {
        format!("{}: {} {}", text(&test, "Result"), text(&test, "Message"), text(&test, "Advice"))
            .trim_end()
            .to_owned()
    })
    .collect()
}

fn world(kinds: &[(&str, &str)], settings: Json) -> (StandIn, Home) {
    let stand_in = StandIn::start();
    stand_in.add(&organisation(kinds));
    stand_in.settings(settings);
    let home = home(&stand_in);
    (stand_in, home)
}

#[test]
fn each_cmdlet_is_tried_with_both_properties_and_nothing_is_changed() {
    let (stand_in, home) = world(&ALL, json!({}));
    let before = stand_in.ask("GET", "/recipients", &Json::Null);
    let expected: Vec<String> = ALL
        .iter()
        .zip(["Set-Mailbox", "Set-MailUser", "Set-MailContact"])
        .flat_map(|((name, _), cmdlet)| {
            ["userCertificate", "userSMIMECertificate"].map(|attribute| {
                format!(
                    "Passed: {cmdlet} takes {attribute}: tried with what {name}@contoso.test has there, 1 value. \
                     Nothing was changed."
                )
            })
        })
        .collect();
    assert_eq!(checks(&home, "Write"), expected);
    assert_eq!(stand_in.ask("GET", "/recipients", &Json::Null), before);
    let settled = checks(&home, "Service");
    assert!(
        settled.contains(&"Passed: Certificates are sent as numbers: an answer has shown it.".to_owned()),
        "{settled:?}"
    );
}

#[test]
fn whoever_has_nothing_is_tried_by_clearing_and_a_kind_that_is_missing_is_said() {
    let (stand_in, home) = world(&[], json!({}));
    stand_in.add(&[recipient("alice", "UserMailbox", json!({}))]);
    let told = checks(&home, "Write");
    let [first, second, user, contact] = told.as_slice() else { panic!("{told:#?}") };
    for (line, attribute) in [(first, "userCertificate"), (second, "userSMIMECertificate")] {
        assert_eq!(
            *line,
            format!(
                "Passed: Set-Mailbox takes {attribute}: tried with alice@contoso.test, who has nothing there, so that \
                 the form of values stays open. Nothing was changed."
            )
        );
    }
    let missing = |cmdlet: &str, whom: &str| {
        format!(
            "Warning: {cmdlet} was not tried: of 3 recipients that were looked for, none is a {whom} that can be \
             written. Nothing is to be done: a run that writes to a {whom} tries it first."
        )
    };
    assert_eq!(*user, missing("Set-MailUser", "mail user"));
    assert_eq!(*contact, missing("Set-MailContact", "mail contact"));
}

#[test]
fn what_a_role_lacks_and_a_service_that_carries_out_are_told() {
    let lacks = json!({ "MissingParameters": { "Set-MailUser": ["UserSMimeCertificate"] } });
    let (_stand_in, home) = world(&ALL, lacks);
    let told = checks(&home, "Write");
    let failed: Vec<&String> = told.iter().filter(|line| line.starts_with("Failed")).collect();
    let [failed] = failed.as_slice() else { panic!("{told:#?}") };
    assert!(
        failed.starts_with(
            "Failed: Set-MailUser does not take userSMIMECertificate, tried with what gus@contoso.test"
        ),
        "{failed}"
    );
    assert_eq!(told.len(), 6);

    for validation in ["Executed", "Silent"] {
        let (stand_in, home) = world(&ALL, json!({ "Validation": validation }));
        let values = || {
            let all = stand_in.ask("GET", "/recipients", &Json::Null);
            let of = |one: &Json| (one["UserCertificate"].clone(), one["UserSMimeCertificate"].clone());
            all.as_array().unwrap().iter().map(of).collect::<Vec<_>>()
        };
        let before = values();
        let told = checks(&home, "Write");
        let end = "The answer did not say that it was only tried; read back, everything is as it was.";
        assert!(told.len() == 6 && told.iter().all(|line| line.ends_with(end)), "{validation}: {told:#?}");
        assert_eq!(values(), before, "{validation}");
    }
}

#[test]
fn values_that_can_be_read_in_no_form_fail_as_a_fact_of_the_service() {
    for settings in [
        json!({ "BinaryInClixml": "TypeName" }),
        json!({ "MissingInClixml": ["UserCertificate", "UserSMimeCertificate"] }),
    ] {
        let (_stand_in, home) = world(&ALL, settings.clone());
        let service = checks(&home, "Service");
        let failed: Vec<&String> = service.iter().filter(|line| line.starts_with("Failed")).collect();
        let [failed] = failed.as_slice() else { panic!("{settings}: {service:#?}") };
        assert!(failed.contains("'System.Byte[]'"), "{settings}: {failed}");
        assert!(failed.contains("-Target ExchangeSession"), "{settings}: {failed}");
        assert!(
            !service.iter().any(|line| line.contains("Certificates are read")),
            "{settings}: {service:#?}"
        );
        let write = checks(&home, "Write");
        assert_eq!(write.len(), 3, "{settings}: {write:#?}");
        for line in write {
            assert!(line.contains("3 of 3 recipients that were looked for could not be read"), "{line}");
            assert!(!line.contains("Nothing is to be done"), "{line}");
        }
    }
}

#[test]
fn how_certificates_are_read_is_said_by_certificates_alone() {
    for (kinds, said) in [(&ALL[..], true), (&[], false)] {
        let (stand_in, home) = world(kinds, json!({}));
        stand_in.add(&[recipient("empty", "UserMailbox", json!({}))]);
        if !said {
            stand_in.add(&[recipient("alice", "UserMailbox", json!({}))]);
        }
        let service = checks(&home, "Service");
        let is_said = service.iter().any(|line| line.contains("Certificates are read as CLIXML"));
        assert_eq!(is_said, said, "{service:#?}");
    }
}

#[test]
fn an_organisation_that_shows_no_mailbox_is_worth_a_look() {
    let (stand_in, home) = world(&[], json!({}));
    let told = checks(&home, "Target");
    let [line] = told.as_slice() else { panic!("{told:#?}") };
    assert!(line.starts_with("Warning: The target can be written: Exchange Online. But"), "{line}");
    assert!(line.contains("shows no mailbox at all"), "{line}");
    stand_in.add(&[recipient("alice", "UserMailbox", json!({}))]);
    assert_eq!(checks(&home, "Target"), ["Passed: The target can be written: Exchange Online."]);
}

#[test]
fn what_it_finds_out_is_kept_where_there_is_a_state() {
    let (stand_in, home) = world(&ALL, json!({}));
    checks(&home, "Write");
    let states = || {
        let files: Vec<_> =
            walk(&home).into_iter().filter(|path| path.extension().is_some_and(|one| one == "db")).collect();
        files
    };
    assert!(states().is_empty(), "there is no state before the first run");
    let sync = json!({ "Operation": "Sync", "ProfileName": "corp" });
    home.ask(Organisation::default(), sync).0.unwrap();
    stand_in.settings(json!({ "ByteEncoding": "Base64" }));
    assert!(checks(&home, "Write").iter().all(|line| line.starts_with("Passed")));
    let [path] = <[_; 1]>::try_from(states()).unwrap();
    let kept = State::open_to_read(&path).unwrap().unwrap().setting("learned").unwrap().unwrap();
    assert!(kept.contains("Base64"), "{kept}");
}

fn walk(home: &Home) -> Vec<std::path::PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![home.path("")]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}
