/* Questions: answers in odd order and several batches, wrong ones, none. */
#include <stdio.h>
#include <string.h>

#include "check.h"

/* Reads until `count` questions were seen; whether they are numbered from 1. */
static bool read_questions(smime_task task, unsigned count) {
  unsigned seen = 0;
  bool numbered = true;
  smime_status status = SMIME_STATUS_EVENTS;
  while (seen < count && status == SMIME_STATUS_EVENTS) {
    json *events = host_next(task, 10000, &status);
    for (const json *event = events != NULL ? events->first : NULL; event != NULL; event = event->next) {
      seen++;
      numbered = numbered && strcmp(json_text(event, "Event"), "Question") == 0 &&
                 (unsigned)json_number(event, "Id") == seen &&
                 strcmp(json_text(event, "Kind"), "Approve") == 0;
    }
    json_free(events);
  }
  return numbered && seen == count;
}

/* Reads the task's account of the answers: one letter each, in the order of the questions. */
static void read_account(smime_task task, char *letters, size_t size) {
  size_t count = 0;
  smime_status status = SMIME_STATUS_EVENTS;
  while (status == SMIME_STATUS_EVENTS) {
    json *events = host_next(task, 10000, &status);
    for (const json *event = events != NULL ? events->first : NULL; event != NULL; event = event->next) {
      unsigned number = 0;
      char answer[8] = "";
      if (sscanf(json_text(event, "Message"), "Question %u: %7[a-z].", &number, answer) == 2 &&
          number == count + 1 && count + 1 < size) {
        letters[count++] = answer[0] == 't' ? 'y' : 'n';
      }
    }
    json_free(events);
  }
  letters[count] = '\0';
}

static void odd_order(smime_engine engine) {
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Questions\":6}");
  CHECK(read_questions(task, 6), "questions are numbered from 1 and come in one go");
  static const char *batches[] = {
      "[{\"Id\":6,\"Approved\":false}]",
      "[]",
      "[{\"Id\":2,\"Approved\":true},{\"Approved\":false,\"Id\":1}]",
      "[{\"Id\":5,\"Approved\":true},{\"Id\":3,\"Approved\":false},{\"Id\":4,\"Approved\":true}]",
  };
  bool taken = true;
  for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
    taken = taken && host_send(task, batches[i], NULL) == SMIME_STATUS_OK;
  }
  CHECK(taken, "answers may come in any order and several batches");
  char letters[16];
  read_account(task, letters, sizeof letters);
  CHECK(strcmp(letters, "nynyyn") == 0, "each question gets its own answer (%s)", letters);
  smime_task_free(task, NULL);
}

static void wrong_answers(smime_engine engine) {
  static const struct {
    const char *answers, *what;
  } wrong[] = {
      {"[{\"Id\":3,\"Approved\":true}]", "a question that was never asked"},
      {"[{\"Id\":0,\"Approved\":true}]", "question 0"},
      {"[{\"Id\":18446744073709551615,\"Approved\":true}]", "the largest number"},
      {"[{\"Id\":18446744073709551616,\"Approved\":true}]", "a larger number"},
      {"[{\"Id\":2,\"Approved\":true},{\"Id\":2,\"Approved\":false}]", "one question twice in a batch"},
      {"[{\"Id\":2,\"Approved\":true},{\"Id\":1,\"Approved\":false}]", "an answered question in a batch"},
      {"[{\"Approved\":true}]", "no question named"},
      {"{\"Id\":2,\"Approved\":true}", "no list"},
      {"[{\"Id\":2,\"Approved\":\"yes\"}]", "a word for an answer"},
  };
  uint64_t none = 0;
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Questions\":2}");
  CHECK(read_questions(task, 2), "two questions come");
  CHECK(host_send(task, "[{\"Id\":1,\"Approved\":true}]", NULL) == SMIME_STATUS_OK, "one is answered");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    CHECK_FAILS(host_send(task, wrong[i].answers, &error), "InvalidAnswer", none, "refused: %s", wrong[i].what);
  }
  CHECK(host_send(task, "[{\"Id\":2,\"Approved\":false}]", NULL) == SMIME_STATUS_OK,
        "a refused batch leaves its questions open");
  char letters[16];
  read_account(task, letters, sizeof letters);
  CHECK(strcmp(letters, "yn") == 0, "and changes no answer (%s)", letters);
  smime_task_free(task, NULL);
}

static void early_answers(smime_engine engine) {
  uint64_t none = 0;
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Wait\":60000}");
  CHECK_FAILS(host_send(task, "[{\"Id\":1,\"Approved\":true}]", &error), "InvalidAnswer", none,
              "an answer before the question");
  smime_task_free(task, NULL);
}

static void many_questions(smime_engine engine) {
  enum { MANY = 20000 };
  smime_task task = host_start(engine, "{\"Operation\":\"Fault\",\"Questions\":20000}");
  CHECK(read_questions(task, MANY), "%d questions pass through the bounded queue", MANY);
  static char answers[MANY * 40];
  size_t len = 0;
  for (unsigned id = MANY; id > 0; id--) {
    len += (size_t)snprintf(answers + len, sizeof answers - len, "%s{\"Id\":%u,\"Approved\":true}",
                            len == 0 ? "[" : ",", id);
  }
  snprintf(answers + len, sizeof answers - len, "]");
  CHECK(host_send(task, answers, NULL) == SMIME_STATUS_OK, "and are answered in one batch, backwards");
  static char letters[MANY + 1];
  read_account(task, letters, sizeof letters);
  CHECK(strlen(letters) == MANY && strspn(letters, "y") == MANY, "and each has its answer");
  smime_task_free(task, NULL);
}

void test_questions(void) {
  smime_engine engine = new_engine();
  odd_order(engine);
  wrong_answers(engine);
  early_answers(engine);
  many_questions(engine);
  smime_engine_free(engine, NULL);
}
