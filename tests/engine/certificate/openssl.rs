//! OpenSSL as second opinion: on values that it makes, on certificates, and on chains. Without `openssl` on the
//! PATH these tests fail.

use std::{collections::BTreeSet, path::Path, process::Command};

use smime_sync::{
    certificate::{AddressOrigin, Certificate, ValueContent, ValueForm, ValueProblem, read_value},
    model::{Attribute, Fingerprint},
    trust::{ChainStatus, TrustAnchors},
};

use crate::common::{
    certificates::*,
    judging::{SMIME, chain_of},
};

/// Runs openssl in `folder`; its output, if it succeeds.
pub(super) fn try_openssl(folder: &Path, arguments: &str) -> Result<String, String> {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl must be installed for this test");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

pub(super) fn openssl(folder: &Path, arguments: &str) -> String {
    try_openssl(folder, arguments).unwrap_or_else(|error| panic!("openssl {arguments}: {error}"))
}

fn fingerprints(content: &ValueContent) -> BTreeSet<Fingerprint> {
    content.certificates.iter().map(|certificate| certificate.fingerprint).collect()
}

/// A folder with a CA, and for an RSA and an EC person a key, a certificate and one file with all certificates.
fn workshop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("body.txt"), "Empty Body").unwrap();
    std::fs::write(at.join("index.txt"), "").unwrap();
    std::fs::write(at.join("crlnumber"), "01\n").unwrap();
    let config = "[ca]\ndefault_ca=lab\n[lab]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n\
                  [req]\ndistinguished_name=dn\n[dn]\n[person]\nkeyUsage=digitalSignature,keyEncipherment,keyAgreement\n\
                  extendedKeyUsage=emailProtection\nsubjectAltName=email:alice@contoso.test\nsubjectKeyIdentifier=hash\n";
    std::fs::write(at.join("openssl.cnf"), config).unwrap();
    let ca = "-days 300 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign,cRLSign";
    openssl(at, &format!("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Lab {ca}"));
    openssl(at, "ca -config openssl.cnf -gencrl -keyfile ca.key -cert ca.pem -crldays 30 -out crl.pem");
    for (name, key) in [("rsa", "rsa:2048"), ("ec", "ec -pkeyopt ec_paramgen_curve:P-384")] {
        openssl(
            at,
            &format!("req -new -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"),
        );
        let sign =
            "-CA ca.pem -CAkey ca.key -CAcreateserial -days 100 -extfile openssl.cnf -extensions person";
        openssl(at, &format!("x509 -req -in {name}.csr -out {name}.pem {sign}"));
        let all =
            ["ca.pem", &format!("{name}.pem")].map(|file| std::fs::read_to_string(at.join(file)).unwrap());
        std::fs::write(at.join(format!("{name}-all.pem")), all.concat()).unwrap();
    }
    folder
}

#[test]
fn values_made_by_openssl_are_read_as_openssl_reads_them() {
    let folder = workshop();
    let at = folder.path();
    let sign = |who: &str, more: &str| {
        format!(
            "cms -sign -binary -in body.txt -signer {who}.pem -inkey {who}.key -certfile ca.pem -outform DER -out value.p7b {more}"
        )
    };
    use ValueProblem::{IndefiniteLength, TextEncoded, WeakDigest};
    for (arguments, who, problems) in [
        ("crl2pkcs7 -nocrl -certfile rsa-all.pem -outform DER -out value.p7b".to_owned(), "rsa", vec![]),
        ("crl2pkcs7 -in crl.pem -certfile rsa-all.pem -outform DER -out value.p7b".to_owned(), "rsa", vec![]),
        (
            "crl2pkcs7 -nocrl -certfile rsa-all.pem -outform PEM -out value.p7b".to_owned(),
            "rsa",
            vec![TextEncoded("PEM")],
        ),
        (sign("rsa", "-nodetach"), "rsa", vec![]),
        (sign("rsa", "-nodetach -stream"), "rsa", vec![IndefiniteLength]),
        (sign("rsa", "-nodetach -keyid"), "rsa", vec![]),
        (sign("rsa", "-nodetach -md sha1"), "rsa", vec![WeakDigest("SHA-1")]),
        (sign("rsa", "-nodetach -md sha512"), "rsa", vec![]),
        (sign("rsa", "-nodetach -noattr"), "rsa", vec![]),
        (sign("rsa", "-nodetach -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest"), "rsa", vec![]),
        (sign("ec", "-nodetach"), "ec", vec![]),
        (sign("ec", "-nodetach -md sha384 -stream"), "ec", vec![IndefiniteLength]),
    ] {
        openssl(at, &arguments);
        let bytes = std::fs::read(at.join("value.p7b")).unwrap();
        let content = read_value(SMIME, &bytes);
        assert_eq!(content.form, ValueForm::SignedData, "{arguments}");
        assert_eq!(content.problems, problems, "{arguments}");
        let form = if bytes.starts_with(b"-----") { "PEM" } else { "DER" };
        let printed = if arguments.contains("-keyid") {
            // `openssl pkcs7` knows no key identifiers.
            openssl(at, "cms -verify -noverify -inform DER -in value.p7b -certsout certificates.pem");
            std::fs::read_to_string(at.join("certificates.pem")).unwrap()
        } else {
            openssl(at, &format!("pkcs7 -inform {form} -in value.p7b -print_certs"))
        };
        let theirs = read_value(Attribute::UserCertificate, printed.as_bytes());
        assert_eq!(theirs.certificates.len(), 2, "{arguments}");
        assert_eq!(fingerprints(&content), fingerprints(&theirs), "{arguments}");
        let text = std::fs::read(at.join(format!("{who}-all.pem"))).unwrap();
        assert_eq!(fingerprints(&content), fingerprints(&read_value(SMIME, &text)), "{arguments}");
    }
}

