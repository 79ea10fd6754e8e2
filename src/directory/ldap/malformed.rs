//! What is wrong with an answer.

use crate::ber::Flaw;

/// What a server sent instead of a proper answer, as a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub &'static str);

impl From<Flaw> for Malformed {
    fn from(flaw: Flaw) -> Self {
        Self(match flaw {
            Flaw::CutOff | Flaw::PastTheEnd => "an element that ends too early",
            Flaw::LongTag => "a tag of more than one byte",
            Flaw::LongLength | Flaw::Indefinite | Flaw::IndefinitePrimitive | Flaw::TooDeep => {
                "a length that is indefinite or too long"
            }
            Flaw::OtherTag => "an element of another kind than expected",
            Flaw::NumberRange => "a number out of its range",
        })
    }
}
