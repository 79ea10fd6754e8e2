//! What goes wrong on the way, one kind at a time.

use serde_json::json;
use smime_sync::{
    error::ErrorId,
    exchange::{CmdletChannel, Command},
};

use super::world::{World, address, certificate, new_contact, set};

const KINDS: &[&str] = &[
    "TooManyRequests",
    "BadGateway",
    "ServiceUnavailable",
    "GatewayTimeout",
    "Reset",
    "Truncated",
    "Duplicate",
    "Slow",
    "Nul",
    "TokenExpiry",
];

/// Writes forty mailboxes and compares what is there.
fn all_is_written(world: &World) {
    let writes: Vec<Command> = (0..40).map(|n| set(&address(n), &[certificate(n)])).collect();
    for result in world.run(&writes).unwrap() {
        result.unwrap();
    }
    (0..40).for_each(|n| assert_eq!(world.stand_in.certificates(&address(n)), [certificate(n)]));
    assert_eq!(world.stand_in.statistics()["BeyondAnnouncedLimit"], 0);
    assert!(world.is_discreet());
}

#[test]
fn every_kind_of_fault_is_survived_before_and_after_the_commands_were_carried_out() {
    let world = World::new();
    world.mailboxes(40);
    for kind in KINDS {
        for when in ["Before", "After"] {
            world.stand_in.ask("DELETE", "/requests", &json!(null));
            let plan = json!([{ "Kind": kind, "When": when, "Nth": 2, "Count": 2, "Seconds": 3 }]);
            world.stand_in.faults(1, plan);
            all_is_written(&world);
            assert_eq!(world.stand_in.statistics()["Faults"][kind], 2, "{kind}");
        }
    }
}

#[test]
fn single_commands_inside_a_batch_may_fail_too() {
    let world = World::new();
    world.mailboxes(40);
    for kind in ["TooManyRequests", "BadGateway", "ServiceUnavailable", "GatewayTimeout", "TokenExpiry"] {
        let plan = json!([{ "Kind": kind, "Scope": "Command", "Nth": 7, "Count": 2, "Seconds": 2 }]);
        world.stand_in.faults(1, plan);
        all_is_written(&world);
    }
}

#[test]
fn an_answer_that_never_comes_is_given_up_and_asked_for_again() {
    let mut world = World::new();
    world.mailboxes(40);
    world.settings.connection.timeout = Some(30);
    world.stand_in.faults(1, json!([{ "Kind": "Slow", "Nth": 2, "Seconds": 400 }]));
    all_is_written(&world);
    assert!(world.log.has("1 request to Exchange Online was repeated."), "{:?}", world.log.lines());
}

#[test]
fn what_must_not_be_done_twice_is_never_sent_again_when_nobody_knows() {
    for (kind, when, carried_out) in [
        ("Reset", "Before", 0),
        ("Reset", "After", 1),
        ("Truncated", "After", 1),
        ("GatewayTimeout", "After", 1),
        ("ServiceUnavailable", "Before", 0),
        ("Nul", "After", 1),
    ] {
        let world = World::new();
        world.stand_in.faults(1, json!([{ "Kind": kind, "When": when, "Nth": 1 }]));
        let error = world.run(&[new_contact("ann")]).unwrap().remove(0).unwrap_err();
        assert_eq!(error.id, ErrorId::ExchangeUnavailable, "{kind}: {error}");
        assert!(error.message.contains("not known"), "{error}");
        let statistics = world.stand_in.statistics();
        assert_eq!(statistics["Requests"], 1, "{kind} {when}");
        assert_eq!(world.stand_in.recipient("ann@partner.test").is_some(), carried_out == 1, "{kind} {when}");
    }
}

#[test]
fn what_must_not_be_done_twice_is_sent_again_where_it_was_refused_before() {
    for kind in ["TooManyRequests", "TokenExpiry"] {
        let world = World::new();
        world.stand_in.faults(1, json!([{ "Kind": kind, "Nth": 1 }]));
        let output = world.run(&[new_contact("ann")]).unwrap().remove(0).unwrap();
        assert!(output.objects[0].text("Guid").is_some(), "{kind}");
    }
}

#[test]
fn a_service_that_only_fails_ends_the_call_clearly() {
    let world = World::at_speed(100.0);
    world.mailboxes(40);
    world.stand_in.faults(1, json!([{ "Kind": "ServiceUnavailable", "Nth": 1, "Count": 10_000 }]));
    let mut channel = world.channel();
    let writes: Vec<Command> = (0..40).map(|n| set(&address(n), &[certificate(n)])).collect();
    let error = channel.invoke(&writes, &world.context).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeUnavailable);
    assert!(error.message.starts_with("Exchange Online has confirmed nothing since 20"), "{error}");
    assert!(error.message.contains("requests in a row failed"), "{error}");
    assert!(error.message.contains("status 503"), "{error}");
    assert!(world.stand_in.statistics()["Requests"].as_u64().unwrap() <= 30);
    world.stand_in.faults(1, json!([]));
    let results = channel.invoke(&writes, &world.context).unwrap();
    assert!(results.iter().all(Result::is_ok), "the next call begins anew: {results:?}");
}
