//! LDIF files (RFC 2849): lines, records, and the source made of them.
//!
//! ```text
//! bytes ─lines: encoding, folding─▶ logical lines ─reader: records─▶ entries ─source─▶ recipients
//! ```
//!
//! Content records and `changetype: add` are read, from UTF-8 or, with a byte order mark, UTF-16. Other change records
//! are passed over where no recipient depends on them. What a file says beyond that (`:<` URLs, controls) is refused
//! with its line.

mod lines;
mod reader;
mod source;

pub use reader::{ChangeType, MAX_RECORD, Reader, Record};
pub use source::LdifSource;
