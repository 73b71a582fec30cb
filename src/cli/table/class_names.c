/* SPDX-License-Identifier: BSD-3-Clause */
#include "class_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpblas.h"
#include "cli/common/command.h"
#include "cli/common/say.h"
#include "csv_columns.h"
#include "list_items.h"

char *classes_list(const struct classes *classes)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);
    for (size_t k = 0; file && k < classes->n; k++) {
        fputs(k > 0 ? "," : "", file);
        item_write(file, classes->names[k], false);
    }
    if (!file || fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

/* Pointers to as many names as there may be, and the texts behind them, in one block. */
int classes_read(struct classes *classes, const char *list)
{
    struct item item;
    *classes = (struct classes){0};
    if (!list)
        return CODE_FINE;
    const size_t most = strlen(list) + 1;
    classes->names = malloc(most * (sizeof *classes->names + 1));
    if (!classes->names)
        return complain_status(BPB_ERR_MEMORY, "hold", "the names of classes");
    char *to = (char *)(classes->names + most);
    for (; item_read(&list, &item); list++) {
        classes->names[classes->n++] = strcpy(to, item.text);
        to += strlen(item.text) + 1;
        if (*list == '\0')
            break;
    }
    return CODE_FINE;
}

static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return *text != '\0' && *end == '\0';
}

/* As the library decides: the column is called so, or there is a text elsewhere. */
static bool is_header(const struct columns *columns, const char *label, size_t field)
{
    if (strcmp(columns->names[field], label) == 0)
        return true;
    for (size_t i = 0; i < columns->fields; i++) {
        if (i != field && !is_number(columns->names[i]))
            return true;
    }
    return false;
}

static int find_column(struct class_column *column, const struct columns *columns,
                       const char *label)
{
    struct selection selection = {0};
    const int code = columns_select(columns, "--label", label, &selection);
    if (code == CODE_FINE) {
        column->field = selection.index[0];
        column->has_header = is_header(columns, label, column->field);
        if (column->has_header)
            snprintf(column->name, sizeof column->name, "%s", columns->names[column->field]);
        else
            snprintf(column->name, sizeof column->name, "%zu", column->field);
    }
    free(selection.index);
    return code;
}

/* Of a first row that is no header, since all its fields are numbers. */
static int use_number(struct class_column *column, const char *path, const char *label)
{
    if (!columns_is_number(label, &column->field)) {
        complain("--label %s: %s has no names: give the number of the field, from 1", label, path);
        return CODE_USAGE;
    }
    column->has_header = false;
    snprintf(column->name, sizeof column->name, "%zu", column->field);
    return CODE_FINE;
}

int classes_find_column(struct class_column *column, const char *path, const char *label)
{
    struct columns columns = {.path = path};
    const bpb_status status = bpb_csv_names(&columns.names, &columns.fields, path);
    if (status < 0)
        return complain_status(status, "read the header of", path);
    const int code =
        columns.names ? find_column(column, &columns, label) : use_number(column, path, label);
    columns_close(&columns);
    return code;
}
