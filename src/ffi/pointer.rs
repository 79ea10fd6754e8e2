//! The caller's pointers, checked before anything is done with them.

use crate::error::{Error, ErrorId, Result};

/// Bytes that the caller lends for one call.
#[derive(Clone, Copy)]
pub struct Input {
    start: *const u8,
    len: usize,
}

impl Input {
    /// Takes pointer and length as they came.
    ///
    /// # Safety
    /// If `start` is not NULL and `len` is within the limit that the function documents, `len` bytes can be
    /// read there, and nobody writes to them until the exported function returns.
    pub unsafe fn new(start: *const u8, len: usize) -> Self {
        Self { start, len }
    }

    /// The bytes. Fails with `NullPointer`, or with `InvalidSize` if there are more than `limit`;
    /// `name` is the parameter's.
    pub fn bytes(&self, limit: usize, name: &str) -> Result<&[u8]> {
        if self.start.is_null() {
            return Err(null(name));
        }
        if self.len > limit {
            let message = format!("The parameter '{name}' has {} bytes; {limit} is the most.", self.len);
            return Err(Error::new(ErrorId::InvalidSize, message));
        }
        // SAFETY: not NULL and within the limit, so `new`'s contract says that the bytes can be read;
        // the limits are far below isize::MAX.
        Ok(unsafe { std::slice::from_raw_parts(self.start, self.len) })
    }

    /// The bytes as text. Fails with `InvalidText`, besides, where they are not UTF-8.
    pub fn text(&self, limit: usize, name: &str) -> Result<&str> {
        std::str::from_utf8(self.bytes(limit, name)?).map_err(|e| {
            let message = format!("The parameter '{name}' is not UTF-8 from byte {} on.", e.valid_up_to());
            Error::new(ErrorId::InvalidText, message)
        })
    }
}

/// A place of the caller's that an answer is written to.
#[derive(Clone, Copy)]
pub struct Output<T> {
    place: *mut T,
}

/// A place that is known not to be NULL.
pub struct Slot<T> {
    place: std::ptr::NonNull<T>,
}

impl<T> Output<T> {
    /// Takes the pointer as it came.
    ///
    /// # Safety
    /// If `place` is not NULL, a `T` can be written there until the exported function returns.
    pub unsafe fn new(place: *mut T) -> Self {
        Self { place }
    }

    /// The place, which the caller must give. Fails with `NullPointer`; `name` is the parameter's.
    pub fn required(self, name: &str) -> Result<Slot<T>> {
        self.optional().ok_or_else(|| null(name))
    }

    /// The place, if the caller gave one.
    pub fn optional(self) -> Option<Slot<T>> {
        std::ptr::NonNull::new(self.place).map(|place| Slot { place })
    }
}

impl<T> Slot<T> {
    /// Writes the answer, at any alignment.
    pub fn write(self, value: T) {
        // SAFETY: not NULL, so the contract of `Output::new` says that a `T` can be written here.
        unsafe { self.place.write_unaligned(value) }
    }
}

fn null(name: &str) -> Error {
    Error::new(ErrorId::NullPointer, format!("The parameter '{name}' is NULL."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(start: *const u8, len: usize) -> (ErrorId, String) {
        // SAFETY: the bytes are only read where pointer and length belong together.
        let error = unsafe { Input::new(start, len) }.text(8, "request").unwrap_err();
        (error.id, error.message)
    }

    #[test]
    fn null_wrong_sizes_and_bad_text_are_refused_by_name() {
        let bad = b"ab\xff";
        for (start, len, id, message) in [
            (std::ptr::null(), 0, ErrorId::NullPointer, "The parameter 'request' is NULL."),
            (std::ptr::null(), 5, ErrorId::NullPointer, "The parameter 'request' is NULL."),
            (bad.as_ptr(), 9, ErrorId::InvalidSize, "The parameter 'request' has 9 bytes; 8 is the most."),
            (
                bad.as_ptr(),
                usize::MAX,
                ErrorId::InvalidSize,
                "The parameter 'request' has 18446744073709551615 bytes; 8 is the most.",
            ),
            (bad.as_ptr(), 3, ErrorId::InvalidText, "The parameter 'request' is not UTF-8 from byte 2 on."),
        ] {
            assert_eq!(refusal(start, len), (id, message.to_owned()));
        }
    }

    #[test]
    fn an_answer_can_be_written_at_any_alignment() {
        let mut place = [0_u8; 9];
        // SAFETY: eight bytes fit behind the first.
        let output = unsafe { Output::new(place.as_mut_ptr().add(1).cast::<u64>()) };
        output.required("out_task").unwrap().write(u64::MAX);
        assert_eq!(place, [0, 255, 255, 255, 255, 255, 255, 255, 255]);
    }
}
