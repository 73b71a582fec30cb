/* SPDX-License-Identifier: BSD-3-Clause */
/* Model files as far as they know no precision: see docs/model-format.md. */
#ifndef BPB_MODEL_H
#define BPB_MODEL_H

#include "base/common.h"
#include "base/files.h"
#include "model/safetensors.h"
#include "net/notes.h"
#include "net/shape.h"

/* ---- Read ---- */

/* A model file, checked except for whether its values fit the precision of the net. */
struct model {
    struct input input;
    struct safetensors container;
    struct shape *shape;
    size_t real_bytes; /* 4 or 8, of all parameters */
    size_t data_start; /* in the file */
    bool input_scaling, output_scaling;
};

/* Check all of it, for a net of such reals. Takes over the input. The errors of bpb_net_load,
 * BPB_ERR_RANGE left out; to be closed in any case. */
bpb_status bpb_model_open(struct model *model, struct input input, size_t real_bytes);
void bpb_model_close(struct model *model); /* keeps errno */

/* The name of the tensor W_l or b_l (letter 'W' or 'b'). */
#define MODEL_NAME_BYTES 24 /* of a letter and any number */
void bpb_model_layer_name(char name[MODEL_NAME_BYTES], char letter, size_t l);

/* The values of a tensor that the model has. */
const unsigned char *bpb_model_values(const struct model *model, const char *name);

/* Value k of the tensor of that name, which is there. */
double bpb_model_value(const struct model *model, const char *name, size_t k);

/* Names of functions, the user's own among them: the text of all activations; the first of *text,
 * which moves to the next; the loss's. */
const char *bpb_model_activations(const struct model *model);
void bpb_model_activation_name(const char **text, char name[BPB_NAME_BYTES]);
void bpb_model_loss_name(const struct model *model, char name[BPB_NAME_BYTES]);

/* Whether an entry of the metadata is a note of the net, not a key of the format. */
bool bpb_model_is_note(const struct metadata *entry);

/* ---- Write ---- */

/* What a model file says of a net, except for its values. */
struct model_source {
    const struct shape *shape;
    const struct notes *notes;
    const void *net;
    const char *(*activation_name)(const void *net, size_t l); /* l = 1..L */
    const char *loss_name;
    size_t scaling_bytes[2]; /* of a value, by bpb_side; 0: no scaling */
    size_t real_bytes;
};

/* What comes before the data. The data are W_1 b_1 ... W_L b_L, each W row-major, then shift and
 * factor of the inputs, then those of the outputs, as far as there are any. */
struct model_header {
    unsigned char *bytes;
    size_t n, data_bytes;
    size_t total; /* n + data_bytes, the size of the file */
};

/* Allocates header->bytes. BPB_ERR_SIZE, BPB_ERR_MEMORY, BPB_ERR_UNSUPPORTED. */
bpb_status bpb_model_write_header(struct model_header *header, const struct model_source *source);

/* Put the header, with the checksum of the data, before the data that already stand in file. */
void bpb_model_seal(const struct model_header *header, unsigned char *file);

#endif
