/* Events as lines for people. */
#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "json.h"

typedef struct {
  FILE *out;
  bool verbose;       /* log events of the levels Verbose and Debug, too, and the reasons of changes */
  bool progress;      /* on the standard error, which is a terminal */
  bool progress_line; /* progress was written last, and must be wiped away */
  unsigned errors;    /* errors of single objects, and the one that ended a task */
} display;

/* One event; questions are left to the caller. */
void show_event(display *to, const json *event);
/* An ErrorBody. */
void show_error(display *to, const json *error);
/* A question and the answer that it gets. */
void show_question(display *to, const json *question, bool approved);

#endif
