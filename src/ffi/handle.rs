//! Handles: numbers that stand for objects. A number is never given out twice, so a stale one is an error.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::{
    error::{Error, ErrorId, Result},
    event::ErrorBody,
    operation::Engine,
};

use super::task::Task;

/// An engine: configuration and secrets. Free it with `smime_engine_free`.
pub type EngineHandle = u64;
/// A task: one request that is being carried out. Free it with `smime_task_free`.
pub type TaskHandle = u64;
/// Bytes that the library hands out. Free it with `smime_buffer_free`.
pub type BufferHandle = u64;
/// Why a function failed. Free it with `smime_error_free`.
pub type ErrorHandle = u64;

/// Bytes that the library hands out; they stay where they are until the buffer is freed.
pub struct Buffer(pub Vec<u8>);

/// Every handle of the process.
pub static HANDLES: HandleTable = HandleTable::new();

/// What a handle can stand for.
pub enum Object {
    /// Of `smime_engine_new`.
    Engine(Arc<Engine>),
    /// Of `smime_task_start`.
    Task(Arc<Task>),
    /// Of whatever gives events or JSON.
    Buffer(Arc<Buffer>),
    /// Of a call that failed.
    Error(Arc<ErrorBody>),
}

impl Object {
    fn word(&self) -> &'static str {
        match self {
            Object::Engine(_) => Engine::WORD,
            Object::Task(_) => Task::WORD,
            Object::Buffer(_) => Buffer::WORD,
            Object::Error(_) => ErrorBody::WORD,
        }
    }
}

/// A type that handles can stand for.
pub trait Handled: Sized {
    /// How messages name it, with its article.
    const WORD: &'static str;
    /// As an entry of the table.
    fn into_object(this: Arc<Self>) -> Object;
    /// From an entry of the table; `None` if that is something else.
    fn from_object(object: &Object) -> Option<Arc<Self>>;
}

macro_rules! handled {
    ($( $type:ident $variant:ident $word:literal )*) => { $(
        impl Handled for $type {
            const WORD: &'static str = $word;
            fn into_object(this: Arc<Self>) -> Object { Object::$variant(this) }
            fn from_object(object: &Object) -> Option<Arc<Self>> {
                match object { Object::$variant(this) => Some(Arc::clone(this)), _ => None }
            }
        }
    )* };
}

handled! {
    Engine Engine "an engine"
    Task Task "a task"
    Buffer Buffer "a buffer"
    ErrorBody Error "an error"
}

/// Objects by handle. Who has looked one up keeps it alive, whoever frees the handle meanwhile.
pub struct HandleTable {
    entries: Mutex<Entries>,
}

struct Entries {
    last: u64,
    objects: BTreeMap<u64, Object>,
}

impl HandleTable {
    /// A table without objects, for a static.
    pub const fn new() -> Self {
        Self { entries: Mutex::new(Entries { last: 0, objects: BTreeMap::new() }) }
    }

    /// A new handle for `object`.
    pub fn insert<T: Handled>(&self, object: Arc<T>) -> u64 {
        let mut entries = self.lock();
        entries.last += 1;
        let handle = entries.last;
        entries.objects.insert(handle, T::into_object(object));
        handle
    }

    /// What `handle` stands for. Fails with `InvalidHandle` if it is stale, of another type, or none at all.
    pub fn get<T: Handled>(&self, handle: u64) -> Result<Arc<T>> {
        self.lock().find(handle)
    }

    /// The same, and takes the handle out of the table. The caller drops the object, outside of the lock.
    pub fn remove<T: Handled>(&self, handle: u64) -> Result<Arc<T>> {
        let mut entries = self.lock();
        let found = entries.find(handle)?;
        entries.objects.remove(&handle);
        Ok(found)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Default for HandleTable {
    fn default() -> Self {
        Self::new()
    }
}

impl Entries {
    fn find<T: Handled>(&self, handle: u64) -> Result<Arc<T>> {
        let wanted = T::WORD;
        let why = match self.objects.get(&handle) {
            Some(object) => match T::from_object(object) {
                Some(found) => return Ok(found),
                None => format!("Handle {handle} is {}, not {wanted}.", object.word()),
            },
            None if handle == 0 => format!("Handle 0 stands for nothing; {wanted} is needed."),
            None if handle <= self.last => format!("Handle {handle} was freed; {wanted} is needed."),
            None => format!("Handle {handle} was never given out; {wanted} is needed."),
        };
        Err(Error::new(ErrorId::InvalidHandle, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(text: &str) -> Arc<Buffer> {
        Arc::new(Buffer(text.as_bytes().to_vec()))
    }

    fn refusal<T: Handled>(table: &HandleTable, handle: u64) -> String {
        let error = table.get::<T>(handle).err().unwrap();
        assert_eq!(error.id, ErrorId::InvalidHandle);
        error.message
    }

    #[test]
    fn a_handle_finds_its_object_until_it_is_removed() {
        let table = HandleTable::new();
        let handle = table.insert(buffer("one"));
        assert_eq!(table.get::<Buffer>(handle).unwrap().0, b"one");
        assert_eq!(table.remove::<Buffer>(handle).unwrap().0, b"one");
        assert_eq!(table.remove::<Buffer>(handle).err().unwrap().id, ErrorId::InvalidHandle);
    }

    #[test]
    fn a_message_tells_stale_foreign_and_invented_handles_apart() {
        let table = HandleTable::new();
        let (stale, live) = (table.insert(buffer("one")), table.insert(buffer("two")));
        table.remove::<Buffer>(stale).unwrap();
        for (message, expected) in [
            (refusal::<Buffer>(&table, 0), "Handle 0 stands for nothing; a buffer is needed."),
            (refusal::<Buffer>(&table, stale), "Handle 1 was freed; a buffer is needed."),
            (refusal::<Task>(&table, live), "Handle 2 is a buffer, not a task."),
            (refusal::<Engine>(&table, 3), "Handle 3 was never given out; an engine is needed."),
            (
                refusal::<ErrorBody>(&table, u64::MAX),
                "Handle 18446744073709551615 was never given out; an error is needed.",
            ),
        ] {
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn a_wrong_type_removes_nothing() {
        let table = HandleTable::new();
        let handle = table.insert(buffer("one"));
        assert!(table.remove::<Task>(handle).is_err());
        assert!(table.get::<Buffer>(handle).is_ok());
    }

    #[test]
    fn a_number_is_never_given_out_twice() {
        let table = HandleTable::new();
        let handles: Vec<u64> = (0..100)
            .map(|_| {
                let handle = table.insert(buffer("x"));
                table.remove::<Buffer>(handle).unwrap();
                handle
            })
            .collect();
        assert!(handles.windows(2).all(|pair| pair[0] < pair[1]), "{handles:?}");
    }

    #[test]
    fn an_object_outlives_its_handle_while_somebody_uses_it() {
        let table = HandleTable::new();
        let handle = table.insert(buffer("one"));
        let used = table.get::<Buffer>(handle).unwrap();
        drop(table.remove::<Buffer>(handle).unwrap());
        assert_eq!(used.0, b"one");
    }

    #[test]
    fn of_many_threads_that_free_one_handle_exactly_one_succeeds() {
        let table = HandleTable::new();
        for _ in 0..200 {
            let handle = table.insert(buffer("one"));
            let freed: usize = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4)
                    .map(|_| scope.spawn(|| usize::from(table.remove::<Buffer>(handle).is_ok())))
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(freed, 1);
        }
    }
}
