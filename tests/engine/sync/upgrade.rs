//! States that an earlier version left behind (`tests/data/state-0.1.0`): the first run of an unchanged profile judges
//! everybody by the new rules, plans what that version would have, and is not held.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::Path,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use smime_sync::{
    directory::ldif::LdifSource,
    event::ResultType,
    model::Timestamp,
    policy::{self, Policy},
    profile::{Profile, Target as Choice},
    state::State,
    sync::{self, Job, Options, mode},
    targets::{Target, folder::Folder},
    trust::load_anchors,
};

use super::in_place::Directory;
use crate::common::events;

/// A day after the earlier version's run.
const NOW: &str = "2026-12-01T08:00:00Z";

/// What the earlier version had of one profile, copied, so that it can be worked on.
struct Left {
    home: tempfile::TempDir,
    profile: Profile,
    expected: Value,
}

impl Left {
    fn of(name: &str) -> Self {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/state-0.1.0");
        let json = |file: String| fs::read(data.join(file)).unwrap();
        let home = tempfile::tempdir().unwrap();
        copy(&data, home.path());
        let exported = Timestamp::parse(NOW).unwrap().0 - 3600;
        for file in ["before.ldif", "after.ldif"] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(exported.unsigned_abs());
            File::options().write(true).open(home.path().join(file)).unwrap().set_modified(time).unwrap();
        }
        fs::create_dir(home.path().join("state")).unwrap();
        fs::rename(home.path().join(format!("{name}.db")), home.path().join("state/corp.db")).unwrap();
        Self {
            home,
            profile: serde_json::from_slice(&json(format!("{name}.json"))).unwrap(),
            expected: serde_json::from_slice(&json(format!("{name}-expected.json"))).unwrap(),
        }
    }

    /// A run over the people of `source`: what it ended with, whom it evaluated, and what it planned.
    fn run(&self, source: &str) -> Value {
        let (home, profile) = (self.home.path(), &self.profile);
        let now = Timestamp::parse(NOW).unwrap();
        let (context, told) = events::context();
        let anchors = load_anchors(&[home.join("anchors")]).unwrap();
        let mut policy = Policy::new(profile.policy.rules, profile.policy.selection, false);
        let mut source = LdifSource::open(&home.join(source)).unwrap();
        let mut target: Box<dyn Target> = match &profile.target {
            Choice::ActiveDirectory(settings) => {
                policy = policy.curating(&settings.remove_value);
                Box::new(Directory::of(&mut source, &context))
            }
            _ => Box::new(Folder::new(&home.join("published"))),
        };
        let evaluated = Mutex::new(BTreeSet::new());
        let state = State::open(&home.join("state/corp.db"), now).unwrap();
        let run = sync::run(Job {
            profile,
            options: &Options { pass_thru: true, ..Options::default() },
            source: &mut source,
            target: &mut *target,
            mode: mode::of(profile).as_ref(),
            state: &state,
            evaluate: &|recipient| {
                evaluated.lock().unwrap().insert(recipient.label().to_owned());
                policy::evaluate(recipient, &policy, &anchors, now)
            },
            policy: policy.fingerprint(&anchors.fingerprint()),
            now,
            host: "admin@contoso".into(),
            context: &context,
        });
        let changes: Vec<Value> = told.results_of(ResultType::Change).iter().map(essence).collect();
        json!({
            "Result": run.unwrap().result,
            "Evaluated": evaluated.into_inner().unwrap(),
            "Changes": changes,
        })
    }
}

/// What a change does; messages may be worded anew.
fn essence(change: &Value) -> Value {
    let values = |which: &str| -> Vec<String> {
        let text = |value: &Value, field: &str| value[field].as_str().unwrap().to_owned();
        let all = change[which].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", text(one, "Attribute"), text(one, "Value"))).collect()
    };
    let [kind, recipient, state] =
        ["Change", "Recipient", "State"].map(|field| change[field].as_str().unwrap());
    json!({
        "Change": format!("{kind} {recipient} {state}"),
        "Before": values("Before"),
        "After": values("After"),
    })
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

#[test]
fn the_first_run_after_an_upgrade_plans_what_the_earlier_version_would() {
    for name in ["managed", "in-place"] {
        let mut left = Left::of(name);
        // It had none for files.
        left.profile.limits.missing_period = Some(0);
        let done = left.run("after.ldif");
        for what in ["Result", "Changes"] {
            assert_eq!(done[what], left.expected[what], "{name}: {what}");
        }
    }
}

#[test]
fn who_left_a_file_stays_for_a_day_after_an_upgrade() {
    let mut left = Left::of("managed");
    left.expected["Changes"]
        .as_array_mut()
        .unwrap()
        .retain(|change| change["Change"] != "Remove bob@contoso.test Exported");
    let done = left.run("after.ldif");
    for what in ["Result", "Changes"] {
        assert_eq!(done[what], left.expected[what], "{what}");
    }
}

#[test]
fn an_upgrade_judges_everybody_anew_and_once() {
    for name in ["managed", "in-place"] {
        let left = Left::of(name);
        let people = |done: &Value| done["Evaluated"].as_array().unwrap().len();
        let first = left.run("before.ldif");
        assert_eq!((&first["Result"], people(&first)), (&json!("Success"), 12), "{name}");
        let second = left.run("before.ldif");
        assert_eq!((&second["Result"], people(&second)), (&json!("Success"), 0), "{name}");
    }
}
