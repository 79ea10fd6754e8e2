//! Serialized certificate stores (`.sst`): [MS-OSHARED] 2.3.9.1, which is what Windows' `CertSaveStore` and
//! `Export-Certificate -Type SST` write and what `Set-SmimeConfig` takes.
//!
//! ```text
//! 0, "CERT", { property*, id 32, encoding, length, DER }*, 12 zero octets; numbers have 32 bits, lowest octet first
//! ```

/// The version of the format, and its name.
const BEGIN: [u8; 8] = *b"\0\0\0\0CERT";

/// The ids of elements; smaller and larger ones are properties of the certificate that follows ([MS-OSHARED]
/// 2.3.2.5.3). Lists of revoked certificates and of trusted ones are read in public code: wine's crypt32.
const END: u32 = 0;
const CERTIFICATE: u32 = 0x20;
const REVOCATION_LIST: u32 = 0x21;
const TRUST_LIST: u32 = 0x22;

/// X.509 certificates in DER.
const X509_ASN_ENCODING: u32 = 1;

/// The largest store that is read; all e-mail roots of the world have less than one megabyte.
const MAX_SIZE: usize = 16 << 20;

/// What a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SerializedStore {
    /// The certificates, DER, in their order.
    pub certificates: Vec<Vec<u8>>,
    /// How many lists (of revoked certificates, of trusted ones) are in it besides.
    pub lists: usize,
}

/// Writes certificates (DER) as a serialized store, without properties: the form that every reader takes.
/// Fails with a phrase for one that is too large for its length.
pub fn write_store<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, String> {
    let mut store = BEGIN.to_vec();
    for der in certificates {
        let length =
            u32::try_from(der.len()).map_err(|_| format!("a certificate has {} bytes", der.len()))?;
        for number in [CERTIFICATE, X509_ASN_ENCODING, length] {
            store.extend(number.to_le_bytes());
        }
        store.extend_from_slice(der);
    }
    store.extend([0; 12]);
    Ok(store)
}

/// Reads a serialized store; properties are skipped, as [MS-OSHARED] 2.3.2.5.3 has it. What follows its end is
/// not looked at. Fails with the reason, as a phrase; a store without its end is cut off.
pub fn read_store(bytes: &[u8]) -> Result<SerializedStore, String> {
    if bytes.len() > MAX_SIZE {
        return Err(format!("it has {} bytes, and {MAX_SIZE} is the most that is read", bytes.len()));
    }
    let mut rest = bytes.strip_prefix(&BEGIN).ok_or("it is no serialized certificate store")?;
    let mut store = SerializedStore::default();
    loop {
        let element = Element::read(&mut rest).ok_or("it is cut off")?;
        match element.id {
            END => return Ok(store),
            CERTIFICATE => store.certificates.push(element.content.to_vec()),
            REVOCATION_LIST | TRUST_LIST => store.lists = store.lists.saturating_add(1),
            _ => {}
        }
    }
}

struct Element<'a> {
    id: u32,
    content: &'a [u8],
}

impl<'a> Element<'a> {
    /// The next element; `None` if there is no whole one.
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        let [id, _, length] = [(); 3].map(|()| {
            let (number, after) = rest.split_first_chunk()?;
            *rest = after;
            Some(u32::from_le_bytes(*number))
        });
        let (content, after) = rest.split_at_checked(usize::try_from(length?).ok()?)?;
        *rest = after;
        Some(Self { id: id?, content })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(id: u32, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap();
        [&id.to_le_bytes()[..], &1_u32.to_le_bytes(), &length.to_le_bytes(), content].concat()
    }

    /// The bytes that native Windows wrote for wine's conformance tests (dlls/crypt32/tests/store.c), with another
    /// certificate: 0, "CERT", 32, 1, length, DER, end.
    #[test]
    fn a_store_is_to_the_byte_what_windows_writes() {
        let written = write_store([b"\x30\x01\x07".as_slice()]).unwrap();
        assert_eq!(
            hex::encode(written),
            "0000000043455254200000000100000003000000300107000000000000000000000000"
        );
        assert_eq!(hex::encode(write_store([]).unwrap()), "0000000043455254000000000000000000000000");
    }

    #[test]
    fn properties_and_lists_are_passed_over() {
        let store = [
            &BEGIN[..],
            &element(0x0B, &[b'J', 0, 0, 0]),
            &element(0xFFFF, &[]),
            &element(CERTIFICATE, &[0x30, 0]),
            &element(REVOCATION_LIST, &[0x30, 1, 1]),
            &element(CERTIFICATE, &[0x30, 1, 2]),
            &element(TRUST_LIST, &[]),
            &element(END, &[]),
            b"what follows",
        ];
        let certificates = vec![vec![0x30, 0], vec![0x30, 1, 2]];
        assert_eq!(read_store(&store.concat()), Ok(SerializedStore { certificates, lists: 2 }));
    }

    #[test]
    fn what_is_no_whole_store_is_refused() {
        let whole = write_store([b"\x30\x01\x07".as_slice()]).unwrap();
        for length in 8..whole.len() {
            assert_eq!(read_store(&whole[..length]), Err("it is cut off".into()), "{length}");
        }
        for other in [&b""[..], b"\0\0\0\0CER", b"\x01\0\0\0CERT", b"0\x82\x01\0"] {
            assert_eq!(read_store(other), Err("it is no serialized certificate store".into()), "{other:?}");
        }
        assert!(read_store(&vec![0; MAX_SIZE + 1]).unwrap_err().contains("the most that is read"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            certificates in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
        ) {
            let store = write_store(certificates.iter().map(Vec::as_slice)).unwrap();
            prop_assert_eq!(read_store(&store), Ok(SerializedStore { certificates, lists: 0 }));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_store(&bytes);
            let _ = read_store(&[BEGIN.as_slice(), &bytes].concat());
        }
    }
}
