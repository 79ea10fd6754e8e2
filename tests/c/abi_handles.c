/* Handles that are stale, foreign, invented or 0, for every function; and frees in every order. */
#include <string.h>

#include "check.h"

#define TEXT(text) (const uint8_t *)(text), strlen(text)

/* Every function that takes a handle of the kind refuses this one. */
static void engine_calls(uint64_t handle, const char *what) {
  uint64_t out = 0;
  uint64_t none = 0;
  CHECK_FAILS(smime_engine_set_secret(handle, TEXT("a"), TEXT("b"), &error), "InvalidHandle", none,
              "engine_set_secret: %s", what);
  CHECK_FAILS(smime_task_start(handle, TEXT("{\"Operation\":\"Fault\"}"), &out, &error), "InvalidHandle", out,
              "task_start: %s", what);
}

static void task_calls(uint64_t handle, const char *what) {
  uint64_t out = 0;
  uint64_t none = 0;
  CHECK_FAILS(smime_task_next(handle, 0, &out, &error), "InvalidHandle", out, "task_next: %s", what);
  CHECK_FAILS(smime_task_send(handle, TEXT("[]"), &error), "InvalidHandle", none, "task_send: %s", what);
  CHECK_FAILS(smime_task_cancel(handle, &error), "InvalidHandle", none, "task_cancel: %s", what);
}

static void buffer_calls(uint64_t handle, const char *what) {
  const uint8_t *data = (const uint8_t *)"before";
  const uint8_t *before = data;
  size_t len = 4711;
  uint64_t none = 0;
  CHECK_FAILS(smime_buffer_data(handle, &data, &error), "InvalidHandle", none, "buffer_data: %s", what);
  CHECK_FAILS(smime_buffer_len(handle, &len, &error), "InvalidHandle", none, "buffer_len: %s", what);
  CHECK(data == before && len == 4711, "a failing call about a buffer writes nothing");
}

static void error_calls(uint64_t handle, const char *what) {
  uint32_t code = 4711;
  uint64_t out = 0;
  uint64_t none = 0;
  CHECK_FAILS(smime_error_code(handle, &code, &error), "InvalidHandle", none, "error_code: %s", what);
  CHECK_FAILS(smime_error_json(handle, &out, &error), "InvalidHandle", out, "error_json: %s", what);
  CHECK(code == 4711, "a failing call about an error writes nothing");
}

/* All functions of the four kinds except for the frees. */
static void all_calls(uint64_t handle, const char *what) {
  engine_calls(handle, what);
  task_calls(handle, what);
  buffer_calls(handle, what);
  error_calls(handle, what);
}

static void all_frees_fail(uint64_t handle, const char *what) {
  uint64_t none = 0;
  CHECK_FAILS(smime_engine_free(handle, &error), "InvalidHandle", none, "engine_free: %s", what);
  CHECK_FAILS(smime_task_free(handle, &error), "InvalidHandle", none, "task_free: %s", what);
  CHECK_FAILS(smime_buffer_free(handle, &error), "InvalidHandle", none, "buffer_free: %s", what);
  CHECK_FAILS(smime_error_free(handle, &error), "InvalidHandle", none, "error_free: %s", what);
}

static void foreign(smime_engine engine, smime_task task, smime_buffer buffer, smime_error error_handle) {
  uint64_t none = 0;
  engine_calls(task, "a task");
  engine_calls(buffer, "a buffer");
  task_calls(engine, "an engine");
  task_calls(error_handle, "an error");
  buffer_calls(engine, "an engine");
  buffer_calls(error_handle, "an error");
  error_calls(task, "a task");
  error_calls(buffer, "a buffer");
  CHECK_FAILS(smime_engine_free(task, &error), "InvalidHandle", none, "engine_free: a task");
  CHECK_FAILS(smime_task_free(buffer, &error), "InvalidHandle", none, "task_free: a buffer");
  CHECK_FAILS(smime_buffer_free(error_handle, &error), "InvalidHandle", none, "buffer_free: an error");
  CHECK_FAILS(smime_error_free(engine, &error), "InvalidHandle", none, "error_free: an engine");
}

static void nothing_to_free(void) {
  smime_error error = UNTOUCHED;
  bool ok = smime_engine_free(0, &error) == SMIME_STATUS_OK && smime_task_free(0, &error) == SMIME_STATUS_OK &&
            smime_buffer_free(0, &error) == SMIME_STATUS_OK && smime_error_free(0, &error) == SMIME_STATUS_OK;
  CHECK(ok && error == UNTOUCHED, "freeing 0 does nothing, and a success writes no error");
}

static void errors_outlive_what_they_are_about(void) {
  smime_engine engine = new_engine();
  smime_task task = 0;
  smime_error error = 0;
  uint32_t code = 0;
  smime_task_start(engine, TEXT("{\"Operation\":\"Dance\"}"), &task, &error);
  task = host_start(engine, "{\"Operation\":\"Fault\"}");
  CHECK(read_all(task, 0).finished, "an engine works on after an error");
  smime_task_free(task, NULL);
  smime_engine_free(engine, NULL);
  CHECK(smime_error_code(error, &code, NULL) == SMIME_STATUS_OK && code == 1004, "the error is still there");
  json *body = take_error(error);
  CHECK(strstr(json_text(body, "Message"), "Dance") != NULL && json_text(body, "Advice")[0] != '\0' &&
            strcmp(json_text(body, "Category"), "InvalidArgument") == 0,
        "an error names the reason, its category and what to do");
  json_free(body);
  CHECK(smime_task_cancel(UNTOUCHED, NULL) == SMIME_STATUS_ERROR, "an error needs no place");
}

void test_handles(void) {
  smime_engine engine = new_engine();
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Wait\":60000}");
  smime_error error = 0;
  smime_buffer buffer = 0;
  smime_engine_free(UNTOUCHED, &error);
  smime_error_json(error, &buffer, NULL);

  all_calls(0, "0");
  all_calls(UINT64_MAX, "an invented handle");
  all_frees_fail(UINT64_MAX, "an invented handle");
  foreign(engine, task, buffer, error);
  CHECK(smime_task_cancel(task, NULL) == SMIME_STATUS_OK, "foreign handles freed nothing");

  smime_task_free(task, NULL);
  smime_engine_free(engine, NULL);
  smime_buffer_free(buffer, NULL);
  smime_error_free(error, NULL);
  const uint64_t freed[] = {task, engine, buffer, error};
  for (size_t i = 0; i < sizeof freed / sizeof *freed; i++) {
    all_calls(freed[i], "a freed handle");
    all_frees_fail(freed[i], "a second time");
  }
  nothing_to_free();
  errors_outlive_what_they_are_about();
}
