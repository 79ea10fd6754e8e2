//! Selection, whatever certificates a recipient has.

use proptest::prelude::*;
use smime_sync::{model::*, profile::*};

use super::selection::*;
use crate::common::{certificates::*, judging::*};

/// What of a certificate decides, and where it stands among others.
#[derive(Debug, Clone)]
struct Kind {
    trusted: bool,
    named: bool,
    preferred: bool,
    usage: u16,
    from: i64,
    days: i64,
    bits: usize,
}

fn kind() -> impl Strategy<Value = Kind> {
    let usage = prop_oneof![
        Just(DIGITAL_SIGNATURE),
        Just(KEY_ENCIPHERMENT),
        Just(DIGITAL_SIGNATURE | KEY_ENCIPHERMENT)
    ];
    let bits = prop_oneof![Just(2048_usize), Just(3072)];
    (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2), usage, 1..4_i64, 60..62_i64, bits).prop_map(
        |(trusted, named, preferred, usage, from, days, bits)| Kind {
            trusted,
            named,
            preferred,
            usage,
            from,
            days,
            bits,
        },
    )
}

impl Kind {
    fn der(&self, serial: u8) -> Vec<u8> {
        let draft = rsa(self.bits).usage(self.usage).serial(&[serial + 1]).valid(-self.from, self.days);
        let draft = if self.named { draft } else { draft.without("2.5.29.17") };
        draft.sign(&if self.trusted { root() } else { Authority::root("CN=Elsewhere", 2) })
    }

    fn alone_for(&self, usage: u16) -> bool {
        self.usage == usage
    }

    /// Whether what is said of this one's advantage is a difference, in its favour.
    fn is_better_in(&self, why: &str, other: &Self) -> bool {
        match why {
            "which is trusted" => self.trusted && !other.trusted,
            "which names a mail address of the recipient" => self.named && !other.named,
            "which is preferred in userSMIMECertificate" => self.preferred && !other.preferred,
            "which is newer" => self.from < other.from,
            "which is for encryption alone" => {
                self.alone_for(KEY_ENCIPHERMENT) && !other.alone_for(KEY_ENCIPHERMENT)
            }
            "which is for signing alone" => {
                self.alone_for(DIGITAL_SIGNATURE) && !other.alone_for(DIGITAL_SIGNATURE)
            }
            "which lasts longer" => self.days > other.days,
            "which has the stronger key" => self.bits > other.bits,
            _ => why.starts_with("which is as good"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_reason_that_is_said_is_a_difference_between_the_two(
        kinds in prop::collection::vec(kind(), 1..6), all: bool
    ) {
        let ders: Vec<Vec<u8>> = (0..).zip(&kinds).map(|(n, kind)| kind.der(n)).collect();
        let value = |(kind, der): (&Kind, &Vec<u8>)| match kind.preferred && kind.usage & KEY_ENCIPHERMENT != 0 {
            true => (SMIME, block(3, der)),
            false => (USER, der.clone()),
        };
        let values: Vec<_> = kinds.iter().zip(&ders).map(value).collect();
        let prefers = |kind: &Kind| Kind { preferred: kind.preferred && kind.usage & KEY_ENCIPHERMENT != 0, ..kind.clone() };
        let kinds: Vec<Kind> = kinds.iter().map(prefers).collect();
        let selection = if all { SelectionName::AllUsable } else { SelectionName::Best };
        let evaluation = evaluate_with(selection, &values);
        let encrypts = kinds.iter().any(|kind| kind.usage & KEY_ENCIPHERMENT != 0);
        for (entry, kind) in evaluation.certificates.iter().zip(&kinds) {
            let said: Vec<_> = entry.findings.iter().filter(|one| one.rule == "superseded").collect();
            let due = entry.state == CertificateState::Usable && encrypts;
            prop_assert_eq!(said.len(), usize::from(due), "{:?} {:?}", entry.state, entry.findings);
            let Some(said) = said.first() else { continue };
            let better = ders.iter().position(|der| said.message.contains(&thumbprint(der))).unwrap();
            let (_, why) = said.message.split_once("), ").unwrap();
            prop_assert!(kinds[better].is_better_in(why.trim_end_matches('.'), kind), "{} {:#?}", said.message, kinds);
            prop_assert_eq!(evaluation.certificates[better].state, CertificateState::Chosen);
        }
    }

    /// Active Directory keeps no order of values, so the selection must not depend on it.
    #[test]
    fn the_order_of_values_does_not_matter(order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(), all: bool) {
        let root = root();
        let drafts = [
            good().serial(&[1]),
            good().serial(&[2]),
            good().usage(KEY_ENCIPHERMENT).serial(&[3]),
            good().usage(DIGITAL_SIGNATURE).serial(&[4]),
            good().valid(-9, -1).serial(&[5]),
        ];
        let mut values: Vec<_> = drafts.iter().map(user).collect();
        values.push((SMIME, SignedData::certs_only(&[&drafts[2].sign(&root)])));
        values.push((SMIME, SignedData::certs_only(&[&drafts[2].sign(&root), &root.der])));
        let selection = if all { SelectionName::AllUsable } else { SelectionName::Best };
        let due = desired(&evaluate_with(selection, &values));
        let shuffled: Vec<_> = order.iter().map(|index| values[*index].clone()).collect();
        prop_assert_eq!(desired(&evaluate_with(selection, &shuffled)), due);
    }
}
