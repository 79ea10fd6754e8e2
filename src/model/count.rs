//! Numbers of things, as sentences have them.

use std::fmt::Display;

/// `1 recipient`, `2 recipients`: the number with `one` where it is 1, and with `many` for every other.
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    format!("{number} {}", if number == N::from(1) { one } else { many })
}

/// `3 rejected, 1 declined`: of several kinds those that there are any of; empty if there is nothing of any.
pub fn of_each_kind(kinds: &[(u64, &str)]) -> String {
    let there = kinds.iter().filter(|(number, _)| *number > 0);
    there.map(|(number, kind)| format!("{number} {kind}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_singular_and_every_other_number_plural() {
        let cases = [(0, "0 recipients"), (1, "1 recipient"), (2, "2 recipients"), (21, "21 recipients")];
        for (number, text) in cases {
            assert_eq!(counted(number, "recipient", "recipients"), text);
        }
        assert_eq!(counted(1_usize, "change was", "changes were"), "1 change was");
    }

    #[test]
    fn kinds_that_nothing_is_of_are_not_named() {
        assert_eq!(of_each_kind(&[(3, "rejected"), (0, "held"), (1, "declined")]), "3 rejected, 1 declined");
        assert_eq!(of_each_kind(&[(0, "rejected")]), "");
    }
}
