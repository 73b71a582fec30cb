/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Model files: save a net and load it again.
 *
 * A model file is a safetensors file (docs/model-format.md) of the net's shape, functions,
 * parameters, scaling and notes. It needs the JSON library jansson: without it, each function of
 * this page returns BPB_ERR_UNSUPPORTED.
 */
#ifndef BPBLAS_MODEL_H
#define BPBLAS_MODEL_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Notes ------------------------------------------------------------------------------- */

/*
 * Notes are strings that travel with the net and its model file: names, units, ranges, the origin
 * of the data. Set one; value NULL removes it. Allocates. Returns BPB_ERR_OPTION: the key is empty
 * or begins with "bpblas.", or key or value is not UTF-8. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_net_set_note(bpb_net *net, const char *key, const char *value);
BPB_API bpb_status bpbf_net_set_note(bpbf_net *net, const char *key, const char *value);

/* The value of a note, and the key of note i in the order of setting; NULL if there is none. They
 * stay until the next bpb_net_set_note. */
BPB_API const char *bpb_net_note(const bpb_net *net, const char *key);
BPB_API const char *bpbf_net_note(const bpbf_net *net, const char *key);
BPB_API const char *bpb_net_note_key(const bpb_net *net, size_t i);
BPB_API const char *bpbf_net_note_key(const bpbf_net *net, size_t i);

/* ---- Save -------------------------------------------------------------------------------- */

/*
 * Save a net as a model file. The file is written atomically: to a temporary file in the same
 * folder, which is then renamed. On an error, an older file of that name is unchanged.
 * Returns: BPB_ERR_IO: see errno. BPB_ERR_SIZE: the notes exceed the limits of the format.
 * BPB_ERR_MEMORY, BPB_ERR_UNSUPPORTED. Allocates.
 */
BPB_API bpb_status bpb_net_save(const bpb_net *net, const char *path);
BPB_API bpb_status bpbf_net_save(const bpbf_net *net, const char *path);

/*
 * Write the bytes of a model file to buffer, and set *bytes to their number. With buffer NULL, only
 * *bytes is set.
 * Returns: BPB_ERR_BUFFER: capacity is below *bytes; *bytes is set. BPB_ERR_SIZE, BPB_ERR_MEMORY,
 * BPB_ERR_UNSUPPORTED: as bpb_net_save. Allocates.
 */
BPB_API bpb_status bpb_net_save_memory(const bpb_net *net, void *buffer, size_t capacity,
                                       size_t *bytes);
BPB_API bpb_status bpbf_net_save_memory(const bpbf_net *net, void *buffer, size_t capacity,
                                        size_t *bytes);

/* ---- Load -------------------------------------------------------------------------------- */

/*
 * Make a net from a model file of either precision. The file may be untrusted input. If the net
 * uses functions of your own, give them by functions; it may hold more than the file names. NULL:
 * none.
 * Returns: BPB_NONFINITE: the net is loaded, and a parameter is NaN or infinite. BPB_ERR_FUNCTION:
 * the file names a function that was not given; bpb_error() tells its name. BPB_ERR_IO: see errno.
 * BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_CHECKSUM, BPB_ERR_PAIR, BPB_ERR_SIZE: the file is
 * damaged or not a model file. BPB_ERR_VERSION: the file is of a newer format. BPB_ERR_RANGE: a
 * value exceeds the precision. BPB_ERR_OPTION, BPB_ERR_NULL: a function given is not as
 * bpb_net_set_activation or bpb_net_set_loss needs it. BPB_ERR_MEMORY, BPB_ERR_UNSUPPORTED.
 * Allocates.
 */
BPB_API bpb_status bpb_net_load(bpb_net **net, const char *path, const bpb_functions *functions);
BPB_API bpb_status bpbf_net_load(bpbf_net **net, const char *path, const bpbf_functions *functions);

/* Make a net from the bytes of a model file in memory. Returns: as bpb_net_load. Allocates. */
BPB_API bpb_status bpb_net_load_memory(bpb_net **net, const void *buffer, size_t bytes,
                                       const bpb_functions *functions);
BPB_API bpb_status bpbf_net_load_memory(bpbf_net **net, const void *buffer, size_t bytes,
                                        const bpbf_functions *functions);

/*
 * Set *bytes to the precision of a model file, 4 or 8 bytes a parameter. The whole file is checked.
 * Returns: as bpb_net_load. Allocates.
 */
BPB_API bpb_status bpb_model_precision(const char *path, size_t *bytes);

/* ---- network2.py ------------------------------------------------------------------------- */

/*
 * Save a net as the JSON of Nielsen's network2.py: {"sizes", "weights", "biases", "cost"}. Such a
 * net is sigmoid in all layers; its cost is "QuadraticCost" (squared) or "CrossEntropyCost". Each
 * number has the digits that give it back exactly. Notes are left out. The file is written
 * atomically, as by bpb_net_save.
 * Returns: BPB_ERR_UNSUPPORTED: network2.py has no such net: it has other functions, label
 * smoothing, scaling, or a parameter that is not finite. BPB_ERR_IO, BPB_ERR_SIZE, BPB_ERR_MEMORY.
 * Allocates.
 */
BPB_API bpb_status bpb_net_save_network2(const bpb_net *net, const char *path);
BPB_API bpb_status bpbf_net_save_network2(const bpbf_net *net, const char *path);

/*
 * Make a net from such a file, which may be untrusted input.
 * Returns: BPB_ERR_IO, BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_SIZE, BPB_ERR_MEMORY,
 * BPB_ERR_UNSUPPORTED: as bpb_net_load. BPB_ERR_RANGE: a number exceeds the precision. Allocates.
 */
BPB_API bpb_status bpb_net_load_network2(bpb_net **net, const char *path);
BPB_API bpb_status bpbf_net_load_network2(bpbf_net **net, const char *path);

#ifdef __cplusplus
}
#endif

#endif
