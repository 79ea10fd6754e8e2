use super::*;
use crate::exchange::Property;
use PageSize::{Of125, Of250, Of500, Of1000};

const SECOND: Duration = Duration::from_secs(1);

fn person(guid: u128) -> Object {
    let mut object = Object::default();
    object.insert("Guid", Property::Text(Uuid::from_u128(guid).to_string()));
    object
}

#[test]
fn pages_shrink_at_once_where_they_are_too_much_and_after_two_attempts_where_nobody_says_why() {
    for (size, attempts, sizes) in [
        (AnswerSize::TooLarge, 1, vec![Of500, Of250, Of125]),
        (AnswerSize::TooSlow, 1, vec![Of500, Of250, Of125]),
        (AnswerSize::Bytes(0), 2, vec![Of500, Of250, Of125]),
        (AnswerSize::Bytes(0), 1, vec![]),
    ] {
        let mut listing = Listing::new(Of1000);
        let mut tried = Vec::new();
        while listing.shrinks(size, attempts) {
            tried.push(listing.size());
        }
        assert_eq!(tried, sizes, "{size:?} {attempts}");
    }
}

#[test]
fn a_list_begins_anew_only_where_a_page_of_another_size_was_refused() {
    let mut listing = Listing::new(Of1000);
    assert!(!listing.begins_anew(true), "the size is the one that the address was given for");
    assert!(listing.shrinks(AnswerSize::TooSlow, 1));
    assert!(!listing.begins_anew(false), "the first page has no address of its own");
    assert!(listing.begins_anew(true));
    assert!(!listing.begins_anew(true), "it has begun with that size");
    assert!(listing.shrinks(AnswerSize::TooSlow, 1) && listing.begins_anew(true));
    assert!(listing.shrinks(AnswerSize::TooSlow, 1) && listing.begins_anew(true));
    assert!(!listing.shrinks(AnswerSize::TooSlow, 1) && !listing.begins_anew(true));
}

#[test]
fn nobody_is_handed_over_twice_and_whoever_has_no_guid_always() {
    let mut listing = Listing::new(Of1000);
    assert_eq!(listing.fresh(vec![person(1), person(2), Object::default()]).len(), 3);
    assert_eq!(listing.fresh(vec![person(2), person(3), Object::default()]), [person(3), Object::default()]);
}

#[test]
fn the_next_list_has_larger_pages_where_all_were_small_and_fast() {
    for (bytes, seconds, strained, next) in [
        (1 << 20, 2, false, Of500),
        (MAX_BODY / 4, 2, false, Of250),
        (1 << 20, 75, false, Of250),
        (1 << 20, 2, true, Of125),
    ] {
        let mut listing = Listing::new(Of250);
        if strained {
            assert!(listing.shrinks(AnswerSize::TooLarge, 1));
        }
        listing.came(AnswerSize::Bytes(bytes), SECOND * seconds);
        listing.came(AnswerSize::Bytes(10), SECOND);
        assert_eq!(listing.next_size(SECOND * 300), next, "{bytes} bytes in {seconds} s");
    }
    assert_eq!(Listing::new(Of1000).next_size(SECOND * 300), Of1000);
}
