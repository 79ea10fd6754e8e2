//! A tenant has many names: the profile works with the organisation that it is, whatever it is called by.

use serde_json::{Value, json};
use smime_sync::error::ErrorId;

use super::{
    engine::{Office, Outcome, Way},
    organisation::{guid, mailbox, person, recipient, source},
};
use crate::common::exchange::{DOMAIN, TENANT};

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

fn office() -> Office {
    Office::new(NAMES.map(person).to_vec(), NAMES.map(mailbox).to_vec())
}

fn remaining(office: &Office) -> usize {
    let all = office.stand_in.ask("GET", "/recipients", &json!(null));
    let has = |one: &&Value| one["UserCertificate"].as_array().is_some_and(|values| !values.is_empty());
    all.as_array().unwrap().iter().filter(has).count()
}

fn without(name: &str) -> smime_sync::model::Recipient {
    source(name, &[])
}

/// Nobody but carol has anything in the source any more.
fn two_lose_theirs(office: &mut Office) {
    office.source = vec![without("alice"), without("bob"), person("carol")];
}

/// Nothing is told but that two have no certificate any more.
fn is_quiet(outcome: &Outcome) {
    let warnings = outcome.host.warnings();
    assert!(
        warnings.iter().all(|one| one.starts_with("2 of 3 recipients have no certificate")),
        "{warnings:?}"
    );
    assert_eq!(outcome.host.errors_of(), []);
}

#[test]
fn another_name_of_the_same_tenant_keeps_what_is_published_and_takes_it_away_as_ever() {
    let upper = DOMAIN.to_uppercase();
    for (named, domains) in [
        (TENANT, vec![DOMAIN]),
        (upper.as_str(), vec![DOMAIN]),
        ("contoso.test", vec![DOMAIN, "contoso.test"]),
        ("renamed.test", vec!["renamed.test"]),
    ] {
        for remembered in [true, false] {
            let mut office = office();
            assert_eq!(office.run(Way::Online).exported(), 3);
            if !remembered {
                office.forget_organisation();
            }
            office.stand_in.register_application_of(TENANT, &domains);
            office.settings.organization = named.into();
            two_lose_theirs(&mut office);
            let outcome = office.run(Way::Online);
            is_quiet(&outcome);
            let numbers = &outcome.ok().numbers;
            assert_eq!(
                (numbers.remove, numbers.exported, numbers.adopted),
                (2, 2, 0),
                "{named} {remembered}"
            );
            assert_eq!((remaining(&office), outcome.ok().new_state), (1, false), "{named} {remembered}");
            // Back again, or on under the new name: nothing is to be done.
            let again = office.run(Way::Online);
            is_quiet(&again);
            assert_eq!(again.exported(), 0, "{named}");
        }
    }
}

#[test]
fn another_tenant_under_the_same_or_another_name_stops_the_run_before_anything_is_written() {
    for named in [DOMAIN, "fabrikam.test"] {
        let mut office = office();
        let first = office.stand_in.ask("GET", "/settings", &json!(null))["OrganizationGuid"].clone();
        assert_eq!(office.run(Way::Online).exported(), 3);
        let id = "99999999-8888-4777-8666-555555555555";
        office.stand_in.register_application_of(id, &[DOMAIN, "fabrikam.test"]);
        office.stand_in.settings(json!({ "OrganizationGuid": "11111111-2222-3333-4444-555555555555" }));
        office.stand_in.ask("DELETE", "/recipients", &json!(null));
        office.stand_in.add(&[recipient("alice", "UserMailbox", json!({ "Guid": guid("elsewhere") }))]);
        office.settings.organization = named.into();
        let written = office.count("Set-Mailbox");
        let error = office.run(Way::Online).run.unwrap_err();
        assert_eq!(error.id, ErrorId::OtherOrganization, "{error}");
        assert!(error.message.starts_with(&format!("The tenant '{named}' is ")), "{error}");
        assert!(error.advice.contains("-Organization"), "{}", error.advice);
        assert_eq!(office.count("Set-Mailbox"), written, "{named}");
        // The tenant that is remembered is let through again, with everything that is known of it.
        office.stand_in.register_application();
        office.stand_in.settings(json!({ "OrganizationGuid": first }));
        office.stand_in.ask("DELETE", "/recipients", &json!(null));
        office.stand_in.add(&NAMES.map(mailbox));
        office.settings.organization = DOMAIN.into();
        assert!(office.run(Way::Online).run.is_ok());
    }
}

#[test]
fn a_state_that_remembers_no_organisation_knows_another_tenant_by_its_recipients_and_tells_how_many_stay() {
    let mut office = office();
    assert_eq!(office.run(Way::Online).exported(), 3);
    two_lose_theirs(&mut office);
    assert_eq!(office.run(Way::Online).exported(), 2);
    office.forget_organisation();
    office.stand_in.register_application_of("99999999-8888-4777-8666-555555555555", &["fabrikam.test"]);
    office.settings.organization = "fabrikam.test".into();
    office.stand_in.settings(json!({ "OrganizationGuid": "11111111-2222-3333-4444-555555555555" }));
    office.stand_in.ask("DELETE", "/recipients", &json!(null));
    let elsewhere =
        |name: &str| recipient(name, "UserMailbox", json!({ "Guid": guid(&format!("other {name}")) }));
    office.stand_in.add(&NAMES.map(elsewhere));
    let outcome = office.run(Way::Online);
    let warnings = outcome.host.warnings();
    assert!(warnings[0].starts_with("The target was 'ExchangeOnline "), "{warnings:?}");
    assert!(warnings[0].ends_with("what was published for 1 recipient there stays."), "{warnings:?}");
}

#[test]
fn the_same_organisation_by_a_session_and_over_rest_is_one_target() {
    for (first, second) in [(Way::Session, Way::Online), (Way::Online, Way::Session)] {
        let mut office = office();
        assert_eq!(office.run(first).exported(), 3);
        two_lose_theirs(&mut office);
        let outcome = office.run(second);
        is_quiet(&outcome);
        assert_eq!((outcome.exported(), remaining(&office)), (2, 1), "{first:?}");
    }
}
