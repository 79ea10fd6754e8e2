//! Large tenants: pages that are slow, late or too large, links that are refused, and what a list costs in memory.
//!
//! `SMIME_SYNC_LIST_PEOPLE` is 200,000 in the full tests.

use std::{
    collections::HashSet,
    fmt::Write as _,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use smime_sync::{
    error::ErrorId,
    event::Context,
    exchange::{
        CmdletChannel, Command, Extent, Parameter, clock::Clock, http::HttpClient, online::ExchangeOnline,
    },
};
use uuid::Uuid;

use super::world::{OneToken, get, settings};
use crate::{
    common::{
        events::context,
        process::{again, disturbing},
    },
    server::{Received, Requests, https, says},
};

/// Seconds of the channel's clock in a real one.
const SPEED: f64 = 30.0;

/// What is wrong with a page.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    /// It takes so many seconds.
    Slow(f64),
    /// It has more than 64 MiB.
    Large,
    /// The service fails.
    Fails,
    /// The service does not take the address for a page of that size.
    Refused,
}

/// Where a page begins, and how many objects it has, of 1,000 and of fewer.
type Troubles = dyn Fn(usize, usize) -> Option<Trouble> + Send + Sync;

/// A service with as many mailboxes; the sizes of the pages it was asked for, as `begin:size`.
struct Service {
    port: u16,
    requests: Requests,
    asked: Arc<Mutex<Vec<(usize, usize)>>>,
}

impl Service {
    fn new(people: usize, troubles: Box<Troubles>) -> Self {
        let asked = Arc::<Mutex<Vec<_>>>::default();
        let seen = asked.clone();
        let (port, requests) = https(move |_, received| {
            let (begin, size) = (begin(received), size(received));
            seen.lock().unwrap().push((begin, size));
            let trouble = troubles(begin, size);
            match trouble {
                Some(Trouble::Slow(seconds)) => {
                    std::thread::sleep(Duration::from_secs_f64(seconds / SPEED));
                }
                Some(Trouble::Fails) => return says("500 Internal Server Error", "", "<html>"),
                Some(Trouble::Refused) => return refusal(),
                Some(Trouble::Large) | None => {}
            }
            says("200 OK", "", &page(people, begin, size, trouble == Some(Trouble::Large)))
        });
        Self { port, requests, asked }
    }

    fn asked(&self) -> Vec<(usize, usize)> {
        self.asked.lock().unwrap().clone()
    }

    /// A channel with the time limits of a profile that gives none.
    fn channel(&self, context: &Context) -> ExchangeOnline {
        channel(self.port, context)
    }
}

fn channel(port: u16, context: &Context) -> ExchangeOnline {
    channel_to(port, crate::server::authority().1.clone(), Clock::accelerated(SPEED), context)
}

fn channel_to(port: u16, authority: PathBuf, clock: Clock, context: &Context) -> ExchangeOnline {
    let mut settings = settings(&format!("https://localhost:{port}"), authority);
    settings.connection.timeout = None;
    let http = HttpClient::new(&settings, &|_| None, context).unwrap();
    ExchangeOnline::connect(&settings, http, Arc::new(OneToken), clock).unwrap()
}

fn begin(received: &Received) -> usize {
    let place = received.line.split_once("skip=").map(|(_, rest)| rest.split([' ', '&']).next().unwrap());
    place.map_or(0, |text| text.parse().unwrap())
}

fn size(received: &Received) -> usize {
    let prefer = &received.headers["prefer"];
    prefer.strip_prefix("odata.maxpagesize=").unwrap().parse().unwrap()
}

fn refusal() -> Vec<u8> {
    let text = "|System.ArgumentException|The skip token is not valid.";
    says("400 Bad Request", "", &json!({ "error": { "details": [{ "message": text }] } }).to_string())
}

fn page(people: usize, begin: usize, size: usize, large: bool) -> String {
    let end = people.min(begin + size);
    let mut body = String::from("{\"value\":[");
    for number in begin..end {
        let guid = Uuid::from_u128(number as u128 + 1);
        let comma = if number > begin { "," } else { "" };
        write!(body, "{comma}{{\"Guid\":\"{guid}\",\"PrimarySmtpAddress\":\"u{number}@contoso.test\"}}")
            .unwrap();
    }
    body.push(']');
    if end < people {
        write!(body, ",\"@odata.nextLink\":\"/adminapi/beta/contoso.test/InvokeCommand?skip={end}\"")
            .unwrap();
    }
    if large {
        body.push_str(&" ".repeat(64 << 20));
    }
    body.push('}');
    body
}

