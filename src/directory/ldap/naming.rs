//! Directories that have other names for attributes.

use super::LdapSource;
use crate::{
    directory::attribute_names::{AttributeNames, NamesError, NamesOf},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, Named as _},
    profile::AttributeMap,
};

impl LdapSource {
    /// The same for a directory with these names of attributes.
    pub fn naming(self, map: &AttributeMap) -> Self {
        let mut source = self;
        source.set_names(AttributeNames::new(map));
        source
    }

    fn set_names(&mut self, names: AttributeNames) {
        self.session.set_names(names.clone());
        self.dialect.names = names;
    }

    /// Whether the directory has other names than ours.
    pub(crate) fn has_other_names(&self) -> bool {
        !self.dialect.names.are_ours()
    }

    /// Finds out by which other names the server calls the attributes in turn. Nothing is asked where it has ours.
    /// Fails with `ProfileInvalid` where the schema does not have them.
    pub(super) fn learn_names(&mut self, context: &Context) -> Result<()> {
        if !self.has_other_names() {
            return Ok(());
        }
        let schema = self.schema(context)?;
        let names_of = |name: &str| schema.names_of(name);
        let known: Option<&NamesOf> = if schema.is_shown() { Some(&names_of) } else { None };
        let names = self.dialect.names.resolved(known).map_err(|error| self.misnamed(error))?;
        self.set_names(names);
        Ok(())
    }

    /// The error with an advice that calls the attributes as the directory does.
    pub(super) fn in_its_words(&self, error: Error) -> Error {
        let names = &self.dialect.names;
        let other = Attribute::all().map(Attribute::name).filter(|ours| names.has_other(ours));
        let advice = other.fold(error.advice.clone(), |text, ours| text.replace(ours, names.of(ours)));
        error.advice(advice)
    }

    fn misnamed(&self, error: NamesError) -> Error {
        let server = self.session.server();
        let message = match error {
            NamesError::Unknown(ours, theirs) => {
                format!(
                    "The server '{server}' has no attribute '{theirs}' in its schema, which the profile names for {ours}."
                )
            }
            NamesError::Nameless(theirs) => {
                format!(
                    "The server '{server}' shows no schema, which would tell the name of the attribute '{theirs}'."
                )
            }
            NamesError::Same(one, other) => {
                format!("'{one}' and '{other}' are one attribute of the server '{server}'.")
            }
        };
        Error::new(ErrorId::ProfileInvalid, message)
            .target(server)
            .advice("Correct the names in -AttributeMap; of the target, in -TargetAttributeMap.")
    }
}
