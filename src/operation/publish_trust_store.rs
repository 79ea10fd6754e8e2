//! `PublishTrustStore`: the issuing CAs, uploaded to Exchange.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{engine::Engine, open::Opening, request::PublishTrustStoreRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel, Question, ResultType},
    exchange::{
        CmdletChannel,
        trust_store::{self as store, MergedStore, PresentStore},
    },
    model::{Timestamp, TrustStore, at_start, counted},
    places, sync,
    targets::exchange::organization,
    trust::{TrustAnchors, load_anchors},
};

/// How long to wait before what was uploaded is read again, each time that it is not there yet.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// Uploads the profile's trust anchors, merged with what is there.
/// Fails as the profile, its anchors and its channel do, with `OtherOrganization`, and as [`publish_through`] does.
pub(super) fn run(engine: &Engine, request: &PublishTrustStoreRequest, context: &Context) -> Result<()> {
    let opening = Opening::of(engine, &request.profile_name, None, context)?;
    let stored = &opening.stored;
    let mut channel = opening.channel()?;
    opening.recall(|learned| channel.recall(learned))?;
    let anchors = load_anchors(&stored.profile.trust.trust_anchor_path)?;
    let now = Timestamp::now();
    store::refuse_expired(&anchors.certificates(), now)?;
    let mut new_organisation = None;
    if opening.is_exchange() {
        let organisation = organization(channel.as_mut(), context)?;
        // What a profile says of its tenant is enough until its first run.
        if !opening.is_known(&organisation)? && opening.is_session() {
            new_organisation = Some(organisation);
        }
    }
    let backup = match &request.backup_path {
        Some(path) => path.clone(),
        None => {
            let time = now.rfc3339().replace([':', '-'], "");
            stored.places.state.join(format!("{}.trust-store-{time}.sst", stored.profile.name))
        }
    };
    let job = Publication {
        profile_name: &stored.profile.name,
        anchors: &anchors,
        backup,
        what_if: request.what_if,
        confirm: request.confirm,
        now,
        before_write: &|| match &new_organisation {
            Some(organisation) => opening.remember_organisation(organisation),
            None => Ok(()),
        },
    };
    publish_through(&job, channel.as_mut(), context)
}

/// What is to be published, and how.
struct Publication<'a> {
    profile_name: &'a str,
    anchors: &'a TrustAnchors,
    /// Where the store that is there is saved first.
    backup: PathBuf,
    what_if: bool,
    confirm: bool,
    /// The time at which certificates must be valid.
    now: Timestamp,
    /// What has to be done before anything is uploaded.
    before_write: &'a dyn Fn() -> Result<()>,
}

/// Reads the organisation's trust store, saves it, uploads it with the trust anchors that it lacks, and reads it
/// back. Nothing is uploaded where it lacks none. Results: one `TrustStore`.
/// Fails with `TrustStoreRefused`, `ClockSkew`, `TrustStoreUnreadable`, `VerifyFailed`, `PlaceNotWritable`, `PlaceNotPrivate`,
/// `DiskFull`, and as the channel does.
fn publish_through(job: &Publication<'_>, channel: &mut dyn CmdletChannel, context: &Context) -> Result<()> {
    let old = store::read(channel, context)?;
    // By a clock that is ahead, CA certificates that are valid would be left out as expired.
    if let Some(theirs) = channel.clock(context)? {
        sync::compare_clocks(job.now, theirs, "the service")?;
    }
    let present = store::parse(channel, old.as_deref())?;
    let merged = store::merge(&job.anchors.certificates(), &present, job.now)?;
    let mut result = TrustStore {
        profile_name: job.profile_name.to_owned(),
        path: None,
        size: store::size(&merged.bytes),
        published: false,
        certificate: store::rows(&merged.certificates, &present),
    };
    if !merged.adds {
        let message = format!("All trust anchors are in the trust store of {} already.", channel.name());
        context.log(LogLevel::Verbose, message)?;
        result.size = old.as_deref().map_or(0, store::size);
        result.certificate = store::rows(&store::by_subject(present.certificates.values()), &present);
        return context.result(ResultType::TrustStore, &result);
    }
    store::refuse_large(&merged, &job.anchors.certificates())?;
    warn_of_losses(&merged, &present, context)?;
    if job.what_if || (job.confirm && !is_approved(&merged, &present, channel, context)?) {
        return context.result(ResultType::TrustStore, &result);
    }
    (job.before_write)()?;
    if let Some(old) = &old {
        save(&job.backup, old)?;
        result.path = Some(job.backup.display().to_string());
        context.log(
            LogLevel::Verbose,
            format!("The older trust store was saved as '{}'.", job.backup.display()),
        )?;
    }
    for warning in store::write(channel, merged.bytes.clone(), context)? {
        context.log(LogLevel::Warning, warning)?;
    }
    let verified = verify(&merged, &present, channel, context);
    // What was saved is told in any case.
    result.published = verified.is_ok();
    context.result(ResultType::TrustStore, &result)?;
    verified
}

