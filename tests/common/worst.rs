//! Recipients whose values cost as much as values can: what anybody may write into the own attributes, and more than
//! Active Directory takes, since LDIF, CSV and other directories do not limit it.

use smime_sync::{
    certificate::Certificate,
    model::{Attribute, Recipient},
    trust::TrustAnchors,
};

use super::certificates::*;

const USER: Attribute = Attribute::UserCertificate;
const SMIME: Attribute = Attribute::UserSmimeCertificate;

/// One recipient that costs much, and the anchors of its profile.
pub struct Worst {
    /// What is in it.
    pub what: &'static str,
    pub recipient: Recipient,
    pub anchors: TrustAnchors,
}

impl Worst {
    fn new(what: &'static str, values: Vec<(Attribute, Vec<u8>)>) -> Self {
        Self::below(what, values, &[&root().der])
    }

    fn below(what: &'static str, values: Vec<(Attribute, Vec<u8>)>, anchors: &[&[u8]]) -> Self {
        let anchors = TrustAnchors::new(anchors.iter().map(|der| Certificate::from_der(der).unwrap()));
        Self { what, recipient: alice_with(&values), anchors }
    }
}

/// `count` addresses, the last of them Alice's.
pub fn many_addresses(count: usize) -> Vec<String> {
    let others = (1..count).map(|n| format!("u{n}@contoso.test"));
    others.chain(["alice@contoso.test".to_owned()]).collect()
}

fn named(addresses: &[String]) -> Draft {
    good().addresses(&addresses.iter().map(String::as_str).collect::<Vec<_>>())
}

fn good() -> Draft {
    Draft::person("alice@contoso.test")
}

fn leaf(number: usize) -> Draft {
    let [.., a, b] = number.to_be_bytes();
    good().serial(&[0x11, a, b])
}

fn leaves(count: usize, issuer: &Authority) -> Vec<Vec<u8>> {
    (0..count).map(|n| leaf(n).sign(issuer)).collect()
}

fn certs_only(certificates: &[Vec<u8>]) -> Vec<u8> {
    SignedData { certificates: certificates.to_vec(), ..SignedData::default() }.build()
}

/// An object identifier of so many octets, all of one arc.
fn long_oid(octets: usize) -> Vec<u8> {
    let mut contents = vec![0x2A];
    contents.resize(octets, 0xFF);
    contents.push(0x7F);
    tlv(6, &[&contents])
}

