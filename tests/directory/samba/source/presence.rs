//! What became of recipients.

use std::sync::{Mutex, MutexGuard};

use smime_sync::directory::{Presence, Selection, Source};

use super::objects::{CHANGING, ELSEWHERE, lab, ldap};
use crate::common::{
    directory::{ADMINISTRATOR, read},
    events::context,
};

/// Moving and deleting objects is for one test at a time.
fn changing() -> MutexGuard<'static, ()> {
    static CHANGES: Mutex<()> = Mutex::new(());
    CHANGES.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[test]
fn what_became_of_a_recipient_is_looked_up() {
    let _one_at_a_time = changing();
    let lab = lab();
    let (context, _) = context();
    let mut settings = lab.settings(&[CHANGING]);
    settings.filter = Some("(!(description=ended))".into());
    let mut source = lab.connect(&settings, ADMINISTRATOR, &context).unwrap();
    let before = read(&mut source, &Selection::All, &context).unwrap();
    let anchor = |number: usize| {
        let dn = format!("CN=st-changing{number},{CHANGING}");
        before.iter().find(|r| r.distinguished_name == dn).unwrap().anchor.clone()
    };
    ldap(&lab, "ldapdelete", &[&format!("CN=st-changing0,{CHANGING}")], "").unwrap();
    let change = format!(
        "dn: CN=st-changing1,{CHANGING}\nchangetype: modrdn\nnewrdn: CN=st-changing1\ndeleteoldrdn: 1\nnewsuperior: {ELSEWHERE}\n"
    );
    ldap(&lab, "ldapmodify", &[], &change).unwrap();
    let change = format!(
        "dn: CN=st-changing2,{CHANGING}\nchangetype: modify\nreplace: description\ndescription: ended\n"
    );
    ldap(&lab, "ldapmodify", &[], &change).unwrap();

    let never = "00000000-0000-4000-8000-000000000000".to_owned();
    let anchors = [anchor(3), anchor(2), never, anchor(1), anchor(0), "CN=no GUID".to_owned()];
    let presences = source.look_up(&anchors, &context).unwrap();
    let Presence::InScope(unchanged) = &presences[0] else { panic!("{presences:?}") };
    assert_eq!(unchanged.anchor, anchors[0]);
    assert_eq!(
        presences[1..],
        [Presence::OutOfScope, Presence::Absent, Presence::OutOfScope, Presence::Deleted, Presence::Absent]
    );
    assert_eq!(read(&mut source, &Selection::All, &context).unwrap().len(), 1);
    assert_eq!(source.look_up(&[], &context), Ok(vec![]));
}
