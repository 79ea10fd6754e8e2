use proptest::prelude::*;

use super::*;

const OLD: &str = "2026-11-01T08:00:00Z";
const NEW: &str = "2026-11-25T14:02:34Z";

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn entry(attributes: &[(&str, Vec<Vec<u8>>)]) -> Entry {
    let mut entry = Entry::new("CN=A,DC=x");
    for (name, values) in attributes {
        entry.add_attribute(name);
        values.iter().for_each(|value| entry.add_value(value));
    }
    entry
}

/// As Windows writes it, with the DN of the domain controller escaped.
fn xml(attribute: &str, changed: &str) -> Vec<u8> {
    format!(
        "<DS_REPL_ATTR_META_DATA>\n\t<pszAttributeName>{attribute}</pszAttributeName>\n\t<dwVersion>3</dwVersion>\n\t\
         <ftimeLastOriginatingChange>{changed}</ftimeLastOriginatingChange>\n\t\
         <uuidLastOriginatingDsaInvocationID>8b7e5c1a-5c1d-4b6e-9c0e-2f2a3b4c5d6e</uuidLastOriginatingDsaInvocationID>\n\t\
         <usnOriginatingChange>4711</usnOriginatingChange>\n\t<usnLocalChange>4711</usnLocalChange>\n\t\
         <pszLastOriginatingDsaDN>CN=NTDS Settings,CN=DC&amp;1</pszLastOriginatingDsaDN>\n</DS_REPL_ATTR_META_DATA>\n\0"
    )
    .into_bytes()
}

fn binary(changes: &[(u32, &str)]) -> Vec<u8> {
    let mut bytes = [1u32, 0, changes.len() as u32, 0].map(u32::to_le_bytes).concat();
    for (attid, changed) in changes {
        bytes.extend([*attid, 2].map(u32::to_le_bytes).concat());
        bytes.extend((time(changed).0 + WINDOWS_EPOCH).to_le_bytes());
        bytes.extend([7; 32]);
    }
    bytes
}

fn when_changed() -> (&'static str, Vec<Vec<u8>>) {
    ("whenChanged", vec![b"20261125130000.0Z".to_vec()])
}

#[test]
fn the_later_change_of_the_two_attributes_counts_and_others_do_not() {
    let certificate = ("userCertificate", vec![vec![0x30]]);
    for (name, values) in [
        (
            "msDS-ReplAttributeMetaData;range=0-*",
            vec![
                xml("lastLogon", "2026-11-25T15:00:00Z"),
                xml("USERCERTIFICATE", OLD),
                xml("userSMIMECertificate", NEW),
            ],
        ),
        (
            "replPropertyMetaData",
            vec![binary(&[(0, "2026-11-25T15:00:00Z"), (0x24, OLD), (0x0014_008c, NEW)])],
        ),
        ("replPropertyMetaData", vec![binary(&[(0x24, NEW)])]),
    ] {
        let entry = entry(&[certificate.clone(), (name, values), when_changed()]);
        assert_eq!(last_change(&entry), LastChange::At(time(NEW)), "{name}");
    }
}

#[test]
fn an_object_that_never_had_values_never_had_a_change_of_them() {
    for metadata in [
        ("msDS-ReplAttributeMetaData", vec![xml("cn", NEW)]),
        ("replPropertyMetaData", vec![binary(&[(3, NEW)])]),
    ] {
        assert_eq!(last_change(&entry(&[metadata, when_changed()])), LastChange::Never);
    }
}

#[test]
fn metadata_that_is_missing_or_not_believed_leaves_the_change_of_the_whole_object() {
    let certificate = ("userCertificate", vec![vec![0x30]]);
    let mut cut = binary(&[(0x24, OLD)]);
    cut.pop();
    let mut version_2 = binary(&[(0x24, OLD)]);
    version_2[0] = 2;
    let mut more = binary(&[(0x24, OLD)]);
    more[8] = 2;
    for (what, metadata) in [
        ("none", ("description", vec![])),
        ("nothing of the attribute", ("replPropertyMetaData", vec![binary(&[(3, OLD)])])),
        ("nothing of the attribute in XML", ("msDS-ReplAttributeMetaData", vec![xml("cn", OLD)])),
        ("no XML", ("msDS-ReplAttributeMetaData", vec![b"<DS".to_vec()])),
        ("no time", ("msDS-ReplAttributeMetaData", vec![xml("userCertificate", "yesterday")])),
        ("cut", ("replPropertyMetaData", vec![cut])),
        ("of another version", ("replPropertyMetaData", vec![version_2])),
        ("of another count", ("replPropertyMetaData", vec![more])),
    ] {
        let entry = |more| entry(&[vec![certificate.clone(), metadata.clone()], more].concat());
        let whole = LastChange::At(time("2026-11-25T13:00:00Z"));
        assert_eq!(last_change(&entry(vec![when_changed()])), whole, "{what}");
        assert_eq!(last_change(&entry(vec![])), LastChange::Unknown, "{what}");
    }
}

#[test]
fn what_one_kind_of_metadata_lacks_the_other_has() {
    let entry = entry(&[
        ("userCertificate", vec![vec![0x30]]),
        ("msDS-ReplAttributeMetaData", vec![b"<".to_vec()]),
        ("replPropertyMetaData", vec![binary(&[(0x24, OLD)])]),
        when_changed(),
    ]);
    assert_eq!(last_change(&entry), LastChange::At(time(OLD)));
}

proptest! {
    #[test]
    fn any_metadata_is_understood_or_not_believed(bytes: Vec<u8>, text in "[<>/a-zA-Z&; \\[\\]!-]{0,100}", at in 0usize..120, byte: u8) {
        let mut changed = binary(&[(0x24, OLD), (3, NEW)]);
        if let Some(place) = changed.get_mut(at) {
            *place = byte;
        }
        for value in [bytes, text.into_bytes(), changed] {
            for name in [XML, BINARY, WHEN_CHANGED] {
                let _ = last_change(&entry(&[(name, vec![value.clone()])]));
            }
        }
    }
}
