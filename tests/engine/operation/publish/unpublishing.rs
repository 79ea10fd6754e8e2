//! Taking certificates out of the directory.

use smime_sync::{
    error::ErrorId,
    event::LogLevel,
    model::{Attribute, ChangeKind, ChangeState, Fingerprint, RunResult, Value},
    sync::request::{Listed, UnpublishState, Withdrawal},
};

use super::{directory::*, guard::people};
use crate::common::certificates::*;

const SMART_CARD: &str = "1.3.6.1.4.1.311.20.2.2";

pub(super) fn by_thumbprint(texts: &[String]) -> Withdrawal {
    Withdrawal { thumbprint: texts.to_vec(), ..Withdrawal::default() }
}

pub(super) fn by_state(states: &[UnpublishState]) -> Withdrawal {
    Withdrawal { state: states.to_vec(), ..Withdrawal::default() }
}

#[test]
fn a_thumbprint_goes_from_everybody_or_from_whom_is_named() {
    let shared = good("alice");
    let both = |identity: &[&str]| {
        let world = World::new(vec![
            person("alice", &[(USER, shared.clone()), (USER, expired("alice"))]),
            person("bob", &[(USER, shared.clone())]),
        ]);
        let identity = identity.iter().map(|text| (*text).into()).collect();
        let outcome = world.unpublish(Withdrawal { identity, ..by_thumbprint(&[thumbprint(&shared)]) });
        assert_eq!(outcome.ok().result, RunResult::Success, "{:?}", outcome.errors());
        (world.values("id-alice").len(), world.values("id-bob").len())
    };
    assert_eq!(both(&[]), (1, 0));
    assert_eq!(both(&["bob"]), (2, 0));
}

#[test]
fn thumbprints_may_be_written_as_windows_shows_them() {
    let plain = thumbprint(&good("alice"));
    let pairs: Vec<&str> =
        plain.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
    for text in
        [plain.clone(), plain.to_lowercase(), pairs.join(" "), pairs.join(":"), format!("\u{200E}{plain}")]
    {
        let world = World::new(vec![person("alice", &[(USER, good("alice"))])]);
        world.unpublish(by_thumbprint(std::slice::from_ref(&text)));
        assert!(world.values("id-alice").is_empty(), "{text}");
    }
}

#[test]
fn a_request_without_sense_is_refused_before_anything_is_done() {
    let world = World::new(vec![person("alice", &[(USER, good("alice"))])]);
    for (withdrawal, part) in [
        (Withdrawal::default(), "Neither thumbprints nor states"),
        (by_thumbprint(&["AB".into()]), "'AB' is no thumbprint"),
        (by_thumbprint(&["é".repeat(20)]), "is no thumbprint"),
    ] {
        let error = world.unpublish(withdrawal).run.unwrap_err();
        assert_eq!(error.id, ErrorId::InvalidRequest);
        assert!(error.message.contains(part), "{}", error.message);
    }
    assert_eq!(world.inside(|inside| inside.writes), 0);
}

#[test]
fn a_thumbprint_that_nobody_has_is_an_error() {
    let world = World::new(vec![person("alice", &[(USER, good("alice"))])]);
    let outcome = world.unpublish(by_thumbprint(&[thumbprint(&good("bob")), thumbprint(&good("alice"))]));
    assert_eq!(outcome.told.error_ids(), [ErrorId::CertificateNotFound]);
    assert!(world.values("id-alice").is_empty());
}

#[test]
fn a_smime_value_goes_only_with_all_of_the_users_certificates_in_it() {
    let (one, two) = (good("alice"), Draft::person("alice@contoso.test").serial(&[2]).sign(&root()));
    let value = (SMIME, SignedData::certs_only(&[&one, &two, &root().der]));
    let world = World::new(vec![person("alice", std::slice::from_ref(&value))]);
    let kept = world.unpublish(by_thumbprint(&[thumbprint(&one)]));
    assert_eq!(world.values("id-alice"), [value]);
    let warnings = kept.told.logged(LogLevel::Warning);
    assert!(warnings[0].contains("in a value with other certificates that stay"), "{warnings:?}");
    assert!(kept.errors().is_empty(), "it was found");
    world.unpublish(by_thumbprint(&[thumbprint(&one), thumbprint(&two)]));
    assert!(world.values("id-alice").is_empty());
}

