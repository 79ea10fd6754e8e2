//! `GetRule`: the rules of the policy.

use super::{names::asks_for, request::GetRuleRequest};
use crate::{
    error::Result,
    event::{Context, ResultType},
    policy,
};

pub(super) fn run(request: &GetRuleRequest, context: &Context) -> Result<()> {
    policy::rules()
        .iter()
        .filter(|rule| asks_for(&request.rule, &rule.rule))
        .try_for_each(|rule| context.result(ResultType::Rule, rule))
}
