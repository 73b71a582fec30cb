/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/files.h"
#include "base/fpenv.h"
#include "data/array_tmpl.h"
#include "data/idx.h"

#define CHUNK_BYTES 16384 /* of the file, read and converted at a time */

/* Room for needed of at most total reals: doubled each time, so that no more than twice of what
 * the file really held so far is ever taken, whatever its header says. */
static bpb_status make_room(real **data, size_t *capacity, size_t needed, size_t total)
{
    if (needed <= *capacity)
        return BPB_OK;
    const size_t wanted = BPB_MIN(BPB_MAX(needed, 2 * *capacity), total);
    real *grown = realloc(*data, wanted * sizeof *grown);
    REQUIRE(grown, BPB_ERR_MEMORY, "no memory for %zu values", wanted);
    *data = grown;
    *capacity = wanted;
    return BPB_OK;
}

/* *data is the caller's to free, also on an error. */
static bpb_status read_elements(struct idx *idx, real **data)
{
    unsigned char raw[CHUNK_BYTES];
    const size_t chunk = CHUNK_BYTES / idx->array.element.bytes;
    for (size_t done = 0, capacity = 0; done < idx->elements;) {
        const size_t count = BPB_MIN(chunk, idx->elements - done);
        TRY(make_room(data, &capacity, done + count, idx->elements));
        TRY(bpb_idx_next(idx, raw, count));
        TRY(BPB(convert)(idx->array.element, raw, count, *data + done));
        done += count;
    }
    return bpb_idx_end(idx);
}

/* Read the file into *X, which is the caller's to free, also on an error. */
static bpb_status read_matrix(struct idx *idx, out_t *X, bpb_where *where)
{
    TRY(read_elements(idx, &X->data));
    const size_t rows = idx->array.rows, cols = idx->array.cols;
    *X = (out_t){.data = X->data, .rows = rows, .cols = cols, .ld = rows, .row_stride = 1};
    return BPB(find_nonfinite)(BPB(view_of)(*X), where);
}

/* bpb_idx_read, bpbf_idx_read */
bpb_status BPB(idx_read)(out_t *X, const char *path, bpb_where *where)
{
    REQUIRE_POINTER(X);
    REQUIRE_POINTER(path);
    struct idx idx;
    struct fpenv env;
    out_t made = {0};
    TRY(bpb_idx_open(&idx, path));
    fpenv_enter(&env);
    const bpb_status status = read_matrix(&idx, &made, where);
    fpenv_leave(&env);
    bpb_idx_close(&idx);
    if (status >= 0)
        *X = made;
    else
        free(made.data);
    return bpb_about_file(status, path);
}
