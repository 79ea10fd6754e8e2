//! The settings `AttributeMap` and `TargetAttributeMap`: under which names a directory has the attributes that recipients
//! are made of.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value as Json};

use super::setting::listed;

/// The directory's names, by ours; in the order of [`AttributeMap::NAMES`], and no two of one attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeMap(Vec<(&'static str, String)>);

/// What is read of every object for what it says itself, so that nothing else can be read from it.
const RESERVED: [&str; 12] = [
    "objectClass",
    "objectCategory",
    "objectGUID",
    "objectSid",
    "isDeleted",
    "userAccountControl",
    "msExchRecipientTypeDetails",
    "whenChanged",
    "modifyTimestamp",
    "uSNChanged",
    "entryCSN",
    "entryDN",
];

impl AttributeMap {
    /// The attributes that may have other names. Not `targetAddress`, which counts for Exchange's contacts and mail users
    /// alone; nor `cn`, which every person has (RFC 4519, 3.12); nor what tells the kind and the version of an object.
    pub const NAMES: [&'static str; 8] = [
        "entryUUID",
        "displayName",
        "mail",
        "proxyAddresses",
        "userPrincipalName",
        "sAMAccountName",
        "userCertificate",
        "userSMIMECertificate",
    ];

    /// Reads an object of JSON; our names are taken in any case.
    ///
    /// Fails with what is wrong, as the part of a sentence behind the setting's name.
    pub fn parse(fields: &Map<String, Json>) -> Result<Self, String> {
        let mut all: Vec<(&'static str, String)> = Vec::with_capacity(fields.len());
        for (key, value) in fields {
            let Some(name) = Self::NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(key)) else {
                return Err(format!("names '{key}', which is none of {}", listed(&Self::NAMES, "and")));
            };
            if all.iter().any(|(other, _)| *other == name) {
                return Err(format!("names {name} twice"));
            }
            all.push((name, attribute(name, value)?));
        }
        all.sort_by_key(|(name, _)| Self::NAMES.iter().position(|other| other == name));
        let map = Self(all);
        map.check_apart()?;
        Ok(map)
    }

    /// Our names and the directory's.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(ours, theirs)| (*ours, theirs.as_str()))
    }

    /// Whether all names are ours.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The directory's name of an attribute that we call `name`.
    pub fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.iter().find(|(ours, _)| *ours == name).map_or(name, |(_, theirs)| theirs)
    }

    /// One attribute can't be two: nobody could tell what a value of it is, nor write either.
    fn check_apart(&self) -> Result<(), String> {
        for (place, ours) in Self::NAMES.iter().enumerate() {
            let theirs = self.of(ours);
            let mut before = Self::NAMES.iter().take(place);
            if let Some(other) = before.find(|other| self.of(other).eq_ignore_ascii_case(theirs)) {
                return Err(format!("makes one attribute, '{theirs}', {other} and {ours}"));
            }
        }
        Ok(())
    }
}

/// A name (RFC 4512, 1.4: a descriptor or an object identifier) without options. Some servers have names with `_`.
fn attribute(ours: &str, value: &Json) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_descriptor =
        |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(inner);
    let is_arc = |arc: &str| !arc.is_empty() && arc.chars().all(|c| c.is_ascii_digit());
    let is_identifier = |text: &str| text.contains('.') && text.split('.').all(is_arc);
    match value {
        Json::String(text) if RESERVED.iter().any(|name| name.eq_ignore_ascii_case(text)) => {
            Err(format!("makes '{text}' {ours}, but that is read for what it says itself"))
        }
        Json::String(text) if is_descriptor(text) || is_identifier(text) => Ok(text.clone()),
        Json::String(text) if text.contains(';') => Err(format!(
            "gives '{text}' for {ours}; give the attribute's name without options: certificates are asked for with \
             ';binary' and without it"
        )),
        Json::String(text) => {
            Err(format!("gives '{text}' for {ours}; give the name or the object identifier of an attribute"))
        }
        other => Err(format!("gives {other} for {ours}; give the name of an attribute")),
    }
}

impl Serialize for AttributeMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for AttributeMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Map::deserialize(deserializer)?)
            .map_err(|what| D::Error::custom(format_args!("it {what}")))
    }
}

impl JsonSchema for AttributeMap {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AttributeMap".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": { "enum": Self::NAMES },
            "additionalProperties": { "type": "string" }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(value: Json) -> Result<AttributeMap, String> {
        AttributeMap::parse(value.as_object().unwrap())
    }

    #[test]
    fn our_names_are_taken_in_any_case_and_kept_in_our_spelling_and_order() {
        let map =
            parsed(json!({ "MAIL": "rfc822Mailbox", "entryuuid": "nsUniqueId", "displayName": "2.5.4.3" }));
        let map = map.unwrap();
        let all = [("entryUUID", "nsUniqueId"), ("displayName", "2.5.4.3"), ("mail", "rfc822Mailbox")];
        assert_eq!(map.iter().collect::<Vec<_>>(), all);
        assert_eq!((map.of("mail"), map.of("cn")), ("rfc822Mailbox", "cn"));
        let text = r#"{"entryUUID":"nsUniqueId","displayName":"2.5.4.3","mail":"rfc822Mailbox"}"#;
        assert_eq!(serde_json::to_string(&map).unwrap(), text);
        assert_eq!(serde_json::from_str::<AttributeMap>(text).unwrap(), map);
    }

    #[test]
    fn a_name_for_itself_or_in_place_of_another_is_no_harm() {
        for value in [json!({}), json!({ "mail": "Mail" }), json!({ "mail": "x", "proxyAddresses": "mail" })]
        {
            assert!(parsed(value.clone()).is_ok(), "{value}");
        }
    }

    #[test]
    fn what_can_be_no_map_is_refused_with_what_is_wrong() {
        for (value, wrong) in [
            (json!({ "phone": "x" }), "names 'phone', which is none of entryUUID, displayName, mail, "),
            (json!({ "mail": "x", "Mail": "y" }), "names mail twice"),
            (json!({ "mail": "" }), "gives '' for mail; give the name or the object identifier"),
            (json!({ "mail": "a b" }), "gives 'a b' for mail; give the name"),
            (json!({ "mail": "1a" }), "gives '1a' for mail; give the name"),
            (json!({ "mail": "2..5" }), "gives '2..5' for mail; give the name"),
            (json!({ "mail": 5 }), "gives 5 for mail; give the name of an attribute"),
            (
                json!({ "userCertificate": "cert;binary" }),
                "gives 'cert;binary' for userCertificate; give the attribute's name without options",
            ),
            (
                json!({ "mail": "objectclass" }),
                "makes 'objectclass' mail, but that is read for what it says itself",
            ),
            (json!({ "mail": "a", "displayName": "A" }), "makes one attribute, 'a', displayName and mail"),
            // Its own name is taken as well.
            (json!({ "proxyAddresses": "mail" }), "makes one attribute, 'mail', mail and proxyAddresses"),
            (
                json!({ "userCertificate": "userSMIMECertificate" }),
                "userCertificate and userSMIMECertificate",
            ),
        ] {
            let error = parsed(value.clone()).unwrap_err();
            assert!(error.contains(wrong), "{value}: {error}");
        }
    }
}
