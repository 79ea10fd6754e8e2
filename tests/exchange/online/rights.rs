//! What the service says about rights, sign-ins and failures, in every form in which it may say it.

use std::time::Duration;

use serde_json::{Value, json};
use smime_sync::{
    error::{Error, ErrorId, Result},
    exchange::{CmdletChannel, Command, Output},
};

use super::world::{World, address, certificate, certificates_of, channel_to, get, set};
use crate::{
    common::events::context,
    server::{https, says},
};

/// The service's Guid of somebody, as writes name them.
const GUID: &str = "11111111-2222-4333-8444-555555555555";

/// Writes to as many mailboxes, each asked for by its Guid.
fn writes(count: usize) -> Vec<Command> {
    let write = |n| Command { about: Some(address(n)), ..set(&address(n), &[certificate(n)]) };
    (0..count).map(write).collect()
}

fn refused(results: Vec<Result<Output>>) -> Vec<Error> {
    results.into_iter().map(Result::unwrap_err).collect()
}

#[test]
fn a_role_without_the_cmdlet_or_its_parameter_is_told_at_once_alone_and_in_a_batch() {
    let cmdlet = json!({ "MissingCmdlets": ["Set-Mailbox"] });
    let parameter = json!({ "MissingParameters": { "Set-Mailbox": ["UserCertificate"] } });
    let lacks_cmdlet = "the application has no role with Set-Mailbox with -UserCertificate";
    let lacks_parameter = "the application's role has Set-Mailbox without its parameter -UserCertificate";
    for (settings, body, words) in [
        (&cmdlet, "NulAsGzip", lacks_cmdlet),
        (&cmdlet, "Nul", lacks_cmdlet),
        (&cmdlet, "Html", lacks_cmdlet),
        (&cmdlet, "Json", lacks_cmdlet),
        (&parameter, "NulAsGzip", lacks_parameter),
    ] {
        for count in [1, 3] {
            let world = World::new();
            world.mailboxes(3);
            let mut channel = world.channel();
            assert!(channel.invoke(&[get(&address(0))], &world.context).unwrap().remove(0).is_ok());
            world.stand_in.settings(settings.clone());
            world.stand_in.settings(json!({ "ForbiddenBody": body }));
            let before = world.clock.now();
            for (n, error) in
                refused(channel.invoke(&writes(count), &world.context).unwrap()).iter().enumerate()
            {
                assert_eq!(error.id, ErrorId::ExchangeAccessDenied, "{body} {count}: {error}");
                let what = format!("Set-Mailbox for '{}' failed: ", address(n));
                assert!(error.message.starts_with(&what) && error.message.contains(words), "{error}");
                assert!(error.advice.contains("Add-RoleGroupMember"), "{}", error.advice);
            }
            let took = world.clock.now().saturating_sub(before);
            assert!(took < Duration::from_secs(60), "{body} {count}: {took:?}");
            let sent = world.stand_in.statistics()["Requests"].as_u64().unwrap();
            assert!(sent <= 2 + count as u64, "{body} {count}: {sent} requests");
        }
    }
}

#[test]
fn errors_name_the_person_by_address_and_not_by_guid() {
    let world = World::new();
    let error =
        refused(world.run(&[Command { about: Some(address(7)), ..set(GUID, &[certificate(0)]) }]).unwrap());
    assert_eq!(error[0].id, ErrorId::RecipientNotFound, "{}", error[0]);
    assert!(error[0].message.starts_with("Set-Mailbox for 'u7@contoso.test' failed: "), "{}", error[0]);
    assert_eq!(error[0].target.as_deref(), Some("u7@contoso.test"));
}

#[test]
fn a_write_is_done_whether_or_not_its_answer_has_a_body() {
    for form in ["Value", "NoContent", "Empty"] {
        for count in [1, 3] {
            let world = World::new();
            world.mailboxes(3);
            world.stand_in.settings(json!({ "WriteAnswer": form }));
            let mut channel = world.channel();
            for result in channel.invoke(&writes(count), &world.context).unwrap() {
                assert_eq!(result.unwrap().objects, [], "{form} {count}");
            }
            for n in 0..count {
                let read = channel.invoke(&[get(&address(n))], &world.context).unwrap().remove(0).unwrap();
                assert_eq!(certificates_of(&read), [certificate(n)], "{form} {count}");
            }
        }
    }
}

