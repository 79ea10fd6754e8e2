use super::*;
use crate::exchange::failure::{Answer, classify};

fn failure(status: u16, text: &str) -> Failure {
    let body = serde_json::json!({ "error": { "message": text } }).to_string();
    classify(Answer {
        what: "Set-Mailbox",
        used: &set().used(),
        status,
        exception: None,
        retry_after: None,
        request_id: None,
        claims: None,
        body: body.as_bytes(),
    })
}

fn set() -> Command {
    let values = Parameter::BinaryList(vec![vec![1]]);
    Command {
        anchor: Some("ada@contoso.com".into()),
        ..Command::new("Set-Mailbox", vec![("UserCertificate", values)])
    }
}

fn get() -> Command {
    Command { select: &["Guid", "UserCertificate"], ..Command::new("Get-Mailbox", Vec::new()) }
}

#[test]
fn a_refusal_tells_what_of_a_commands_manner_it_is_about() {
    let clear = Command::new("Set-Mailbox", vec![("UserCertificate", Parameter::Clear)]);
    let wrong = "A 'PrimitiveValue' node with value was found; a 'StartArray' node was expected.";
    for (command, status, text, expected) in [
        (set(), 400, wrong, Some(Doubt::Bytes)),
        (set(), 500, wrong, None),
        (clear.clone(), 400, wrong, None),
        (get(), 400, wrong, None),
        (set(), 400, "Source server doesn\u{2019}t have write permission to target DC.", Some(Doubt::Anchor)),
        (clear, 403, "Insufficient access rights to perform the operation.", Some(Doubt::Anchor)),
        (get(), 403, "Insufficient access rights to perform the operation.", None),
        (get(), 404, "The tenant 'contoso' does not exist.", Some(Doubt::Tenant)),
        (get(), 400, "'2FD9C3B0-1' is unknown here.", Some(Doubt::Tenant)),
        (get(), 500, "The tenant 'contoso' does not exist.", None),
        (get(), 401, "The tenant 'contoso' does not exist.", None),
        (get(), 429, "Too many requests of this tenant.", None),
        (get(), 400, "object 'ada' couldn't be found on 'DC'.", None),
    ] {
        let doubt = Doubt::of_refusal(&failure(status, text), &command, Some("2fd9c3b0-1"));
        assert_eq!(doubt, expected, "{} {status} {text}", command.cmdlet);
    }
    assert_eq!(Doubt::of_refusal(&failure(404, "The tenant does not exist."), &get(), None), None);
}

/// All manners in which a command is sent until nothing is left.
fn course(command: &Command, doubt: Doubt, has_domain: bool) -> Vec<Manner> {
    let mut all = vec![Manner::of(command, &Dialect::default())];
    while let Some(next) = all.last().unwrap().next(doubt, &all, command, has_domain) {
        assert!(all.len() < 10, "it ends");
        all.push(next);
    }
    all
}

#[test]
fn each_form_is_tried_once_in_the_order_of_evidence() {
    use AnchorForm::{Address, OAuthUser, SystemMailbox, Tenant};
    let anchors = |command: &Command| -> Vec<AnchorForm> {
        course(command, Doubt::Anchor, true).iter().map(|one| one.anchor).collect()
    };
    assert_eq!(anchors(&set()), [SystemMailbox, Address, OAuthUser, Tenant]);
    assert_eq!(anchors(&Command { anchor: None, ..set() }), [SystemMailbox, OAuthUser, Tenant]);
    let bytes: Vec<_> = course(&set(), Doubt::Bytes, true).iter().map(|one| one.bytes).collect();
    assert_eq!(bytes, [ByteForm::Integers, ByteForm::Base64]);
    let tenants: Vec<_> = course(&set(), Doubt::Tenant, true).iter().map(|one| one.tenant).collect();
    assert_eq!(tenants, [TenantForm::Id, TenantForm::Domain]);
    assert_eq!(course(&set(), Doubt::Tenant, false).len(), 1);
    let readings: Vec<_> = course(&get(), Doubt::Values, true).iter().map(|one| one.reading).collect();
    assert_eq!(readings, [Reading::Clixml, Reading::Json]);
}

#[test]
fn what_was_found_out_holds_for_those_commands_that_it_is_about() {
    let mut dialect = Dialect::of("t");
    let other = Manner {
        bytes: ByteForm::Base64,
        anchor: AnchorForm::Tenant,
        reading: Reading::Json,
        ..Manner::of(&set(), &dialect)
    };
    for doubt in Doubt::answered_by(&set(), false, false) {
        doubt.settle(&mut dialect, other);
    }
    Doubt::of_lack(&get()).settle(&mut dialect, other);
    let settled: Vec<_> = Doubt::VARIANTS.iter().filter(|one| one.is_settled(&dialect)).collect();
    assert_eq!(settled, [&Doubt::Bytes, &Doubt::Anchor, &Doubt::Tenant, &Doubt::Values]);
    let (write, read) = (Manner::of(&set(), &dialect), Manner::of(&get(), &dialect));
    assert_eq!((write.bytes, write.anchor), (ByteForm::Base64, AnchorForm::Tenant));
    assert_eq!((read.reading, read.anchor), (Reading::Json, AnchorForm::SystemMailbox));
}
