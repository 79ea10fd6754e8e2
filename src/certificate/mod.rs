//! A value by itself: X.509, PKCS#7, MS-OXOABK; certificate stores. Pure: no I/O, no clock.

mod address;
mod alternative_name;
mod budget;
mod content;
mod encoding;
mod extension;
mod key;
mod key_defect;
mod name;
mod oxoabk;
mod pfx;
mod prime;
mod roca;
mod signature;
mod signed_data;
mod signer;
mod sst;
mod summary;
mod text;
mod value;
mod weak_key;
mod x509;

pub use address::{Address, AddressMatch, AddressOrigin, AddressSet, address_key, domain_key};
pub use alternative_name::{AlternativeName, form_of};
pub use budget::{MAX_OCTETS, MAX_PARTS, MAX_SIGNATURES, PrimeBudget, ReadBudget, SignatureBudget};
pub use content::{ValueContent, ValueForm, ValueProblem};
pub use encoding::EncodingFlaws;
pub use extension::{
    BasicConstraints, KeyUsage, MAX_NAMES, NameConstraints, extension_name, is_proper_serial,
};
pub use key::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
pub use key_defect::KeyDefect;
pub use name::Name;
pub use pfx::{PfxProblem, is_pfx, read_pfx};
pub use signature::SignatureFailure;
pub use signed_data::write_certs_only;
pub use sst::{SerializedStore, read_store, write_store};
pub(crate) use text::decode_blocks as decode_text;
pub use value::{read_bundle, read_value, read_value_within};
pub use x509::Certificate;
