/* SPDX-License-Identifier: BSD-3-Clause */
#include "json_line.h"

static void quote(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void key(struct json *object, const char *name)
{
    if (object->members++ > 0)
        fputs(", ", object->out);
    quote(object->out, name);
    fputs(": ", object->out);
}

struct json json_begin(FILE *out)
{
    fputc('{', out);
    return (struct json){out, 0};
}

void json_string(struct json *object, const char *name, const char *value)
{
    key(object, name);
    quote(object->out, value);
}

void json_number(struct json *object, const char *name, double value)
{
    key(object, name);
    fprintf(object->out, "%.6g", value);
}

struct json json_object(struct json *object, const char *name)
{
    key(object, name);
    return json_begin(object->out);
}

void json_end(struct json *object)
{
    fputc('}', object->out);
}
