#include "check.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t reporting = PTHREAD_MUTEX_INITIALIZER;
static unsigned passed_count, failed_count;

void check_at(bool passed, const char *file, int line, const char *format, ...) {
  va_list arguments;
  pthread_mutex_lock(&reporting);
  passed_count += passed;
  failed_count += !passed;
  printf("%sok %u - ", passed ? "" : "not ", passed_count + failed_count);
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  if (!passed) {
    printf(" (%s:%d)", file, line);
  }
  printf("\n");
  fflush(stdout);
  pthread_mutex_unlock(&reporting);
}

json *take_error(smime_error error) {
  smime_buffer buffer = 0;
  const uint8_t *data = NULL;
  size_t len = 0;
  json *body = NULL;
  if (smime_error_json(error, &buffer, NULL) == SMIME_STATUS_OK &&
      smime_buffer_data(buffer, &data, NULL) == SMIME_STATUS_OK &&
      smime_buffer_len(buffer, &len, NULL) == SMIME_STATUS_OK) {
    body = json_parse((const char *)data, len);
  }
  smime_buffer_free(buffer, NULL);
  smime_error_free(error, NULL);
  return body;
}

bool error_is(smime_error error, const char *id) {
  json *body = take_error(error);
  bool alike = strcmp(json_text(body, "Id"), id) == 0;
  if (!alike) {
    printf("# %s: %s\n", json_text(body, "Id"), json_text(body, "Message"));
  }
  json_free(body);
  return alike;
}

smime_engine new_engine(void) {
  smime_engine engine = 0;
  CHECK(smime_engine_new((const uint8_t *)"{}", 2, &engine, NULL) == SMIME_STATUS_OK, "an engine is made");
  return engine;
}

smime_task host_start(smime_engine engine, const char *request) {
  smime_task task = 0;
  smime_error error = 0;
  if (smime_task_start(engine, (const uint8_t *)request, strlen(request), &task, &error) < 0) {
    json *body = take_error(error);
    CHECK(false, "%s starts: %s", request, json_text(body, "Message"));
    json_free(body);
  }
  return task;
}

smime_status host_send(smime_task task, const char *answers, smime_error *error) {
  return smime_task_send(task, (const uint8_t *)answers, strlen(answers), error);
}

static json *read_next(smime_task task, uint32_t timeout_ms, smime_status *status, size_t *bytes) {
  smime_buffer buffer = 0;
  const uint8_t *data = NULL;
  json *events = NULL;
  *bytes = 0;
  *status = smime_task_next(task, timeout_ms, &buffer, NULL);
  if (*status == SMIME_STATUS_EVENTS && smime_buffer_data(buffer, &data, NULL) == SMIME_STATUS_OK &&
      smime_buffer_len(buffer, bytes, NULL) == SMIME_STATUS_OK) {
    events = json_parse((const char *)data, *bytes);
    if (json_count(events) == 0) {
      CHECK(false, "a buffer holds an array of at least one event");
    }
  }
  smime_buffer_free(buffer, NULL);
  return events;
}

json *host_next(smime_task task, uint32_t timeout_ms, smime_status *status) {
  size_t bytes;
  return read_next(task, timeout_ms, status, &bytes);
}

static void note_event(story *told, const json *event) {
  const char *kind = json_text(event, "Event");
  unsigned number = 0;
  told->events++;
  if (told->finished) {
    CHECK(false, "nothing comes after Finished");
  }
  if (strcmp(kind, "Log") == 0) {
    told->logs++;
    sscanf(json_text(event, "Message"), "Event %u", &number);
    told->in_order = told->in_order && number == told->logs;
  } else if (strcmp(kind, "Finished") == 0) {
    told->finished = true;
    snprintf(told->error, sizeof told->error, "%s", json_text(json_get(event, "Error"), "Id"));
  }
}

story read_all(smime_task task, unsigned pause_ms) {
  story told = {.in_order = true};
  smime_status status = SMIME_STATUS_TIMEOUT;
  while (status == SMIME_STATUS_EVENTS || status == SMIME_STATUS_TIMEOUT) {
    size_t bytes;
    json *events = read_next(task, 1000, &status, &bytes);
    told.bytes += bytes;
    for (const json *event = events != NULL ? events->first : NULL; event != NULL; event = event->next) {
      note_event(&told, event);
    }
    json_free(events);
    if (pause_ms > 0) {
      sleep_ms(pause_ms);
    }
  }
  told.finished = told.finished && status == SMIME_STATUS_FINISHED;
  return told;
}

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(unsigned ms) {
  struct timespec wait = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000L};
  while (nanosleep(&wait, &wait) != 0) {
  }
}

unsigned rounds(void) {
  const char *text = getenv("ABI_TEST_ROUNDS");
  int value = text != NULL ? atoi(text) : 0;
  return value > 0 ? (unsigned)value : 50;
}

int main(void) {
  CHECK(smime_abi_version() == SMIME_ABI_VERSION, "library and header are of one version");
  test_arguments();
  test_handles();
  test_tasks();
  test_questions();
  test_threads();
  printf("1..%u\n%u passed, %u failed\n", passed_count + failed_count, passed_count, failed_count);
  return failed_count == 0 ? 0 : 1;
}
