//! What goes wrong, by plan or by chance; the same seed gives the same faults.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// 429 with Retry-After.
    TooManyRequests,
    /// 502 with an HTML body.
    BadGateway,
    /// 503 with an HTML body.
    ServiceUnavailable,
    /// 504 with an HTML body.
    GatewayTimeout,
    /// The connection is reset, without an answer.
    Reset,
    /// The answer breaks off in its middle; the request was carried out.
    Truncated,
    /// The request is carried out twice; the second answer is sent.
    Duplicate,
    /// The answer comes late.
    Slow,
    /// The answer's body consists of NUL bytes.
    Nul,
    /// All tokens end now.
    TokenExpiry,
    /// What the request writes shows in reads later.
    Stale,
    // Transient refusals by their names, on 400 (docs/design/exchange-online.md §1.6, "Transient").
    ServerBusy,
    CmdletProxyNotAvailable,
    TransientException,
    BackendCommunication,
    /// "maximum number of concurrent requests per tenant".
    TooManyConcurrent,
    /// With "may be transient" in its text.
    UnableToWriteToAad,
}

/// Whether the request is carried out although its answer goes wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// It is not.
    #[default]
    Before,
    /// It is.
    After,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// HTTPS requests to the gateway.
    #[default]
    Request,
    /// Commands, alone or inside a batch.
    Command,
}

/// One line of the plan. `Nth` or `Probability` is needed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Rule {
    pub kind: FaultKind,
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub when: When,
    /// The Nth that matches from now on, from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// So many from the Nth on.
    #[serde(default = "one")]
    pub count: u64,
    /// Between 0 and 1.
    #[serde(default)]
    pub probability: Option<f64>,
    /// Only where this cmdlet runs.
    #[serde(default)]
    pub cmdlet: Option<String>,
    /// Seconds of the clock: how late, how stale, or what Retry-After says.
    #[serde(default = "five")]
    pub seconds: f64,
}

fn one() -> u64 {
    1
}

fn five() -> f64 {
    5.0
}

/// `PUT /faults`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Plan {
    #[serde(default)]
    pub seed: u64,
    pub faults: Vec<Rule>,
}

/// The plan under way.
pub struct Faults {
    rules: Vec<(Rule, u64)>,
    chance: ChaCha8Rng,
}

impl Default for Faults {
    fn default() -> Self {
        Self { rules: Vec::new(), chance: ChaCha8Rng::seed_from_u64(0) }
    }
}

impl Faults {
    /// Refuses a line that says neither when nor how often, or that no single command can suffer.
    pub fn new(plan: Plan) -> Result<Self, String> {
        for rule in &plan.faults {
            let whole = [FaultKind::Reset, FaultKind::Truncated, FaultKind::Slow, FaultKind::Nul];
            if rule.nth.is_none() && rule.probability.is_none() {
                return Err(format!("The fault {:?} needs Nth or Probability.", rule.kind));
            }
            if rule.scope == Scope::Command && whole.contains(&rule.kind) {
                return Err(format!("The fault {:?} concerns whole requests.", rule.kind));
            }
        }
        let chance = ChaCha8Rng::seed_from_u64(plan.seed);
        Ok(Self { rules: plan.faults.into_iter().map(|rule| (rule, 0)).collect(), chance })
    }

    /// Whether a line asks for the cmdlets of whole requests.
    pub fn asks_for_cmdlets(&self) -> bool {
        self.rules.iter().any(|(rule, _)| rule.scope == Scope::Request && rule.cmdlet.is_some())
    }

    /// Counts a request or a command; what happens to it, the first line that matches.
    pub fn choose(&mut self, scope: Scope, cmdlets: &[&str]) -> Option<Rule> {
        let mut chosen = None;
        for (rule, seen) in &mut self.rules {
            let concerns = |wanted: &String| cmdlets.iter().any(|name| name.eq_ignore_ascii_case(wanted));
            if rule.scope != scope || !rule.cmdlet.as_ref().is_none_or(concerns) {
                continue;
            }
            *seen += 1;
            let planned = rule.nth.is_some_and(|nth| (nth..nth.saturating_add(rule.count)).contains(seen));
            let by_chance = rule.probability.is_some_and(|p| self.chance.r#gen::<f64>() < p);
            if (planned || by_chance) && chosen.is_none() {
                chosen = Some(rule.clone());
            }
        }
        chosen
    }
}

/// A number between 0 and `bound`, for the order of a batch's answers.
pub fn below(chance: &mut Faults, bound: usize) -> usize {
    chance.chance.gen_range(0..bound.max(1))
}
