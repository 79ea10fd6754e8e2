//! Names in requests: of results, states, profiles and rules.

use crate::{
    error::{Error, ErrorId, Result},
    model::Named,
};

/// The ones of these names. Fails with `InvalidRequest`, listing all there are; `what` is one of them, with its article.
pub(super) fn parse_all<T: Named>(names: &[String], what: &str) -> Result<Vec<T>> {
    let parse = |name: &String| {
        T::from_name(name).ok_or_else(|| {
            let known = T::all().map(T::name).collect::<Vec<_>>().join(", ");
            Error::new(ErrorId::InvalidRequest, format!("'{name}' is not {what}; there are {known}."))
                .target(name)
        })
    };
    names.iter().map(parse).collect()
}

/// Whether `names` has `name`, in any case; none: all are asked for.
pub(super) fn asks_for(names: &[String], name: &str) -> bool {
    let name = name.to_lowercase();
    names.is_empty() || names.iter().any(|one| one.to_lowercase() == name)
}
