/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of items separated by commas. An item in double quotes may contain commas. */
#ifndef CLI_LIST_ITEMS_H
#define CLI_LIST_ITEMS_H

#include <stdbool.h>
#include <stdio.h>

#define ITEM_BYTES 1024

struct item {
    char text[ITEM_BYTES];
    bool quoted;
};

/* Read the first item. *list then points at the comma or the end after it. false: there is no
 * item, or it is too long. */
bool item_read(const char **list, struct item *item);

/* Write an item so that item_read returns the same text; quoted: with quotes in any case. */
void item_write(FILE *file, const char *text, bool quoted);

#endif
