/* SPDX-License-Identifier: BSD-3-Clause */
#include "json_writer.h"

#include <inttypes.h>
#include <math.h>

static void put_quoted(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < 0x20)
            fprintf(file, "\\u%04x", (unsigned)c);
        else
            fputc(c, file);
    }
    fputc('"', file);
}

/* A comma if another value precedes this one, then the key. */
static void begin(struct json *json, const char *key)
{
    if (json->has_item)
        fputs(", ", json->file);
    json->has_item = true;
    if (key) {
        put_quoted(json->file, key);
        fputs(": ", json->file);
    }
}

void json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    fputc(bracket, json->file);
    json->has_item = false;
}

void json_close(struct json *json, char bracket)
{
    fputc(bracket, json->file);
    json->has_item = true;
}

void json_number(struct json *json, const char *key, double value)
{
    begin(json, key);
    if (isfinite(value))
        fprintf(json->file, "%.*g", json->digits, value);
    else
        fputs("null", json->file);
}

void json_count(struct json *json, const char *key, uint64_t value)
{
    begin(json, key);
    fprintf(json->file, "%" PRIu64, value);
}

void json_flag(struct json *json, const char *key, bool value)
{
    begin(json, key);
    fputs(value ? "true" : "false", json->file);
}

void json_text(struct json *json, const char *key, const char *value)
{
    begin(json, key);
    put_quoted(json->file, value);
}

void json_counts(struct json *json, const char *key, const size_t *values, size_t n)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < n; i++)
        json_count(json, NULL, values[i]);
    json_close(json, ']');
}
