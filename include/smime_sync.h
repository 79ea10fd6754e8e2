/**
 * \file smime_sync.h
 *
 * The C interface of SmimeSync, the library that keeps every user's S/MIME certificate right in Office 365.
 *
 * A caller creates an engine, starts a task with a request in JSON, pulls the task's events, also JSON, until the
 * event `Finished`, answers the questions among them, and frees what it got:
 *
 * ```text
 * smime_engine_new, smime_engine_set_secret
 * smime_task_start(engine, {"Operation": "GetRule"})
 * smime_task_next ... smime_task_send ... until SMIME_STATUS_FINISHED
 * smime_task_free, smime_engine_free
 * ```
 *
 * docs/abi.md describes the JSON: requests, events, answers, result objects, errors. tests/c/drive.c is a
 * complete caller.
 *
 * ## Rules
 *
 * - **Text** is UTF-8, passed as pointer and length. The library copies what it needs before a call returns, so
 *   the caller may free or change it then. Only the bytes of a buffer are the library's; they are to be read,
 *   not written, and are valid until smime_buffer_free().
 * - **Handles** are numbers that are checked against a table and never given out twice. 0 is never one. A stale
 *   handle, or one of another type, is the error `InvalidHandle`, never a crash; also while another thread
 *   frees it.
 * - **Every handle is freed** by its own function, once; the order does not matter. Freeing 0 does nothing.
 * - **Results** are written only on success, the error only on failure; otherwise the place keeps what it had.
 *   An answer below 0 means failure. Where the place for the error is NULL, the error is dropped.
 * - **Pointers**: a NULL that is not allowed is the error `NullPointer`, a length above its limit `InvalidSize`.
 *   All others must be valid for as long as the call lasts. They need no alignment.
 * - **Threads**: every function can be called from any thread at any time. smime_task_next() waits as long as
 *   its timeout says, smime_task_free() half a second at most, the others don't wait. The library never calls
 *   back.
 * - **Bugs** in the library (panics) end as the error `Panic`. Nothing is ever printed.
 * - **Secrets** go in by smime_engine_set_secret() only. They are never part of a request, event or error.
 * - **Unloading**: don't unload the library; tasks that were freed may still be ending in their own threads.
 */

#ifndef SMIME_SYNC_H
#define SMIME_SYNC_H

/* Generated from src/ffi by cbindgen: change it there; `SMIME_SYNC_BLESS=1 cargo test --test abi header`. */

#include <stddef.h>
#include <stdint.h>

/**
 * The version of this interface. It grows when a function changes or goes away; new functions, requests,
 * events and fields of results don't change it.
 */
#define SMIME_ABI_VERSION 1

/**
 * The most bytes of an engine's configuration.
 */
#define SMIME_CONFIG_LIMIT (64 * 1024)

/**
 * The most bytes of a request.
 */
#define SMIME_REQUEST_LIMIT ((16 * 1024) * 1024)

/**
 * The most bytes of one batch of answers.
 */
#define SMIME_ANSWERS_LIMIT ((16 * 1024) * 1024)

/**
 * The most objects in the output of one answer, in all its pieces: more recipients than an organisation has.
 */
#define SMIME_ANSWER_OBJECTS_LIMIT 1000000

/**
 * The most bytes of a secret's name.
 */
#define SMIME_SECRET_NAME_LIMIT 256

/**
 * The most bytes of a secret.
 */
#define SMIME_SECRET_LIMIT (1024 * 1024)

/**
 * What a function answers. Negative: it failed, and nothing but the error was written.
 */
enum smime_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It failed; the error says why.
   */
  SMIME_STATUS_ERROR = -1,
  /**
   * It did what it says.
   */
  SMIME_STATUS_OK = 0,
  /**
   * `smime_task_next`: the buffer holds at least one event.
   */
  SMIME_STATUS_EVENTS = 1,
  /**
   * `smime_task_next`: no event came in time; ask again.
   */
  SMIME_STATUS_TIMEOUT = 2,
  /**
   * `smime_task_next`: the event `Finished` was handed over earlier; nothing more will come.
   */
  SMIME_STATUS_FINISHED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum smime_status smime_status;
#else
typedef int32_t smime_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * An engine: configuration and secrets. Free it with `smime_engine_free`.
 */
typedef uint64_t smime_engine;

/**
 * Why a function failed. Free it with `smime_error_free`.
 */
typedef uint64_t smime_error;

/**
 * A task: one request that is being carried out. Free it with `smime_task_free`.
 */
typedef uint64_t smime_task;

/**
 * Bytes that the library hands out. Free it with `smime_buffer_free`.
 */
typedef uint64_t smime_buffer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the interface that the loaded library has. Compare it with #SMIME_ABI_VERSION, which is that
 * of this header, before anything else is called; if they differ, call nothing else.
 */
uint32_t smime_abi_version(void);

/**
 * Creates an engine: the configuration and the secrets that its tasks share. Reads and writes nothing yet.
 *
 * \param config the configuration, JSON of the type `EngineConfig`; `{}` for the defaults
 * \param config_len its bytes, #SMIME_CONFIG_LIMIT at most
 * \param out_engine where the engine is written; free it with smime_engine_free()
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidRequest`, `InvalidText`, `InvalidSize`, `NullPointer`, and those
 * of the places that the configuration names.
 */
smime_status smime_engine_new(const uint8_t *config,
                              size_t config_len,
                              smime_engine *out_engine,
                              smime_error *out_error);

