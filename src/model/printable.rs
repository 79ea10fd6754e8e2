//! Text of others, made safe to show: what a terminal, a log file or a reader would not show as it is.

use std::borrow::Cow;

use serde::Serializer;

/// Whether a character is not seen, or changes how what stands near it is seen: control characters, line and paragraph
/// separators, those that turn the direction of text (UAX #9), and those without any width (UTS #39, 5.4).
pub fn is_hidden(c: char) -> bool {
    c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Whether a character takes no room, or nothing is seen of it, wherever it stands: those that Unicode calls
/// Default_Ignorable_Code_Point (soft hyphen, zero-width ones, direction marks, fillers, tags), but not variation
/// selectors, which belong to the letters of names and to emoji.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// The text with its hidden characters as `\u{1b}`; always one line. What it gives stays as it is the second time.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().saturating_add(8));
    for c in text.chars() {
        if is_hidden(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// The same of text that is owned.
pub fn into_printable(text: String) -> String {
    if text.contains(is_hidden) { printable(&text).into_owned() } else { text }
}

/// A name or address without what people don't see: no white space and control characters around it, and nothing
/// without width anywhere.
pub fn trimmed(text: &str) -> Cow<'_, str> {
    let surrounds = |c: char| c.is_whitespace() || is_hidden(c);
    let inner = text.trim_matches(surrounds);
    if inner.contains(is_invisible) {
        Cow::Owned(inner.chars().filter(|c| !is_invisible(*c)).collect())
    } else {
        Cow::Borrowed(inner)
    }
}

/// For fields that hold a sentence: whoever reads the JSON may print it as it is.
pub(super) mod sentence {
    use super::*;

    pub(crate) fn one<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&printable(text))
    }

    pub(crate) fn optional<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        match text {
            Some(text) => serializer.serialize_some(&*printable(text)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn all<S: Serializer>(texts: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(texts.iter().map(|text| printable(text)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_characters_are_shown_by_their_number() {
        for (text, shown) in [
            ("Jürgen 山田 👩", "Jürgen 山田 👩"),
            ("C:\\new\\u{1b}", "C:\\new\\u{1b}"),
            ("a\u{1B}[31m\u{7}\u{9B}2J", "a\\u{1b}[31m\\u{7}\\u{9b}2J"),
            ("two\r\nlines\tand a\u{7F}", "two\\u{d}\\u{a}lines\\u{9}and a\\u{7f}"),
            ("\u{202E}moc.x\u{2066}\u{2028}\u{2029}", "\\u{202e}moc.x\\u{2066}\\u{2028}\\u{2029}"),
            ("\u{FEFF}a\u{200B}b\u{AD}c", "\\u{feff}a\\u{200b}b\\u{ad}c"),
            ("a\u{3164}\u{FFA0}\u{115F}\u{34F}b", "a\\u{3164}\\u{ffa0}\\u{115f}\\u{34f}b"),
            ("葛\u{E0100} ❤\u{FE0F}", "葛\u{E0100} ❤\u{FE0F}"),
        ] {
            assert_eq!(printable(text), shown);
            assert_eq!(into_printable(text.to_owned()), shown);
        }
    }

    #[test]
    fn names_lose_what_stands_around_them_and_what_has_no_width() {
        for (text, name) in [
            ("alice@x.test", "alice@x.test"),
            (" alice@x.test\r\n", "alice@x.test"),
            ("\u{A0}alice@x.test\u{2028}", "alice@x.test"),
            ("\u{FEFF}ali\u{200B}ce\u{AD}@x.test\u{200D}", "alice@x.test"),
            ("\u{3164}ali\u{115F}ce@x.test", "alice@x.test"),
            ("\u{7}alice\u{7}@x.test\u{1B}", "alice\u{7}@x.test"),
            ("al ice@x.test", "al ice@x.test"),
            (" \u{200B} ", ""),
        ] {
            assert_eq!(trimmed(text), name, "{text:?}");
        }
    }

    #[test]
    fn fields_that_are_sentences_are_printable_in_json() {
        #[derive(serde::Serialize)]
        struct Sentences {
            #[serde(serialize_with = "sentence::one")]
            one: String,
            #[serde(serialize_with = "sentence::optional")]
            some: Option<String>,
            #[serde(serialize_with = "sentence::optional")]
            none: Option<String>,
            #[serde(serialize_with = "sentence::all")]
            all: Vec<String>,
        }
        let odd = || "a\u{1B}b".to_owned();
        let sentences = Sentences { one: odd(), some: Some(odd()), none: None, all: vec![odd(), "c".into()] };
        let json = serde_json::json!({
            "one": "a\\u{1b}b", "some": "a\\u{1b}b", "none": null, "all": ["a\\u{1b}b", "c"],
        });
        assert_eq!(serde_json::to_value(sentences).unwrap(), json);
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left_and_the_second_time_changes_nothing(text in "(\\PC|[\\x00-\\u{ff}]|[\\u{2000}-\\u{2070}]){0,30}") {
            let shown = printable(&text).into_owned();
            prop_assert!(!shown.contains(is_hidden));
            prop_assert_eq!(printable(&shown), shown.as_str());
            let name = trimmed(&text).into_owned();
            prop_assert_eq!(trimmed(&name), name.as_str());
        }
    }
}
