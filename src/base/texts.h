/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of texts, in as much memory as they need. */
#ifndef BPB_TEXTS_H
#define BPB_TEXTS_H

#include <string.h>

#include "base/common.h"

/* Zero is an empty list. */
struct texts {
    char *bytes; /* one text behind the other, each with its closing 0 */
    size_t n_bytes, capacity;
    size_t n; /* texts */
};

/* BPB_ERR_MEMORY, BPB_ERR_SIZE: the list is as it was. */
bpb_status bpb_texts_add(struct texts *texts, const char *text);

/* The text behind this one, which is not the last. */
const char *bpb_texts_next(const char *text);

/* Pointers to copies of all texts, in one block with them, to be freed; of none NULL.
 * BPB_ERR_MEMORY, BPB_ERR_SIZE: *block is as it was. */
bpb_status bpb_texts_block(const struct texts *texts, char ***block);

void bpb_texts_free(struct texts *texts);

/* At least wanted elements of this many bytes at *memory: capacity is doubled each time, so that
 * memory goes by what a file really holds. BPB_ERR_MEMORY, BPB_ERR_SIZE: all is as it was. */
bpb_status bpb_grow(void **memory, size_t *capacity, size_t wanted, size_t bytes);

/* The bytes of the UTF-8 character at s; 0: it is ill-formed. n > 0 bytes may be read, none behind
 * a 0. */
size_t bpb_utf8_length(const char *s, size_t n);

/* Whether the n bytes at s are well-formed UTF-8. */
bool bpb_utf8_valid(const char *s, size_t n);

#define CLIPPED_BYTES 40

/* The first characters of n bytes of text, with "..." where there are more: for a sentence. Cuts no
 * UTF-8 character. Returns clipped. */
const char *bpb_text_clip(char clipped[CLIPPED_BYTES], const char *text, size_t n);

/* The same of a string, good to the end of the block. */
#define CLIP(text) bpb_text_clip((char[CLIPPED_BYTES]){0}, text, strlen(text))

#endif
