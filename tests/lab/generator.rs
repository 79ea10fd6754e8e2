//! The generated directory is what it says it is.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
};

use smime_sync::{
    directory::{Selection, Source, SourceItem, ldif::LdifSource},
    model::{Attribute, CertificateState, Evaluation, Fingerprint, Recipient, Severity, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::load_anchors,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{
    common::events::context,
    generate::generator::{Expected, Format, Kinds, Settings, generate},
};

/// A generated directory, read again.
struct Directory {
    folder: tempfile::TempDir,
    expected: Vec<Expected>,
    recipients: HashMap<String, Recipient>,
}

impl Directory {
    fn of(settings: &Settings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        generate(settings, folder.path()).expect("generated");
        let expected = fs::read(folder.path().join("expected.json")).expect("read");
        let expected = serde_json::from_slice(&expected).expect("JSON");
        let recipients = read(&folder.path().join("directory.ldif"));
        Self { folder, expected, recipients }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("read")
    }
}

/// The recipients by their DNs; nothing in the file may be invalid.
fn read(path: &Path) -> HashMap<String, Recipient> {
    let mut recipients = HashMap::new();
    let context = context().0;
    LdifSource::open(path)
        .expect("opened")
        .read(&Selection::All, &context, &mut |item| match item {
            SourceItem::Recipient(recipient) => {
                recipients.insert(recipient.distinguished_name.clone(), recipient);
                Ok(())
            }
            SourceItem::Invalid(error) => Err(error),
        })
        .expect("read");
    recipients
}

fn settings(people: u64) -> Settings {
    Settings { people, ..Settings::default() }
}

#[test]
fn the_same_settings_give_the_same_bytes_on_every_machine() {
    // A deliberate change of the generator changes these; nothing else may.
    let directory = Directory::of(&settings(300));
    let fingerprints: BTreeMap<_, _> = ["directory.ldif", "expected.json", "anchors/contoso-issuing.pem"]
        .map(|name| (name, Fingerprint::of(directory.file(name).as_bytes()).to_string()))
        .into();
    let golden = include_str!("../data/generated-300.sha256");
    let golden: BTreeMap<_, _> = golden.lines().filter_map(|line| line.split_once("  ")).collect();
    let golden: BTreeMap<_, _> = golden.into_iter().map(|(hash, name)| (name, hash.to_owned())).collect();
    assert_eq!(fingerprints, golden);
}

#[test]
fn every_recipient_is_read_as_expected_and_no_computer_is_one() {
    let directory = Directory::of(&settings(300));
    let people: Vec<_> = directory.expected.iter().filter(|e| e.recipient_kind.is_some()).collect();
    assert_eq!((people.len(), directory.recipients.len()), (300, 300));
    for expected in people {
        let recipient = &directory.recipients[&expected.distinguished_name];
        assert_eq!(Some(&recipient.anchor), expected.anchor.as_ref());
        assert_eq!(recipient.primary_address(), expected.address.as_deref());
        assert_eq!(Some(format!("{:?}", recipient.kind)), expected.recipient_kind);
        assert_eq!(recipient.disabled, expected.disabled, "{expected:?}");
        assert_eq!(recipient.values.len(), expected.values, "{expected:?}");
    }
    let computers: Vec<_> = directory.expected.iter().filter(|e| e.kind == "Computer").collect();
    assert_eq!(computers.len(), 6);
    assert!(computers.iter().all(|e| !directory.recipients.contains_key(&e.distinguished_name)));
}

#[test]
fn addresses_account_names_and_anchors_are_unique() {
    let directory = Directory::of(&settings(2000));
    let all = |of: &dyn Fn(&Recipient) -> Option<String>| {
        let texts: Vec<_> =
            directory.recipients.values().filter_map(of).map(|text| text.to_lowercase()).collect();
        let unique: BTreeSet<_> = texts.iter().cloned().collect();
        assert_eq!(texts.len(), unique.len());
        unique
    };
    assert_eq!(all(&|r| r.primary_address().map(str::to_owned)).len(), 2000);
    assert_eq!(all(&|r| Some(r.anchor.clone())).len(), 2000);
    assert!(all(&|r| r.sam_account_name.clone()).iter().all(|name| name.len() <= 20));
}

#[test]
fn the_first_26_show_every_kind_and_of_the_others_four_in_five_are_good() {
    let directory = Directory::of(&settings(1000));
    let kinds: BTreeSet<_> = directory.expected.iter().map(|e| e.kind.as_str()).collect();
    let first: BTreeSet<_> = directory.expected.iter().take(26).map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds.difference(&first).copied().collect::<Vec<_>>(), ["Computer"]);
    assert_eq!(first.len(), 22);
    let good = directory.expected.iter().filter(|e| e.kind == "Good").count();
    assert!((770..=810).contains(&good), "{good}");
    let alice = &directory.expected[0];
    assert_eq!((alice.address.as_deref(), alice.kind.as_str()), (Some("alice@contoso.test"), "Good"));
}

#[test]
fn only_good_people_are_made_where_only_they_are_wanted() {
    let directory = Directory::of(&Settings { kinds: Kinds::Good, ..settings(100) });
    let people = directory.expected.iter().filter(|e| e.recipient_kind.is_some());
    assert!(people.clone().all(|e| e.kind == "Good" && e.chosen.len() == 1 && e.rules.is_empty()));
    assert_eq!(people.count(), 100);
}

#[test]
fn what_should_be_chosen_is_among_the_values_and_signed_by_an_anchor() {
    let directory = Directory::of(&settings(130));
    let pems = fs::read_dir(directory.folder.path().join("anchors")).expect("anchors");
    let anchors: Vec<_> = pems
        .map(|file| {
            let pem = fs::read(file.expect("a file").path()).expect("read");
            x509_parser::pem::parse_x509_pem(&pem).expect("PEM").1.contents
        })
        .collect();
    let anchors: Vec<_> = anchors.iter().map(|der| X509Certificate::from_der(der).expect("DER").1).collect();
    assert_eq!(anchors.len(), 3);
    let mut checked = 0;
    for expected in directory.expected.iter().filter(|e| !e.chosen.is_empty()) {
        let recipient = &directory.recipients[&expected.distinguished_name];
        let inside: Vec<_> =
            recipient.values.iter().flat_map(|value| certificates_inside(&value.bytes)).collect();
        assert_eq!(expected.chosen.len(), expected.thumbprints.len());
        for chosen in &expected.chosen {
            let der = inside.iter().find(|der| Fingerprint::of(der).to_string() == *chosen);
            let der = der.unwrap_or_else(|| panic!("{chosen} is not there: {expected:?}"));
            let (_, certificate) = X509Certificate::from_der(der).expect("DER");
            let issuer = anchors.iter().find(|anchor| anchor.subject() == certificate.issuer());
            let key = issuer.expect("an anchor").public_key();
            certificate.verify_signature(Some(key)).unwrap_or_else(|e| panic!("{expected:?}: {e}"));
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

/// Every certificate that begins anywhere in some bytes, or in the bytes that they are the base64 of.
fn certificates_inside(bytes: &[u8]) -> Vec<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let decoded = STANDARD.decode(bytes).unwrap_or_default();
    let mut found = Vec::new();
    for bytes in [bytes, &decoded] {
        for start in 0..bytes.len() {
            if let Ok((rest, _)) = X509Certificate::from_der(&bytes[start..]) {
                found.push(bytes[start..bytes.len() - rest.len()].to_vec());
            }
        }
    }
    found
}

#[test]
fn each_kind_is_wrong_in_the_way_that_it_says() {
    let directory = Directory::of(&settings(26));
    let certificates = |kind: &str, attribute: Attribute| -> Vec<Vec<u8>> {
        let expected = directory.expected.iter().find(|e| e.kind == kind).expect(kind);
        let values = &directory.recipients[&expected.distinguished_name].values;
        values.iter().filter(|v| v.attribute == attribute).map(|v| v.bytes.to_vec()).collect()
    };
    let of = |kind: &str| certificates(kind, Attribute::UserCertificate);
    let smime = |kind: &str| certificates(kind, Attribute::UserSmimeCertificate);
    let years = |der: &[u8]| {
        let (_, certificate) = X509Certificate::from_der(der).expect("DER");
        let validity = certificate.validity();
        (validity.not_before.to_datetime().year(), validity.not_after.to_datetime().year())
    };
    assert_eq!(of("Good").iter().map(|der| years(der)).collect::<Vec<_>>(), [(2025, 2035)]);
    assert_eq!(of("Renewed").iter().map(|der| years(der)).collect::<Vec<_>>(), [(2020, 2023), (2025, 2035)]);
    assert_eq!(of("Expired").iter().map(|der| years(der)).collect::<Vec<_>>(), [(2020, 2023)]);
    assert_eq!(of("NotYetValid").iter().map(|der| years(der)).collect::<Vec<_>>(), [(2040, 2045)]);
    assert_eq!(of("SixteenValues").len(), 16);
    assert_eq!(of("SixteenValues").iter().filter(|der| years(der) == (2020, 2023)).count(), 15);
    assert_eq!((of("NoValues").len(), smime("NoValues").len()), (0, 0));
    assert_eq!(of("Duplicate"), smime("Duplicate"));
    assert!(X509Certificate::from_der(&of("Garbage")[0]).is_err());
    assert!(of("Base64")[0].is_ascii());
    let weak = of("WeakKey");
    let (_, weak) = X509Certificate::from_der(&weak[0]).expect("DER");
    assert_eq!(weak.public_key().parsed().expect("a key").key_size(), 1024);
    let logon = of("WrongPurpose");
    let (_, logon) = X509Certificate::from_der(&logon[0]).expect("DER");
    let usage = logon.extended_key_usage().expect("readable").expect("there").value;
    assert!(!usage.email_protection && !usage.any && !usage.other.is_empty());
    let stranger = of("Untrusted");
    let (_, stranger) = X509Certificate::from_der(&stranger[0]).expect("DER");
    assert_eq!(stranger.issuer().to_string(), "O=Mallory, CN=Mallory CA");
    assert_eq!((of("StaleSmime").len(), smime("StaleSmime").len()), (1, 1));
    assert!(certificates_inside(&smime("StaleSmime")[0]).iter().all(|der| years(der) == (2020, 2023)));
    assert_eq!(certificates_inside(&smime("SignedData")[0]).len(), 3);
    assert_eq!(certificates_inside(&smime("CertificatesOnly")[0]).len(), 2);
    assert_eq!(smime("TaggedBlocks")[0][..8], [1, 0, 8, 0, 1, 0, 0, 0]);
    assert_eq!((of("Pair").len(), smime("Pair").len()), (2, 0));
}

#[test]
fn revision_2_changes_ten_people_and_nobody_else() {
    let before = Directory::of(&settings(100)).recipients;
    let after = Directory::of(&Settings { revision: 2, ..settings(100) }).recipients;
    let changed = |dn: &&String| before.get(*dn) != after.get(*dn);
    let dns: BTreeSet<_> = before.keys().chain(after.keys()).filter(changed).collect();
    let expected = [
        "CN=Carol Clark",
        "CN=Heidi Hughes",
        "CN=Nina Nash",
        "CN=Uma Underwood",
        "CN=Victor Vance",
        "CN=Walter Ward",
        "CN=Yvonne Young",
        "CN=Zoë Zimmer",
    ];
    let names: Vec<_> = dns.iter().map(|dn| dn.split(",OU").next().unwrap_or_default()).collect();
    let (named, new): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| !name.ends_with(char::is_numeric));
    assert_eq!(named, expected);
    assert_eq!(new.len(), 2, "{new:?}");
    assert_eq!((before.len(), after.len()), (100, 101));
    let values = |people: &HashMap<String, Recipient>, dn: &str| people.get(dn).map(|r| r.values.len());
    for (name, count) in [
        ("Carol Clark", Some(2)),
        ("Uma Underwood", Some(2)),
        ("Walter Ward", Some(0)),
        ("Victor Vance", None),
    ] {
        assert_eq!(values(&after, &format!("CN={name},OU=People,DC=contoso,DC=test")), count, "{name}");
    }
}

#[test]
fn the_samba_format_has_units_first_and_nothing_that_only_the_directory_writes() {
    let base = "DC=fabrikam,DC=example";
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings { format: Format::Samba, base: base.to_owned(), ..settings(100) };
    generate(&settings, folder.path()).expect("generated");
    let text = fs::read_to_string(folder.path().join("directory.ldif")).expect("read");
    for name in ["objectGUID", "whenChanged", "objectCategory", "msExchRecipientTypeDetails"] {
        assert!(!text.contains(name), "{name}");
    }
    let unfolded = text.replace("\n ", "");
    let dns: Vec<_> = unfolded.lines().filter_map(|line| line.strip_prefix("dn: ")).collect();
    assert!(dns.iter().take(3).all(|dn| dn.starts_with("OU=")));
    assert!(dns.iter().all(|dn| dn.ends_with(base)));
    // 546: disabled, no password needed; 544: enabled; 4128: a workstation.
    for value in ["544", "546", "4128"] {
        assert!(text.contains(&format!("userAccountControl: {value}\n")), "{value}");
    }
    assert_eq!(read(&folder.path().join("directory.ldif")).len(), 100);
}

#[test]
fn the_policy_makes_of_everybody_what_is_expected() {
    for revision in [1, 2] {
        let directory = Directory::of(&Settings { revision, ..settings(260) });
        let anchors = load_anchors(&[directory.folder.path().join("anchors")]).expect("anchors");
        let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
        for now in ["2026-11-25T00:00:00Z", "2033-12-31T00:00:00Z"] {
            let now = Timestamp::parse(now).expect("a time");
            for expected in directory.expected.iter().filter(|e| e.recipient_kind.is_some()) {
                let recipient = &directory.recipients[&expected.distinguished_name];
                let found = evaluate(recipient, &policy, &anchors, now);
                assert_eq!(chosen(&found), sorted(&expected.chosen), "{expected:?}");
                assert_eq!(found.desired.is_empty(), expected.chosen.is_empty(), "{expected:?}");
                let rules = |least: Severity| -> BTreeSet<String> {
                    let all = found.certificates.iter().flat_map(|c| &c.findings).chain(&found.findings);
                    all.filter(|finding| finding.severity >= least)
                        .map(|finding| finding.rule.clone())
                        .collect()
                };
                let named: BTreeSet<String> = expected.rules.iter().cloned().collect();
                assert!(
                    rules(Severity::Notice).is_superset(&named),
                    "{expected:?}: {:?}",
                    rules(Severity::Notice)
                );
                assert!(
                    rules(Severity::Warning).is_subset(&named),
                    "{expected:?}: {:?}",
                    rules(Severity::Warning)
                );
            }
        }
    }
}

fn sorted(fingerprints: &[String]) -> BTreeSet<String> {
    fingerprints.iter().cloned().collect()
}

fn chosen(found: &Evaluation) -> BTreeSet<String> {
    let chosen = found.certificates.iter().filter(|entry| entry.state == CertificateState::Chosen);
    chosen.filter_map(|entry| entry.certificate.as_ref()).map(|c| c.fingerprint.to_string()).collect()
}
