//! Security identifiers (SID, [MS-DTYP] 2.4.2): bytes in `objectSid`, `S-1-5-21-…` for people. Pure.

/// A SID as people write it; `None` for what is none. Exports that have it as text already are taken as they are.
pub(super) fn shown(value: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(value)
        && parse(text).is_some()
    {
        return Some(text.trim().to_uppercase());
    }
    let (head, list) = value.split_at_checked(8)?;
    let [revision, count, authority @ ..] = head else { return None };
    let (parts, rest) = list.as_chunks::<4>();
    if *revision != 1 || parts.len() != usize::from(*count) || parts.len() > MOST || !rest.is_empty() {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let parts: String = parts.iter().map(|part| format!("-{}", u32::from_le_bytes(*part))).collect();
    Some(format!("S-1-{authority}{parts}"))
}

/// The bytes of a SID that somebody typed; `None` for a text that is none.
pub(super) fn parse(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.trim().split('-');
    if !parts.next()?.eq_ignore_ascii_case("S") || parts.next()? != "1" {
        return None;
    }
    let authority: u64 = parts.next()?.parse().ok().filter(|number| *number < 1 << 48)?;
    let parts: Vec<u32> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if parts.is_empty() || parts.len() > MOST {
        return None;
    }
    let mut bytes = vec![1, u8::try_from(parts.len()).ok()?];
    bytes.extend(authority.to_be_bytes().into_iter().skip(2));
    bytes.extend(parts.into_iter().flat_map(u32::to_le_bytes));
    Some(bytes)
}

/// Most parts of a SID, [MS-DTYP] 2.4.2.2.
const MOST: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    /// S-1-5-21-1004336348-1177238915-682003330-512, of [MS-DTYP] and of every introduction to SIDs.
    const ADMINS: [u8; 28] = [
        1, 5, 0, 0, 0, 0, 0, 5, 0x15, 0, 0, 0, 0xdc, 0xf4, 0xdc, 0x3b, 0x83, 0x3d, 0x2b, 0x46, 0x82, 0x8b,
        0xa6, 0x28, 0, 2, 0, 0,
    ];

    #[test]
    fn bytes_and_text_are_the_same_sid() {
        let text = "S-1-5-21-1004336348-1177238915-682003330-512";
        assert_eq!(shown(&ADMINS).as_deref(), Some(text));
        assert_eq!(parse(text).as_deref(), Some(&ADMINS[..]));
        assert_eq!(shown(b" s-1-5-18 ").as_deref(), Some("S-1-5-18"));
    }

    #[test]
    fn what_is_no_sid_is_none() {
        let (cut, long) = (&ADMINS[..27], [&ADMINS[..], &[0; 4]].concat());
        for bytes in
            [&[][..], &ADMINS[..7], cut, &long, &[2, 0, 0, 0, 0, 0, 0, 5], &[1, 255, 0, 0, 0, 0, 0, 5]]
        {
            assert_eq!(shown(bytes), None, "{bytes:?}");
        }
        for text in
            ["", "S-1", "S-1-5", "S-2-5-18", "alice", "S-1-5-x", "S-1-5-4294967296", "S-1-281474976710656-1"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&format!("S-1-5{}", "-1".repeat(16))), None);
    }
}
