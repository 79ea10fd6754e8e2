//! Putting certificates into the directory.

use smime_sync::{
    error::ErrorId,
    event::LogLevel,
    model::{ChangeKind, ChangeState, Fingerprint, PublishedValue, RunResult},
    sync::request::{self, Publication},
};

use super::directory::*;
use crate::common::certificates::*;

fn publication(certificates: &[&[u8]]) -> Publication {
    let certificates = certificates.iter().map(|der| certificate(der)).collect();
    Publication { certificates, ..Publication::default() }
}

fn for_whom(certificates: &[&[u8]], identity: &[&str]) -> Publication {
    let identity = identity.iter().map(|text| (*text).into()).collect();
    Publication { identity, ..publication(certificates) }
}

#[test]
fn a_certificate_goes_to_whom_its_addresses_name() {
    let world = World::new(vec![person("alice", &[]), person("bob", &[(USER, expired("bob"))])]);
    let by_old_address = Draft::person("bob.old@contoso.test").sign(&root());
    let by_upn = Draft::person("ALICE@corp.contoso.test").sign(&root());
    let outcome = world.publish(publication(&[&by_old_address, &by_upn]));
    assert_eq!(outcome.ok().result, RunResult::Success, "{:?}", outcome.errors());
    assert_eq!(world.values("id-alice"), [(USER, by_upn)]);
    assert_eq!(world.values("id-bob"), [(USER, expired("bob")), (USER, by_old_address.clone())]);
    let numbers = &outcome.ok().numbers;
    assert_eq!((numbers.add, numbers.update, numbers.exported), (2, 0, 2));
    let change = outcome.changes().into_iter().find(|change| change.anchor == "id-bob").unwrap();
    assert_eq!((change.change, change.state), (ChangeKind::Add, ChangeState::Exported));
    assert_eq!((change.before.len(), change.after.len()), (1, 2));
    let due = format!(
        "Published: CN=bob.old (thumbprint {}, valid from 2026-12-16 08:00 UTC until 2027-12-16 08:00 UTC), as \
         userCertificate.",
        thumbprint(&by_old_address)
    );
    assert_eq!(change.reasons, [due]);
}

#[test]
fn an_identity_gets_all_certificates_in_one_change() {
    let world = World::new(vec![person("alice", &[]), person("bob", &[])]);
    let one = Draft::person("alice@contoso.test").serial(&[1]).sign(&root());
    let two = Draft::person("alice@contoso.test").serial(&[2]).sign(&root());
    let outcome = world.publish(for_whom(&[&one, &two, &one], &["ALICE"]));
    assert_eq!(outcome.ok().result, RunResult::Success);
    assert_eq!(world.values("id-alice"), [(USER, one), (USER, two)]);
    assert_eq!((outcome.changes().len(), world.inside(|inside| inside.writes)), (1, 1));
}

#[test]
fn ca_certificates_that_come_along_are_passed_over() {
    let world = World::new(vec![person("alice", &[])]);
    let outcome = world.publish(publication(&[&good("alice"), &root().der]));
    assert_eq!(outcome.ok().result, RunResult::Success);
    assert_eq!(world.values("id-alice"), [(USER, good("alice"))]);
    let passed_over = outcome.told.logged(LogLevel::Verbose);
    assert!(passed_over.iter().any(|text| text.contains("is that of a CA")), "{passed_over:?}");
}

#[test]
fn what_is_wrong_with_one_certificate_does_not_keep_the_others() {
    let mut twin = person("twin", &[]);
    twin.proxy_addresses = vec!["bob@contoso.test".into()];
    let world = World::new(vec![person("alice", &[]), person("bob", &[]), twin]);
    let nameless = Draft::person("x@contoso.test").without("2.5.29.17").sign(&root());
    let outcome = world.publish(publication(&[&good("nobody"), &good("bob"), &nameless, &good("alice")]));
    assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors);
    assert_eq!(outcome.ok().numbers.errors, 3);
    let texts: Vec<String> = outcome.errors().into_iter().map(|(_, text)| text).collect();
    let due = [
        (good("nobody"), "CN=nobody", "names nobody@contoso.test, which no recipient has."),
        (
            good("bob"),
            "CN=bob",
            "fits more than one recipient: CN=bob,DC=contoso,DC=test; CN=twin,DC=contoso,DC=test.",
        ),
        (nameless, "CN=x", "names no mail address."),
    ]
    .map(|(der, subject, what)| {
        let validity = "valid from 2026-12-16 08:00 UTC until 2027-12-16 08:00 UTC";
        format!("The certificate of {subject} (thumbprint {}, {validity}) {what}", thumbprint(&der))
    });
    assert_eq!(texts, due);
    let ids = [ErrorId::IdentityNotFound, ErrorId::IdentityAmbiguous, ErrorId::IdentityNotFound];
    assert_eq!(outcome.told.error_ids(), ids);
    assert_eq!(world.values("id-alice"), [(USER, good("alice"))]);
    assert!(world.values("id-bob").is_empty() && world.values("id-twin").is_empty());
}

