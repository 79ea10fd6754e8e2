/* Bad arguments to every function: NULL, wrong sizes, bad text, bad JSON. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define TEXT(text) (const uint8_t *)(text), strlen(text)

static void null_pointers(smime_engine engine, smime_task task, smime_buffer buffer) {
  const uint8_t *text = (const uint8_t *)"{}";
  uint64_t out = 0;
  uint64_t none = 0;
  CHECK_FAILS(smime_engine_new(NULL, 2, &out, &error), "NullPointer", out, "engine_new: config NULL");
  CHECK_FAILS(smime_engine_new(NULL, 0, &out, &error), "NullPointer", out, "engine_new: config NULL, empty");
  CHECK_FAILS(smime_engine_new(text, 2, NULL, &error), "NullPointer", none, "engine_new: out_engine NULL");
  CHECK_FAILS(smime_engine_set_secret(engine, NULL, 1, text, 2, &error), "NullPointer", none,
              "engine_set_secret: name NULL");
  CHECK_FAILS(smime_engine_set_secret(engine, text, 2, NULL, 1, &error), "NullPointer", none,
              "engine_set_secret: secret NULL");
  CHECK_FAILS(smime_task_start(engine, NULL, 2, &out, &error), "NullPointer", out, "task_start: request NULL");
  CHECK_FAILS(smime_task_start(engine, TEXT("{\"Operation\":\"Fault\"}"), NULL, &error), "NullPointer", none,
              "task_start: out_task NULL");
  CHECK_FAILS(smime_task_next(task, 0, NULL, &error), "NullPointer", none, "task_next: out_buffer NULL");
  CHECK_FAILS(smime_task_send(task, NULL, 2, &error), "NullPointer", none, "task_send: answers NULL");
  CHECK_FAILS(smime_buffer_data(buffer, NULL, &error), "NullPointer", none, "buffer_data: out_data NULL");
  CHECK_FAILS(smime_buffer_len(buffer, NULL, &error), "NullPointer", none, "buffer_len: out_len NULL");
  smime_error real = 0;
  smime_engine_free(UNTOUCHED, &real);
  CHECK_FAILS(smime_error_code(real, NULL, &error), "NullPointer", none, "error_code: out_code NULL");
  CHECK_FAILS(smime_error_json(real, NULL, &error), "NullPointer", none, "error_json: out_buffer NULL");
  CHECK(error_is(real, "InvalidHandle"), "an error is still there after calls about it failed");
}

static void sizes(smime_engine engine, smime_task task) {
  static const size_t too_long[] = {SMIME_REQUEST_LIMIT + 1, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};
  const uint8_t *text = (const uint8_t *)"{}";
  uint64_t out = 0;
  uint64_t none = 0;
  for (size_t i = 0; i < sizeof too_long / sizeof *too_long; i++) {
    size_t len = too_long[i];
    CHECK_FAILS(smime_engine_new(text, len, &out, &error), "InvalidSize", out, "engine_new: %zu bytes", len);
    CHECK_FAILS(smime_engine_set_secret(engine, text, len, text, 2, &error), "InvalidSize", none,
                "engine_set_secret: a name of %zu bytes", len);
    CHECK_FAILS(smime_engine_set_secret(engine, text, 2, text, len, &error), "InvalidSize", none,
                "engine_set_secret: a secret of %zu bytes", len);
    CHECK_FAILS(smime_task_start(engine, text, len, &out, &error), "InvalidSize", out, "task_start: %zu bytes", len);
    CHECK_FAILS(smime_task_send(task, text, len, &error), "InvalidSize", none, "task_send: %zu bytes", len);
  }
  CHECK_FAILS(smime_engine_new(text, 0, &out, &error), "InvalidRequest", out, "engine_new: 0 bytes");
  CHECK_FAILS(smime_engine_new(text, 1, &out, &error), "InvalidRequest", out, "engine_new: cut off");
  CHECK_FAILS(smime_engine_set_secret(engine, text, 0, text, 2, &error), "InvalidSize", none,
              "engine_set_secret: a name of 0 bytes");
  CHECK_FAILS(smime_task_start(engine, text, 0, &out, &error), "InvalidRequest", out, "task_start: 0 bytes");
  CHECK_FAILS(smime_task_send(task, text, 0, &error), "InvalidAnswer", none, "task_send: 0 bytes");

  /* Exactly as many bytes as are there: a reader that goes one too far is seen by the address sanitizer. */
  static const char request[] = "{\"Operation\":\"Fault\"}";
  size_t len = strlen(request);
  uint8_t *exact = malloc(len);
  memcpy(exact, request, len);
  CHECK(smime_task_start(engine, exact, len, &out, NULL) == SMIME_STATUS_OK, "a request needs no NUL at its end");
  memset(exact, 'x', len);
  free(exact);
  story told = read_all(out, 0);
  CHECK(told.finished && told.error[0] == '\0', "a request may be overwritten and freed after task_start");
  smime_task_free(out, NULL);
}

static void texts(smime_engine engine, smime_task task) {
  uint64_t out = 0;
  uint64_t none = 0;
  CHECK_FAILS(smime_engine_new(TEXT("{\"Home\":\"\xff\"}"), &out, &error), "InvalidText", out,
              "engine_new: not UTF-8");
  CHECK_FAILS(smime_engine_set_secret(engine, TEXT("\xc3"), TEXT("x"), &error), "InvalidText", none,
              "engine_set_secret: a name that is not UTF-8");
  CHECK_FAILS(smime_task_start(engine, TEXT("{\"Operation\":\"\xed\xa0\x80\"}"), &out, &error), "InvalidText", out,
              "task_start: a surrogate in UTF-8");
  CHECK_FAILS(smime_task_send(task, TEXT("[\xf8]"), &error), "InvalidText", none, "task_send: not UTF-8");
  CHECK_FAILS(smime_engine_new(TEXT("{\"Colour\":1}"), &out, &error), "InvalidRequest", out,
              "engine_new: an unknown field");
  CHECK_FAILS(smime_task_start(engine, TEXT("{\"Operation\":\"Fault\",\"Colour\":1}"), &out, &error),
              "InvalidRequest", out, "task_start: an unknown field");
  CHECK_FAILS(smime_task_send(task, TEXT("[{\"Id\":1,\"Approved\":true,\"Colour\":1}]"), &error), "InvalidAnswer",
              none, "task_send: an unknown field");
  CHECK(smime_engine_set_secret(engine, TEXT("password"), (const uint8_t *)"\xff\0\xff", 3, NULL) ==
            SMIME_STATUS_OK,
        "engine_set_secret: a secret may be any bytes");
}

void test_arguments(void) {
  smime_engine engine = new_engine();
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":1,\"Wait\":60000}");
  smime_error error = 0;
  smime_buffer buffer = 0;
  smime_engine_free(UNTOUCHED, &error);
  smime_error_json(error, &buffer, NULL);
  smime_error_free(error, NULL);

  null_pointers(engine, task, buffer);
  sizes(engine, task);
  texts(engine, task);

  smime_status status;
  json *events = host_next(task, 10000, &status);
  CHECK(strcmp(json_text(events != NULL ? events->first : NULL, "Message"), "Event 1 of 1.") == 0,
        "a task_next that failed took no event");
  json_free(events);
  smime_buffer_free(buffer, NULL);
  smime_task_free(task, NULL);
  smime_engine_free(engine, NULL);
}
