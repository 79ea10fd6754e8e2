//! Recipients that are skipped, counted, and explained once.

use serde_json::json;
use smime_sync::{
    error::ErrorId,
    model::{Exclusion, RecipientKind, RecipientRecord},
    targets::{Match, Target, TargetQuery},
};

use super::{
    engine::{Office, Way},
    organisation::*,
};

#[test]
fn synchronised_recipients_are_counted_with_one_advice_unless_the_cloud_manages_them() {
    for way in Way::ALL {
        let synced = json!({ "IsDirSynced": true });
        let managed = json!({ "IsDirSynced": true, "IsExchangeCloudManaged": true });
        let office = Office::new(
            ["one", "two", "three", "cloud"].map(person).to_vec(),
            vec![
                recipient("one", "UserMailbox", synced.clone()),
                recipient("two", "MailUser", synced.clone()),
                recipient("three", "MailContact", synced),
                recipient("cloud", "UserMailbox", managed),
            ],
        );
        let outcome = office.run(way);
        assert_eq!(outcome.exclusions(), [(Exclusion::DirectorySynced, 3)], "{way:?}");
        assert_eq!(outcome.host.errors_of(), [], "{way:?}: they are no errors");
        let advice: Vec<_> = outcome.host.warnings();
        assert!(matches!(advice.as_slice(), [one] if one.contains("-Target ActiveDirectory")), "{advice:?}");
        assert_eq!(outcome.exported(), 1, "{way:?}");
        assert!(!office.published("cloud@contoso.test").unwrap().is_empty());
        assert_eq!(office.count("Set-MailUser"), 0, "{way:?}: nothing is tried");
    }
}

#[test]
fn a_recipient_that_becomes_synchronised_is_left_alone_with_what_it_has() {
    for way in Way::ALL {
        let mut office = Office::new(vec![person("alice")], vec![mailbox("alice")]);
        office.run(way).ok();
        let own = certificate("alice@contoso.test", 1);
        let synced = json!({ "IsDirSynced": true, "UserCertificate": [base64(&own)] });
        office.stand_in.add(&[recipient("alice", "UserMailbox", synced)]);
        office.source = vec![source("alice", &[certificate("alice@contoso.test", 2)])];
        let outcome = office.run(way);
        assert_eq!(outcome.exclusions(), [(Exclusion::DirectorySynced, 1)], "{way:?}");
        assert_eq!(office.published("alice@contoso.test"), Some(vec![own]), "{way:?}");
    }
}

#[test]
fn who_is_missing_or_deleted_is_counted_apart() {
    for way in Way::ALL {
        let deleted = json!({ "WhenSoftDeleted": "2026-12-01T00:00:00Z" });
        let office = Office::new(
            ["here", "gone", "never1", "never2"].map(person).to_vec(),
            vec![mailbox("here"), recipient("gone", "UserMailbox", deleted)],
        );
        let outcome = office.run(way);
        let mut exclusions = outcome.exclusions();
        exclusions.sort_unstable();
        assert_eq!(exclusions, [(Exclusion::NotFound, 2), (Exclusion::SoftDeleted, 1)], "{way:?}");
        assert_eq!((outcome.exported(), outcome.host.errors_of().len()), (1, 0), "{way:?}");
    }
}

#[test]
fn who_left_both_places_is_forgotten_and_removed_no_second_time() {
    for way in Way::ALL {
        let mut office =
            Office::new(vec![person("alice"), person("bob")], vec![mailbox("alice"), mailbox("bob")]);
        office.run(way).ok();
        office.stand_in.ask("DELETE", "/recipients", &json!(null));
        office.stand_in.add(&[mailbox("bob")]);
        office.source = vec![person("bob")];
        assert_eq!(
            (office.run(way).ok().numbers.remove, office.run(way).ok().numbers.remove),
            (1, 0),
            "{way:?}"
        );
    }
}

#[test]
fn two_recipients_with_the_address_are_an_error_that_names_both() {
    for way in Way::ALL {
        let twin = |name: &str| {
            let own = format!("SMTP:{name}@contoso.test");
            recipient(name, "UserMailbox", json!({ "EmailAddresses": [own, "smtp:alice@contoso.test"] }))
        };
        let office = Office::new(
            vec![person("alice"), person("bob")],
            vec![twin("twin1"), twin("twin2"), mailbox("bob")],
        );
        let outcome = office.run(way);
        assert_eq!(
            outcome.host.errors_of(),
            [(ErrorId::TargetConflict, Some("alice@contoso.test".into()))],
            "{way:?}"
        );
        assert_eq!(outcome.exported(), 1, "{way:?}");
        let query = matched(&office, way, "alice", false);
        let Match::Ambiguous(why) = query else { panic!("{query:?}") };
        assert!(why.contains("twin1@contoso.test") && why.contains("twin2@contoso.test"), "{why}");
    }
}

