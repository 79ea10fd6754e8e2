//! A caller that listens to nothing.

use std::sync::Arc;

use smime_sync::{
    error::Result,
    event::{Answer, Context, Event, EventSink, Question},
};
use tokio_util::sync::CancellationToken;

struct Silent;

impl EventSink for Silent {
    fn emit(&self, _: Event) -> Result<()> {
        Ok(())
    }

    fn ask(&self, _: Vec<Question>) -> Result<Vec<Answer>> {
        Ok(Vec::new())
    }
}

/// A context whose events go nowhere.
pub fn context() -> Context {
    Context::new(Arc::new(Silent), CancellationToken::new())
}
