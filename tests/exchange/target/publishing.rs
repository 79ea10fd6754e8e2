//! Values reach recipients of every kind, and nothing else changes.

use serde_json::json;
use smime_sync::{
    error::ErrorId,
    model::{Attribute, RunResult, Value},
};

use super::{
    engine::{Office, Way},
    organisation::*,
};

#[test]
fn every_kind_of_recipient_is_written_with_its_own_cmdlet() {
    for way in Way::ALL {
        let kinds = [
            ("user", "UserMailbox", "Set-Mailbox"),
            ("shared", "SharedMailbox", "Set-Mailbox"),
            ("room", "RoomMailbox", "Set-Mailbox"),
            ("beamer", "EquipmentMailbox", "Set-Mailbox"),
            ("guest", "MailUser", "Set-MailUser"),
            ("partner", "MailContact", "Set-MailContact"),
        ];
        let office = Office::new(
            kinds.map(|(name, ..)| person(name)).to_vec(),
            kinds.map(|(name, kind, _)| recipient(name, kind, json!({}))).to_vec(),
        );
        assert_eq!(office.run(way).exported(), 6, "{way:?}");
        for (name, kind, _) in kinds {
            let address = format!("{name}@contoso.test");
            assert_eq!(office.published(&address), Some(vec![certificate(&address, 1)]), "{way:?} {kind}");
        }
        let written = ["Set-Mailbox", "Set-MailUser", "Set-MailContact"].map(|cmdlet| office.count(cmdlet));
        let tried = u64::from(way == Way::Online);
        let least = [4, 1, 1].map(|count| count + tried);
        // Other flavours refuse some commands in the form in which they come first.
        match office.is_in_default_flavour() {
            true => assert_eq!(written, least, "{way:?}: over REST it is tried once"),
            false => assert!(
                written.iter().zip(least).all(|(count, least)| *count >= least),
                "{way:?}: {written:?}"
            ),
        }
        let again = office.run(way);
        assert_eq!((again.exported(), again.ok().numbers.unchanged), (0, 6), "{way:?}");
        let after = ["Set-Mailbox", "Set-MailUser", "Set-MailContact"].map(|cmdlet| office.count(cmdlet));
        assert_eq!(after, written, "{way:?}: nothing is written twice");
    }
}

#[test]
fn a_recipient_is_found_by_any_of_its_addresses_and_by_its_user_principal_name() {
    for way in Way::ALL {
        let old = json!({ "EmailAddresses": ["SMTP:proxied.new@contoso.test", "smtp:Proxied@Contoso.test"],
            "PrimarySmtpAddress": "proxied.new@contoso.test" });
        let named = json!({ "UserPrincipalName": "Named@contoso.test",
            "PrimarySmtpAddress": "other@contoso.test", "EmailAddresses": ["SMTP:other@contoso.test"] });
        let quoted = recipient("o'brien", "UserMailbox", json!({}));
        let office = Office::new(
            vec![person("proxied"), person("named"), person("o'brien")],
            vec![recipient("p", "UserMailbox", old), recipient("n", "MailUser", named), quoted],
        );
        let outcome = office.run(way);
        assert_eq!(outcome.exported(), 3, "{way:?}: {:?}", outcome.host.errors_of());
        for (published, own) in [
            ("proxied.new@contoso.test", "proxied@contoso.test"),
            ("other@contoso.test", "named@contoso.test"),
            ("o'brien@contoso.test", "o'brien@contoso.test"),
        ] {
            assert_eq!(office.published(published), Some(vec![certificate(own, 1)]), "{way:?} {own}");
        }
    }
}

#[test]
fn values_of_others_stay_and_ours_are_replaced() {
    for way in Way::ALL {
        let foreign = certificate("alice@contoso.test", 99);
        let alice = recipient("alice", "UserMailbox", json!({ "UserCertificate": [base64(&foreign)] }));
        let mut office = Office::new(vec![person("alice")], vec![alice]);
        office.run(way).ok();
        let first = certificate("alice@contoso.test", 1);
        assert_eq!(office.published("alice@contoso.test"), Some(vec![first, foreign.clone()]), "{way:?}");

        let second = certificate("alice@contoso.test", 2);
        office.source = vec![source("alice", std::slice::from_ref(&second))];
        assert_eq!(office.run(way).ok().numbers.update, 1);
        assert_eq!(office.published("alice@contoso.test"), Some(vec![second, foreign.clone()]), "{way:?}");

        office.source = vec![source("alice", &[])];
        assert_eq!(office.run(way).ok().numbers.remove, 1);
        assert_eq!(office.published("alice@contoso.test"), Some(vec![foreign]), "{way:?}");
    }
}

#[test]
fn the_last_value_is_cleared() {
    for way in Way::ALL {
        let mut office = Office::new(vec![person("alice")], vec![mailbox("alice")]);
        office.run(way).ok();
        office.source = vec![source("alice", &[])];
        assert_eq!(office.run(way).exported(), 1);
        assert_eq!(office.published("alice@contoso.test"), Some(vec![]), "{way:?}");
    }
}

