//! Texts of others in messages.

use std::borrow::Cow;

/// The first `letters` of a text and an ellipsis, where it is longer: what others write into a certificate may be a
/// megabyte, and messages are many.
pub fn shortened(text: &str, letters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(letters) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_longer_is_cut_and_never_within_a_letter() {
        for (text, shown) in [("", ""), ("äöü", "äöü"), ("äöüß", "äöü…")] {
            assert_eq!(shortened(text, 3), shown);
        }
    }
}
