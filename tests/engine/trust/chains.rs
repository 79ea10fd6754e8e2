//! Chains to anchors, and where anchors are read from.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use smime_sync::{
    certificate::Certificate,
    error::ErrorId,
    trust::{ChainStatus, TrustAnchors, load_anchors},
};

use crate::common::{certificates::*, judging::chain_of};

fn parsed(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}

fn anchors(of: &[&Authority]) -> TrustAnchors {
    TrustAnchors::new(of.iter().map(|authority| parsed(&authority.der)))
}

fn validate(leaf: &[u8], intermediates: &[&Authority], anchors: &TrustAnchors) -> ChainStatus {
    let intermediates: Vec<_> = intermediates.iter().map(|authority| parsed(&authority.der)).collect();
    chain_of(&parsed(leaf), &intermediates, anchors, NOW)
}

fn broken(status: ChainStatus) -> String {
    match status {
        ChainStatus::Broken { reason, .. } => reason,
        other => panic!("not broken: {other:?}"),
    }
}

fn good() -> Draft {
    Draft::person("alice@contoso.test")
}

#[test]
fn a_chain_may_end_at_any_ca_that_was_given() {
    let root = root();
    let policy = root.below("CN=Policy CA", 2, |draft| draft);
    let issuing = policy.below("CN=Issuing CA", 3, |draft| draft);
    let leaf = good().sign(&issuing);
    for (what, intermediates, anchor) in [
        ("the root, through two", vec![&policy, &issuing], &root),
        ("in any order", vec![&issuing, &policy], &root),
        ("the one in the middle", vec![&issuing], &policy),
        ("the issuing one, though not self-signed", vec![], &issuing),
    ] {
        let status = validate(&leaf, &intermediates, &anchors(&[anchor]));
        assert!(matches!(status, ChainStatus::Trusted { .. }), "{what}: {status:?}");
    }
    let direct = validate(&good().sign(&root), &[], &anchors(&[&root]));
    let changes = vec![NOW.plus(-1000 * DAY), NOW.plus(3000 * DAY + 1)];
    assert_eq!(direct, ChainStatus::Trusted { changes });
}

#[test]
fn the_missing_issuer_is_the_one_that_was_needed() {
    let root = root();
    let issuing = root.below("CN=Issuing CA", 3, |draft| draft);
    let leaf = good().sign(&issuing);
    let elsewhere = Authority::root("CN=Elsewhere", 7);
    let missing = |name: &str| ChainStatus::MissingIssuer(name.into());
    assert_eq!(validate(&leaf, &[], &anchors(&[&root])), missing("CN=Issuing CA"));
    assert_eq!(validate(&leaf, &[&issuing], &anchors(&[&elsewhere])), missing("CN=Lab Root,O=Contoso"));
    assert_eq!(validate(&leaf, &[], &TrustAnchors::default()), missing("CN=Issuing CA"));
    // A new key of the same CA: the key identifiers tell them apart.
    let renewed = Authority::root("CN=Lab Root,O=Contoso", 8);
    assert_eq!(validate(&good().sign(&root), &[], &anchors(&[&renewed])), missing("CN=Lab Root,O=Contoso"));
    assert!(matches!(
        validate(&good().sign(&root), &[], &anchors(&[&renewed, &root])),
        ChainStatus::Trusted { .. }
    ));
}

#[test]
fn self_signed_certificates_of_people_are_no_chains() {
    let own = Authority { name: "CN=alice".into(), key: ec_key(8), der: vec![] };
    let leaf = good().key(ec_spki(&own.key)).sign(&own);
    assert_eq!(validate(&leaf, &[], &anchors(&[&root()])), ChainStatus::SelfSigned);
}

#[test]
fn names_match_as_rfc_5280_says() {
    let root = root();
    let same = Authority { name: "CN=lab  ROOT,O=contoso".into(), ..root.clone() };
    assert!(matches!(validate(&good().sign(&same), &[], &anchors(&[&root])), ChainStatus::Trusted { .. }));
}

