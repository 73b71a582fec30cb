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

size_t bpb_utf8_length(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = s[0] < 0x80   ? 1
                          : s[0] < 0xc0 ? 0
                          : s[0] < 0xe0 ? 2
                          : s[0] < 0xf0 ? 3
                          : s[0] < 0xf8 ? 4
                                        : 0;
    if (length <= 1 || length > n)
        return length == 1;
    uint32_t point = s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3f);
    }
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return point >= least[length] && point <= 0x10ffff && !surrogate ? length : 0;
}

bool bpb_utf8_valid(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        const size_t length = bpb_utf8_length(s + i, n - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
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
