/* A small host of the library: carries out requests from files and shows what comes of them.
 *
 *     drive [--home DIR] [--secret NAME=VARIABLE] [--secret-fd NAME=NUMBER] [--answer yes|no] [--verbose] [--json]
 *           REQUEST.json...
 *
 * A file holds one request or a list of them (docs/abi.md); `-` is the standard input. A secret comes from an
 * environment variable or an open file descriptor, never from the command line, which others can read. Ctrl+C
 * cancels the task. Ends with 0 if there was no error, 1 if there was one, 2 for a wrong call.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "show.h"
#include "smime_sync.h"

#define POLL_MS 100

typedef struct {
  display display;
  smime_engine engine;
  bool approve; /* the answer to every question */
  bool raw;     /* events as JSON, one batch a line, and nothing else */
} host;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
  (void)signal_number;
  interrupted = 1;
}

static void quit(const char *message, const char *what) {
  fprintf(stderr, "drive: %s%s\n", message, what);
  exit(2);
}

/* Shows and frees the error of a call; returns whether there was none. */
static bool succeeded(host *host, smime_status status, smime_error error) {
  smime_buffer buffer = 0;
  const uint8_t *data = NULL;
  size_t len = 0;
  if (status != SMIME_STATUS_ERROR) {
    return true;
  }
  if (smime_error_json(error, &buffer, NULL) == SMIME_STATUS_OK &&
      smime_buffer_data(buffer, &data, NULL) == SMIME_STATUS_OK &&
      smime_buffer_len(buffer, &len, NULL) == SMIME_STATUS_OK) {
    json *body = json_parse((const char *)data, len);
    show_error(&host->display, body);
    json_free(body);
  }
  smime_buffer_free(buffer, NULL);
  smime_error_free(error, NULL);
  return false;
}

/* Everything in a stream, with a NUL behind it; the caller frees it. */
static char *read_stream(FILE *stream, size_t *len) {
  size_t room = 4096;
  char *text = malloc(room);
  *len = 0;
  while (text != NULL) {
    *len += fread(text + *len, 1, room - *len - 1, stream);
    if (*len + 1 < room) {
      break;
    }
    room *= 2;
    text = realloc(text, room);
  }
  if (text == NULL || ferror(stream)) {
    quit("can't read: ", strerror(errno));
  }
  text[*len] = '\0';
  return text;
}

/* `NAME=WHERE` of --secret (an environment variable) or --secret-fd (an open file descriptor). */
static void set_secret(host *host, char *text, bool descriptor) {
  char *where = strchr(text, '=');
  if (where == NULL) {
    quit("a secret is given as NAME=VARIABLE or NAME=NUMBER: ", text);
  }
  *where++ = '\0';
  char *secret = descriptor ? NULL : getenv(where);
  size_t len = secret != NULL ? strlen(secret) : 0;
  if (descriptor) {
    FILE *stream = fdopen(atoi(where), "r");
    if (stream == NULL) {
      quit("no open file descriptor: ", where);
    }
    secret = read_stream(stream, &len);
    len -= len > 0 && secret[len - 1] == '\n';
    fclose(stream);
  }
  if (secret == NULL) {
    quit("no environment variable: ", where);
  }
  smime_error error = 0;
  smime_status status = smime_engine_set_secret(host->engine, (const uint8_t *)text, strlen(text),
                                                (const uint8_t *)secret, len, &error);
  memset(secret, 0, len);
  if (descriptor) {
    free(secret);
  }
  succeeded(host, status, error);
}

/* Answers the questions of a batch all alike, each event shown in its order. */
static void show_batch(host *host, smime_task task, const json *events) {
  for (const json *event = events != NULL ? events->first : NULL; event != NULL; event = event->next) {
    show_event(&host->display, event);
    if (strcmp(json_text(event, "Event"), "Question") == 0) {
      char answer[64];
      smime_error error = 0;
      int len = snprintf(answer, sizeof answer, "[{\"Id\":%.0f,\"Approved\":%s}]", json_number(event, "Id"),
                         host->approve ? "true" : "false");
      show_question(&host->display, event, host->approve);
      succeeded(host, smime_task_send(task, (const uint8_t *)answer, (size_t)len, &error), error);
    }
  }
}

