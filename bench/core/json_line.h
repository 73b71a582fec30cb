/* SPDX-License-Identifier: BSD-3-Clause */
/* One JSON object a line, member by member, in the C locale. */
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
/* A member whose value is an object: the one returned, to be ended before this one goes on. */
struct json json_object(struct json *object, const char *key);
void json_end(struct json *object);

#endif
