/* SPDX-License-Identifier: BSD-3-Clause */
/* Write JSON objects member by member. They are valid in the C locale. */
#ifndef BENCH_JSON_LINE_H
#define BENCH_JSON_LINE_H

#include <stdio.h>

/* An object that is being written. */
struct json {
    FILE *out;
    int members;
};

struct json json_begin(FILE *out);
void json_string(struct json *object, const char *key, const char *value);
void json_number(struct json *object, const char *key, double value);
/* Begin a member whose value is the returned object. End that object before the next member. */
struct json json_object(struct json *object, const char *key);
void json_end(struct json *object);

#endif
