//! `GetRule`: the rules of the policy.

use super::{request::GetRuleRequest, wildcard};
use crate::{
    error::Result,
    event::{Context, ResultType},
    policy,
};

pub(super) fn run(request: &GetRuleRequest, context: &Context) -> Result<()> {
    policy::rules()
        .iter()
        .filter(|rule| wildcard::any_matches(&request.rule, &rule.rule))
        .try_for_each(|rule| context.result(ResultType::Rule, rule))
}
