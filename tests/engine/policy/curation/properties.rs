//! What holds for any values and options.

use std::{collections::BTreeSet, sync::LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use proptest::{prelude::*, sample::subsequence};
use smime_sync::{
    model::{Attribute, CuratedValue, Fingerprint},
    profile::{PolicyName, RemovableValue},
};

use super::*;
use crate::common::{certificates::*, judging::*};

/// Certificates of every kind, and whether curation must leave them whatever is opted for.
fn pool() -> &'static [(Vec<u8>, bool)] {
    static POOL: LazyLock<Vec<(Vec<u8>, bool)>> = LazyLock::new(make_pool);
    &POOL
}

fn make_pool() -> Vec<(Vec<u8>, bool)> {
    let sub = root().below("CN=Sub", 4, |draft| draft);
    let elsewhere = Authority::root("CN=Elsewhere", 2);
    let of_alice = |n: u8| good().serial(&[n]);
    vec![
        (signed(&of_alice(1)), false),
        (signed(&of_alice(2).valid(-300, 60)), false),
        (signed(&of_alice(3).valid(-400, -1)), false),
        (of_alice(4).sign(&sub), false),
        (of_alice(5).sign(&elsewhere), false),
        (signed(&of_alice(6).key(rsa_spki(1024, 3))), false),
        (signed(&wrong_address()), false),
        (signed(&of_alice(7).usage(DIGITAL_SIGNATURE)), false),
        (signed(&of_alice(8).without("2.5.29.17")), false),
        (sub.der.clone(), true),
        (signed(&of_alice(9).valid(3, 400)), true),
        (signed(&of_alice(10).purposes(&[SMART_CARD])), true),
        (of_alice(11).purposes(&[EFS]).sign(&elsewhere), true),
        (signed(&wrong_address().purposes(&[CLIENT_AUTH]).key(rsa_spki(1024, 4))), true),
        (signed(&of_alice(12).purposes(&[EMAIL_PROTECTION, EFS])), true),
    ]
}

/// A value of some of them, in some form, in one of the attributes; sometimes with something unreadable.
fn a_value(pool: Vec<Vec<u8>>) -> impl Strategy<Value = (Attribute, Vec<u8>)> {
    (prop_oneof![Just(USER), Just(SMIME)], 0..7u8, subsequence(pool, 1..4)).prop_map(
        |(attribute, form, certificates)| {
            let first = &certificates[0];
            let mut all: Vec<&[u8]> = certificates.iter().map(Vec::as_slice).collect();
            let bytes = match form {
                0 | 1 => first.clone(),
                2 => BASE64.encode(first).into_bytes(),
                3 => [&first[..], &[0]].concat(),
                4 => SignedData::certs_only(&all),
                5 => {
                    all.push(&[0x30, 0]);
                    SignedData::certs_only(&all)
                }
                _ => first[..first.len() / 2].to_vec(),
            };
            (attribute, bytes)
        },
    )
}

fn values_and_options() -> impl Strategy<Value = (Values, Vec<RemovableValue>)> {
    let certificates = pool().iter().map(|(der, _)| der.clone()).collect();
    (
        proptest::collection::vec(a_value(certificates), 0..8),
        subsequence(ALL_OPTIONS.to_vec(), 0..=ALL_OPTIONS.len()),
    )
}

/// The certificates that the values which stay hold, by attribute.
fn holdings(values: &Values) -> BTreeSet<(Attribute, Fingerprint)> {
    let evaluation = evaluate_as(PolicyName::Standard, &alice_with(values));
    let of =
        |entry: smime_sync::model::JudgedCertificate| Some((entry.attribute, entry.certificate?.fingerprint));
    evaluation.certificates.into_iter().filter_map(of).collect()
}

fn split(values: &Values, removable: &[RemovableValue]) -> (Values, Values) {
    let goes = going(values, removable);
    let part = |wanted: bool| {
        values
            .iter()
            .zip(&goes)
            .filter(|(_, goes)| **goes == wanted)
            .map(|(value, _)| value.clone())
            .collect()
    };
    (part(false), part(true))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_stays_and_what_goes_is_everything_and_in_order((values, options) in values_and_options()) {
        let evaluation = curate_as(PolicyName::Standard, &alice_with(&values), &options, NOW);
        if !evaluation.curation.is_empty() {
            let all: Values =
                evaluation.curation.iter().map(|one| (one.value.attribute, one.value.bytes.to_vec())).collect();
            prop_assert_eq!(&all, &values);
            prop_assert!(evaluation.curation.iter().any(|one| one.removal.is_some()));
        }
        for desired in &evaluation.desired {
            let goes = evaluation.curation.iter().any(|one| one.value == desired.value && one.removal.is_some());
            prop_assert!(!goes, "a desired value goes");
        }
    }

    #[test]
    fn nothing_valid_of_another_purpose_ever_goes((values, options) in values_and_options()) {
        let (stays, _) = split(&values, &options);
        let (before, after) = (holdings(&values), holdings(&stays));
        for (der, _) in pool().iter().filter(|(_, keep)| *keep) {
            // A chain's CA certificate alone keeps no userSMIMECertificate value.
            let is_ca = smime_sync::certificate::Certificate::from_der(der).unwrap().is_ca();
            for attribute in [USER, SMIME].into_iter().filter(|_| !is_ca) {
                let one = (attribute, Fingerprint::of(der));
                prop_assert_eq!(before.contains(&one), after.contains(&one));
            }
        }
    }

    #[test]
    fn without_options_only_the_expired_and_the_unreadable_are_gone_afterwards((values, _) in values_and_options()) {
        let (stays, _) = split(&values, &[]);
        let expired = Fingerprint::of(&pool()[2].0);
        let cas: BTreeSet<Fingerprint> = [Fingerprint::of(&pool()[9].0)].into();
        let gone: Vec<_> = holdings(&values).difference(&holdings(&stays)).copied().collect();
        for (attribute, one) in gone {
            prop_assert!(one == expired || cas.contains(&one), "{} {} is gone", attribute, one);
        }
    }

    #[test]
    fn curating_again_takes_nothing_more((values, options) in values_and_options()) {
        let (stays, _) = split(&values, &options);
        prop_assert_eq!(split(&stays, &options).1, Values::new());
    }

    #[test]
    fn the_order_of_values_does_not_matter(
        (values, options) in values_and_options(),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut turned = values.clone();
        if !turned.is_empty() {
            let places = seed.index(turned.len());
            turned.rotate_left(places);
            turned.reverse();
        }
        let as_set = |values: Values| values.into_iter().collect::<BTreeSet<_>>();
        prop_assert_eq!(as_set(split(&values, &options).1), as_set(split(&turned, &options).1));
    }

    /// With options only what another policy wants published makes a difference.
    #[test]
    fn how_grave_the_policy_takes_things_does_not_matter((values, _) in values_and_options()) {
        let recipient = alice_with(&values);
        let due = curate_as(PolicyName::Standard, &recipient, &[], NOW).curation;
        for name in [PolicyName::Strict, PolicyName::Lenient] {
            let ours = curate_as(name, &recipient, &[], NOW).curation;
            let reasons = |curation: &[CuratedValue]| -> Vec<Option<String>> {
                curation.iter().map(|one| one.removal.clone()).collect()
            };
            prop_assert_eq!(reasons(&ours), reasons(&due));
        }
    }
}