#[test]
fn a_read_without_a_body_is_no_answer_alone_and_in_a_batch() {
    for (status, inner) in [("204 No Content", json!(204)), ("200 OK", json!(200))] {
        let (port, _) = https(move |_, received| {
            let body: Value = serde_json::from_str(&received.body).unwrap();
            match body["requests"].as_array() {
                Some(all) => {
                    let answer = |one: &Value| json!({ "id": one["id"], "status": inner });
                    let all: Vec<Value> = all.iter().map(answer).collect();
                    says("200 OK", "", &json!({ "responses": all }).to_string())
                }
                None => says(status, "", ""),
            }
        });
        let (context, _) = context();
        for commands in [vec![get("a")], vec![get("a"), get("b")]] {
            for error in refused(channel_to(port, &context).invoke(&commands, &context).unwrap()) {
                assert_eq!(error.id, ErrorId::ExchangeProtocol, "{status}: {error}");
                assert!(error.message.contains("an empty body"), "{error}");
            }
        }
    }
}

#[test]
fn a_claims_challenge_is_answered_by_one_new_token() {
    let world = World::new();
    world.mailboxes(3);
    let mut channel = world.channel();
    assert!(channel.invoke(&[get(&address(0))], &world.context).unwrap().remove(0).is_ok());
    world.stand_in.settings(json!({ "CaeChallenge": true }));
    for _ in 0..2 {
        for result in channel.invoke(&writes(3), &world.context).unwrap() {
            result.unwrap();
        }
    }
    assert_eq!(world.stand_in.statistics()["TokensIssued"], 2);
    assert!(world.is_discreet() && !world.log.has("access_token"), "{:?}", world.log.lines());
}

#[test]
fn the_claims_of_a_challenge_are_asked_for_again_when_their_token_is_withdrawn() {
    let world = World::new();
    world.mailboxes(1);
    world.stand_in.settings(json!({ "CaeChallenge": true }));
    let mut channel = world.channel();
    assert!(channel.invoke(&[get(&address(0))], &world.context).unwrap().remove(0).is_ok());
    let issued = || world.stand_in.statistics()["TokensIssued"].as_u64().unwrap();
    let before = issued();
    world.stand_in.faults(1, json!([{ "Kind": "TokenExpiry", "When": "Before", "Nth": 1 }]));
    assert!(channel.invoke(&[get(&address(0))], &world.context).unwrap().remove(0).is_ok());
    assert_eq!(issued(), before + 1, "one that the service takes at once");
}

#[test]
fn the_text_of_an_error_is_found_in_each_of_its_places() {
    for detail in ["Text", "TypeName", "ClassName"] {
        for refusal in ["WriteScope", "DualWrite"] {
            let world = World::new();
            world.stand_in.settings(json!({ "ErrorDetail": detail, "DirSyncedRefusal": refusal }));
            world.stand_in.add(&[json!({
                "PrimarySmtpAddress": address(0), "RecipientTypeDetails": "UserMailbox", "IsDirSynced": true,
            })]);
            let error = refused(world.run(&writes(1)).unwrap()).remove(0);
            assert_eq!(error.id, ErrorId::RecipientDirectorySynced, "{detail} {refusal}: {error}");
            assert!(error.message.contains("on-premises"), "{error}");
            let sent = world.stand_in.statistics()["Commands"].as_u64().unwrap();
            assert!(sent <= 2, "{detail} {refusal}: {sent} commands");
        }
    }
}

#[test]
fn what_passes_by_its_name_is_tried_again() {
    let world = World::new();
    world.mailboxes(12);
    for kind in [
        "ServerBusy",
        "CmdletProxyNotAvailable",
        "TransientException",
        "BackendCommunication",
        "TooManyConcurrent",
        "UnableToWriteToAad",
    ] {
        let plan = json!([{ "Kind": kind, "Scope": "Command", "Nth": 2, "Count": 2, "Seconds": 1 }]);
        world.stand_in.faults(1, plan);
        for result in world.run(&writes(12)).unwrap() {
            assert!(result.is_ok(), "{kind}: {result:?}");
        }
    }
}

#[test]
fn warnings_come_in_a_header_too() {
    let world = World::new();
    world.mailboxes(1_001);
    world.stand_in.settings(json!({ "WarningsIn": "Header" }));
    let all = Command { parameters: Vec::new(), ..super::world::list() };
    let output = world.run(&[all]).unwrap().remove(0).unwrap();
    assert_eq!(output.warnings.len(), 1, "{:?}", output.warnings);
    assert!(output.warnings[0].contains("ResultSize"), "{:?}", output.warnings);
}