/**
 * Gives the engine a secret, such as `password`. The engine keeps a copy of its own, which is zeroed when it
 * is replaced and with the engine; zero yours. Never put a secret into a request.
 *
 * \param engine the engine
 * \param name the secret's name: UTF-8, not empty
 * \param name_len its bytes, #SMIME_SECRET_NAME_LIMIT at most
 * \param secret the secret: any bytes; passwords are UTF-8
 * \param secret_len its bytes, #SMIME_SECRET_LIMIT at most
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `InvalidText`, `InvalidSize`, `NullPointer`.
 */
smime_status smime_engine_set_secret(smime_engine engine,
                                     const uint8_t *name,
                                     size_t name_len,
                                     const uint8_t *secret,
                                     size_t secret_len,
                                     smime_error *out_error);

/**
 * Frees the engine. Its running tasks go on: they keep what they need of it until they end.
 *
 * \param engine the engine; 0 is nothing to free, and no error
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
 */
smime_status smime_engine_free(smime_engine engine, smime_error *out_error);

/**
 * Starts a task: carries out one request, on a thread of the library's own. Returns at once.
 *
 * \param engine the engine
 * \param request what to do, JSON of the type `Request`; a field that it does not know is an error
 * \param request_len its bytes, #SMIME_REQUEST_LIMIT at most
 * \param out_task where the task is written; free it with smime_task_free()
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `InvalidRequest`, `InvalidText`, `InvalidSize`,
 * `NullPointer`, `Internal` where the system gives no thread. What goes wrong in the task itself comes as
 * events.
 */
smime_status smime_task_start(smime_engine engine,
                              const uint8_t *request,
                              size_t request_len,
                              smime_task *out_task,
                              smime_error *out_error);

/**
 * Takes the next events of a task. Returns as soon as there is at least one, with all that are there up to
 * about 256 KiB. A task that is 1 MiB ahead of its caller waits.
 *
 * \param task the task
 * \param timeout_ms milliseconds to wait at most; 0 only looks
 * \param out_buffer where a buffer is written if the answer is #SMIME_STATUS_EVENTS: a JSON array of the type
 * `Event`; free it with smime_buffer_free()
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_EVENTS; #SMIME_STATUS_TIMEOUT if none came in time; #SMIME_STATUS_FINISHED if the
 * event `Finished`, always the last one, was taken earlier. Errors: `InvalidHandle` (also if another thread
 * frees the task meanwhile), `NullPointer`.
 */
smime_status smime_task_next(smime_task task,
                             uint32_t timeout_ms,
                             smime_buffer *out_buffer,
                             smime_error *out_error);

/**
 * Answers questions of a task, in any order, in one batch or several. Never blocks. A cancel closes the questions
 * that are open; who has canceled need not answer any more.
 *
 * \param task the task
 * \param answers a JSON array of the type `Answer`
 * \param answers_len its bytes, #SMIME_ANSWERS_LIMIT at most
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidAnswer` (the whole batch is refused then), `TaskFinished`,
 * `InvalidHandle`, `InvalidText`, `InvalidSize`, `NullPointer`.
 */
smime_status smime_task_send(smime_task task,
                             const uint8_t *answers,
                             size_t answers_len,
                             smime_error *out_error);

/**
 * Asks a task to end, from any thread, also while another one waits in smime_task_next(). Returns at once. The
 * task leaves everything consistent and still sends its last events; `Finished` then carries the error
 * `Canceled`, unless the work was done already. Canceling a second time, or after the end, is no error.
 *
 * \param task the task
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
 */
smime_status smime_task_cancel(smime_task task,
                               smime_error *out_error);

/**
 * Frees a task. One that still runs is canceled and waited for, half a second at most; after that it ends in
 * the background, and its events go nowhere.
 *
 * \param task the task; 0 is nothing to free, and no error
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
 */
smime_status smime_task_free(smime_task task, smime_error *out_error);

/**
 * The bytes of a buffer. They don't end with a NUL, and stay where they are until the buffer is freed.
 *
 * \param buffer the buffer
 * \param out_data where the address of the first byte is written
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
 */
smime_status smime_buffer_data(smime_buffer buffer, const uint8_t **out_data, smime_error *out_error);

/**
 * How many bytes a buffer has.
 *
 * \param buffer the buffer
 * \param out_len where the number is written
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
 */
smime_status smime_buffer_len(smime_buffer buffer, size_t *out_len, smime_error *out_error);

/**
 * Frees a buffer. Nobody may be reading its bytes.
 *
 * \param buffer the buffer; 0 is nothing to free, and no error
 * \param out_error where the error is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
 */
smime_status smime_buffer_free(smime_buffer buffer, smime_error *out_error);

/**
 * The number of an error, as in the table of `docs/abi.md`.
 *
 * \param error the error
 * \param out_code where the number is written
 * \param out_error where the error of this call is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
 */
smime_status smime_error_code(smime_error error, uint32_t *out_code, smime_error *out_error);

/**
 * All that is known of an error, as JSON of the type `ErrorBody`.
 *
 * \param error the error
 * \param out_buffer where a buffer is written; free it with smime_buffer_free()
 * \param out_error where the error of this call is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `NullPointer`.
 */
smime_status smime_error_json(smime_error error, smime_buffer *out_buffer, smime_error *out_error);

/**
 * Frees an error.
 *
 * \param error the error; 0 is nothing to free, and no error
 * \param out_error where the error of this call is written on failure; may be NULL
 *
 * \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
 */
smime_status smime_error_free(smime_error error, smime_error *out_error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SMIME_SYNC_H */
