//! Writing values, and making mail contacts to write them to.

use super::{
    Exchange, command,
    found::{Found, property},
    index::{Located, Wanted},
    kind::{Key, Kind},
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::{Location, Output, Parameter, dialect::ClearForm},
    model::{Attribute, Named, Value},
    targets::TargetWrite,
};

/// The exception of an address that somebody has already (Microsoft: Exchange's `ProxyAddressExistsException`).
const ADDRESS_EXISTS: &str = "ProxyAddressExistsException";

/// Where the values of one write go.
enum Place {
    /// To the recipient of this key.
    There(Key),
    /// There is nothing, and nothing is to be there.
    Nothing,
}

impl Exchange {
    pub(super) fn write_values(
        &mut self,
        writes: &[TargetWrite<'_>],
        context: &Context,
    ) -> Result<Vec<Result<String>>> {
        let location = self.location(context)?;
        let clear = self.clear_form().form;
        let mut made = self.create(writes, location, context)?.into_iter();
        let mut places: Vec<Result<Place>> = Vec::with_capacity(writes.len());
        for write in writes {
            let place = if self.is_created(write, location) { made.next() } else { None };
            places.push(place.unwrap_or_else(|| place_of(write)));
        }
        let (mut commands, mut set) = (Vec::new(), Vec::with_capacity(writes.len()));
        for (write, place) in writes.iter().zip(&mut places) {
            let lists = changed(write, clear);
            let key = match place {
                Ok(Place::There(key)) if !lists.is_empty() => *key,
                _ => {
                    set.push(false);
                    continue;
                }
            };
            let near = write.query.recipient.address.as_deref();
            match key.kind.set_cmdlet(location) {
                Some(cmdlet) => {
                    self.directory.writes(key.guid);
                    commands.push(command::set(cmdlet, key, near, lists));
                }
                None => *place = Err(no_cmdlet(write)),
            }
            set.push(place.is_ok());
        }
        let mut outputs = self.invoke(&commands, context)?.into_iter();
        let results = places.into_iter().zip(set).map(|(place, set)| {
            let output = if set { outputs.next() } else { None };
            output.transpose()?;
            Ok(match place? {
                Place::There(key) => key.to_string(),
                Place::Nothing => String::new(),
            })
        });
        Ok(results.collect())
    }

    /// Whether a contact is to be made for a write.
    fn is_created(&self, write: &TargetWrite<'_>, location: Location) -> bool {
        write.current.is_none() && !write.values.is_empty() && self.creates(&write.query, location)
    }

    /// Makes the contacts that are missing; one place each, in the order of the writes that need one.
    fn create(
        &mut self,
        writes: &[TargetWrite<'_>],
        location: Location,
        context: &Context,
    ) -> Result<Vec<Result<Place>>> {
        let missing: Vec<&TargetWrite<'_>> =
            writes.iter().filter(|write| self.is_created(write, location)).collect();
        let commands: Vec<_> = missing
            .iter()
            .map(|write| {
                let recipient = write.query.recipient;
                let address = recipient.address.as_deref().unwrap_or_default();
                command::new_contact(address, recipient.display_name.as_deref())
            })
            .collect();
        let outputs = self.invoke(&commands, context)?;
        let (mut places, mut made) = (Vec::with_capacity(missing.len()), Vec::new());
        for (write, output) in missing.into_iter().zip(outputs) {
            let place = match output {
                Ok(output) => match contact_of(&output)? {
                    Some(found) => {
                        made.push(found.clone());
                        Ok(Place::There(found.key))
                    }
                    None => self.made_elsewhere(write, None, context)?,
                },
                Err(error) if is_in_doubt(&error) => self.made_elsewhere(write, Some(error), context)?,
                Err(error) => Err(error),
            };
            places.push(place);
        }
        self.directory.add(&made);
        Ok(places)
    }

    /// Looks whether a contact is there whose making was not confirmed, or whose address was taken. It is only
    /// written if it has no values: they were not there when this write was planned.
    fn made_elsewhere(
        &mut self,
        write: &TargetWrite<'_>,
        cause: Option<Error>,
        context: &Context,
    ) -> Result<Result<Place>> {
        let label = &write.query.recipient.label;
        let wanted = Wanted::of(&write.query, Vec::new());
        let located = match self.look_up(std::slice::from_ref(&wanted), context)?.pop() {
            Some(Ok(located)) => located,
            Some(Err(error)) => return Ok(Err(error)),
            None => Located::Nobody,
        };
        let key = match located {
            Located::One(entry) if entry.key.kind == Kind::MailContact => entry.key,
            _ => {
                let unseen = || {
                    Error::new(
                        ErrorId::RecipientNotFound,
                        format!(
                            "The mail contact for {label} was created, but Exchange does not show it yet."
                        ),
                    )
                    .advice("Run again; the contact is filled then.")
                };
                return Ok(Err(cause.unwrap_or_else(unseen)));
            }
        };
        let location = self.location(context)?;
        let near = write.query.recipient.address.as_deref();
        let output = self.invoke(&[command::get(key, near, location)], context)?.pop();
        Ok(match output {
            Some(Ok(output)) if has_values(&output) => {
                let what = format!("A mail contact for {label} was created meanwhile, and it has values.");
                Err(Error::new(ErrorId::TargetConflict, what).advice("Run again; the values are read then."))
            }
            Some(Err(error)) => Err(error),
            _ => Ok(Place::There(key)),
        })
    }
}

fn place_of(write: &TargetWrite<'_>) -> Result<Place> {
    let Some(current) = &write.current else {
        return if write.values.is_empty() { Ok(Place::Nothing) } else { Err(not_there(write)) };
    };
    Key::parse(&current.key).map(Place::There).ok_or_else(|| not_there(write))
}

fn not_there(write: &TargetWrite<'_>) -> Error {
    let label = &write.query.recipient.label;
    Error::new(ErrorId::RecipientNotFound, format!("{label} is not in Exchange."))
}

fn no_cmdlet(write: &TargetWrite<'_>) -> Error {
    let label = &write.query.recipient.label;
    let what = format!("Exchange on premises has no cmdlet that writes certificates of {label}.");
    Error::new(ErrorId::ExchangeRefused, what)
}

/// Whether a contact may be there all the same: nobody knows whether it was made, or its address is taken.
fn is_in_doubt(error: &Error) -> bool {
    let exception = error.native.as_ref().and_then(|native| native.exception.as_deref()).unwrap_or_default();
    error.id == ErrorId::ExchangeUnavailable || exception.contains(ADDRESS_EXISTS)
}

fn contact_of(output: &Output) -> Result<Option<Found>> {
    output
        .objects
        .first()
        .map(|object| Found::read(Some(Kind::MailContact), object))
        .transpose()
        .map(Option::flatten)
}

fn has_values(output: &Output) -> bool {
    output
        .objects
        .iter()
        .any(|object| !matches!(super::found::values(object), Ok(values) if values.is_empty()))
}

/// The bytes of the values of one attribute.
pub(super) fn of(values: &[Value], attribute: Attribute) -> Vec<Vec<u8>> {
    let values = values.iter().filter(|value| value.attribute == attribute);
    values.map(|value| value.bytes.to_vec()).collect()
}

/// The parameters with the lists that change. The order of values is not promised, so it is no change.
pub(super) fn changed(write: &TargetWrite<'_>, clear: ClearForm) -> Vec<(&'static str, Parameter)> {
    let sorted = |mut list: Vec<Vec<u8>>| {
        list.sort_unstable();
        list
    };
    let shown = write.current.iter().flat_map(|current| &current.values);
    let current: Vec<Value> = shown.chain(&write.unseen).cloned().collect();
    let list = |attribute| {
        let (old, new) = (of(&current, attribute), of(&write.values, attribute));
        let (old, same) = (old.clone(), sorted(old) == sorted(new.clone()));
        let whole = match (new.is_empty(), clear) {
            (false, _) => Parameter::BinaryList(new),
            (true, ClearForm::Null) => Parameter::Clear,
            (true, ClearForm::Remove) => Parameter::Remove(old),
        };
        (!same).then(|| (property(attribute), whole))
    };
    Attribute::all().filter_map(list).collect()
}
