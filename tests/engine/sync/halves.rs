//! The people of a harness in two directories that are read as one source.

use std::sync::{Arc, Mutex};

use smime_sync::{
    directory::{
        Presence, Selection, Since, Source, SourceItem, Told,
        several::{Part, SeveralSources},
    },
    error::Result,
    event::Context,
    model::{Mark, Recipient, Timestamp},
};

use super::harness::{Harness, Memory};

/// One directory of two, and what the names of its people end with.
#[derive(Clone)]
struct Half(Arc<Mutex<Memory>>, &'static str);

const BASES: [&str; 2] = ["dc=one,dc=test", "dc=other,dc=test"];

/// The two directories of a harness, for one run.
pub struct Halves {
    pub joined: SeveralSources,
    halves: [Half; 2],
}

fn is_other(recipient: &Recipient) -> bool {
    let last = recipient.display_name.as_deref().and_then(|name| name.bytes().last());
    last.is_some_and(|last| last % 2 == 1)
}

impl Halves {
    pub fn of(harness: &Harness) -> Self {
        let half = |other: bool| {
            let mut memory = harness.source.clone();
            memory.recipients.retain(|recipient| is_other(recipient) == other);
            for recipient in &mut memory.recipients {
                let name =
                    recipient.distinguished_name.replace("DC=contoso,DC=test", BASES[usize::from(other)]);
                let is_anchor = recipient.anchor == recipient.distinguished_name;
                recipient.distinguished_name = name;
                if is_anchor {
                    recipient.anchor.clone_from(&recipient.distinguished_name);
                }
            }
            if let (true, Some(past)) = (other, &harness.other_past) {
                memory.past = past.clone();
            }
            Half(Arc::new(Mutex::new(memory)), BASES[usize::from(other)])
        };
        let halves = [half(false), half(true)];
        let part = |(name, half): (&str, &Half)| Part { name: name.into(), source: Box::new(half.clone()) };
        let parts = ["one.test", "other.test"].into_iter().zip(&halves).map(part).collect();
        Self { joined: SeveralSources::new(parts), halves }
    }

    /// Keeps what the directories remember for the next run.
    pub fn keep(self, harness: &mut Harness) {
        let [past, other] = self.halves.map(|half| half.0.lock().unwrap().past.clone());
        harness.source.past = past;
        harness.other_past = Some(other);
    }
}

impl Source for Half {
    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.0.lock().unwrap().read(selection, context, sink)
    }
    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        self.0.lock().unwrap().look_up(anchors, context)
    }
    fn search_bases(&mut self, _: &Context) -> Result<Vec<String>> {
        Ok(vec![self.1.to_uppercase()])
    }
    fn mark(&mut self, context: &Context) -> Result<Option<Mark>> {
        self.0.lock().unwrap().mark(context)
    }
    fn changes(
        &mut self,
        mark: &Mark,
        enumerate: bool,
        context: &Context,
        sink: &mut dyn FnMut(Told) -> Result<()>,
    ) -> Result<Since> {
        self.0.lock().unwrap().changes(mark, enumerate, context, sink)
    }
    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        self.0.lock().unwrap().clock(context)
    }
}
