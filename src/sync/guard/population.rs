//! Of how many recipients a request takes certificates, where no run has counted them.

use crate::{
    directory::{Selection, SourceItem},
    error::Result,
    model::Recipient,
    parallel,
    sync::job::Job,
};

/// Recipients that are judged at a time.
const BATCH: usize = 64;

/// How many recipients in the profile's scope have a usable encryption certificate in the directory. Who can't be read
/// is not counted. Fails as the source does, and with `Canceled`.
pub(super) fn count(job: &mut Job<'_>) -> Result<u64> {
    let (context, evaluate) = (job.context, job.evaluate);
    job.verbose(
        "Counting of how many recipients certificates are taken, since no full run has done so yet.",
    )?;
    let usable = |batch: &mut Vec<Recipient>| {
        let have = parallel::try_map(batch, |recipient| {
            context.check()?;
            Ok::<_, crate::error::Error>(!evaluate(recipient).desired.is_empty())
        })?;
        batch.clear();
        Ok::<_, crate::error::Error>(have.into_iter().filter(|has| *has).count() as u64)
    };
    let (mut batch, mut all) = (Vec::with_capacity(BATCH), 0);
    job.source.read(&Selection::All, context, &mut |item| {
        if let SourceItem::Recipient(recipient) = item {
            batch.push(recipient);
        }
        if batch.len() >= BATCH {
            all += usable(&mut batch)?;
        }
        Ok(())
    })?;
    Ok(all + usable(&mut batch)?)
}
