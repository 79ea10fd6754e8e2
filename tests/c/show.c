#include "show.h"

#include <string.h>

/* A date of RFC 3339 without its time. */
static int date_of(const char *time) {
  const char *end = strchr(time, 'T');
  return end != NULL ? (int)(end - time) : (int)strlen(time);
}

static unsigned long count_of(const json *object, const char *name) {
  return (unsigned long)json_number(object, name);
}

/* The common name in a subject such as `CN=Alice,O=Contoso`; the whole where there is none. */
static int name_of(const char *subject, const char **start) {
  const char *name = strstr(subject, "CN=");
  *start = name != NULL ? name + 3 : subject;
  size_t len = 0;
  while ((*start)[len] != '\0' && ((*start)[len] != ',' || (len > 0 && (*start)[len - 1] == '\\'))) {
    len++;
  }
  return (int)(name != NULL ? len : strlen(subject));
}

static void show_list(display *to, const json *list, const char *indent) {
  for (const json *item = list != NULL ? list->first : NULL; item != NULL; item = item->next) {
    if (item->kind == JSON_STRING) {
      fprintf(to->out, "%s%s\n", indent, item->text);
    }
  }
}

static void show_findings(display *to, const json *list, const char *indent) {
  for (const json *item = list != NULL ? list->first : NULL; item != NULL; item = item->next) {
    fprintf(to->out, "%s%s: %s (%s)\n", indent, json_text(item, "Severity"), json_text(item, "Message"),
            json_text(item, "Rule"));
  }
}

static void show_run(display *to, const json *run) {
  fprintf(to->out, "Run %lu of profile %s%s: %s, %.1f s\n", count_of(run, "Id"), json_text(run, "ProfileName"),
          json_is_true(run, "WhatIf") ? " (preview, nothing written)" : "", json_text(run, "Result"),
          json_number(run, "Seconds"));
  fprintf(to->out, "  recipients %lu, with values %lu, with a usable certificate %lu\n", count_of(run, "Recipients"),
          count_of(run, "WithValues"), count_of(run, "WithDesired"));
  fprintf(to->out, "  planned    add %lu, update %lu, remove %lu, unchanged %lu\n", count_of(run, "Add"),
          count_of(run, "Update"), count_of(run, "Remove"), count_of(run, "Unchanged"));
  fprintf(to->out, "  done       exported %lu, rejected %lu, declined %lu, waiting %lu, errors %lu\n",
          count_of(run, "Exported"), count_of(run, "Rejected"), count_of(run, "Declined"), count_of(run, "Waiting"),
          count_of(run, "Errors"));
  show_list(to, json_get(run, "Guard"), "  held: ");
  const json *missing = json_get(run, "MissingIssuers");
  for (const json *item = missing != NULL ? missing->first : NULL; item != NULL; item = item->next) {
    fprintf(to->out, "  missing issuer of %lu certificates: %s\n", count_of(item, "Certificates"),
            json_text(item, "Issuer"));
  }
}

/* The certificates of one side of a change: `Alice until 2027-03-01, ...`. */
static void show_values(display *to, const char *what, const json *values) {
  const char *separator = what;
  for (const json *value = values != NULL ? values->first : NULL; value != NULL; value = value->next) {
    const json *certificate = json_get(value, "Certificate");
    const char *until = json_text(certificate, "NotAfter"), *name;
    int len = name_of(json_text(certificate, "Subject"), &name);
    if (len > 0) {
      fprintf(to->out, "%s%.*s until %.*s", separator, len, name, date_of(until), until);
    } else {
      fprintf(to->out, "%s%.16s...", separator, json_text(value, "Value"));
    }
    separator = ", ";
  }
}

static void show_change(display *to, const json *change) {
  const char *kind = json_text(change, "Change");
  bool remove = strcmp(kind, "Remove") == 0;
  fprintf(to->out, "  %-6s %-36s %-9s", kind, json_text(change, "Recipient"), json_text(change, "State"));
  show_values(to, remove ? " was " : " ", json_get(change, remove ? "Before" : "After"));
  fprintf(to->out, "\n");
  if (to->verbose) {
    show_list(to, json_get(change, "Reasons"), "         because ");
    show_findings(to, json_get(change, "Findings"), "         ");
  }
  if (json_text(change, "Error")[0] != '\0') {
    fprintf(to->out, "         refused: %s\n", json_text(change, "Error"));
  }
}

