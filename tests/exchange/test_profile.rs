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
    home_of(stand_in, &ALL.map(|(name, _)| name.to_owned()))
}

/// A profile whose source has these with a certificate each.
fn home_of(stand_in: &StandIn, names: &[String]) -> Home {
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
    for name in names {
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
             written, and Exchange Online shows no other. Nothing is to be done: a run that writes to a {whom} tries it first."
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
            assert!(line.contains("of 3 recipients that were looked for, 3 can't be read"), "{line}");
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

#[test]
fn what_was_tried_with_one_alone_and_refused_is_told_with_the_refusal() {
    let stand_in = StandIn::start();
    let mut alice = organisation(&ALL[..1]).remove(0);
    alice["SyncedUnseen"] = json!(true);
    stand_in.add(&[alice]);
    let told = checks(&home(&stand_in), "Write");
    for line in &told[..2] {
        let begin = "Failed: Set-Mailbox does not take user";
        let named = line.starts_with(begin) && line.contains("tried with what alice@contoso.test has there");
        assert!(named && line.contains("synchronized from your on-premises organization"), "{line}");
    }
}

#[test]
fn each_cmdlet_is_tried_wherever_in_the_source_its_recipients_are() {
    let kinds = ["UserMailbox", "MailUser", "MailContact"];
    let names: Vec<String> = (0..45).map(|n| format!("p{n:02}")).collect();
    let people: Vec<(&str, &str)> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), kinds[n / 15])).collect();
    let stand_in = StandIn::start();
    stand_in.add(&organisation(&people));
    stand_in.settings(json!({ "MissingCmdlets": ["Set-MailUser", "Set-MailContact"] }));
    let told = checks(&home_of(&stand_in, &names), "Write");
    let results: Vec<&str> = told.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(results, ["Passed:", "Passed:", "Failed:", "Failed:", "Failed:", "Failed:"], "{told:#?}");
}

#[test]
fn a_kind_that_the_source_does_not_show_is_tried_with_anybody_and_its_refusal_is_a_warning() {
    let (stand_in, home) = world(&[("alice", "UserMailbox"), ("zoe", "MailUser")], json!({}));
    let told = checks(&home, "Write");
    for line in &told[2..4] {
        let whom = "tried with what zoe@contoso.test has there, who is none of the source's that were looked for, 1 value.";
        assert!(line.starts_with("Passed: Set-MailUser takes ") && line.contains(whom), "{line}");
    }
    stand_in.settings(json!({ "MissingCmdlets": ["Set-MailUser"] }));
    for line in &checks(&home, "Write")[2..4] {
        assert!(line.starts_with("Warning: Set-MailUser does not take "), "{line}");
        assert!(line.contains("Add-RoleGroupMember"), "{line}");
    }
}

#[test]
fn whose_values_can_t_be_read_is_not_tried_and_that_is_to_be_put_right() {
    let (stand_in, home) = world(&ALL, json!({ "BinaryInClixml": "TypeName" }));
    let told = checks(&home, "Write");
    assert_eq!(told.len(), 3, "{told:#?}");
    for line in &told {
        assert!(line.starts_with("Warning: Set-Mail") && line.contains("3 can't be read"), "{line}");
        assert!(line.contains("Put right first") && !line.contains("Nothing is to be done"), "{line}");
    }
    let asked = |cmdlet: &str| stand_in.requests().iter().any(|one| one.to_string().contains(cmdlet));
    assert!(asked("Get-MailContact") && !asked("Set-Mail"), "{:?}", stand_in.requests());
}

#[test]
fn what_earlier_runs_have_shown_stays_told_and_how_is_cleared_is_told_in_any_case() {
    for (form, words) in [("Null", "with null"), ("Remove", "by naming each value")] {
        let (stand_in, home) = world(&[], json!({ "ClearBy": form }));
        stand_in.add(&[recipient("alice", "UserMailbox", json!({}))]);
        let told = |line: &str| {
            let all = checks(&home, "Service");
            assert!(all.iter().any(|one| one == line), "{line}: {all:#?}");
        };
        told(
            "Passed: Certificates are cleared with null, as far as is known: the first run that takes all certificates \
              of somebody away settles it.",
        );
        let all = json!({ "RemovalPercent": 100 });
        let set = json!({ "Operation": "SetProfile", "Name": "corp", "Settings": all });
        home.ask(Organisation::default(), set).0.unwrap();
        let sync = || {
            let extra = json!({ "Operation": "Sync", "ProfileName": "corp", "AllowRemoval": 10 });
            let (done, caller) = home.ask(Organisation::default(), extra);
            done.unwrap();
            let [run] = <[Json; 1]>::try_from(caller.results_of(ResultType::Run)).unwrap();
            assert_eq!(run["Result"], "Success", "{run}");
        };
        sync();
        let ldif = fs::read_to_string(home.path("directory.ldif")).unwrap();
        let (before, alice) = ldif.split_at(ldif.find("userCertificate::").unwrap());
        let (_, after) = alice.split_once('\n').unwrap();
        fs::write(home.path("directory.ldif"), format!("{before}{after}")).unwrap();
        sync();
        told(&format!("Passed: Certificates are cleared {words}: an answer has shown it to an earlier run."));
        told("Passed: Certificates are sent as numbers: an answer has shown it to an earlier run.");
    }
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
