//! Many recipients, a tight limit, and faults of every kind at once.

use serde_json::{Value, json};
use smime_sync::exchange::{CmdletChannel, Command};

use super::world::{World, address, certificate, certificates_of, get, set};
use crate::common::process::undisturbed;

/// Stand-in seconds in a real one. Debug builds of both sides do about 1,000 commands a second, and twice this would
/// need as many: then a busy machine is measured, not the client.
const SPEED: f64 = 10.0;
const RECIPIENTS: usize = 4_000;
const LIMIT: usize = 3_000;
const WINDOW: f64 = 60.0;

/// A read and a write each, in calls as large as the channel likes them, which must all succeed.
fn read_and_write(world: &World) {
    let mut channel = world.channel();
    let size = channel.batch_size();
    let numbers: Vec<usize> = (0..RECIPIENTS).collect();
    for some in numbers.chunks(size) {
        let reads: Vec<Command> = some.iter().map(|n| get(&address(*n))).collect();
        for result in channel.invoke(&reads, &world.context).unwrap() {
            assert!(certificates_of(&result.unwrap()).is_empty());
        }
        let writes: Vec<Command> = some.iter().map(|n| set(&address(*n), &[certificate(*n)])).collect();
        for result in channel.invoke(&writes, &world.context).unwrap() {
            result.unwrap();
        }
    }
}

#[test]
fn four_thousand_recipients_arrive_within_the_limit_in_less_than_twice_its_time() {
    let _undisturbed = undisturbed();
    let world = World::at_speed(SPEED);
    world.mailboxes(RECIPIENTS);
    // What the machine is busy with delays requests like a network does.
    let settings = json!({ "RateLimit": { "Limit": LIMIT, "Window": WINDOW }, "NetworkAllowance": 2.0 });
    world.stand_in.settings(settings);
    world.stand_in.faults(42, crate::common::exchange::faults_of_every_kind(0.02));
    let begun = world.stand_in.now();
    read_and_write(&world);
    let seconds = world.stand_in.now() - begun;
    let statistics = world.stand_in.statistics();
    let least = (2 * RECIPIENTS) as f64 / LIMIT as f64 * WINDOW;
    println!("{seconds:.0} s of at least {least:.0} s: ratio {:.3}; {statistics}", seconds / least);
    let all = world.stand_in.ask("GET", "/recipients", &Value::Null);
    for recipient in all.as_array().unwrap() {
        let address = recipient["PrimarySmtpAddress"].as_str().unwrap();
        let number: usize = address[1..address.find('@').unwrap()].parse().unwrap();
        let values = crate::common::exchange::values(&recipient["UserCertificate"]);
        assert_eq!(values, [certificate(number)], "{address}");
    }
    assert_eq!(statistics["BeyondAnnouncedLimit"], 0, "{statistics}");
    for kind in crate::common::exchange::faults_of_every_kind(0.02).as_array().unwrap() {
        assert!(statistics["Faults"][kind["Kind"].as_str().unwrap()].as_u64() > Some(0), "{statistics}");
    }
    assert!(world.is_discreet());
    // How little more it is on a machine that does nothing else: `sh tests/exchange/flavours.sh limit`.
    assert!(seconds <= 2.0 * least, "{seconds:.0} s instead of {least:.0} s");
}