fn everybody() -> Command {
    Command {
        select: &["Guid", "PrimarySmtpAddress"],
        counts_only: true,
        extent: Extent::All,
        ..Command::new("Get-Mailbox", vec![("ResultSize", Parameter::Text("Unlimited".into()))])
    }
}

/// Whom a list has, each as often as it is handed over.
fn listed(channel: &mut ExchangeOnline, context: &Context) -> Vec<Uuid> {
    let mut all = Vec::new();
    let mut take = |object: smime_sync::exchange::Object| {
        all.push(Uuid::parse_str(object.text("Guid").unwrap()).unwrap());
        Ok(())
    };
    channel.list(&everybody(), context, &mut take).unwrap();
    all
}

fn assert_each_once(all: &[Uuid], people: usize) {
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (people, people));
}

/// 5,000 by default.
fn people() -> usize {
    std::env::var("SMIME_SYNC_LIST_PEOPLE").map_or(5_000, |text| text.parse().unwrap())
}

#[test]
fn a_list_with_a_slow_a_late_and_a_too_large_page_comes_whole_and_each_once() {
    let _alone = disturbing();
    let people = people();
    let service = Service::new(
        people,
        Box::new(|begin, size| match (begin, size) {
            (1_000, 1_000) => Some(Trouble::Slow(40.0)),
            (2_000, 1_000) => Some(Trouble::Slow(400.0)),
            (3_000, 500) => Some(Trouble::Large),
            _ => None,
        }),
    );
    let (context, log) = context();
    let mut channel = service.channel(&context);
    assert_each_once(&listed(&mut channel, &context), people);
    let asked = service.asked();
    let start =
        [(0, 1_000), (1_000, 1_000), (2_000, 1_000), (2_000, 500), (2_500, 500), (3_000, 500), (3_000, 250)];
    assert_eq!(asked[..start.len()], start);
    assert!(asked[start.len()..].iter().all(|(_, size)| *size == 250), "the size that works is kept");
    assert!(log.has("; -Timeout sets the limit") && log.has("has more than 64 MiB"), "{:?}", log.lines());
    // It is remembered, and pages that are small and fast grow again with the next list.
    let learned = channel.learned().unwrap();
    assert!(learned.contains("\"page\":{\"form\":\"Of250\",\"confirmed\":true}"), "{learned}");
    let quiet = Service::new(1_300, Box::new(|_, _| None));
    let mut next = quiet.channel(&context);
    next.recall(&learned);
    for sizes in [[250, 250], [500, 500], [1_000, 1_000]] {
        let before = quiet.asked().len();
        assert_each_once(&listed(&mut next, &context), 1_300);
        let seen: Vec<usize> = quiet.asked()[before..].iter().map(|(_, size)| *size).take(2).collect();
        assert_eq!(seen, sizes);
    }
}

#[test]
fn a_list_whose_link_is_refused_for_a_smaller_page_begins_anew_and_hands_over_nobody_twice() {
    // Its addresses are for the size of the page that they came with.
    let given = Mutex::new(1_000);
    let service = Service::new(
        2_600,
        Box::new(move |begin, size| {
            let mut given = given.lock().unwrap();
            if begin == 0 {
                *given = size;
            }
            match (begin, size) {
                (1_000, 1_000) => Some(Trouble::Large),
                _ if size != *given => Some(Trouble::Refused),
                _ => None,
            }
        }),
    );
    let (context, log) = context();
    assert_each_once(&listed(&mut service.channel(&context), &context), 2_600);
    assert!(log.has("The list begins anew, with 500 objects at a time."), "{:?}", log.lines());
}

#[test]
fn a_page_that_no_size_makes_small_enough_ends_the_list_soon_and_says_so() {
    let service = Service::new(400, Box::new(|_, _| Some(Trouble::Large)));
    let (context, _) = context();
    let error = service.channel(&context).list(&everybody(), &context, &mut |_| Ok(())).unwrap_err();
    assert_eq!(error.id, ErrorId::ExchangeProtocol);
    assert!(error.message.contains("has more than 64 MiB"), "{error}");
    let sizes: Vec<usize> = service.asked().into_iter().map(|(_, size)| size).collect();
    assert_eq!(sizes, [1_000, 500, 250, 125]);
}

