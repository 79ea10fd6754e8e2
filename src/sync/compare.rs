//! Source against target as both are now: what a first run of the profile would find. No state is needed, and nothing is
//! written.

use std::collections::{HashMap, HashSet};

use super::{Meter, look::ambiguous};
use crate::{
    directory::{Identities, Selection, Source, SourceItem},
    error::{Error, Result},
    event::Context,
    model::{
        CertificateState, Difference, DifferenceKind, Evaluation, Exclusion, Identity, PublishedValue,
        Recipient, RecipientRecord, Severity, Telling,
    },
    parallel,
    profile::DisabledAccount,
    targets::{Match, Target, TargetQuery, TargetRecipient},
};

/// Most recipients that are judged and looked up at a time.
const BATCH: usize = 200;

/// What source and target are compared with.
pub(crate) struct Comparison<'a> {
    /// The profile's name.
    pub profile: &'a str,
    /// `None`: values are put right where they are read, so that the source is all there is.
    pub target: Option<&'a mut dyn Target>,
    /// What the policy makes of a recipient's values.
    pub evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    /// What a disabled account means.
    pub disabled: DisabledAccount,
    /// Where errors of single recipients go, and where the caller's cancel shows.
    pub context: &'a Context,
}

/// What is known of the target's recipients by now.
#[derive(Default)]
struct Met {
    /// Whose they are in the source, by the target's keys.
    keys: HashMap<String, String>,
    /// The addresses, in lower case, of those of whom the target does not show which they are.
    addresses: HashSet<String>,
}

/// Takes what is found.
type Sink<'a> = dyn FnMut(Difference) -> Result<()> + 'a;

