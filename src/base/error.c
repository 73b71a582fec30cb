/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/texts.h"

#if defined __GNUC__ && defined __ELF__
#define OF_THREAD _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define OF_THREAD _Thread_local
#endif

enum { FORMS = 2, VALUES = 8, SENTENCE = 400 };

static OF_THREAD struct error_note last;
static OF_THREAD char sentence[SENTENCE];

/* Where the conversion of a form begins that is next, and its letter; NULL: there is none. */
static const char *next_conversion(const char *form, char *letter)
{
    const char *at = strchr(form, '%');
    if (at)
        *letter = at[1] == 'z' ? 'z' : at[1];
    return at;
}

static size_t conversion_length(char letter)
{
    return letter == 'z' ? strlen("%zu") : strlen("%d");
}

/* The bytes of the printable character at text; 0: it is a control character or no UTF-8. */
static size_t printable(const char *text)
{
    const unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
    if (first < 0x20 || first == 0x7f || (first == 0xc2 && second < 0xa0)) /* C0, DEL, C1 */
        return 0;
    return bpb_utf8_length(text, 4);
}

/* Copy a string behind those that are there, each byte that is not printable as '?'; characters
 * without room are left out. */
static size_t keep_text(const char *text)
{
    const size_t begin = last.texts_end;
    size_t at = begin;
    while (text && *text) {
        const size_t shown = printable(text), bytes = shown ? shown : 1;
        if (at + bytes >= sizeof last.texts)
            break;
        memcpy(last.texts + at, shown ? text : "?", bytes);
        at += bytes;
        text += bytes;
    }
    last.texts[at] = '\0';
    last.texts_end = at + 1 < sizeof last.texts ? at + 1 : at;
    return begin;
}

static void keep_form(size_t which, const char *form, va_list values)
{
    size_t count = which ? last.values[which - 1] : 0;
    char letter = 0;
    last.form[which] = form;
    for (const char *at = form; (at = next_conversion(at, &letter)) && count < VALUES;
         at += conversion_length(letter), count++) {
        union error_value *value = &last.value[count];
        switch (letter) {
        case 'z':
            value->size = va_arg(values, size_t);
            break;
        case 'd':
            value->integer = va_arg(values, int);
            break;
        case 'g':
            value->number = va_arg(values, double);
            break;
        default:
            value->text = keep_text(va_arg(values, const char *));
            break;
        }
    }
    last.values[which] = (unsigned char)count;
}

bpb_status bpb_refuse(bpb_status status, const char *form, ...)
{
    if (status >= 0)
        return status;
    last.status = status;
    last.texts_end = 0;
    last.form[1] = NULL;
    va_list values;
    va_start(values, form);
    keep_form(0, form, values);
    va_end(values);
    return status;
}

void bpb_error_about(const char *form, ...)
{
    va_list values;
    va_start(values, form);
    keep_form(1, form, values);
    va_end(values);
}

void bpb_error_keep(struct error_note *kept)
{
    *kept = last;
}

void bpb_error_restore(const struct error_note *kept)
{
    last = *kept;
}

/* snprintf of a double has the locale's decimal point, of one or more bytes. */
static void with_point(char *number)
{
    const char *digits = "+-0123456789einfa";
    char *point = number + strspn(number, digits);
    const size_t bytes = strcspn(point, digits);
    if (bytes == 0)
        return;
    *point = '.';
    memmove(point + 1, point + bytes, strlen(point + bytes) + 1);
}

/* What has no room is left out, a character as a whole. */
static size_t append(size_t end, const char *text, size_t n)
{
    const size_t room = SENTENCE - 1 - end;
    if (n > room)
        for (n = room; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    memcpy(sentence + end, text, n);
    sentence[end + n] = '\0';
    return end + n;
}

static size_t append_value(size_t end, char letter, const union error_value *value)
{
    char number[48] = "";
    const char *text = number;
    switch (letter) {
    case 'z':
        snprintf(number, sizeof number, "%zu", value->size);
        break;
    case 'd':
        snprintf(number, sizeof number, "%d", value->integer);
        break;
    case 'g':
        snprintf(number, sizeof number, "%.9g", value->number);
        with_point(number);
        break;
    default:
        text = last.texts + value->text;
        break;
    }
    return append(end, text, strlen(text));
}

static size_t append_form(size_t end, size_t which)
{
    size_t count = which ? last.values[which - 1] : 0;
    const char *from = last.form[which], *at;
    char letter = 0;
    while (count < last.values[which] && (at = next_conversion(from, &letter))) {
        end = append(end, from, (size_t)(at - from));
        end = append_value(end, letter, &last.value[count++]);
        from = at + conversion_length(letter);
    }
    return append(end, from, strlen(from));
}

const char *bpb_error(void)
{
    size_t end = append(0, "", 0);
    for (size_t i = 0; i < FORMS && last.form[i]; i++) {
        if (i > 0)
            end = append(end, ": ", 2);
        end = append_form(end, i);
    }
    return sentence;
}
