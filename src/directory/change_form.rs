//! How a directory takes changes of the two attributes.

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
}

impl ChangeForm {
    /// By the standards alone: certificates are transferred with the option `binary` (RFC 4523, 2.1), and
    /// `userSMIMECertificate` has no equality rule (RFC 2798, 2.8).
    pub fn standard() -> Self {
        Self { binary: vec![Attribute::UserCertificate], whole: vec![Attribute::UserSmimeCertificate] }
    }

    /// How a request names the attribute.
    pub fn description(&self, attribute: Attribute) -> &'static str {
        attribute.description(self.binary.contains(&attribute))
    }

    /// The same for one object, which shows by its values how it names their attributes.
    pub fn of(&self, recipient: &Recipient) -> Self {
        let is_shown = |attribute: Attribute| recipient.values.iter().any(|one| one.attribute == attribute);
        let binary = Attribute::all().filter(|attribute| match is_shown(*attribute) {
            true => recipient.binary_option.contains(attribute),
            false => self.binary.contains(attribute),
        });
        Self { binary: binary.collect(), whole: self.whole.clone() }
    }
}
