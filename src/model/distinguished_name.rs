//! Distinguished names as people write them.

use super::same_in_any_case;

/// Whether two distinguished names are the same but for letter case and the blanks around `,`, `+` and `=` that RFC 2253
/// (section 4) lets people write and servers leave out.
pub fn same_name(one: &str, other: &str) -> bool {
    same_in_any_case(one, other)
        || (one.contains('=') && same_in_any_case(&without_blanks(one), &without_blanks(other)))
}

fn without_blanks(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    // Blanks count only between letters of one value.
    let (mut blanks, mut is_begin) = (0, true);
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => {
                blanks += 1;
                continue;
            }
            ',' | ';' | '+' | '=' => {
                text.push(letter);
                is_begin = true;
            }
            letter => {
                text.extend(std::iter::repeat_n(' ', if is_begin { 0 } else { blanks }));
                text.push(letter);
                if letter == '\\' {
                    text.extend(letters.next());
                }
                is_begin = false;
            }
        }
        blanks = 0;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_separators_and_letter_case_make_no_other_name() {
        for (one, other, expected) in [
            ("cn=A1, ou=X , dc=y", "CN=A1,OU=X,DC=Y", true),
            ("CN = A B,DC=y", "cn=a b,dc=y", true),
            ("CN=A  B,DC=y", "cn=a b,dc=y", false),
            (r"CN=A\,  B,DC=y", r"CN=A\,  B,DC=y", true),
            (r"CN=A\,  B,DC=y", r"CN=A\,B,DC=y", false),
            (r"CN=A\ ,DC=y", r"CN=A,DC=y", false),
            (r"CN=A\\, DC=y", r"CN=A\\,DC=y", true),
            ("CN=A+SN=B,DC=y", "CN=A + SN=B, DC=y", true),
            ("a b", "ab", false),
            ("", "", true),
        ] {
            assert_eq!(same_name(one, other), expected, "{one} {other}");
            assert_eq!(same_name(other, one), expected, "{other} {one}");
        }
    }
}
