/* SPDX-License-Identifier: BSD-3-Clause */
#include "list_items.h"

#include <string.h>

bool item_read(const char **list, struct item *item)
{
    size_t n = 0;
    const char *at = *list;
    bool open = item->quoted = *at == '"';
    for (at += open; *at && (open || *at != ',') && n + 1 < ITEM_BYTES; at++) {
        if (open && *at == '"' && *++at != '"') {
            open = false;
            break;
        }
        item->text[n++] = *at;
    }
    item->text[n] = '\0';
    *list = at;
    return !open && n > 0 && (*at == ',' || *at == '\0');
}

void item_write(FILE *file, const char *text, bool quoted)
{
    if (!quoted && !strpbrk(text, ",\"")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++)
        fprintf(file, "%s%c", *text == '"' ? "\"" : "", *text);
    fputc('"', file);
}
