//! What a caller can ask for: one file an operation.

mod any_case;
mod approve_plan;
mod compare;
mod engine;
mod export_trust_store;
#[cfg(feature = "fault-injection")]
mod fault;
mod get_certificate;
mod get_change;
mod get_profile;
mod get_rule;
mod get_run;
mod names;
mod new_profile;
mod open;
mod publish;
mod publish_trust_store;
mod remove_profile;
pub mod request;
mod set_profile;
mod sync;
pub mod test_profile;
mod test_write;
mod trace;
mod unpublish;

pub use engine::Engine;
pub use request::{EngineConfig, Request};

use crate::{error::Result, event::Context};

impl Engine {
    /// Does what `request` asks for; blocks until it is done. Results and errors of single objects go to
    /// `context`; what is returned is the error that ended the operation.
    pub fn run(&self, request: Request, context: &Context) -> Result<()> {
        context.check()?;
        match request {
            Request::NewProfile(request) => new_profile::run(self, &request, context),
            Request::GetProfile(request) => get_profile::run(self, &request, context),
            Request::SetProfile(request) => set_profile::run(self, &request, context),
            Request::RemoveProfile(request) => remove_profile::run(self, &request, context),
            Request::TestProfile(request) => test_profile::run(self, &request, context),
            Request::Sync(request) => sync::run(self, &request, context),
            Request::GetCertificate(request) => get_certificate::run(self, &request, context),
            Request::Compare(request) => compare::run(self, &request, context),
            Request::GetRun(request) => get_run::run(self, &request, context),
            Request::GetChange(request) => get_change::run(self, &request, context),
            Request::ApprovePlan(request) => approve_plan::run(self, &request, context),
            Request::Publish(request) => publish::run(self, &request, context),
            Request::Unpublish(request) => unpublish::run(self, &request, context),
            Request::ExportTrustStore(request) => export_trust_store::run(self, &request, context),
            Request::PublishTrustStore(request) => publish_trust_store::run(self, &request, context),
            Request::GetRule(request) => get_rule::run(&request, context),
            #[cfg(feature = "fault-injection")]
            Request::Fault(request) => fault::run(&request, context),
        }
    }
}
