//! `GetCertificate`: recipients' certificates, parsed and judged.

use super::{
    engine::Engine,
    open::Opening,
    request::{CertificateSource, GetCertificateRequest},
};
use crate::{
    directory::{Identities, Selection, Source, SourceItem},
    error::{Error, Result},
    event::{Context, LogLevel, ResultType},
    model::{
        JudgedCertificate, PublishedRecipient, Recipient, RecipientCertificate, RecipientKind, Timestamp,
        Value,
    },
    parallel,
    state::State,
    sync,
    targets::Target,
};

/// Recipients that are judged at a time: enough for all cores, and soon there.
const BATCH: usize = 64;

pub(super) fn run(engine: &Engine, request: &GetCertificateRequest, context: &Context) -> Result<()> {
    let opening = Opening::of(engine, &request.profile_name, request.credential.as_ref(), context)?;
    let profile = opening.profile();
    let now = Timestamp::now();
    let judge = opening.judge(now)?;
    let mut named = Identities::new(&request.identity);
    let mut batch = Vec::new();
    let hand_over = |batch: &mut Vec<Recipient>| {
        let evaluations = parallel::try_map(batch, |recipient| {
            context.check()?;
            Ok::<_, Error>(judge.evaluate(recipient))
        })?;
        batch.drain(..).zip(evaluations).try_for_each(|(recipient, evaluation)| {
            let findings = evaluation.findings;
            let wanted = |judged: &JudgedCertificate| {
                request.state.is_empty() || request.state.contains(&judged.state)
            };
            evaluation.certificates.into_iter().filter(wanted).try_for_each(|judged| {
                let row = RecipientCertificate::new(&profile.name, &recipient, &findings, judged);
                context.result(ResultType::Certificate, &row)
            })
        })
    };
    let mut place = Place::open(engine, &opening, request.source, now, context)?;
    while let Some(selection) = named.next_selection() {
        place.read(&selection, context, &mut |item| {
            context.check()?;
            match item {
                SourceItem::Invalid(error) => {
                    named.note_unreadable(error.target.as_deref().unwrap_or_default());
                    context.error(error)
                }
                SourceItem::Recipient(recipient) if named.note(&recipient) => {
                    batch.push(recipient);
                    if batch.len() < BATCH { Ok(()) } else { hand_over(&mut batch) }
                }
                SourceItem::Recipient(_) => Ok(()),
            }
        })?;
    }
    hand_over(&mut batch)?;
    let whose = match request.source {
        CertificateSource::Directory => "source",
        CertificateSource::Target => "target",
        CertificateSource::State => "state",
    };
    let unknown = named.unknown(&format!("{whose} of profile '{}'", profile.name));
    unknown.into_iter().try_for_each(|error| context.error(error))
}

/// Where certificates are read, open.
enum Place {
    Source(Box<dyn Source>),
    Target(Box<dyn Target>),
    /// `None`: there is none yet.
    State(Option<Box<State>>),
}

impl Place {
    /// Opens what the request wants.
    fn open(
        engine: &Engine,
        opening: &Opening<'_>,
        from: CertificateSource,
        now: Timestamp,
        context: &Context,
    ) -> Result<Self> {
        Ok(match from {
            CertificateSource::Directory => {
                let mut source = opening.source()?;
                warn_of_clock(now, source.clock(context)?, "the directory", context)?;
                Self::Source(source)
            }
            CertificateSource::Target => {
                let mut target = opening.target()?;
                // What another organisation has would pass for this one's.
                opening.organisation(target.as_mut())?;
                opening.recall(|learned| target.recall(learned))?;
                target.expect(opening.published());
                warn_of_clock(now, target.clock(context)?, "the target", context)?;
                Self::Target(target)
            }
            CertificateSource::State => {
                Self::State(engine.read_state(&opening.profile().name)?.map(Box::new))
            }
        })
    }

    /// Hands over the selected recipients.
    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Source(source) => source.read(selection, context, sink),
            Self::Target(target) => target.read_all(selection, context, sink),
            Self::State(Some(state)) => read_published(state, selection, sink),
            Self::State(None) => Ok(()),
        }
    }
}

/// By a wrong clock good certificates show as expired, or bad ones as valid: what a run would stop for is told, and the
/// certificates are shown all the same.
fn warn_of_clock(ours: Timestamp, theirs: Option<Timestamp>, whose: &str, context: &Context) -> Result<()> {
    let Some(error) = theirs.and_then(|theirs| sync::compare_clocks(ours, theirs, whose).err()) else {
        return Ok(());
    };
    let message = format!("{} The states shown here are judged by this machine's clock.", error.message);
    context.log(LogLevel::Warning, message)
}

/// Recipients of one page of the state.
const PAGE: usize = 500;

/// Hands over everybody for whom the profile published something, with the managed values.
fn read_published(
    state: &State,
    selection: &Selection,
    sink: &mut dyn FnMut(SourceItem) -> Result<()>,
) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = state.published_after(&after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.target);
        for published in page {
            let recipient = published_recipient(state, published)?;
            if selection.includes(&recipient) {
                sink(SourceItem::Recipient(recipient))?;
            }
        }
    }
}

fn published_recipient(state: &State, published: PublishedRecipient) -> Result<Recipient> {
    let known = state.evaluation(&published.anchor)?.map(|evaluation| evaluation.recipient);
    let mut values = Vec::with_capacity(published.managed.len());
    for managed in &published.managed {
        values.push(Value::new(managed.attribute, state.needed_value(managed.value)?));
    }
    Ok(Recipient {
        anchor: published.anchor,
        distinguished_name: known
            .as_ref()
            .map_or_else(|| published.label.clone(), |r| r.distinguished_name.clone()),
        kind: known.as_ref().map_or(RecipientKind::User, |known| known.kind),
        disabled: known.as_ref().is_some_and(|known| known.disabled),
        display_name: published.display_name,
        mail: known.as_ref().map_or(Some(published.label), |known| known.address.clone()),
        proxy_addresses: Vec::new(),
        primary_smtp_address: None,
        user_principal_name: known.and_then(|known| known.user_principal_name),
        sam_account_name: None,
        untrimmed: Vec::new(),
        changed: None,
        version: None,
        values,
    })
}
