//! Elements to bytes, with definite, shortest lengths.

/// An element whose content is these parts, one after the other. The buffer never grows, so that secrets leave
/// no copy behind.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(2 + size_of::<usize>() + length);
    bytes.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
            // At most eight digits.
            bytes.push(0x80 | digits.len() as u8);
            bytes.extend(digits);
        }
    }
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// A number that is not negative.
pub fn number(tag: u8, number: u32) -> Vec<u8> {
    let digits: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    // A set first bit would mean a negative number; nothing at all would be no number.
    let positive = digits.first().is_none_or(|digit| digit & 0x80 != 0);
    element(tag, &[if positive { &[0] } else { &[] }, &digits])
}
