//! Writing while others write, too.

use smime_sync::{error::ErrorId, event::LogLevel, model::Value, targets::Target};

use crate::{
    common::{directory::ldap, events::context},
    people::{Unit, certificate, set, smime},
};

#[test]
fn a_write_deletes_and_adds_exact_values_and_leaves_what_came_meanwhile() {
    let (old, kept, new) = (certificate(b"old"), certificate(b"kept"), certificate(b"new"));
    let (old_smime, kept_smime) = (smime(b"old"), smime(b"kept"));
    let unit = Unit::new("ttw", &[vec![old, kept.clone(), old_smime, kept_smime.clone()]]);
    let (context, events) = context();
    let (mut target, people) = (unit.target(&context), unit.people(&context));
    let current = people[0].found(&mut target, &context);
    let (theirs, theirs_smime) = (certificate(b"theirs"), smime(b"theirs"));
    unit.change(0, "add", &theirs);
    unit.change(0, "add", &theirs_smime);
    let wanted = [new.clone(), kept.clone(), kept_smime.clone()];
    let key = people[0].write(&mut target, &current, &wanted, &context).unwrap();
    assert_eq!(key, people[0].anchor);
    let expected = [new, kept, kept_smime, theirs, theirs_smime];
    assert_eq!(set(&people[0].found(&mut target, &context).values), set(&expected));
    assert_eq!(conflicts(&events), 0);
}

fn conflicts(events: &crate::common::events::Recorder) -> usize {
    events.logged(LogLevel::Verbose).iter().filter(|message| message.ends_with("It is read again.")).count()
}

#[test]
fn where_not_all_that_shall_go_is_still_there_nothing_is_done() {
    let values = [certificate(b"one"), certificate(b"two"), certificate(b"kept"), smime(b"smime")];
    let unit = Unit::new("ttwc", &[values.to_vec()]);
    let (context, events) = context();
    let (mut target, people) = (unit.target(&context), unit.people(&context));
    let current = people[0].found(&mut target, &context);
    unit.change(0, "delete", &values[1]);
    let wanted = [values[2].clone(), certificate(b"new")];
    let error = people[0].write(&mut target, &current, &wanted, &context).unwrap_err();
    assert_eq!((error.id, error.native.unwrap().ldap_result), (ErrorId::ObjectChanged, Some(16)));
    assert_eq!(
        error.message,
        "The object 'ttwc0@tt.test' was changed by others: a value that shall go is not there any more."
    );
    assert_eq!(conflicts(&events), 1, "it was read again");
    let left = [values[0].clone(), values[2].clone(), values[3].clone()];
    assert_eq!(set(&people[0].found(&mut target, &context).values), set(&left));
}

#[test]
fn a_value_that_somebody_else_added_meanwhile_need_not_come_any_more() {
    let (old, new) = (certificate(b"old"), certificate(b"new"));
    let unit = Unit::new("ttwa", &[vec![old.clone()]]);
    let (context, events) = context();
    let (mut target, people) = (unit.target(&context), unit.people(&context));
    let current = people[0].found(&mut target, &context);
    unit.change(0, "add", &new);
    people[0].write(&mut target, &current, std::slice::from_ref(&new), &context).unwrap();
    assert_eq!(set(&people[0].found(&mut target, &context).values), set(&[new]));
    assert_eq!(conflicts(&events), 1);
}

#[test]
fn a_renamed_object_is_still_the_same_and_one_that_got_its_name_is_not() {
    let value = certificate(b"value");
    let unit = Unit::new("ttwr", &[vec![value.clone()], vec![value.clone()]]);
    let (context, _) = context();
    let (mut target, people) = (unit.target(&context), unit.people(&context));
    let current = people[0].found(&mut target, &context);
    unit.modify(0, "modrdn\nnewrdn: CN=renamed\ndeleteoldrdn: 1");
    unit.modify(1, "modrdn\nnewrdn: CN=ttwr0\ndeleteoldrdn: 1");
    people[0].write(&mut target, &current, &[], &context).unwrap();
    assert!(people[0].found(&mut target, &context).values.is_empty());
    assert_eq!(people[1].found(&mut target, &context).values, [value]);
}

#[test]
fn an_object_that_was_deleted_meanwhile_costs_no_other() {
    let value = certificate(b"value");
    let unit = Unit::new("ttwd", &[vec![value.clone()], vec![value.clone()]]);
    let (context, _) = context();
    let (mut target, people) = (unit.target(&context), unit.people(&context));
    let writes: Vec<_> = people
        .iter()
        .map(|person| smime_sync::targets::TargetWrite {
            query: person.query(),
            current: Some(person.found(&mut target, &context)),
            values: Vec::new(),
            unseen: Vec::new(),
        })
        .collect();
    unit.modify(0, "delete");
    let written = target.write(&writes, &context).unwrap();
    let error = written[0].as_ref().unwrap_err();
    assert_eq!(
        (error.id, error.message.as_str()),
        (
            ErrorId::ObjectChanged,
            "The object of 'ttwd0@tt.test' was deleted or left the profile's scope meanwhile."
        )
    );
    assert_eq!(written[1].as_ref(), Ok(&people[1].anchor));
}

#[test]
fn nothing_to_change_is_no_write() {
    let values: [Value; 2] = [certificate(b"one"), smime(b"two")];
    let unit = Unit::new("ttwn", &[values.to_vec()]);
    let (context, _) = context();
    let (mut target, people) = (unit.target(&context), unit.people(&context));
    let number = || {
        let dn = unit.person_dn(0);
        ldap(&unit.lab, "ldapsearch", &["-LLL", "-s", "base", "-b", &dn, "uSNChanged"], "").unwrap()
    };
    let (before, current) = (number(), people[0].found(&mut target, &context));
    let other_order = [values[1].clone(), values[0].clone()];
    people[0].write(&mut target, &current, &other_order, &context).unwrap();
    assert_eq!(number(), before);
}
