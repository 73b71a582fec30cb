/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/files.h"

#define FILE_END (-1)

/* ---- Bytes ---- */

static bpb_status fill_chunk(struct csv *csv)
{
    csv->next = 0;
    csv->n = fread(csv->chunk, 1, sizeof csv->chunk, csv->stream);
    csv->ended = csv->n == 0;
    return ferror(csv->stream) ? bpb_refuse_errno("read") : BPB_OK;
}

/* The next byte of the file, or FILE_END. No text has a NUL. */
static bpb_status next_byte(struct csv *csv, int *byte)
{
    if (csv->next == csv->n && !csv->ended)
        TRY(fill_chunk(csv));
    *byte = csv->ended ? FILE_END : csv->chunk[csv->next++];
    REQUIRE(*byte != 0, BPB_ERR_FORMAT, "line %zu has a NUL byte, which no text has", csv->line);
    csv->line += *byte == '\n';
    return BPB_OK;
}

/* The mark that some programs put before UTF-8. */
static void skip_byte_order_mark(struct csv *csv)
{
    if (csv->n >= 3 && memcmp(csv->chunk, "\xef\xbb\xbf", 3) == 0)
        csv->next = 3;
}

bpb_status bpb_csv_open(struct csv *csv, const char *path)
{
    errno = 0;
    csv->stream = fopen(path, "rbe");
    if (!csv->stream)
        return bpb_about_file(bpb_refuse_errno("opened"), path);
    csv->field = NULL;
    csv->capacity = 0;
    csv->separator = 0;
    csv->line = 1;
    csv->at = (struct csv_place){0, 0};
    csv->ends_row = true;
    csv->header = (struct texts){0};
    const bpb_status status = fill_chunk(csv);
    if (status < 0)
        bpb_csv_close(csv);
    else
        skip_byte_order_mark(csv);
    return bpb_about_file(status, path);
}

void bpb_csv_close(struct csv *csv)
{
    const int error = errno;
    fclose(csv->stream);
    free(csv->field);
    bpb_texts_free(&csv->header);
    errno = error;
}

/* ---- Kinds ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_sign(const char *text)
{
    return text + (*text == '+' || *text == '-');
}

static const char *skip_digits(const char *text)
{
    while (is_digit(*text))
        text++;
    return text;
}

/* Whether strtod would read all of the text as a decimal number: it reads hexadecimal ones too. */
static bool is_decimal(const char *text)
{
    const char *digits = skip_sign(text), *end = skip_digits(digits);
    const bool has_point = *end == '.';
    const char *fraction = has_point ? end + 1 : end, *rest = skip_digits(fraction);
    if (end == digits && rest == fraction)
        return false;
    if (*rest == 'e' || *rest == 'E') {
        const char *exponent = skip_sign(rest + 1);
        rest = skip_digits(exponent);
        return *rest == '\0' && rest != exponent;
    }
    return *rest == '\0';
}

static bool is_special(const char *text)
{
    const char *name = skip_sign(text);
    return strcasecmp(name, "nan") == 0 || strcasecmp(name, "inf") == 0 ||
           strcasecmp(name, "infinity") == 0;
}

enum csv_kind bpb_csv_kind(const char *text)
{
    if (*text == '\0')
        return CSV_EMPTY;
    if (strlen(text) > CSV_NUMBER_BYTES)
        return CSV_TEXT;
    return is_decimal(text) ? CSV_DECIMAL : is_special(text) ? CSV_SPECIAL : CSV_TEXT;
}

/* ---- Places ---- */

const char *bpb_csv_field_name(const struct csv *csv, size_t field)
{
    const char *name = csv->header.bytes;
    if (field < 1 || field > csv->header.n)
        return NULL;
    for (size_t k = 1; k < field; k++)
        name = bpb_texts_next(name);
    return name;
}

const char *bpb_csv_separator_name(int separator)
{
    return separator == '\t' ? "a tab" : separator == ';' ? "';'" : "','";
}

/* ---- Fields ---- */

static bool is_separator(int byte)
{
    return byte == ',' || byte == ';' || byte == '\t';
}

/* The return before a line feed is a blank like others. */
static bool is_blank(int byte)
{
    return byte == ' ' || byte == '\r';
}

static bool ends_field(int byte)
{
    return byte == '\n' || byte == FILE_END || is_separator(byte);
}

/* Two of them in one file make "1,5;2,5" four numbers, or two with a decimal comma. */
static void take_end(struct csv *csv, int byte)
{
    csv->end = byte;
    csv->ends_row = !is_separator(byte);
    csv->is_mixed = !csv->ends_row && csv->separator && csv->separator != byte;
    if (!csv->ends_row && !csv->separator)
        csv->separator = byte;
}

static bpb_status push(struct csv *csv, int byte)
{
    void *field = csv->field;
    TRY(bpb_grow(&field, &csv->capacity, csv->length + 1, 1));
    csv->field = field;
    csv->field[csv->length++] = (char)byte;
    return BPB_OK;
}

static bpb_status skip_blanks(struct csv *csv, int *byte)
{
    do
        TRY(next_byte(csv, byte));
    while (is_blank(*byte));
    return BPB_OK;
}

/* Behind an opening quote: all up to the closing one, with both. *byte: the one behind that. */
static bpb_status take_quoted(struct csv *csv, int *byte)
{
    TRY(push(csv, '"'));
    for (;;) {
        TRY(next_byte(csv, byte));
        if (*byte == FILE_END)
            REFUSE_FIELD(csv, csv->at, BPB_ERR_FORMAT, "has %s", "no closing quote");
        const bool is_quote = *byte == '"';
        if (is_quote)
            TRY(next_byte(csv, byte));
        if (is_quote && *byte != '"')
            return push(csv, '"');
        TRY(push(csv, *byte));
    }
}

/* From *byte on, without the blanks at the end. */
static bpb_status take_bare(struct csv *csv, int *byte)
{
    size_t end = csv->length;
    while (!ends_field(*byte)) {
        TRY(push(csv, *byte));
        if (!is_blank(*byte))
            end = csv->length;
        TRY(next_byte(csv, byte));
    }
    csv->length = end;
    return BPB_OK;
}

/* Where more follows a closing quote, all quotes are characters as others are, and the field is no
 * number. */
bpb_status bpb_csv_field(struct csv *csv)
{
    int byte;
    csv->length = 0;
    csv->at = (struct csv_place){csv->line, csv->ends_row ? 1 : csv->at.field + 1};
    TRY(skip_blanks(csv, &byte));
    const bool is_opened = byte == '"';
    if (is_opened)
        TRY(take_quoted(csv, &byte));
    const size_t quoted = csv->length;
    TRY(take_bare(csv, &byte));
    csv->is_quoted = is_opened && csv->length == quoted;
    if (csv->is_quoted)
        memmove(csv->field, csv->field + 1, csv->length -= 2);
    TRY(push(csv, '\0'));
    csv->length--;
    take_end(csv, byte);
    return BPB_OK;
}

bool bpb_csv_is_blank_row(const struct csv *csv)
{
    return csv->length == 0 && !csv->is_quoted && csv->ends_row;
}
