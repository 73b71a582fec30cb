/* SPDX-License-Identifier: BSD-3-Clause */
/* Files: replaced in one step, and read no further than asked. */
#ifndef BPB_ATOMIC_FILE_H
#define BPB_ATOMIC_FILE_H

#include "base/common.h"

/*
 * Note an error of the system by errno, and return its status: BPB_ERR_MEMORY for ENOMEM, else
 * BPB_ERR_IO. done: "opened", "read", ...: what the file could not be. Keeps errno.
 */
bpb_status bpb_refuse_errno(const char *done);

/* Say after an error (status < 0) which file it was about. Returns status. */
bpb_status bpb_about_file(bpb_status status, const char *path);

/*
 * Let path name a file of these n bytes, or leave what it names as it is: they are written to a
 * temporary file in the same folder, which then takes the name. It gets the mode of the file it
 * replaces, or that of any new file. A symbolic link is followed; what is there must be a
 * regular file that may be written. BPB_ERR_IO (errno tells), BPB_ERR_MEMORY; the sentence names
 * the file.
 */
bpb_status bpb_file_replace(const char *path, const void *bytes, size_t n);

/*
 * The first n bytes of a file, read on demand; or all n bytes of some memory. Their place may
 * move with each bpb_input_want.
 */
struct input {
    const unsigned char *bytes;
    size_t n;
    int fd; /* -1: memory */
    unsigned char *buffer;
    size_t capacity;
};

/* BPB_ERR_IO, BPB_ERR_MEMORY; the sentence names the file. */
bpb_status bpb_input_open(struct input *input, const char *path);
void bpb_input_memory(struct input *input, const void *bytes, size_t n);

/* Read on until n bytes are there or the input ends. Takes memory for no more than twice of what
 * is there. BPB_ERR_IO, BPB_ERR_MEMORY. */
bpb_status bpb_input_want(struct input *input, size_t n);

/* Keeps errno. */
void bpb_input_close(struct input *input);

#endif
