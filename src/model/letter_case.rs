//! Texts compared in any case, character by character: neither length nor place changes what a letter is.

/// Whether the two are the same text in any case.
pub fn same_in_any_case(one: &str, other: &str) -> bool {
    one.chars().count() == other.chars().count() && begins_in_any_case(one, other)
}

/// Whether `text` begins with `beginning` in any case.
pub fn begins_in_any_case(text: &str, beginning: &str) -> bool {
    let mut letters = text.chars();
    beginning.chars().all(|wanted| letters.next().is_some_and(|letter| is_same(letter, wanted)))
}

/// The lower-case letter; itself where there is none that is one character.
pub fn lower_case(letter: char) -> char {
    alone(letter.to_lowercase(), letter)
}

/// Some letters have one upper-case form (final sigma and the other one), some only a lower-case one (`ẞ`).
fn is_same(one: char, other: char) -> bool {
    one == other || upper_case(one) == upper_case(other) || lower_case(one) == lower_case(other)
}

/// Letters outside of ASCII keep apart from those in it: neither the dotless i is an I, nor the long s an S.
fn upper_case(letter: char) -> char {
    let upper = alone(letter.to_uppercase(), letter);
    if upper.is_ascii() { letter.to_ascii_uppercase() } else { upper }
}

fn alone(mut mapped: impl Iterator<Item = char>, letter: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_the_same_in_any_case() {
        for (one, other, same) in [
            ("", "", true),
            ("Corp", "cORP", true),
            ("corp", "corp2", false),
            ("ΓΙΏΡΓΟΣ", "Γιώργος", true),
            ("Γιώργοσ", "Γιώργος", true),
            ("STRAẞE", "straße", true),
            ("strasse", "straße", false),
            ("ǅ", "ǆ", true),
            ("ᾼ", "ᾳ", true),
            ("𐐀", "𐐨", true),
            ("ı", "I", false),
            ("ſ", "S", false),
        ] {
            assert_eq!(same_in_any_case(one, other), same, "{one} {other}");
            assert_eq!(same_in_any_case(other, one), same, "{other} {one}");
        }
    }

    #[test]
    fn a_text_begins_in_any_case() {
        for (text, beginning, begins) in [
            ("Γιώργος P", "ΓΙΏΡΓΟΣ", true),
            ("corp", "", true),
            ("corp", "CORP", true),
            ("corp", "corp2", false),
            ("corp", "or", false),
        ] {
            assert_eq!(begins_in_any_case(text, beginning), begins, "{text} {beginning}");
        }
    }
}
