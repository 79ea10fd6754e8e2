//! What the client finds out by itself of how the service wants to be asked, and remembers.

use serde_json::{Value, json};
use smime_sync::{
    error::ErrorId,
    exchange::{CmdletChannel, Command, dialect::Dialect},
};

use super::world::{World, address, certificate, certificates_of, get, list, new_contact, set, set_with};

const MANY: usize = 45;

fn world(settings: &Value) -> World {
    let world = World::new();
    world.mailboxes(MANY);
    world.stand_in.settings(settings.clone());
    world
}

fn writes() -> Vec<Command> {
    (0..MANY).map(|n| set(&address(n), &[certificate(n)])).collect()
}

/// Writes and reads everybody on a channel that recalls `remembered`; what it learned, and how many commands the service
/// got.
fn write_and_read(world: &World, remembered: Option<&str>) -> (Option<String>, u64) {
    let before = world.stand_in.statistics()["Commands"].as_u64().unwrap_or(0);
    let mut channel = world.channel();
    remembered.into_iter().for_each(|text| channel.recall(text));
    for result in channel.invoke(&writes(), &world.context).unwrap() {
        result.unwrap_or_else(|error| panic!("{error}: {:?}", world.log.lines()));
    }
    let reads: Vec<Command> = (0..MANY).map(|n| get(&address(n))).collect();
    for (n, result) in channel.invoke(&reads, &world.context).unwrap().into_iter().enumerate() {
        assert_eq!(certificates_of(&result.unwrap()), [certificate(n)]);
    }
    let learned = channel.learned();
    assert_eq!(channel.learned(), None, "nothing is new now");
    (learned, world.stand_in.statistics()["Commands"].as_u64().unwrap_or(0) - before)
}

#[test]
fn whatever_form_the_service_takes_is_found_remembered_and_used_at_once_by_the_next_run() {
    for (settings, form) in [
        (json!({}), "as numbers"),
        (json!({ "ByteEncoding": "Base64" }), "as base64"),
        (json!({ "InnerAuthorization": "Inherited" }), "together in batches"),
        (json!({ "InnerAuthorization": "SingleOnly" }), "one by one"),
        (json!({ "WriteAnchors": ["Address"] }), "near the recipient's address"),
        (
            json!({ "WriteAnchors": ["OAuthUser"], "AnchorRefusal": "InsufficientRights" }),
            "near the application's user",
        ),
        (json!({ "WriteAnchors": ["Tenant"] }), "near the tenant"),
        (json!({ "TenantName": "Domain" }), "by its domain"),
        (json!({ "TenantName": "Both" }), "by its id"),
        (json!({ "BinaryInClixml": "TypeName", "BinaryInJson": "Base64" }), "as JSON"),
        (json!({ "MissingInClixml": ["UserCertificate"], "BinaryInJson": "Base64" }), "as JSON"),
    ] {
        let world = world(&settings);
        let (learned, first) = write_and_read(&world, None);
        let learned = learned.unwrap_or_else(|| panic!("{settings}"));
        let again = Dialect::read(&learned).unwrap();
        assert!(again.settled().iter().any(|one| one.form == form), "{settings}: {learned}");
        let (news, second) = write_and_read(&world, Some(&learned));
        assert_eq!((news, second), (None, 2 * MANY as u64), "{settings}");
        assert!(first >= second, "{settings}");
        assert!(world.is_discreet(), "{settings}");
    }
}

#[test]
fn bytes_that_are_taken_in_no_form_end_the_call_after_one_command_was_tried() {
    let world = world(&json!({ "ByteEncoding": "Neither" }));
    let error = world.run(&writes()).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeRefused, "{error}");
    assert!(error.message.contains("neither as numbers nor as base64"), "{error}");
    assert!(error.message.contains("expected"), "the service's own words are there: {error}");
    let commands = world.stand_in.statistics()["Commands"].as_u64().unwrap();
    assert!(commands <= MANY as u64 + 1, "the other form is tried once: {commands}");
}

