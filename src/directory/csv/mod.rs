//! Files of comma-separated values (RFC 4180) with the certificates of partners.
//!
//! ```text
//! bytes ─text: encoding─▶ UTF-8 ─quotes: form and size─▶ csv ─row: columns─▶ rows ─source: by address─▶ recipients
//! ```
//!
//! The first pass checks the whole file and counts the rows of each address; the second one hands over each
//! recipient with its last row. What breaks the form of the file ends the read before anybody was handed over: half a
//! list of partners is none.

mod header;
mod quotes;
mod row;
mod source;
mod value;

pub use source::CsvSource;
