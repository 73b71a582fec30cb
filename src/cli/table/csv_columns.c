/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv_columns.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpblas.h"
#include "cli/common/command.h"
#include "cli/common/digits.h"
#include "cli/common/say.h"
#include "image_folder.h"
#include "list_items.h"

#define LISTED_BYTES 1500 /* of names in a complaint */

/* ---- A file's names ---- */

int columns_open(struct columns *columns, const char *path, size_t fields)
{
    size_t n;
    *columns = (struct columns){.path = path, .fields = fields};
    const bpb_status status = bpb_csv_names(&columns->names, &n, path);
    if (status < 0)
        return complain_status(status, "read the header of", path);
    if (!columns->names || n == fields)
        return CODE_FINE;
    complain("%s: the header has %zu names, but the first sample has %zu fields: give a name to "
             "each field",
             path, n, fields);
    return CODE_FAILED;
}

void columns_close(struct columns *columns)
{
    bpb_free(columns->names);
    *columns = (struct columns){0};
}

void columns_describe(const struct columns *columns, char *text, size_t bytes)
{
    if (!columns->names) {
        snprintf(text, bytes, "it has %zu fields and no names", columns->fields);
        return;
    }
    size_t used = (size_t)snprintf(text, bytes, "its fields are ");
    for (size_t i = 0; i < columns->fields && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i > 0 ? ", " : "",
                                 columns->names[i]);
    if (used >= bytes && bytes > 3)
        memcpy(text + bytes - 4, "...", 4);
}

/* ---- Numbers ---- */

/* The whole text is a number or a range, counted from 1. */
static bool is_range(const char *text, size_t *first, size_t *last)
{
    return read_range(&text, first, last) && *text == '\0' && *first >= 1;
}

bool columns_is_number(const char *list, size_t *field)
{
    size_t first, last;
    if (!is_range(list, &first, &last) || first != last)
        return false;
    *field = first - 1;
    return true;
}

bool columns_are_numbers(const char *list)
{
    struct item item;
    size_t first, last;
    for (; item_read(&list, &item); list++) {
        if (item.quoted || !is_range(item.text, &first, &last))
            return false;
        if (*list == '\0')
            return true;
    }
    return false;
}

/* The number of fields with that name; *field is the first of them. */
static size_t find_name(const struct columns *columns, const char *name, size_t *field)
{
    size_t found = 0;
    for (size_t i = 0; columns->names && i < columns->fields; i++) {
        if (strcmp(columns->names[i], name) != 0)
            continue;
        if (found++ == 0)
            *field = i;
    }
    return found;
}

/* ---- Selecting ---- */

/* A list that is being read. */
struct search {
    const struct columns *columns;
    const char *option; /* NULL: no message */
    struct selection *selection;
};

static int refuse_item(const struct search *search, const char *item, const char *problem)
{
    char fields[LISTED_BYTES];
    if (!search->option)
        return CODE_USAGE;
    columns_describe(search->columns, fields, sizeof fields);
    complain("%s, %s: %s \"%s\": %s; give names of fields, or numbers from 1 to %zu",
             search->option, search->columns->path, problem, item, fields, search->columns->fields);
    return CODE_USAGE;
}

static int add(const struct search *search, const char *item, size_t field)
{
    struct selection *selection = search->selection;
    if (columns_has(selection, field))
        return refuse_item(search, item, "the list contains twice the field");
    selection->index[selection->count++] = field; /* there is room: no field occurs twice */
    return CODE_FINE;
}

static int add_item(const struct search *search, const struct item *item)
{
    size_t first, last, field = 0;
    const size_t named = find_name(search->columns, item->text, &field);
    if (named == 1)
        return add(search, item->text, field);
    if (named > 1)
        return refuse_item(search, item->text, "more than one field has the name");
    if (item->quoted || !is_range(item->text, &first, &last) || last > search->columns->fields)
        return refuse_item(search, item->text, "there is no field");
    for (size_t i = first; i <= last; i++)
        ATTEMPT(add(search, item->text, i - 1));
    return CODE_FINE;
}

static int make_room(const struct columns *columns, struct selection *selection)
{
    selection->count = 0;
    selection->index = calloc(columns->fields, sizeof *selection->index);
    return selection->index ? CODE_FINE
                            : complain_status(BPB_ERR_MEMORY, "choose fields of", columns->path);
}

int columns_select(const struct columns *columns, const char *option, const char *list,
                   struct selection *selection)
{
    const struct search search = {columns, option, selection};
    struct item item;
    ATTEMPT(make_room(columns, selection));
    for (;; list++) {
        if (!item_read(&list, &item))
            return refuse_item(&search, item.text, "there is no field");
        ATTEMPT(add_item(&search, &item));
        if (*list == '\0')
            return CODE_FINE;
    }
}

int columns_rest(const struct columns *columns, const struct selection *others,
                 struct selection *selection)
{
    ATTEMPT(make_room(columns, selection));
    for (size_t i = 0; i < columns->fields; i++) {
        if (!columns_has(others, i))
            selection->index[selection->count++] = i;
    }
    return CODE_FINE;
}

bool columns_has(const struct selection *selection, size_t field)
{
    for (size_t i = 0; i < selection->count; i++) {
        if (selection->index[i] == field)
            return true;
    }
    return false;
}

/* ---- A list of a selection ---- */

/* A name that looks like a number or a range is quoted. */
static void put_name(FILE *file, const char *name)
{
    size_t first, last;
    item_write(file, name, is_range(name, &first, &last));
}

/* Write a number or a range that begins with item i. Returns the number of items in it. */
static size_t put_numbers(FILE *file, const struct selection *selection, size_t i)
{
    size_t n = 1;
    while (i + n < selection->count && selection->index[i + n] == selection->index[i] + n)
        n++;
    fprintf(file, "%zu", selection->index[i] + 1);
    if (n > 1)
        fprintf(file, "-%zu", selection->index[i] + n);
    return n;
}

/* A field whose name is empty or not unique is listed by its number. */
static bool is_unique(const struct columns *columns, size_t field)
{
    size_t first;
    return columns->names && columns->names[field][0] != '\0' &&
           find_name(columns, columns->names[field], &first) == 1;
}

char *columns_list(const struct columns *columns, const struct selection *selection)
{
    char *text = NULL;
    size_t bytes, n;
    FILE *file = open_memstream(&text, &bytes);
    for (size_t i = 0; file && i < selection->count; i += n) {
        n = 1;
        if (i > 0)
            fputc(',', file);
        if (is_unique(columns, selection->index[i]))
            put_name(file, columns->names[selection->index[i]]);
        else if (columns->names)
            fprintf(file, "%zu", selection->index[i] + 1);
        else
            n = put_numbers(file, selection, i);
    }
    if (!file || fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}
