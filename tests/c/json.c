#include "json.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 64

typedef struct {
  const char *at, *end;
} reader;

static json *read_value(reader *in, int depth);

static void *allocate(size_t size) {
  void *memory = calloc(1, size);
  if (memory == NULL) {
    abort();
  }
  return memory;
}

static void skip_space(reader *in) {
  while (in->at < in->end && strchr(" \t\r\n", *in->at) != NULL && *in->at != '\0') {
    in->at++;
  }
}

static bool take(reader *in, char wanted) {
  skip_space(in);
  if (in->at < in->end && *in->at == wanted) {
    in->at++;
    return true;
  }
  return false;
}

static bool take_word(reader *in, const char *word) {
  size_t len = strlen(word);
  if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0) {
    return false;
  }
  in->at += len;
  return true;
}

static bool read_hex(reader *in, unsigned *code) {
  *code = 0;
  for (int digit = 0; digit < 4; digit++) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = in->at < in->end && *in->at != '\0' ? strchr(digits, *in->at) : NULL;
    if (found == NULL) {
      return false;
    }
    *code = *code * 16 + (unsigned)((found - digits) % 16);
    in->at++;
  }
  return true;
}

static char *put_utf8(char *out, unsigned code) {
  if (code == 0) {
    *out++ = '?';
  } else if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xC0 | code >> 6);
    *out++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = (char)(0xE0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  } else {
    *out++ = (char)(0xF0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3F));
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  }
  return out;
}

static bool read_escape(reader *in, char **out) {
  static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
  char which = in->at < in->end ? *in->at++ : '\0';
  unsigned code = 0, low = 0;
  const char *found = which != '\0' ? strchr(names, which) : NULL;
  if (found != NULL) {
    *(*out)++ = means[found - names];
    return true;
  }
  if (which != 'u' || !read_hex(in, &code)) {
    return false;
  }
  if (code >= 0xD800 && code < 0xDC00) {
    if (!take_word(in, "\\u") || !read_hex(in, &low) || low < 0xDC00 || low > 0xDFFF) {
      return false;
    }
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  *out = put_utf8(*out, code);
  return true;
}

/* A string whose opening quote was taken. No escape is longer than what it stands for. */
static char *read_string(reader *in) {
  char *text = allocate((size_t)(in->end - in->at) + 1), *out = text;
  while (in->at < in->end && *in->at != '"') {
    char next = *in->at++;
    if (next != '\\') {
      *out++ = next;
    } else if (!read_escape(in, &out)) {
      break;
    }
  }
  if (in->at >= in->end || *in->at != '"') {
    free(text);
    return NULL;
  }
  in->at++;
  *out = '\0';
  char *shrunk = realloc(text, (size_t)(out - text) + 1);
  return shrunk != NULL ? shrunk : text;
}

static bool read_children(reader *in, json *parent, char close, int depth) {
  json **tail = &parent->first;
  if (take(in, close)) {
    return true;
  }
  do {
    char *name = NULL;
    if (parent->kind == JSON_OBJECT) {
      name = take(in, '"') ? read_string(in) : NULL;
      if (name == NULL || !take(in, ':')) {
        free(name);
        return false;
      }
    }
    json *child = read_value(in, depth + 1);
    if (child == NULL) {
      free(name);
      return false;
    }
    child->name = name;
    *tail = child;
    tail = &child->next;
  } while (take(in, ','));
  return take(in, close);
}

static bool read_number(reader *in, json *value) {
  char digits[64];
  size_t len = 0;
  while (in->at < in->end && *in->at != '\0' && strchr("+-.0123456789eE", *in->at) != NULL) {
    if (len + 1 >= sizeof digits) {
      return false;
    }
    digits[len++] = *in->at++;
  }
  digits[len] = '\0';
  char *end = digits;
  value->kind = JSON_NUMBER;
  value->number = strtod(digits, &end);
  return len > 0 && *end == '\0';
}

static bool read_into(reader *in, json *value, int depth) {
  if (take(in, '"')) {
    value->kind = JSON_STRING;
    value->text = read_string(in);
    return value->text != NULL;
  }
  if (take(in, '{')) {
    value->kind = JSON_OBJECT;
    return read_children(in, value, '}', depth);
  }
  if (take(in, '[')) {
    value->kind = JSON_ARRAY;
    return read_children(in, value, ']', depth);
  }
  if (take_word(in, "null")) {
    return true;
  }
  if (take_word(in, "true")) {
    value->kind = JSON_TRUE;
    return true;
  }
  if (take_word(in, "false")) {
    value->kind = JSON_FALSE;
    return true;
  }
  return read_number(in, value);
}

static json *read_value(reader *in, int depth) {
  if (depth > DEEPEST) {
    return NULL;
  }
  json *value = allocate(sizeof *value);
  skip_space(in);
  value->source = in->at;
  if (!read_into(in, value, depth)) {
    json_free(value);
    return NULL;
  }
  value->source_len = (size_t)(in->at - value->source);
  return value;
}

json *json_parse(const char *text, size_t len) {
  reader in = {text, text + len};
  json *value = read_value(&in, 0);
  skip_space(&in);
  if (value != NULL && in.at != in.end) {
    json_free(value);
    return NULL;
  }
  return value;
}

void json_free(json *value) {
  while (value != NULL) {
    json *next = value->next;
    json_free(value->first);
    free(value->name);
    free(value->text);
    free(value);
    value = next;
  }
}

const json *json_get(const json *object, const char *name) {
  const json *child = object != NULL && object->kind == JSON_OBJECT ? object->first : NULL;
  while (child != NULL && strcmp(child->name, name) != 0) {
    child = child->next;
  }
  return child;
}

const char *json_text(const json *object, const char *name) {
  const json *member = json_get(object, name);
  return member != NULL && member->kind == JSON_STRING ? member->text : "";
}

double json_number(const json *object, const char *name) {
  const json *member = json_get(object, name);
  return member != NULL && member->kind == JSON_NUMBER ? member->number : 0;
}

bool json_is_true(const json *object, const char *name) {
  const json *member = json_get(object, name);
  return member != NULL && member->kind == JSON_TRUE;
}

size_t json_count(const json *value) {
  size_t count = 0;
  for (const json *child = value != NULL ? value->first : NULL; child != NULL; child = child->next) {
    count++;
  }
  return count;
}
