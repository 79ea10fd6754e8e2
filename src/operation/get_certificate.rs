//! `GetCertificate`: recipients' certificates, parsed and judged.

use std::collections::HashSet;

use super::{
    engine::Engine,
    open::Opening,
    request::{CertificateSource, GetCertificateRequest},
};
use crate::{
    directory::{Identities, Selection, Source, SourceItem},
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    model::{
        Identity, JudgedCertificate, PublishedRecipient, Recipient, RecipientCertificate, RecipientKind,
        Timestamp, Value,
    },
    parallel,
    state::State,
    targets::Target,
    wildcard::Pattern,
};

/// Most recipients that are judged at a time: enough for all cores. The first are judged by themselves, so that they are
/// there at once.
const BATCH: usize = 64;

pub(super) fn run(engine: &Engine, request: &GetCertificateRequest, context: &Context) -> Result<()> {
    let wanted = Wanted::of(&request.identity)?;
    let opening = Opening::of(engine, &request.profile_name, request.credential.as_ref(), context)?;
    let profile = opening.profile();
    let now = Timestamp::now();
    let judge = opening.judge(now)?;
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
    let mut place = Place::open(engine, &opening, request, now, context)?;
    let (mut batch, mut size) = (Vec::new(), 1);
    let unknown =
        wanted.read(&mut place, whose(request.source, &profile.name), context, &mut |recipient| {
            batch.push(recipient);
            if batch.len() < size {
                return Ok(());
            }
            size = BATCH.min(size * 2);
            hand_over(&mut batch)
        })?;
    hand_over(&mut batch)?;
    unknown.into_iter().try_for_each(|error| context.error(error))
}

/// How messages name where certificates are read.
fn whose(source: CertificateSource, profile: &str) -> String {
    let whose = match source {
        CertificateSource::Directory => "source",
        CertificateSource::Target => "target",
        CertificateSource::State => "state",
    };
    format!("{whose} of profile '{profile}'")
}

/// Who is asked for: by exact names, and by patterns. Neither: everybody.
struct Wanted {
    exact: Vec<Identity>,
    patterns: Vec<Pattern>,
}

impl Wanted {
    /// Fails with `InvalidRequest`, naming the pattern.
    fn of(identities: &[Identity]) -> Result<Self> {
        let (mut exact, mut patterns) = (Vec::new(), Vec::new());
        for identity in identities {
            match identity.map(Pattern::exact) {
                Some(one) => exact.push(one),
                None => patterns.extend(identity.keys().map(Pattern::parse).collect::<Result<Vec<_>>>()?),
            }
        }
        Ok(Self { exact, patterns })
    }

    /// Hands everybody who is asked for to `sink`, once; who is not there by an exact name, is returned as errors.
    fn read(
        &self,
        place: &mut Place,
        whose: String,
        context: &Context,
        sink: &mut dyn FnMut(Recipient) -> Result<()>,
    ) -> Result<Vec<Error>> {
        let (mut named, mut seen) = (Identities::new(&self.exact), HashSet::new());
        let by_name = !self.exact.is_empty() || self.patterns.is_empty();
        while let Some(selection) = named.next_selection().filter(|_| by_name) {
            place.read(&selection, context, &mut |item| {
                context.check()?;
                match item {
                    SourceItem::Invalid(error) => {
                        named.note_unreadable(error.target.as_deref().unwrap_or_default());
                        context.error(error)
                    }
                    SourceItem::Recipient(recipient) if named.note(&recipient) => {
                        if !self.patterns.is_empty() {
                            seen.insert(recipient.anchor.clone());
                        }
                        sink(recipient)
                    }
                    SourceItem::Recipient(_) => Ok(()),
                }
            })?;
        }
        if !self.patterns.is_empty() {
            let selection = Selection::Matching(self.patterns.clone());
            place.read(&selection, context, &mut |item| {
                context.check()?;
                match item {
                    SourceItem::Invalid(error) => context.error(error),
                    SourceItem::Recipient(recipient) if seen.contains(&recipient.anchor) => Ok(()),
                    SourceItem::Recipient(recipient) => sink(recipient),
                }
            })?;
        }
        Ok(named.unknown(&whose))
    }
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
        request: &GetCertificateRequest,
        now: Timestamp,
        context: &Context,
    ) -> Result<Self> {
        if let (Some(filter), CertificateSource::Target | CertificateSource::State) =
            (&request.filter, request.source)
        {
            let what = format!("The filter '{filter}' can't be used: it is one of the source.");
            return Err(Error::new(ErrorId::FilterUnsupported, what).target(filter));
        }
        Ok(match request.source {
            CertificateSource::Directory => {
                let mut source = opening.source()?;
                request.filter.as_ref().map_or(Ok(()), |filter| source.narrow(filter))?;
                opening.warn_of_clock(now, source.clock(context)?, "the directory")?;
                Self::Source(source)
            }
            CertificateSource::Target => Self::Target(opening.target_to_read(now)?),
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
    let distinguished_name =
        known.as_ref().map_or_else(|| published.label.clone(), |known| known.distinguished_name.clone());
    let kind = known.as_ref().map_or(RecipientKind::User, |known| known.kind);
    Ok(Recipient {
        disabled: known.as_ref().is_some_and(|known| known.disabled),
        display_name: published.display_name,
        mail: known.as_ref().map_or(Some(published.label), |known| known.address.clone()),
        user_principal_name: known.and_then(|known| known.user_principal_name),
        values,
        ..Recipient::new(published.anchor, distinguished_name, kind)
    })
}