#[test]
fn unknown_and_ambiguous_identities_are_errors_of_their_own() {
    let mut twin = person("twin", &[]);
    twin.proxy_addresses = vec!["alice@contoso.test".into()];
    let world = World::new(vec![person("alice", &[]), twin, person("bob", &[])]);
    let identities = ["alice@contoso.test", "carol", "bob@contoso.test"];
    let outcome = world.publish(Publication { force: true, ..for_whom(&[&good("bob")], &identities) });
    assert_eq!(outcome.told.error_ids(), [ErrorId::IdentityAmbiguous, ErrorId::IdentityNotFound]);
    assert_eq!(world.values("id-bob"), [(USER, good("bob"))]);
    assert!(world.values("id-alice").is_empty() && world.values("id-twin").is_empty());
}

#[test]
fn whom_an_ambiguous_identity_names_another_identity_does_not_bring_back() {
    let mut twin = person("twin", &[]);
    twin.proxy_addresses = vec!["alice@contoso.test".into()];
    let world = World::new(vec![person("alice", &[]), twin]);
    let identities = ["alice@contoso.test", "id-alice"];
    let outcome = world.publish(Publication { force: true, ..for_whom(&[&good("alice")], &identities) });
    assert_eq!(outcome.told.error_ids(), [ErrorId::IdentityAmbiguous]);
    assert!(world.values("id-alice").is_empty() && world.values("id-twin").is_empty());
}

#[test]
fn error_findings_refuse_a_certificate_unless_forced() {
    let foreign = Authority::root("CN=Elsewhere", 2);
    for (what, der, rule) in [
        ("expired", expired("alice"), "expired"),
        ("untrusted", Draft::person("alice@contoso.test").sign(&foreign), "untrusted-issuer"),
        ("weak", Draft::person("alice@contoso.test").key(rsa_spki(1024, 1)).sign(&root()), "weak-key"),
        (
            "not for mail",
            Draft::person("alice@contoso.test").purposes(&[CLIENT_AUTH]).sign(&root()),
            "wrong-extended-key-usage",
        ),
        ("somebody else's", good("bob"), "address-mismatch"),
    ] {
        let world = World::new(vec![person("alice", &[])]);
        let outcome = world.publish(for_whom(&[&der], &["alice"]));
        assert_eq!(outcome.told.error_ids(), [ErrorId::CertificateRefused], "{what}");
        assert!(outcome.errors()[0].1.contains(&format!("({rule})")), "{what}: {:?}", outcome.errors());
        assert!(world.values("id-alice").is_empty(), "{what}");
        let forced = world.publish(Publication { force: true, ..for_whom(&[&der], &["alice"]) });
        assert_eq!(forced.ok().result, RunResult::Success, "{what}");
        assert_eq!(world.values("id-alice"), [(USER, der)], "{what}");
        let change = forced.changes().remove(0);
        assert!(change.findings.iter().any(|finding| finding.rule == rule), "{what}");
        assert_eq!(change.change, ChangeKind::Update, "{what}: nothing is taken away");
    }
}

#[test]
fn what_is_there_already_is_no_change() {
    let world = World::new(vec![person("alice", &[(USER, good("alice"))])]);
    let outcome = world.publish(publication(&[&good("alice")]));
    assert_eq!(outcome.ok().result, RunResult::Success);
    assert_eq!((outcome.ok().numbers.unchanged, outcome.changes().len()), (1, 0));
    assert!(outcome.told.logged(LogLevel::Verbose).iter().any(|text| text.contains("is there already for")));
    assert_eq!(world.inside(|inside| inside.writes), 0);
}

#[test]
fn a_sixteenth_value_is_refused_with_or_without_force() {
    let values = |count: u8| -> Vec<_> {
        let one = |n| (USER, Draft::person("alice@contoso.test").serial(&[n]).sign(&root()));
        (1..=count).map(one).collect()
    };
    for (count, fits) in [(14, true), (15, false)] {
        let world = World::new(vec![person("alice", &values(count))]);
        for force in [false, true] {
            let outcome = world.publish(Publication { force, ..publication(&[&good("alice")]) });
            assert_eq!(outcome.errors().is_empty(), fits, "{count}: {:?}", outcome.errors());
            assert_eq!(world.values("id-alice").len(), 15);
        }
    }
}

#[test]
fn a_stale_smime_value_that_hides_it_is_a_warning() {
    let stale = SignedData::certs_only(&[&expired("alice")]);
    let world = World::new(vec![person("alice", &[(SMIME, stale)]), person("bob", &[])]);
    let outcome = world.publish(publication(&[&good("alice"), &good("bob")]));
    let warnings = outcome.told.logged(LogLevel::Warning);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("alice@contoso.test: Value 1 of userSMIMECertificate"), "{warnings:?}");
    assert!(warnings[0].contains("Unpublish-SmimeCertificate -State Expired"), "{warnings:?}");
    assert!(outcome.changes()[0].findings.iter().any(|finding| finding.rule == "stale-smime-value"));
}

