//! Whoever shows no values may have some that the form of the answer hides, such as an empty property for a list that is
//! too deep. Written over they would be lost, and a removal would be believed that never was.

use super::{Exchange, kind::Key, survey::shows_values};
use crate::{
    error::Result,
    event::Context,
    exchange::{Command, Output},
    targets::Target,
};

/// So many a run are counted as long as nobody has shown values: those who are looked up one by one, and the first that
/// are read back.
const MOST: usize = 25;

impl Exchange {
    /// Counts the values of those who show none, where they were listed with some, or where nobody has ever shown any.
    /// Who has some is read again as such, so that the other form is tried; in no form, it is `ExchangeProtocol`.
    ///
    /// Takes the commands that read those with `keys`, and puts the better answers into `outputs`. A session has one form
    /// only.
    pub(super) fn look_twice(
        &mut self,
        keys: &[(Key, Option<String>)],
        commands: &[Command],
        outputs: &mut [Result<Output>],
        context: &Context,
    ) -> Result<()> {
        if self.channel.dialect().is_none() {
            return Ok(());
        }
        let mut left = match self.has_ever_shown_values() || outputs.iter().any(has_values) {
            true => 0,
            false => MOST.saturating_sub(self.looked_at_twice),
        };
        let mut places = Vec::new();
        for (place, ((key, _), output)) in keys.iter().zip(outputs.iter()).enumerate() {
            let is_empty = output.as_ref().is_ok_and(|output| !output.objects.iter().any(shows_values));
            if !is_empty {
                continue;
            }
            if self.directory.had_values(key.guid) {
                places.push(place);
            } else if left > 0 {
                left -= 1;
                self.looked_at_twice += 1;
                places.push(place);
            }
        }
        let counted =
            self.again(commands, &places, |command| Command { counts_only: true, ..command }, context)?;
        let places: Vec<usize> =
            counted.into_iter().filter(|(_, output)| has_values(output)).map(|(place, _)| place).collect();
        let read =
            self.again(commands, &places, |command| Command { holds_values: true, ..command }, context)?;
        for (place, output) in read {
            if let Some(one) = outputs.get_mut(place) {
                *one = output;
            }
        }
        Ok(())
    }

    /// Runs the commands at `places` once more, changed.
    fn again(
        &mut self,
        commands: &[Command],
        places: &[usize],
        change: impl Fn(Command) -> Command,
        context: &Context,
    ) -> Result<Vec<(usize, Result<Output>)>> {
        let same = places.iter().filter_map(|place| commands.get(*place)).cloned();
        let changed: Vec<Command> = same.map(change).collect();
        Ok(places.iter().copied().zip(self.invoke(&changed, context)?).collect())
    }
}

fn has_values(output: &Result<Output>) -> bool {
    output.as_ref().is_ok_and(|output| output.objects.iter().any(shows_values))
}
