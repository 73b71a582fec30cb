/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/notes.h"

#include <stdlib.h>
#include <string.h>

#include "base/texts.h"

static struct note *find(const struct notes *notes, const char *key)
{
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->list[i].key, key) == 0)
            return &notes->list[i];
    return NULL;
}

static char *copy_string(const char *s)
{
    const size_t n = strlen(s) + 1;
    char *copy = malloc(n);
    if (copy)
        memcpy(copy, s, n);
    return copy;
}

static bpb_status append(struct notes *notes, char *key, char *value)
{
    struct note *list = NULL;
    if (key && value)
        list = realloc(notes->list, (notes->count + 1) * sizeof *list);
    if (!list) {
        free(key);
        free(value);
        REFUSE(BPB_ERR_MEMORY, "out of memory for a note");
    }
    list[notes->count++] = (struct note){key, value};
    notes->list = list;
    return BPB_OK;
}

static bpb_status replace(struct note *note, const char *value)
{
    char *copy = copy_string(value);
    REQUIRE(copy, BPB_ERR_MEMORY, "out of memory for a note");
    free(note->value);
    note->value = copy;
    return BPB_OK;
}

static void drop(struct notes *notes, struct note *note)
{
    if (!note)
        return;
    free(note->key);
    free(note->value);
    const size_t after = (size_t)(notes->list + notes->count - (note + 1));
    memmove(note, note + 1, after * sizeof *note);
    notes->count--;
}

bpb_status bpb_notes_set(struct notes *notes, const char *key, const char *value)
{
    static const char reserved[] = "bpblas.";
    REQUIRE_POINTER(key);
    REQUIRE(key[0], BPB_ERR_OPTION, "the key of the note is empty");
    REQUIRE(strncmp(key, reserved, sizeof reserved - 1) != 0, BPB_ERR_OPTION,
            "the key \"%s\" begins with \"bpblas.\", which belongs to the file format", key);
    REQUIRE(bpb_utf8_valid(key, strlen(key)), BPB_ERR_OPTION, "the key \"%s\" is not UTF-8", key);
    REQUIRE(!value || bpb_utf8_valid(value, strlen(value)), BPB_ERR_OPTION,
            "the value of the note \"%s\" is not UTF-8", key);
    struct note *note = find(notes, key);
    if (!value)
        drop(notes, note);
    else if (note)
        return replace(note, value);
    else
        return append(notes, copy_string(key), copy_string(value));
    return BPB_OK;
}

const char *bpb_notes_get(const struct notes *notes, const char *key)
{
    const struct note *note = find(notes, key);
    return note ? note->value : NULL;
}

void bpb_notes_clear(struct notes *notes)
{
    while (notes->count > 0)
        drop(notes, &notes->list[notes->count - 1]);
    free(notes->list);
    notes->list = NULL;
}
