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

#include "bpblas/functions.h"

#ifdef __cplusplus
extern "C" {
#endif

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

#define BPB_NAME_BYTES 32 /* of a function's name, with the closing 0 */

/* Functions of your own (see bpb_net_set_activation). A model file holds only their names. */
typedef struct bpb_functions {
    const bpb_activation_function *activations;
    size_t n_activations;
    const bpb_loss_function *losses;
    size_t n_losses;
} bpb_functions;

typedef struct bpbf_functions {
    const bpbf_activation_function *activations;
    size_t n_activations;
    const bpbf_loss_function *losses;
    size_t n_losses;
} bpbf_functions;

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
