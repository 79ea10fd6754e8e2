use super::*;

#[test]
fn the_first_form_of_each_fact_is_the_one_to_begin_with() {
    let words: Vec<_> = Dialect::of("t").settled().iter().map(|one| (one.form, one.shown)).collect();
    let expected = [
        "by its id",
        "together in batches",
        "as JSON",
        "1,000 objects at a time",
        "1,000 objects at a time",
        "by filter",
        "as CLIXML",
        "near the system mailbox",
        "as numbers",
        "with null",
    ];
    assert_eq!(words, expected.map(|form| (form, Shown::Never)));
}

#[test]
fn what_was_confirmed_is_kept_and_what_was_only_tried_begins_anew() {
    let mut dialect = Dialect::of("t");
    dialect.bytes.confirm(ByteForm::Base64);
    dialect.anchor.attempt(AnchorForm::Tenant);
    dialect.page.confirm(PageSize::Of250);
    let again = Dialect::read(&dialect.kept()).unwrap();
    assert_eq!((again.organization.as_str(), again.page.form.objects()), ("t", 250));
    assert_eq!(again.bytes, Fact { form: ByteForm::Base64, confirmed: true, now: false });
    assert_eq!(again.anchor, Fact::default());
    assert_eq!(again.kept(), dialect.kept());
    let shown = |dialect: &Dialect| {
        let some = dialect.settled().into_iter().filter(|one| one.shown != Shown::Never);
        some.map(|one| (one.form, one.shown)).collect::<Vec<_>>()
    };
    let (page, bytes) = ("250 objects at a time", "as base64");
    assert_eq!(shown(&dialect), [(page, Shown::Now), (bytes, Shown::Now)]);
    assert_eq!(shown(&again), [(page, Shown::Earlier), (bytes, Shown::Earlier)]);
}

#[test]
fn a_text_of_another_version_is_read_as_far_as_it_goes_or_not_at_all() {
    let partly = Dialect::read(r#"{"organization":"t","bytes":{"form":"Base64","confirmed":true},"new":1}"#);
    assert_eq!(partly.map(|one| (one.bytes.form, one.clear)), Some((ByteForm::Base64, Fact::default())));
    for text in ["", "[7]", r#"{"bytes":{"form":"Morse"}}"#, "null"] {
        assert_eq!(Dialect::read(text), None, "{text}");
    }
}
