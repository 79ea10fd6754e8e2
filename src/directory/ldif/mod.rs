//! LDIF files (RFC 2849): lines, records, and the source made of them.
//!
//! ```text
//! bytes ─lines: encoding, folding─▶ logical lines ─reader: records─▶ entries ─source─▶ recipients
//! ```
//!
//! Content records and `changetype: add` are read, from UTF-8 or, with a byte order mark, UTF-16. What a file
//! says beyond that (other change types, `:<` URLs, controls) is refused with its line.

mod lines;
mod reader;
mod source;

pub use reader::{MAX_RECORD, Reader, Record};
pub use source::LdifSource;
