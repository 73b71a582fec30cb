/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/texts.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY ((size_t)256)

bpb_status bpb_grow(void **memory, size_t *capacity, size_t wanted, size_t bytes)
{
    if (wanted <= *capacity)
        return BPB_OK;
    REQUIRE(wanted <= PTRDIFF_MAX / 2 / bytes, BPB_ERR_SIZE,
            "%zu elements of %zu bytes are more than can be addressed", wanted, bytes);
    const size_t room = BPB_MAX(BPB_MAX(wanted, 2 * *capacity), FIRST_CAPACITY);
    void *grown = realloc(*memory, room * bytes);
    REQUIRE(grown, BPB_ERR_MEMORY, "no memory for %zu bytes", room * bytes);
    *memory = grown;
    *capacity = room;
    return BPB_OK;
}

bpb_status bpb_texts_add(struct texts *texts, const char *text)
{
    const size_t length = strlen(text) + 1;
    void *bytes = texts->bytes;
    TRY(bpb_grow(&bytes, &texts->capacity, texts->n_bytes + length, 1));
    texts->bytes = bytes;
    memcpy(texts->bytes + texts->n_bytes, text, length);
    texts->n_bytes += length;
    texts->n++;
    return BPB_OK;
}

const char *bpb_texts_next(const char *text)
{
    return text + strlen(text) + 1;
}

bpb_status bpb_texts_block(const struct texts *texts, char ***block)
{
    size_t pointers, total;
    if (texts->n == 0) {
        *block = NULL;
        return BPB_OK;
    }
    REQUIRE(size_mul(texts->n, sizeof **block, &pointers) &&
                size_add(pointers, texts->n_bytes, &total) && total <= PTRDIFF_MAX,
            BPB_ERR_SIZE, "%zu texts are more than can be addressed", texts->n);
    char **list = malloc(total);
    REQUIRE(list, BPB_ERR_MEMORY, "no memory for %zu bytes", total);
    char *text = memcpy((char *)list + pointers, texts->bytes, texts->n_bytes);
    for (size_t k = 0; k < texts->n; k++, text += strlen(text) + 1)
        list[k] = text;
    *block = list;
    return BPB_OK;
}

void bpb_texts_free(struct texts *texts)
{
    free(texts->bytes);
    *texts = (struct texts){0};
}

static bool continues_character(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

const char *bpb_text_clip(char clipped[CLIPPED_BYTES], const char *text, size_t n)
{
    const size_t most = CLIPPED_BYTES - sizeof "...";
    const bool whole = n <= most;
    size_t kept = whole ? n : most;
    while (!whole && kept > 0 && continues_character(text[kept]))
        kept--;
    memcpy(clipped, text, kept);
    memcpy(clipped + kept, whole ? "" : "...", whole ? 1 : sizeof "...");
    return clipped;
}
