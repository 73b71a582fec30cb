/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan/wisdom.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"

#define LINE_SHOWN 48 /* bytes of a line, in a sentence about it */
#define MOST_BYTES (16 * 1024 * 1024)

const char *const bpb_product_names[PRODUCTS] = {"forward", "delta", "gradient", "predict"};

static bool word_is(const char *word, size_t length, const char *text)
{
    return strlen(text) == length && memcmp(word, text, length) == 0;
}

/* The next word of the line, and what follows it and its blank. */
static const char *next_word(const char **at, size_t *length)
{
    const char *word = *at;
    *length = strcspn(word, " \n");
    *at = word + *length + (word[*length] == ' ');
    return word;
}

static bool read_size(const char **at, size_t *value)
{
    size_t length;
    const char *word = next_word(at, &length);
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        if (word[i] < '0' || word[i] > '9' || *value > BPB_INT_MAX)
            return false;
        *value = 10 * *value + (size_t)(word[i] - '0');
    }
    return length > 0;
}

static bool read_product(const char **at, enum product *product)
{
    size_t length;
    const char *word = next_word(at, &length);
    for (*product = 0; *product < PRODUCTS; (*product)++)
        if (word_is(word, length, bpb_product_names[*product]))
            return true;
    return false;
}

/* "s gradient 30 784 10 tiles" */
static bool read_line(const char *at, struct wisdom_line *line)
{
    size_t length;
    const char *precision = next_word(&at, &length);
    if (length != 1 || (*precision != 's' && *precision != 'd'))
        return false;
    line->precision = *precision;
    if (!read_product(&at, &line->product) || !read_size(&at, &line->m) ||
        !read_size(&at, &line->n) || !read_size(&at, &line->k))
        return false;
    line->kernel = next_word(&at, &line->kernel_length);
    return line->kernel_length > 0 && (*at == '\n' || *at == '\0');
}

bpb_status bpb_wisdom_read(const char **text, struct wisdom_line *line)
{
    for (;;) {
        const char *begin = *text;
        const size_t length = strcspn(begin, "\n");
        if (*begin == '\0')
            return BPB_STOPPED;
        *text = begin + length + (begin[length] == '\n');
        if (length == 0 || word_is(begin, length, BPB_WISDOM_TITLE))
            continue;
        if (read_line(begin, line))
            return BPB_OK;
        char shown[LINE_SHOWN] = "";
        strncat(shown, begin, length < sizeof shown ? length : sizeof shown - 1);
        REFUSE(BPB_ERR_FORMAT, "\"%s\" is no line of a wisdom", shown);
    }
}

static bpb_status check_text(const char *text)
{
    struct wisdom_line line;
    bpb_status status;
    REQUIRE(strncmp(text, BPB_WISDOM_TITLE, strlen(BPB_WISDOM_TITLE)) == 0, BPB_ERR_FORMAT,
            "the text does not begin with \"" BPB_WISDOM_TITLE "\", as a wisdom does");
    REQUIRE(strlen(text) < MOST_BYTES, BPB_ERR_FORMAT, "the wisdom is longer than %zu bytes",
            (size_t)MOST_BYTES);
    while ((status = bpb_wisdom_read(&text, &line)) == BPB_OK)
        continue;
    return status == BPB_STOPPED ? BPB_OK : status;
}

bpb_status bpb_wisdom_save(const char *text, const char *path)
{
    REQUIRE_POINTER(text);
    REQUIRE_POINTER(path);
    TRY(check_text(text));
    return bpb_file_replace(path, text, strlen(text));
}

/* The whole file as a string. */
static bpb_status read_all(struct input *input, char **text)
{
    TRY(bpb_input_want(input, MOST_BYTES));
    REQUIRE(input->n < MOST_BYTES && !memchr(input->bytes, 0, input->n), BPB_ERR_FORMAT,
            "the file is too long, or contains a NUL byte: it is no wisdom");
    char *copy = malloc(input->n + 1);
    REQUIRE(copy, BPB_ERR_MEMORY, "out of memory for a wisdom of %zu bytes", input->n);
    memcpy(copy, input->bytes, input->n);
    copy[input->n] = '\0';
    *text = copy;
    return BPB_OK;
}

bpb_status bpb_wisdom_load(char **text, const char *path)
{
    REQUIRE_POINTER(text);
    REQUIRE_POINTER(path);
    struct input input;
    char *read = NULL;
    TRY(bpb_input_open(&input, path));
    bpb_status status = read_all(&input, &read);
    bpb_input_close(&input);
    if (!status)
        status = check_text(read);
    if (!status)
        *text = read;
    else
        free(read);
    return status;
}
