//! Files of comma-separated values as a source of partners.

mod errors;
mod forms;
mod properties;
mod rows;

use std::{
    fs,
    path::{Path, PathBuf},
};

use smime_sync::{
    directory::{Presence, Selection, Source, SourceItem, csv::CsvSource},
    error::{Error, Result},
    model::{Attribute, Recipient},
};

use crate::common::judging::{SMIME, USER};

/// A folder with a file of partners, and other files.
struct Partners(tempfile::TempDir);

impl Partners {
    fn of(content: impl AsRef<[u8]>) -> Self {
        let partners = Self(tempfile::tempdir().expect("a folder"));
        partners.write("partners.csv", content);
        partners
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), content).expect("written");
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("partners.csv")
    }

    fn source(&self) -> CsvSource {
        CsvSource::open(&self.path()).expect("opened")
    }

    /// What a look-up says of zoe, bob and eve.
    fn presence(&self) -> Vec<&'static str> {
        let anchors = ["zoe@partner.test", "bob@partner.test", "eve@partner.test"].map(str::to_owned);
        let found = self.source().look_up(&anchors, &crate::common::events::context().0).expect("read");
        found
            .iter()
            .map(|presence| match presence {
                Presence::InScope(_) => "in scope",
                Presence::Unreadable => "unreadable",
                Presence::Absent => "absent",
                other => panic!("{other:?}"),
            })
            .collect()
    }

    /// All that the source hands over, and how the read ended.
    fn read(&self, selection: &Selection) -> (Vec<Recipient>, Vec<Error>, Result<()>) {
        read(&self.path(), selection)
    }
}

fn read(path: &Path, selection: &Selection) -> (Vec<Recipient>, Vec<Error>, Result<()>) {
    let (mut recipients, mut errors) = (Vec::new(), Vec::new());
    let mut source = CsvSource::open(path).expect("opened");
    let done = source.read(selection, &crate::common::events::context().0, &mut |item| {
        match item {
            SourceItem::Recipient(recipient) => recipients.push(recipient),
            SourceItem::Invalid(error) => errors.push(error),
        }
        Ok(())
    });
    (recipients, errors, done)
}

/// Values with their attribute.
type Values = Vec<(Attribute, Vec<u8>)>;

/// What counts of a recipient: anchor, name, and values.
fn summary(recipient: &Recipient) -> (&str, Option<&str>, Values) {
    let values = recipient.values.iter().map(|value| (value.attribute, value.bytes.to_vec())).collect();
    (&recipient.anchor, recipient.display_name.as_deref(), values)
}

fn utf16(text: &str) -> Vec<u8> {
    format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}
