//! Panics: they end at the ABI as an error with their message and place, and are not printed.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, PanicHookInfo},
    sync::Once,
};

use crate::error::{Error, ErrorId, Result};

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `body`; a panic of it becomes the error `Panic`.
pub fn catch<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    install_hook();
    let before = WATCHED.replace(true);
    // What a panic leaves half done is behind locks, whose poison everybody clears, or dropped here.
    let result = std::panic::catch_unwind(AssertUnwindSafe(body));
    WATCHED.set(before);
    result.unwrap_or_else(|payload| {
        let noted = LAST.with_borrow_mut(Option::take);
        let what = noted.unwrap_or_else(|| message(payload.as_ref()).to_owned());
        Err(Error::new(ErrorId::Panic, format!("SmimeSync met a state that it did not expect: {what}")))
    })
}

/// The library prints nothing, but Rust's hook prints every panic. Ours notes those of the ABI's own threads for
/// their error, and keeps silent about the library's other ones, whose panics end up in an ABI thread. Where the
/// crate is part of a Rust program, the panics of its other threads go to the hook that was there.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if WATCHED.get() {
                LAST.set(Some(describe(info)));
            } else if !is_ours(std::thread::current().name()) {
                previous(info);
            }
        }));
    });
}

/// Whether a thread is one of the library's: they are named `smime-…`, or, within a step of a run, not at all.
fn is_ours(name: Option<&str>) -> bool {
    name.is_none_or(|name| name.starts_with("smime-"))
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
    format!("{}{place}", message(info.payload()))
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_message_and_place() {
        let error = catch::<()>(|| panic!("value {}", 7)).unwrap_err();
        assert_eq!(error.id, ErrorId::Panic);
        assert!(error.message.contains("value 7 (src/ffi/panic.rs:"), "{}", error.message);
    }

    #[test]
    fn only_panics_of_foreign_threads_are_printed() {
        for (name, ours) in
            [(Some("smime-task"), true), (Some("smime-sync"), true), (None, true), (Some("main"), false)]
        {
            assert_eq!(is_ours(name), ours, "{name:?}");
        }
    }

    #[test]
    fn a_panic_of_a_thread_within_becomes_an_error_too() {
        let within = || std::thread::scope(|scope| scope.spawn(|| panic!("value 8")).join());
        let error = catch::<()>(|| std::panic::resume_unwind(within().unwrap_err())).unwrap_err();
        assert!(error.message.ends_with("value 8"), "{}", error.message);
    }

    #[test]
    fn what_is_no_panic_passes_through() {
        assert_eq!(catch(|| Ok(7)), Ok(7));
        assert_eq!(catch::<()>(|| Err(Error::canceled())), Err(Error::canceled()));
    }

    #[test]
    fn a_panic_whose_payload_is_no_text_is_caught_too() {
        let error = catch::<()>(|| std::panic::panic_any(7)).unwrap_err();
        assert!(error.message.contains("no message"), "{}", error.message);
    }
}