/* Takes what events there are and shows them; false when there will be no more. */
static bool show_next(host *host, smime_task task) {
  smime_buffer buffer = 0;
  smime_error error = 0;
  const uint8_t *data = NULL;
  size_t len = 0;
  smime_status status = smime_task_next(task, POLL_MS, &buffer, &error);
  if (status != SMIME_STATUS_EVENTS) {
    return succeeded(host, status, error) && status == SMIME_STATUS_TIMEOUT;
  }
  smime_buffer_data(buffer, &data, NULL);
  smime_buffer_len(buffer, &len, NULL);
  if (host->raw) {
    fwrite(data, 1, len, stdout);
    fputc('\n', stdout);
  }
  json *events = json_parse((const char *)data, len);
  show_batch(host, task, events);
  json_free(events);
  smime_buffer_free(buffer, NULL);
  return true;
}

static void run_request(host *host, const char *request, size_t len) {
  smime_task task = 0;
  smime_error error = 0;
  bool canceled = false;
  if (!succeeded(host, smime_task_start(host->engine, (const uint8_t *)request, len, &task, &error), error)) {
    return;
  }
  while (show_next(host, task)) {
    if (interrupted && !canceled) {
      smime_task_cancel(task, NULL);
      canceled = true;
    }
  }
  smime_task_free(task, NULL);
}

/* Carries out the requests of a file, one after the other, as long as nobody interrupts. */
static void run_file(host *host, const char *path) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
  if (file == NULL) {
    fprintf(stderr, "drive: can't open %s: %s\n", path, strerror(errno));
    exit(2);
  }
  size_t len = 0;
  char *text = read_stream(file, &len);
  json *requests = json_parse(text, len);
  if (requests != NULL && requests->kind == JSON_ARRAY) {
    for (const json *one = requests->first; one != NULL && !interrupted; one = one->next) {
      run_request(host, one->source, one->source_len);
    }
  } else {
    /* What is no JSON is for the library to refuse. */
    run_request(host, text, len);
  }
  json_free(requests);
  free(text);
  if (file != stdin) {
    fclose(file);
  }
}

/* The engine's configuration, for a folder whose name may hold anything. */
static void make_engine(host *host, const char *home) {
  char config[8192];
  size_t len = (size_t)snprintf(config, sizeof config, "{\"Host\":\"drive\"%s", home != NULL ? ",\"Home\":\"" : "");
  for (const char *at = home; at != NULL && *at != '\0' && len + 10 < sizeof config; at++) {
    bool escaped = *at == '"' || *at == '\\' || (unsigned char)*at < 0x20;
    len += (size_t)snprintf(config + len, sizeof config - len, escaped ? "\\u%04x" : "%c", (unsigned char)*at);
  }
  len += (size_t)snprintf(config + len, sizeof config - len, home != NULL ? "\"}" : "}");
  smime_error error = 0;
  if (!succeeded(host, smime_engine_new((const uint8_t *)config, len, &host->engine, &error), error)) {
    exit(2);
  }
}

int main(int argc, char **argv) {
  host host = {.display = {.out = stdout}};
  const char *home = NULL;
  int at = 1;
  if (smime_abi_version() != SMIME_ABI_VERSION) {
    quit("the library is of another version than this program", "");
  }
  for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
    const char *option = argv[at];
    bool secret = strcmp(option, "--secret") == 0, descriptor = strcmp(option, "--secret-fd") == 0;
    if (strcmp(option, "--verbose") == 0) {
      host.display.verbose = true;
    } else if (strcmp(option, "--json") == 0) {
      host.raw = true;
    } else if (at + 1 < argc && strcmp(option, "--home") == 0) {
      home = argv[++at];
    } else if (at + 1 < argc && strcmp(option, "--answer") == 0) {
      host.approve = strcmp(argv[++at], "yes") == 0;
    } else if (at + 1 < argc && (secret || descriptor)) {
      if (host.engine == 0) {
        make_engine(&host, home);
      }
      set_secret(&host, argv[++at], descriptor);
    } else {
      quit("unknown option, or one without its value: ", option);
    }
  }
  if (at == argc) {
    quit("usage: drive [--home DIR] [--secret NAME=VARIABLE] [--secret-fd NAME=NUMBER] [--answer yes|no] "
         "[--verbose] [--json] REQUEST.json...", "");
  }
  if (host.engine == 0) {
    make_engine(&host, home);
  }
  if (host.raw) {
    host.display.out = fopen("/dev/null", "w");
  }
  host.display.progress = !host.raw && isatty(STDERR_FILENO);
  signal(SIGINT, on_interrupt);
  for (; at < argc && !interrupted; at++) {
    run_file(&host, argv[at]);
  }
  smime_engine_free(host.engine, NULL);
  return host.display.errors == 0 ? 0 : 1;
}
