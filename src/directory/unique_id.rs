//! What a directory other than Active Directory knows an object by.

use uuid::Uuid;

/// A UUID in its written form (RFC 4530), or the four groups of eight digits that `nsUniqueId` of 389 Directory Server
/// and its relatives is, which stay as they are: filters ask for the value as the server has it. `None` for anything else.
pub(super) fn parse(text: &[u8]) -> Option<String> {
    let text = text.trim_ascii();
    if let Ok(uuid) = Uuid::try_parse_ascii(text) {
        return Some(uuid.to_string());
    }
    let groups: Vec<&[u8]> = text.split(|byte| *byte == b'-').collect();
    let is_group = |group: &&[u8]| group.len() == 8 && group.iter().all(u8::is_ascii_hexdigit);
    let is_one = groups.len() == 4 && groups.iter().all(is_group);
    is_one.then(|| String::from_utf8_lossy(text).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_uuid_or_four_groups_of_eight_digits() {
        for (text, expected) in [
            ("00112233-4455-6677-8899-AABBCCDDEEFF", Some("00112233-4455-6677-8899-aabbccddeeff")),
            (" 00112233445566778899aabbccddeeff\n", Some("00112233-4455-6677-8899-aabbccddeeff")),
            ("3A1F0C01-1DD211B2-80A6C0A8-01010000", Some("3a1f0c01-1dd211b2-80a6c0a8-01010000")),
            ("3a1f0c01-1dd211b2-80a6c0a8-0101000", None),
            ("3a1f0c01-1dd211b2-80a6c0a8-0101000g", None),
            ("3a1f0c01-1dd211b2-80a6c0a8-01010000-00000000", None),
            ("3a1f0c01-1dd211b2-80a6c0a8", None),
            ("alice@x.test", None),
            ("", None),
        ] {
            assert_eq!(parse(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
