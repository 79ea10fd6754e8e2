/* What the parts of abi_test.c share: checks in the form of TAP, and the usual calls in one line each. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "smime_sync.h"

/* One line of the report; may be called from any thread. */
void check_at(bool passed, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define CHECK(condition, ...) check_at((condition), __FILE__, __LINE__, __VA_ARGS__)

/* A handle that no call gives out, to see that a failing call writes nothing. */
#define UNTOUCHED UINT64_C(0xABABABABABABABAB)

/* Reads and frees an error: its JSON, which the caller frees. NULL if `error` is not one. */
json *take_error(smime_error error);
/* Whether the error's id is `id`; frees it. */
bool error_is(smime_error error, const char *id);
/* Checks that a call failed with `id` and left `place` as UNTOUCHED. */
#define CHECK_FAILS(call, id, place, ...)                                                     \
  do {                                                                                        \
    smime_error error = UNTOUCHED;                                                            \
    (place) = UNTOUCHED;                                                                      \
    smime_status status = (call);                                                             \
    bool alike = status == SMIME_STATUS_ERROR && (place) == UNTOUCHED && error_is(error, id); \
    CHECK(alike, __VA_ARGS__);                                                                \
  } while (0)

smime_engine new_engine(void);
/* Starts a task; 0 if that fails. */
smime_task host_start(smime_engine engine, const char *request);
smime_status host_send(smime_task task, const char *answers, smime_error *error);
/* The next events, parsed; NULL with the status if there are none. */
json *host_next(smime_task task, uint32_t timeout_ms, smime_status *status);
/* Reads a task to its end: how many events, of them log events, and the error id in Finished ("" for none). */
typedef struct {
  size_t events, logs, bytes;
  bool in_order; /* the log events are "Event 1 of n.", "Event 2 of n.", ... */
  bool finished;
  char error[64];
} story;
story read_all(smime_task task, unsigned pause_ms);

/* Milliseconds of a clock that only goes forward. */
int64_t now_ms(void);
void sleep_ms(unsigned ms);
/* How many times a test repeats; less under valgrind (ABI_TEST_ROUNDS). */
unsigned rounds(void);

/* The parts. */
void test_arguments(void);
void test_handles(void);
void test_tasks(void);
void test_questions(void);
void test_threads(void);

#endif