#[test]
fn states_take_what_they_name() {
    use UnpublishState::*;
    let foreign = Authority::root("CN=Elsewhere", 2);
    let draft = || Draft::person("alice@contoso.test");
    let cases = [
        ("good", (USER, good("alice")), [false, false]),
        ("expired", (USER, expired("alice")), [true, true]),
        (
            "expired, for logon",
            (USER, draft().purposes(&[SMART_CARD]).valid(-9, -1).sign(&root())),
            [true, true],
        ),
        ("untrusted", (USER, draft().sign(&foreign)), [false, true]),
        ("weak", (USER, draft().key(rsa_spki(1024, 1)).sign(&root())), [false, true]),
        ("somebody else's", (USER, good("bob")), [false, true]),
        ("unreadable", (USER, b"garbage".to_vec()), [false, true]),
        ("for logon", (USER, draft().purposes(&[SMART_CARD]).sign(&root())), [false, false]),
        ("for logon, untrusted", (USER, draft().purposes(&[SMART_CARD]).sign(&foreign)), [false, false]),
        ("not yet valid", (USER, draft().valid(5, 100).sign(&root())), [false, false]),
        ("PKCS#7, expired", (SMIME, SignedData::certs_only(&[&expired("alice"), &root().der])), [true, true]),
        (
            "PKCS#7, one good",
            (SMIME, SignedData::certs_only(&[&expired("alice"), &good("alice")])),
            [false, false],
        ),
    ];
    for (what, value, due) in cases {
        let goes = [Expired, Unusable].map(|state| {
            let world = World::new(vec![person("alice", std::slice::from_ref(&value))]);
            let outcome = world.unpublish(by_state(&[state]));
            assert_eq!(outcome.ok().result, RunResult::Success);
            world.values("id-alice").is_empty()
        });
        assert_eq!(goes, due, "{what}");
    }
}

#[test]
fn each_removal_is_a_change_with_reasons_and_its_bytes_are_kept() {
    let values = [(USER, good("alice")), (USER, expired("alice"))];
    let world = World::new(vec![person("alice", &values)]);
    let outcome = world.unpublish(by_state(&[UnpublishState::Expired]));
    let change = outcome.changes().remove(0);
    assert_eq!((change.change, change.state), (ChangeKind::Update, ChangeState::Exported));
    let due = format!(
        "Removed: CN=alice (thumbprint {}, valid from 2025-12-11 08:00 UTC until 2027-01-14 08:00 UTC), as \
         userCertificate: expired at 2027-01-14 08:00 UTC.",
        thumbprint(&expired("alice"))
    );
    assert_eq!(change.reasons, [due]);
    assert_eq!(world.values("id-alice"), [(USER, good("alice"))]);
    let kept = world.state().value(Fingerprint::of(&expired("alice"))).unwrap();
    assert_eq!(kept, Some(expired("alice")));
}

const EFS: &str = "1.3.6.1.4.1.311.10.3.4";

pub(super) fn listed(ders: &[&[u8]]) -> Withdrawal {
    let thumbprint = ders.iter().map(|der| thumbprint(der)).collect();
    let listed = vec![Listed { anchor: "id-alice".into(), thumbprint, value: Vec::new() }];
    Withdrawal { listed, ..Withdrawal::default() }
}

/// A value and its attribute.
type Valued = (Attribute, Vec<u8>);

/// Alice has a mail, a smart-card logon, an EFS and a client certificate, all valid, and an unusable one for mail.
fn alice_with_cards() -> (Vec<Valued>, [Vec<u8>; 3]) {
    let for_purpose = |id: &str, serial: u8| {
        Draft::person("alice@contoso.test").purposes(&[id]).serial(&[serial]).sign(&root())
    };
    let cards = [for_purpose(SMART_CARD, 1), for_purpose(EFS, 2), for_purpose(CLIENT_AUTH, 3)];
    let mut values = vec![(USER, good("alice")), (USER, good("bob"))];
    values.extend(cards.iter().map(|der| (USER, der.clone())));
    (values, cards)
}

#[test]
fn certificates_for_other_purposes_stay_unless_they_are_typed_or_forced() {
    let (values, cards) = alice_with_cards();
    let all: Vec<&[u8]> = values.iter().map(|(_, der)| der.as_slice()).collect();
    let unusable = by_state(&[UnpublishState::Unusable]);
    let other = by_state(&[UnpublishState::OtherPurpose]);
    let forced = |withdrawal: &Withdrawal| Withdrawal { force: true, ..withdrawal.clone() };
    let by_thumbprint = "name its thumbprint with -Thumbprint, or say -Force.";
    let by_state = "name its thumbprint with -Thumbprint, or say -State OtherPurpose -Force.";
    for (what, withdrawal, left, warning) in [
        ("what can't be used", unusable.clone(), 4, by_state),
        ("the same, forced", forced(&unusable), 4, by_state),
        ("other purposes", other.clone(), 5, by_thumbprint),
        ("the same, forced", forced(&other), 2, ""),
        ("what a listing showed", listed(&all), 3, by_thumbprint),
        ("the same, forced", forced(&listed(&all)), 0, ""),
        ("a listing of those that can't be used", listed(&[&good("bob")]), 4, ""),
        ("typed", super::unpublishing::by_thumbprint(&cards.each_ref().map(|der| thumbprint(der))), 2, ""),
    ] {
        let world = World::new(vec![person("alice", &values)]);
        let outcome = world.unpublish(withdrawal);
        assert_eq!(outcome.ok().result, RunResult::Success, "{what}: {:?}", outcome.errors());
        assert_eq!(world.values("id-alice").len(), left, "{what}");
        let warnings = outcome.told.logged(LogLevel::Warning);
        if warning.is_empty() {
            assert!(warnings.is_empty(), "{what}: {warnings:?}");
        } else {
            assert_eq!(warnings.len(), 1, "{what}: {warnings:?}");
            assert!(
                warnings[0].starts_with("3 certificates ") && warnings[0].ends_with(warning),
                "{what}: {warnings:?}"
            );
        }
    }
}

