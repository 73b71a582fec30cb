/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs and targets for one model: which were asked for. */
#ifndef CLI_PAIRS_H
#define CLI_PAIRS_H

#include <stddef.h>

struct pairs_settings {
    const char *model, *data; /* data: a CSV or NumPy file, or a folder of IDX files */
    size_t part;              /* enum part, of a folder */
    const char *rows;         /* see rows.h; NULL: the first ones */
    size_t first_rows;        /* so many; 0: all */
};

/* For the help of a command that takes them. */
#define PAIRS_DATA_HELP                                                                            \
    "a CSV file with a sample in each row, its inputs, then its targets (or, for cross-entropy "  \
    "of more than one output, the number of its class, from 0); a first row with a field "        \
    "that is no number is left out. Or, where its name ends in .npy, an array of NumPy with such " \
    "rows. Or a folder with the IDX files, as for bpblas eval"
#define PAIRS_ROWS_HELP                                                                            \
    "which samples, counted from 0: numbers and ranges with commas between, as in 0,3,10-19, or " \
    "all; "

#endif
