//! Certificates of public CAs, as pkilint's corpus has them, on their first and last second and after it.

use std::{fs, path::Path};

use smime_sync::{
    certificate::read_bundle,
    model::{Attribute, Timestamp},
};

use super::*;
use crate::common::{certificates::*, judging::*};

#[test]
fn real_certificates_stay_until_their_last_second_and_go_after_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/pkilint-smime");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let content = read_bundle(&fs::read(&path).unwrap());
        let [certificate] = content.certificates.as_slice() else { panic!("{}", path.display()) };
        seen += 1;
        let der = certificate.der().to_vec();
        let blocks: Vec<(Attribute, Vec<u8>)> =
            vec![(USER, der.clone()), (SMIME, SignedData::certs_only(&[&der]))];
        let recipient = alice_with(&blocks);
        let gone = |now: Timestamp| -> Vec<bool> {
            let curation = curate_as(PolicyName::Standard, &recipient, &[], now).curation;
            curation.iter().map(|one| one.removal.is_some()).collect()
        };
        let (first, last) = (certificate.not_before, certificate.not_after);
        for now in [first.plus(-1), first, last] {
            assert_eq!(gone(now), Vec::<bool>::new(), "{} at {now}", path.display());
        }
        assert_eq!(gone(last.plus(1)), [true, true], "{}", path.display());
        let sentence =
            curate_as(PolicyName::Standard, &recipient, &[], last.plus(1)).curation.remove(0).removal;
        assert_eq!(sentence, Some(format!("Expired at {last}.")));
    }
    assert!(seen > 90, "the corpus has {seen} certificates");
}
