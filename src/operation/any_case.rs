//! Named values of requests: people type them, so they are taken in any case.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IntoDeserializer, value::StrDeserializer},
};
use strum::VariantNames;

/// The value of that name, in any case; otherwise an error that lists all there are.
fn value<T: DeserializeOwned + VariantNames, E: Error>(name: &str) -> Result<T, E> {
    let Some(known) = T::VARIANTS.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
        return Err(E::custom(format!("'{name}' is not one of {}", T::VARIANTS.join(", "))));
    };
    let known: StrDeserializer<'_, E> = known.into_deserializer();
    T::deserialize(known)
}

pub(super) fn one<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + VariantNames,
    D: Deserializer<'de>,
{
    value(&String::deserialize(deserializer)?)
}

pub(super) fn optional<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned + VariantNames,
    D: Deserializer<'de>,
{
    Option::<String>::deserialize(deserializer)?.map(|name| value(&name)).transpose()
}

pub(super) fn many<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned + VariantNames,
    D: Deserializer<'de>,
{
    Vec::<String>::deserialize(deserializer)?.iter().map(|name| value(name)).collect()
}

#[cfg(test)]
mod tests {
    use crate::operation::{EngineConfig, Request};

    fn error(operation: &str, field: &str) -> Option<String> {
        let text = format!(r#"{{"Operation": "{operation}", "ProfileName": "corp", {field}}}"#);
        serde_json::from_str::<Request>(&text).err().map(|error| error.to_string())
    }

    #[test]
    fn named_values_are_taken_in_any_case() {
        for (operation, field) in [
            ("Unpublish", r#""State": ["unusable", "EXPIRED", "otherPurpose"]"#),
            ("GetCertificate", r#""State": ["otherpurpose"], "Source": "target""#),
        ] {
            assert_eq!(error(operation, field), None);
        }
        assert!(serde_json::from_str::<EngineConfig>(r#"{"Scope": "user"}"#).is_ok());
        assert!(serde_json::from_str::<EngineConfig>(r#"{"Scope": null}"#).is_ok());
    }

    #[test]
    fn an_unknown_one_is_an_error_that_lists_those_there_are() {
        for (operation, field, due) in [
            ("Unpublish", r#""State": ["good"]"#, "'good' is not one of Expired, Unusable, OtherPurpose"),
            ("GetCertificate", r#""Source": "here""#, "'here' is not one of Directory, Target, State"),
        ] {
            let error = error(operation, field).unwrap();
            assert!(error.starts_with(due), "{error}");
        }
    }
}