impl Comparison<'_> {
    /// Hands every difference to `sink`, recipient by recipient as `source` gives them; where all are compared, those who
    /// are at the target alone come last.
    /// Fails as source and target do; `Canceled`.
    pub(crate) fn run(
        mut self,
        source: &mut dyn Source,
        identity: &[Identity],
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let (mut named, mut met) = (Identities::new(identity), Met::default());
        let mut meter = Meter::new(self.context, "Compare", source.size_hint())?;
        let size = self.target.as_ref().map_or(BATCH, |target| target.batch_size().clamp(1, BATCH));
        let mut batch = Vec::new();
        while let Some(selection) = named.next_selection() {
            source.read(&selection, self.context, &mut |item| match item {
                SourceItem::Invalid(error) => {
                    named.note_unreadable(error.target.as_deref().unwrap_or_default());
                    self.context.error(error)
                }
                SourceItem::Recipient(recipient) if named.note(&recipient) => {
                    batch.push(recipient);
                    if batch.len() < size {
                        return Ok(());
                    }
                    meter.add(batch.len())?;
                    self.compare(&std::mem::take(&mut batch), &mut met, sink)
                }
                SourceItem::Recipient(_) => Ok(()),
            })?;
        }
        meter.add(batch.len())?;
        self.compare(&batch, &mut met, sink)?;
        let unknown = named.unknown(&format!("source of profile '{}'", self.profile));
        unknown.into_iter().try_for_each(|error| self.context.error(error))?;
        if identity.is_empty() { self.strangers(&met, sink) } else { Ok(()) }
    }

    fn compare(&mut self, batch: &[Recipient], met: &mut Met, sink: &mut Sink<'_>) -> Result<()> {
        let evaluations = parallel::try_map(batch, |recipient| {
            self.context.check()?;
            Ok::<_, Error>((self.evaluate)(recipient))
        })?;
        let Some(target) = &mut self.target else {
            let mut all = batch.iter().zip(&evaluations);
            return all.try_for_each(|(one, evaluation)| self.curated(one, evaluation, sink));
        };
        let records: Vec<RecipientRecord> = batch.iter().map(RecipientRecord::of).collect();
        let queries: Vec<TargetQuery<'_>> = batch
            .iter()
            .zip(&records)
            .map(|(one, record)| TargetQuery { thorough: true, ..TargetQuery::of(&one.anchor, record) })
            .collect();
        let matches = target.read(&queries, self.context)?;
        let keys: Vec<Option<String>> = queries.iter().map(|query| target.key(query)).collect();
        for (((one, evaluation), matched), key) in batch.iter().zip(evaluations).zip(matches).zip(keys) {
            let desired = self.desired(one, &evaluation);
            let row = self.row(one.label(), one.display_name.as_deref()).of(&one.anchor);
            match self.settle(one, matched, met) {
                Ok(Side::There(found, remark)) => {
                    let row = Row { target: Some(found.key.clone()), ..row };
                    self.values(one, &desired, &found, &remark, &row, sink)?;
                }
                // Where we say ourselves where somebody is, nobody has to be there yet.
                Ok(Side::Nobody(_)) if key.is_some() => {
                    desired.iter().try_for_each(|value| sink(row.missing(value, "")))?;
                }
                Ok(Side::Nobody(why)) if !desired.is_empty() => {
                    sink(row.whole(DifferenceKind::NotAtTarget, why))?;
                }
                Ok(Side::Nobody(_)) => {}
                Ok(Side::Unclear(why)) => sink(row.whole(DifferenceKind::NotCompared, why))?,
                Err(error) => {
                    sink(row.whole(DifferenceKind::NotCompared, error.message.clone()))?;
                    self.context.error(error.target(one.label()))?;
                }
            }
        }
        Ok(())
    }

    /// What shall be at the target, best first.
    fn desired(&self, recipient: &Recipient, evaluation: &Evaluation) -> Vec<PublishedValue> {
        if recipient.disabled && self.disabled == DisabledAccount::Remove {
            return Vec::new();
        }
        evaluation.desired.iter().map(Into::into).collect()
    }

    /// What the target's answer says of a recipient; its own error is the recipient's.
    fn settle(&self, one: &Recipient, matched: Result<Match>, met: &mut Met) -> Result<Side> {
        let (found, remark) = match matched {
            Ok(Match::One(found)) => (found, String::new()),
            Ok(Match::Excluded(why, Some(found))) => (found, format!(" {}", why.skips_one(one.label()))),
            Ok(Match::None) => return Ok(Side::Nobody(Exclusion::NotFound.skips_one(one.label()))),
            Ok(Match::Excluded(why @ Exclusion::NotFound, None)) => {
                return Ok(Side::Nobody(why.skips_one(one.label())));
            }
            Ok(Match::Excluded(why, None)) => {
                met.hide(one);
                return Ok(Side::Unclear(why.skips_one(one.label())));
            }
            // Without a state there are no links that could lead to somebody of another name.
            Ok(Match::Renamed(renamed)) => (renamed.recipient, String::new()),
            Ok(Match::Ambiguous(why)) => {
                met.hide(one);
                return Ok(Side::Unclear(ambiguous(why).message));
            }
            Err(error) => {
                met.hide(one);
                return Err(error);
            }
        };
        if let Some(damage) = &found.damage {
            self.context.error(damage.clone().target(one.label()))?;
        }
        match met.keys.insert(found.key.clone(), one.label().to_owned()) {
            Some(other) => Ok(Side::Unclear(format!(
                "The target's recipient '{}' would be that of '{other}', too; a run writes neither.",
                found.key
            ))),
            None => Ok(Side::There(found, remark)),
        }
    }

    /// The differences of the values of a recipient who is at the target.
    fn values(
        &self,
        one: &Recipient,
        desired: &[PublishedValue],
        found: &TargetRecipient,
        remark: &str,
        row: &Row<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let missing = desired.iter().filter(|value| !found.shows(value));
        missing.into_iter().try_for_each(|value| sink(row.missing(value, remark)))?;
        let extra: Vec<_> =
            found.values.iter().filter(|value| !desired.iter().any(|one| one.is(value))).cloned().collect();
        if extra.is_empty() {
            return Ok(());
        }
        // As they are at the target, each may look otherwise than beside the values of the source.
        let there = Recipient { values: extra, ..one.clone() };
        let evaluation = (self.evaluate)(&there);
        self.each(&there, &evaluation, &mut |value, why| {
            sink(row.value(DifferenceKind::ExtraAtTarget, value, format!("{why}{remark}")))
        })
    }

    /// Each of a recipient's values at the target, and what is to be said of it.
    fn each(
        &self,
        there: &Recipient,
        evaluation: &Evaluation,
        sink: &mut dyn FnMut(&PublishedValue, String) -> Result<()>,
    ) -> Result<()> {
        let telling = Telling::of(&evaluation.certificates);
        for value in &there.values {
            let value = telling.published(value);
            let judged = evaluation.certificates.iter().find(|judged| {
                let thumbprint = judged.certificate.as_ref().map(|one| &one.thumbprint);
                judged.value == value.value
                    && judged.attribute == value.attribute
                    && thumbprint == value.certificate.as_ref().map(|one| &one.thumbprint)
            });
            let against = judged.and_then(|judged| {
                let mut findings = judged.findings.iter();
                Some(findings.find(|finding| finding.severity == Severity::Error)?.message.clone())
            });
            let why = match (against, judged.map(|judged| judged.state)) {
                (Some(message), _) => message,
                (None, Some(CertificateState::OtherPurpose)) => "It serves another purpose than mail.".into(),
                (None, Some(CertificateState::Chain)) => "It is a CA's.".into(),
                (None, Some(_)) => "It can be used, and the source does not have it chosen.".into(),
                (None, None) => "No certificate can be read in it.".into(),
            };
            sink(&value, why)?;
        }
        Ok(())
    }

    /// Where values are put right in place: what goes.
    fn curated(&self, one: &Recipient, evaluation: &Evaluation, sink: &mut Sink<'_>) -> Result<()> {
        let telling = Telling::of(&evaluation.certificates);
        let row = self.row(one.label(), one.display_name.as_deref()).of(&one.anchor);
        let row = Row { target: Some(one.anchor.clone()), ..row };
        for curated in &evaluation.curation {
            if let Some(why) = &curated.removal {
                let value = telling.published(&curated.value);
                sink(row.value(DifferenceKind::ExtraAtTarget, &value, why.clone()))?;
            }
        }
        Ok(())
    }

    /// Those at the target whom nobody of the source is.
    fn strangers(&mut self, met: &Met, sink: &mut Sink<'_>) -> Result<()> {
        let Some(target) = &mut self.target else { return Ok(()) };
        let mut strangers: Vec<Recipient> = Vec::new();
        let context = self.context;
        target.read_all(&Selection::All, context, &mut |item| {
            context.check()?;
            match item {
                SourceItem::Recipient(one) if !one.values.is_empty() && !met.has(&one) => {
                    strangers.push(one);
                    Ok(())
                }
                SourceItem::Recipient(_) => Ok(()),
                SourceItem::Invalid(error) => context.error(error),
            }
        })?;
        for one in strangers {
            let row = self.row(one.label(), one.display_name.as_deref());
            let row = Row { target: Some(one.anchor.clone()), ..row };
            let evaluation = (self.evaluate)(&one);
            self.each(&one, &evaluation, &mut |value, why| {
                let message = format!("Nobody in the source is this recipient. {why}");
                sink(row.value(DifferenceKind::NotInSource, value, message))
            })?;
        }
        Ok(())
    }

    fn row<'a>(&'a self, recipient: &'a str, display_name: Option<&'a str>) -> Row<'a> {
        Row { profile: self.profile, recipient, display_name, anchor: None, target: None }
    }
}

