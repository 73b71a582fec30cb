/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/crc32.h"

/* table[byte] = what eight steps of the shift register make of that byte. */
static void make_table(uint32_t table[256])
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        table[byte] = crc;
    }
}

/* The table takes a few microseconds and 1 KiB of stack: not worth a global. */
uint32_t bpb_crc32(const unsigned char *bytes, size_t n)
{
    uint32_t table[256], crc = 0xffffffffu;
    make_table(table);
    for (size_t i = 0; i < n; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
    return ~crc;
}
