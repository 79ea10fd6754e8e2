/* The life of a task: events, bounds, cancel, free in mid-run, panics. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

static void whole_run(smime_engine engine) {
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":1000}");
  story told = read_all(task, 0);
  CHECK(told.finished && told.logs == 1000 && told.in_order, "all events come, in their order, Finished last");
  CHECK(told.error[0] == '\0', "a task that did its work finishes without an error");
  smime_status status;
  CHECK(host_next(task, 0, &status) == NULL && status == SMIME_STATUS_FINISHED, "finished stays finished");
  smime_error error = 0;
  CHECK(host_send(task, "[]", &error) == SMIME_STATUS_ERROR && error_is(error, "TaskFinished"),
        "a finished task takes no answers");
  CHECK(smime_task_cancel(task, NULL) == SMIME_STATUS_OK, "a finished task may be canceled");
  smime_task_free(task, NULL);
}

static void failing_run(smime_engine engine) {
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":1,\"Fail\":\"DirectoryBusy\"}");
  story told = read_all(task, 0);
  CHECK(told.logs == 1 && strcmp(told.error, "DirectoryBusy") == 0, "the error that ends a task is in Finished");
  smime_task_free(task, NULL);
}

static void panic(smime_engine engine) {
  for (unsigned round = 0; round < 3; round++) {
    smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":5,\"Panic\":true}");
    story told = read_all(task, 0);
    CHECK(told.logs == 5 && told.finished && strcmp(told.error, "Panic") == 0,
          "a panic ends its task with the error Panic, after the events before it");
    smime_task_free(task, NULL);
  }
  smime_task after = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":1}");
  CHECK(read_all(after, 0).error[0] == '\0', "the engine works on after a panic");
  smime_task_free(after, NULL);
}

static void timeout(smime_engine engine) {
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Wait\":60000}");
  smime_buffer buffer = UNTOUCHED;
  int64_t before = now_ms();
  smime_status status = smime_task_next(task, 200, &buffer, NULL);
  int64_t took = now_ms() - before;
  CHECK(status == SMIME_STATUS_TIMEOUT && buffer == UNTOUCHED && took >= 195, "task_next waits its time (%d ms)",
        (int)took);
  smime_task_cancel(task, NULL);
  story told = read_all(task, 0);
  CHECK(told.finished && strcmp(told.error, "Canceled") == 0, "a canceled task finishes with Canceled");
  smime_task_free(task, NULL);
}

static void *cancel_later(void *task) {
  sleep_ms(100);
  smime_task_cancel(*(smime_task *)task, NULL);
  return NULL;
}

static void cancel_from_another_thread(smime_engine engine) {
  static const char *requests[] = {
      "{\"Operation\":\"Fault\",\"Wait\":60000}",
      "{\"Operation\":\"Fault\",\"Questions\":3}",
      "{\"Operation\":\"Fault\",\"Events\":4000000000}",
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    smime_task task = host_start(engine, requests[i]);
    pthread_t other;
    int64_t before = now_ms();
    pthread_create(&other, NULL, cancel_later, &task);
    story told = read_all(task, 0);
    pthread_join(other, NULL);
    CHECK(told.finished && strcmp(told.error, "Canceled") == 0 && now_ms() - before < 20000,
          "another thread cancels %s", requests[i]);
    smime_task_free(task, NULL);
  }
}

static void slow_consumer(smime_engine engine) {
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":60000}");
  story told = read_all(task, 2);
  CHECK(told.finished && told.logs == 60000 && told.in_order, "a slow consumer gets every event in order");
  smime_task_free(task, NULL);

  task = host_start(engine, "{\"Operation\":\"Fault\",\"Events\":4000000000}");
  sleep_ms(700);
  smime_task_cancel(task, NULL);
  told = read_all(task, 0);
  /* 1 MiB is queued; what is reported after the cancel has as much again. */
  CHECK(told.in_order && told.bytes < (2U << 20) + (64U << 10), "a task waits when it is 1 MiB ahead (%zu bytes)",
        told.bytes);
  smime_task_free(task, NULL);
}

static void free_in_mid_run(void) {
  static const struct {
    const char *request, *what;
    int least, most;
  } cases[] = {
      {"{\"Operation\":\"Fault\",\"Wait\":60000}", "waits", 0, 450},
      {"{\"Operation\":\"Fault\",\"Events\":4000000000}", "is ahead of its caller", 0, 450},
      {"{\"Operation\":\"Fault\",\"Questions\":5}", "waits for answers", 0, 450},
      {"{\"Operation\":\"Fault\",\"Events\":3,\"Stall\":1500}", "does not look at the cancel", 490, 1400},
      {"{\"Operation\":\"Fault\",\"Stall\":1500,\"Panic\":true}", "panics after it was let go", 490, 1400},
  };
  /* Valgrind runs one thread at a time, many times slower. */
  int patience = rounds() < 50 ? 10 : 1;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    smime_engine engine = new_engine();
    smime_task task = host_start(engine, cases[i].request);
    sleep_ms(100);
    CHECK(smime_engine_free(engine, NULL) == SMIME_STATUS_OK, "an engine is freed while its task %s", cases[i].what);
    int64_t before = now_ms();
    smime_status status = smime_task_free(task, NULL);
    int took = (int)(now_ms() - before);
    CHECK(status == SMIME_STATUS_OK && took >= cases[i].least && took < cases[i].most * patience,
          "a task is freed while it %s (%d ms)", cases[i].what, took);
  }
  /* Those that were let go end in the background. */
  sleep_ms(1500);
}

static void engine_freed_before_its_tasks(void) {
  smime_engine engine = new_engine();
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Questions\":1,\"Events\":10}");
  smime_engine_free(engine, NULL);
  smime_status status;
  size_t events = 0;
  while (events < 11) {
    json *batch = host_next(task, 10000, &status);
    events += json_count(batch);
    json_free(batch);
    if (status != SMIME_STATUS_EVENTS) {
      break;
    }
  }
  CHECK(events == 11 && host_send(task, "[{\"Id\":1,\"Approved\":true}]", NULL) == SMIME_STATUS_OK,
        "a task goes on without its engine's handle");
  story told = read_all(task, 0);
  CHECK(told.finished && told.error[0] == '\0', "and does its work");
  smime_task_free(task, NULL);
}

static void *wait_for_events(void *task) {
  smime_buffer buffer = 0;
  smime_error error = 0;
  smime_status status = smime_task_next(*(smime_task *)task, 30000, &buffer, &error);
  CHECK(status == SMIME_STATUS_ERROR && error_is(error, "InvalidHandle"),
        "who waits for events of a task that is freed is told");
  return NULL;
}

static void free_while_another_thread_waits(smime_engine engine) {
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Wait\":60000}");
  pthread_t other;
  pthread_create(&other, NULL, wait_for_events, &task);
  sleep_ms(100);
  int64_t before = now_ms();
  smime_task_free(task, NULL);
  pthread_join(other, NULL);
  CHECK(now_ms() - before < 10000, "and at once");
}

void test_tasks(void) {
  smime_engine engine = new_engine();
  whole_run(engine);
  failing_run(engine);
  panic(engine);
  timeout(engine);
  cancel_from_another_thread(engine);
  slow_consumer(engine);
  free_in_mid_run();
  engine_freed_before_its_tasks();
  free_while_another_thread_waits(engine);
  smime_engine_free(engine, NULL);
}
