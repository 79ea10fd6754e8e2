//! The recipients that a request names.

use crate::{
    directory::{Selection, SourceItem},
    error::{Error, ErrorId, Result},
    model::{Recipient, Run},
    sync::job::Job,
};

/// The recipients that one of `identities` names; unknown and ambiguous ones are errors of their own.
pub(super) fn named(job: &mut Job<'_>, run: &mut Run, identities: &[String]) -> Result<Vec<Recipient>> {
    let mut found = read(job, run, identities)?;
    for identity in identities {
        let count = found.iter().filter(|recipient| recipient.is_named(identity)).count();
        let (id, what) = match count {
            0 => (ErrorId::IdentityNotFound, format!("The source has no recipient '{identity}'.")),
            1 => continue,
            _ => {
                found.retain(|recipient| !recipient.is_named(identity));
                let what =
                    format!("'{identity}' names {count} recipients of the source; none of them is touched.");
                (ErrorId::IdentityAmbiguous, what)
            }
        };
        job.report(run, Error::new(id, what).target(identity))?;
    }
    Ok(found)
}

/// Everybody whom one of `identities` names.
pub(super) fn read(job: &mut Job<'_>, run: &mut Run, identities: &[String]) -> Result<Vec<Recipient>> {
    let context = job.context;
    let (mut found, mut errors) = (Vec::<Recipient>::new(), Vec::new());
    job.source.read(&Selection::Identities(identities.to_vec()), context, &mut |item| {
        context.check()?;
        match item {
            SourceItem::Recipient(recipient) => {
                if !found.iter().any(|known| known.anchor == recipient.anchor) {
                    found.push(recipient);
                }
            }
            SourceItem::Invalid(error) => errors.push(error),
        }
        Ok(())
    })?;
    run.numbers.recipients += found.len() as u64;
    run.numbers.with_values += found.iter().filter(|one| !one.values.is_empty()).count() as u64;
    errors.into_iter().try_for_each(|error| job.report(run, error))?;
    Ok(found)
}
