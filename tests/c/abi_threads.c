/* 64 threads at once: each with its own tasks, then all on the same handles. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

#define THREADS 64
#define SLOTS 32

static void run_threads(void *(*work)(void *)) {
  pthread_t threads[THREADS];
  for (uintptr_t i = 0; i < THREADS; i++) {
    pthread_create(&threads[i], NULL, work, (void *)(i + 1));
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
}

static uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static atomic_uint good_dialogs;

/* Answers the questions among the events; false when the task is at its end. */
static bool answer_questions(smime_task task, story *told) {
  smime_status status;
  json *events = host_next(task, 10000, &status);
  for (const json *event = events != NULL ? events->first : NULL; event != NULL; event = event->next) {
    told->events++;
    if (strcmp(json_text(event, "Event"), "Question") == 0) {
      char answer[64];
      snprintf(answer, sizeof answer, "[{\"Id\":%u,\"Approved\":true}]", (unsigned)json_number(event, "Id"));
      host_send(task, answer, NULL);
    } else if (strcmp(json_text(event, "Event"), "Finished") == 0) {
      told->finished = json_get(event, "Error")->kind == JSON_NULL;
    }
  }
  json_free(events);
  return status == SMIME_STATUS_EVENTS;
}

static void *own_dialogs(void *number) {
  uint32_t random = (uint32_t)(uintptr_t)number * 2654435761U;
  for (unsigned round = 0; round < rounds() / 5 + 1; round++) {
    smime_engine engine = 0;
    smime_engine_new((const uint8_t *)"{}", 2, &engine, NULL);
    smime_engine_set_secret(engine, (const uint8_t *)"password", 8, (const uint8_t *)&random, sizeof random, NULL);
    smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":40,\"Questions\":5}");
    if (next_random(&random) % 2 == 0) {
      smime_engine_free(engine, NULL);
      engine = 0;
    }
    story told = {0};
    while (answer_questions(task, &told)) {
    }
    /* 40 events, 5 questions, 5 accounts of their answers, Finished. */
    good_dialogs += told.finished && told.events == 51;
    smime_task_free(task, NULL);
    smime_engine_free(engine, NULL);
  }
  return NULL;
}

static _Atomic uint64_t slots[SLOTS];
static atomic_uint calls, surprises;

/* Notes what a call on a shared handle gave: done, or refused for a reason that another thread can have caused. */
static void note(smime_status status, const smime_error *place) {
  smime_error error = *place;
  calls++;
  if (status == SMIME_STATUS_ERROR) {
    uint32_t code = 0;
    smime_error_code(error, &code, NULL);
    smime_error_free(error, NULL);
    if (code != 1002 && code != 1006 && code != 1007) {
      surprises++;
    }
  } else if (status < 0 || status > SMIME_STATUS_FINISHED) {
    surprises++;
  }
}

static smime_status set_secret(smime_engine engine, smime_error *error) {
  const uint8_t *text = (const uint8_t *)"secret";
  return smime_engine_set_secret(engine, text, 6, text, 6, error);
}

static smime_status start_panicking(smime_engine engine, smime_task *task, smime_error *error) {
  static const char request[] =
      "{\"Operation\":\"Fault\",\"Events\":20,\"Questions\":1,\"Wait\":20,\"Panic\":true}";
  return smime_task_start(engine, (const uint8_t *)request, strlen(request), task, error);
}

static void one_call(unsigned which, uint64_t handle, _Atomic uint64_t *slot) {
  smime_error error = 0;
  uint64_t out = 0;
  size_t len = 0;
  switch (which) {
    case 0: note(smime_engine_new((const uint8_t *)"{}", 2, &out, &error), &error); break;
    case 1: note(set_secret(handle, &error), &error); break;
    case 2: note(start_panicking(handle, &out, &error), &error); break;
    case 3: note(smime_task_next(handle, 1, &out, &error), &error); break;
    case 4: note(host_send(handle, "[{\"Id\":1,\"Approved\":true}]", &error), &error); break;
    case 5: note(smime_task_cancel(handle, &error), &error); break;
    case 6: note(smime_buffer_len(handle, &len, &error), &error); break;
    case 7: note(smime_error_json(handle, &out, &error), &error); break;
    case 8: note(smime_task_free(handle, &error), &error); break;
    case 9: note(smime_engine_free(handle, &error), &error); break;
    case 10: note(smime_buffer_free(handle, &error), &error); break;
    default: smime_engine_free(UNTOUCHED, &out); break;
  }
  if (out != 0) {
    uint64_t old = atomic_exchange(slot, out);
    /* Only one of the four is the right one; the others refuse it. */
    smime_engine_free(old, NULL);
    smime_task_free(old, NULL);
    smime_buffer_free(old, NULL);
    smime_error_free(old, NULL);
  }
}

static void *shared_handles(void *number) {
  uint32_t random = (uint32_t)(uintptr_t)number * 40503U;
  for (unsigned round = 0; round < rounds() * 10; round++) {
    uint64_t handle = atomic_load(&slots[next_random(&random) % SLOTS]);
    one_call(next_random(&random) % 12, handle, &slots[next_random(&random) % SLOTS]);
  }
  return NULL;
}

void test_threads(void) {
  run_threads(own_dialogs);
  unsigned expected = THREADS * (rounds() / 5 + 1);
  CHECK(good_dialogs == expected, "%u of %u dialogs of %d threads went well", good_dialogs, expected, THREADS);

  run_threads(shared_handles);
  for (size_t i = 0; i < SLOTS; i++) {
    smime_engine_free(slots[i], NULL);
    smime_task_free(slots[i], NULL);
    smime_buffer_free(slots[i], NULL);
    smime_error_free(slots[i], NULL);
  }
  CHECK(calls > 0 && surprises == 0, "%u calls of %d threads on the same handles: %u surprises", calls, THREADS,
        surprises);
  sleep_ms(200);
}
