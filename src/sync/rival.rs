//! Who has no address goes by its user principal name. That is often written like a mail address, and may be somebody
//! else's: mail to it is for the owner of the address.

use std::collections::HashMap;

use super::job::Job;
use crate::{
    error::Result,
    model::Run,
    state::published::{Claim, PlanRow, Rival},
};

/// The user principal names that more than one recipient without an address goes by.
pub(super) struct Names {
    /// By the name in lower case: the first two that have it.
    shared: HashMap<String, (String, String)>,
    run: i64,
    /// The import in force, where this run reads only some.
    earlier: Option<i64>,
}

impl Names {
    pub(super) fn of(job: &Job<'_>, run: &Run) -> Result<Self> {
        let mut shared: HashMap<String, (String, Option<String>)> = HashMap::new();
        for (anchor, name) in job.state.user_principal_names(run.id)? {
            let entry = shared.entry(name.to_lowercase()).or_insert_with(|| (anchor.clone(), None));
            if entry.0 != anchor {
                entry.1.get_or_insert(anchor);
            }
        }
        let shared =
            shared.into_iter().filter_map(|(name, (first, second))| Some((name, (first, second?)))).collect();
        let earlier = if job.is_partial() { job.state.current_run()? } else { None };
        Ok(Self { shared, run: run.id, earlier })
    }

    /// Whose place a recipient would take.
    pub(super) fn rival(&self, job: &Job<'_>, row: &PlanRow) -> Result<Option<Rival>> {
        let name = row.evaluation.recipient.user_principal_name.as_ref().map(|name| name.to_lowercase());
        let Some(name) = name.filter(|_| row.address.is_none() && !row.missing) else { return Ok(None) };
        let Some((anchor, claim)) = self.other(job, &name, &row.anchor)? else { return Ok(None) };
        let distinguished_name =
            job.state.recipient(&anchor)?.map_or(anchor, |recipient| recipient.distinguished_name);
        Ok(Some(Rival { name, distinguished_name, claim }))
    }

    fn other(&self, job: &Job<'_>, name: &str, anchor: &str) -> Result<Option<(String, Claim)>> {
        if let Some(owner) = job.state.owner_of_address(self.run, name, anchor)? {
            return Ok(Some((owner, Claim::Address)));
        }
        if let Some(earlier) = self.earlier
            && let Some(owner) = job.state.owner_of_address(earlier, name, anchor)?
        {
            return Ok(Some((owner, Claim::EarlierAddress)));
        }
        Ok(self.shared.get(name).map(|(first, second)| {
            (if first == anchor { second } else { first }.clone(), Claim::UserPrincipalName)
        }))
    }
}
