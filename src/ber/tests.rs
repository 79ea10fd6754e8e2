use proptest::prelude::*;
use x509_parser::der_parser::ber::parse_ber;

use super::{tag::*, *};

/// Where the content of the first element begins, and how long it is; `Err` where it is refused.
fn head(bytes: &[u8], rules: &Rules) -> Result<Option<(usize, Length)>, Flaw> {
    Header::read(bytes, rules).map(|header| header.map(|header| (header.size, header.content)))
}

#[test]
fn lengths_are_read_in_every_form_of_ber() {
    use Length::Definite;
    for (bytes, ldap, any) in [
        (&[0x30, 0x05][..], Ok(Some((2, Definite(5)))), Ok(Some((2, Definite(5))))),
        (&[0x30, 0x84, 0, 0, 1, 0], Ok(Some((6, Definite(256)))), Ok(Some((6, Definite(256))))),
        (&[0x30, 0x85, 0, 0, 0, 1, 0], Ok(Some((7, Definite(256)))), Err(Flaw::LongLength)),
        (&[0x30, 0x82, 1], Ok(None), Ok(None)),
        (&[0x30], Ok(None), Ok(None)),
        (&[], Ok(None), Ok(None)),
        (&[0x30, 0x80], Err(Flaw::Indefinite), Ok(Some((2, Length::Indefinite)))),
        (&[0x04, 0x80], Err(Flaw::Indefinite), Err(Flaw::IndefinitePrimitive)),
        (&[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1], Err(Flaw::LongLength), Err(Flaw::LongLength)),
        (&[0x3f, 0x05], Err(Flaw::LongTag), Ok(None)),
        (&[0x3f, 0x85, 0x05, 0x01], Err(Flaw::LongTag), Ok(Some((4, Definite(1))))),
        (&[0x3f, 0x85], Err(Flaw::LongTag), Ok(None)),
    ] {
        assert_eq!((head(bytes, LDAP), head(bytes, ANY)), (ldap, any), "{bytes:02x?}");
    }
}

#[test]
fn definite_and_indefinite_lengths_read_alike() {
    let indefinite = [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 7, 0x04, 0x01, 8, 0, 0, 0, 0, 0xFF];
    let (outer, rest) = read(&indefinite, ANY).unwrap();
    assert!(outer.indefinite);
    assert_eq!(rest, [0xFF]);
    let string = outer.parts().next().unwrap().unwrap();
    assert_eq!(string.octets().as_ref(), [7, 8]);
    assert_eq!(outer.definite(), [0x30, 8, 0x24, 6, 4, 1, 7, 4, 1, 8]);
}

#[test]
fn what_is_no_element_is_refused_with_a_reason() {
    for (bytes, reason) in [
        (&[][..], "the data is cut off"),
        (&[0x30], "the data is cut off"),
        (&[0x30, 0x82, 1], "the data is cut off"),
        (&[0x30, 0x05, 1], "a length points past the end of the data"),
        (&[0x30, 0x80, 0x30, 0x05, 1], "a length points past the end of the data"),
        (&[0x30, 0x85, 1, 1, 1, 1, 1], "a length is too large"),
        (&[0x04, 0x80, 0, 0], "an element without parts has an indefinite length"),
        (&[0x30, 0x80, 4, 1, 1], "the data is cut off"),
        (&[0x3F, 0x80, 0x80, 0x80, 0x80, 0x80, 1], "a tag is too long"),
    ] {
        assert_eq!(read(bytes, ANY).map_err(Flaw::reason), Err(reason), "{bytes:02X?}");
    }
}

#[test]
fn indefinite_lengths_are_followed_to_a_limit() {
    let nested = |levels: usize| [[0x30, 0x80].repeat(levels), [0, 0].repeat(levels)].concat();
    assert!(read(&nested(33), ANY).is_ok());
    assert_eq!(read(&nested(34), ANY), Err(Flaw::TooDeep));
    assert_eq!(read(&[0x30, 0x80].repeat(1_000_000), ANY), Err(Flaw::TooDeep));
}

#[test]
fn what_is_nested_deeper_than_the_limit_is_written_as_it_stands() {
    let nested = |levels: usize| {
        (0..levels).fold(vec![0x24, 0x80, 0x24, 0x80, 0, 0, 0, 0], |inner, _| element(0x24, &[&inner]))
    };
    let definite = |bytes: &[u8]| read(bytes, ANY).unwrap().0.definite();
    assert!(!definite(&nested(31)).contains(&0x80), "to the limit");
    assert!(definite(&nested(32)).contains(&0x80), "beyond");
}

#[test]
fn long_lengths_are_written_shortest() {
    for length in [0, 127, 128, 255, 256, 70_000] {
        let written = element(SEQUENCE, &[&vec![0; length]]);
        let (read, rest) = read(&written, ANY).unwrap();
        assert_eq!((read.contents.len(), rest.len()), (length, 0));
        assert_eq!(read.definite(), written);
    }
}

/// Elements within elements, with definite and indefinite lengths.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let string =
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| element(OCTET_STRING, &[&bytes]));
    string.prop_recursive(6, 40, 5, |inner| {
        (prop::collection::vec(inner, 0..5), any::<bool>()).prop_map(|(parts, indefinite)| match indefinite {
            true => [&[SEQUENCE, 0x80][..], &parts.concat(), &[0, 0]].concat(),
            false => element(SEQUENCE, &[&parts.concat()]),
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(content in prop::collection::vec(any::<u8>(), 0..70_000), value in 0..=i32::MAX as u32) {
        let bytes = [element(OCTET_STRING, &[&content]), number(INTEGER, value)].concat();
        for rules in [LDAP, ANY] {
            let mut reader = Reader::new(&bytes, rules);
            prop_assert_eq!(reader.expect(OCTET_STRING).map(|element| element.contents), Ok(&content[..]));
            prop_assert_eq!(reader.number(INTEGER), Ok(value));
            prop_assert!(reader.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        for rules in [LDAP, ANY] {
            for element in Reader::new(&bytes, rules).map_while(Result::ok) {
                element.definite();
                element.octets();
            }
        }
    }

    #[test]
    fn another_implementation_finds_the_same_end(bytes in anything(), after in prop::collection::vec(any::<u8>(), 0..4)) {
        let all = [bytes.as_slice(), &after].concat();
        let (ours, rest) = read(&all, ANY).unwrap();
        prop_assert_eq!((ours.raw, rest), (bytes.as_slice(), after.as_slice()));
        let (theirs, _) = parse_ber(&all).unwrap();
        prop_assert_eq!(theirs, after.as_slice());
    }

    #[test]
    fn definite_lengths_change_nothing_else(bytes in anything()) {
        let definite = read(&bytes, ANY).unwrap().0.definite();
        let (again, rest) = read(&definite, LDAP).unwrap();
        prop_assert!(rest.is_empty());
        prop_assert_eq!(again.octets(), read(&bytes, ANY).unwrap().0.octets());
        prop_assert_eq!(again.definite(), definite.clone());
    }
}