#[test]
fn a_detached_or_changed_content_is_noticed_as_openssl_does() {
    let folder = workshop();
    let at = folder.path();
    openssl(
        at,
        "cms -sign -binary -nodetach -in body.txt -signer rsa.pem -inkey rsa.key -certfile ca.pem -outform DER -out value.p7b",
    );
    let good = std::fs::read(at.join("value.p7b")).unwrap();
    let body = good.windows(10).position(|window| window == b"Empty Body").unwrap();
    let last = good.len() - 1;
    for (change, reason) in
        [(body, "the message digest does not belong to the content"), (last, "the signature is wrong")]
    {
        let mut changed = good.clone();
        changed[change] ^= 1;
        std::fs::write(at.join("changed.p7b"), &changed).unwrap();
        let theirs =
            try_openssl(at, "cms -verify -binary -noverify -inform DER -in changed.p7b -out /dev/null");
        assert!(theirs.is_err());
        let content = read_value(SMIME, &changed);
        assert_eq!(content.problems, [ValueProblem::UnverifiedSignature(reason.into())]);
        assert_eq!(content.certificates.len(), 2);
    }
}

#[test]
fn values_of_our_own_making_are_good_for_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let root = root();
    let alice = root.person("alice@contoso.test", 9);
    let other = Draft::person("alice@contoso.test").usage(KEY_ENCIPHERMENT).serial(&[0x22]).sign(&root);
    let base = SignedData {
        certificates: vec![alice.der.clone(), other.clone(), root.der.clone()],
        signer: Some(&alice),
        microsoft_preference: Some(issuer_and_serial(&other)),
        ..Default::default()
    };
    for (value, good) in [
        (base.build(), true),
        (SignedData { by_key_id: true, ..base.clone() }.build(), true),
        (indefinite(&base.build(), 3), true),
        (SignedData { corrupt: true, ..base.clone() }.build(), false),
    ] {
        std::fs::write(at.join("value.p7b"), &value).unwrap();
        let theirs =
            try_openssl(at, "cms -verify -binary -noverify -inform DER -in value.p7b -out /dev/null");
        assert_eq!(theirs.is_ok(), good, "{theirs:?}");
        let ours = read_value(SMIME, &value);
        let unverified = |problem: &ValueProblem| matches!(problem, ValueProblem::UnverifiedSignature(_));
        assert_eq!(!ours.problems.iter().any(unverified), good);
    }
}

#[test]
fn certificates_say_to_us_what_they_say_to_openssl() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/pkilint-smime");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let content = read_value(Attribute::UserCertificate, &std::fs::read(&path).unwrap());
        let certificate = &content.certificates[0];
        let shown = "-nameopt RFC2253,utf8,-esc_msb -subject -issuer -serial -fingerprint -sha256";
        let theirs = openssl(&folder, &format!("x509 -in {name} -noout {shown}"));
        let summary = certificate.summary();
        let colons: Vec<_> = summary.fingerprint.0.iter().map(|octet| format!("{octet:02X}")).collect();
        let ours = format!(
            "subject={}\nissuer={}\nserial={}\nsha256 Fingerprint={}\n",
            openssl_names(&summary.subject),
            openssl_names(&summary.issuer),
            summary.serial_number.trim_start_matches("00"),
            colons.join(":")
        );
        assert_eq!(ours, theirs, "{name}");
        let theirs = openssl(&folder, &format!("x509 -in {name} -noout -email"));
        let mail = [AddressOrigin::Rfc822Name, AddressOrigin::SubjectEmailAddress];
        let ours = certificate.addresses.iter().filter(|address| mail.contains(&address.origin));
        let ours: BTreeSet<&str> = ours.map(|address| address.text.as_str()).collect();
        let theirs: BTreeSet<&str> = theirs.lines().collect();
        assert!(
            ours.is_subset(&theirs) && theirs.len() <= certificate.addresses.len(),
            "{name}: {ours:?} {theirs:?}"
        );
    }
}

