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