/// Where a recipient of the source is at the target.
enum Side {
    /// There, with what is to be said of it besides.
    There(TargetRecipient, String),
    Nobody(String),
    Unclear(String),
}

impl Met {
    /// Keeps the names of somebody of whom the target does not show which one it is.
    fn hide(&mut self, one: &Recipient) {
        self.addresses.extend(one.addresses().into_iter().map(str::to_lowercase));
    }

    /// Whether somebody of the target is, or may be, one of the source.
    fn has(&self, one: &Recipient) -> bool {
        self.keys.contains_key(&one.anchor)
            || one.addresses().iter().any(|address| self.addresses.contains(&address.to_lowercase()))
    }
}

/// Whom rows are about.
struct Row<'a> {
    profile: &'a str,
    recipient: &'a str,
    display_name: Option<&'a str>,
    anchor: Option<&'a str>,
    target: Option<String>,
}

impl<'a> Row<'a> {
    fn of(self, anchor: &'a str) -> Self {
        Self { anchor: Some(anchor), ..self }
    }

    fn whole(&self, difference: DifferenceKind, message: String) -> Difference {
        Difference {
            profile_name: self.profile.to_owned(),
            recipient: self.recipient.to_owned(),
            display_name: self.display_name.map(str::to_owned),
            anchor: self.anchor.map(str::to_owned),
            target: self.target.clone(),
            difference,
            side_indicator: difference.side(),
            attribute: None,
            value: None,
            subject: None,
            thumbprint: None,
            not_before: None,
            not_after: None,
            message,
        }
    }

    fn value(&self, difference: DifferenceKind, value: &PublishedValue, message: String) -> Difference {
        self.whole(difference, message).of_value(value)
    }

    fn missing(&self, value: &PublishedValue, remark: &str) -> Difference {
        let message = format!("It is chosen, and not there, or not everywhere.{remark}");
        self.value(DifferenceKind::MissingAtTarget, value, message)
    }
}
