/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON, written member by member. The program stays in the C locale: the decimal point is '.'. */
#ifndef CLI_JSON_WRITER_H
#define CLI_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A text that is being written. At the beginning only file and digits are set. */
struct json {
    FILE *file;
    int digits;    /* of numbers: 17 give a double back, 9 a float */
    bool has_item; /* in the innermost list or object that is open */
};

/* bracket is '{' or '['. key NULL: an item of a list, or all of the text. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket); /* '}' or ']' */

/* A number that is not finite becomes null, because JSON has no NaN and no infinity. */
void json_number(struct json *json, const char *key, double value);
void json_count(struct json *json, const char *key, uint64_t value);
void json_flag(struct json *json, const char *key, bool value);
/* ASCII or UTF-8 */
void json_text(struct json *json, const char *key, const char *value);

/* A list of counts. */
void json_counts(struct json *json, const char *key, const size_t *values, size_t n);

#endif