#[test]
fn only_the_attribute_that_changes_is_sent() {
    let office = Office::new(vec![person("alice")], vec![mailbox("alice")]);
    let outcome = office.run(Way::Session);
    let commands = outcome.host.commands.lock().unwrap();
    let set: Vec<_> = commands.iter().filter(|command| command.name == "Set-Mailbox").collect();
    let [set] = set.as_slice() else { panic!("{set:?}") };
    let names: Vec<_> = set.parameters.keys().map(String::as_str).collect();
    assert_eq!(names, ["Identity", "UserCertificate"]);
}

#[test]
fn a_lost_state_is_healed_by_what_is_published() {
    for way in Way::ALL {
        let names: Vec<String> = (0..30).map(|number| format!("person{number}")).collect();
        let office = Office::new(
            names.iter().map(|name| person(name)).collect(),
            names.iter().map(|name| mailbox(name)).collect(),
        );
        assert_eq!(office.run(way).exported(), 30);
        office.lose_state();
        let outcome = office.run(way);
        let numbers = &outcome.ok().numbers;
        assert_eq!((numbers.adopted, numbers.exported), (30, 0), "{way:?}");
    }
}

#[test]
fn a_write_that_is_refused_is_that_recipients_error_alone() {
    for way in Way::ALL {
        let foreign: Vec<String> =
            (50..60).map(|serial| base64(&certificate("bob@contoso.test", serial))).collect();
        let bob = recipient("bob", "UserMailbox", json!({ "UserCertificate": foreign }));
        let office = Office::new(
            vec![person("alice"), person("bob"), person("carol")],
            vec![mailbox("alice"), bob, mailbox("carol")],
        );
        office.stand_in.settings(json!({ "LargestList": 10 }));
        let outcome = office.run(way);
        assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors);
        assert_eq!(
            outcome.host.errors_of(),
            [(ErrorId::ExchangeRefused, Some("bob@contoso.test".into()))],
            "{way:?}"
        );
        assert_eq!(outcome.exported(), 2, "{way:?}");
        assert_eq!(office.published("bob@contoso.test").map(|values| values.len()), Some(10));
    }
}

#[test]
fn a_recipient_whose_kind_and_address_changed_is_found_by_its_guid() {
    for way in Way::ALL {
        let mut office = Office::new(vec![person("alice")], vec![recipient("alice", "MailUser", json!({}))]);
        office.run(way).ok();
        let first = base64(&certificate("alice@contoso.test", 1));
        office.stand_in.ask("DELETE", "/recipients", &json!(null));
        let moved = json!({ "UserCertificate": [first], "PrimarySmtpAddress": "alice.new@contoso.test",
            "UserPrincipalName": "alice.new@contoso.test" });
        office.stand_in.add(&[recipient("alice", "UserMailbox", moved)]);

        let second = certificate("alice@contoso.test", 2);
        office.source = vec![source("alice", std::slice::from_ref(&second))];
        let outcome = office.run(way);
        assert_eq!(outcome.exported(), 1, "{way:?}: {:?}", outcome.host.errors_of());
        assert_eq!(office.published("alice.new@contoso.test"), Some(vec![second]), "{way:?}");
    }
}

#[test]
fn both_attributes_are_read_in_the_order_of_the_attributes() {
    for way in Way::ALL {
        let (user, other) = (certificate("alice@contoso.test", 1), certificate("alice@contoso.test", 2));
        let smime = crate::common::certificates::SignedData::certs_only(&[&other]);
        let alice = recipient(
            "alice",
            "SharedMailbox",
            json!({ "UserCertificate": [base64(&user)], "UserSMimeCertificate": [base64(&smime)] }),
        );
        let office = Office::new(Vec::new(), vec![alice, recipient("bob", "MailContact", json!({}))]);
        for identities in
            [None, Some(vec!["alice@contoso.test".to_owned(), "nobody@contoso.test".to_owned()])]
        {
            let everybody = read_all(&office, way, identities.clone());
            // Who has none need not be listed.
            let with_values = everybody.iter().filter(|one| !one.values.is_empty()).count();
            assert_eq!(with_values, 1, "{way:?} {identities:?}");
            let alice = everybody.iter().find(|one| one.primary_address() == Some("alice@contoso.test"));
            let expected = [
                Value::new(Attribute::UserCertificate, user.as_slice()),
                Value::new(Attribute::UserSmimeCertificate, smime.as_slice()),
            ];
            assert_eq!(alice.unwrap().values, expected, "{way:?}");
        }
    }
}

fn read_all(office: &Office, way: Way, identities: Option<Vec<String>>) -> Vec<smime_sync::model::Recipient> {
    use smime_sync::{
        directory::{Selection, SourceItem},
        targets::Target,
    };
    let host = office.host();
    let selection = identities.map_or(Selection::All, Selection::Identities);
    let mut all = Vec::new();
    let mut target = office.target(way, &host);
    target
        .read_all(&selection, &host.context(), &mut |item| {
            match item {
                SourceItem::Recipient(recipient) => all.push(recipient),
                SourceItem::Invalid(error) => panic!("{error}"),
            }
            Ok(())
        })
        .unwrap();
    all
}