#[test]
fn a_page_that_fails_and_nobody_says_why_is_tried_twice_and_then_with_fewer_objects() {
    let service = Service::new(700, Box::new(|_, size| (size == 1_000).then_some(Trouble::Fails)));
    let (context, _) = context();
    assert_each_once(&listed(&mut service.channel(&context), &context), 700);
    assert_eq!(service.asked(), [(0, 1_000), (0, 1_000), (0, 500), (500, 500)]);
}

#[test]
fn a_probe_asks_for_one_object_and_follows_no_link() {
    let service = Service::new(5_000, Box::new(|_, _| None));
    let (context, _) = context();
    let probe = Command {
        extent: Extent::First,
        ..Command::new("Get-Mailbox", vec![("ResultSize", Parameter::Text("1".into()))])
    };
    let probe = Command { select: &["Guid"], ..probe };
    let output = service.channel(&context).invoke(&[probe], &context).unwrap().pop().unwrap().unwrap();
    assert_eq!((output.objects.len(), service.asked()), (1, vec![(0, 1)]));
}

#[test]
fn a_batch_whose_answer_is_too_large_is_sent_one_by_one() {
    let (port, requests) = https(|_, received| {
        if received.line.contains("$batch") {
            return says("200 OK", "", &" ".repeat((64 << 20) + 1));
        }
        let object = json!({ "Guid": Uuid::nil().to_string(), "PrimarySmtpAddress": "ada@contoso.test", "UserCertificate": [] });
        says("200 OK", "", &json!({ "value": [object] }).to_string())
    });
    let (context, _) = context();
    let reads = ["ada", "bob", "eve"].map(|who| Command { counts_only: true, ..get(who) });
    for result in channel(port, &context).invoke(&reads, &context).unwrap() {
        result.unwrap();
    }
    assert_eq!(requests.lock().unwrap().len(), 4);
}

/// The most memory that this process has had, in bytes, where the system tells.
fn high_water() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? * 1024)
}

/// Where the process that lists has its service; it lists everybody, and prints how much memory that took.
const PORT: &str = "SMIME_SYNC_LIST_PORT";

#[test]
fn a_list_takes_some_fifty_bytes_of_memory_a_recipient() {
    if let Ok(port) = std::env::var(PORT) {
        let (context, _) = context();
        let mut count = 0_u64;
        let mut take = |_| {
            count += 1;
            Ok(())
        };
        let authority = std::env::var("CA").unwrap().into();
        let mut channel = channel_to(port.parse().unwrap(), authority, Clock::default(), &context);
        channel.list(&everybody(), &context, &mut take).unwrap();
        println!("{}", json!({ "Count": count, "Bytes": high_water() }));
        return;
    }
    if high_water().is_none() {
        println!("skipped: memory of a list: only Linux tells how much a process took");
        return;
    }
    let _alone = disturbing();
    let most = people().max(20_000);
    let mut measured = Vec::new();
    for people in [most / 10, most] {
        let service = Service::new(people, Box::new(|_, _| None));
        let mut child = again(module_path!(), "a_list_takes_some_fifty_bytes_of_memory_a_recipient");
        child.env(PORT, service.port.to_string()).env("CA", &crate::server::authority().1).arg("--nocapture");
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.find('{').map(|at| line[at..].to_owned()));
        let told: Value = serde_json::from_str(&line.unwrap_or_else(|| panic!("{output:?}"))).unwrap();
        assert_eq!(told["Count"], people);
        assert_eq!(service.requests.lock().unwrap().len(), people.div_ceil(1_000));
        measured.push((people, told["Bytes"].as_u64().unwrap()));
    }
    let [(few, small), (many, large)] = measured[..] else { panic!("{measured:?}") };
    let each = large.saturating_sub(small) / (many - few) as u64;
    println!("{few} recipients: {} MiB; {many}: {} MiB; {each} bytes a recipient", small >> 20, large >> 20);
    // A page of 1,000 objects, its text and what was read of it are there in both; allocators keep some of that.
    let slack = 8 << 20;
    assert!(large <= small + 64 * (many - few) as u64 + slack, "{measured:?}");
}
