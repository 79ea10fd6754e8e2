//! What the channel does when all goes well.

use serde_json::json;
use smime_sync::{
    error::ErrorId,
    exchange::{CmdletChannel, Command, Location, Parameter, Property},
    profile::{ExchangeOnlineSettings, FileSettings, Profile, Settings, Source, Target},
};

use super::world::{World, address, certificate, certificates_of, clear, get, set};

#[test]
fn what_is_written_is_read_back_exactly_whichever_form_of_bytes_the_service_takes() {
    for theirs in ["IntegerArray", "Base64"] {
        let world = World::new();
        world.mailboxes(45);
        world.stand_in.settings(json!({ "ByteEncoding": theirs, "BatchOrder": "Shuffled" }));
        let mut channel = world.channel();
        let values = |n| vec![certificate(n), certificate(n + 1)];
        let writes: Vec<Command> = (0..45).map(|n| set(&address(n), &values(n))).collect();
        for one in channel.invoke(&writes, &world.context).unwrap() {
            assert_eq!(one.unwrap().objects, []);
        }
        let reads: Vec<Command> = (0..45).map(|n| get(&address(n))).collect();
        let answers = channel.invoke(&reads, &world.context).unwrap();
        for (n, one) in answers.iter().enumerate() {
            let output = one.as_ref().unwrap();
            assert_eq!(output.objects[0].text("PrimarySmtpAddress"), Some(address(n).as_str()), "in order");
            assert_eq!(certificates_of(output), values(n));
        }
        let clear = channel.invoke(&[clear(&address(3))], &world.context).unwrap();
        assert!(clear[0].is_ok());
        assert_eq!(world.stand_in.certificates(&address(3)), Vec::<Vec<u8>>::new());
        let statistics = world.stand_in.statistics();
        assert_eq!(statistics["TokensIssued"], 1, "{statistics}");
        if theirs == "IntegerArray" {
            assert_eq!(statistics["Batches"], 10, "45 commands are five batches: {statistics}");
        }
    }
}

#[test]
fn binary_values_can_come_as_their_number() {
    let world = World::new();
    world.mailboxes(1);
    let counted = Command { counts_only: true, ..get(&address(0)) };
    world.run(&[set(&address(0), &[certificate(0), certificate(1)])]).unwrap().remove(0).unwrap();
    let output = world.run(&[counted]).unwrap().remove(0).unwrap();
    assert_eq!(output.objects[0].get("UserCertificate"), Some(&Property::Count(2)));
}

#[test]
fn warnings_come_with_the_objects_except_those_about_the_pace() {
    let world = World::new();
    world.mailboxes(1_001);
    world.stand_in.settings(json!({ "MicroDelayWarnings": true }));
    let all = Command { parameters: Vec::new(), ..super::world::list() };
    let output = world.run(&[all]).unwrap().remove(0).unwrap();
    assert_eq!(output.objects.len(), 1_000);
    assert_eq!(output.warnings.len(), 1, "{:?}", output.warnings);
    assert!(output.warnings[0].contains("ResultSize"));
    assert!(world.log.has("micro delay"), "{:?}", world.log.lines());
}

#[test]
fn the_services_clock_is_shown_before_and_after_commands() {
    let world = World::at_speed(1.0);
    let mut channel = world.channel();
    for ahead in [240.0, 0.0] {
        world.stand_in.advance(ahead);
        let shown = channel.clock(&world.context).unwrap().unwrap();
        let difference = shown.0 - world.clock.timestamp().0;
        assert!((238..=242).contains(&difference), "{difference} s");
    }
    assert_eq!(world.stand_in.statistics()["Commands"], 1, "the clock is asked for once");
}

#[test]
fn the_channel_is_in_the_cloud_and_names_itself() {
    let world = World::new();
    let mut channel = world.channel();
    assert_eq!((channel.name().as_str(), channel.batch_size()), ("Exchange Online", 500));
    assert_eq!(channel.location(&world.context).unwrap(), Location::Cloud);
    assert!(channel.invoke(&[], &world.context).unwrap().is_empty());
    let online = ExchangeOnlineSettings { organization: String::new(), ..world.settings.clone() };
    let source = Source::Ldif(FileSettings::new("/nowhere.ldif"));
    let nowhere = Settings::from(Profile::new("online", source, Target::ExchangeOnline(online)));
    assert_eq!(Profile::try_from(nowhere).map_err(|error| error.id), Err(ErrorId::ProfileInvalid));
}

#[test]
fn one_binary_value_is_written_in_its_own_form() {
    let world = World::new();
    let empty_store = vec![0, 0, 0, 0, b'C', b'E', b'R', b'T', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let write = Command::new(
        "Set-SmimeConfig",
        vec![("SMIMECertificateIssuingCA", Parameter::Binary(empty_store.clone()))],
    );
    let read = Command {
        cmdlet: "Get-SmimeConfig",
        parameters: Vec::new(),
        select: &["SMIMECertificateIssuingCA"],
        ..write.clone()
    };
    world.run(&[write]).unwrap().remove(0).unwrap();
    let output = world.run(&[read]).unwrap().remove(0).unwrap();
    let stored = output.objects[0].get("SMIMECertificateIssuingCA");
    assert_eq!(stored, Some(&Property::Binary(empty_store)));
}
