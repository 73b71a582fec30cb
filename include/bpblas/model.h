/* SPDX-License-Identifier: BSD-3-Clause */
/* Model files. */
#ifndef BPBLAS_MODEL_H
#define BPBLAS_MODEL_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/* ---- Model files --------------------------------------------------------------------- */

/*
 * A net as a safetensors file (docs/model-format.md): shape, functions, parameters, scaling and
 * notes. Saving writes a temporary file in the same folder and renames it, so that an older
 * file of that name survives any failure. Allocates.
 * BPB_ERR_IO, BPB_ERR_MEMORY. BPB_ERR_SIZE: the notes are over the limits of the format.
 * BPB_ERR_UNSUPPORTED: built without the JSON library.
 */
BPB_API bpb_status bpb_net_save(const bpb_net *net, const char *path);
BPB_API bpb_status bpbf_net_save(const bpbf_net *net, const char *path);

/*
 * Make a net from a model file of either precision. The file is trusted in nothing. Allocates.
 * BPB_ERR_IO, BPB_ERR_FORMAT, BPB_ERR_TRUNCATED, BPB_ERR_CHECKSUM, BPB_ERR_VERSION,
 * BPB_ERR_PAIR, BPB_ERR_SIZE, BPB_ERR_MEMORY. BPB_ERR_RANGE: a double exceeds float.
 * BPB_ERR_UNSUPPORTED: as above. BPB_ERR_FUNCTION: it uses functions of your own: see
 * bpb_net_load_with. BPB_NONFINITE: loaded, but a parameter is not finite.
 */
BPB_API bpb_status bpb_net_load(bpb_net **net, const char *path);
BPB_API bpb_status bpbf_net_load(bpbf_net **net, const char *path);

/*
 * A model may use functions of your own (see bpb_net_set_activation), of which its file holds the
 * names. To load it, give those functions; more than it names may be given; functions NULL, as in
 * bpb_net_load: none. BPB_ERR_FUNCTION: it names one that is not given; missing (NULL: not wanted)
 * then tells its name. BPB_ERR_OPTION, BPB_ERR_NULL: one of them is not as bpb_net_set_activation
 * needs it.
 */
BPB_API bpb_status bpb_net_load_with(bpb_net **net, const char *path,
                                      const bpb_functions *functions,
                                      char missing[BPB_NAME_BYTES]);
BPB_API bpb_status bpbf_net_load_with(bpbf_net **net, const char *path,
                                      const bpbf_functions *functions,
                                      char missing[BPB_NAME_BYTES]);

BPB_API bpb_status bpb_net_load_memory_with(bpb_net **net, const void *buffer, size_t bytes,
                                             const bpb_functions *functions,
                                             char missing[BPB_NAME_BYTES]);
BPB_API bpb_status bpbf_net_load_memory_with(bpbf_net **net, const void *buffer, size_t bytes,
                                             const bpbf_functions *functions,
                                             char missing[BPB_NAME_BYTES]);

/*
 * The JSON of Nielsen's network2.py: {"sizes", "weights", "biases", "cost"}, sigmoid in all layers,
 * cost "QuadraticCost" (squared) or "CrossEntropyCost". Numbers are written with the digits that
 * give them back exactly. Reading: as bpb_net_load; BPB_ERR_RANGE: a number exceeds the precision.
 * Saving is as atomic as bpb_net_save.
 * BPB_ERR_UNSUPPORTED: built without the JSON library, or the net to save is another: of other
 * functions, with label smoothing or scaling, or a parameter is not finite. (Notes are left out.)
 */
BPB_API bpb_status bpb_net_load_network2(bpb_net **net, const char *path);
BPB_API bpb_status bpbf_net_load_network2(bpbf_net **net, const char *path);
BPB_API bpb_status bpb_net_save_network2(const bpb_net *net, const char *path);
BPB_API bpb_status bpbf_net_save_network2(const bpbf_net *net, const char *path);

/*
 * bpb_net_save and bpb_net_load to and from memory. *bytes (never NULL) is the size of the file's
 * content; buffer NULL: ask for it only. BPB_ERR_BUFFER: capacity too small; *bytes says what is
 * needed.
 */
BPB_API bpb_status bpb_net_save_memory(const bpb_net *net, void *buffer, size_t capacity,
                                        size_t *bytes);
BPB_API bpb_status bpbf_net_save_memory(const bpbf_net *net, void *buffer, size_t capacity,
                                        size_t *bytes);
BPB_API bpb_status bpb_net_load_memory(bpb_net **net, const void *buffer, size_t bytes);
BPB_API bpb_status bpbf_net_load_memory(bpbf_net **net, const void *buffer, size_t bytes);

/* Which precision a model file holds, 4 or 8 bytes a parameter. As bpb_net_load. */
BPB_API bpb_status bpb_model_precision(const char *path, size_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
