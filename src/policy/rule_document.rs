//! The table of rules as docs/rules.md and `Get-SmimePolicyRule` show it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RuleId;
use crate::model::{Named, Severity};

/// A rule as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// The id, stable: `expired`.
    pub rule: String,
    /// How grave it is under the policy `Standard`; `Strict` makes warnings errors.
    pub severity: Severity,
    /// What it means when it fires, in one line.
    pub title: String,
    /// What it means and what follows from it.
    pub explanation: String,
    /// What an administrator does about it.
    pub advice: String,
    /// The standard, or the page of Microsoft's.
    pub source: String,
}

/// All rules, in the order of the table.
pub fn rules() -> Vec<Rule> {
    let rule = |id: RuleId| {
        let [title, explanation, advice, source] = id.texts().map(str::to_owned);
        Rule { rule: id.id().to_owned(), severity: id.standard(), title, explanation, advice, source }
    };
    RuleId::all().map(rule).collect()
}

/// The text of docs/rules.md.
pub fn rules_markdown() -> String {
    let mut text = String::from(
        "# Rules\n\nGenerated from `src/policy/rules.rs`; `Get-SmimePolicyRule` shows the same. Only `Error` makes a \
         certificate unusable.\n`Standard` is the default policy. `Strict` makes every warning an error; `Lenient` \
         leaves as errors what makes encryption impossible, and what concerns trust or another person's address.\n\n\
         | rule | Standard | Strict | Lenient | means |\n|---|---|---|---|---|\n",
    );
    let strict = |severity| if severity == Severity::Warning { Severity::Error } else { severity };
    for id in RuleId::all() {
        let (standard, lenient) = (id.standard(), id.lenient());
        let [title, ..] = id.texts();
        let name = id.id();
        text += &format!(
            "| [{name}](#{name}) | {standard:?} | {:?} | {lenient:?} | {title} |\n",
            strict(standard)
        );
    }
    for rule in rules() {
        text += &format!(
            "\n## {}\n{}. {}\n\n**Do:** {}\n\n**Source:** {}\n",
            rule.rule, rule.title, rule.explanation, rule.advice, rule.source
        );
    }
    text
}
