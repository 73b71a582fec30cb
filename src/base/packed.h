/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers as bytes, little-endian, 8 each: one description of a layout counts and writes it, reads
 * it, or compares it with bytes that are there.
 */
#ifndef BPB_PACKED_H
#define BPB_PACKED_H

#include "base/common.h"
#include "base/bytes.h"

struct packed {
    unsigned char *out;        /* written to; */
    const unsigned char *in;   /* or read from; */
    const unsigned char *like; /* or compared with; all NULL: only counted */
    size_t at, end;            /* the next byte; of those that in or like has */
    bool failed;               /* these are too few, or what they say cannot be */
    bool differs;              /* from what like has */
};

/* Whether there are n bytes from here on to be read or compared. */
static inline bool packed_has(struct packed *packed, size_t n)
{
    if ((packed->in || packed->like) && packed->end - packed->at < n)
        packed->failed = true;
    return !packed->failed;
}

static inline void packed_u64(struct packed *packed, uint64_t *value)
{
    if (!packed_has(packed, 8))
        return;
    if (packed->out)
        store_little64(packed->out + packed->at, *value);
    if (packed->in)
        *value = load_little64(packed->in + packed->at);
    if (packed->like && load_little64(packed->like + packed->at) != *value)
        packed->differs = true;
    packed->at += 8;
}

/* A number that is not to be read. */
static inline void packed_put(struct packed *packed, uint64_t value)
{
    packed_u64(packed, &value);
}

static inline void packed_double(struct packed *packed, double *value)
{
    uint64_t bits = bits_of_double(*value);
    packed_u64(packed, &bits);
    *value = double_of_bits(bits);
}

/* At most `most`, or it fails. */
static inline void packed_size(struct packed *packed, size_t *value, size_t most)
{
    uint64_t wide = *value;
    packed_u64(packed, &wide);
    if (wide > most)
        packed->failed = true;
    if (!packed->failed)
        *value = (size_t)wide;
}

static inline void packed_int(struct packed *packed, int *value, int most)
{
    size_t wide = (size_t)*value;
    packed_size(packed, &wide, (size_t)most);
    *value = (int)wide;
}

#endif
