//! Memory and time while a hostile server is read.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use smime_sync::{
    directory::{Selection, Source, SourceItem},
    error::{ErrorId, Result},
    event::Context,
    profile::DirectorySettings,
};

use super::cases::{Case, End, READ, WRITTEN, Way};
use crate::{
    common::{
        directory,
        events::context,
        process::again,
        raw_server::{self, serve},
        stand_in::BASE,
    },
    people::without_quiet_period,
    source::ldap::client::{Trusted, connect, with_timeout},
    target::active_directory::take_out_at,
};

/// What this process asks as a client of which port, the time limit, the folder with the CA, and the file for the outcome.
const CLIENT: &str = "SMIME_SYNC_HOSTILE_CLIENT";

/// Seconds that a server has for an answer which only the time limit ends.
const SHORT: u32 = 3;

/// The same where something else ends it, so that a slow machine is no hostile server.
const LONG: u32 = 60;

/// Clients at the same time.
const TOGETHER: usize = 4;

fn started(trusted: &Trusted, case: &Case) -> u16 {
    serve(&trusted.authority.good(), raw_server::directory(case.script)).0
}

/// The client of the processes that [`judge`] starts; by itself it reads a good server.
#[test]
fn a_client_tells_what_it_took() {
    let Ok(told) = std::env::var(CLIENT) else {
        let trusted = Trusted::new();
        let good = READ.iter().find(|case| case.name == "a notice that is no disconnection").unwrap();
        let outcome = outcome(Way::Reading, started(&trusted, good), LONG, trusted.folder.path());
        assert_eq!((&outcome["Error"], &outcome["Done"]), (&Value::Null, &json!(2)));
        return;
    };
    let [way, port, limit, folder, file] = told.split('|').collect::<Vec<_>>().try_into().unwrap();
    let way = if way == "Writing" { Way::Writing } else { Way::Reading };
    let outcome = outcome(way, port.parse().unwrap(), limit.parse().unwrap(), Path::new(folder));
    std::fs::write(file, outcome.to_string()).unwrap();
}

/// Asks the server at `port` and tells how that went.
fn outcome(way: Way, port: u16, limit: u32, folder: &Path) -> Value {
    let settings = directory::settings("localhost", port, Some(folder.join("ca.pem")), &[BASE]);
    let (context, begun) = (context().0, Instant::now());
    let told = ask(way, with_timeout(limit, settings), &context);
    let seconds = begun.elapsed().as_secs_f64();
    let (done, invalid, error) = match told {
        Ok((done, invalid)) => (done, invalid, None),
        Err(error) => (0, Vec::new(), Some(error)),
    };
    json!({ "Error": error, "Invalid": invalid, "Done": done, "Seconds": seconds, "Peak": peak() })
}

/// Reads all, or changes a value; how many recipients were read or written, and the errors of single ones.
fn ask(way: Way, settings: DirectorySettings, context: &Context) -> Result<(usize, Vec<String>)> {
    let (mut done, mut invalid) = (0, Vec::new());
    let mut tell = |result: Result<()>| match result {
        Ok(()) => done += 1,
        Err(error) => invalid.push(error.message),
    };
    match way {
        Way::Reading => connect(&settings, context)?.read(&Selection::All, context, &mut |item| {
            tell(match item {
                SourceItem::Recipient(_) => Ok(()),
                SourceItem::Invalid(error) => Err(error),
            });
            Ok(())
        })?,
        Way::Writing => {
            take_out_at(&without_quiet_period(settings), context)?
                .into_iter()
                .for_each(|one| tell(one.map(drop)));
        }
    }
    Ok((done, invalid))
}

/// Most memory that this process ever had, in MiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024)
}

#[test]
fn a_server_that_is_read_decides_neither_memory_nor_time() {
    judge(READ, Way::Reading);
}

#[test]
fn a_server_that_is_written_decides_neither_memory_nor_time() {
    judge(WRITTEN, Way::Writing);
}

fn judge(cases: &[Case], way: Way) {
    let trusted = Trusted::new();
    for cases in cases.chunks(TOGETHER) {
        let start = |(number, case): (usize, _)| {
            let file = trusted.folder.path().join(format!("{number}.json"));
            let (port, folder) = (started(&trusted, case), trusted.folder.path().display());
            let limit = if case.lasts { SHORT } else { LONG };
            let client = again(module_path!(), "a_client_tells_what_it_took")
                .env(CLIENT, format!("{way:?}|{port}|{limit}|{folder}|{}", file.display()))
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            (case, file, client)
        };
        let clients: Vec<_> = cases.iter().enumerate().map(start).collect();
        for (case, file, mut client) in clients {
            assert!(client.wait().unwrap().success(), "{}: the client broke", case.name);
            check(case, &serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap());
        }
    }
}

fn check(case: &Case, outcome: &Value) {
    let (name, error) = (case.name, &outcome["Error"]);
    println!("{name}: {} MiB, {} s", outcome["Peak"], outcome["Seconds"]);
    match case.end {
        End::Fails(id, text) => {
            assert_eq!(error["Id"], id, "{name}: {outcome}");
            let message = error["Message"].as_str().unwrap();
            assert!(message.contains(text) && message.len() < 2_000, "{name}: {message}");
            assert!(message.contains("'localhost'"), "{name}: {message}");
        }
        End::Skips(messages) => {
            assert_eq!((error, &outcome["Invalid"]), (&Value::Null, &json!(messages)), "{name}");
        }
    }
    assert!(outcome["Peak"].as_u64().unwrap() < 150, "{name}: {} MiB", outcome["Peak"]);
    let most = f64::from(if case.lasts { SHORT + 1 } else { LONG });
    assert!(outcome["Seconds"].as_f64().unwrap() < most, "{name}: {} s", outcome["Seconds"]);
}

#[test]
fn a_cancel_ends_what_a_server_draws_out() {
    let trusted = Trusted::new();
    let cases = [(READ, Way::Reading), (WRITTEN, Way::Writing)];
    let lasting = cases.iter().flat_map(|(cases, way)| cases.iter().map(move |case| (case, *way)));
    std::thread::scope(|scope| {
        for (case, way) in lasting.filter(|(case, _)| case.lasts) {
            let settings = with_timeout(60, trusted.settings(started(&trusted, case)));
            scope.spawn(move || {
                let context = context().0;
                let (cancel, (tell, canceled)) = (context.cancel.clone(), std::sync::mpsc::channel());
                scope.spawn(move || {
                    std::thread::sleep(Duration::from_millis(500));
                    tell.send(Instant::now()).unwrap();
                    cancel.cancel();
                });
                let error = ask(way, settings, &context).unwrap_err();
                let waited = canceled.recv().unwrap().elapsed();
                assert_eq!(error.id, ErrorId::Canceled, "{}: {error:?}", case.name);
                assert!(waited < Duration::from_secs(1), "{}: {waited:?}", case.name);
            });
        }
    });
}
