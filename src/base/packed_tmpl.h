/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BPB_PACKED_TMPL_H
#define BPB_PACKED_TMPL_H

#include "base/packed.h"
#include "base/tmpl.h"

#define load_real BPB(load_real)
static inline real load_real(const unsigned char *p)
{
    return BPB_SELECT(double_of_bits(load_little64(p)), float_of_bits(load_little32(p)));
}

#define store_real BPB(store_real)
static inline void store_real(unsigned char *p, real x)
{
    BPB_SELECT(store_little64(p, bits_of_double(x)), store_little32(p, bits_of_float(x)));
}

/* n reals, each in as many bytes as it has. */
static inline void BPB(packed_reals)(struct packed *packed, size_t n, real *x)
{
    const bool counted = !packed->out && !packed->in && !packed->like;
    if (!packed_has(packed, n * sizeof *x))
        return;
    if (counted)
        packed->at += n * sizeof *x;
    for (size_t i = 0; i < n && !counted; i++, packed->at += sizeof *x) {
        unsigned char own[sizeof *x];
        store_real(own, x[i]);
        if (packed->out)
            memcpy(packed->out + packed->at, own, sizeof own);
        if (packed->like && memcmp(packed->like + packed->at, own, sizeof own) != 0)
            packed->differs = true;
        if (packed->in)
            x[i] = load_real(packed->in + packed->at);
    }
}

#endif
