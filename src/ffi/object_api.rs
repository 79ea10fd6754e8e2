//! `smime_buffer_…`, `smime_error_…`.

use std::sync::Arc;

use crate::event::ErrorBody;

use super::{
    answer,
    contract::Status,
    handle::{Buffer, BufferHandle, ErrorHandle, HANDLES},
    json,
    pointer::Output,
};

/// The bytes of a buffer. They don't end with a NUL, and stay where they are until the buffer is freed.
///
/// \param buffer the buffer
/// \param out_data where the address of the first byte is written
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_buffer_data(
    buffer: BufferHandle,
    out_data: *mut *const u8,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers.
    let (data, error) = unsafe { (Output::new(out_data), Output::new(out_error)) };
    answer(error, || {
        let slot = data.required("out_data")?;
        slot.write(HANDLES.get::<Buffer>(buffer)?.0.as_ptr());
        Ok(Status::Ok)
    })
}

/// How many bytes a buffer has.
///
/// \param buffer the buffer
/// \param out_len where the number is written
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_buffer_len(
    buffer: BufferHandle,
    out_len: *mut usize,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers.
    let (len, error) = unsafe { (Output::new(out_len), Output::new(out_error)) };
    answer(error, || {
        let slot = len.required("out_len")?;
        slot.write(HANDLES.get::<Buffer>(buffer)?.0.len());
        Ok(Status::Ok)
    })
}

/// Frees a buffer. Nobody may be reading its bytes.
///
/// \param buffer the buffer; 0 is nothing to free, and no error
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_buffer_free(buffer: BufferHandle, out_error: *mut ErrorHandle) -> Status {
    // SAFETY: the header asks the caller for a valid pointer.
    let error = unsafe { Output::new(out_error) };
    answer(error, || {
        if buffer != 0 {
            HANDLES.remove::<Buffer>(buffer)?;
        }
        Ok(Status::Ok)
    })
}

/// The number of an error, as in the table of `docs/abi.md`.
///
/// \param error the error
/// \param out_code where the number is written
/// \param out_error where the error of this call is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_error_code(
    error: ErrorHandle,
    out_code: *mut u32,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers.
    let (code, failure) = unsafe { (Output::new(out_code), Output::new(out_error)) };
    answer(failure, || {
        let slot = code.required("out_code")?;
        slot.write(HANDLES.get::<ErrorBody>(error)?.code);
        Ok(Status::Ok)
    })
}

/// All that is known of an error, as JSON of the type `ErrorBody`.
///
/// \param error the error
/// \param out_buffer where a buffer is written; free it with smime_buffer_free()
/// \param out_error where the error of this call is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_error_json(
    error: ErrorHandle,
    out_buffer: *mut BufferHandle,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers.
    let (buffer, failure) = unsafe { (Output::new(out_buffer), Output::new(out_error)) };
    answer(failure, || {
        let slot = buffer.required("out_buffer")?;
        let json = json::write(HANDLES.get::<ErrorBody>(error)?.as_ref())?;
        slot.write(HANDLES.insert(Arc::new(Buffer(json))));
        Ok(Status::Ok)
    })
}

/// Frees an error.
///
/// \param error the error; 0 is nothing to free, and no error
/// \param out_error where the error of this call is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_error_free(error: ErrorHandle, out_error: *mut ErrorHandle) -> Status {
    // SAFETY: the header asks the caller for a valid pointer.
    let failure = unsafe { Output::new(out_error) };
    answer(failure, || {
        if error != 0 {
            HANDLES.remove::<ErrorBody>(error)?;
        }
        Ok(Status::Ok)
    })
}
