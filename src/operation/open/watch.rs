//! How far the look through a whole state is.

use crate::{error::Result, event::Context, sync::Meter};

/// Tells the caller, four times a second at most. Fails with `Canceled` once it wants the task to end.
pub(in crate::operation) fn watch(context: &Context) -> impl FnMut(u64, u64) -> Result<()> + '_ {
    let (mut meter, mut before) = (None, 0);
    move |done, total| {
        let meter = match &mut meter {
            Some(meter) => meter,
            None => meter.insert(Meter::new(context, "Check", Some(total))?),
        };
        let rows = done.saturating_sub(before);
        before = done;
        meter.add(usize::try_from(rows).unwrap_or(usize::MAX))
    }
}