#[test]
fn two_recipients_of_the_source_do_not_share_one() {
    for way in Way::ALL {
        let mut second = person("second");
        second.user_principal_name = Some("shared@contoso.test".into());
        let shared = json!({ "EmailAddresses": ["SMTP:shared@contoso.test", "smtp:first@contoso.test"] });
        let office =
            Office::new(vec![person("first"), second], vec![recipient("shared", "SharedMailbox", shared)]);
        let outcome = office.run(way);
        let errors: Vec<_> = outcome.host.error_ids();
        assert_eq!(errors, [ErrorId::TargetConflict], "{way:?}");
        assert_eq!(office.published("shared@contoso.test").map(|values| values.len()), Some(1), "{way:?}");
    }
}

#[test]
fn what_hides_or_deletes_a_recipient_is_a_finding() {
    for way in Way::ALL {
        let hidden = json!({ "HiddenFromAddressListsEnabled": true });
        let deleted = json!({ "WhenSoftDeleted": "2026-12-01T00:00:00Z" });
        let office = Office::new(
            Vec::new(),
            vec![
                recipient("hidden", "UserMailbox", hidden),
                recipient("deleted", "UserMailbox", deleted),
                mailbox("shown"),
            ],
        );
        for (name, fresh, expected) in [
            ("hidden", true, vec!["hidden-from-address-lists"]),
            ("hidden", false, vec!["hidden-from-address-lists"]),
            ("deleted", false, vec!["soft-deleted-recipient"]),
            ("shown", true, vec![]),
        ] {
            let found = match matched(&office, way, name, fresh) {
                Match::One(found) | Match::Excluded(Exclusion::SoftDeleted, Some(found)) => found,
                other => panic!("{name}: {other:?}"),
            };
            let rules: Vec<_> = found.findings.iter().map(|finding| finding.rule.as_str()).collect();
            assert_eq!(rules, expected, "{way:?} {name}");
        }
    }
}

#[test]
fn on_premises_contacts_and_remote_mailboxes_are_counted_and_mailboxes_written() {
    let names: Vec<String> = (0..30).map(|number| format!("remote{number}")).collect();
    for many in [false, true] {
        let remote = if many { names.as_slice() } else { &names[..3] };
        let more = ["user", "mailuser", "contact"].map(person);
        let mut organisation: Vec<_> =
            remote.iter().map(|name| recipient(name, "RemoteUserMailbox", json!({}))).collect();
        organisation.extend([
            mailbox("user"),
            recipient("mailuser", "MailUser", json!({})),
            recipient("contact", "MailContact", json!({})),
        ]);
        let mut office =
            Office::new(remote.iter().map(|name| person(name)).chain(more).collect(), organisation);
        office.settings.contacts.create_contact = true;
        office.source.push(partner("bob@partner.example"));
        office.stand_in.settings(json!({ "Flavour": "OnPremises" }));
        let outcome = office.run(Way::Session);
        let mut exclusions = outcome.exclusions();
        exclusions.sort_unstable();
        let counted = [(Exclusion::NotFound, 1), (Exclusion::NoCmdlet, remote.len() as u64 + 1)];
        assert_eq!(exclusions, counted);
        assert_eq!(outcome.exported(), 2, "{:?}", outcome.host.errors_of());
        assert_eq!(office.count("New-MailContact"), 0, "it could not be filled");
    }
}

#[test]
fn on_premises_the_object_guid_finds_a_recipient_whatever_its_addresses() {
    let other = json!({ "Guid": guid("alice"), "PrimarySmtpAddress": "renamed@contoso.test",
        "UserPrincipalName": "renamed@contoso.test" });
    for (flavour, published) in [("OnPremises", 1), ("Cloud", 0)] {
        let office =
            Office::new(vec![person("alice")], vec![recipient("renamed", "UserMailbox", other.clone())]);
        office.stand_in.settings(json!({ "Flavour": flavour }));
        assert_eq!(office.run(Way::Session).exported(), published, "{flavour}");
    }
}

/// What the target has for a person of the source.
fn matched(office: &Office, way: Way, name: &str, fresh: bool) -> Match {
    let host = office.host();
    let address = format!("{name}@contoso.test");
    let recipient = RecipientRecord {
        label: address.clone(),
        display_name: None,
        address: Some(address),
        user_principal_name: None,
        distinguished_name: String::new(),
        kind: RecipientKind::User,
        disabled: false,
        values: Vec::new(),
    };
    let query = TargetQuery {
        anchor: "anchor",
        recipient: &recipient,
        link: None,
        former: &[],
        thorough: false,
        fresh,
    };
    let mut target = office.target(way, &host);
    target.read(&[query], &host.context()).unwrap().pop().unwrap().unwrap()
}
