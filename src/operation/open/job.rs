//! The job of a run: opened here, once, with the mode that the run has.

use super::{Judge, Opening, watch};
use crate::{
    directory::Source,
    error::Result,
    model::{Run, Timestamp},
    state::{State, lock::RunLock},
    sync::{
        Job, Options,
        mode::{self, InPlace, Mode},
        record_failure,
    },
    targets::Target,
};

/// Where a run writes.
#[derive(Clone, Copy)]
pub(in crate::operation) enum Place {
    /// To the profile's target, in its mode.
    Target,
    /// In place, to the directory that the profile reads: what this cmdlet does.
    Directory(&'static str),
}

/// What a run works with, open.
struct Parts<'a> {
    judge: Judge,
    source: Box<dyn Source>,
    target: Box<dyn Target>,
    mode: Box<dyn Mode + 'a>,
}

impl Opening<'_> {
    /// Does `work` as one run of the profile, alone; a preview takes no lock and works on a copy of the state.
    /// Fails with `ProfileInvalid` where it shall write to a directory and the profile reads none; `RunInProgress`;
    /// with what opening the state says, and with the error of `work`, which is that of opening the rest, too.
    pub(in crate::operation) fn run(
        &self,
        place: Place,
        options: &Options,
        work: impl FnOnce(Job<'_>) -> Result<Run>,
    ) -> Result<()> {
        if let Place::Directory(cmdlet) = place {
            self.active_directory(cmdlet)?;
        }
        let now = Timestamp::now();
        let holder = self.engine.holder();
        let path = self.stored.places.state_file(&self.profile().name);
        let lock = if options.what_if { None } else { Some(RunLock::take(&path, &holder)?) };
        let mut step = watch(self.context);
        let state = match options.what_if {
            true => State::open_preview_watched(&path, &mut step)?,
            false => State::open_watched(&path, now, &mut step)?,
        };
        drop(step);
        let done = self.run_on(&state, place, options, now, holder.host, work);
        // A run that could not begin leaves it open; the first error is the one to tell.
        let closed = state.close();
        drop(lock);
        done?;
        closed
    }

    fn run_on(
        &self,
        state: &State,
        place: Place,
        options: &Options,
        now: Timestamp,
        host: String,
        work: impl FnOnce(Job<'_>) -> Result<Run>,
    ) -> Result<Run> {
        let Parts { judge, mut source, mut target, mode } = match self.parts(place, now) {
            Ok(parts) => parts,
            Err(error) => {
                return record_failure(self.profile(), options, state, now, host, error, self.context);
            }
        };
        work(Job {
            profile: self.profile(),
            options,
            source: source.as_mut(),
            target: target.as_mut(),
            mode: mode.as_ref(),
            state,
            evaluate: &|recipient| judge.evaluate(recipient),
            policy: judge.fingerprint(),
            now,
            host,
            context: self.context,
        })
    }

    fn parts(&self, place: Place, now: Timestamp) -> Result<Parts<'_>> {
        let judge = self.judge(now)?;
        let source = self.source()?;
        let (target, mode): (Box<dyn Target>, Box<dyn Mode>) = match place {
            Place::Target => (self.target()?, mode::of(self.profile())),
            Place::Directory(cmdlet) => {
                (Box::new(self.directory(self.active_directory(cmdlet)?)?), Box::new(InPlace))
            }
        };
        Ok(Parts { judge, source, target, mode })
    }
}
