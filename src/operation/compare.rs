//! `Compare`: source against target as they are now.

use super::{engine::Engine, open::Opening, request::CompareRequest};
use crate::{
    error::Result,
    event::{Context, ResultType},
    model::Timestamp,
    sync::Comparison,
    targets::Target,
};

/// Compares, and writes nothing anywhere. Fails as the profile, its anchors, source and target do.
pub(super) fn run(engine: &Engine, request: &CompareRequest, context: &Context) -> Result<()> {
    let opening = Opening::of(engine, &request.profile_name, request.credential.as_ref(), context)?;
    let profile = opening.profile();
    let now = Timestamp::now();
    let judge = opening.judge(now)?;
    let mut source = opening.source()?;
    opening.warn_of_clock(now, source.clock(context)?, "the directory")?;
    let mut target = match profile.target.in_place() {
        Some(_) => None,
        None => Some(opening.target_to_read(now)?),
    };
    let comparison = Comparison {
        profile: &profile.name,
        target: target.as_mut().map(|target| target.as_mut() as &mut dyn Target),
        evaluate: &|recipient| judge.evaluate(recipient),
        disabled: profile.policy.disabled_account,
        context,
    };
    comparison.run(source.as_mut(), &request.identity, &mut |difference| {
        context.result(ResultType::Difference, &difference)
    })
}
