/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-32 as zlib, gzip and PNG have it: polynomial 0x04C11DB7 reflected, all ones before and after.
 */
#ifndef BPB_CRC32_H
#define BPB_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t bpb_crc32(const unsigned char *bytes, size_t n);

#endif
