//! The JSON that callers pass.

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, ErrorId, Result};

/// Reads `text`. Fails under `id`; `what` names it, and the message names the field.
pub fn read<T: DeserializeOwned>(text: &str, id: ErrorId, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::new(id, format!("{what} can't be used: {e}.")))
}

/// Writes `value`. Fails with `Internal` where it has no JSON form.
pub fn write(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|e| Error::new(ErrorId::Internal, format!("An object has no JSON form: {e}.")))
}
