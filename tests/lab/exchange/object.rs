//! What a cmdlet takes and returns, before JSON or CLIXML.

use super::settings::PageTrouble;

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    Null,
    Text(String),
    Flag(bool),
    Number(i64),
    /// One byte array, base64.
    Bytes(String),
    /// Several.
    ByteList(Vec<String>),
    /// A hashtable that adds and removes byte arrays, base64; an empty one changes nothing.
    Change {
        add: Vec<String>,
        remove: Vec<String>,
    },
    /// Something that no parameter here takes; the .NET type that it would be.
    Other(String),
}

impl Parameter {
    /// Its .NET type, for messages.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Text(_) => "System.String",
            Self::Flag(_) => "System.Boolean",
            Self::Number(_) => "System.Int64",
            Self::Bytes(_) => "System.Byte[]",
            Self::ByteList(_) => "System.Object[]",
            Self::Change { .. } => "System.Collections.Hashtable",
            Self::Other(name) => name,
        }
    }
}

/// A cmdlet with its parameters.
#[derive(Debug, Clone)]
pub struct Command {
    pub cmdlet: String,
    pub parameters: Vec<(String, Parameter)>,
}

impl Command {
    /// A parameter by its name in any case, as PowerShell binds it.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Parameter::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(Parameter::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }
}

/// The value of a property.
#[derive(Debug, Clone)]
pub enum Property {
    Null,
    Text(String),
    Flag(bool),
    Number(i64),
    Guid(String),
    /// RFC 3339.
    Date(String),
    /// A collection of that .NET type.
    Texts(&'static str, Vec<String>),
    /// One byte array, base64.
    Bytes(String),
    /// Several.
    ByteList(Vec<String>),
}

/// An object that a cmdlet returns.
#[derive(Debug, Clone)]
pub struct Object {
    pub type_name: &'static str,
    /// What its ToString says.
    pub text: String,
    pub properties: Vec<(&'static str, Property)>,
}

/// Where a page begins: a place in the directory, and how many objects came before it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Place {
    pub position: usize,
    pub shown: usize,
}

/// Which part of the objects is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub from: Place,
    pub size: usize,
}

impl Page {
    pub const ALL: Self = Self { from: Place { position: 0, shown: 0 }, size: usize::MAX };
}

/// What a cmdlet did.
#[derive(Debug, Clone, Default)]
pub struct Output {
    pub objects: Vec<Object>,
    pub warnings: Vec<String>,
    /// Where the next page begins.
    pub next: Option<Place>,
    /// What a command that only asks for confirmation would do.
    pub confirmation: Option<String>,
    /// Trouble with the page.
    pub trouble: Option<PageTrouble>,
}