/// All of them.
pub fn worst() -> Vec<Worst> {
    let root = root();
    let mut all = vec![
        Worst::new("20,000 names", vec![(USER, named(&many_addresses(20_000)).sign(&root))]),
        many_names_and_addresses(),
        many_names_and_constraints(),
        same_named_authorities(),
        Worst::new(
            "1,000 leaves of a trusted CA in one value",
            vec![(SMIME, certs_only(&leaves(1000, &root)))],
        ),
        Worst::new("1,200 valid values", leaves(1200, &root).into_iter().map(|der| (USER, der)).collect()),
        Worst::new(
            "1,200 times the same PKCS#7 of 40 leaves",
            vec![(SMIME, certs_only(&leaves(40, &root))); 1200],
        ),
        Worst::new("1,000 different PKCS#7 of 40 leaves", {
            let all = leaves(1040, &root);
            (0..1000).map(|n| (SMIME, certs_only(&all[n..n + 40]))).collect()
        }),
        Worst::new("30 RSA keys of a quarter million bits", {
            let keys = (0..30).map(|n| leaf(n).key(rsa_spki_of(&rsa_modulus(250_000, n as u8), &[1, 0, 1])));
            keys.map(|draft| (USER, draft.sign(&root))).collect()
        }),
        Worst::new("an RSA key of 8 million bits", {
            let key = rsa_spki_of(&rsa_modulus(8_000_000, 1), &[1, 0, 1]);
            vec![(USER, good().key(key).sign(&root))]
        }),
        Worst::new("an RSA exponent of 4 million bits", {
            let key = rsa_spki_of(&rsa_modulus(4_100_000, 1), &rsa_modulus(4_000_000, 2));
            vec![(USER, good().key(key).sign(&root))]
        }),
        long_names(),
        Worst::new("60,000 extensions, half of them twice", {
            let mut draft = good();
            for n in 0..60_000_u32 {
                let [_, a, b, c] = (n / 2).to_be_bytes();
                let id = format!("1.2.{}.{}.{}", u32::from(a) + 1, b, c);
                draft.extensions.push((id, true, vec![5, 0]));
            }
            vec![(USER, draft.sign(&root))]
        }),
        long_identifiers(),
        Worst::new("80,000 extended key usages", {
            let ids: Vec<u8> = (0..80_000_u32)
                .flat_map(|n| oid(&format!("1.3.6.1.{}.{}", n / 256 + 1, n % 256)))
                .chain(oid(EMAIL_PROTECTION))
                .collect();
            vec![(USER, good().extension("2.5.29.37", false, seq(&[&ids])).sign(&root))]
        }),
        Worst::new("80,000 policies", {
            let ids: Vec<u8> = (0..80_000_u32)
                .flat_map(|n| seq(&[&oid(&format!("1.3.6.1.{}.{}", n / 256 + 1, n % 256))]))
                .collect();
            vec![(USER, good().extension("2.5.29.32", false, seq(&[&ids])).sign(&root))]
        }),
        mesh(),
        Worst::new(
            "100,000 values that are no certificates",
            (0..100_000_u32).map(|n| (USER, n.to_be_bytes().to_vec())).collect(),
        ),
        Worst::new("PEM of 12,000 blocks with bytes behind", {
            let block = "-----BEGIN CERTIFICATE-----\nMAAFAAUABQAFAAUA\n-----END CERTIFICATE-----\n";
            vec![(USER, block.repeat(12_000).into_bytes())]
        }),
        signed_values(),
        large_signed_parts(),
        slow_key(
            "200 leaves below an RSA CA of 8192 bits with a large exponent",
            rsa_spki_of(&rsa_modulus(8192, 3), &[1, 0xFF, 0xFF, 0xFF, 0xFF]),
            "1.2.840.113549.1.1.11",
            &[0x55; 1024],
        ),
        slow_key(
            "200 leaves below a CA on P-384",
            {
                // Any point will do: the base point.
                let point = hex::decode(concat!(
                    "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
                    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"
                ));
                spki(&seq(&[&oid("1.2.840.10045.2.1"), &oid("1.3.132.0.34")]), &point.unwrap())
            },
            "1.2.840.10045.4.3.3",
            &seq(&[&tlv(2, &[&[0x55; 48]]), &tlv(2, &[&[0x33; 48]])]),
        ),
        Worst::new("1,000 stale userSMIMECertificate values", {
            let expired = (0..1000).map(|n| (SMIME, certs_only(&[leaf(n).valid(-300, -1).sign(&root)])));
            expired.chain([(USER, good().sign(&root))]).collect()
        }),
        Worst::new("1,000 certificates, each with 20 names that are no addresses", {
            let texts: Vec<String> = (0..20).map(|n| format!("no address {n}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            (0..1000).map(|n| (USER, leaf(n).addresses(&texts).sign(&root))).collect()
        }),
    ];
    all.push(Worst::new("30 MB of values", {
        let key = rsa_spki_of(&rsa_modulus(240_000, 1), &[1, 0, 1]);
        (0..1000).map(|n| (USER, leaf(n).key(key.clone()).sign(&root))).collect()
    }));
    all
}

fn many_names_and_addresses() -> Worst {
    let mut worst = Worst::new("20,000 names against 20,000 proxy addresses", {
        let names: Vec<String> = (0..20_000).map(|n| format!("other{n}@contoso.test")).collect();
        vec![(USER, named(&names).sign(&root()))]
    });
    worst.recipient.proxy_addresses = many_addresses(20_000);
    worst
}

fn many_names_and_constraints() -> Worst {
    let permitted: Vec<u8> = (0..2_000)
        .map(|n| format!("host{n}.contoso.test"))
        .chain(["contoso.test".to_owned()])
        .flat_map(|host| seq(&[&tlv(0x81, &[host.as_bytes()])]))
        .collect();
    let constraints = seq(&[&tlv(0xA0, &[&permitted])]);
    let ca =
        root().below("CN=Constrained", 5, |draft| draft.extension("2.5.29.30", true, constraints.clone()));
    let leaves = (0..20).map(|n| {
        let addresses = many_addresses(1000);
        leaf(n).addresses(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).sign(&ca)
    });
    let certificates: Vec<Vec<u8>> = leaves.chain([ca.der.clone()]).collect();
    Worst::new(
        "20 leaves of 1,000 names below 2,001 name constraints",
        vec![(SMIME, certs_only(&certificates))],
    )
}

/// 14 values, in which every certificate may have been signed by each of 34 CAs.
fn same_named_authorities() -> Worst {
    let root = root();
    let authorities: Vec<Authority> =
        (0..34).map(|n| root.below("CN=Same", 40 + n, |draft| Draft { key_ids: false, ..draft })).collect();
    let last = &authorities[33];
    let stranger = Authority { key: ec_key(99), ..last.clone() };
    let mut parts: Vec<Vec<u8>> =
        (0..500).map(|n| Draft { key_ids: false, ..leaf(n) }.sign(&stranger)).collect();
    parts.extend(authorities.iter().map(|ca| ca.der.clone()));
    let share = parts.len().div_ceil(14);
    let values = parts.chunks(share).map(|some| (SMIME, certs_only(some))).collect();
    Worst::new("14 values with 34 same-named CAs and 500 leaves", values)
}

/// Authorities of one name and one key, each of which may have signed each of the others.
fn mesh() -> Worst {
    let root = Authority::root_of("CN=Mesh", 7, |draft| Draft { key_ids: false, ..draft });
    let twins: Vec<Vec<u8>> = (0..60_u8)
        .map(|n| {
            let draft = Draft::bare("CN=Mesh").valid(-500, 2000).ca(None).serial(&[n + 1]);
            Draft { key_ids: false, ..draft.key(ec_spki(&root.key)) }.sign(&root)
        })
        .collect();
    let mut parts: Vec<Vec<u8>> = (0..200).map(|n| Draft { key_ids: false, ..leaf(n) }.sign(&root)).collect();
    parts.extend(twins);
    Worst::new("200 leaves below 60 twins of a CA that signed one another", vec![(SMIME, certs_only(&parts))])
}

fn long_names() -> Worst {
    let root = root();
    let mut values = Vec::new();
    for n in 0..1000 {
        let mut draft = leaf(n);
        draft.subject = format!("CN={}{n}", "long ".repeat(600));
        values.push((USER, draft.sign(&root)));
    }
    Worst::new("1,000 certificates with names of 3,000 letters", values)
}

/// The text of an arc of n octets takes n² steps.
fn long_identifiers() -> Worst {
    let der = good().extension("1.2.3.4.5", false, vec![5, 0]).sign(&root());
    let long = with_element(&der, &oid("1.2.3.4.5"), &long_oid(200_000));
    Worst::new("an extension with an identifier of 200,000 octets", vec![(USER, long)])
}

/// DER with the element `old` replaced, wherever it is, and every length around it put right.
pub fn with_element(der: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = der;
    while let [tag, ..] = *rest {
        let (head, length) = header(rest);
        let (element, after) = rest.split_at(head + length);
        let contents = &element[head..];
        if element == old {
            out.extend(new);
        } else if tag & 0x20 != 0 && contents.windows(old.len()).any(|part| part == old) {
            out.extend(tlv(tag, &[&with_element(contents, old, new)]));
        } else {
            out.extend(element);
        }
        rest = after;
    }
    out
}

/// Leaves with a signature that costs as much as a right one, by a key of somebody's own making.
fn slow_key(what: &'static str, key: Vec<u8>, algorithm: &str, signature: &[u8]) -> Worst {
    let ca = root().below("CN=Slow", 5, |draft| Draft { key_ids: false, ..draft.key(key.clone()) });
    let leaves = (0..200).map(|n| {
        let draft = Draft { key_ids: false, signature_algorithm: algorithm.into(), ..leaf(n) };
        replace_signature(&draft.sign(&ca), signature)
    });
    let certificates: Vec<Vec<u8>> = leaves.chain([ca.der.clone()]).collect();
    Worst::new(what, vec![(SMIME, certs_only(&certificates))])
}

/// The certificate with other octets as its signature, which is its last part.
fn replace_signature(der: &[u8], signature: &[u8]) -> Vec<u8> {
    let begins = |at: &usize| der[*at] == 3 && der.len() - at == usize::from(der[at + 1]) + 2;
    let at = (0..der.len() - 1).rev().find(begins).unwrap();
    with_element(der, &der[at..], &tlv(3, &[&[0], signature]))
}

fn signed_values() -> Worst {
    let root = root();
    let values = (0..300_usize).map(|n| {
        let signer = root.person("alice@contoso.test", (n % 200) as u8 + 20);
        let der = leaf(n).sign(&root);
        let value = SignedData {
            certificates: vec![signer.der.clone(), der.clone()],
            signer: Some(&signer),
            microsoft_preference: Some(issuer_and_serial(&der)),
            corrupt: true,
            ..SignedData::default()
        };
        (SMIME, value.build())
    });
    Worst::new("300 signed values, each signature tried twice", values.collect())
}

/// What is signed is hashed anew for each CA that may have signed it.
fn large_signed_parts() -> Worst {
    let root = root();
    let authorities: Vec<Authority> =
        (0..34).map(|n| root.below("CN=Same", 40 + n, |draft| Draft { key_ids: false, ..draft })).collect();
    let stranger = Authority { key: ec_key(99), ..authorities[0].clone() };
    let mut values: Vec<(Attribute, Vec<u8>)> = (0..12)
        .map(|n| {
            let draft = leaf(n).extension("1.2.3.4.5", false, vec![0; 900_000]);
            (USER, Draft { key_ids: false, ..draft }.sign(&stranger))
        })
        .collect();
    values.push((SMIME, certs_only(&authorities.iter().map(|ca| ca.der.clone()).collect::<Vec<_>>())));
    Worst::new("12 leaves of a megabyte below 34 same-named CAs", values)
}
