//! The target `Ldif`: what putting the source's values right in place would change, as a file for `ldifde`, `ldapmodify`
//! or another program that writes to a directory. Nothing is written to the directory itself.
//!
//! The file is about one run: all that is to be changed as the source is now, whatever earlier files said. It is made
//! beside its place and moved there at the end, whole; a run that does not reach its end leaves the file before it.

mod record;

use std::{
    collections::HashMap,
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{Match, Target, TargetQuery, TargetRecipient, TargetWrite, difference::Difference, known::Known};
use crate::{
    directory::{ChangeForm, Presence, Selection, Source, SourceItem},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, Exclusion, Named as _, PublishedRecipient, Timestamp, Value, counted},
    regular_file,
};

/// How the comment begins by which a file of changes is known.
const BEGINNING: &str = "Changes to";

/// Recipients that are looked up in the source at a time; of a file that is one read of all of it.
const BATCH: usize = 1000;

/// A file of changes to the directory that the source is.
pub struct LdifTarget {
    path: PathBuf,
    /// The source a second time, to read each recipient right before its change is noted.
    source: Box<dyn Source>,
    /// Beside its place, until it is whole.
    file: Option<NamedTempFile>,
    changes: usize,
    /// How the directory takes changes, once it was asked.
    form: Option<ChangeForm>,
    /// Those that were read last.
    known: Known,
    /// What those have whose changes were noted last.
    noted: HashMap<String, Vec<Value>>,
}

impl LdifTarget {
    /// The file at `path`, of changes to the directory that `source` shows; nothing is read or made yet.
    pub fn new(path: &Path, source: Box<dyn Source>) -> Self {
        Self {
            path: path.to_owned(),
            source,
            file: None,
            changes: 0,
            form: None,
            known: Known::default(),
            noted: HashMap::new(),
        }
    }

    fn failed(&self, cause: &std::io::Error) -> Error {
        Error::io(ErrorId::TargetNotWritable, "Cannot write", &self.path, cause)
    }

    /// A file beside the place, with its first lines. Whoever may read the folder may read it: certificates are public.
    fn begin_file(&self) -> Result<NamedTempFile> {
        self.check_place()?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .prefix(".smime-sync-")
            .tempfile_in(folder)
            .map_err(|e| self.failed(&e))?;
        // Where nobody was looked at, nothing is changed.
        let form = self.form.clone().unwrap_or_default();
        let names: Vec<&str> = Attribute::all().map(|attribute| form.name(attribute)).collect();
        let head = record::head(&[&format!("{BEGINNING} {}; nothing else is touched.", names.join(" and "))]);
        file.write_all(head.as_bytes()).map_err(|e| self.failed(&e))?;
        Ok(file)
    }

    /// Fails where something else than an earlier file of changes has the place: it may be the source itself.
    fn check_place(&self) -> Result<()> {
        let head = record::head(&[BEGINNING]);
        let head = head.trim_end();
        let mut begin = Vec::new();
        let read = regular_file::open(&self.path)
            .and_then(|file| file.take(head.len() as u64).read_to_end(&mut begin));
        match read {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Err(e) => Err(self.failed(&e)),
            Ok(0) => Ok(()),
            Ok(_) if begin == head.as_bytes() => Ok(()),
            Ok(_) => {
                let what = format!(
                    "'{}' is no file of changes that SmimeSync wrote; it was left as it is.",
                    self.path.display()
                );
                Err(Error::new(ErrorId::TargetNotWritable, what)
                    .target(self.path.display().to_string())
                    .advice("Name another file with -OutputPath, or remove this one."))
            }
        }
    }

