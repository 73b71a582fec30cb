/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/csv.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define FILE_END (-1)

/* ---- Bytes ---- */

static bpb_status fill_chunk(struct csv *csv)
{
    csv->at = 0;
    csv->n = fread(csv->chunk, 1, sizeof csv->chunk, csv->stream);
    csv->ended = csv->n == 0;
    return ferror(csv->stream) ? BPB_ERR_IO : BPB_OK;
}

/* The next byte of the file, or FILE_END. No text has a NUL. */
static bpb_status next_byte(struct csv *csv, int *byte)
{
    if (csv->at == csv->n && !csv->ended)
        TRY(fill_chunk(csv));
    *byte = csv->ended ? FILE_END : csv->chunk[csv->at++];
    return *byte == 0 ? BPB_ERR_FORMAT : BPB_OK;
}

/* The mark that some programs put before UTF-8. */
static void skip_byte_order_mark(struct csv *csv)
{
    if (csv->n >= 3 && memcmp(csv->chunk, "\xef\xbb\xbf", 3) == 0)
        csv->at = 3;
}

bpb_status bpb_csv_open(struct csv *csv, const char *path)
{
    errno = 0;
    csv->stream = fopen(path, "rbe");
    if (!csv->stream)
        return errno == ENOMEM ? BPB_ERR_MEMORY : BPB_ERR_IO;
    csv->separator = 0;
    const bpb_status status = fill_chunk(csv);
    if (status < 0)
        bpb_csv_close(csv);
    else
        skip_byte_order_mark(csv);
    return status;
}

void bpb_csv_close(struct csv *csv)
{
    const int error = errno;
    fclose(csv->stream);
    errno = error;
}

/* ---- Fields ---- */

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

static enum csv_kind kind_of(const char *text)
{
    if (*text == '\0')
        return CSV_EMPTY;
    return is_decimal(text) ? CSV_DECIMAL : is_special(text) ? CSV_SPECIAL : CSV_TEXT;
}

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
static bpb_status take_end(struct csv *csv, int byte)
{
    csv->ends_row = !is_separator(byte);
    if (csv->ends_row)
        return BPB_OK;
    REQUIRE(csv->separator == 0 || csv->separator == byte, BPB_ERR_FORMAT);
    csv->separator = byte;
    return BPB_OK;
}

bpb_status bpb_csv_field(struct csv *csv)
{
    int byte;
    bool gap = false, is_text = false; /* gap: a blank behind the field, or within it */
    csv->length = 0;
    for (;;) {
        TRY(next_byte(csv, &byte));
        if (ends_field(byte))
            break;
        is_text = is_text || (!is_blank(byte) && (gap || csv->length + 1 == sizeof csv->field));
        gap = is_blank(byte) && csv->length > 0;
        if (!is_blank(byte) && !is_text)
            csv->field[csv->length++] = (char)byte;
    }
    csv->field[csv->length] = '\0';
    csv->kind = is_text ? CSV_TEXT : kind_of(csv->field);
    return take_end(csv, byte);
}

bpb_status bpb_csv_skip_row(struct csv *csv)
{
    int byte = csv->ends_row ? '\n' : 0;
    while (byte != '\n' && byte != FILE_END)
        TRY(next_byte(csv, &byte));
    csv->separator = 0;
    return BPB_OK;
}
