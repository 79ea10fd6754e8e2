//! `smime_task_…`.

use std::{sync::Arc, time::Duration};

use crate::{
    error::ErrorId,
    event::Answer,
    operation::{Engine, Request},
};

use super::{
    answer,
    contract::{SMIME_ANSWERS_LIMIT, SMIME_REQUEST_LIMIT, Status},
    handle::{Buffer, BufferHandle, EngineHandle, ErrorHandle, HANDLES, TaskHandle},
    json,
    pointer::{Input, Output},
    queue::Taken,
    task::Task,
};

/// Starts a task: carries out one request, on a thread of the library's own. Returns at once.
///
/// \param engine the engine
/// \param request what to do, JSON of the type `Request`; a field that it does not know is an error
/// \param request_len its bytes, #SMIME_REQUEST_LIMIT at most
/// \param out_task where the task is written; free it with smime_task_free()
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `InvalidRequest`, `InvalidText`, `InvalidSize`,
/// `NullPointer`, `Internal` where the system gives no thread. What goes wrong in the task itself comes as
/// events.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_task_start(
    engine: EngineHandle,
    request: *const u8,
    request_len: usize,
    out_task: *mut TaskHandle,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers and lengths.
    let (request, task, error) =
        unsafe { (Input::new(request, request_len), Output::new(out_task), Output::new(out_error)) };
    answer(error, || {
        let engine = HANDLES.get::<Engine>(engine)?;
        let text = request.text(SMIME_REQUEST_LIMIT, "request")?;
        let slot = task.required("out_task")?;
        let request: Request = json::read(text, ErrorId::InvalidRequest, "The request")?;
        slot.write(HANDLES.insert(Task::start(engine, request)?));
        Ok(Status::Ok)
    })
}

/// Takes the next events of a task. Returns as soon as there is at least one, with all that are there up to
/// about 256 KiB. A task that is 1 MiB ahead of its caller waits.
///
/// \param task the task
/// \param timeout_ms milliseconds to wait at most; 0 only looks
/// \param out_buffer where a buffer is written if the answer is #SMIME_STATUS_EVENTS: a JSON array of the type
/// `Event`; free it with smime_buffer_free()
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_EVENTS; #SMIME_STATUS_TIMEOUT if none came in time; #SMIME_STATUS_FINISHED if the
/// event `Finished`, always the last one, was taken earlier. Errors: `InvalidHandle` (also if another thread
/// frees the task meanwhile), `NullPointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_task_next(
    task: TaskHandle,
    timeout_ms: u32,
    out_buffer: *mut BufferHandle,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers.
    let (buffer, error) = unsafe { (Output::new(out_buffer), Output::new(out_error)) };
    answer(error, || {
        let task = HANDLES.get::<Task>(task)?;
        // Before events are taken, which would be lost.
        let slot = buffer.required("out_buffer")?;
        Ok(match task.next(Duration::from_millis(timeout_ms.into()))? {
            Taken::Events(events) => {
                slot.write(HANDLES.insert(Arc::new(Buffer(events))));
                Status::Events
            }
            Taken::Timeout => Status::Timeout,
            Taken::Finished => Status::Finished,
        })
    })
}

/// Answers questions of a task, in any order, in one batch or several. Never blocks. A cancel closes the questions
/// that are open; who has canceled need not answer any more.
///
/// \param task the task
/// \param answers a JSON array of the type `Answer`
/// \param answers_len its bytes, #SMIME_ANSWERS_LIMIT at most
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidAnswer` (the whole batch is refused then), `TaskFinished`,
/// `InvalidHandle`, `InvalidText`, `InvalidSize`, `NullPointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_task_send(
    task: TaskHandle,
    answers: *const u8,
    answers_len: usize,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers and lengths.
    let (answers, error) = unsafe { (Input::new(answers, answers_len), Output::new(out_error)) };
    answer(error, || {
        let task = HANDLES.get::<Task>(task)?;
        let text = answers.text(SMIME_ANSWERS_LIMIT, "answers")?;
        let answers: Vec<Answer> = json::read(text, ErrorId::InvalidAnswer, "The answers")?;
        task.send(answers)?;
        Ok(Status::Ok)
    })
}

/// Asks a task to end, from any thread, also while another one waits in smime_task_next(). Returns at once. The
/// task leaves everything consistent and still sends its last events; `Finished` then carries the error
/// `Canceled`, unless the work was done already. Canceling a second time, or after the end, is no error.
///
/// \param task the task
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_task_cancel(task: TaskHandle, out_error: *mut ErrorHandle) -> Status {
    // SAFETY: the header asks the caller for a valid pointer.
    let error = unsafe { Output::new(out_error) };
    answer(error, || {
        HANDLES.get::<Task>(task)?.cancel();
        Ok(Status::Ok)
    })
}

/// Frees a task. One that still runs is canceled and waited for, half a second at most; after that it ends in
/// the background, and its events go nowhere.
///
/// \param task the task; 0 is nothing to free, and no error
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_task_free(task: TaskHandle, out_error: *mut ErrorHandle) -> Status {
    // SAFETY: the header asks the caller for a valid pointer.
    let error = unsafe { Output::new(out_error) };
    answer(error, || {
        if task != 0 {
            HANDLES.remove::<Task>(task)?.free();
        }
        Ok(Status::Ok)
    })
}
