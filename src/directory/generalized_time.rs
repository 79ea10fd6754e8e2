//! Times as directories write them.

use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

use crate::model::Timestamp;

/// A generalized time (RFC 4517, 3.3.13), to the second; `None` if it is none.
pub fn parse(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?;
    let (digits, zone) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u8>().ok();
    let (minute, second) = match digits.len() {
        10 => (0, 0),
        12 => (number(10..12)?, 0),
        14 => (number(10..12)?, number(12..14)?),
        _ => return None,
    };
    let month = Month::try_from(number(4..6)?).ok()?;
    let date = Date::from_calendar_date(digits.get(..4)?.parse().ok()?, month, number(6..8)?).ok()?;
    let local = PrimitiveDateTime::new(date, Time::from_hms(number(8..10)?, minute, second).ok()?);
    let zone = zone.trim_start_matches(|c: char| matches!(c, '.' | ',') || c.is_ascii_digit());
    let time = local.assume_offset(offset(zone)?);
    Some(Timestamp(time.unix_timestamp()))
}

/// `Z`, `+hhmm` or `-hh`.
fn offset(zone: &str) -> Option<UtcOffset> {
    if zone == "Z" {
        return Some(UtcOffset::UTC);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let minutes = if digits.len() == 2 { "00" } else { digits.get(2..4)? };
    let parse = |text: &str| text.parse::<i8>().ok().filter(|n| *n >= 0);
    if digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    UtcOffset::from_hms(sign * parse(digits.get(..2)?)?, sign * parse(minutes)?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_rfc_4517_are_read_to_the_second() {
        for (text, expected) in [
            ("20261125102600.0Z", Some("2026-11-25T10:26:00Z")),
            ("20261125102600Z", Some("2026-11-25T10:26:00Z")),
            ("20261125102659,9Z", Some("2026-11-25T10:26:59Z")),
            ("202611251026Z", Some("2026-11-25T10:26:00Z")),
            ("2026112510Z", Some("2026-11-25T10:00:00Z")),
            ("20261125112600+0100", Some("2026-11-25T10:26:00Z")),
            ("20261125052600-05", Some("2026-11-25T10:26:00Z")),
            ("20261125102600", None),
            ("20261325102600Z", None),
            ("20261125250000Z", None),
            ("20261125102600+1", None),
            ("20261125102600+010", None),
            ("20261125102600+-100", None),
            ("20261125102600Zulu", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text.as_bytes()), expected.and_then(Timestamp::parse), "{text}");
        }
    }
}