#[test]
fn a_preview_hands_the_changes_over_and_writes_nothing() {
    let mut world = World::new(vec![person("alice", &[])]);
    world.options.what_if = true;
    let outcome = world.publish(publication(&[&good("alice")]));
    assert_eq!(outcome.ok().result, RunResult::Success);
    let changes = outcome.changes();
    assert_eq!((changes.len(), changes[0].id, changes[0].state), (1, 0, ChangeState::Pending));
    assert!(world.values("id-alice").is_empty());
    assert!(!world.home.path().join("state").exists());
}

#[test]
fn each_recipient_is_asked_for_and_no_is_kept() {
    let mut world = World::new(vec![person("alice", &[]), person("bob", &[])]);
    world.options.confirm = true;
    world.declines = vec!["ALICE"];
    let outcome = world.publish(publication(&[&good("alice"), &good("bob")]));
    let questions = outcome.told.questions();
    let targets: Vec<&str> = questions.iter().map(|question| question.target.as_str()).collect();
    assert_eq!(targets, ["ALICE <alice@contoso.test>", "BOB <bob@contoso.test>"]);
    assert!(questions[0].action.starts_with("Add: Published: CN=alice "), "{}", questions[0].action);
    assert!(world.values("id-alice").is_empty());
    assert_eq!(world.values("id-bob"), [(USER, good("bob"))]);
    assert_eq!(outcome.ok().numbers.declined, 1);
}

#[test]
fn who_is_left_alone_is_not_a_success() {
    let world = World::new(vec![person("alice", &[])]);
    world.inside(|inside| inside.quiet.push("id-alice".into()));
    let outcome = world.publish(publication(&[&good("alice")]));
    assert_eq!((outcome.ok().result, outcome.ok().numbers.excluded), (RunResult::CompletedWithErrors, 1));
    assert!(outcome.told.logged(LogLevel::Warning)[0].contains("quiet period"));
    assert!(world.values("id-alice").is_empty());
}

#[test]
fn what_others_write_meanwhile_stays() {
    let theirs = smime_sync::model::Value::new(USER, good("carol"));
    let world = World::new(vec![person("alice", &[(USER, expired("alice"))])]);
    world.inside(|inside| inside.intruder = Some(theirs));
    let outcome = world.publish(publication(&[&good("alice")]));
    assert_eq!(outcome.ok().result, RunResult::Success);
    let mut there = world.values("id-alice");
    there.sort();
    let mut due = [(USER, expired("alice")), (USER, good("alice")), (USER, good("carol"))];
    due.sort();
    assert_eq!(there, due);
}

#[test]
fn what_the_profile_owns_elsewhere_says_nothing_of_the_directory() {
    let own = [
        serde_json::json!({"Target": "Folder", "OutputPath": std::env::temp_dir().join("out"), "Ownership": "Authoritative"}),
        serde_json::json!({"Target": "ExchangeSession", "Ownership": "Authoritative"}),
        serde_json::json!({"Target": "ActiveDirectory"}),
    ];
    for target in own {
        let mut world = World::new(vec![person("alice", &[(USER, good("carol"))])]);
        let mut profile = serde_json::json!({
            "Name": "corp", "Source": "ActiveDirectory", "Server": "dc1.contoso.test",
            "SearchBase": ["DC=contoso,DC=test"],
        });
        profile.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
        world.profile = serde_json::from_value(profile).unwrap();
        let outcome = world.publish(publication(&[&good("alice")]));
        assert_eq!(outcome.ok().result, RunResult::Success, "{target}");
        assert_eq!(world.values("id-alice"), [(USER, good("carol")), (USER, good("alice"))], "{target}");
        assert_eq!(world.state().managed("id-alice").unwrap(), [], "{target}");
    }
}

#[test]
fn the_run_and_its_change_are_kept_and_another_target_is_left_as_it_is() {
    let world = World::new(vec![person("alice", &[(USER, good("alice"))])]);
    let newer = Draft::person("alice@contoso.test").serial(&[9]).sign(&root());
    // What the profile published to its folder: the certificate that the directory has, too.
    let managed =
        PublishedValue { attribute: USER, value: Fingerprint::of(&good("alice")), certificate: None };
    world.run(|job| {
        job.state.set_managed("id-alice", Some("folder key"), std::slice::from_ref(&managed), NOW)?;
        job.state.set_setting("target", "Folder out")?;
        request::publish(job, publication(&[&newer]))
    });
    assert_eq!(world.values("id-alice"), [(USER, good("alice")), (USER, newer)]);
    let state = world.state();
    assert_eq!(state.managed("id-alice").unwrap(), [managed]);
    assert_eq!(state.link("id-alice").unwrap().target.as_deref(), Some("folder key"));
    assert_eq!(state.setting("target").unwrap().as_deref(), Some("Folder out"));
    let runs = state.runs(&[], i64::MAX, 9).unwrap();
    assert_eq!((runs.len(), runs[0].numbers.exported), (1, 1));
    let changes = state.changes(&Default::default(), i64::MAX, 9).unwrap();
    assert_eq!((changes.len(), changes[0].state, changes[0].run_id), (1, ChangeState::Exported, runs[0].id));
}