#[test]
fn where_no_anchor_helps_each_command_says_what_the_service_said() {
    let world = world(&json!({ "WriteAnchors": [] }));
    let mut channel = world.channel();
    for _ in 0..2 {
        for result in channel.invoke(&writes(), &world.context).unwrap() {
            let error = result.unwrap_err();
            assert!(error.message.contains("write permission to target DC"), "{error}");
            assert!(error.message.contains("near the application's user, near the tenant."), "{error}");
            assert!(error.advice.contains("Test-SmimeSyncProfile with -Trace"), "{}", error.advice);
        }
    }
    let commands = world.stand_in.statistics()["Commands"].as_u64().unwrap();
    assert!(commands <= 2 * MANY as u64 + 3, "each anchor is tried once in a connection: {commands}");
    assert!(channel.learned().is_none_or(|text| Dialect::read(&text).unwrap().anchor == Default::default()));
}

/// What a write of everybody comes to on a channel that worked before the service was set otherwise.
fn after(settings: &Value, channel: &mut impl CmdletChannel, world: &World) -> (Vec<Option<String>>, u64) {
    world.stand_in.settings(settings.clone());
    let before = world.stand_in.statistics()["Commands"].as_u64().unwrap_or(0);
    let results = channel.invoke(&writes(), &world.context).unwrap_or_else(|error| {
        panic!("{settings}: {error} {:?}", world.log.lines());
    });
    let errors = results.into_iter().map(|result| result.err().map(|error| error.to_string())).collect();
    (errors, world.stand_in.statistics()["Commands"].as_u64().unwrap() - before)
}

#[test]
fn what_worked_and_is_refused_while_a_run_works_is_found_out_anew() {
    let default = json!({
        "ByteEncoding": "IntegerArray", "WriteAnchors": ["SystemMailbox"], "InnerAuthorization": "Required",
        "TenantName": "Guid",
    });
    for settings in [
        json!({ "ByteEncoding": "Base64" }),
        json!({ "WriteAnchors": ["OAuthUser"] }),
        json!({ "WriteAnchors": ["Tenant"], "AnchorRefusal": "InsufficientRights" }),
        json!({ "InnerAuthorization": "SingleOnly" }),
        json!({ "TenantName": "Domain" }),
        json!({ "ByteEncoding": "Base64", "WriteAnchors": ["Address"], "TenantName": "Domain" }),
    ] {
        let world = world(&json!({}));
        let mut channel = world.channel();
        for now in [&json!({}), &settings, &default, &settings] {
            let (errors, commands) = after(now, &mut channel, &world);
            assert!(
                errors.iter().all(Option::is_none),
                "{settings} {now}: {errors:?} {:?}",
                world.log.lines()
            );
            // Everybody once in the old form at most, and once in the new one; a few for each thing that was tried.
            assert!(commands <= 3 * MANY as u64 + 12, "{settings} {now}: {commands}");
        }
        let repeated = world.log.lines().iter().any(|line| line.contains("repeated"));
        // Where batches worked, a refusal of all that is in one is taken for the token's end first.
        let renews = settings.get("InnerAuthorization").is_some();
        assert!(renews || !repeated, "nothing is repeated after a wait: {settings} {:?}", world.log.lines());
    }
}

#[test]
fn a_service_that_takes_turns_without_end_is_not_followed_without_end() {
    let world = world(&json!({}));
    let mut channel = world.channel();
    let mut refused = 0;
    for turn in 0..14 {
        let form = if turn % 2 == 0 { "IntegerArray" } else { "Base64" };
        let (errors, commands) = after(&json!({ "ByteEncoding": form }), &mut channel, &world);
        refused += errors.iter().flatten().count();
        assert!(commands <= 2 * MANY as u64 + 2, "{turn}: {commands}");
    }
    assert!(refused > 0, "it was given up at some time");
}

#[test]
fn where_nothing_helps_any_more_the_error_says_what_was_tried_and_what_works_again_is_taken_up() {
    let world = world(&json!({}));
    let mut channel = world.channel();
    assert!(after(&json!({}), &mut channel, &world).0.iter().all(Option::is_none));
    let (errors, commands) = after(&json!({ "WriteAnchors": [] }), &mut channel, &world);
    assert!(commands <= 4 * MANY as u64, "{commands}");
    for error in errors {
        let error = error.unwrap();
        assert!(error.contains("write permission to target DC"), "{error}");
        assert!(
            error.contains(
                "Tried were all places where a write can run: near the system mailbox, near the recipient's address, \
                 near the application's user, near the tenant."
            ),
            "{error}"
        );
    }
    let (errors, _) = after(&json!({ "WriteAnchors": ["SystemMailbox"] }), &mut channel, &world);
    assert!(errors.iter().all(Option::is_none), "{errors:?}");
}