static void show_certificate(display *to, const json *certificate) {
  const char *until = json_text(certificate, "NotAfter"), *name;
  int len = name_of(json_text(certificate, "Subject"), &name);
  fprintf(to->out, "  %-36s %-8s", json_text(certificate, "Recipient"), json_text(certificate, "State"));
  if (len > 0) {
    fprintf(to->out, " %.*s until %.*s, %s %lu, %s", len, name, date_of(until), until,
            json_text(certificate, "KeyAlgorithm"), count_of(certificate, "KeySize"),
            json_text(certificate, "Purpose"));
  }
  fprintf(to->out, " (%s %lu)\n", json_text(certificate, "Attribute"), count_of(certificate, "Position"));
  show_findings(to, json_get(certificate, "Findings"), "    ");
  show_findings(to, json_get(certificate, "RecipientFindings"), "    ");
}

static void show_profile(display *to, const json *profile) {
  const char *server = json_text(profile, "Server");
  fprintf(to->out, "Profile %s: %s %s -> %s %s\n", json_text(profile, "Name"), json_text(profile, "Source"),
          server[0] != '\0' ? server : json_text(profile, "Path"), json_text(profile, "Target"),
          json_text(profile, "OutputPath"));
}

static void show_result(display *to, const char *type, const json *object) {
  if (strcmp(type, "Run") == 0) {
    show_run(to, object);
  } else if (strcmp(type, "Change") == 0) {
    show_change(to, object);
  } else if (strcmp(type, "Certificate") == 0) {
    show_certificate(to, object);
  } else if (strcmp(type, "Profile") == 0) {
    show_profile(to, object);
  } else if (strcmp(type, "ProfileTest") == 0) {
    fprintf(to->out, "  %-7s %-12s %s\n", json_text(object, "Result"), json_text(object, "Check"),
            json_text(object, "Message"));
  } else if (strcmp(type, "Rule") == 0) {
    fprintf(to->out, "  %-7s %-28s %s\n", json_text(object, "Severity"), json_text(object, "Rule"),
            json_text(object, "Title"));
  } else {
    fprintf(to->out, "  (a result of the type %s, which this program does not know)\n", type);
  }
}

static void show_progress(display *to, const json *progress) {
  const json *total = json_get(progress, "Total");
  fprintf(stderr, "\r%s: %lu", json_text(progress, "Activity"), count_of(progress, "Done"));
  if (total != NULL && total->kind == JSON_NUMBER) {
    fprintf(stderr, " of %lu", count_of(progress, "Total"));
  }
  fprintf(stderr, ", %.0f a second\033[K", json_number(progress, "Rate"));
  to->progress_line = true;
}

void show_error(display *to, const json *error) {
  to->errors++;
  fprintf(to->out, "Error %s: %s\n", json_text(error, "Id"), json_text(error, "Message"));
  if (json_text(error, "Advice")[0] != '\0') {
    fprintf(to->out, "  What to do: %s\n", json_text(error, "Advice"));
  }
}

void show_question(display *to, const json *question, bool approved) {
  fprintf(to->out, "  %s: %s? %s\n", json_text(question, "Target"), json_text(question, "Action"),
          approved ? "yes" : "no");
}

void show_event(display *to, const json *event) {
  const char *kind = json_text(event, "Event"), *level = json_text(event, "Level");
  const json *error = json_get(event, "Error");
  if (to->progress_line && strcmp(kind, "Progress") != 0) {
    fprintf(stderr, "\r\033[K");
    to->progress_line = false;
  }
  if (strcmp(kind, "Result") == 0) {
    show_result(to, json_text(event, "Type"), json_get(event, "Object"));
  } else if (strcmp(kind, "Log") == 0 && (to->verbose || strcmp(level, "Warning") == 0)) {
    fprintf(to->out, "%s: %s\n", level, json_text(event, "Message"));
  } else if (error != NULL && error->kind == JSON_OBJECT) {
    show_error(to, error);
  } else if (to->progress && strcmp(kind, "Progress") == 0) {
    show_progress(to, event);
  }
}
