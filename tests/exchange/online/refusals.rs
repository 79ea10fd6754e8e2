//! What the service refuses: one command, or everything.

use serde_json::json;
use smime_sync::{
    error::ErrorId,
    exchange::{CmdletChannel, Command, Parameter},
};

use super::world::{World, address, certificate, get, set, set_with};

#[test]
fn each_commands_refusal_is_its_own() {
    let world = World::new();
    world.mailboxes(2);
    let one = |address: &str, more: serde_json::Value| {
        let mut recipient = json!({ "PrimarySmtpAddress": address, "RecipientTypeDetails": "UserMailbox" });
        recipient.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        recipient
    };
    world.stand_in.add(&[
        one("synced@contoso.test", json!({ "IsDirSynced": true })),
        one("a@contoso.test", json!({ "Name": "twin" })),
        one("b@contoso.test", json!({ "Name": "twin" })),
    ]);
    let value = [certificate(0)];
    let unknown = Command { parameters: vec![("Nonsense", Parameter::Text("x".into()))], ..get(&address(0)) };
    let many = vec![certificate(0); 65];
    let cases = [
        (set(&address(0), &value), None),
        (set("nobody@contoso.test", &value), Some(ErrorId::RecipientNotFound)),
        (set("synced@contoso.test", &value), Some(ErrorId::RecipientDirectorySynced)),
        (set("twin", &value), Some(ErrorId::RecipientAmbiguous)),
        (set_with("Set-MailContact", &address(1), &value), Some(ErrorId::RecipientNotFound)),
        (unknown, Some(ErrorId::ExchangeAccessDenied)),
        (set(&address(1), &many), Some(ErrorId::ExchangeRefused)),
        (set(&address(1), &[b"no certificate".to_vec()]), Some(ErrorId::ExchangeRefused)),
        (get(&address(1)), None),
    ];
    let commands: Vec<Command> = cases.iter().map(|(command, _)| command.clone()).collect();
    let results = world.run(&commands).unwrap();
    for ((command, id), result) in cases.iter().zip(&results) {
        assert_eq!(result.as_ref().err().map(|error| error.id), *id, "{command:?}: {result:?}");
        let Err(error) = result else { continue };
        let native = error.native.as_ref().unwrap();
        let told = (native.http_status.is_some(), native.request_id.is_some(), native.exception.is_some());
        assert_eq!(told, (true, true, true), "{error:?}");
        assert!(error.message.starts_with(command.cmdlet), "{error}");
        if let Some((_, Parameter::Text(identity))) =
            command.parameters.iter().find(|(n, _)| *n == "Identity")
        {
            assert_eq!(error.target.as_deref(), Some(identity.as_str()));
        }
    }
    assert!(world.stand_in.statistics()["Commands"].as_u64().unwrap() <= 9, "no refusal is tried again");
    assert!(world.log.has("(request "), "{:?}", world.log.lines());
}

#[test]
fn without_the_app_role_the_whole_call_fails_after_one_new_token() {
    let world = World::new();
    world.stand_in.settings(json!({ "HasAppRole": false }));
    let error = world.run(&[get(&address(0)), get(&address(1))]).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeAccessDenied, "{error}");
    assert_eq!(error.native.unwrap().http_status, Some(401));
    assert_eq!(world.stand_in.statistics()["TokensIssued"], 2);
}

#[test]
fn without_the_directory_role_the_whole_call_fails_whatever_the_body_is() {
    for (body, words) in
        [("Nul", "NUL bytes"), ("Html", "a page instead of JSON"), ("Json", "isn't supported")]
    {
        let world = World::new();
        world.stand_in.settings(json!({ "HasDirectoryRole": false, "ForbiddenBody": body }));
        let error = world.run(&[get(&address(0)), get(&address(1))]).unwrap_err();
        assert_eq!(error.id, ErrorId::ExchangeAccessDenied, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn tokens_that_end_in_mid_run_are_renewed() {
    let world = World::new();
    world.mailboxes(60);
    world.stand_in.faults(
        1,
        json!([{ "Kind": "TokenExpiry", "Nth": 2, "Count": 1 }, { "Kind": "TokenExpiry", "Nth": 6 }]),
    );
    let mut channel = world.channel();
    let writes: Vec<Command> = (0..60).map(|n| set(&address(n), &[certificate(n)])).collect();
    for _ in 0..2 {
        for result in channel.invoke(&writes, &world.context).unwrap() {
            result.unwrap();
        }
    }
    assert!(world.stand_in.statistics()["TokensIssued"].as_u64().unwrap() >= 3);
    assert!(world.is_discreet());
}

#[test]
fn a_sign_in_that_fails_ends_the_call_at_once() {
    let mut world = World::new();
    world.settings.app_id = Some("99999999-dddd-4eee-8fff-444444444444".into());
    let error = world.run(&[get(&address(0))]).unwrap_err();
    assert_eq!(error.id, ErrorId::SignInRefused, "{error}");
    assert_eq!(world.stand_in.statistics()["Requests"], 0);
}