    fn matched(&mut self, presence: Presence, form: &ChangeForm, query: &TargetQuery<'_>) -> Result<Match> {
        match presence {
            Presence::InScope(recipient) => Ok(Match::One(self.known.take(*recipient, form))),
            Presence::Unreadable => {
                let what = format!("'{}' can't be read in the source any more.", query.recipient.label);
                Err(Error::new(ErrorId::ObjectChanged, what).target(query.recipient.label.clone()))
            }
            Presence::OutOfScope | Presence::Deleted | Presence::Absent => {
                Ok(Match::Excluded(Exclusion::NotFound, None))
            }
        }
    }

    /// How the directory takes changes; it is asked once.
    fn form(&mut self, context: &Context) -> Result<ChangeForm> {
        if let Some(form) = &self.form {
            return Ok(form.clone());
        }
        Ok(self.form.insert(self.source.change_form(context)?).clone())
    }

    /// Notes one change; the inner error is about it alone.
    fn note(&mut self, write: &TargetWrite<'_>) -> Result<Result<String>> {
        let TargetQuery { anchor, recipient, .. } = write.query;
        let (Some(current), Some(known)) = (&write.current, self.known.get(anchor)) else {
            let what = format!("The object of '{}' was deleted meanwhile.", recipient.label);
            return Ok(Err(Error::new(ErrorId::ObjectChanged, what).target(recipient.label.clone())));
        };
        let difference = Difference::between(&current.values, &write.values);
        if !difference.is_empty() {
            let modifications = difference.modifications(&known.form);
            let text = record::change(&known.distinguished_name, &modifications, &[&recipient.label]);
            let mut file = self.file.take().map_or_else(|| self.begin_file(), Ok)?;
            file.write_all(text.as_bytes()).map_err(|e| self.failed(&e))?;
            self.file = Some(file);
            self.changes += 1;
        }
        self.noted.insert(anchor.to_owned(), write.values.clone());
        Ok(Ok(anchor.to_owned()))
    }
}

impl Target for LdifTarget {
    fn name(&self) -> String {
        format!("the file '{}'", self.path.display())
    }

    fn batch_size(&self) -> usize {
        BATCH
    }

    fn check_writable(&mut self, _context: &Context) -> Result<()> {
        if self.path.is_dir() {
            let what = format!("Cannot write '{}': it is a folder.", self.path.display());
            return Err(Error::new(ErrorId::TargetNotWritable, what)
                .target(self.path.display().to_string())
                .advice("Name a file with -OutputPath."));
        }
        self.begin_file().map(drop)
    }

    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        let open: Vec<String> = queries
            .iter()
            .map(|query| query.anchor)
            .filter(|anchor| !self.noted.contains_key(*anchor))
            .map(str::to_owned)
            .collect();
        let mut presences = HashMap::new();
        if !open.is_empty() {
            self.known.clear();
            let found = self.source.look_up(&open, context)?;
            presences.extend(open.into_iter().zip(found));
        }
        let form = self.form(context)?;
        let matched = |query: &TargetQuery<'_>| match self.noted.get(query.anchor) {
            Some(values) => Ok(Match::One(TargetRecipient::new(query.anchor.to_owned(), values.clone()))),
            None => {
                let presence = presences.remove(query.anchor).unwrap_or(Presence::Absent);
                self.matched(presence, &form, query)
            }
        };
        Ok(queries.iter().map(matched).collect())
    }

    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        context.check()?;
        self.noted.clear();
        writes.iter().map(|write| self.note(write)).collect()
    }

    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        self.source.clock(context)
    }

    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.source.read(selection, context, sink)
    }

    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        Some(query.anchor.to_owned())
    }

    fn finish(
        &mut self,
        _next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        _context: &Context,
    ) -> Result<()> {
        let mut file = self.file.take().map_or_else(|| self.begin_file(), Ok)?;
        let end = record::end(&format!("{}.", counted(self.changes, "change", "changes")));
        file.write_all(end.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|e| self.failed(&e))?;
        file.persist(&self.path).map_err(|e| self.failed(&e.error))?;
        Ok(())
    }

    fn is_of_one_run(&self) -> bool {
        true
    }

    fn has_replicas(&self) -> bool {
        false
    }
}