#[test]
fn cas_without_the_right_to_vouch_break_the_chain() {
    let root = root();
    let oid_name_constraints = "2.5.29.30";
    let odd_times = seq(&[&tlv(0x17, &[b"2601010000Z"]), &tlv(0x17, &[b"3001010000Z"])]);
    let permitted = |text: &str| seq(&[&tlv(0xA0, &[&seq(&[&tlv(0x81, &[text.as_bytes()])])])]);
    let sub = |change: &dyn Fn(Draft) -> Draft| root.below("CN=Sub", 4, change);
    let sha1 = |mut draft: Draft| {
        draft.signature_algorithm = ECDSA_SHA1.into();
        draft
    };
    let forged = |mut draft: Draft| {
        draft.corrupt_signature = true;
        draft
    };
    for (ca, reason) in [
        (sub(&|draft| draft.without("2.5.29.19")), "the issuer CN=Sub is not a CA"),
        (
            sub(&|draft| draft.usage(DIGITAL_SIGNATURE)),
            "the CA CN=Sub has no right to sign certificates (keyCertSign)",
        ),
        (
            sub(&|draft| draft.purposes(&[CLIENT_AUTH])),
            "the CA CN=Sub may not issue certificates for mail (extended key usage)",
        ),
        (
            sub(&|draft| draft.valid(-9, -1)),
            "the certificate of the CA CN=Sub expired on 2027-01-14 08:00 UTC",
        ),
        (
            sub(&|draft| draft.valid(1, 9)),
            "the certificate of the CA CN=Sub is valid only from 2027-01-16 08:00 UTC",
        ),
        (sub(&sha1), "the certificate of the CA CN=Sub is signed with ecdsa-with-SHA1, which is weak"),
        (sub(&forged), "of the certificate of CN=Sub, the signature is wrong"),
        (
            sub(&|draft| draft.extension("1.2.3.4", true, vec![5, 0])),
            "the certificate of the CA CN=Sub has the extension 1.2.3.4, which forbids its use",
        ),
        (
            sub(&|draft| draft.extension(oid_name_constraints, true, vec![0xFF])),
            "of the certificate of the CA CN=Sub, the extension nameConstraints (2.5.29.30) can't be read, which may forbid its use",
        ),
        (
            sub(&|draft| draft.extension("2.5.29.37", true, vec![0x30, 9, 6])),
            "of the certificate of the CA CN=Sub, the extension extKeyUsage (2.5.29.37) can't be read, which may forbid its use",
        ),
        (
            sub(&|draft| draft.extension("2.5.29.15", true, vec![3, 9])),
            "of the certificate of the CA CN=Sub, the extension keyUsage (2.5.29.15) can't be read, which may forbid its use",
        ),
        (
            sub(&|draft| Draft { version: 4, ..draft }),
            "the certificate of the CA CN=Sub is of version 4, which does not exist",
        ),
        (
            sub(&|draft| Draft { validity: Some(odd_times.clone()), ..draft }),
            "a time in the validity of the certificate of the CA CN=Sub has no seconds",
        ),
        (
            sub(&|draft| draft.extension(oid_name_constraints, true, permitted("fabrikam.test"))),
            "the CA CN=Sub is not allowed to issue for alice@contoso.test",
        ),
    ] {
        let leaf = good().sign(&ca);
        assert_eq!(broken(validate(&leaf, &[&ca], &anchors(&[&root]))), reason);
    }
}

#[test]
fn name_constraints_bind_the_names_below() {
    let root = root();
    let subtree = |tag: u8, name: &[u8]| seq(&[&tlv(tag, &[name])]);
    let permitted = |tree: Vec<u8>| seq(&[&tlv(0xA0, &[&tree])]);
    let excluded = |tree: Vec<u8>| seq(&[&tlv(0xA1, &[&tree])]);
    let contoso = name("O=Contoso");
    let subject = |text: &str| Draft { subject: text.into(), ..good() };
    let with = |tag: u8, name: &[u8]| {
        let mail = tlv(0x81, &[b"alice@contoso.test"]);
        good().extension("2.5.29.17", false, seq(&[&mail, &tlv(tag, &[name])]))
    };
    for (constraints, draft, holds) in [
        (permitted(subtree(0x81, b"contoso.test")), good(), true),
        (permitted(subtree(0x81, b".contoso.test")), good(), false),
        (excluded(subtree(0x81, b"contoso.test")), good(), false),
        (excluded(subtree(0x81, b"fabrikam.test")), good(), true),
        (permitted(subtree(0xA4, &contoso)), subject("CN=Alice,O=Contoso"), true),
        (permitted(subtree(0xA4, &contoso)), subject("CN=Alice,O=Fabrikam"), false),
        (excluded(subtree(0xA4, &contoso)), subject("CN=Alice,O=Contoso"), false),
        // Constraints on forms of names that are not there.
        (permitted(subtree(0x82, b"contoso.test")), good(), true),
        (permitted(subtree(0x88, &[0x2A, 3])), good(), true),
        (permitted(subtree(0x82, b"contoso.test")), with(0x82, b"www.contoso.test"), true),
        (permitted(subtree(0x82, b"contoso.test")), with(0x82, b"www.fabrikam.test"), false),
        (excluded(subtree(0x82, b"contoso.test")), with(0x82, b"www.contoso.test"), false),
        (excluded(subtree(0x86, b".contoso.test")), with(0x86, b"https://www.contoso.test/"), false),
        (permitted(subtree(0x86, b".contoso.test")), with(0x86, b"urn:nobody"), false),
        (permitted(subtree(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])), with(0x87, &[10, 1, 2, 3]), true),
        (permitted(subtree(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])), with(0x87, &[11, 1, 2, 3]), false),
        (permitted(subtree(0xA4, &contoso)), with(0xA4, &name("O=Fabrikam,CN=x")), false),
        // A form that nobody here compares, and a name of it.
        (permitted(subtree(0x88, &[0x2A, 3])), with(0x88, &[0x2A, 3]), false),
    ] {
        let sub =
            root.below("CN=Sub,O=Contoso", 4, |ca| ca.extension("2.5.29.30", true, constraints.clone()));
        let status = validate(&draft.sign(&sub), &[&sub], &anchors(&[&root]));
        assert_eq!(matches!(status, ChainStatus::Trusted { .. }), holds, "{status:?}");
    }
}

