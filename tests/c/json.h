/* A small reader of JSON, enough for a host of the library: no numbers beyond double, no writer. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

typedef enum { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } json_kind;

/* A value; children form a list. */
typedef struct json {
  json_kind kind;
  char *name; /* the key, if its parent is an object */
  char *text; /* JSON_STRING, UTF-8 with a NUL at the end; an escaped NUL in it becomes '?' */
  double number;
  const char *source; /* its text in what was parsed, and how long that is */
  size_t source_len;
  struct json *first, *next;
} json;

/* The value in `len` bytes; NULL if they are anything but one value. Free it with json_free. */
json *json_parse(const char *text, size_t len);
void json_free(json *value);

/* The member of that name; NULL if `object` is none, or has none. Every function here takes NULL. */
const json *json_get(const json *object, const char *name);
/* The member's string; "" if it is none. */
const char *json_text(const json *object, const char *name);
/* The member's number; 0 if it is none. */
double json_number(const json *object, const char *name);
bool json_is_true(const json *object, const char *name);
/* How many members or elements there are. */
size_t json_count(const json *value);

#endif
