//! A few recipients are asked for one by one, many are listed.

use crate::{
    engine::{Office, Way},
    organisation::*,
};

fn office(people: usize) -> Office {
    let names: Vec<String> = (0..people).map(|number| format!("person{number}")).collect();
    Office::new(
        names.iter().map(|name| person(name)).collect(),
        names.iter().map(|name| mailbox(name)).collect(),
    )
}

#[test]
fn up_to_twenty_are_looked_up_and_more_are_listed_once() {
    for way in Way::ALL {
        let few = office(20);
        assert_eq!(few.run(way).exported(), 20, "{way:?}");
        assert!(few.count("Get-Recipient") >= 20, "{way:?}");
        assert_eq!(few.count("Get-MailContact"), 0, "{way:?}: nobody was listed");

        let many = office(21);
        assert_eq!(many.run(way).exported(), 21, "{way:?}");
        assert_eq!(many.count("Get-Recipient"), 0, "{way:?}");
        assert_eq!(many.count("Get-MailContact"), 1, "{way:?}: listed once");
    }
}

#[test]
fn a_recipient_costs_one_read_and_one_write_and_then_nothing() {
    for way in Way::ALL {
        let office = office(150);
        assert_eq!(office.run(way).exported(), 150, "{way:?}");
        // Three writes are read back; the place, the check and the listing ask once each.
        let (reads, writes) = (office.count("Get-Mailbox"), office.count("Set-Mailbox"));
        assert_eq!(writes, 150, "{way:?}");
        assert!((150 + 3..=150 + 3 + 3).contains(&reads), "{way:?}: {reads} reads");

        assert_eq!(office.run(way).ok().numbers.unchanged, 150, "{way:?}");
        assert!(office.count("Get-Mailbox") <= reads, "{way:?}: linked ones are not asked for");
    }
}
