/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NumPy files as far as their raw elements:
 *
 *     | 0x93 NUMPY | major minor | n                        | text | elements
 *          6 B         1 B  1 B    version 1: 2 B, else 4 B,   n B
 *                                  little-endian
 *
 * where the text is a Python dictionary,
 *
 *     {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
 *
 * with blanks and a line feed behind it, so that the elements begin at a multiple of 64.
 */
#ifndef BPB_NPY_H
#define BPB_NPY_H

#include "base/common.h"
#include "data/array.h"
#include "base/files.h"

#define NPY_MAX_TEXT ((size_t)65535) /* more is needed for records with many fields alone */
#define NPY_HEADER_BYTES 128         /* of what is written: enough for any two extents */

/* Read n bytes of text, none of which need be as it should: what is known of array but its rows,
 * cols and data. BPB_ERR_FORMAT, BPB_ERR_SIZE: an
 * extent exceeds size_t; BPB_ERR_UNSUPPORTED: elements of another type, or too many axes. */
bpb_status bpb_npy_parse(struct array *array, const char *text, size_t n);

/* The header of a version 1.0 file of shape (cols, rows), of floats of this many bytes. */
void bpb_npy_write_header(unsigned char header[NPY_HEADER_BYTES], size_t real_bytes, size_t cols,
                          size_t rows);

/* A file that has been found to be whole. */
struct npy {
    struct input input;
    struct array array;
};

/* Read the file; nothing is to be closed on an error. Takes memory for no more than twice of what
 * the file holds, whatever its header says. BPB_ERR_IO, BPB_ERR_MEMORY, BPB_ERR_FORMAT,
 * BPB_ERR_TRUNCATED, BPB_ERR_VERSION, BPB_ERR_UNSUPPORTED, BPB_ERR_SIZE. */
bpb_status bpb_npy_open(struct npy *npy, const char *path);

/* The array of a file whose n bytes are in memory. As bpb_npy_open, except for the first two. */
bpb_status bpb_npy_memory(struct array *array, const unsigned char *bytes, size_t n);

/* Keeps errno. */
void bpb_npy_close(struct npy *npy);

#endif
