//! How the objects of a directory that were read are named in changes of them.

use std::collections::HashMap;

use super::TargetRecipient;
use crate::{directory::ChangeForm, model::Recipient};

/// The objects that were read, by anchor.
#[derive(Default)]
pub(super) struct Known(HashMap<String, Object>);

/// What a change needs of an object besides the values.
pub(super) struct Object {
    pub distinguished_name: String,
    pub form: ChangeForm,
}

impl Known {
    /// Takes what was read of a directory whose changes have this form.
    pub fn take(&mut self, recipient: Recipient, form: &ChangeForm) -> TargetRecipient {
        let object = Object { form: form.of(&recipient), distinguished_name: recipient.distinguished_name };
        self.0.insert(recipient.anchor.clone(), object);
        TargetRecipient::new(recipient.anchor, recipient.values)
    }

    pub fn get(&self, anchor: &str) -> Option<&Object> {
        self.0.get(anchor)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