/// OpenSSL's short names, where Windows has others.
fn openssl_names(name: &str) -> String {
    let parts = name.split(',').map(|part| match part.split_once('=') {
        Some(("E", value)) => format!("emailAddress={value}"),
        Some(("G", value)) => format!("GN={value}"),
        Some(("T", value)) => format!("title={value}"),
        Some(("SERIALNUMBER", value)) => format!("serialNumber={value}"),
        Some(("STREET", value)) => format!("street={value}"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(",")
}

/// A chain as both sides get it.
struct Chain {
    what: &'static str,
    leaf: Vec<u8>,
    intermediates: Vec<Authority>,
    anchor: Authority,
}

fn chains() -> Vec<Chain> {
    let root = root();
    let good = || Draft::person("alice@contoso.test");
    let forged = |mut draft: Draft| {
        draft.corrupt_signature = true;
        draft
    };
    let below = |what, change: &dyn Fn(Draft) -> Draft| {
        let ca = root.below("CN=Sub,O=Contoso", 4, change);
        Chain { what, leaf: good().sign(&ca), intermediates: vec![ca], anchor: root.clone() }
    };
    let subtree = |base: &[u8]| seq(&[&tlv(0xA0, &[&seq(&[&tlv(0x81, &[base])])])]);
    let short = Authority::root_of("CN=Short", 6, |draft| draft.ca(Some(0)));
    let under_short = short.below("CN=Too Deep", 7, |draft| draft);
    let alone = root.below("CN=Alone", 8, |draft| draft);
    let elsewhere = Authority::root("CN=Elsewhere", 5);
    vec![
        Chain { what: "direct", leaf: good().sign(&root), intermediates: vec![], anchor: root.clone() },
        below("one in between", &|draft| draft),
        below("no basic constraints", &|draft| draft.without("2.5.29.19")),
        below("no keyCertSign", &|draft| draft.usage(DIGITAL_SIGNATURE)),
        below("expired", &|draft| draft.valid(-9, -1)),
        below("not yet valid", &|draft| draft.valid(1, 9)),
        below("forged", &forged),
        below("unknown critical extension", &|draft| draft.extension("1.2.3.4", true, vec![5, 0])),
        below("permitted", &|draft| draft.extension("2.5.29.30", true, subtree(b"contoso.test"))),
        below("not permitted", &|draft| draft.extension("2.5.29.30", true, subtree(b"fabrikam.test"))),
        Chain {
            what: "path length",
            leaf: good().sign(&under_short),
            intermediates: vec![under_short],
            anchor: short,
        },
        Chain {
            what: "anchor not self-signed",
            leaf: good().sign(&alone),
            intermediates: vec![],
            anchor: alone,
        },
        Chain {
            what: "elsewhere",
            leaf: good().sign(&elsewhere),
            intermediates: vec![],
            anchor: root.clone(),
        },
        Chain { what: "leaf forged", leaf: forged(good()).sign(&root), intermediates: vec![], anchor: root },
    ]
}

#[test]
fn chains_hold_for_us_where_they_hold_for_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut held = 0;
    for chain in chains() {
        let untrusted: String = chain.intermediates.iter().map(|ca| pem_of(&ca.der)).collect();
        std::fs::write(at.join("leaf.pem"), pem_of(&chain.leaf)).unwrap();
        std::fs::write(at.join("untrusted.pem"), &untrusted).unwrap();
        std::fs::write(at.join("anchor.pem"), pem_of(&chain.anchor.der)).unwrap();
        let with = if untrusted.is_empty() { "" } else { "-untrusted untrusted.pem " };
        let arguments = format!(
            "verify -partial_chain -no-CApath -no-CAstore -attime {} -CAfile anchor.pem {with}leaf.pem",
            NOW.0
        );
        let theirs = try_openssl(at, &arguments);
        let parsed = |der: &[u8]| Certificate::from_der(der).unwrap();
        let intermediates: Vec<_> = chain.intermediates.iter().map(|ca| parsed(&ca.der)).collect();
        let anchors = TrustAnchors::new([parsed(&chain.anchor.der)]);
        let ours = chain_of(&parsed(&chain.leaf), &intermediates, &anchors, NOW);
        let trusted = matches!(ours, ChainStatus::Trusted { .. });
        assert_eq!(trusted, theirs.is_ok(), "{}: {ours:?}, {theirs:?}", chain.what);
        held += usize::from(trusted);
    }
    assert_eq!(held, 4);
}

#[test]
fn signatures_of_rsa_cas_are_checked_too() {
    let folder = workshop();
    let read = |file: &str| {
        let text = std::fs::read(folder.path().join(file)).unwrap();
        read_value(Attribute::UserCertificate, &text).certificates.remove(0)
    };
    let anchors = TrustAnchors::new([read("ca.pem")]);
    for file in ["rsa.pem", "ec.pem"] {
        let leaf = read(file);
        let status = chain_of(&leaf, &[], &anchors, leaf.not_before);
        assert!(matches!(status, ChainStatus::Trusted { .. }), "{status:?}");
        let mut forged = leaf.der().to_vec();
        *forged.last_mut().unwrap() ^= 1;
        let status = chain_of(&Certificate::from_der(&forged).unwrap(), &[], &anchors, leaf.not_before);
        let ChainStatus::Broken { reason, .. } = status else { panic!("{status:?}") };
        assert!(reason.ends_with("the signature is wrong"), "{reason}");
    }
}