#[test]
fn a_mail_certificate_that_serves_the_logon_too_stays_as_well() {
    let both = |purposes: &[&str]| Draft::person("bob@contoso.test").purposes(purposes).sign(&root());
    for (der, stays) in
        [(both(&[EMAIL_PROTECTION, SMART_CARD]), true), (both(&[EMAIL_PROTECTION, CLIENT_AUTH]), false)]
    {
        for withdrawal in [by_state(&[UnpublishState::Unusable]), listed(&[&der])] {
            let world = World::new(vec![person("alice", &[(USER, der.clone())])]);
            let outcome = world.unpublish(withdrawal);
            assert_eq!(!world.values("id-alice").is_empty(), stays);
            let warnings = outcome.told.logged(LogLevel::Warning);
            assert_eq!(
                warnings.iter().any(|one| one.starts_with("1 certificate names another purpose")),
                stays
            );
        }
    }
}

#[test]
fn a_listing_takes_what_its_state_takes() {
    let early = Draft::person("alice@contoso.test").valid(5, 100).sign(&root());
    let garbage = b"garbage".to_vec();
    let values = [(USER, good("bob")), (USER, early.clone()), (USER, garbage.clone()), (USER, good("alice"))];
    let mut by_listing = listed(&[&good("bob"), &early]);
    by_listing.listed[0].value.push(Fingerprint::of(&garbage).to_string());
    for withdrawal in [by_state(&[UnpublishState::Unusable]), by_listing] {
        let world = World::new(vec![person("alice", &values)]);
        let outcome = world.unpublish(withdrawal);
        assert!(outcome.errors().is_empty(), "{:?}", outcome.errors());
        assert_eq!(world.values("id-alice"), [(USER, early.clone()), (USER, good("alice"))]);
    }
    let world = World::new(vec![person("alice", &values)]);
    let mut nobodys = listed(&[]);
    nobodys.listed[0].value.push(Fingerprint::of(b"x").to_string());
    assert_eq!(world.unpublish(nobodys).told.error_ids(), [ErrorId::CertificateNotFound]);
}

#[test]
fn what_was_not_looked_at_is_not_taken_for_unusable() {
    let root = root();
    let mut values: Vec<_> = (0..210)
        .map(|n| (USER, Draft::person("alice@contoso.test").serial(&[1, 1, n]).sign(&root)))
        .collect();
    values.push((USER, vec![0x30; (1 << 20) + 1]));
    let many: Vec<String> = (0..1001).map(|n| format!("u{n}@contoso.test")).collect();
    let many = Draft::person("alice@contoso.test")
        .addresses(&many.iter().map(String::as_str).collect::<Vec<_>>())
        .sign(&root);
    values.push((USER, many.clone()));
    let ders: Vec<&[u8]> = values.iter().map(|(_, der)| der.as_slice()).collect();
    let unchecked = 11;
    // Of what a listing shows, those that are good go: they were asked for.
    for (withdrawal, left) in
        [(by_state(&[UnpublishState::Unusable]), 212), (listed(&ders[..210]), 12), (listed(&[&many]), 212)]
    {
        for force in [false, true] {
            let told = if left == 12 {
                10
            } else if withdrawal.listed.is_empty() {
                unchecked
            } else {
                1
            };
            let world = World::new(vec![person("alice", &values)]);
            let outcome = world.unpublish(Withdrawal { force, ..withdrawal.clone() });
            assert_eq!(world.values("id-alice").len(), left);
            let warnings = outcome.told.logged(LogLevel::Warning);
            let due = match told {
                1 => "1 certificate was not looked at to the end and stays. ".to_owned(),
                many => format!("{many} certificates were not looked at to the end and stay. "),
            } + "To take out such a certificate, name its thumbprint with -Thumbprint.";
            assert!(warnings.contains(&due), "{warnings:?}");
        }
    }
    let world = World::new(vec![person("alice", &values)]);
    world.unpublish(by_thumbprint(&[thumbprint(&many)]));
    assert_eq!(world.values("id-alice").len(), 211, "what is typed goes");
}

