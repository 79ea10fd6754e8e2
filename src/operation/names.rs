//! Names of results and states in requests.

use crate::error::{Error, ErrorId, Result};

/// What `names` name, in any case. Fails with `InvalidRequest`, telling which there are; `what` is one of them.
pub(super) fn parse<T: Copy>(
    names: &[String],
    from_name: fn(&str) -> Option<T>,
    all: &[T],
    name_of: fn(T) -> &'static str,
    what: &str,
) -> Result<Vec<T>> {
    let parse = |name: &String| {
        from_name(name).ok_or_else(|| {
            let known = all.iter().map(|one| name_of(*one)).collect::<Vec<_>>().join(", ");
            Error::new(ErrorId::InvalidRequest, format!("'{name}' is not {what}; there are {known}."))
                .target(name)
        })
    };
    names.iter().map(parse).collect()
}
