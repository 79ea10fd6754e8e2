//! How a certificate is written, where readers refuse what is written otherwise. What it says is read all the same.

use crate::ber::{
    Element,
    tag::{INTEGER, SEQUENCE, constructed},
};

const UTF8_STRING: u8 = 0x0C;
const BMP_STRING: u8 = 0x1E;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// What is wrong with it, each as a clause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncodingFlaws {
    /// With a time of the validity (RFC 5280 §4.1.2.5).
    pub time: Option<&'static str>,
    /// With the serial number or a name, so that OpenSSL and .NET don't load the certificate.
    pub other: Option<&'static str>,
}

impl EncodingFlaws {
    /// Those of the certificate `outer`.
    pub(super) fn of(outer: &Element<'_>) -> Self {
        let mut flaws = Self::default();
        let Some(Ok(signed)) = outer.parts().next() else { return flaws };
        let mut parts = signed.parts().map_while(Result::ok).skip_while(|part| part.tag == constructed(0));
        flaws.other = parts.next().filter(is_padded).map(|_| "its serial number begins with needless zeros");
        let mut sequences = parts.filter(|part| part.tag == SEQUENCE).skip(1);
        let (issuer, validity, subject) = (sequences.next(), sequences.next(), sequences.next());
        for (name, flaw) in [
            (issuer, "the name of its issuer has characters that can't be read"),
            (subject, "the name of its holder has characters that can't be read"),
        ] {
            flaws.other = flaws.other.or(name.filter(has_unreadable_text).map(|_| flaw));
        }
        let times = validity.iter().flat_map(Element::parts).map_while(Result::ok);
        flaws.time = times.filter_map(|time| time_flaw(&time)).next();
        flaws
    }
}

/// X.690 §8.3.2: the first nine bits of an integer are not all alike.
fn is_padded(integer: &Element<'_>) -> bool {
    let padded = match integer.contents {
        [0, second, ..] => second & 0x80 == 0,
        [0xFF, second, ..] => second & 0x80 != 0,
        _ => false,
    };
    integer.tag == INTEGER && padded
}

fn has_unreadable_text(name: &Element<'_>) -> bool {
    let sets = name.parts().map_while(Result::ok);
    let attributes = sets.flat_map(|set| set.parts().map_while(Result::ok).collect::<Vec<_>>());
    let values = attributes.filter_map(|attribute| attribute.parts().nth(1)?.ok());
    values.into_iter().any(|value| match value.tag {
        UTF8_STRING => std::str::from_utf8(value.contents).is_err(),
        BMP_STRING => value.contents.len() % 2 != 0,
        _ => false,
    })
}

/// YYMMDDHHMMSSZ, or YYYYMMDDHHMMSSZ, and nothing else.
fn time_flaw(time: &Element<'_>) -> Option<&'static str> {
    let due = match time.tag {
        UTC_TIME => 12,
        GENERALIZED_TIME => 14,
        _ => return Some("is of a kind that certificates have not"),
    };
    let digits = time.contents.iter().take_while(|octet| octet.is_ascii_digit()).count();
    match time.contents.get(digits..).unwrap_or_default() {
        b"Z" if digits == due => None,
        b"Z" if digits + 2 == due => Some("has no seconds"),
        [b'+' | b'-', ..] => Some("is not in UTC, but has an offset"),
        [b'.' | b',', ..] => Some("has fractions of a second"),
        [] => Some("does not end with the Z of UTC"),
        _ => Some("is not made of as many digits as are due"),
    }
}
