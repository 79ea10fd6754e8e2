//! Addresses pass from one to another in Exchange, too: what is published belongs to a source object and a Guid.

use serde_json::json;
use smime_sync::{error::ErrorId, model::Recipient};

use super::{
    engine::{Office, Way},
    organisation::{certificate, guid, mailbox, person, recipient, source},
};

/// A person whose certificate names an address of its own, with this primary one.
fn named(name: &str, primary: &str) -> Recipient {
    let own = format!("{name}.own@contoso.test");
    let primary = format!("{primary}@contoso.test");
    Recipient {
        proxy_addresses: vec![primary.clone(), own.clone()],
        primary_smtp_address: Some(primary.clone()),
        mail: Some(primary),
        ..source(name, &[certificate(&own, 1)])
    }
}

#[test]
fn two_people_who_swap_their_addresses_keep_their_certificates() {
    for way in Way::ALL {
        let mut office = Office::new(
            vec![named("alice", "alice"), named("bob", "bob")],
            vec![mailbox("alice"), mailbox("bob")],
        );
        assert_eq!(office.run(way).exported(), 2, "{way:?}");
        let before = [office.published("alice@contoso.test"), office.published("bob@contoso.test")];
        // Exchange follows before or after the source, or at once.
        for organisation_follows in [false, true] {
            office.source = vec![named("alice", "bob"), named("bob", "alice")];
            let mut expected = before.clone();
            if organisation_follows {
                let has = |name: &str, primary: &str, place: usize| {
                    let values: Vec<_> =
                        before[place].iter().flatten().map(|one| super::organisation::base64(one)).collect();
                    let primary = format!("{primary}@contoso.test");
                    recipient(
                        name,
                        "UserMailbox",
                        json!({ "PrimarySmtpAddress": primary, "UserCertificate": values }),
                    )
                };
                office.stand_in.ask("DELETE", "/recipients", &json!(null));
                office.stand_in.add(&[has("alice", "bob", 0), has("bob", "alice", 1)]);
                expected.reverse();
            }
            let outcome = office.run(way);
            assert_eq!((outcome.exported(), outcome.host.errors_of()), (0, vec![]), "{way:?}");
            let after = [office.published("alice@contoso.test"), office.published("bob@contoso.test")];
            assert_eq!(after, expected, "{way:?}");
        }
    }
}

#[test]
fn new_anchors_for_all_take_over_what_is_published_and_nothing_is_written() {
    for way in Way::ALL {
        let names = ["alice", "bob", "carol"];
        let mut office = Office::new(names.map(person).to_vec(), names.map(mailbox).to_vec());
        assert_eq!(office.run(way).exported(), 3, "{way:?}");
        let migrated = |name: &str| Recipient { anchor: guid(&format!("new {name}")), ..person(name) };
        office.source = names.map(migrated).to_vec();
        let written = office.count("Set-Mailbox");
        let outcome = office.run(way);
        assert_eq!((outcome.exported(), outcome.host.errors_of()), (0, vec![]), "{way:?}");
        assert_eq!(office.count("Set-Mailbox"), written, "{way:?}");
        let warnings = outcome.host.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("3 recipients have another anchor"), "{warnings:?}");
        // It is managed: the next value replaces it.
        let second = certificate("alice@contoso.test", 2);
        office.source[0].values = source("alice", std::slice::from_ref(&second)).values;
        assert_eq!(office.run(way).exported(), 1, "{way:?}");
        assert_eq!(office.published("alice@contoso.test"), Some(vec![second]), "{way:?}");
        assert_eq!(office.run(way).exported(), 0, "{way:?}");
    }
}

