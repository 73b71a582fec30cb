/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in a file's byte order, on a host of any: compilers make single moves of these. */
#ifndef BPB_BYTES_H
#define BPB_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t load_big16(const unsigned char *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_big64(const unsigned char *p)
{
    return (uint64_t)load_big32(p) << 32 | load_big32(p + 4);
}

static inline uint16_t load_little16(const unsigned char *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t load_little32(const unsigned char *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t load_little64(const unsigned char *p)
{
    return (uint64_t)load_little32(p + 4) << 32 | load_little32(p);
}

static inline void store_little32(unsigned char *p, uint32_t value)
{
    p[0] = (unsigned char)value;
    p[1] = (unsigned char)(value >> 8);
    p[2] = (unsigned char)(value >> 16);
    p[3] = (unsigned char)(value >> 24);
}

static inline void store_little64(unsigned char *p, uint64_t value)
{
    store_little32(p, (uint32_t)value);
    store_little32(p + 4, (uint32_t)(value >> 32));
}

static inline float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif
