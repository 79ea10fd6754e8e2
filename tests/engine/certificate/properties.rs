//! No bytes whatever make the reader of values panic, and text reads as the bytes in it do.

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use smime_sync::certificate::read_value;

use crate::common::{
    certificates::*,
    judging::{SMIME, USER},
};

/// One value of each form, to mutate.
fn samples() -> Vec<Vec<u8>> {
    let root = root();
    let alice = root.person("alice@contoso.test", 9);
    let encryption = Draft::person("alice@contoso.test").usage(KEY_ENCIPHERMENT).serial(&[0x22]).sign(&root);
    let signed = SignedData {
        certificates: vec![encryption.clone(), alice.der.clone(), root.der.clone()],
        signer: Some(&alice),
        microsoft_preference: Some(issuer_and_serial(&encryption)),
        ..Default::default()
    }
    .build();
    vec![
        indefinite(&signed, 9),
        signed,
        pem_of(&encryption).into_bytes(),
        tlv(4, &[&encryption]),
        [block(3, &encryption), block(0x22, &[1; 20])].concat(),
        encryption,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), smime: bool) {
        let attribute = if smime { SMIME } else { USER };
        let content = read_value(attribute, &bytes);
        prop_assert!(!content.certificates.is_empty() || !content.problems.is_empty());
    }

    #[test]
    fn mutated_values_are_read_without_a_panic(
        which in 0usize..6,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        thread_local!(static SAMPLES: Vec<Vec<u8>> = samples());
        let mut bytes = SAMPLES.with(|samples| samples[which].clone());
        for (index, octet) in edits {
            let at = index.index(bytes.len());
            bytes[at] = octet;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let content = read_value(SMIME, &bytes);
        prop_assert!(!content.certificates.is_empty() || !content.problems.is_empty());
        content.certificates.iter().for_each(|certificate| drop(certificate.summary()));
    }

    #[test]
    fn text_gives_the_same_certificates_as_the_bytes_in_it(seed: u8, addresses in prop::collection::vec("[a-z]{1,8}@[a-z]{1,8}\\.test", 1..4)) {
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let der = Draft::person(addresses[0]).addresses(&addresses).serial(&[1, seed]).sign(&root());
        let due = read_value(USER, &der);
        prop_assert_eq!(&due.certificates[0].summary().addresses.len() , &{
            let mut distinct = addresses.clone(); distinct.sort(); distinct.dedup(); distinct.len()
        });
        for text in [pem_of(&der), STANDARD.encode(&der)] {
            let content = read_value(USER, text.as_bytes());
            prop_assert_eq!(&content.certificates, &due.certificates);
            prop_assert_eq!(content.form, due.form);
        }
    }
}
