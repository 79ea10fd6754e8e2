//! The recipients that a request names.

use crate::{
    directory::{Identities, SourceItem},
    error::Result,
    model::{Identity, Recipient, Run},
    sync::job::Job,
};

/// The recipients that one of `identities` names; unknown and ambiguous ones are errors of their own.
pub(super) fn named(job: &mut Job<'_>, run: &mut Run, identities: &[Identity]) -> Result<Vec<Recipient>> {
    let mut named = Identities::new(identities);
    let mut found = read(job, run, &mut named)?;
    for (error, anchors) in named.unclear() {
        found.retain(|recipient| !anchors.contains(&recipient.anchor));
        job.report(run, error)?;
    }
    Ok(found)
}

/// Everybody whom one of the identities names.
pub(super) fn read(job: &mut Job<'_>, run: &mut Run, named: &mut Identities) -> Result<Vec<Recipient>> {
    let context = job.context;
    let (mut found, mut errors) = (Vec::<Recipient>::new(), Vec::new());
    while let Some(selection) = named.next_selection() {
        job.source.read(&selection, context, &mut |item| {
            context.check()?;
            match item {
                SourceItem::Recipient(recipient) => {
                    let is_new = named.note(&recipient);
                    if is_new && !found.iter().any(|known| known.anchor == recipient.anchor) {
                        found.push(recipient);
                    }
                }
                SourceItem::Invalid(error) => errors.push(error),
            }
            Ok(())
        })?;
    }
    run.numbers.recipients += found.len() as u64;
    run.numbers.with_values += found.iter().filter(|one| !one.values.is_empty()).count() as u64;
    errors.into_iter().try_for_each(|error| job.report(run, error))?;
    Ok(found)
}
