//! Version, limits and statuses: what the header starts with.

/// The version of this interface. It grows when a function changes or goes away; new functions, requests,
/// events and fields of results don't change it.
pub const SMIME_ABI_VERSION: u32 = 1;

/// The most bytes of an engine's configuration.
pub const SMIME_CONFIG_LIMIT: usize = 64 * 1024;

/// The most bytes of a request.
pub const SMIME_REQUEST_LIMIT: usize = 16 * 1024 * 1024;

/// The most bytes of one batch of answers.
pub const SMIME_ANSWERS_LIMIT: usize = 16 * 1024 * 1024;

/// The most objects in the output of one answer, in all its pieces: more recipients than an organisation has.
pub const SMIME_ANSWER_OBJECTS_LIMIT: usize = 1_000_000;

/// The most bytes of a secret's name.
pub const SMIME_SECRET_NAME_LIMIT: usize = 256;

/// The most bytes of a secret.
pub const SMIME_SECRET_LIMIT: usize = 1024 * 1024;

/// What a function answers. Negative: it failed, and nothing but the error was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// It failed; the error says why.
    Error = -1,
    /// It did what it says.
    Ok = 0,
    /// `smime_task_next`: the buffer holds at least one event.
    Events = 1,
    /// `smime_task_next`: no event came in time; ask again.
    Timeout = 2,
    /// `smime_task_next`: the event `Finished` was handed over earlier; nothing more will come.
    Finished = 3,
}
