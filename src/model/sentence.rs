//! Names in sentences.

/// A name as a sentence begins with it: `the folder 'x'` as `The folder 'x'`.
pub fn at_start(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_alone_changes() {
        for (name, start) in [
            ("the Exchange session", "The Exchange session"),
            ("Exchange Online", "Exchange Online"),
            ("", ""),
        ] {
            assert_eq!(at_start(name), start);
        }
    }
}
