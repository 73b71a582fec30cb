/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole numbers and ranges within a text. */
#ifndef CLI_DIGITS_H
#define CLI_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number of digits alone, without sign or blanks. *text then points behind it. false: there is
 * no digit, or the number is above 2^64 - 1. */
bool read_digits(const char **text, uint64_t *number);

/* "3" or "3-5", where the first number is not above the last. *text then points behind it. */
bool read_range(const char **text, size_t *first, size_t *last);

#endif