#[test]
fn the_path_length_counts_the_cas_in_between() {
    let root = Authority::root_of("CN=Root", 1, |draft| draft.ca(Some(1)));
    let one = root.below("CN=One", 2, |draft| draft);
    let two = one.below("CN=Two", 3, |draft| draft);
    assert!(matches!(validate(&good().sign(&one), &[&one], &anchors(&[&root])), ChainStatus::Trusted { .. }));
    assert_eq!(
        broken(validate(&good().sign(&two), &[&one, &two], &anchors(&[&root]))),
        "the CA CN=Root does not allow 2 CAs below it (pathLenConstraint)"
    );
}

#[test]
fn loops_and_mazes_of_cas_end() {
    // Every CA signs every other one: without a limit the search would take for ever.
    let name = "CN=Maze";
    for (count, due) in [
        (7, "the search for a chain was given up: it has too many steps"),
        (12, "too many CA certificates of the name CN=Maze are there"),
    ] {
        let status = search_maze(name, count);
        let ChainStatus::NotChecked { reason, .. } = status else { panic!("{count}: {status:?}") };
        assert_eq!(reason, due);
    }
}

fn search_maze(name: &str, count: u8) -> ChainStatus {
    let cas: Vec<_> =
        (1..=count).map(|seed| Authority { name: name.into(), key: ec_key(seed), der: vec![] }).collect();
    let mut maze = Vec::new();
    for signer in &cas {
        for (number, subject) in cas.iter().enumerate() {
            let draft = Draft::bare(name).ca(None).key(ec_spki(&subject.key)).serial(&[1, number as u8]);
            maze.push(Authority { der: draft.sign(signer), ..subject.clone() });
        }
    }
    let leaf = good().sign(&cas[0]);
    let intermediates: Vec<_> = maze.iter().collect();
    validate(&leaf, &intermediates, &anchors(&[&root()]))
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn anchors_are_read_from_files_and_folders_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, three] = [1, 2, 3].map(|seed| Authority::root(&format!("CN=Root {seed}"), seed));
    let sub = one.below("CN=Sub", 4, |draft| draft);
    let both = format!("# two roots\n{}{}", pem_of(&one.der), pem_of(&two.der));
    let pkcs7 = SignedData::certs_only(&[&two.der, &three.der, &sub.der]);
    let pem7 = format!("-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n", STANDARD.encode(&pkcs7));
    let file = write(folder.path(), "both.pem", both);
    write(folder.path(), "one.CER", &one.der);
    write(folder.path(), "bundle.p7b", pkcs7);
    let pem7 = write(folder.path(), "bundle-pem.p7b", pem7);
    write(folder.path(), "README.txt", "passed over");
    std::fs::create_dir(folder.path().join("inner.pem")).unwrap();
    for (path, count) in [(file, 2), (pem7, 3), (folder.path().to_owned(), 4)] {
        let anchors = load_anchors(std::slice::from_ref(&path)).unwrap();
        assert_eq!(anchors.len(), count, "{}", path.display());
    }
    let whole = load_anchors(&[folder.path().to_owned()]).unwrap();
    let same = TrustAnchors::new([&three, &two, &one, &sub].map(|authority| parsed(&authority.der)));
    assert_eq!(whole.fingerprint(), same.fingerprint());
    assert!(!whole.is_empty());
}

#[test]
fn what_is_no_anchor_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let root = root();
    let at = |name: &str, bytes: &[u8]| write(folder.path(), name, bytes);
    use ErrorId::{TrustAnchorMissing as Missing, TrustAnchorUnreadable as Unreadable};
    let bad_inside = SignedData::certs_only(&[&root.der, &[0x30, 0]]);
    for (path, id, part) in [
        (empty.path().to_owned(), Missing, "No CA certificate was found in"),
        (folder.path().join("absent.pem"), Missing, "Cannot read the trust anchors"),
        (at("garbage.cer", b"garbage"), Unreadable, "can't be read: it is neither a certificate nor PKCS#7"),
        (
            at("leaf.cer", &good().sign(&root)),
            Unreadable,
            "holds the certificate of CN=alice, which is not a CA certificate",
        ),
        (at("bad.p7b", &bad_inside), Unreadable, "has an unreadable certificate, number 2"),
        (
            at("cut.p7b", &[block(4, &root.der), vec![1]].concat()),
            Unreadable,
            "is damaged: a block is cut off",
        ),
        (at("large.pem", &vec![b' '; (16 << 20) + 1]), Unreadable, "is larger than 16777216 bytes"),
    ] {
        let error = load_anchors(std::slice::from_ref(&path)).unwrap_err();
        assert_eq!(error.id, id, "{error}");
        assert!(error.message.contains(part), "{error}");
        assert!(error.message.contains(&path.display().to_string()), "{error}");
        assert!(error.target.is_some() && !error.advice.is_empty());
    }
    let none = load_anchors(&[]).unwrap_err();
    assert_eq!((none.id, none.message.as_str()), (Missing, "No trust anchors are given."));
}
