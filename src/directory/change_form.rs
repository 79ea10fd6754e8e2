//! How a directory takes changes of the two attributes.

use std::borrow::Cow;

use crate::model::{Attribute, Named, Recipient};

/// What differs among directories when values of an object are changed. Active Directory takes the plain form: exact
/// values of attributes without options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeForm {
    /// The attributes whose names have the option `binary` (RFC 4522, 3).
    pub binary: Vec<Attribute>,
    /// The attributes without an equality rule, of which no single values go, or come beside others (RFC 4512, 2.5.1): all
    /// values are replaced by those that shall be there.
    pub whole: Vec<Attribute>,
    /// The names that the directory has for attributes where they are not ours.
    pub names: Vec<(Attribute, String)>,
}

impl ChangeForm {
    /// By the standards alone: certificates are transferred with the option `binary` (RFC 4523, 2.1), and
    /// `userSMIMECertificate` has no equality rule (RFC 2798, 2.8).
    pub fn standard() -> Self {
        Self {
            binary: vec![Attribute::UserCertificate],
            whole: vec![Attribute::UserSmimeCertificate],
            ..Self::default()
        }
    }

    /// How a request names the attribute.
    pub fn description(&self, attribute: Attribute) -> Cow<'_, str> {
        let (name, is_binary) = (self.name(attribute), self.binary.contains(&attribute));
        match name == attribute.name() {
            true => attribute.description(is_binary).into(),
            false if is_binary => format!("{name};binary").into(),
            false => name.into(),
        }
    }

    /// How the directory names the attribute.
    pub fn name(&self, attribute: Attribute) -> &str {
        let own = self.names.iter().find(|(one, _)| *one == attribute);
        own.map_or(attribute.name(), |(_, name)| name)
    }

    /// The same for one object, which shows by its values how it names their attributes.
    pub fn of(&self, recipient: &Recipient) -> Self {
        let is_shown = |attribute: Attribute| recipient.values.iter().any(|one| one.attribute == attribute);
        let binary = Attribute::all().filter(|attribute| match is_shown(*attribute) {
            true => recipient.binary_option.contains(attribute),
            false => self.binary.contains(attribute),
        });
        Self { binary: binary.collect(), ..self.clone() }
    }
}
