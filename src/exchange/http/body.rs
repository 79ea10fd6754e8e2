//! The body of an answer, unpacked by us rather than on the way: a failure whose body can't be unpacked is that failure
//! all the same. Exchange Online answers 403 with NUL bytes that it declares as gzip (docs/design/exchange-online.md
//! §1.6, "Status").

use std::io::{self, Read as _};

use flate2::bufread::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use super::MAX_BODY;

/// What is asked for in `Accept-Encoding`.
pub(super) const ACCEPTED: &str = "gzip";

/// How gzip begins (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a body can't be unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is larger than [`MAX_BODY`] once unpacked.
    TooLarge,
    /// It is packed in a way that was not asked for.
    Unknown(String),
    /// It ends before its end.
    Truncated,
    /// It is gzip that no one can unpack.
    Damaged(String),
}

/// Unpacks a body as its headers say (RFC 9110, 8.4); `None` where it is not packed, whatever they say.
pub(super) fn unpack(headers: &HeaderMap, packed: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
    unpack_within(headers, packed, MAX_BODY)
}

fn unpack_within(headers: &HeaderMap, packed: &[u8], most: usize) -> Result<Option<Vec<u8>>, Unreadable> {
    let declared = headers.get_all(CONTENT_ENCODING).iter();
    let declared: Vec<String> = declared
        .flat_map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .to_ascii_lowercase()
                .split(',')
                .map(str::trim)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    match declared.as_slice() {
        [] => return Ok(None),
        [one] if one == "gzip" || one == "x-gzip" => {}
        all => return Err(Unreadable::Unknown(all.join(", "))),
    }
    if !packed.starts_with(&GZIP) {
        return Ok(None);
    }
    let mut body = Vec::new();
    // One byte more than may be: so that what is too large is told from what fits.
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    match MultiGzDecoder::new(packed).take(limit).read_to_end(&mut body) {
        Ok(_) if body.len() > most => Err(Unreadable::TooLarge),
        Ok(_) => Ok(Some(body)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Unreadable::Truncated),
        Err(error) => Err(Unreadable::Damaged(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn declared(codings: &[&str]) -> HeaderMap {
        let value = |coding: &&str| (CONTENT_ENCODING, HeaderValue::from_str(coding).unwrap());
        codings.iter().map(value).collect()
    }

    #[test]
    fn a_body_is_unpacked_where_it_is_packed_as_it_says() {
        let (hello, two) = (gzip(b"hello"), [gzip(b"hel"), gzip(b"lo")].concat());
        let truncated = hello[..hello.len() - 3].to_vec();
        let damaged =
            hello.iter().enumerate().map(|(at, byte)| if at == 12 { !byte } else { *byte }).collect();
        for (codings, body, unpacked) in [
            (&[][..], b"{}".to_vec(), Ok(None)),
            (&["identity"], b"{}".to_vec(), Ok(None)),
            (&["gzip"], hello.clone(), Ok(Some("hello"))),
            (&["X-GZip"], hello.clone(), Ok(Some("hello"))),
            (&["identity, gzip"], hello.clone(), Ok(Some("hello"))),
            (&["gzip"], two, Ok(Some("hello"))),
            (&["gzip"], gzip(b""), Ok(Some(""))),
            (&["gzip"], Vec::new(), Ok(None)),
            (&["gzip"], vec![0; 30], Ok(None)),
            (&["gzip"], b"{\"error\":{}}".to_vec(), Ok(None)),
            (&["gzip"], truncated, Err("Truncated")),
            (&["gzip"], damaged, Err("Damaged")),
            (&["br"], b"{}".to_vec(), Err("Unknown(\"br\")")),
            (&["gzip", "gzip"], hello, Err("Unknown(\"gzip, gzip\")")),
        ] {
            match (unpack(&declared(codings), &body), unpacked) {
                (Ok(found), Ok(wanted)) => {
                    assert_eq!(found.as_deref(), wanted.map(str::as_bytes), "{codings:?} {body:?}");
                }
                (Err(found), Err(wanted)) => {
                    assert!(format!("{found:?}").starts_with(wanted), "{codings:?} {body:?}: {found:?}");
                }
                (found, _) => panic!("{codings:?} {body:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_grows_beyond_the_limit_is_refused_however_small_it_came() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert!(bomb.len() < 2_000);
        let headers = declared(&["gzip"]);
        assert_eq!(unpack_within(&headers, &bomb, 999_999), Err(Unreadable::TooLarge));
        assert_eq!(unpack_within(&headers, &bomb, 1_000_000).unwrap().unwrap().len(), 1_000_000);
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_never_panic_and_never_grow_beyond_the_limit(
            mut body in proptest::collection::vec(any::<u8>(), 0..200), cut in any::<proptest::sample::Index>(), real: bool
        ) {
            if real {
                body = gzip(&body);
                let at = cut.index(body.len());
                body[at] = body[at].wrapping_add(1);
            }
            body.splice(0..0, GZIP);
            for body in [&body[..], body.get(2..).unwrap()] {
                if let Ok(Some(unpacked)) = unpack_within(&declared(&["gzip"]), body, 100) {
                    prop_assert!(unpacked.len() <= 100);
                }
            }
        }
    }
}
