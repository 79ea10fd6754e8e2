//! The service's limits are kept as soon as they are known.

use std::time::{Duration, Instant};

use serde_json::json;
use smime_sync::{
    error::ErrorId,
    exchange::{CmdletChannel, Command},
};

use super::world::{World, address, certificate, set};
use crate::common::process::undisturbed;

fn writes(count: usize) -> Vec<Command> {
    (0..count).map(|n| set(&address(n), &[certificate(n)])).collect()
}

#[test]
fn nothing_goes_beyond_the_limit_once_it_was_announced() {
    let _undisturbed = undisturbed();
    let world = World::at_speed(60.0);
    world.mailboxes(400);
    let mut channel = world.channel();
    world.stand_in.settings(json!({ "RateLimit": { "Limit": 100, "Window": 60 }, "NetworkAllowance": 0.0 }));
    let begun = world.stand_in.now();
    for result in channel.invoke(&writes(400), &world.context).unwrap() {
        result.unwrap();
    }
    let statistics = world.stand_in.statistics();
    assert_eq!(statistics["BeyondAnnouncedLimit"], 0, "{statistics}");
    assert_eq!(statistics["Throttled"], 0, "{statistics}");
    assert_eq!(statistics["Commands"], 400, "{statistics}");
    let seconds = world.stand_in.now() - begun;
    // At this speed each second that a busy machine takes is a minute, so there is no upper end.
    assert!(seconds >= 180.0, "four windows of 60 s: {seconds} s");
    assert!(world.log.has("takes nothing more for"), "{:?}", world.log.lines());
}

#[test]
fn nothing_goes_before_retry_after_is_over() {
    let _undisturbed = undisturbed();
    let world = World::at_speed(60.0);
    world.mailboxes(100);
    world.stand_in.settings(json!({ "NetworkAllowance": 0.0 }));
    world.stand_in.faults(1, json!([{ "Kind": "TooManyRequests", "Nth": 2, "Seconds": 90 }]));
    let mut one_by_one = world.channel();
    let begun = world.stand_in.now();
    for some in writes(30).chunks(10) {
        for result in one_by_one.invoke(some, &world.context).unwrap() {
            result.unwrap();
        }
    }
    assert!(world.stand_in.now() - begun >= 90.0);
    assert_eq!(world.stand_in.statistics()["BeyondAnnouncedLimit"], 0);
}

#[test]
fn a_cancel_is_felt_while_the_service_makes_us_wait() {
    let _undisturbed = undisturbed();
    let world = World::at_speed(1.0);
    world.mailboxes(40);
    world.stand_in.faults(1, json!([{ "Kind": "TooManyRequests", "Nth": 1, "Seconds": 600 }]));
    let mut channel = world.channel();
    let (cancel, context) = (world.context.cancel.clone(), world.context.clone());
    let canceled = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1500));
        cancel.cancel();
        Instant::now()
    });
    let error = channel.invoke(&writes(10), &context).unwrap_err();
    let late = canceled.join().unwrap().elapsed();
    assert_eq!(error.id, ErrorId::Canceled);
    assert!(late < Duration::from_millis(100), "felt after {late:?}");
}
