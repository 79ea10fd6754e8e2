//! Nobody else writes.

use smime_sync::{
    error::ErrorId,
    recipient::Value,
    target::{Exclusion, Match, Target, active_directory::ActiveDirectoryTarget},
};

use crate::{
    directory::{Server, Unit, WRITER, make, modification, unit, words},
    support::{ADMINISTRATOR, Lab, context},
};

fn is_old(value: &Value) -> bool {
    value.bytes.starts_with(b"old")
}

fn person(name: &str, values: &[&str]) -> (String, Vec<Vec<u8>>) {
    (name.to_owned(), values.iter().map(|word| word.as_bytes().to_vec()).collect())
}

#[test]
fn exactly_what_shall_go_goes() {
    let lab = Lab::get();
    make(
        &Server::of_lab(&lab),
        "Exact",
        &[person("ann", &["old-1", "new", "old-2"]), person("ben", &["new"])],
    );
    let mut profile = lab.profile(&[&unit("Exact")]);
    profile.quiet_period = 0;
    let mut here = Unit::open(&profile, WRITER, lab.password(WRITER));
    let found = here.look();
    assert!(here.take_away(&found, is_old).iter().all(Result::is_ok));
    let left: Vec<Vec<String>> = here.look().iter().map(words).collect();
    assert_eq!(left, [["new"], ["new"]]);
    let again = here.look();
    assert!(here.take_away(&again, is_old).iter().all(Result::is_ok), "nothing to do is no error");
}

#[test]
fn a_value_that_somebody_took_away_first_is_a_change_to_be_planned_anew() {
    let lab = Lab::get();
    let server = Server::of_lab(&lab);
    make(&server, "First", &[person("ann", &["old-1", "old-2", "new"])]);
    let mut profile = lab.profile(&[&unit("First")]);
    profile.quiet_period = 0;
    let mut here = Unit::open(&profile, WRITER, lab.password(WRITER));
    let found = here.look();
    server.run("ldapmodify", &modification(&format!("CN=ann,{}", unit("First")), "delete", b"old-1"));
    let written = here.take_away(&found, is_old);
    assert_eq!(written[0].as_ref().unwrap_err().id, ErrorId::ObjectChanged);
    assert_eq!(words(&here.look()[0]), ["new", "old-2"], "nothing happened");
    let found = here.look();
    here.take_away(&found, is_old)[0].as_ref().unwrap();
    assert_eq!(words(&here.look()[0]), ["new"]);
}

#[test]
fn who_changed_within_the_quiet_period_is_left_alone() {
    let lab = Lab::get();
    make(&Server::of_lab(&lab), "Quiet", &[person("ann", &["old"]), person("ben", &[])]);
    let mut here = Unit::open(&lab.profile(&[&unit("Quiet")]), WRITER, lab.password(WRITER));
    let found = here.look();
    let quiet =
        found.iter().filter(|one| matches!(one, Match::Excluded(Exclusion::QuietPeriod, Some(_)))).count();
    assert_eq!(quiet, 1, "only ann's values changed: {found:?}");
    assert!(here.take_away(&found, is_old).iter().all(Result::is_ok));
    let mut words: Vec<Vec<String>> = here.look().iter().map(words).collect();
    words.sort();
    assert_eq!(words, [vec![], vec!["old".to_owned()]]);
}

#[test]
fn an_object_that_is_gone_is_not_made_anew() {
    let lab = Lab::get();
    let server = Server::of_lab(&lab);
    make(&server, "Gone", &[person("ann", &["old"])]);
    let mut profile = lab.profile(&[&unit("Gone")]);
    profile.quiet_period = 0;
    let mut here = Unit::open(&profile, WRITER, lab.password(WRITER));
    let found = here.look();
    server.run("ldapdelete", &format!("CN=ann,{}\n", unit("Gone")));
    assert!(matches!(here.look()[0], Match::Excluded(Exclusion::NotFound, None)));
    assert_eq!(here.take_away(&found, is_old)[0].as_ref().unwrap_err().id, ErrorId::ObjectChanged);
}

#[test]
fn an_account_that_may_not_write_is_told_before_anything_is_written() {
    let lab = Lab::get();
    make(&Server::of_lab(&lab), "Rights", &[person("ann", &["old"])]);
    let profile = lab.profile(&[&unit("Rights")]);
    for (user, may) in [("reader@contoso.test", false), (WRITER, true), (ADMINISTRATOR, true)] {
        let (context, _) = context();
        let password = lab.password(user).as_bytes();
        let mut target =
            ActiveDirectoryTarget::connect(&profile, Some(user), Some(password), &context).unwrap();
        let checked = target.check_writable(&context);
        assert_eq!(checked.is_ok(), may, "{user}: {checked:?}");
        if let Err(error) = checked {
            assert_eq!(error.id, ErrorId::DirectoryRefused);
        }
    }
}
