//! Objects that somebody else may be busy with.

use std::{thread::sleep, time::Duration};

use smime_sync::{model::Exclusion, targets::Match};

use crate::{
    common::events::context,
    people::{Unit, certificate, set},
};

#[test]
fn values_that_changed_within_the_quiet_period_are_shown_and_left_alone() {
    let value = certificate(b"value");
    let unit = Unit::new("ttq", &[vec![value.clone()], vec![]]);
    let (context, _) = context();
    let people = unit.people(&context);
    let mut target = unit.quiet_target(24 * 3600, &context);
    let Match::Excluded(Exclusion::QuietPeriod, Some(found)) = people[0].read(&mut target, &context) else {
        panic!("its value came a moment ago")
    };
    assert_eq!(found.values, std::slice::from_ref(&value));
    assert!(
        matches!(people[1].read(&mut target, &context), Match::One(_)),
        "who never had values is nobody that others are busy with"
    );
    unit.change(1, "add", &value);
    unit.change(1, "delete", &value);
    let matched = people[1].read(&mut target, &context);
    assert!(matches!(matched, Match::Excluded(Exclusion::QuietPeriod, Some(_))), "{matched:?}");
}

#[test]
fn the_quiet_period_ends_and_other_changes_of_the_object_do_not_prolong_it() {
    let values = [certificate(b"old"), certificate(b"kept")];
    let unit = Unit::new("ttqe", &[values.to_vec()]);
    let (context, _) = context();
    let people = unit.people(&context);
    let mut target = unit.quiet_target(3, &context);
    assert!(matches!(people[0].read(&mut target, &context), Match::Excluded(Exclusion::QuietPeriod, _)));
    sleep(Duration::from_secs(4));
    unit.modify(0, "modify\nreplace: description\ndescription: changed");
    let found = people[0].found(&mut target, &context);
    people[0].write(&mut target, &found, &values[1..], &context).unwrap();
    let mut without = unit.target(&context);
    assert_eq!(set(&people[0].found(&mut without, &context).values), set(&values[1..]));
    assert!(matches!(people[0].read(&mut target, &context), Match::Excluded(Exclusion::QuietPeriod, _)));
}
