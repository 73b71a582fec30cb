/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists with commas between their items, of which those in double quotes may have commas. */
#ifndef CLI_LIST_ITEMS_H
#define CLI_LIST_ITEMS_H

#include <stdbool.h>
#include <stdio.h>

#define ITEM_BYTES 1024

struct item {
    char text[ITEM_BYTES];
    bool quoted;
};

/* The item that begins the list, behind which *list is left, at a comma or the end. false: there
 * is none, or it is too long. */
bool item_read(const char **list, struct item *item);

/* Write it such that it is taken as the same text; quoted: in quotes even where it needs none. */
void item_write(FILE *file, const char *text, bool quoted);

#endif
