//! How a caller names a recipient.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// One recipient, as a caller names it: by a key (address, UPN, sAMAccountName, DN, objectGUID), or by the keys of an
/// object of another system, best first. The first key that names somebody decides; those after it are not looked at.
/// In JSON a text, or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Identity {
    first: String,
    others: Vec<String>,
}

impl Identity {
    /// The key at that place; `None` after the last.
    pub fn key(&self, place: usize) -> Option<&str> {
        self.keys().nth(place)
    }

    /// All keys, best first; there is one at least.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.others).map(String::as_str)
    }

    /// The same with other keys; `None` where one of them has none.
    pub fn map(&self, mut other: impl FnMut(&str) -> Option<String>) -> Option<Self> {
        let first = other(&self.first)?;
        Some(Self { first, others: self.others.iter().map(|key| other(key)).collect::<Option<_>>()? })
    }

    /// The key that says most to people: an address where there is one, else the best.
    pub fn label(&self) -> &str {
        self.keys().find(|key| key.contains('@')).unwrap_or(&self.first)
    }
}

impl From<String> for Identity {
    fn from(key: String) -> Self {
        Self { first: key, others: Vec::new() }
    }
}

impl From<&str> for Identity {
    fn from(key: &str) -> Self {
        key.to_owned().into()
    }
}

/// An identity in JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Key(String),
    Keys(Vec<String>),
}

impl TryFrom<Form> for Identity {
    type Error = &'static str;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        let mut keys = match form {
            Form::Key(key) => return Ok(key.into()),
            Form::Keys(keys) => keys.into_iter(),
        };
        let first = keys.next().ok_or("an identity has one key at least")?;
        Ok(Self { first, others: keys.collect() })
    }
}

impl From<Identity> for Form {
    fn from(identity: Identity) -> Self {
        let Identity { first, others } = identity;
        match others.is_empty() {
            true => Self::Key(first),
            false => Self::Keys(std::iter::once(first).chain(others).collect()),
        }
    }
}

impl JsonSchema for Identity {
    fn schema_name() -> Cow<'static, str> {
        "Identity".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        ]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_a_text_or_a_list_of_texts() {
        for (json, keys, label) in [
            (r#""alice""#, vec!["alice"], "alice"),
            (r#"["alice"]"#, vec!["alice"], "alice"),
            (
                r#"["6c2a","alice@contoso.test","al"]"#,
                vec!["6c2a", "alice@contoso.test", "al"],
                "alice@contoso.test",
            ),
        ] {
            let identity: Identity = serde_json::from_str(json).unwrap();
            assert_eq!(identity.keys().collect::<Vec<_>>(), keys, "{json}");
            assert_eq!((identity.label(), identity.key(keys.len())), (label, None), "{json}");
            let again = serde_json::to_string(&identity).unwrap();
            assert_eq!(serde_json::from_str::<Identity>(&again).unwrap(), identity, "{json}");
        }
        for json in ["[]", "1", "null", "{}", r#"["a",1]"#] {
            assert!(serde_json::from_str::<Identity>(json).is_err(), "{json}");
        }
    }
}
