//! A caller who cancels does not wait until everybody is judged.

use std::sync::atomic::{AtomicUsize, Ordering};

use smime_sync::{
    error::ErrorId,
    model::{Fingerprint, Timestamp},
    state::State,
    sync::{self, Job, mode},
    targets::folder::Folder,
};
use tokio_util::sync::CancellationToken;

use super::harness::{Harness, evaluate, person};
use crate::common::events::{Declining, Recorder};

#[test]
fn a_cancel_is_heard_between_two_recipients() {
    let people = (0..400).map(|n| person(&format!("p{n}"), &["a"])).collect();
    let Harness { home, profile, mut source, options, now, .. } = Harness::new(people);
    let now = Timestamp(now);
    let state = State::open(&home.path().join("state/corp.db"), now).unwrap();
    let cancel = CancellationToken::new();
    let told = Recorder::canceled_by(Declining::default(), cancel.clone());
    let judged = AtomicUsize::new(0);
    let run = sync::run(Job {
        profile: &profile,
        options: &options,
        source: &mut source,
        target: &mut Folder::new(&home.path().join("out")),
        mode: mode::of(&profile).as_ref(),
        state: &state,
        evaluate: &|recipient| {
            judged.fetch_add(1, Ordering::Relaxed);
            cancel.cancel();
            evaluate(recipient, now)
        },
        policy: Fingerprint::of(b"policy"),
        now,
        host: "admin@test".into(),
        context: &told.context(),
    });
    assert_eq!(run.unwrap_err().id, ErrorId::Canceled);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    assert!(judged.load(Ordering::Relaxed) <= cores, "one at each core was under way");
}
