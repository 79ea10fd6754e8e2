//! A secret in somebody else's text: all of it, or a stretch of it that is too long for chance, as it is or in base64.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

/// What stands for a secret.
pub const LEFT_OUT: &str = "(left out)";
/// Bytes of a secret in a row that are left out wherever they come up.
const STRETCH: usize = 20;

/// A secret that is known again. Of its stretches it keeps hashes.
pub struct Secret {
    text: Zeroizing<String>,
    encoded: Zeroizing<String>,
    stretches: HashSet<u64>,
    hasher: RandomState,
}

impl Secret {
    /// One that is known by `text`.
    pub fn new(text: &str) -> Self {
        let hasher = RandomState::new();
        let mut stretches = HashSet::new();
        let encoded = |from: usize| {
            Zeroizing::new(BASE64_STANDARD.encode(text.as_bytes().get(from..).unwrap_or_default()))
        };
        // A text inside of another begins at any of the three places of a group.
        for form in [Zeroizing::new(text.to_owned()), encoded(0), encoded(1), encoded(2)] {
            stretches.extend(form.as_bytes().windows(STRETCH).map(|stretch| hasher.hash_one(stretch)));
        }
        Self { text: Zeroizing::new(text.to_owned()), encoded: encoded(0), stretches, hasher }
    }

    /// How long it is, in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it is that text.
    pub fn is(&self, text: &str) -> bool {
        self.text.as_str() == text
    }

    /// The text without it; `None` where it does not come up.
    pub fn left_out_of(&self, text: &str) -> Option<String> {
        let mut hidden = vec![false; text.len()];
        let mut hide = |from: usize, length: usize| {
            hidden.iter_mut().skip(from).take(length).for_each(|one| *one = true);
        };
        for (at, stretch) in text.as_bytes().windows(STRETCH).enumerate() {
            if self.stretches.contains(&self.hasher.hash_one(stretch)) {
                hide(at, STRETCH);
            }
        }
        // A short one has no stretches.
        for whole in [&self.text, &self.encoded].into_iter().filter(|whole| !whole.is_empty()) {
            text.match_indices(whole.as_str()).for_each(|(at, found)| hide(at, found.len()));
        }
        if !hidden.contains(&true) {
            return None;
        }
        let mut shown = String::with_capacity(text.len());
        let mut was_hidden = false;
        for (at, character) in text.char_indices() {
            let is_hidden = hidden.get(at).copied().unwrap_or_default();
            match (is_hidden, was_hidden) {
                (true, false) => shown.push_str(LEFT_OUT),
                (true, true) => {}
                (false, _) => shown.push(character),
            }
            was_hidden = is_hidden;
        }
        Some(shown)
    }

    /// Takes it out of a text.
    pub fn leave_out(&self, text: &mut String) {
        if let Some(shown) = self.left_out_of(text) {
            *text = shown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    #[test]
    fn a_secret_and_its_long_stretches_are_left_out_in_any_form() {
        let secret = Secret::new(TOKEN);
        let (head, tail) = (&TOKEN[..30], &TOKEN[7..]);
        let inside = BASE64_STANDARD.encode(format!("x{TOKEN}y"));
        for (text, shown) in [
            (format!("a {TOKEN} b"), Some("a (left out) b".to_owned())),
            (format!("{head}!"), Some("(left out)!".to_owned())),
            (format!("é{tail}é"), Some("é(left out)é".to_owned())),
            (format!("{TOKEN} {TOKEN}"), Some("(left out) (left out)".to_owned())),
            (BASE64_STANDARD.encode(TOKEN), Some("(left out)".to_owned())),
            (format!("{} is short", &TOKEN[..19]), None),
            ("nothing of it".to_owned(), None),
        ] {
            assert_eq!(secret.left_out_of(&text), shown, "{text}");
        }
        let shown = secret.left_out_of(&inside).unwrap();
        assert!(shown.len() < 30 && shown.contains(LEFT_OUT), "{shown}");
        assert_eq!(Secret::new("hunter2").left_out_of("my hunter2!"), Some("my (left out)!".to_owned()));
        assert_eq!(Secret::new("").left_out_of("text"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_stretch_of_a_secret_stays(text in "\\PC{0,40}", secret in "[!-~]{6,60}", after in "\\PC{0,40}") {
            let whole = format!("{text}{secret}{after}");
            let shown = Secret::new(&secret).left_out_of(&whole).unwrap();
            proptest::prop_assert!(!shown.contains(&secret) || LEFT_OUT.contains(&secret));
        }
    }
}