#[test]
fn what_is_in_a_listing_of_one_goes_from_nobody_else() {
    let shared = good("alice");
    let expired = expired("bob");
    let world = World::new(vec![
        person("alice", &[(USER, shared.clone())]),
        person("bob", &[(USER, shared.clone()), (USER, expired.clone())]),
    ]);
    let of = |anchor: &str, der: &[u8]| Listed {
        anchor: anchor.into(),
        thumbprint: vec![thumbprint(der)],
        value: Vec::new(),
    };
    let listing = vec![of("ID-ALICE", &shared), of("id-bob", &expired)];
    let outcome = world.unpublish(Withdrawal { listed: listing.clone(), ..Withdrawal::default() });
    assert_eq!(outcome.ok().numbers.exported, 2, "one run, {:?}", outcome.errors());
    assert!(world.values("id-alice").is_empty());
    assert_eq!(world.values("id-bob"), [(USER, shared)]);
    let again = world.unpublish(Withdrawal { listed: listing.clone(), ..Withdrawal::default() });
    assert_eq!(again.told.error_ids(), [ErrorId::CertificateNotFound; 2]);
    for with_more in [
        Withdrawal { listed: listing.clone(), ..by_state(&[UnpublishState::Expired]) },
        Withdrawal { listed: listing, identity: vec!["alice".into()], ..Withdrawal::default() },
    ] {
        assert_eq!(world.unpublish(with_more).run.unwrap_err().id, ErrorId::InvalidRequest);
    }
}

#[test]
fn an_unreadable_certificate_in_a_good_value_stays_and_that_is_said() {
    let broken = [0x30, 0x03, 0x02, 0x01, 0x05];
    let value = (SMIME, SignedData::certs_only(&[&good("alice"), &broken]));
    let world = World::new(vec![person("alice", std::slice::from_ref(&value))]);
    let mut listing = listed(&[]);
    listing.listed[0].value.push(Fingerprint::of(&value.1).to_string());
    for withdrawal in [by_state(&[UnpublishState::Unusable]), listing] {
        let outcome = world.unpublish(withdrawal);
        let warnings = outcome.told.logged(LogLevel::Warning);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("A certificate that can't be read of "), "{warnings:?}");
        assert_eq!(world.values("id-alice"), std::slice::from_ref(&value));
    }
}

#[test]
fn who_had_a_change_within_the_quiet_period_is_skipped_in_the_preview_as_in_the_run() {
    for what_if in [true, false] {
        let mut world = World::new(people(2));
        world.options.what_if = what_if;
        world.inside(|inside| inside.quiet = vec!["id-p0".into()]);
        let all: Vec<String> = (0..2).map(|n| thumbprint(&good(&format!("p{n}")))).collect();
        let outcome = world.unpublish(by_thumbprint(&all));
        let run = outcome.ok();
        assert_eq!((run.result, run.numbers.excluded), (RunResult::CompletedWithErrors, 1));
        assert_eq!((run.numbers.remove, run.numbers.exported), (1, u64::from(!what_if)));
        assert_eq!(outcome.changes().len(), 1);
        let due = "1 recipient was skipped, since it had a change within the quiet period. Run the same command again when it is over; \
                   no other run does it. -QuietPeriod sets the time.";
        assert_eq!(outcome.told.logged(LogLevel::Warning), [due]);
    }
}

#[test]
fn what_others_write_meanwhile_stays() {
    let world = World::new(vec![person("alice", &[(USER, good("alice")), (USER, expired("alice"))])]);
    world.inside(|inside| inside.intruder = Some(Value::new(USER, good("carol"))));
    world.unpublish(by_state(&[UnpublishState::Expired]));
    assert_eq!(world.values("id-alice"), [(USER, good("alice")), (USER, good("carol"))]);
}

#[test]
fn many_recipients_are_read_in_batches() {
    let mut recipients = people(150);
    for recipient in recipients.iter_mut().step_by(2) {
        recipient.values.push(Value::new(USER, b"garbage".to_vec()));
    }
    let world = World::new(recipients);
    let outcome = world.unpublish(by_state(&[UnpublishState::Unusable]));
    let numbers = &outcome.ok().numbers;
    assert_eq!((numbers.recipients, numbers.exported, numbers.unchanged), (150, 75, 75));
    assert!(world.inside(|inside| inside.recipients.iter().all(|one| one.values.len() == 1)));
}