/// What is there and will not be there any more.
fn warn_of_losses(merged: &MergedStore, present: &PresentStore, context: &Context) -> Result<()> {
    for expired in &merged.expired {
        let message = format!(
            "The CA certificate {} of the present trust store has expired and is skipped, since Exchange would \
             refuse it.",
            expired.describe()
        );
        context.log(LogLevel::Warning, message)?;
    }
    if present.lists > 0 {
        let message = format!(
            "The present trust store holds {} skipped.",
            counted(
                present.lists,
                "list of revoked or trusted certificates, which is",
                "lists of revoked or trusted certificates, which are"
            )
        );
        context.log(LogLevel::Warning, message)?;
    }
    Ok(())
}

fn is_approved(
    merged: &MergedStore,
    present: &PresentStore,
    channel: &dyn CmdletChannel,
    context: &Context,
) -> Result<bool> {
    let new = merged.certificates.iter().filter(|one| !present.certificates.contains_key(&one.fingerprint));
    let new: Vec<_> = new.map(|one| one.subject.to_string()).collect();
    let action = format!(
        "Upload a trust store of {} with Set-SmimeConfig; new: {}",
        counted(merged.certificates.len(), "CA certificate", "CA certificates"),
        new.join("; ")
    );
    let answers = context.ask(vec![Question::approve(channel.name(), action)])?;
    Ok(answers.first().is_some_and(|answer| answer.approved))
}

/// Reads back what was uploaded. What was there before may come from a replica that has not heard of it yet, so it is
/// read again after a moment. Fails with `VerifyFailed`, saying what is there instead.
fn verify(
    merged: &MergedStore,
    before: &PresentStore,
    channel: &mut dyn CmdletChannel,
    context: &Context,
) -> Result<()> {
    let mut uploaded: Vec<_> = merged.certificates.iter().map(|one| &one.fingerprint).collect();
    uploaded.sort_unstable();
    let mut waits = AGAIN.into_iter();
    let is_older = loop {
        let bytes = store::read(channel, context)?;
        let after = store::parse(channel, bytes.as_deref())?;
        let mut there = after.certificates.keys();
        if there.clone().eq(uploaded.iter().copied()) {
            return Ok(());
        }
        let is_older = there.by_ref().eq(before.certificates.keys());
        match waits.next().filter(|_| is_older) {
            Some(wait) => channel.wait(wait, context)?,
            None => break is_older,
        }
    };
    let name = channel.name();
    let (what, advice) = match is_older {
        true => (
            format!(
                "{} answered the upload with success and still shows the older trust store.",
                at_start(&name)
            ),
            "Run again in some minutes: a store that has arrived by then is not uploaded again. Where it has not, \
             the account may lack the right to change it: see whether Set-SmimeConfig does by hand.",
        ),
        false => (
            format!("The trust store of {name} is neither the one that was uploaded nor the older one."),
            ErrorId::VerifyFailed.advice(),
        ),
    };
    Err(Error::new(ErrorId::VerifyFailed, what).advice(advice).target(name))
}

/// Keeps the older store, readable by its owner only.
fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    // A folder that the caller named is the caller's; ours is made where it is missing.
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        places::make_private_folder(folder)?;
    }
    places::write_new_file(path, bytes, ErrorId::PlaceNotWritable)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        event::{Answer, Event, EventSink},
        exchange::{Command, Location, Object, Output},
    };

    struct Nobody;

    impl EventSink for Nobody {
        fn emit(&self, _event: Event) -> Result<()> {
            Ok(())
        }
        fn ask(&self, _questions: Vec<Question>) -> Result<Vec<Answer>> {
            Err(Error::canceled())
        }
    }

    /// An organisation without a trust store, with a clock of its own.
    struct Organisation {
        clock: Option<Timestamp>,
        asked: Vec<&'static str>,
    }

    impl CmdletChannel for Organisation {
        fn name(&self) -> String {
            "Exchange Online".into()
        }
        fn location(&mut self, _context: &Context) -> Result<Location> {
            Ok(Location::Cloud)
        }
        fn batch_size(&self) -> usize {
            1
        }
        fn invoke(&mut self, commands: &[Command], _context: &Context) -> Result<Vec<Result<Output>>> {
            self.asked.extend(commands.iter().map(|command| command.cmdlet));
            Ok(commands.iter().map(|_| Ok(Output::default())).collect())
        }
        fn list(
            &mut self,
            _command: &Command,
            _context: &Context,
            _sink: &mut dyn FnMut(Object) -> Result<()>,
        ) -> Result<()> {
            Ok(())
        }
        fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
            Ok(self.clock)
        }
    }

    #[test]
    fn a_clock_that_is_not_the_services_replaces_no_trust_store() {
        let now = Timestamp(1_800_000_000);
        let anchors = TrustAnchors::new([]);
        for (clock, expected) in [
            (None, Ok(())),
            (Some(now.plus(-300)), Ok(())),
            (Some(now.plus(-301)), Err(ErrorId::ClockSkew)),
            (Some(now.plus(3600)), Err(ErrorId::ClockSkew)),
        ] {
            let job = Publication {
                profile_name: "corp",
                anchors: &anchors,
                backup: PathBuf::new(),
                what_if: false,
                confirm: false,
                now,
                before_write: &|| Ok(()),
            };
            let mut organisation = Organisation { clock, asked: Vec::new() };
            let context = Context::new(Arc::new(Nobody), CancellationToken::new());
            let done = publish_through(&job, &mut organisation, &context);
            assert_eq!(done.map_err(|error| error.id), expected, "{clock:?}");
            assert_eq!(organisation.asked, ["Get-SmimeConfig"]);
        }
    }
}
