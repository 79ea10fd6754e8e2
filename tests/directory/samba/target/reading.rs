//! Reading recipients before they are written.

use smime_sync::{
    directory::{Selection, Source, SourceItem},
    model::{Exclusion, Timestamp, Value},
    targets::{Match, Target},
};

use crate::{
    common::{directory::read, events::context},
    people::{Person, READER, Unit, certificate, set, smime},
};

#[test]
fn recipients_are_found_by_their_anchors_in_the_order_of_the_queries() {
    let count = 120;
    let values: Vec<_> =
        (0..count).map(|number| vec![certificate(&[0x30, number]), smime(&[0x31])]).collect();
    let unit = Unit::new("ttr", &values);
    let (context, _) = context();
    let mut target = unit.target(&context);
    let mut people = unit.people(&context);
    people.reverse();
    let queries: Vec<_> = people.iter().map(Person::query).collect();
    assert!(target.batch_size() < queries.len(), "more than one search");
    let found = target.read(&queries, &context).unwrap();
    for ((matched, person), expected) in found.into_iter().zip(&people).zip(values.iter().rev()) {
        let Ok(Match::One(found)) = matched else { panic!("{matched:?}") };
        assert_eq!((&found.key, set(&found.values)), (&person.anchor, set(expected)));
        assert_eq!(target.key(&person.query()).as_ref(), Some(&person.anchor));
    }
}

#[test]
fn an_object_that_is_gone_or_left_the_scope_is_not_made_anew() {
    let unit = Unit::new("ttgone", &[vec![], vec![], vec![]]);
    let (context, _) = context();
    let people = unit.people(&context);
    unit.modify(0, "delete");
    let dn = unit.person_dn(1);
    unit.modify(
        1,
        "modrdn\nnewrdn: CN=ttgone1\ndeleteoldrdn: 1\nnewsuperior: OU=Writable,DC=contoso,DC=test",
    );
    let never = Person { anchor: "00000000-0000-4000-8000-000000000000".into(), ..people[2].clone() };
    let mut target = unit.target(&context);
    for person in [&people[0], &people[1], &never] {
        assert_eq!(person.read(&mut target, &context), Match::Excluded(Exclusion::NotFound, None), "{dn}");
    }
    assert!(matches!(people[2].read(&mut target, &context), Match::One(_)));
    // So that the next run of this test can make it again.
    let elsewhere = "CN=ttgone1,OU=Writable,DC=contoso,DC=test";
    crate::common::directory::ldap(&unit.lab, "ldapdelete", &[elsewhere], "").unwrap();
}

#[test]
fn more_values_than_the_server_hands_over_at_once_are_read_and_deleted_whole() {
    let value = |number: u32| certificate(&number.to_be_bytes());
    let many: Vec<Value> = (0..1_600).map(value).collect();
    let unit = Unit::new("ttmany", std::slice::from_ref(&many));
    let (context, _) = context();
    let (mut target, people) = (unit.target(&context), unit.people(&context));
    let found = people[0].found(&mut target, &context);
    assert_eq!(set(&found.values), set(&many));
    let left = vec![value(1_000), value(1_599)];
    people[0].write(&mut target, &found, &left, &context).unwrap();
    assert_eq!(set(&people[0].found(&mut target, &context).values), set(&left));
}

#[test]
fn everybody_is_handed_over_as_the_source_does() {
    let unit = Unit::new("ttall", &[vec![certificate(&[1])], vec![smime(&[2])]]);
    let (context, _) = context();
    let mut source = unit.lab.connect(&unit.settings.directory, READER, &context).unwrap();
    for selection in [Selection::All, Selection::Identities(vec!["ttall1@tt.test".into()])] {
        let mut items = Vec::new();
        unit.target(&context)
            .read_all(&selection, &context, &mut |item| {
                items.push(item);
                Ok(())
            })
            .unwrap();
        let expected = read(&mut source as &mut dyn Source, &selection, &context).unwrap();
        assert_eq!(items, expected.into_iter().map(SourceItem::Recipient).collect::<Vec<_>>());
    }
}

#[test]
fn the_clock_is_that_of_the_server_that_is_written_to() {
    let unit = Unit::new("ttclock", &[]);
    let (context, _) = context();
    let mut target = unit.target(&context);
    assert_eq!(target.name(), "Active Directory at 'localhost'");
    let clock = target.clock(&context).unwrap().unwrap();
    assert!((clock.0 - Timestamp::now().0).abs() < 60, "{clock}");
}
