//! Taking values away: what success of a write does not say, and the other way where nothing became of it.
//!
//! Microsoft's module sends `null` to clear a property, and nobody promises that it does for these two
//! (docs/design/exchange-online.md §1.6, *Clear*). So who runs the target reads back what was to go, and whichever way
//! was seen to work is remembered.

use super::{Exchange, command, found::property, kind::Key, write::of};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::{
        Parameter,
        dialect::{ClearForm, Fact},
    },
    model::{Attribute, Named},
    targets::TargetWrite,
};

impl Exchange {
    /// How a property is cleared, as far as is known.
    pub(super) fn clear_form(&mut self) -> &mut Fact<ClearForm> {
        match self.channel.dialect() {
            Some(dialect) => &mut dialect.clear,
            None => &mut self.clear,
        }
    }

    /// Nothing is left of what a write took away. Where that emptied a property in which something was seen before, the
    /// way in which it was asked works.
    pub(super) fn note_cleared(&mut self, write: &TargetWrite<'_>, insisted: bool) {
        let mut seen = write.current.iter().flat_map(|current| &current.values);
        if !seen.any(|value| write.empties(value)) {
            return;
        }
        let form = if insisted { ClearForm::Remove } else { self.clear_form().form };
        self.clear_form().confirm(form);
    }

    /// Names each value that is left of those that were to go, by `@{Remove=...}`.
    pub(super) fn remove_values(
        &mut self,
        writes: &[TargetWrite<'_>],
        context: &Context,
    ) -> Result<Vec<Result<()>>> {
        let location = self.location(context)?;
        let mut commands = Vec::with_capacity(writes.len());
        let mut results: Vec<Result<()>> = Vec::with_capacity(writes.len());
        for write in writes {
            let current = write.current.as_ref();
            let key = current.and_then(|current| Key::parse(&current.key));
            let cmdlet = key.and_then(|key| Some((key, key.kind.set_cmdlet(location)?)));
            let Some((key, cmdlet)) = cmdlet else {
                let label = &write.query.recipient.label;
                results.push(Err(Error::new(
                    ErrorId::RecipientNotFound,
                    format!("{label} is not in Exchange."),
                )));
                continue;
            };
            let removed: Vec<_> = write.removed().into_iter().cloned().collect();
            let going = |attribute| Some(of(&removed, attribute)).filter(|values| !values.is_empty());
            let lists = Attribute::all()
                .filter_map(|one| Some((property(one), Parameter::Remove(going(one)?))))
                .collect();
            commands.push(command::set(cmdlet, key, write.query.recipient.address.as_deref(), lists));
            results.push(Ok(()));
        }
        let mut outputs = self.invoke(&commands, context)?.into_iter();
        for result in results.iter_mut().filter(|result| result.is_ok()) {
            if let Some(Err(error)) = outputs.next() {
                *result = Err(error);
            }
        }
        Ok(results)
    }
}
