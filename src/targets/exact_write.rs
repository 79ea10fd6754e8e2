//! Writing to a directory that others write to, too: exact values go and come, and whoever got in the way is respected.

use super::{TargetWrite, difference::Difference};
use crate::{
    directory::ldap::Modified,
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::Value,
};

/// How often a write that met a concurrent change is made anew.
const RETRIES: u32 = 3;

/// The objects of a directory.
pub(super) trait Objects {
    /// Makes one change, all or nothing.
    fn modify(
        &mut self,
        write: &TargetWrite<'_>,
        difference: &Difference,
        context: &Context,
    ) -> Result<Modified>;

    /// Takes away a value that was not shown, and may be there.
    fn take_away(&mut self, write: &TargetWrite<'_>, value: &Value, context: &Context) -> Result<Modified> {
        self.modify(write, &Difference::going(value), context)
    }

    /// What the object has now; `None`: it is gone. The inner error is about it alone.
    fn look_again(&mut self, write: &TargetWrite<'_>, context: &Context) -> Result<Result<Option<Now>>>;
}

/// What an object has now.
pub(super) struct Now {
    pub values: Vec<Value>,
    /// Whether it is to be left alone for a while.
    pub rests: bool,
}

/// Writes one recipient. Where others changed the object meanwhile, the same change is tried again only if all that shall
/// go is still there, byte for byte; what shall come and is there already need not come.
/// The inner error is about it alone: `ObjectChanged` and `ChangeUnconfirmed` where it has to be planned anew.
pub(super) fn write_exactly(
    objects: &mut impl Objects,
    write: &TargetWrite<'_>,
    context: &Context,
) -> Result<Result<()>> {
    match write_shown(objects, write, context)? {
        Ok(()) => take_unseen(objects, write, context),
        error => Ok(error),
    }
}

/// Takes away what is ours and was not shown. Where it is not there, the directory says so, whatever it shows.
fn take_unseen(objects: &mut impl Objects, write: &TargetWrite<'_>, context: &Context) -> Result<Result<()>> {
    for value in &write.unseen {
        context.check()?;
        match objects.take_away(write, value, context)? {
            Modified::Done => {}
            Modified::Refused(error) if error.id == ErrorId::ObjectChanged => {}
            Modified::Refused(error) => return Ok(Err(error)),
            Modified::Unknown(error) => return Ok(Err(unconfirmed(&write.query.recipient.label, error))),
        }
    }
    Ok(Ok(()))
}

fn write_shown(objects: &mut impl Objects, write: &TargetWrite<'_>, context: &Context) -> Result<Result<()>> {
    let label = write.query.recipient.label.as_str();
    let Some(current) = &write.current else { return Ok(Err(gone(label))) };
    let mut difference = Difference::between(&current.values, &write.values);
    for retries_left in (0..=RETRIES).rev() {
        context.check()?;
        if difference.is_empty() {
            return Ok(Ok(()));
        }
        let changed = match objects.modify(write, &difference, context)? {
            Modified::Done => return Ok(Ok(())),
            Modified::Refused(error) if error.id == ErrorId::ObjectChanged && retries_left > 0 => error,
            Modified::Refused(error) => return Ok(Err(error)),
            Modified::Unknown(error) => return confirm(objects, write, &difference, error, context),
        };
        context.log(LogLevel::Verbose, format!("{} It is read again.", changed.message))?;
        let now = match objects.look_again(write, context)? {
            Ok(Some(now)) => now,
            Ok(None) => return Ok(Err(gone(label))),
            Err(error) => return Ok(Err(error)),
        };
        difference = match difference.still_wanted(&now.values) {
            Some(again) if !now.rests => again,
            _ => return Ok(Err(changed)),
        };
    }
    Ok(Ok(()))
}

/// Whether a change was made to which no answer came (`error`): the object tells. Where it was not, it is not sent again,
/// since it may still be on its way.
fn confirm(
    objects: &mut impl Objects,
    write: &TargetWrite<'_>,
    difference: &Difference,
    error: Error,
    context: &Context,
) -> Result<Result<()>> {
    let label = write.query.recipient.label.as_str();
    context
        .log(LogLevel::Verbose, format!("{} '{label}' is read, to see what became of it.", error.message))?;
    Ok(match objects.look_again(write, context)? {
        Ok(None) => Err(gone(label)),
        Err(unreadable) => Err(unreadable),
        Ok(Some(now)) if difference.is_done(&now.values) => Ok(()),
        Ok(Some(_)) => Err(unconfirmed(label, error)),
    })
}

/// The error of a change that no answer came to, and that did not happen.
fn unconfirmed(label: &str, error: Error) -> Error {
    let message = format!("The change of '{label}' was sent, and did not happen. {}", error.message);
    Error { native: error.native, ..Error::new(ErrorId::ChangeUnconfirmed, message).target(label) }
}

fn gone(label: &str) -> Error {
    let message = format!("The object of '{label}' was deleted or left the profile's scope meanwhile.");
    Error::new(ErrorId::ObjectChanged, message).target(label)
}
