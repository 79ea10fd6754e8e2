//! How long the recipients take that cost most: `cargo bench --bench worst_case`. 0.1 s is the most for one.

// A tool of the tests: it stops where something is not as it should be, and says so.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "../common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use common::{certificates::NOW, worst::worst};
use smime_sync::{
    policy::{Policy, evaluate},
    profile::{PolicyName, RemovableValue, SelectionName},
};

/// A recipient that took longer is not tried again.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time that this thread had on a processor, on Linux, so that what else the machine does is not counted; elsewhere
/// the time by the clock.
fn spent(since: Instant) -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = schedule.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn main() {
    let since = Instant::now();
    use RemovableValue::{Displaced, Untrusted, Weak, WrongAddress};
    let everything = [Displaced, Untrusted, Weak, WrongAddress];
    let best = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    let in_place = Policy::new(PolicyName::Standard, SelectionName::AllUsable, false).curating(&everything);
    println!("{:<62} {:>9} {:>9} {:>9}", "", "bytes", "Best", "in place");
    for one in worst() {
        let bytes: usize = one.recipient.values.iter().map(|value| value.bytes.len()).sum();
        let seconds = [&best, &in_place].map(|policy| {
            let mut least = Duration::MAX;
            for _ in 0..3 {
                let start = spent(since);
                let evaluation = evaluate(&one.recipient, policy, &one.anchors, NOW);
                least = least.min(spent(since) - start);
                // What is told of it has an end, too.
                let told = (evaluation.certificates.len(), evaluation.findings.len());
                assert!((1..=3_000).contains(&told.0) && told.1 <= 100, "{}: {told:?}", one.what);
                if least > PATIENCE {
                    break;
                }
            }
            least.as_secs_f64()
        });
        println!("{:<62} {:>9} {:>7.3} s {:>7.3} s", one.what, bytes, seconds[0], seconds[1]);
    }
}
