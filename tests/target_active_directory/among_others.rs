//! Another client writes the same objects all the time.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    time::Instant,
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use smime_sync::{error::ErrorId, event::LogLevel, recipient::Value};

use crate::{
    directory::{Server, Unit, WRITER, make, modification, unit, words},
    support::Lab,
};

/// Modifications by the other client, unless `SMIME_SYNC_MODIFICATIONS` says otherwise: tests/full.sh makes 10,000.
const MODIFICATIONS: usize = 1_000;
/// Few objects, so that the two meet often.
const OBJECTS: usize = 12;

fn goes(value: &Value) -> bool {
    value.bytes.starts_with(b"junk")
}

/// What the other client does: adds and removes values of its own, and throws junk in and out, which curation takes
/// away meanwhile. Returns the LDIF and what of its own must be there in the end.
fn others(modifications: usize, dn: impl Fn(usize) -> String) -> (String, Vec<BTreeSet<String>>) {
    let mut random = ChaCha8Rng::seed_from_u64(36);
    let mut theirs = vec![BTreeSet::new(); OBJECTS];
    let mut junk: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut ldif = String::new();
    for number in 0..modifications {
        let object = random.gen_range(0..OBJECTS);
        let own: &mut BTreeSet<String> = &mut theirs[object];
        match random.gen_range(0..4) {
            0 if own.len() > 4 => {
                let gone = own.pop_first().unwrap();
                ldif += &modification(&dn(object), "delete", gone.as_bytes());
            }
            1 => {
                let word = format!("junk-{number}");
                ldif += &modification(&dn(object), "add", word.as_bytes());
                junk.entry(object).or_default().push(word);
            }
            2 if junk.get(&object).is_some_and(|words| !words.is_empty()) => {
                // Perhaps curation was faster; then this one fails, as anybody's would.
                let word = junk.get_mut(&object).unwrap().pop().unwrap();
                ldif += &modification(&dn(object), "delete", word.as_bytes());
            }
            _ => {
                let word = format!("theirs-{number:05}");
                ldif += &modification(&dn(object), "add", word.as_bytes());
                own.insert(word);
            }
        }
    }
    (ldif, theirs)
}

#[test]
fn the_modifications_of_somebody_else_are_never_lost() {
    let modifications =
        std::env::var("SMIME_SYNC_MODIFICATIONS").map_or(MODIFICATIONS, |number| number.parse().unwrap());
    let lab = Lab::get();
    let server = Server::of_lab(&lab);
    let name = |object: usize| format!("busy-{object:02}");
    let people: Vec<_> = (0..OBJECTS).map(|object| (name(object), vec![b"junk-first".to_vec()])).collect();
    make(&server, "Busy", &people);
    let mut profile = lab.profile(&[&unit("Busy")]);
    // With one, the target would leave everybody alone and this could not fail.
    profile.quiet_period = 0;
    let mut here = Unit::open(&profile, WRITER, lab.password(WRITER));
    assert_eq!(here.recipients.len(), OBJECTS);
    let (ldif, theirs) = others(modifications, |object| format!("CN={},{}", name(object), unit("Busy")));

    let began = Instant::now();
    let mut other = server.tool("ldapmodify");
    let mut input = other.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(ldif.as_bytes()).unwrap());
    let (mut rounds, mut refused, mut taken) = (0, 0, 0);
    while other.try_wait().unwrap().is_none() {
        let found = here.look();
        taken += found.iter().flat_map(words).filter(|word| word.starts_with("junk")).count();
        for written in here.take_away(&found, goes) {
            if let Err(error) = written {
                assert_eq!(error.id, ErrorId::ObjectChanged, "{error}");
                refused += 1;
            }
        }
        rounds += 1;
    }
    writer.join().unwrap();
    let found = here.look();
    assert!(here.take_away(&found, goes).iter().all(Result::is_ok));

    let met =
        here.recorder.logged(LogLevel::Verbose).iter().filter(|line| line.contains("read again")).count();
    eprintln!(
        "{modifications} modifications in {:.1} s, {rounds} rounds, {taken} values taken away, {met} conflicts met, \
         {refused} left for the next round",
        began.elapsed().as_secs_f64()
    );
    assert!(
        rounds > 20 && met > 2,
        "the two met too rarely to tell anything: {rounds} rounds, {met} conflicts"
    );
    let names: Vec<String> = here.recipients.iter().map(|(one, _)| one.mail.clone().unwrap()).collect();
    for (address, found) in names.iter().zip(here.look()) {
        let object: usize = address[5..7].parse().unwrap();
        let wanted: Vec<String> = theirs[object].iter().cloned().collect();
        assert_eq!(words(&found), wanted, "{address}");
    }
}