#[test]
fn what_another_organisation_learned_or_nobody_can_read_is_left_aside() {
    let world = world(&json!({}));
    let mut other = Dialect::of("00000000-1111-4222-8333-444444444444");
    other.bytes.confirm(smime_sync::exchange::dialect::ByteForm::Base64);
    for remembered in [other.kept().as_str(), "nonsense"] {
        let (learned, commands) = write_and_read(&world, Some(remembered));
        assert_eq!(commands, 2 * MANY as u64, "{remembered}");
        assert!(learned.is_some());
    }
}

#[test]
fn a_batch_that_stops_at_the_first_error_costs_nobody_else_anything() {
    for rest in ["Missing", "Failed"] {
        let world = world(&json!({ "ContinueOnError": "Never", "RestOfBatch": rest }));
        let mut commands = writes();
        commands.insert(3, set("nobody@contoso.test", &[certificate(0)]));
        commands.insert(15, new_contact("bob"));
        let results = world.run(&commands).unwrap();
        for (place, result) in results.iter().enumerate() {
            match place {
                3 => assert_eq!(result.as_ref().unwrap_err().id, ErrorId::RecipientNotFound, "{rest}"),
                _ => assert!(result.is_ok(), "{rest}, {place}: {result:?}"),
            }
        }
        (0..MANY).for_each(|n| assert_eq!(world.stand_in.certificates(&address(n)), [certificate(n)]));
    }
}

#[test]
fn many_refusals_with_the_same_words_are_not_all_sent_again() {
    let world = world(&json!({}));
    let wrong = [b"no certificate".to_vec()];
    let commands: Vec<Command> =
        (0..200).map(|n| set_with("Set-Mailbox", &address(n % MANY), &wrong)).collect();
    let results = world.run(&commands).unwrap();
    assert!(results.iter().all(|one| one.as_ref().is_err_and(|error| error.id == ErrorId::ExchangeRefused)));
    let sent = world.stand_in.statistics()["Commands"].as_u64().unwrap();
    assert!(sent <= 200 + 10 * 9, "{sent}");
}

#[test]
fn a_list_comes_in_the_other_format_where_json_lacks_what_was_asked_for() {
    let world = world(&json!({ "MissingInJson": ["Guid", "PrimarySmtpAddress"] }));
    let all = Command { select: &["Guid", "PrimarySmtpAddress"], ..list() };
    let mut channel = world.channel();
    for requests in [2, 3] {
        let mut seen = Vec::new();
        let mut take = |object: smime_sync::exchange::Object| {
            seen.push(object.text("PrimarySmtpAddress").unwrap().to_owned());
            Ok(())
        };
        channel.list(&all, &world.context, &mut take).unwrap();
        assert_eq!(seen.len(), MANY);
        assert_eq!(world.stand_in.statistics()["Requests"], requests);
    }
}

#[test]
fn what_neither_format_shows_is_an_error_that_says_what_came() {
    let world =
        world(&json!({ "MissingInJson": ["UserCertificate"], "MissingInClixml": ["UserCertificate"] }));
    let mut channel = world.channel();
    let error = channel.invoke(&[get(&address(0))], &world.context).unwrap().remove(0).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeProtocol);
    assert!(error.message.contains("left out 'UserCertificate'; what came is primarysmtpaddress"), "{error}");
    assert_eq!(world.stand_in.statistics()["Requests"], 2);
}

#[test]
fn a_contact_that_may_have_been_made_is_never_made_again_to_try_another_form() {
    let world = world(&json!({ "MissingInJson": ["Guid"] }));
    let results = world.run(&[new_contact("bob")]).unwrap();
    assert!(results[0].is_ok(), "{results:?}");
    assert_eq!(world.stand_in.statistics()["CommandsByName"]["New-MailContact"], 1);
}