#[test]
fn a_mailbox_that_is_given_to_somebody_else_loses_the_old_certificate_before_it_gets_the_new_one() {
    for way in Way::ALL {
        // The newcomer's change comes before or after the removal.
        for anchor in ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
            let mut office =
                Office::new(vec![person("alice"), person("bob")], vec![mailbox("alice"), mailbox("bob")]);
            assert_eq!(office.run(way).exported(), 2, "{way:?}");
            let theirs = certificate("bob@contoso.test", 7);
            let newcomer = Recipient {
                anchor: anchor.into(),
                display_name: Some("Robert".into()),
                ..source("bob", std::slice::from_ref(&theirs))
            };
            office.source = vec![person("alice"), newcomer];
            let outcome = office.run(way);
            assert_eq!((outcome.exported(), outcome.host.errors_of()), (2, vec![]), "{way:?} {anchor}");
            assert_eq!(office.published("bob@contoso.test"), Some(vec![theirs]), "{way:?} {anchor}");
            assert_eq!(office.run(way).exported(), 0, "{way:?}");
        }
    }
}

#[test]
fn a_recipient_that_somebody_else_is_linked_to_is_not_taken_over_whatever_kind_it_is_now() {
    for way in Way::ALL {
        let mut office = Office::new(vec![person("alice")], vec![recipient("alice", "MailUser", json!({}))]);
        assert_eq!(office.run(way).exported(), 1, "{way:?}");
        let values = office.published("alice@contoso.test").unwrap();
        let values: Vec<_> = values.iter().map(|one| super::organisation::base64(one)).collect();
        let renamed = json!({ "PrimarySmtpAddress": "carol@contoso.test", "UserCertificate": values });
        office.stand_in.ask("DELETE", "/recipients", &json!(null));
        office.stand_in.add(&[recipient("alice", "UserMailbox", renamed)]);
        office.source.push(person("carol"));
        let outcome = office.run(way);
        let conflict = [(ErrorId::TargetConflict, Some("carol@contoso.test".to_owned()))];
        assert_eq!(outcome.host.errors_of(), conflict, "{way:?}");
        assert_eq!(outcome.exported(), 0, "{way:?}");
        assert_eq!(office.published("carol@contoso.test").map(|values| values.len()), Some(1), "{way:?}");
    }
}

#[test]
fn a_session_with_another_organisation_stops_the_run_before_anything_is_asked_or_written() {
    let office = Office::new(vec![person("alice")], vec![mailbox("alice")]);
    assert_eq!(office.run(Way::Session).exported(), 1);
    assert!(office.run(Way::Session).host.warnings().is_empty());
    let settings = office.stand_in.ask("GET", "/settings", &json!(null));
    let first = settings["OrganizationGuid"].as_str().unwrap();
    // The same address there is another recipient, and its certificate somebody else's.
    office.stand_in.ask("DELETE", "/recipients", &json!(null));
    let settings = json!({ "OrganizationGuid": "11111111-2222-3333-4444-555555555555" });
    office.stand_in.ask("PUT", "/settings", &settings);
    office.stand_in.add(&[recipient("alice", "UserMailbox", json!({ "Guid": guid("elsewhere") }))]);
    let refused = office.run(Way::Session);
    let error = refused.run.unwrap_err();
    assert_eq!(error.id, ErrorId::OtherOrganization);
    for organisation in [first, "11111111-2222-3333-4444-555555555555"] {
        assert!(error.message.contains(organisation), "{error}");
        assert!(error.advice.contains(organisation), "{}", error.advice);
    }
    assert_eq!(office.published("alice@contoso.test"), Some(vec![]), "nothing is written there");
    office.stand_in.ask("PUT", "/settings", &json!({ "OrganizationGuid": first }));
    assert!(office.run(Way::Session).run.is_ok(), "the organisation that is remembered is let through again");
}

#[test]
fn an_organisation_where_a_run_did_nothing_is_not_remembered() {
    let office = Office::new(vec![person("alice")], vec![mailbox("alice")]);
    let settings = json!({ "OrganizationGuid": "11111111-2222-3333-4444-555555555555" });
    let host = office.host();
    *host.ends_after.lock().unwrap() = Some(3);
    let mut target = office.target(Way::Session, &host);
    let ended = office.run_with(Way::Session, &mut target, host);
    assert_eq!(ended.run.unwrap_err().id, ErrorId::SessionNotConnected);
    office.stand_in.ask("PUT", "/settings", &settings);
    assert_eq!(office.run(Way::Session).exported(), 1);
}
