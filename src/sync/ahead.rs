//! Reading ahead: the source is read while what came before is judged and kept.

use std::{
    panic,
    sync::mpsc::{self, SyncSender},
    thread,
};

use crate::{
    directory::{Selection, Source, SourceItem},
    error::{Error, ErrorId, Result},
    event::Context,
};

/// Recipients that are handed over together.
pub(super) const BATCH: usize = 500;
/// Bytes of values that a batch may hold, whatever the number of its recipients. No more than two batches are in memory.
const BATCH_BYTES: usize = 8 << 20;

/// Hands all that `selection` names to `take`, in the order in which it comes, batch by batch; nothing is lost that came
/// before an error. Fails with the error of `take`, which ends the reading, else as the source does.
pub(super) fn read(
    source: &mut dyn Source,
    selection: &Selection,
    context: &Context,
    take: &mut dyn FnMut(Vec<SourceItem>) -> Result<()>,
) -> Result<()> {
    // Without room: whoever reads waits until the batch before is judged and kept.
    let (sender, receiver) = mpsc::sync_channel(0);
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("smime-read".into());
        let reader = reader
            .spawn_scoped(scope, move || hand_over(source, selection, context, &sender))
            .map_err(|e| Error::new(ErrorId::Internal, format!("No thread can be started: {e}.")))?;
        let taken = receiver.iter().try_for_each(take);
        drop(receiver);
        let read = reader.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
        taken.and(read)
    })
}

fn hand_over(
    source: &mut dyn Source,
    selection: &Selection,
    context: &Context,
    sender: &SyncSender<Vec<SourceItem>>,
) -> Result<()> {
    let send = |batch| {
        // The error is not told: the one that ended the taking is.
        sender.send(batch).map_err(|_| Error::new(ErrorId::Canceled, "What was read is not taken any more."))
    };
    let (mut batch, mut bytes) = (Vec::new(), 0);
    let read = source.read(selection, context, &mut |item| {
        bytes += size(&item);
        batch.push(item);
        if batch.len() < BATCH && bytes < BATCH_BYTES {
            return Ok(());
        }
        bytes = 0;
        send(std::mem::take(&mut batch))
    });
    let rest = if batch.is_empty() { Ok(()) } else { send(batch) };
    read.and(rest)
}

fn size(item: &SourceItem) -> usize {
    match item {
        SourceItem::Recipient(recipient) => recipient.values.iter().map(|value| value.bytes.len()).sum(),
        SourceItem::Invalid(_) => 0,
    }
}
